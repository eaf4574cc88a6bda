"""The roofline: each op by its intensity and its predicted rate, all times by kind, and the measured peak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from odd_devices import odd_device, write_device
from pictures import EACH_LOOK, overlaps, texts
from running import run
from timings import PEAK, measurement, timed_specs, written

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device, Rate
from mfprofile.cost.memory import traffic
from mfprofile.errors import InputError
from mfprofile.spec import load
from mfprofile.view.plots.labels import LEADER
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.roofline import MOST_KINDS, roofline
from mfprofile.view.plots.timings import Timings, read_timings


def bill_of(spec: Any, device: Device | None = None) -> Bill:
    """Return the bill of a spec with a made-up latency model."""
    return count(spec, find_convention("core").on(device or odd_device()))


def timings(folder: Path, **changes: Any) -> Timings:
    """Return a made-up measurement."""
    return read_timings(written(measurement(timed_specs("mf26m"), **changes), folder))


def _points(picture: Picture) -> list[tuple[float, float, float]]:
    """Return x, y and the area of all markers."""
    axes = picture.figure.axes[0]
    return [
        (x, y, area)
        for each in axes.collections
        for (x, y), area in zip(each.get_offsets(), each.get_sizes(), strict=True)
    ]


@pytest.mark.parametrize("name", ["mf26m", "mf294m", "mf508m", "mf294m-mobile"])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_data_are_those_of_count_and_memory(name: str, batch: int) -> None:
    """Each op has its products, the bytes of `memory --by op` and its predicted time, of a batch of the model."""
    bill = bill_of(name, odd_device(batch=batch))
    data = roofline(Look(), bill).data
    assert [point["name"] for point in data] == [row.name for row in bill.rows]
    assert [point["madds"] for point in data] == [batch * madds for madds in bill.row_madds]
    assert [point["moved_bytes"] for point in data] == traffic(bill, batch).moved
    assert [point["latency"] for point in data] == list(bill.row_latencies)
    assert sum(point["latency"] for point in data) == bill.latency


def test_bytes_are_of_the_models_type() -> None:
    """Half as many in float16, so the intensity is twice as large."""
    [full, half] = [
        roofline(Look(), bill_of("mf26m", replace(odd_device(), dtype=dtype))) for dtype in ("float32", "float16")
    ]
    assert [point["moved_bytes"] for point in full.data] == [2 * point["moved_bytes"] for point in half.data]
    assert any("(float16)" in text for text, _ in texts(half, Look()))


def test_a_point_is_at_its_intensity_and_rate_and_its_area_is_its_time() -> None:
    """Only ops with products have one. Very short ops have the smallest marker."""
    picture = roofline(Look(), bill_of("mf294m"))
    placed = [point for point in picture.data if point["madds"]]
    expected = {
        (point["madds"] / point["moved_bytes"], 1e9 * point["madds"] / point["latency"]): point["latency"]
        for point in placed
    }
    drawn = _points(picture)
    assert len(drawn) == len(placed)
    most = max(expected.values())
    for x, y, area in drawn:
        time = min(expected.items(), key=lambda each: abs(each[0][0] / x - 1) + abs(each[0][1] / y - 1))[1]
        assert area == pytest.approx(max(130 * time / most, 2))


def test_the_bars_are_the_shares_of_all_kinds() -> None:
    """Their figures sum to 100 %, and kinds without products are among them."""
    picture = roofline(Look(), bill_of("mf294m"))
    bars = picture.figure.axes[1]
    names = [label.get_text() for label in bars.get_yticklabels()]
    assert len(names) == MOST_KINDS
    assert names[-1].endswith("more kinds")
    assert sum(bar.get_width() for bar in bars.patches) == pytest.approx(100)
    kinds = [point["kind"] for point in picture.data]
    assert set(names[:-1]) <= set(kinds)
    assert len(set(kinds) - set(names)) >= int(names[-1].split()[0])
    times = {kind: sum(point["latency"] for point in picture.data if point["kind"] == kind) for kind in kinds}
    assert names[:-1] == sorted(times, key=lambda kind: -times[kind])[: MOST_KINDS - 1]


def test_the_share_of_ops_with_products_is_in_the_title_of_the_panel() -> None:
    """The rest of the time has no rate."""
    picture = roofline(Look(), bill_of("mf26m"))
    part = sum(point["latency"] for point in picture.data if point["madds"])
    share = 100 * part / sum(point["latency"] for point in picture.data)
    assert f"Ops with products: {share:.1f} % of the time" in [text for text, _ in texts(picture, Look())]


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("name", ["mf26m", "mf508m", "mf294m-mobile", "mf151m-retinanet", "small"])
def test_nothing_overlaps(look: Look, name: str, tmp_path: Path) -> None:
    """In both widths, light and dark, with a measured peak and without one."""
    spec = load({"stem": 4, "head": "none", "former": "none", "mobile": {"activation": "relu"}, "blocks": [{"block": "lite", "exp": 4, "out": 4}]}) if name == "small" else load(name)  # fmt: skip
    spec = replace(spec, name="a-name-that-is-much-too-long-for-a-picture" if name == "small" else name)
    for peak in (None, timings(tmp_path)):
        assert overlaps(roofline(look, bill_of(spec), peak), look) == []


def test_the_line_is_the_measured_peak(tmp_path: Path) -> None:
    """Its rate is in the note. Without a measurement there is no line."""
    picture = roofline(Look(), bill_of("mf26m"), timings(tmp_path))
    [line] = (line for line in picture.figure.axes[0].lines if line.get_label() != LEADER)
    assert set(line.get_ydata()) == {1e9 * 1024**3 / 21e6}
    assert any(f"peak of {PEAK.rate:.1f} GMAdds/s in a 1024×1024 product" in text for text, _ in texts(picture, Look()))
    others = roofline(Look(), bill_of("mf26m")).figure.axes[0].lines
    assert {line.get_label() for line in others} <= {LEADER}


@pytest.mark.parametrize(
    "changes", [{"processor": "sliderule"}, {"threads": 2}, {"dtype": "float16"}, {"runtime": "torch"}]
)
def test_a_peak_of_another_place_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    """The rates of a model and the peak of another machine cannot be compared."""
    with pytest.raises(
        InputError, match=r"but latency model 'abacus' is of abacus, by, 1 thread, float32; measure the peak"
    ):
        roofline(Look(), bill_of("mf26m"), timings(tmp_path, **changes))


def test_a_peak_of_another_version_or_batch_is_drawn(tmp_path: Path) -> None:
    """The note says which. What the model does not say is not compared either."""
    file = timings(tmp_path, versions={"by hand": "1.1"}, batch=8)
    assert any("by hand 1.1" in text for text, _ in texts(roofline(Look(), bill_of("mf26m"), file), Look()))
    anywhere = replace(odd_device(), conditions={})
    elsewhere = roofline(Look(), bill_of("mf26m", anywhere), timings(tmp_path, processor="sliderule"))
    assert any(line.get_label() != LEADER for line in elsewhere.figure.axes[0].lines)


def test_ops_that_the_model_never_saw_are_named_or_refused() -> None:
    """They have no time, so no place either."""
    device = odd_device(without=["softmax", "depthwise"])
    with pytest.raises(InputError, match="never saw ops of kind depthwise"):
        roofline(Look(), bill_of("mf26m", device))
    picture = roofline(Look(), bill_of("mf26m", device.with_unpriced()))
    assert {point["kind"] for point in picture.data if point["latency"] is None} == {"softmax", "depthwise"}
    shown = " ".join(" ".join(text.split()) for text, _ in texts(picture, Look()))
    assert "that the model never saw: depthwise (" in shown
    assert len(_points(picture)) == sum(bool(point["madds"] and point["latency"]) for point in picture.data)


def test_a_model_that_predicts_no_time_is_refused() -> None:
    """There is nothing to draw."""
    free = Device("free", dict.fromkeys(odd_device().rates, Rate()))
    with pytest.raises(InputError, match=r"^mf26m: no op has products and a predicted time; there is nothing to draw$"):
        roofline(Look(), bill_of("mf26m", free))


def test_the_command_writes_the_numbers(tmp_path: Path) -> None:
    """With changes, a model and a peak; without a model it is one message."""
    file = written(measurement(timed_specs("mf26m")), tmp_path)
    model = str(write_device(odd_device(), tmp_path))
    out = tmp_path / "a.svg"
    done = run("plot", "roofline", "mf26m", "--set", "tokens.count=4", "--latency-model", model, "--measured", file, "-o", str(out))  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote {out}\n")
    for arguments, message in (
        (["mf26m"], "plot roofline: predicts each op with a latency model; use --latency-model FILE"),
        (["-", "--latency-model", "-"], "-: standard input can be read only once"),
        (
            ["mf26n", "--latency-model", model],
            "mf26n: no shipped spec and no file has this name; did you mean 'mf26m'?",
        ),
    ):
        done = run("plot", "roofline", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
