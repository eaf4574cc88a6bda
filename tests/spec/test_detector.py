"""`detector: retinanet`: the pyramid and the rules."""

from __future__ import annotations

import pytest

from mfprofile import SpecError, count, load, resolve


def test_the_pyramid_halves_from_p3_to_p7() -> None:
    """The input is 800×1344; sides are rounded up."""
    detector = resolve(load("mf294m-retinanet")).detector
    assert detector is not None
    sizes = {level: (out.channels, out.height, out.width) for level, out in detector.levels.items()}
    assert sizes == {
        3: (256, 100, 168), 4: (256, 50, 84), 5: (256, 25, 42), 6: (256, 13, 21), 7: (256, 7, 11),
    }  # fmt: skip
    assert [out.channels for out in detector.inputs.values()] == [48, 128, 192]


def test_the_towers_weights_are_counted_once() -> None:
    """Five levels share the same parameters."""
    rows = [row for row in count("mf151m-retinanet").rows if row.name.startswith("detector.classification.conv1.")]
    assert [row.params for row in rows if row.kind == "conv"] == [256 * 256 * 9 + 256, 0, 0, 0, 0]
    assert len({row.madds for row in rows}) == 5


MESSAGES = {
    "head": "detector=retinanet: detector = 'retinanet': a detector replaces the head; add 'head: none'",
    "final": "detector=retinanet: detector = 'retinanet': a detector does not read the final Mobile→Former; "
    "add 'bridge: {final: false}'",
    "bridge": "bridge.final=true: detector = 'retinanet' (of --set detector=retinanet): a detector does not read the "
    "final Mobile→Former; add 'bridge: {final: false}'",
    "stage": "blocks.1.stride=2: detector = 'retinanet' (of --set detector=retinanet): reads maps of strides 8, 16 and "
    "32: the blocks must end at stage 5, not 6",
}


@pytest.mark.parametrize(
    ("name", "settings", "broken"),
    [
        ("mf294m", [], ["head", "final"]),
        ("mf294m-coco", ["bridge.final=true"], ["bridge"]),
        ("mf294m-coco", ["blocks.1.stride=2"], ["stage"]),
    ],
)
def test_a_detector_needs_a_backbone_of_stride_32(name: str, settings: list[str], broken: list[str]) -> None:
    """Each rule has its own message, at the setting that came last."""
    with pytest.raises(SpecError) as error:
        load(name, ["detector=retinanet", *settings])
    lines = [f"--set {MESSAGES[rule]}" for rule in broken]
    assert str(error.value).splitlines() == lines


def test_none_removes_an_inherited_detector() -> None:
    """The backbone remains."""
    assert count(load("mf151m-retinanet", ["detector=none"])).madds == count("mf151m-coco").madds


@pytest.mark.parametrize("name", ["mf151m", "mf214m", "mf294m", "mf508m"])
def test_the_backbone_is_the_same_under_the_detector(name: str) -> None:
    """All ops of the detector are in the pillar `head`."""
    backbone, whole = count(f"{name}-coco"), count(f"{name}-retinanet")
    assert whole.madds - whole.pillars["head"].madds == backbone.madds
    assert whole.params - whole.pillars["head"].params == backbone.params
