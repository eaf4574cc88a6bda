"""The files of pictures: they contain their data, are the same in every run, and need neither a display nor torch."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import struct
import subprocess
import sys
import warnings
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from effort import one_in
from matplotlib import get_data_path
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.text import Text
from pictures import covered, overlaps
from running import ROOT, run, surroundings

from mfprofile import count
from mfprofile.errors import InputError, LettersWarning, OutputError
from mfprofile.view.plots import fonts
from mfprofile.view.plots.labels import Around, annotate
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import FORMATS, Picture, format_of, rendered, save

NAMES = ("accuracy", "detection", "ablation", "residuals", "front tiny")


def small(look: Look) -> Picture:
    """Return a picture of one point."""
    with look.applied():
        figure = look.figure(2.0)
        figure.add_subplot().plot([1], [2], "o")
    return Picture("Ünder <&> $1$", figure, [{"name": 'a²\n"b" 网', "madds": 10**15 + 1}], "core")


def content_of(file: Path) -> dict[str, Any]:
    """Return the title, convention and data in a file."""
    content = file.read_bytes()
    if file.suffix == ".svg":
        match = re.search(r"<dc:description>(.*?)</dc:description>", content.decode(), re.DOTALL)
        assert match
        text = unescape(match[1])
    elif file.suffix == ".pdf":
        text = _subject(content)
    else:
        text = dict(_texts(content))["Description"]
    data: dict[str, Any] = json.loads(text)
    return data


def _subject(content: bytes) -> str:
    start = content.index(b"/Subject ") + len(b"/Subject ")
    if content[start : start + 1] == b"<":
        return bytes.fromhex(content[start + 1 : content.index(b">", start)].decode()).decode("utf-16")
    subject, at, depth = bytearray(), start + 1, 1
    while True:
        letter = content[at : at + 1]
        if letter == b"\\":
            at += 1
            digits = re.match(rb"[0-7]{1,3}", content[at : at + 3])
            subject += (
                bytes([int(digits[0], 8)])
                if digits
                else {b"n": b"\n", b"r": b"\r"}.get(content[at : at + 1], content[at : at + 1])
            )
            at += len(digits[0]) if digits else 1
            continue
        depth += {b"(": 1, b")": -1}.get(letter, 0)
        if not depth:
            break
        subject += letter
        at += 1
    return subject.decode("utf-16") if subject.startswith((b"\xfe\xff", b"\xff\xfe")) else subject.decode("latin-1")


def _texts(content: bytes) -> Any:
    at = 8
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + size]
        if kind == b"tEXt":
            key, text = data.split(b"\0", 1)
            yield key.decode("latin-1"), text.decode("latin-1")
        if kind == b"iTXt":
            key, rest = data.split(b"\0", 1)
            _, _, text = rest[2:].split(b"\0", 2)
            yield key.decode("latin-1"), (zlib.decompress(text) if rest[0] else text).decode()
        at += 12 + size


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_contains_its_numbers(form: str, tmp_path: Path) -> None:
    """It has the title, convention and data, with any letters, and integers to the last digit."""
    picture = small(Look(1))
    assert content_of(save(picture, tmp_path / f"a.{form}", Look(1))) == {
        "title": picture.title,
        "convention": "core",
        "data": [{"name": 'a²\n"b" 网', "madds": 1_000_000_000_000_001}],
    }


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_the_integers_of_count(form: str, tmp_path: Path) -> None:
    """The costs of the seven models in the file are those of `count`."""
    done = run("plot", "accuracy", "-o", f"a.{form}", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote a.{form}\n")
    content = content_of(tmp_path / f"a.{form}")
    assert content["convention"] == "paper"
    counted = {f"mf{point['name'].lower()}": point["cost"] for point in content["data"] if point["source"] == "counted"}
    assert counted == {f"mf{size}m": count(f"mf{size}m", "paper").madds for size in (26, 52, 96, 151, 214, 294, 508)}


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_picture_has_the_same_bytes_in_each_process(form: str, tmp_path: Path) -> None:
    """The bytes do not depend on the order of sets in a process."""
    digests = set()
    for seed in ("0", "1"):
        file = tmp_path / f"{seed}.{form}"
        assert run("plot", "detection", "-o", str(file), PYTHONHASHSEED=seed).returncode == 0
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "tkinter", "PyQt5", "PyQt6", "gi") or name == "matplotlib.pyplot":
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
from mfprofile.__main__ import main
sys.argv = ["mfprofile", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("name", one_in(3, NAMES))
def test_a_picture_needs_no_display_no_torch_and_no_pyplot(name: str, tmp_path: Path) -> None:
    """The user's matplotlibrc does not change the bytes either."""
    environment = {key: value for key, value in surroundings().items() if key not in ("DISPLAY", "MPLBACKEND")}
    plain = tmp_path / "plain.svg"
    assert run("plot", *name.split(), "-o", str(plain)).returncode == 0
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\nbackend: TkAgg\nsvg.fonttype: none\n")
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "plot", *name.split(), "-o", "blocked.svg"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "wrote blocked.svg")
    assert (tmp_path / "blocked.svg").read_bytes() == plain.read_bytes()


def test_another_ending_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    """No data is read, so a wrong spec does not matter."""
    done = run("plot", "accuracy", "no-such-spec", "-o", "a.jpg", cwd=tmp_path)
    message = "error: a.jpg: the ending must be .png, .svg or .pdf\n"
    assert (done.returncode, done.stderr) == (2, message)
    with pytest.raises(InputError):
        format_of("picture")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    """The folder is missing, with exit code 74, or the place is a folder. Other files are not changed."""
    done = run("plot", "detection", "-o", "no/such/a.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        74,
        "error: no/such/a.png: cannot be written: No such file or directory\n",
    )
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OutputError):
        save(small(Look(1)), tmp_path / "a.png", Look(1))
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("name", NAMES)
def test_without_a_name_the_file_is_named_after_the_picture(name: str, tmp_path: Path) -> None:
    """The file is a PNG in the current folder."""
    first = name.split()[0]
    done = run("plot", *name.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, f"wrote {first}.png")
    assert [each.name for each in tmp_path.iterdir()] == [f"{first}.png"]


def test_a_picture_is_as_wide_as_one_or_two_columns(tmp_path: Path) -> None:
    """The resolution is 300 dots per inch."""
    for columns, pixels in ((1, 975), (2, 2062)):
        run("plot", "detection", "-o", "a.png", "--span", str(columns), cwd=tmp_path)
        assert struct.unpack(">I", (tmp_path / "a.png").read_bytes()[16:20])[0] == pixels


def test_letters_that_no_font_has_are_named_with_a_remedy(tmp_path: Path) -> None:
    """A name in Linear A is in the title of a picture and the label of a point. The data has the complete name."""
    name = "\U00010600\U00010601 網"
    (tmp_path / f"{name}.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    (tmp_path / "own.csv").write_text(f"name,top1,madds\n{name},70,100M\n", encoding="utf-8")
    for words in (["blocks", f"{name}.yaml"], ["accuracy", "--measured", "own.csv"]):
        done = run("plot", *words, "-o", "a.png", cwd=tmp_path)
        warning, wrote = done.stderr.splitlines()
        assert (done.returncode, wrote) == (0, "wrote a.png")
        assert warning.startswith("warning: no installed font has ")
        assert "\U00010600 (U+10600), \U00010601 (U+10601); in the picture they are boxes; install " in warning
    assert content_of(tmp_path / "a.png")["data"][-1]["name"] == name


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be only the fonts that come with matplotlib, whatever this machine has."""
    fonts = [font for font in fontManager.ttflist if font.fname.startswith(get_data_path())]
    monkeypatch.setattr(fontManager, "ttflist", fonts)


@pytest.mark.usefixtures("bundled")
def test_letters_that_the_first_font_lacks_come_from_another_installed_font() -> None:
    """STIX, which comes with matplotlib, has ᶁ. No font has Linear A. The first font has all other letters."""
    look = Look()
    with look.applied(), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = look.figure(1.0)
        text = figure.text(0, 0, "a ᶁ")
        rendered(Picture("", figure, []), "png", look)
        assert text.get_fontfamily() == ["DejaVu Sans", "STIXGeneral"]
        text.set_text("a \U00010600")
        with pytest.raises(
            LettersWarning, match=r"^no installed font has \U00010600 \(U\+10600\); .*; install a font that"
        ):
            rendered(Picture("", figure, []), "png", look)


@pytest.mark.usefixtures("bundled")
def test_an_installed_font_is_used_for_the_letters_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A font of one letter, made here, is used for that letter in a title, a label and a tick; its name is not known."""
    assert fonts.families("漢") == ["DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, font_of("漢", tmp_path / "one.ttf")])
    assert fonts.families("a 漢") == ["DejaVu Sans", "One Letter"]
    look = Look()
    with look.applied():
        figure = look.figure(2.0)
        axes = figure.add_subplot()
        axes.set_title("漢")
        axes.set_yticks([0.5], ["漢字"])
        axes.set(xlim=(0, 1), ylim=(0, 1))
        annotate(axes, [(0.5, 0.5, "漢 1", "black")], look, Around([(0.5, 0.5)]))
    with pytest.warns(LettersWarning, match=r"^no installed font has 字 \(U\+5B57\); .*; install Noto Sans CJK \("):
        rendered(Picture("", figure, []), "svg", look)
    families = {text.get_text(): text.get_fontfamily() for text in figure.findobj(Text) if "漢" in text.get_text()}
    assert families == {text: ["DejaVu Sans", "One Letter"] for text in ("漢", "漢字", "漢 1")}


def font_of(letter: str, file: Path) -> FontEntry:
    """Write a font with one letter, a square, and return its entry in matplotlib's list."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for at, corner in enumerate([(0, 0), (0, 700), (700, 700), (700, 0)]):
        (pen.lineTo if at else pen.moveTo)(corner)
    pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "one"])
    font.setupCharacterMap({ord(letter): "one"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "one": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (500, 0), "one": (800, 50)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "One Letter", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(file)
    return FontEntry(fname=str(file), name="One Letter", style="normal", weight=400)


def test_a_font_without_a_bold_face_is_used_without_a_remark(caplog: pytest.LogCaptureFixture) -> None:
    """Only this remark of matplotlib is suppressed, and only while a picture is drawn."""
    finding = logging.getLogger("matplotlib.font_manager")
    weight = "findfont: Failed to find font weight %s for %s, now using %s."
    with Look().applied():
        finding.warning(weight, "bold", "Droid Sans Fallback", 400)
        finding.warning("findfont: Font family %s not found.", "Other")
    finding.warning(weight, "bold", "Later", 400)
    assert [record.getMessage() for record in caplog.records] == [
        "findfont: Font family Other not found.",
        "findfont: Failed to find font weight bold for Later, now using 400.",
    ]


def test_other_warnings_of_matplotlib_are_not_suppressed() -> None:
    """Only warnings about missing letters are suppressed."""
    with Look().applied(), pytest.warns(UserWarning, match="tight"):
        warnings.warn("tight layout not applied", UserWarning, stacklevel=1)


def test_overlaps_are_detected() -> None:
    """The checks detect a text on another, a text on a point, and a text outside the figure."""
    look = Look(1)
    picture = small(look)
    assert (overlaps(picture, look), covered(picture, look)) == ([], [])
    with look.applied():
        for at, text in ((0.5, "one"), (0.52, "two"), (0.99, "outside")):
            picture.figure.text(at, 0.3, text)
        picture.figure.axes[0].text(1, 2, "three", ha="center", va="center")
    assert overlaps(picture, look) == ["'outside' is outside the figure", "'one' overlaps 'two'"]
    assert covered(picture, look) == ["'three' lies on a point"]
