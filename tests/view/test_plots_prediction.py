"""Predicted against measured: the points, the band, and the errors in the note."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_devices import ERRORS, odd_device
from pictures import EACH_LOOK, covered, misleading, numbers_in, overlaps, texts
from running import run
from timings import calibrated_file, written

from mfprofile.view.plots.held_out import HeldOut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.prediction import MOST_NAMED, prediction

NETWORKS = [
    *(HeldOut(f"mf294m-stages-{at}", 10**7 + 10**6 * at, 10**7 + 10**6 * at + (-1) ** at * 3 * 10**5) for at in range(12)),
    HeldOut("mf26m", 5_000_000, 4_000_000),
    HeldOut("far away", 12_000_000, 15_000_000),
]  # fmt: skip
WIDE = [*NETWORKS, HeldOut("mf508m", 90_000_000, 88_000_000)]
ALIKE = [HeldOut("one", 10_000_000, 10_000_000)]
ALL_BEYOND = [HeldOut(f"beyond-{at}", 10**7 + at * 10**5, 2 * 10**7) for at in range(20)]


def _note(networks: list[HeldOut]) -> str:
    shown = [text for text, _ in texts(prediction(Look(), odd_device(), networks), Look())]
    return next(text for text in shown if "mean error" in text)


def test_the_data_are_the_networks_of_the_file(tmp_path: Path) -> None:
    """To the nanosecond, also in the picture's file."""
    file = written(calibrated_file({each.name: (each.measured, each.predicted) for each in NETWORKS}), tmp_path)
    done = run("plot", "prediction", file, "-o", str(tmp_path / "a.svg"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote {tmp_path / 'a.svg'}\n")
    numbers = numbers_in(tmp_path / "a.svg")
    assert numbers["data"] == [{**each._asdict(), "error": each.error} for each in NETWORKS]
    assert numbers["title"] == "Latency model 'abacus': predicted against measured"


def test_each_network_is_in_both_panels() -> None:
    """At its measured time: as high as predicted, and as high as its error in percent."""
    figure = prediction(Look(), odd_device(), NETWORKS).figure
    for axes, height in zip(
        figure.axes, (lambda each: each.predicted / 1e6, lambda each: 100 * each.error), strict=True
    ):
        lines = [line for line in axes.lines if line.get_marker() not in ("None", "none")]
        drawn = {(x, y) for line in lines for x, y in line.get_xydata()}
        assert drawn == {(each.measured / 1e6, height(each)) for each in NETWORKS}
        [published] = [line for line in lines if line.get_marker() == "s"]
        assert list(published.get_xdata()) == [5.0]


def test_the_band_is_a_tenth_on_both_sides() -> None:
    """The axes of the first panel have the same limits, and its diagonal leads from corner to corner."""
    first, second = prediction(Look(), odd_device(), WIDE).figure.axes
    assert first.get_xlim() == first.get_ylim()
    [band] = [each for each in first.collections if each.get_label() == "±10 %"]
    corners = band.get_paths()[0].vertices
    assert {round(y / x, 6) for x, y in corners} == {0.9, 1.1}
    [diagonal] = [line for line in first.lines if list(line.get_xdata()) == list(line.get_ydata())]
    assert tuple(diagonal.get_xdata()) == first.get_xlim()
    assert second.get_ylim()[0] == -second.get_ylim()[1] < -25


def test_the_note_has_the_errors_of_what_is_drawn_and_the_noise() -> None:
    """The mean of the sizes of all errors, as `calibrate` prints it."""
    sizes = [abs(each.error) for each in NETWORKS]
    assert f"14 networks: mean error {100 * sum(sizes) / 14:.1f} %, 86 % within ±10 %" in _note(NETWORKS)
    assert f"noise of the measurements {100 * ERRORS.noise:.1f} %" in " ".join(_note(NETWORKS).split())
    assert "Measured on abacus, by hand 1.0, 1 thread, float32, batch 1" in " ".join(_note(NETWORKS).split())


def test_a_model_without_errors_has_no_noise() -> None:
    """A file that was written by hand may have networks without them."""
    picture = prediction(Look(), odd_device(errors=None), NETWORKS)
    assert not [text for text, _ in texts(picture, Look()) if "noise" in text]


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("networks", [NETWORKS, WIDE, ALIKE, ALL_BEYOND], ids=len)
def test_nothing_overlaps(look: Look, networks: list[HeldOut]) -> None:
    """In both widths, light and dark, with logarithmic and linear axes."""
    picture = prediction(look, odd_device(), networks)
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []


def test_networks_beyond_the_band_are_named() -> None:
    """Those with the largest errors, if they are many."""
    look = Look()
    picture = prediction(look, odd_device(), NETWORKS)
    assert {"mf26m", "far away"} <= {text for text, _ in texts(picture, look)}
    assert misleading(picture, look) == []
    picture = prediction(look, odd_device(), ALL_BEYOND)
    shown = [text for text, _ in texts(picture, look) if text.startswith("beyond")]
    left_out = [each for each in range(MOST_NAMED) if f"1 label does not fit: beyond-{each}" in picture.notes]
    assert sorted(shown) == [f"beyond-{at}" for at in range(MOST_NAMED) if at not in left_out]
    assert len(left_out) <= 1
