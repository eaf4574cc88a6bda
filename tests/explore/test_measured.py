"""Answers among variants that were trained: results are joined by content, and judged by plain Python."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import pytest
import yaml
from effort import part_of
from explore.brute import choices_of, random_space, with_values
from explore.networks import figures_of, network_of
from running import run

from mfprofile.errors import InputError
from mfprofile.explore.measured import (
    Aim,
    Range,
    Trained,
    join_results,
    measured_best,
    measured_front,
    range_of,
    within,
)
from mfprofile.explore.results import read_results
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.spec.quantities import Window

Key = tuple[Any, ...]


def _key(document: Mapping[str, Any]) -> Key:
    """Return what makes a network what it is; entries of `blocks` are only a way to write blocks."""
    network, _ = network_of(dict(document))
    return network.sides, network.stem, tuple(network.blocks), network.head, network.settings


def _written(
    rng: Random, documents: Sequence[Mapping[str, Any]], folder: Path
) -> list[tuple[Key, Mapping[str, int], str]]:
    """Write some documents as specs, and a CSV with one or several results of each; return its rows."""
    rows, lines = [], ["spec,top1,loss,note"]
    for number, document in enumerate(documents):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        for _ in range(rng.choice([1, 1, 3])):
            top1 = rng.choice(["", "nan"]) if rng.random() < 0.1 else str(rng.randint(600, 640) / 10)
            rows.append((_key(document), figures_of(network_of(dict(document))[0]), top1))
            lines.append(f"{number}.yaml,{top1},{rng.random()},x")
    (folder / "results.csv").write_text("\n".join(lines), encoding="utf-8")
    return rows


def _compare(seeds: range, folder: Path) -> int:
    """Return the number of trained variants of random spaces whose fronts and bests were compared."""
    compared, earlier = 0, list[Mapping[str, Any]]()
    for seed in seeds:
        rng = Random(seed)
        (own := folder / str(seed)).mkdir()
        source = random_space(rng, own)
        space, choices = read_space(source.file, source.settings), dict(choices_of(source.document))
        every = [
            with_values(source.document, dict(zip(choices, values, strict=True)))
            for values in product(*choices.values())
        ]
        valid = [document for document in every if network_of(document)[1]]
        inside = {_key(document) for document in valid}
        rows = _written(rng, [*rng.sample(valid, min(12, len(valid))), *earlier[:2]], own)
        earlier = valid
        if not rows:
            continue
        results = join_results(space, str(own / "results.csv"), ["top1", "madds"])
        tops: dict[Key, list[Fraction]] = {}
        figures = {key: each for key, each, _ in rows}
        for key, _, text in rows:
            tops.setdefault(key, []).extend([Fraction(text)] if text not in ("", "nan") else [])
        assert len(results.others) == sum(key not in inside for key, *_ in rows), f"seed {seed}"
        assert len(results.unmeasured) == sum(key in inside and not each for key, each in tops.items()), f"seed {seed}"
        points = {
            key: (figures[key]["madds"], sum(each) / len(each)) for key, each in tops.items() if key in inside and each
        }
        assert sorted((each.figure("madds"), each.figure("top1")) for each in results.trained) == sorted(
            points.values()
        )
        least = Fraction(rng.randint(590, 640), 10)
        most = rng.choice([None, *(madds for madds, _ in points.values())])
        kept = [(madds, top1) for madds, top1 in points.values() if top1 >= least and (most is None or madds <= most)]
        answer = within(results.trained, [("top1", Range(least, None)), ("madds", Window(None, most))])
        front = {one for one in kept if not any(two != one and two[0] <= one[0] and two[1] >= one[1] for two in kept)}
        own_front = measured_front(answer, [Aim("madds"), Aim("top1", most=True)])
        assert [_point(each) for each in own_front] == sorted(front), f"seed {seed}"
        best = [each.figure("top1") for each in measured_best(answer, Aim("top1", most=True), 3)]
        assert best == sorted((top1 for _, top1 in kept), reverse=True)[:3], f"seed {seed}"
        compared += len(kept)
    return compared


def _point(trained: Trained) -> tuple[Fraction, Fraction]:
    return trained.figure("madds"), trained.figure("top1")


def test_fronts_and_the_best_of_random_results_are_those_of_plain_python(tmp_path: Path) -> None:
    """Networks of another space are skipped, several results of a network are one, and some are not measured."""
    assert _compare(range(20), tmp_path) > 50


@pytest.mark.slow
def test_fronts_and_the_best_of_many_random_results_are_those_of_plain_python(tmp_path: Path) -> None:
    """The same for 200 spaces."""
    number = part_of(200)
    assert _compare(range(1000, 1000 + number), tmp_path) > 2 * number


TINY = read_space("tiny")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return a folder with four variants of `tiny` and results of them, and of another network."""
    assert run("explore", "sample", "tiny", "-n", "4", "--seed", "1", "-o", str(tmp_path / "drawn")).returncode == 0
    rows = ["spec,seed,top1,note"]
    rows += [
        f"drawn/tiny-000{number}.yaml,{seed},{60 + number + seed / 10},a" for number in (1, 2, 3) for seed in (1, 2)
    ]
    rows += ["drawn/tiny-0004.yaml,1,,b", "mf26m,1,70,c"]
    (tmp_path / "results.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def _explore(folder: Path, *arguments: str) -> Any:
    return run("explore", *arguments, "--measured", "results.csv", cwd=folder)


def test_the_best_of_measured_figures_is_shown_with_its_spread(folder: Path) -> None:
    """Its JSON has all values and their lines; what is skipped is on stderr."""
    done = _explore(folder, "best", "tiny", "--maximize", "top1", "--json")
    (best,) = json.loads(done.stdout)
    assert best["measured"] == {"top1": {"mean": 63.15, "std": pytest.approx(0.05 * 2**0.5), "values": [63.1, 63.2]}}
    assert best["rows"] == ["results.csv:6", "results.csv:7"]
    assert best["content"] == read_results(str(folder / "results.csv"), TINY)[4].content
    assert done.stderr.splitlines() == [
        "results.csv: skipped 1 of 8 results, not of variants of tiny: mf26m (line 9)",
        "results.csv: skipped 1 variant without a figure in each column that is needed: drawn/tiny-0004.yaml (line 8)",
    ]
    table = _explore(folder, "best", "tiny", "--maximize", "top1", "-n", "2").stdout
    assert "63.15 ± 0.071 (2)" in table
    assert "measured: 4 results of results.csv; mean ± standard deviation (results)" in table


def test_windows_may_be_on_columns_and_on_counted_quantities(folder: Path) -> None:
    """A window on a column is on the mean; amounts have decimals."""
    lines = list(csv.DictReader(io.StringIO(_explore(folder, "list", "tiny", "--within", "top1=:62.15").stdout)))
    assert [line["top1"] for line in lines] == ["61.15", "62.15"]
    assert [line["seed.runs"] for line in lines] == ["2", "2"]
    most = min(int(line["madds"]) for line in lines)
    done = _explore(
        folder, "front", "tiny", "--maximize", "top1", "--within", "top1=:62.15", "--madds", f":{most}", "--csv"
    )
    assert [line["madds"] for line in csv.DictReader(io.StringIO(done.stdout))] == [str(most)]
    nothing = _explore(folder, "front", "tiny", "--maximize", "top1", "--within", "top1=99:", "--json")
    assert (nothing.returncode, nothing.stdout) == (1, "[]\n")
    assert nothing.stderr.splitlines()[-2:] == [
        "tiny: results.csv has no result of a variant within the windows",
        "nearest in top1: 63.15 ± 0.071 (2) (drawn/tiny-0003.yaml (line 6))",
    ]


def test_an_empty_answer_names_the_nearest_trained_variants(folder: Path) -> None:
    """They are within the other windows; if no variant is, these are open."""
    one, two, three = sorted(
        (int(line["madds"]), line["top1"])
        for line in csv.DictReader(io.StringIO(_explore(folder, "list", "tiny").stdout))
        if line["top1"]
    )
    between = f"{one[0] + 1}:{two[0] - 1}"
    best = ("best", "tiny", "--maximize", "top1")
    (line,) = _nearest(_explore(folder, *best, "--madds", between))
    assert line.startswith(f"nearest in madds: {one[0]:,} (drawn/") and f" and {two[0]:,} (drawn/" in line
    lines = _nearest(_explore(folder, *best, "--madds", f"{three[0]}:", "--within", f"top1=:{float(three[1]) - 0.1}"))
    assert lines[0].startswith(f"nearest in madds within the other windows: {one[0]:,} (drawn/tiny-0001.yaml ")
    assert lines[-1].startswith(f"nearest in top1 within the other windows: {three[1]} ± 0.071 (2) (drawn/")
    lines = _nearest(_explore(folder, *best, "--madds", ":1", "--within", "top1=99:"))
    assert lines[0].startswith(f"nearest in madds: {one[0]:,} (drawn/")
    assert lines[1] == "nearest in top1: 63.15 ± 0.071 (2) (drawn/tiny-0003.yaml (line 6))"
    assert _nearest(_explore(folder, *best, "--set", "classes=11")) == []


def _nearest(done: Any) -> list[str]:
    assert done.returncode == 1
    return [line for line in done.stderr.splitlines() if line.startswith("nearest in ")]


def test_a_front_of_measured_figures_may_have_three_quantities(folder: Path) -> None:
    """As plain Python finds it among the trained variants."""
    rows = list(csv.DictReader(io.StringIO(_explore(folder, "list", "tiny", "--within", "top1=0:").stdout)))
    points = {(int(row["madds"]), -int(row["params"]), -float(row["top1"])) for row in rows}
    kept = {
        point
        for point in points
        if not any(other != point and all(a <= b for a, b in zip(other, point, strict=True)) for other in points)
    }
    aims = ("--minimize", "madds", "--maximize", "params", "--maximize", "top1")
    front = list(csv.DictReader(io.StringIO(_explore(folder, "front", "tiny", *aims, "--csv").stdout)))
    assert {(int(row["madds"]), -int(row["params"]), -float(row["top1"])) for row in front} == kept


def test_variants_of_a_front_are_written_as_specs(folder: Path) -> None:
    """They are the variants of the answer, with their content in a comment."""
    done = _explore(folder, "best", "tiny", "--maximize", "top1", "-o", "best", "--csv")
    (line,) = csv.DictReader(io.StringIO(done.stdout))
    assert f"# Content: {line['content']}\n" in (folder / "best" / "tiny-0001.yaml").read_text(encoding="utf-8")


def test_results_may_name_content_or_choices(tmp_path: Path) -> None:
    """The CSV of a sample with one more column is enough, also with its content hashes alone in a small space."""
    lines = run("explore", "sample", "tiny", "-n", "5", "--csv").stdout.splitlines()
    contents = [variant.content for variant in sample_space(TINY, 5)]
    forms = {
        "whole": [f"{lines[0]},acc", *(f"{line},{at}" for at, line in enumerate(lines[1:]))],
        "content": ["content,acc", *(f"{content},{at}" for at, content in enumerate(contents))],
        "choices": [
            f"{lines[0].rpartition(',')[0]},acc",
            *(f"{line.rpartition(',')[0]},{at}" for at, line in enumerate(lines[1:])),
        ],
    }
    for name, rows in forms.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
        results = join_results(TINY, str(tmp_path / f"{name}.csv"), ["acc"])
        assert [(each.variant.content, each.figure("acc")) for each in results.trained] == list(
            zip(contents, range(5), strict=True)
        )


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ("spec;top1\nmf26m;3", "top1", "results.csv:1: cells must be separated by ',', not by ';'"),
        ("name,top1\nmf26m,3", "top1", "results.csv:1: needs a column 'spec' or 'content', or one for each choice; give a header such as 'spec,top1' or 'content,top1', then one line for each training"),
        ("spec,top1", "top1", "results.csv: has no results; give a header such as 'spec,top1' or 'content,top1', then one line for each training"),
        ("spec,top1,top1\nmf26m,3,4", "top1", "results.csv:1: the column 'top1' occurs twice; remove one"),
        ("spec,top1\nmf26m", "top1", "results.csv:2: has 1 cell for 2 columns"),
        ("spec,top1\n,3", "top1", "results.csv:2: has no spec and no content; give one of them"),
        ("spec,content,top1\nmf26m,0123456789abcdef,3", "top1", "results.csv:2: content 0123456789abcdef is not that of its spec, CONTENT; the spec has changed"),
        ("spec,top1\nmf26m,3\nmf26mm,4", "top1", "results.csv:3: spec: mf26mm: no shipped spec and no file has this name; did you mean 'mf26m'?"),
        ("spec,top1\nmf26m,good\nmf26m,3e", "top1", "results.csv:2: top1: good is not a number; leave it empty if it was not measured\nresults.csv:3: top1: 3e is not a number; leave it empty if it was not measured"),
        ("spec,top1\nmf26m,3", "top5", "results.csv: 'top5' is not a column of it, nor a counted quantity; did you mean 'top1'?"),
    ],
)  # fmt: skip
def test_results_that_cannot_be_read_are_refused(
    rows: str, names: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message has the line, what is wrong, and what to do."""
    from mfprofile.spec.content import content_of
    from mfprofile.spec.load import load

    monkeypatch.chdir(tmp_path)
    (tmp_path / "results.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as error:
        join_results(TINY, "results.csv", [names])
    expected = message.replace("CONTENT", content_of(load("mf26m")))
    assert str(error.value).replace("'", "") == expected.replace("'", "")


def test_a_hash_alone_cannot_be_looked_up_in_a_huge_space(tmp_path: Path) -> None:
    """The message says which columns help."""
    (tmp_path / "r.csv").write_text("content,top1\n0123456789abcdef,3", encoding="utf-8")
    with pytest.raises(InputError, match="but mf294m-stages has 9,663,676,416; add a column 'spec' to"):
        join_results(read_space("mf294m-stages"), str(tmp_path / "r.csv"), ["top1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("70", "'70': must be LEAST:MOST of a measured figure, as in 70:, :1.5 or 70:80"),
        ("a:b", "a:b: must be LEAST:MOST of a measured figure, as in 70:, :1.5 or 70:80"),
        ("3:2.5", "3:2.5: is empty: 3 is more than 2.5"),
    ],
)
def test_an_invalid_range_is_refused(text: str, message: str) -> None:
    """Both sides are decimals; one may be missing."""
    with pytest.raises(InputError) as error:
        range_of(text)
    assert str(error.value).replace("'", "") == message.replace("'", "")
    assert range_of(" -1.5e-2 : 3") == Range(Fraction(-15, 1000), Fraction(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["front", "tiny"], "a front of measured figures needs --maximize or --minimize with a column, such as top1"),
        (["best", "tiny"], "one quantity is needed; give --minimize or --maximize once"),
        (["best", "tiny", "--maximize", "top1", "--within", "top1=1:", "--within", "top1=:2"], "--within top1=:2: top1 already has a window; give one for each column"),
        (["best", "tiny", "--maximize", "top1", "--within", "top1=x:"], "--within top1=x: 'x:': must be LEAST:MOST of a measured figure, as in 70:, :1.5 or 70:80"),
    ],
)  # fmt: skip
def test_an_invalid_query_of_measured_figures_gets_one_line(folder: Path, arguments: list[str], message: str) -> None:
    """The exit code is 2."""
    done = _explore(folder, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_trials_of_a_study_are_results(tmp_path: Path) -> None:
    """A trial has a spec, or its content, as an attribute; its value has the name of the study's goal."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(study_name="tiny", storage=url, direction="maximize")
    study.set_user_attr("mfprofile", {"goals": {"accuracy": "maximized"}})
    variants = sample_space(TINY, 3)
    for number, variant in enumerate(variants):
        attributes = {"content": variant.content, **({"spec": variant.spec()} if number else {})}
        study.add_trial(optuna.trial.create_trial(value=0.5 + number / 10, user_attrs=attributes))
    study.ask()
    for source in (url, str(tmp_path / "study.db")):
        results = join_results(TINY, source, ["accuracy"])
        assert [(each.variant.content, float(each.figure("accuracy"))) for each in results.trained] == [
            (variant.content, 0.5 + number / 10) for number, variant in enumerate(variants)
        ]
    assert results.trained[1].rows[0].name == "trial 1"
    for source, message in (
        (f"{tmp_path}/no.db", "there is no such study"),
        (f"sqlite:///{tmp_path}/no.db", "there is no such study"),
    ):
        with pytest.raises(InputError, match=message):
            join_results(TINY, source, ["accuracy"])
    assert not (tmp_path / "no.db").exists()


def test_the_mean_of_results_is_exact() -> None:
    """Of 0.1, 0.2 and 0.3 it is 0.2, not 0.20000000000000004."""
    from mfprofile.explore.measured import Figure

    figure = Figure((Fraction("0.1"), Fraction("0.2"), Fraction("0.3")))
    assert (figure.mean, figure.deviation) == (Fraction(1, 5), pytest.approx(0.1))
    assert mean([0.1, 0.2, 0.3]) == pytest.approx(0.2)
    assert Figure((Fraction(1),)).deviation is None
