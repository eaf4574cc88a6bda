"""Options of pictures: labels, titles, limits, families, and the front of one's own networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pictures import numbers_in, overlaps, texts
from running import run

from mfprofile.cost import count
from mfprofile.paper.results import OURS
from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.detection import detection
from mfprofile.view.plots.labels import LEADER
from mfprofile.view.plots.limits import NUMBER, OPEN, Limits, inside, limits, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.units import YOURS

THREE_NEAR = "name,top1,madds\nours-a,76.9,214M\nours-b,77.0,217M\nours-c,76.85,220M\n"
THIRTY = "name,top1,madds\n" + "".join(f"v{at},{74 + at * 7 % 13 / 5},{200 + at * 3}M\n" for at in range(30))


def own(tmp_path: Path, text: str) -> str:
    """Return a file of the user's networks."""
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    return str(tmp_path / "own.csv")


def led(picture: Any) -> int:
    """Return the number of lines that lead to labels."""
    return sum(line.get_label() == LEADER for line in picture.figure.axes[0].lines)


def test_three_near_networks_are_labelled_or_named(tmp_path: Path) -> None:
    """They lie on the 214M in one column: each has its label, or a note that names it. No leader touches another."""
    look = Look(1)
    picture = accuracy(look, file=own(tmp_path, THREE_NEAR))
    shown = {text for text, _ in texts(picture, look)}
    named = " ".join(picture.notes)
    assert all(name in shown or name in named for name in ("ours-a", "ours-b", "ours-c", "214M"))
    assert {"ours-a", "ours-b", "ours-c"} & shown


@pytest.mark.slow
def test_thirty_networks_of_ones_own_are_no_hedgehog(tmp_path: Path) -> None:
    """They have no labels, and a note says what to do. With --labels, all that fit have numbers."""
    look, file = Look(), own(tmp_path, THIRTY)
    picture = accuracy(look, file=file)
    assert led(picture) < 10
    assert not [text for text, _ in texts(picture, look) if text.isdecimal() and int(text) <= 30]
    assert picture.notes == [
        "30 of your networks are drawn without labels; --front labels those on their front, "
        "--labels labels all that fit, --only mine makes room"
    ]
    all_look = Look(labels=True)
    asked = accuracy(all_look, file=file)
    numbers = {text for text, _ in texts(asked, all_look) if text.isdecimal() and int(text) <= 30}
    left_out = " ".join(asked.notes)
    assert all(str(at) in numbers or f"{at} (v" in left_out for at in range(1, 31))
    assert overlaps(asked, all_look) == []


def test_a_note_on_missing_labels_names_only_options_that_are_not_used_yet(tmp_path: Path) -> None:
    """Sixty networks have no labels at all, also with --labels and --only mine."""
    rows = "".join(f"v{at},{70 + at / 10},{100 + at}M\n" for at in range(60))
    file, said = own(tmp_path, f"name,top1,madds\n{rows}"), "60 of your networks are drawn without labels"
    notes = [accuracy(Look(labels=labels), file=file, only=["mine"]).notes for labels in (True, None)]
    assert notes == [[f"{said}; --front labels those on their front"]] * 2
    falling = own(tmp_path, "name,top1,madds\n" + "".join(f"v{at},{70 + at / 10},{100 + at}M\n" for at in range(41)))
    alone = accuracy(Look(labels=True), file=falling, only=["mine"], with_front=True).notes
    assert alone == ["41 of your networks are drawn without labels"]


def test_a_picture_without_labels_has_none(tmp_path: Path) -> None:
    """Neither the paper's networks nor the user's are named."""
    look = Look(labels=False)
    picture = accuracy(look, file=own(tmp_path, THREE_NEAR))
    assert not {"508M", "ours-a", "DeiT-2G"} & {text for text, _ in texts(picture, look)}
    assert (picture.notes, led(picture)) == ([], 0)


def test_the_front_of_ones_own_networks_is_the_best_of_them(tmp_path: Path) -> None:
    """Brute force finds the same; the networks on it have labels."""
    look = Look()
    picture = accuracy(look, file=own(tmp_path, THIRTY), only=["mine"], with_front=True)
    points = [(each["cost"], each["top1"]) for each in picture.data]
    front = sorted({p for p in points if not any(o != p and o[0] <= p[0] and o[1] >= p[1] for o in points)})
    [line] = [line for line in picture.figure.axes[0].lines if line.get_label() == "front of ours"]
    assert set(front) <= set(zip(line.get_xdata(), line.get_ydata(), strict=True))
    names = [f"v{at}" for at in range(30) if (200 + at * 3) * 10**6 in {x for x, _ in front}]
    assert all(any(name in text for text, _ in texts(picture, look)) for name in names)


def test_only_some_families_are_drawn(tmp_path: Path) -> None:
    """Families of convolutional networks have names of their own; upper and lower case are the same."""
    file = own(tmp_path, THREE_NEAR)
    picture = accuracy(Look(), file=file, only=["mine", "Mobile-Former"])
    assert {each["sort"] for each in picture.data} == {OURS, YOURS}
    assert picture.figure.axes[0].get_xlabel() == "MAdds, log scale (convention 'paper'; ours as given)"
    assert {each["family"] for each in accuracy(Look(), only=["mobilenetv3"]).data} == {"MobileNetV3"}
    assert {each["sort"] for each in detection(Look(), only=["resnet"]).data} == {"ResNet"}


def test_networks_outside_the_limits_are_named() -> None:
    """The axis ends where the limits are; an open end is where the networks are."""
    look = Look(xlim="100M:600M", ylim="70:")
    picture = accuracy(look, only=["mobile-former"])
    assert picture.notes == ["3 points are outside --xlim and --ylim: 26M, 52M, 96M"]
    [axes] = picture.figure.axes
    assert axes.get_xlim() == (100e6, 600e6)
    assert axes.get_ylim()[0] == 70
    assert [each["name"] for each in picture.data] == ["151M", "214M", "294M", "508M"]


def test_points_on_the_limits_are_drawn_in_full() -> None:
    """Two networks of 1G and four of 2G lie on the edges; no marker is clipped."""
    look = Look(xlim="1G:2G", labels=False)
    with look.applied():
        figure = accuracy(look).figure
        figure.canvas.draw()
    axes = figure.axes[0]
    lines = [line for line in axes.lines if line.get_marker() == "P" and len(line.get_xdata())]
    edges = [x for line in lines for x in line.get_xdata() if x in (10**9, 2 * 10**9)]
    assert len(edges) == 6
    assert not any(line.get_clip_on() for line in lines)


def test_a_line_that_leaves_the_axes_is_still_cut() -> None:
    """Only markers inside the limits, or on them, are drawn beyond the edge."""
    with Look().applied():
        axes = Look().figure(2).add_subplot()
        [out], [on], [bare] = (axes.plot([0, end], [0, 1], mark) for end, mark in ((2, "o-"), (1, "o-"), (1, "-")))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        uncut(axes)
    assert [each.get_clip_on() for each in (out, on, bare)] == [True, False, True]


def test_a_family_without_a_line_lies_over_ones_own_markers(tmp_path: Path) -> None:
    """A star on EfficientNet-B0 is larger than its diamond and would hide the family, which the legend lists."""
    axes = accuracy(Look(), file=own(tmp_path, "name,top1,madds\nhere,77.1,390M\n")).figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    diamond, star = lines["EfficientNet"], lines["ours"]
    assert (list(diamond.get_xdata()), list(diamond.get_ydata())) == (list(star.get_xdata()), list(star.get_ydata()))
    assert diamond.get_markersize() < star.get_markersize()
    assert lines["Mobile-Former"].get_zorder() < star.get_zorder() < diamond.get_zorder()


def test_ones_own_markers_hide_no_marker_of_a_line(tmp_path: Path) -> None:
    """The outline of a smaller marker is over a star and over the front. Without stars there are no outlines."""
    madds = count("mf294m", "paper").madds
    file = own(tmp_path, f"name,top1,madds\nhere,77.9,{madds}\nless,70,100M\n")
    lines = accuracy(Look(), file=file, with_front=True).figure.axes[0].lines
    named = {line.get_label(): line for line in lines}
    outlines = [line for line in lines if line.get_markerfacecolor() == "none"]
    [circles] = [line for line in outlines if line.get_marker() == "o"]
    assert (madds, 77.9) in zip(*circles.get_data(), strict=True)
    assert circles.get_markeredgecolor() == named["Mobile-Former"].get_color()
    assert circles.get_zorder() > named["ours"].get_zorder() > named["front of ours"].get_zorder()
    assert circles.get_markersize() + circles.get_markeredgewidth() < named["Mobile-Former"].get_markersize()
    assert not [line for line in accuracy(Look()).figure.axes[0].lines if line.get_markerfacecolor() == "none"]


def test_limits_are_inclusive_and_have_units() -> None:
    """A point without a height is inside if its cost is."""
    assert limits("100M:", "--xlim") == Limits(10**8, None)
    assert limits("8ms:12ms", "--xlim", "time") == Limits(8 * 10**6, 12 * 10**6)
    assert limits("-1.5:2", "--ylim", NUMBER) == Limits(-1.5, 2.0)
    points = [("a", 1, 5.0), ("b", 2, 6.0), ("c", 2, None), ("d", 3, 5.0)]
    kept, notes = inside(points, lambda each: each[1:], lambda each: each[0], Limits(None, 2), Limits(5.5, None))
    assert [name for name, *_ in kept] == ["b", "c"]
    assert notes == ["2 points are outside --xlim and --ylim: a, d"]
    assert inside(points, lambda each: each[1:], lambda each: each[0], OPEN, OPEN) == (points, [])


def test_a_title_replaces_the_pictures_own(tmp_path: Path) -> None:
    """Also in the metadata, and for a picture of several panels. A picture without one keeps its name there."""
    for words in (["detection"], ["pillars", "mf26m"]):
        done = run("plot", *words, "--title", "Ours & theirs", "-o", "a.svg", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "wrote a.svg\n")
        assert numbers_in(tmp_path / "a.svg")["title"] == "Ours & theirs"
    assert run("plot", "detection", "--no-title", "-o", "b.svg", cwd=tmp_path).returncode == 0
    assert numbers_in(tmp_path / "b.svg")["title"] == "COCO AP against multiply-adds"
    look = Look(title="")
    assert "COCO AP against multiply-adds" not in {text for text, _ in texts(detection(look), look)}
    long = Look(1, title="a title of so many words that it is wider than one column of a paper, and so has lines")
    assert overlaps(detection(long), long) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("accuracy --only cnns", "--only 'cnns': is not a family; did you mean 'cnn'?"),
        ("accuracy --only mine", "--only mine: the picture has no such networks; give a SPEC, or --measured FILE"),
        ("accuracy --front", "--front: the picture has no networks of yours with a top1; give --measured FILE"),
        ("accuracy mf26m --front", "--front: the picture has no networks of yours with a top1; give --measured FILE"),
        ("accuracy --only cnn,", "--only cnn,: has an empty name; use names such as mine"),
        ("detection --only mine", "--only 'mine': is not a family; use one of mobile-former, cnn, resnet, vit"),
        ("accuracy --xlim 600M:100M", "--xlim '600M:100M': is empty: 600,000,000 is more than 100,000,000"),
        ("accuracy --xlim 1M:1M", "--xlim '1M:1M': LEAST must be below MOST"),
        ("accuracy --xlim 0:1G", "--xlim '0:1G': must be above 0, because the axis has a logarithmic scale"),
        ("accuracy --xlim 300M", "--xlim '300M': must be LEAST:MOST, as in "),
        ("accuracy --ylim 70%:80", "--ylim '70%:80': must be LEAST:MOST, as in 70:80, 70: or :80"),
        ("detection --ylim 50:60", "--ylim: no point is within the limits; use wider ones"),
        ("detection --title x --no-title", "--title and --no-title: remove one of them"),
    ],
)
def test_wrong_options_are_refused(words: str, message: str, tmp_path: Path) -> None:
    """With the valid names or an example; no picture is written."""
    done = run("plot", *words.split(), "-o", "no.svg", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
    assert not (tmp_path / "no.svg").exists()


def test_an_axis_of_milliseconds_is_limited_in_milliseconds(tmp_path: Path) -> None:
    """The latency of the seven models: those outside are named, and the axis is in ms."""
    words = ["--latency-model", "example-torch", "--only", "mobile-former", "--ylim", "20ms:40ms", "--no-labels"]
    done = run("plot", "latency", *words, "-o", "l.svg", cwd=tmp_path)
    data = numbers_in(tmp_path / "l.svg")["data"]
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "note: 4 points are outside --ylim: mf508m, mf96m, mf52m, mf26m", "wrote l.svg",
    ]  # fmt: skip
    assert {each["name"] for each in data} == {"mf151m", "mf214m", "mf294m"}
    assert all(20 * 10**6 <= each["latency"] <= 40 * 10**6 for each in data)
    wrong = run("plot", "latency", "--latency-model", "example-torch", "--ylim", "20:40", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: --ylim '20': has no unit; use an amount such as 12ms")


def test_a_front_is_limited_to_the_models_and_points_inside(tmp_path: Path) -> None:
    """The points of the front have no names, so the note counts them."""
    done = run("plot", "front", "tiny", "--xlim", "2M:", "--ylim", ":80k", "-o", "f.svg", cwd=tmp_path)
    data = numbers_in(tmp_path / "f.svg")["data"]
    assert done.returncode == 0
    assert data
    assert all(each["x"] >= 2_000_000 and each["y"] <= 80_000 for each in data)
    assert "points are outside --xlim and --ylim: 508M, 294M" in done.stderr


def test_a_latency_picture_of_ones_own_networks_alone(tmp_path: Path) -> None:
    """Mobile-Former is left out, and the message names what is missing if there are none."""
    device = ["--latency-model", "example-torch", "-o", "l.svg"]
    done = run("plot", "latency", "mf294m", "mf294m-mlp", "--only", "mine", *device, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote l.svg\n")
    assert [each["name"] for each in numbers_in(tmp_path / "l.svg")["data"]] == ["mf294m-mlp"]
    none = run("plot", "latency", "mf294m", "--only", "mine", *device, cwd=tmp_path)
    assert none.returncode == 2
    assert none.stderr.startswith("error: --only mine: the picture has no such networks; ")


@pytest.mark.parametrize("look", [Look(), Look(dark=True)], ids=["light", "dark"])
def test_markers_and_labels_have_contrast_on_the_ground(look: Look) -> None:
    """As WCAG asks: 3 for what is drawn, 4.5 for small text."""
    ground = luminance(look.colors["ground"])
    for name in ("mobile", "former", "bridge", "head", "cnn", "vit", "user", "quiet"):
        for color, least in ((look.colors[name], 3.0), (look.text_color(name), 4.5)):
            light, dark = sorted((luminance(color), ground), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (name, color)


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    shares = [part / 255 for part in bytes.fromhex(color.removeprefix("#"))]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
