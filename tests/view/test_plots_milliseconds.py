"""Latency against multiply-adds: measured and predicted points, the lines of equal rates, and places that differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_devices import odd_device, write_device
from pictures import EACH_LOOK, LOOKS, covered, numbers_in, overlaps, texts
from running import need, run
from timings import measurement, timed_specs, written

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device, Rate
from mfprofile.errors import InputError
from mfprofile.paper.claims import MODELS
from mfprofile.view.plots.latencies import OTHERS, PREDICTED, PUBLISHED, SPECS
from mfprofile.view.plots.latency import MOST_NAMED, latency
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timings import Timings, read_timings

OTHER = {
    "timm:mobilenetv3_large_100": (216_589_760, [5.7e6, 5.5e6, 6.2e6]),
    "nets/mine.py:Net": (300_000_000, [9e6, 9.1e6, 9.2e6]),
    "exports/mine.onnx": (150_000_000, [8e6, 8.1e6, 8.2e6]),
}


def timings(folder: Path, *names: str, file: str = "measured.json", factor: float = 1.0, **changes: object) -> Timings:
    """Return made-up times of specs and of networks in code."""
    document = measurement({**timed_specs(*names, factor=factor), **OTHER}, **changes)
    return read_timings(written(document, folder, file))


def bills(*names: str, device: Device | None = None) -> list[Bill]:
    """Return the bills of specs with a made-up latency model."""
    return [count(name, find_convention("core").on(device or odd_device())) for name in names]


def _lines(picture: Picture) -> list[tuple[list[float], list[float]]]:
    """Return the diagonal lines, which are the only ones that end at both sides."""
    [axes] = picture.figure.axes
    ends = axes.get_xlim()
    return [(list(each.get_xdata()), list(each.get_ydata())) for each in axes.lines if tuple(each.get_xdata()) == ends]  # type: ignore[arg-type]


def test_measured_points_are_those_of_the_file(tmp_path: Path) -> None:
    """Each has its multiply-adds, the median of its sweeps and its interval; the reference is one of them."""
    data = latency(Look(), [timings(tmp_path, "mf294m", "mf52m", "mf294m-mlp")]).data
    known = {**timed_specs("mf294m", "mf52m", "mf294m-mlp"), **OTHER}
    for point in data:
        madds, series = known.get(point["name"], (count("mf26m").madds, [5.8e6, 5.9e6, 5.7e6]))
        low, median, high = sorted(series)
        assert (point["madds"], point["latency"], point["low"], point["high"]) == (madds, median, low, high)
    assert {point["name"]: point["sort"] for point in data} == {
        "mf26m": PUBLISHED,
        "mf294m": PUBLISHED,
        "mf52m": PUBLISHED,
        "mf294m-mlp": SPECS,
        **dict.fromkeys(OTHER, OTHERS),
    }


def test_the_reference_is_drawn_once(tmp_path: Path) -> None:
    """Also if it is one of the networks that were asked for."""
    file = read_timings(written(measurement(timed_specs("mf26m", "mf52m")), tmp_path))
    assert [point["name"] for point in latency(Look(), [file]).data] == ["mf26m", "mf52m"]


@pytest.mark.parametrize("batch", [1, 8])
def test_predictions_are_the_bills(batch: int) -> None:
    """Nanoseconds and multiply-adds are those of a batch of the model, and the model is named with its error."""
    picture = latency(Look(), (), bills(*MODELS, "mf294m-mlp", device=odd_device(batch=batch)))
    for point, bill in zip(picture.data, bills(*MODELS, "mf294m-mlp", device=odd_device(batch=batch)), strict=True):
        assert (point["name"], point["madds"], point["latency"]) == (bill.name, batch * bill.madds, bill.latency)
        assert (point["source"], point["low"], point["high"]) == (PREDICTED, None, None)
        assert point["sort"] == (PUBLISHED if bill.name in MODELS else SPECS)
    note = next(text for text, _ in texts(picture, Look()) if "predicted by" in text)
    assert "Hollow: predicted by latency model 'abacus'" in note
    assert "mean error 3.1 % on 40 held-out networks" in note


def test_a_model_that_was_changed_is_not_the_published_one(tmp_path: Path) -> None:
    """It has the name, but not the multiply-adds."""
    networks = timed_specs("mf294m")
    madds, series = networks["mf294m"]
    file = read_timings(written(measurement({"mf294m": (madds + 1, series)}), tmp_path))
    assert [(point["name"], point["sort"]) for point in latency(Look(), [file]).data] == [
        ("mf26m", PUBLISHED),
        ("mf294m", SPECS),
    ]


def test_predicted_points_are_hollow_and_measured_ones_are_not(tmp_path: Path) -> None:
    """The published models are joined, in order of multiply-adds, in one line of each sort."""
    look = Look()
    [axes] = latency(look, [timings(tmp_path, *reversed(MODELS))], bills(*MODELS)).figure.axes
    joined = [line for line in axes.lines if len(line.get_xdata()) == 7]
    assert [list(line.get_xdata()) for line in joined] == [sorted(count(model).madds for model in MODELS)] * 2
    assert [line.get_markerfacecolor() == look.colors["ground"] for line in joined] == [False, True]


def test_a_diagonal_is_of_equal_time_per_100m(tmp_path: Path) -> None:
    """Its figure is at the right or at the top, and at its end."""
    picture = latency(Look(), [timings(tmp_path, *MODELS)])
    [axes] = picture.figure.axes
    boxes, lines = texts(picture, Look()), _lines(picture)
    right, top = axes.transData.transform((axes.get_xlim()[1], axes.get_ylim()[1]))
    assert len(lines) >= 4
    for xs, ys in lines:
        each = ys[0] * 1e8 / xs[0]
        assert ys[1] * 1e8 / xs[1] == pytest.approx(each)
        figures = [box for text, box in boxes if text == f"{each:g}" and (box.x0 > right or box.y0 > top)]
        height = axes.transData.transform((xs[1], ys[1]))[1]
        across = axes.transData.transform((axes.get_ylim()[1] * 1e8 / each, 1))[0]
        [box] = figures
        assert box.y0 < height < box.y1 if height <= top else box.x0 < across < box.x1


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("kind", ["measured", "predicted", "both", "one"])
def test_nothing_overlaps(look: Look, kind: str, tmp_path: Path) -> None:
    """In both widths, light and dark."""
    files = [] if kind == "predicted" else [timings(tmp_path, *(MODELS if kind != "one" else ()))]
    picture = latency(look, files, bills(*MODELS, "mf294m-mlp") if kind in ("predicted", "both") else ())
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
def test_places_that_differ_have_markers_and_the_legend_says_in_what(look: Look, tmp_path: Path) -> None:
    """Here in threads and in the runtime. The same network is drawn at each place and named once."""
    files = [
        timings(tmp_path, "mf294m", file="a.json"),
        timings(tmp_path, "mf294m", file="b.json", factor=0.6, threads=2),
        timings(tmp_path, "mf294m", file="c.json", factor=2, runtime="torch", versions={"torch": "2.13.0"}),
    ]
    picture = latency(look, files)
    shown = [text for text, _ in texts(picture, look)]
    assert {"by hand 1.0, 1 thread", "by hand 1.0, 2 threads", "torch 2.13.0, 1 thread"} <= set(shown)
    assert shown.count("mf294m") == 1
    assert len({point["where"] for point in picture.data}) == 3
    assert overlaps(picture, look) == []


def test_a_name_is_at_the_highest_measured_point(tmp_path: Path) -> None:
    """Not at a predicted one, even if that is higher."""
    slow, fast = (timings(tmp_path, "mf294m", file=f"{at}.json", factor=at, threads=at) for at in (2, 1))
    for files, factor in (([slow, fast], 2), ([fast, slow], 2), ([fast], 1)):
        rates = {key: Rate(*(100 * each for each in rate)) for key, rate in odd_device().rates.items()}
        [axes] = latency(Look(), files, bills("mf294m", device=Device("slow", rates))).figure.axes
        [name] = [text for text in axes.texts if text.get_text() == "mf294m"]
        assert name.xy == (count("mf294m").madds, sorted(timed_specs("mf294m", factor=factor)["mf294m"][1])[1] / 1e6)  # type: ignore[attr-defined]


def test_files_of_one_place_are_one_series(tmp_path: Path) -> None:
    """No place is named in the legend, and the models of both files are joined."""
    files = [timings(tmp_path, "mf294m", file="a.json"), timings(tmp_path, "mf508m", file="b.json")]
    picture = latency(Look(), files)
    assert len({point["where"] for point in picture.data}) == 1
    assert not [text for text, _ in texts(picture, Look()) if text == "1 thread"]


def test_five_places_are_refused(tmp_path: Path) -> None:
    """Four can be distinguished."""
    files = [timings(tmp_path, "mf294m", file=f"{at}.json", threads=at) for at in range(1, 6)]
    assert len({point["where"] for point in latency(Look(), files[:4]).data}) == 4
    with pytest.raises(InputError, match=r"^5 places and ways of measuring are too many for a picture; use 4$"):
        latency(Look(), files)


def test_many_networks_are_drawn_without_names(tmp_path: Path) -> None:
    """Their names are in the data."""
    crowd = {f"net.py:N{at}": (10**8 + 10**6 * at, [1e7 + 1e5 * at] * 3) for at in range(MOST_NAMED + 1)}
    picture = latency(Look(), [read_timings(written(measurement(crowd), tmp_path))])
    assert len(picture.data) == MOST_NAMED + 2
    assert not [text for text, _ in texts(picture, Look()) if text.startswith("N")]
    assert overlaps(picture, Look()) == []


def test_long_names_and_odd_letters_have_room(tmp_path: Path) -> None:
    """A name is cut in the picture, and dollar signs are no mathematics."""
    odd = {f"net.py:{'N' * 80}": (10**8, [1e7, 1e7, 1.1e7]), "a $x$ <&> 網": (2 * 10**8, [2e7, 2e7, 2.1e7])}
    for look in LOOKS:
        picture = latency(look, [read_timings(written(measurement(odd), tmp_path))])
        assert overlaps(picture, look) == []
    assert {point["name"] for point in picture.data} == {"mf26m", *odd}


def test_a_latency_of_zero_has_no_place() -> None:
    """A model whose rates are all 0 predicts no time, which a logarithmic axis cannot show."""
    device = odd_device()
    free = Device("free", dict.fromkeys(device.rates, Rate()))
    with pytest.raises(InputError, match=r"^mf26m: latency model 'free' predicts no time; calibrate it again$"):
        latency(Look(), (), bills("mf26m", device=free))
    with pytest.raises(InputError, match="no latency to draw"):
        latency(Look())


def test_unpriced_kinds_are_named_in_the_picture() -> None:
    """Such a prediction is too short."""
    device = odd_device(without=["softmax"]).with_unpriced()
    picture = latency(Look(), (), bills("mf26m", device=device))
    assert any("without ops that it never saw: softmax" in " ".join(text.split()) for text, _ in texts(picture, Look()))


def test_the_command_draws_measured_and_predicted(tmp_path: Path) -> None:
    """By default a latency model predicts the seven models; a file may be standard input."""
    file = written(measurement(timed_specs("mf294m")), tmp_path)
    model = str(write_device(odd_device(), tmp_path))
    out = str(tmp_path / "a.svg")
    for arguments, stdin in (
        (["--measured", file], None),
        (["--measured", "-"], Path(file).read_text(encoding="utf-8")),
        (["--latency-model", model], None),
        (["mf26m", "mf294m-mlp", "--set", "tokens.count=4", "--latency-model", model, "--measured", file], None),
    ):
        done = run("plot", "latency", *arguments, "-o", out, stdin=stdin)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote {out}\n")


@pytest.mark.parametrize("batch", [1, 8])
def test_a_network_in_code_is_predicted_too(batch: int, tmp_path: Path) -> None:
    """Its multiply-adds and its time are of a batch of the model: a convolution with bias and a ReLU."""
    need("torch")
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\ndef net():\n    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())\n"
    )
    write_device(odd_device(batch=batch), tmp_path)
    model = ["--latency-model", "abacus.json"]
    done = run("plot", "latency", "mf26m", "net.py:net", "--input", "3x64x64", *model, "-o", "a.svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote a.svg\n")
    values, rates = 8 * 62 * 62, odd_device().rates
    conv, relu = rates["conv", "*"], rates["relu", "*"]
    times = [
        batch * values * (27 * conv.product + conv.element) + (27 * 8 + 8) * conv.param + conv.call,
        batch * values * relu.element + relu.call,
    ]
    [spec, net] = numbers_in(tmp_path / "a.svg")["data"]
    assert (net["name"], net["sort"]) == ("net.py:net", OTHERS)
    assert net["latency"] == sum((time + 500_000) // 10**6 for time in times)
    assert net["madds"] == batch * 27 * values
    assert (spec["name"], spec["madds"]) == ("mf26m", batch * count("mf26m").madds)


def test_wrong_input_is_one_message(tmp_path: Path) -> None:
    """Exit code 2, and no picture."""
    file = written(measurement(timed_specs("mf294m")), tmp_path)
    model = str(write_device(odd_device(), tmp_path))
    for arguments, message in (
        ([], "nothing to draw; give --measured FILE with the output of 'mfprofile measure … --json', or --latency-model FILE"),
        (["mf26m"], "mf26m: cannot be predicted without a latency model; use --latency-model FILE"),
        (["--measured", "-", "-"], "-: standard input can be read only once"),
        (["--measured", "-", "--latency-model", "-"], "-: standard input can be read only once"),
        (["--measured", model], f"{model}: is a latency model, not a measurement; use --latency-model {model}"),
        (["--measured", file, "--set", "width=2"], "--set, --input and --allow-unpriced are for predictions; give a SPEC and --latency-model FILE"),
        (["mf26m", "--arg", "a=1", "--latency-model", model], "--arg needs a network in code, such as net.py:Net; use --set to change a spec"),
        (["mf26n", "--latency-model", model], "mf26n: no shipped spec and no file has this name; did you mean 'mf26m'?"),
        (["--measured", file, "-o", "a.jpg"], "a.jpg: the ending must be .png, .svg or .pdf"),
    ):  # fmt: skip
        done = run("plot", "latency", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["abacus.json", "measured.json"]


def test_a_latency_model_of_a_pyproject_predicts_specs(tmp_path: Path) -> None:
    """Without a SPEC and beside measurements it does not predict anything."""
    write_device(odd_device(), tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.mfprofile]\nlatency-model = "abacus.json"\n')
    written(measurement(timed_specs("mf294m")), tmp_path)
    for arguments, predicted in (([], 7), (["mf26m"], 1), (["--measured", "measured.json"], 0)):
        done = run("plot", "latency", *arguments, "-o", "a.svg", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        data = numbers_in(tmp_path / "a.svg")["data"]
        assert sum(point["source"] == PREDICTED for point in data) == predicted
