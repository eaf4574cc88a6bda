"""Pictures of what explore prints: any two figures, the front, and the progress of a search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pictures import EACH_LOOK, covered, misleading, numbers_in, overlaps, texts
from running import run

from mfprofile.errors import InputError
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.progress import search_picture
from mfprofile.view.plots.records import read_records
from mfprofile.view.plots.variants import Axis, axes_of, variants_picture

RESULTS = [0.70, None, 0.74, 0.72, 0.79, 0.78]
LONG = [
    6971, 7035, 6726, 6935, 6783, 6997, 6891, 0, 6918, 7662, 6548, 7660, 7140, 7414, 7482, 7417, 7650, 7571, 7567, 7735,
    7896, 7897, 7657, 7139, 7266, 7736, 7148, 7884, 7271, 7606, 7883, 7545, 7490, 7789, 7251, 7659, 7630, 7545, 7514, 7279,
    7715, 7667, 7198, 7254, 7607, 0, 0, 7802, 7658, 7577, 7212, 7463, 7399, 7724, 7787, 7656, 7619, 7282, 7617, 7643,
]  # fmt: skip
"""The results of 60 trials in hundredths of a percent; 0 for a failed one."""
MADDS = [2_000_000, 2_500_000, 3_000_000, 1_500_000, 5_000_000, 6_000_000]


@pytest.fixture
def search(tmp_path: Path) -> str:
    """Return a file as 'explore search --json' prints it: six trials, one of which failed."""
    trials = [
        {
            "number": at,
            "state": "complete" if value else "failed",
            "values": {"top1": value} if value else None,
            "madds": madds,
            "params": madds // 50,
            "choices": {"tokens.count": 2 + at % 2, "former.ffn": at > 2, "stem": "wide" if at else "narrow"},
        }
        for at, (value, madds) in enumerate(zip(RESULTS, MADDS, strict=True))
    ]
    head = {"schema": 2, "space": "tiny", "convention": "core", "goals": {"top1": "maximize"}}
    return written(tmp_path / "search.json", {**head, "trials": trials, "best": [4]})


def written(file: Path, document: Any) -> str:
    """Write JSON to a file and return its name."""
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def test_the_trials_of_a_search_have_their_cost_and_their_front(search: str) -> None:
    """The front is brute-forced here: no other trial has less MAdds and a better result. The failed trial is named."""
    records = read_records(search)
    x, y = axes_of(records, None, None, [], [])
    assert (x, y) == (Axis("madds", False), Axis("top1", True))
    picture = variants_picture(Look(), records, x, y)
    done = {at: (madds, top1) for at, (madds, top1) in enumerate(zip(MADDS, RESULTS, strict=True)) if top1 is not None}
    front = {
        at for at, (m, t) in done.items() if not any(o != (m, t) and o[0] <= m and o[1] >= t for o in done.values())
    }
    assert {each["number"]: (each["x"], each["y"]) for each in picture.data} == done
    assert {each["number"] for each in picture.data if each["front"]} == front == {2, 3, 4}
    assert picture.notes == ["1 variant without one of madds, top1 is not drawn"]
    shown = {text for text, _ in texts(picture, Look())}
    assert {"2", "3", "4", "MAdds, log scale (convention 'core'; less is better)", "top1 (more is better)"} <= shown


@pytest.mark.parametrize("look", EACH_LOOK)
@pytest.mark.parametrize("color", [None, "tokens.count", "former.ffn", "stem", "params"])
def test_nothing_overlaps(look: Look, color: str | None, search: str) -> None:
    """In both widths, light and dark, with colours of numbers, of words and of a scale."""
    records = read_records(search)
    picture = variants_picture(look, records, *axes_of(records, None, None, [], []), color)
    assert overlaps(picture, look) == []
    assert covered(picture, look) == []
    assert misleading(picture, look) == []
    entries = {"tokens.count": ["tokens.count = 2", "tokens.count = 3"], "former.ffn": ["false", "true"],
               "stem": ["narrow", "wide"]}  # fmt: skip
    assert set(entries.get(color or "", [])) <= {text for text, _ in texts(picture, look)}


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_sample_is_drawn_as_it_was_counted(form: str, tmp_path: Path) -> None:
    """From a pipe, as JSON and as CSV; the numbers in the picture are those of the sample."""
    sample = run("explore", "sample", "tiny", "-n", "20", form).stdout
    plain = json.loads(run("explore", "sample", "tiny", "-n", "20", "--json").stdout)
    done = run("plot", "variants", "-", "-o", "v.svg", "--color", "input", stdin=sample, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote v.svg\n")
    data = numbers_in(tmp_path / "v.svg")["data"]
    assert [(each["x"], each["y"]) for each in data] == [(each["madds"], each["params"]) for each in plain]
    assert [each["color"] for each in data] == [each["choices"]["input"] for each in plain]


def test_the_front_of_a_list_is_that_of_explore(tmp_path: Path) -> None:
    """The front of all listed variants is what 'explore front' finds without listing them."""
    listed = run("explore", "list", "tiny", "--madds", "1M:2M").stdout
    (tmp_path / "list.csv").write_text(listed, encoding="utf-8")
    exact = json.loads(run("explore", "front", "tiny", "--madds", "1M:2M", "--json").stdout)
    options = ["--minimize", "madds", "--maximize", "params", "-o", "f.svg"]
    assert run("plot", "variants", "list.csv", *options, cwd=tmp_path).returncode == 0
    front = {(each["x"], each["y"]) for each in numbers_in(tmp_path / "f.svg")["data"] if each["front"]}
    assert front == {(each["madds"], each["params"]) for each in exact}


def test_one_best_way_alone_is_noted_because_it_makes_no_front(tmp_path: Path) -> None:
    """The note names the option that is missing; without a way, or with two, there is none."""
    sample = run("explore", "sample", "tiny", "-n", "5", "--json").stdout
    (tmp_path / "s.json").write_text(sample, encoding="utf-8")
    note = "note: no front is drawn: add --minimize params or --maximize params\n"
    for options, notes in (("", ""), ("--minimize madds", note), ("--minimize madds --maximize params", "")):
        done = run("plot", "variants", "s.json", *options.split(), "-o", "v.svg", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"{notes}wrote v.svg\n")


@pytest.mark.parametrize("look", EACH_LOOK)
def test_the_progress_of_a_search_has_the_best_so_far(look: Look, search: str) -> None:
    """The failed trial is a mark at the axis."""
    picture = search_picture(look, read_records(search))
    assert overlaps(picture, look) == []
    assert [each.get("best") for each in picture.data] == [0.70, 0.74, 0.74, 0.79, 0.79, None]
    shown = {text for text, _ in texts(picture, look)}
    assert {"0.79, trial 4", "failed", "best so far", "Trial", "top1 (more is better)"} <= shown


def test_lines_hide_no_points(search: str) -> None:
    """The front and the line of the best are below the points, which lie on them."""
    records = read_records(search)
    of_front = variants_picture(Look(), records, *axes_of(records, None, None, [], [])).figure.axes[0]
    [front] = [line for line in of_front.lines if line.get_label() == "front of these"]
    assert front.get_zorder() < of_front.collections[0].get_zorder()
    lines = {line.get_label(): line for line in search_picture(Look(), records).figure.axes[0].lines}
    assert lines["best so far"].get_zorder() < lines["a trial"].get_zorder()


def test_the_best_of_a_long_search_has_room_for_its_label(tmp_path: Path) -> None:
    """In one column, with other trials near the best."""
    trials = [{"number": at, "state": "complete" if value else "failed", "values": {"top1": value / 10_000} if value else None,
               "madds": 9, "params": 9, "choices": {}} for at, value in enumerate(LONG)]  # fmt: skip
    head = {"schema": 2, "space": "tiny", "convention": "core", "goals": {"top1": "maximize"}, "best": [21]}
    picture = search_picture(Look(1), read_records(written(tmp_path / "long.json", {**head, "trials": trials})))
    assert picture.notes == []
    assert "0.7897, trial 21" in {text for text, _ in texts(picture, Look(1))}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("variants search.json --y top2", "--y 'top2': search.json does not have it; did you mean 'top1'?"),
        ("variants search.json --minimize stems", "--minimize 'stems': search.json does not have it; did you mean 'stem'?"),
        ("variants search.json --color x", "--color 'x': search.json does not have it; use one of "),
        ("variants search.json --y stem", "search.json: no variant has a number for each of madds, stem; "),
        (
            "variants search.json --minimize top1 --maximize top1",
            "--minimize and --maximize top1: use one of them",
        ),
        (
            "variants search.json --minimize params --x madds --y top1",
            "--minimize and --maximize params: must be on an axis; use --x or --y params",
        ),
        ("variants search.json --xlim 7M:9M", "--xlim: no point is within the limits; use wider ones"),
        ("variants search.json --xlim 3M:2M", "--xlim '3M:2M': is empty: 3,000,000 is more than 2,000,000"),
        ("variants search.json --ylim 0.8:0.8", "--ylim '0.8:0.8': LEAST must be below MOST"),
        ("variants search.json --ylim high", "--ylim 'high': must be LEAST:MOST, as in 70:80, 70: or :80"),
        ("variants list.json", "list.json: does not have variants; use the output of 'mfprofile explore sample', "),
        ("variants empty.json", "empty.json: has no variants; use the output of "),
        ("variants bad.csv", "bad.csv:2: has 1 cell for 2 columns"),
        ("variants other.csv", "other.csv:1: does not have a column madds; use the output of "),
        ("search empty.json", "empty.json: has no variants; use the output of "),
        ("search sample.json", "sample.json: is not a search; use the output of 'mfprofile explore search … --json'"),
        ("search search.json --goal madds", "--goal madds: is not a goal of search.json; use top1"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused(words: str, message: str, search: str) -> None:
    """With what is wrong, where, and what to do; no picture is written."""
    folder = Path(search).parent
    written(folder / "list.json", [1, 2])
    written(folder / "empty.json", [])
    written(folder / "sample.json", [{"madds": 1, "params": 2}])
    (folder / "bad.csv").write_text("madds,params\n3\n", encoding="utf-8")
    (folder / "other.csv").write_text("name,top1\nx,3\n", encoding="utf-8")
    done = run("plot", *words.split(), "-o", "no.svg", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
    assert not (folder / "no.svg").exists()


def test_a_search_without_a_result_is_refused(search: str, tmp_path: Path) -> None:
    """All its trials failed."""
    document = json.loads(Path(search).read_text(encoding="utf-8"))
    for trial in document["trials"]:
        trial |= {"values": None, "state": "failed"}
    records = read_records(written(tmp_path / "failed.json", document))
    with pytest.raises(InputError, match=r"no trial has a top1 to draw; run the search again to go on$"):
        search_picture(Look(), records)


def test_each_tick_of_the_trials_has_its_number(search: str) -> None:
    """Six trials have ticks at whole numbers only, each with a text."""
    picture = search_picture(Look(), read_records(search))
    picture.figure.canvas.draw()
    axis = picture.figure.axes[0].xaxis
    ticks = {float(at): text.get_text() for at, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)}
    assert ticks == {at: f"{at:.0f}" for at in ticks}
    assert len(ticks) > 2


def test_the_title_of_variants_speaks_words_as_the_axes_do(search: str) -> None:
    """A sum has its name in words; a figure of the user's keeps its own."""
    records = read_records(search)
    titles = [variants_picture(Look(), records, Axis("madds"), Axis(y)).title for y in ("params", "top1")]
    assert titles == [
        "6 trials of tiny: parameters against multiply-adds",
        "5 trials of tiny: top1 against multiply-adds",
    ]
