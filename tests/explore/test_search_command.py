"""The command explore search: the user's function, its errors, studies that go on, and several processes."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import need, run, surroundings

from mfprofile.cost.bill import count
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load

OBJECTIVES = """
import sys
import time
from pathlib import Path

import beside
import mfprofile


def score(spec):
    print("on stdout")
    return beside.share(mfprofile.count(spec))


def two(spec):
    return {"top1": score(spec), "loss": 1.0 / spec.head.fc}


def seeded(spec, seed=7):
    return float(seed)


def pruned(spec, trial):
    for step in range(3):
        trial.report(score(spec), step)
        if trial.should_prune():
            import optuna

            raise optuna.TrialPruned
    return score(spec)


def half(spec):
    if spec.head.fc == 32:
        raise RuntimeError("out\\nof memory")
    return score(spec)


def always(spec):
    return 1 / (spec.stem - 8)


def text(spec):
    return "good"


def nothing(spec):
    pass


def early(spec):
    import optuna

    raise optuna.TrialPruned


def leaves(spec):
    sys.exit(3)


def more(spec, images):
    return 0.0


def slow(spec):
    if Path("wait").exists():
        Path("started").touch()
        time.sleep(60)
    return score(spec)


number = 3
"""
BESIDE = """
def share(bill):
    return bill.pillars["former"].params / bill.params + bill.params / 1e6
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with objectives and a module beside them."""
    need("optuna")
    (tmp_path / "train.py").write_text(OBJECTIVES, encoding="utf-8")
    (tmp_path / "beside.py").write_text(BESIDE, encoding="utf-8")
    return tmp_path


def _search(folder: Path, function: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run("explore", "search", "tiny", "--objective", f"train.py:{function}", *more, cwd=folder)


def test_a_search_prints_its_trials_and_the_best(folder: Path) -> None:
    """Stdout has the table alone; what the user's code prints is on stderr. CSV has the content of each variant."""
    limits = ("--madds", "3M:4M", "-n", "8", "--study", "sqlite:///study.db")
    done = _search(folder, "score", *limits)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "on stdout\n" * 8
    lines = done.stdout.splitlines()
    assert lines[0] == "tiny: 8 trials; MAdds in convention 'core'"
    again = _search(folder, "score", *limits, "--csv")
    assert (again.returncode, again.stderr) == (0, "the study goes on: it has 8 trials\n")
    rows = list(csv.DictReader(io.StringIO(again.stdout)))
    assert [row["number"] for row in rows] == [str(number) for number in range(8)]
    specs = [trial["spec"] for trial in json.loads(_search(folder, "score", *limits, "--json").stdout)["trials"]]
    for row, spec in zip(rows, map(load, specs), strict=True):
        bill = count(spec)
        assert (row["madds"], row["params"]) == (str(bill.madds), str(bill.params))
        assert 3_000_000 <= bill.madds <= 4_000_000
        assert row["content"] == content_of(spec)
        assert float(row["value"]) == bill.pillars["former"].params / bill.params + bill.params / 1e6
    best = max(rows, key=lambda row: float(row["value"]))
    assert lines[-1] == f"best: trial {best['number']}, most value: {float(best['value']):.6g}"


def test_a_study_goes_on_until_it_has_as_many_trials(folder: Path) -> None:
    """A journal file does as well as a database."""
    for storage in ("sqlite:///study.db", "study.log"):
        more = ("--study", storage, "--json")
        first = json.loads(_search(folder, "score", "-n", "4", *more).stdout)
        second = json.loads(_search(folder, "score", "-n", "7", "--seed", "1", *more).stdout)
        assert second["trials"][:4] == first["trials"]
        assert [trial["seed"] for trial in second["trials"]] == [0] * 4 + [1] * 3
        assert len({trial["content"] for trial in second["trials"]}) == 7
        assert second["study"] == "tiny"
    one = _search(folder, "score", "-n", "1", "--study", "one.log").returncode
    assert (one, _search(folder, "score", "-n", "1", "--study", "one.log").stderr) == (
        0,
        "the study goes on: it has 1 trial\n",
    )


@pytest.mark.parametrize("text", ["not a journal\n", '{"op_code": 4, "trial', "[1]\n"])
def test_a_file_that_is_no_whole_journal_is_refused_and_stays_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Optuna would join its next entry to half a line, which no one could read again."""
    monkeypatch.setattr("mfprofile.explore.storages._PAUSE", 0)
    assert _search(folder, "score", "-n", "1", "--study", "study.log").returncode == 0
    for before in ("", (folder / "study.log").read_text()):
        (folder / "study.log").write_text(before + text)
        done = _search(folder, "score", "-n", "2", "--study", "study.log")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(
            "error: --study study.log: its last line is not a whole line of Optuna's journal: "
        )
        assert (folder / "study.log").read_text() == before + text


def test_a_study_that_cannot_be_opened_is_named_without_its_password(folder: Path) -> None:
    """Messages end up in logs."""
    done = _search(folder, "score", "--study", "nobase://anna:secret@host/trials")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --study nobase://anna:***@host/trials: cannot be opened: ")
    assert "secret" not in done.stderr


def test_several_goals_have_names_and_a_front(folder: Path) -> None:
    """Figures of the objective are its own; madds are counted."""
    goals = ("--maximize", "top1", "--minimize", "madds", "--minimize", "loss", "--sampler", "nsga2")
    done = _search(folder, "two", "-n", "12", *goals, "--json")
    answer = json.loads(done.stdout)
    assert answer["goals"] == {"madds": "minimize", "loss": "minimize", "top1": "maximize"}
    points = {}
    for trial in answer["trials"]:
        values = trial["values"]
        assert values["madds"] == trial["madds"]
        assert values["loss"] == 1 / trial["choices"]["head.fc"]
        points[trial["number"]] = (values["madds"], values["loss"], -values["top1"])
    front = [
        number
        for number, own in points.items()
        if not any(other != own and all(a <= b for a, b in zip(other, own, strict=True)) for other in points.values())
    ]
    assert sorted(answer["best"]) == front
    table = _search(folder, "two", "-n", "12", *goals).stdout.splitlines()
    assert table[-1] == f"front: trials {', '.join(map(str, front))}"


def test_a_function_may_have_a_trial_to_prune_and_a_seed(folder: Path) -> None:
    """A pruned trial has no figure."""
    done = _search(folder, "pruned", "-n", "30", "--sampler", "random", "--json")
    trials = json.loads(done.stdout)["trials"]
    states = [trial["state"] for trial in trials]
    assert set(states) == {"complete", "pruned"}
    assert all((trial["values"] is None) == (trial["state"] == "pruned") for trial in trials)
    seeded = json.loads(_search(folder, "seeded", "-n", "1", "--seed", "5", "--json").stdout)
    assert seeded["trials"][0]["values"] == {"value": 5.0}


def test_a_failed_trial_is_named_with_the_users_line_and_the_search_goes_on(folder: Path) -> None:
    """Failed trials of a run count, so that the run ends."""
    done = _search(folder, "half", "-n", "9", "--sampler", "random", "--seed", "2", "--json")
    assert done.returncode == 0
    trials = json.loads(done.stdout)["trials"]
    failed = [trial["number"] for trial in trials if trial["state"] == "failed"]
    assert 0 < len(failed) < 9
    assert len(trials) == 9
    line = 1 + OBJECTIVES.splitlines().index('        raise RuntimeError("out\\nof memory")')
    why = f"--objective train.py:half: half() failed: RuntimeError: out of memory (train.py:{line})"
    said = [line for line in done.stderr.splitlines() if line != "on stdout"]
    assert said == [f"trial {number} failed: {why}" for number in failed]
    assert {trial["reason"] for trial in trials if trial["state"] == "failed"} == {why}


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (
            "always",
            "--objective train.py:always: always() failed: ZeroDivisionError: division by zero (train.py:{line})",
        ),
        ("leaves", "--objective train.py:leaves: leaves() failed: SystemExit: 3 (train.py:{line})"),
        ("text", "--objective train.py:text: returns a value of type str for value; return a number"),
        ("nothing", "--objective train.py:nothing: returns a value of type NoneType for value; return a number"),
    ],
)
def test_a_search_whose_objective_always_fails_ends_after_three_trials(folder: Path, function: str, why: str) -> None:
    """It is wrong input: exit code 2."""
    done = _search(folder, function, "-n", "9")
    line = 2 + OBJECTIVES.splitlines().index(f"def {function}(spec):")
    why = why.format(line=line)
    end = "3 trials in a row failed, so the search ends: use --study to keep the trials of a search"
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "".join(f"trial {at} failed: {why}\n" for at in range(3)) + f"error: {why}; {end}\n"


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("train.py:scor", "--objective train.py:scor: has no 'scor'; did you mean 'score'?"),
        ("train.py:number", "--objective train.py:number: number is of type int; use a function"),
        ("train.py", "--objective train.py: must be a file and a function in it, as in train.py:accuracy"),
        ("trai.py:score", "--objective trai.py:score: no such file: trai.py; did you mean 'train.py'?"),
        (
            "train.py:more",
            "--objective train.py:more: more(spec, images) cannot be called with a spec, and with trial and seed if it has "
            "them: missing a required argument: 'images'",
        ),
    ],
)
def test_an_objective_that_is_no_function_of_a_spec_is_refused(folder: Path, objective: str, message: str) -> None:
    """No trial starts."""
    done = run("explore", "search", "tiny", "--objective", objective, "--study", "sqlite:///study.db", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert not (folder / "study.db").exists()


def test_a_space_without_a_variant_within_the_windows_names_the_nearest(folder: Path) -> None:
    """It is an answer, exit code 1, as for other queries."""
    done = _search(folder, "score", "--madds", "3:4", "--csv")
    assert done.returncode == 1
    assert done.stdout.startswith("number,state,value,madds,params,")
    assert done.stdout.count("\n") == 1
    assert done.stderr.startswith(
        "tiny: no variant is within the window; MAdds in convention 'core'\nnearest in madds: 1,4"
    )


def test_a_search_ends_when_all_variants_are_tried(folder: Path) -> None:
    """No variant is trained twice."""
    done = _search(folder, "score", "--madds", "3M:3.05M", "--json")
    trials = json.loads(done.stdout)["trials"]
    assert 3 < len(trials) < 60
    assert len({trial["content"] for trial in trials}) == len(trials)


def test_the_csv_of_a_search_is_a_file_of_measured_figures(folder: Path) -> None:
    """Variants are joined by their content; a trial without a figure is not among them."""
    done = _search(folder, "half", "-n", "9", "--sampler", "random", "--seed", "2", "--csv")
    (folder / "results.csv").write_text(done.stdout, encoding="utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["value"]]
    assert 0 < len(rows) < 9
    best = run("explore", "best", "tiny", "--measured", "results.csv", "--maximize", "value", "--json", cwd=folder)
    assert best.returncode == 0, best.stderr
    assert json.loads(best.stdout)[0]["content"] == max(rows, key=lambda row: float(row["value"]))["content"]


def test_a_search_without_a_complete_trial_has_no_answer(folder: Path) -> None:
    """Exit code 1; the trials are printed."""
    done = _search(folder, "early", "-n", "2", "--csv")
    assert (done.returncode, done.stderr) == (1, "tiny: no trial is complete\n")
    assert [line.split(",")[1] for line in done.stdout.splitlines()] == ["state", "pruned", "pruned"]


def test_without_optuna_the_message_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "optuna" else find(name, *more)
    )
    done = _search(folder, "score")
    message = "error: explore search needs optuna; install it with pip install '.[search]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def _start(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mfprofile", "explore", "search", "tiny", "--study", "sqlite:///study.db", *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, env=surroundings(), text=True, **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_two_processes_share_a_study_and_try_no_variant_twice(folder: Path) -> None:
    """Together they start the trials that are asked for."""
    more = ("--objective", "train.py:score", "--madds", ":4M", "-n", "40", "--json")
    processes = [_start(folder, *more, "--seed", str(seed)) for seed in (1, 2)]
    for each in processes:
        _, err = each.communicate(timeout=300)
        assert each.returncode == 0, err
    answer = json.loads(_search(folder, "score", "--study", "sqlite:///study.db", *more[2:]).stdout)
    trials = answer["trials"]
    assert len(trials) == len({trial["content"] for trial in trials}) == 40
    assert {trial["seed"] for trial in trials} == {1, 2}
    assert {trial["state"] for trial in trials} == {"complete"}
    assert all(trial["madds"] <= 4_000_000 for trial in trials)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_search_goes_on_with_the_same_command(folder: Path) -> None:
    """Ctrl-C marks the trial that runs as failed; the variant is tried again. Exit code 130."""
    more = ("--objective", "train.py:slow", "-n", "4", "--json")
    first = _start(folder, *more[:3], "2", "--json")
    first.communicate(timeout=300)
    (folder / "wait").touch()
    second = _start(folder, *more)
    while not (folder / "started").exists():
        assert second.poll() is None
        time.sleep(0.05)
    second.send_signal(signal.SIGINT)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (130, "")
    assert "interrupted; run the same command again to go on\n" in err
    (folder / "wait").unlink()
    third = _start(folder, *more)
    out, err = third.communicate(timeout=300)
    assert third.returncode == 0, err
    trials = json.loads(out)["trials"]
    assert [trial["state"] for trial in trials] == ["complete", "complete", "failed", "complete", "complete"]
    assert trials[2]["reason"] == "interrupted"
