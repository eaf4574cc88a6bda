"""The ONNX file of a spec: it computes what torch does, and costs what the spec does."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import need

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from effort import nightly_but, one_in  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from released import DATA, rule_made  # noqa: E402
from strategies import spec_mappings  # noqa: E402

from mfprofile.cost.bill import count  # noqa: E402
from mfprofile.cost.rows import Row  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.measure.export import onnx_bytes  # noqa: E402
from mfprofile.measure.onnx_file import OnnxFile, onnx_file  # noqa: E402
from mfprofile.nn import build, released_state, save_checkpoint  # noqa: E402
from mfprofile.spec import Spec, load  # noqa: E402
from mfprofile.trace.onnx.trace import traced  # noqa: E402

MODELS = one_in(7, [f"mf{size}m" for size in (26, 294, 52, 96, 508, 151, 214)], 6)
DETECTORS = [f"mf{size}m-retinanet" for size in (151, 214, 294, 508)]
SWITCHES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "mobile alone": {"former": "none", "mobile": {"activation": "relu"}},
    "mobile backbone": {"former": "none", "mobile": {"activation": "relu"}, "head": "none"},
    "backbone": {"head": "none", "bridge": {"final": False}},
    "mlp": {"attention": "mlp"},
    "groups and projections": {"groups": 2, "bridge": {"projections": True}},
    "rectangle": {"input": "33x47"},
}
SMALL: dict[str, Any] = {
    "input": 32,
    "classes": 10,
    "tokens": {"count": 3, "dim": 16},
    "stem": 8,
    "blocks": [
        {"block": "lite", "exp": 16, "out": 8},
        {"block": "mf-down", "exp": 24, "out": 12},
        {"block": "mf", "exp": 24, "out": 12},
    ],
    "head": {"fc": 24},
}


def uneven(spec: Spec, file: Path) -> Path:
    """Write a checkpoint in which every value differs, so that each part of the network changes the outputs."""
    state = released_state(build(spec))
    made = rule_made({name: list(tensor.shape) for name, tensor in state.items()})
    torch.save({name: made[name].to(tensor.dtype) for name, tensor in state.items()}, file)
    return file


def exported(spec: Spec, folder: Path, **options: Any) -> OnnxFile:
    """Return the file of a spec with uneven weights, which is also written to `net.onnx`."""
    file = onnx_file(spec, uneven(spec, folder / "weights.pth"), **options)
    (folder / "net.onnx").write_bytes(file.content)
    return file


def session(folder: Path) -> Any:
    """Return ONNX Runtime's session of `net.onnx`."""
    return onnxruntime.InferenceSession(str(folder / "net.onnx"), providers=["CPUExecutionProvider"])


def of_rows(rows: Iterable[Row], modules: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the multiply-adds and the parameters of each module. A row's name is its module's, or an op's in it."""
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        name = re.sub(r"\.P[3-7]$", "", row.name)  # the towers of a detector run on each level
        path = name if name in modules else name.rpartition(".")[0]
        sums[path] = sums[path][0] + int(row.madds), sums[path][1] + int(row.params)
    return {path: each for path, each in sums.items() if any(each)}


def assert_counted_alike(spec: Spec, folder: Path, *inputs: str) -> None:
    """Each module of the file has the multiply-adds and parameters that the spec's rows have at its path."""
    result = traced(str(folder / "net.onnx"), list(inputs))
    in_file = {each.name: (int(each.madds), int(each.params)) for each in result.bill().by("module")}
    bill = count(spec)
    assert result.uncovered == ()
    assert {path: each for path, each in in_file.items() if any(each)} == of_rows(
        bill.rows, dict(build(spec).named_modules())
    )
    assert (result.bill().madds, result.bill().params) == (bill.madds, bill.params)


def assert_equal_outputs(file: OnnxFile) -> None:
    """Every output is torch's to 1e-4, and its values are no zeros."""
    assert file.agrees
    assert all(each.difference <= 1e-4 and each.largest > 1e-3 for each in file.agreements)


@pytest.mark.parametrize("name", MODELS)
def test_the_logits_are_those_of_torch_and_the_counts_those_of_the_spec(name: str, tmp_path: Path) -> None:
    """In float32, to 1e-4; multiply-adds and parameters module by module."""
    spec = load(name)
    file = exported(spec, tmp_path)
    assert_equal_outputs(file)
    assert [each.name for each in file.outputs] == ["logits"]
    assert_counted_alike(spec, tmp_path)


@pytest.mark.parametrize("name", one_in(3, ["mf26m", "mf294m", "mf52m"], 2))
def test_the_logits_are_those_of_the_released_network(name: str, tmp_path: Path) -> None:
    """With the weights and images for which the logits of the released code are recorded, to 1e-4 of their size."""
    exported(load(name), tmp_path, batch=2)
    logits = json.loads((DATA / "released_logits.json").read_text())[name]
    images = 3 * np.random.default_rng(7).standard_normal((2, 3, 224, 224))
    (ours,) = session(tmp_path).run(["logits"], {"image": images.astype(np.float32)})
    assert np.abs(ours[:, :8] - np.array(logits["first8"])).max() < 1e-4 * np.abs(ours).max()
    assert ours.argmax(axis=1).tolist() == logits["argmax"]


@pytest.mark.parametrize("name", nightly_but(4, DETECTORS))
def test_every_level_of_a_small_detector_is_an_output(name: str, tmp_path: Path) -> None:
    """Scores and offsets of P3 to P7, each with the shape of its level."""
    spec = load(name).replace(input="96x128")
    file = exported(spec, tmp_path)
    assert_equal_outputs(file)
    sides = [(12, 16), (6, 8), (3, 4), (2, 2), (1, 1)]
    assert [(each.name, each.shape) for each in file.outputs] == [
        (f"p{level}_{what}", (1, channels, *side))
        for level, side in enumerate(sides, start=3)
        for what, channels in (("scores", 720), ("offsets", 36))
    ]
    assert_counted_alike(spec, tmp_path)


@pytest.mark.parametrize("name", nightly_but(4, DETECTORS))
def test_a_detector_of_table_4_is_exported_whole(name: str, tmp_path: Path) -> None:
    """At 800 × 1344, to 1e-4; 160 G multiply-adds are counted in the file."""
    file = exported(load(name), tmp_path)
    assert_equal_outputs(file)
    assert_counted_alike(load(name), tmp_path)


@pytest.mark.parametrize("switch", one_in(3, SWITCHES))
def test_every_form_of_a_network_can_be_exported(switch: str, tmp_path: Path) -> None:
    """With a free batch too: outputs without a value, such as the tokens of Mobile alone, are left out."""
    spec = load(SMALL).replace(SWITCHES[switch])
    file = exported(spec, tmp_path, batch=None)
    assert_equal_outputs(file)
    assert [each.name for each in file.outputs] == {
        "mobile backbone": ["features"],
        "backbone": ["features", "tokens"],
    }.get(switch, ["logits"])
    assert_counted_alike(spec, tmp_path, f"1x3x{spec.input.height}x{spec.input.width}")


def check_random(mapping: Mapping[str, Any], folder: Path) -> None:
    """Export a random spec, and compare outputs and counts. Outputs may be small, but differ from one image to another."""
    spec = load(mapping)
    file = exported(spec, folder)
    assert file.agrees
    assert all(each.difference <= 1e-4 for each in file.agreements)
    assert_counted_alike(spec, folder)


@pytest.mark.parametrize(
    ("number", "start"),
    [(3, 18), *nightly_but(2, [(20, 1), (20, 2)])],
)
def test_random_specs_are_exported_too(number: int, start: int, tmp_path: Path) -> None:
    """To 1e-4 in float32; multiply-adds and parameters module by module."""
    drawn = []

    @seed(start)
    @settings(max_examples=number, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(spec_mappings())
    def each(mapping: Mapping[str, Any]) -> None:
        drawn.append(mapping)
        check_random(mapping, tmp_path)

    each()
    assert len(drawn) == number


def test_a_free_batch_takes_any_number_of_images(tmp_path: Path) -> None:
    """The logits of five images are those of each alone."""
    file = exported(load(SMALL), tmp_path, batch=None)
    assert (file.input.shape, file.outputs[0].shape) == (("batch", 3, 32, 32), ("batch", 10))
    images = np.random.default_rng(0).standard_normal((5, 3, 32, 32)).astype(np.float32)
    net = session(tmp_path)
    (together,) = net.run(None, {"image": images})
    alone = [net.run(None, {"image": each[None]})[0] for each in images]
    assert np.abs(together - np.concatenate(alone)).max() < 1e-5


def test_a_batch_is_that_of_the_file(tmp_path: Path) -> None:
    """The file then takes this number of images and costs that many times as much."""
    file = exported(load(SMALL), tmp_path, batch=4)
    assert (file.input.shape, file.outputs[0].shape) == ((4, 3, 32, 32), (4, 10))
    assert file.agrees
    assert traced(str(tmp_path / "net.onnx"), []).bill().madds == 4 * count(SMALL).madds


def test_half_precision_halves_the_file(tmp_path: Path) -> None:
    """Weights, input and output are float16, and agree with torch's to 1 % of the largest value."""
    full, half = exported(load(SMALL), tmp_path), exported(load(SMALL), tmp_path, dtype="float16")
    stored = onnx.load_from_string(half.content).graph.initializer
    floats = [each for each in stored if each.data_type != onnx.TensorProto.INT64]
    assert {each.data_type for each in floats} == {onnx.TensorProto.FLOAT16}
    assert (half.input.dtype, half.outputs[0].dtype) == ("float16", "float16")
    assert half.agrees
    assert half.agreements[0].allowed > 50 * full.agreements[0].allowed
    assert len(full.content) - len(half.content) > 2 * half.params
    assert_counted_alike(load(SMALL), tmp_path)


def test_the_file_is_the_same_each_time_and_another_for_another_seed() -> None:
    """Nothing in it depends on the time or the machine's state."""
    spec = load(SMALL)
    assert onnx_file(spec).content == onnx_file(spec).content != onnx_file(spec, seed=1).content


def test_every_parameter_has_its_own_tensor() -> None:
    """Also those with equal values, which the exporter would store once: at the start all biases are 0."""
    file = onnx.load_from_string(onnx_file(load(SMALL)).content)
    stored = [each.name for each in file.graph.initializer]
    model = build(load(SMALL))
    folded = {name for name, each in model.named_parameters() if name.endswith("weight") and each.dim() == 2}
    assert {name for name, _ in model.named_parameters()} - folded <= set(stored)
    assert len(stored) == len(set(stored))
    assert not any(node.op_type == "Identity" for node in file.graph.node)


def test_the_metadata_lead_back_to_the_spec(tmp_path: Path) -> None:
    """The name, the version, the weights, and the spec as YAML."""
    from mfprofile import __version__

    spec = load("mf26m").replace(input=64, tokens={"count": 5})
    file = onnx.load_from_string(onnx_file(spec, seed=3).content)
    data = {each.key: each.value for each in file.metadata_props}
    (tmp_path / "mf26m.yaml").write_text(data.pop("mfprofile.yaml"), encoding="utf-8")
    assert load(tmp_path / "mf26m.yaml") == spec
    assert data == {
        "mfprofile.spec": "mf26m",
        "mfprofile.version": __version__,
        "mfprofile.weights": "random (seed 3), not trained",
    }


def test_a_value_that_is_not_finite_never_agrees(tmp_path: Path) -> None:
    """Comparisons with NaN are false."""
    spec = load(SMALL)
    model = build(spec, seed=0)
    model.state_dict()["head.fc2.bias"][3] = float("nan")
    save_checkpoint(model, tmp_path / "weights.pth")
    with pytest.warns(UserWarning, match="not finite"):
        assert not onnx_file(spec, tmp_path / "weights.pth").agrees


def test_a_file_that_no_reader_could_load_is_refused_before_anything_is_built() -> None:
    """An ONNX file has at most 2 GiB."""
    with pytest.raises(
        InputError, match=r"its parameters take [\d,]+ bytes in float32, but an ONNX file holds at most"
    ):
        onnx_file(load("mf508m").replace(head={"fc": 65_536}, classes=10_000))


def test_any_module_can_be_exported_with_several_inputs() -> None:
    """As a part of a network: inputs have numbers, and batches are free."""

    class Sum(torch.nn.Module):
        def forward(self, image: Any, token: Any) -> Any:
            return image + token, token.sum(1)

    content = onnx_bytes(Sum(), (torch.ones(2, 3), torch.ones(2, 3)), free_batch=True)
    net = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [(each.name, each.shape) for each in net.get_inputs()] == [
        ("input1", ["batch", 3]),
        ("input2", ["batch", 3]),
    ]
    assert [each.shape for each in net.get_outputs()] == [["batch", 3], ["batch"]]
    one = np.ones((4, 3), np.float32)
    assert [each.tolist() for each in net.run(None, {"input1": one, "input2": one})] == [[[2.0] * 3] * 4, [3.0] * 4]


@pytest.mark.slow
@pytest.mark.parametrize("free_batch", [False, True])
def test_the_newer_exporter_stands_ready(free_batch: bool) -> None:
    """Its file computes the same. What it folds is another test's."""
    need("onnxscript")
    model = build(load(SMALL), seed=0)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    content = onnx_bytes(model, (images,), input_names=["image"], free_batch=free_batch, newer=True)
    net = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        assert np.abs(net.run(None, {"image": images.numpy()})[0] - model(images).numpy()).max() < 1e-6
