"""A query that keeps its slices in a folder: it goes on where it was, and reads nothing that is not its own."""

from __future__ import annotations

import json
import os
import pickle
import re
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from effort import one_in
from explore.brute import random_space
from odd_devices import odd_device
from running import run

from mfprofile.cost.conventions import CONVENTIONS, find_convention
from mfprofile.errors import InputError
from mfprofile.explore import slices
from mfprofile.explore.best import best
from mfprofile.explore.count import SpaceCount, count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.nearest import nearest
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.resume import Resumable
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.variant import Variant
from mfprofile.spec.quantities import Window

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")
WINDOWS = [(MADDS, Window(2_000_000, 6_000_000)), (PARAMS, Window(None, 45_000))]
QUERIES: dict[str, Callable[..., Any]] = {
    "count": lambda space, executor: count_space(space, WINDOWS, executor=executor),
    "sample": lambda space, executor: sample_space(space, 9, 1, WINDOWS, executor=executor),
    "front": lambda space, executor: front(space, (Objective(MADDS), Objective(PARAMS, True)), executor=executor),
    "best": lambda space, executor: best(space, Objective(PARAMS, True), WINDOWS, executor=executor),
    "best 5": lambda space, executor: best(space, Objective(PARAMS, True), WINDOWS, 5, executor=executor),
    "nearest": lambda space, executor: nearest(space, [(MADDS, Window(0, 1))], executor=executor),
}


@pytest.fixture(autouse=True)
def _no_power_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files need not be on the disk before the next one: that takes most of the time of these tests."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def _plain(answer: Any) -> Any:
    """Return an answer as values that can be compared."""
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    if isinstance(answer, Variant):
        return list(answer.assignment.items()), dict(answer.figures), list(answer.values.items())
    if isinstance(answer, SpaceCount):
        return answer.size, answer.skipped, answer.within, dict(answer.alone)
    if isinstance(answer, dict):
        return {name: (_plain(side.below), _plain(side.above)) for name, side in answer.items()}
    return answer


def _random(seed: int, folder: Path) -> Space:
    source = random_space(Random(seed), folder)
    return read_space(source.file, source.settings)


@pytest.mark.parametrize("query", one_in(2, QUERIES))
def test_an_answer_is_the_same_alone_in_a_pool_in_parts_and_resumed(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On `tiny` and on random spaces. A second run computes nothing, and returns equal values of equal types."""
    spaces = [read_space("tiny")]
    for seed in (3, 4):
        (tmp_path / str(seed)).mkdir()
        spaces.append(_random(seed, tmp_path / str(seed)))
    ask = QUERIES[query]
    for at, space in enumerate(spaces):
        expected = _plain(ask(space, None))
        with monkeypatch.context() as patch, ThreadPoolExecutor(3) as pool:
            for largest, executor in ((slices._LARGE, pool), (1, None)):
                patch.setattr(slices, "_SLICES", 40)
                patch.setattr(slices, "_LARGE", largest)
                patch.setattr(slices, "_SMALLEST", 1)
                assert _plain(ask(space, executor)) == expected
                folder = tmp_path / f"kept-{at}-{largest}-{executor is None}"
                first, second = Resumable(folder, executor), Resumable(folder)
                assert _plain(ask(space, first)) == expected
                again = _plain(ask(space, second))
                assert repr(again) == repr(expected)
                assert (second.kept, second.reused) == (0, first.kept + first.reused)
                assert first.kept > 0


@pytest.mark.parametrize("threads", [0, 2])
def test_an_interrupt_costs_what_was_not_done(threads: int, tmp_path: Path) -> None:
    """After 5 of 16 settings, the second run takes at least 5 slices, and no slice is computed twice."""
    space = read_space("tiny")

    def interrupt(done: int, _: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    def count(resumable: Executor, progress: Callable[[int, int], None] | None = None) -> SpaceCount:
        return count_space(space, WINDOWS, executor=resumable, progress=progress)

    with ThreadPoolExecutor(max(1, threads)) as pool:
        first = Resumable(tmp_path / "kept", pool if threads else None)
        with pytest.raises(KeyboardInterrupt):
            count(first, interrupt)
        assert len(list((tmp_path / "kept").glob("*.json"))) == first.kept >= 5
        second = Resumable(tmp_path / "kept", pool if threads else None)
        assert _plain(count(second)) == _plain(count_space(space, WINDOWS))
        assert (second.reused, second.kept) == (first.kept, 16 - first.kept)


def _damage_end(text: str) -> str:
    return text[: len(text) // 2]


def _damage_number(text: str) -> str:
    return re.sub(r"(\d)(?=[],}]+\s*$)", lambda digit: str((int(digit[1]) + 1) % 10), text)


DAMAGE: dict[str, Callable[[str], str | bytes]] = {
    "cut": _damage_end,
    "another number": _damage_number,
    "empty": lambda _: "",
    "other JSON": lambda _: "[1]",
    "a pickle": lambda _: pickle.dumps({"results": [1]}),
    "deep": lambda _: "[" * 100_000,
    "a results of no kind": lambda text: json.dumps({**json.loads(text), "results": [{"unknown": 1}]}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_slice_is_a_warning_and_is_computed_again(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer is the same, and the file is whole again."""
    space, folder = read_space("tiny"), tmp_path / "kept"
    expected = _plain(count_space(space, WINDOWS, executor=Resumable(folder)))
    file = sorted(folder.glob("*.json"))[3]
    whole = file.read_bytes()
    damaged = DAMAGE[damage](whole.decode())
    file.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    assert file.read_bytes() != whole
    second = Resumable(folder)
    assert _plain(count_space(space, WINDOWS, executor=second)) == expected
    assert (second.kept, second.reused) == (1, 15)
    message = f"warning: {file}: is not the whole result of a slice; it is computed again"
    assert [record.getMessage() for record in caplog.records] == [message]
    assert file.read_bytes() == whole


def test_a_slice_under_the_name_of_another_is_not_taken(tmp_path: Path) -> None:
    """Its hash is in the file too."""
    space, folder = read_space("tiny"), tmp_path / "kept"
    expected = _plain(count_space(space, WINDOWS, executor=Resumable(folder)))
    first, second = sorted(folder.glob("*.json"))[:2]
    first.write_bytes(second.read_bytes())
    resumed = Resumable(folder)
    assert _plain(count_space(space, WINDOWS, executor=resumed)) == expected
    assert resumed.kept == 1


def test_only_the_same_question_takes_a_slice(tmp_path: Path) -> None:
    """Anything that decides the result decides the file: windows, memory, quantities, convention, device, space."""
    folder = tmp_path / "kept"
    priced = find_convention("core").on(odd_device(1))

    def asked(space: Space | str = "tiny", **changes: Any) -> tuple[int, int]:
        resumable = Resumable(folder)
        loaded = read_space(space) if isinstance(space, str) else space
        count_space(loaded, **{"windows": WINDOWS, "executor": resumable, **changes})
        return resumable.kept, resumable.reused

    assert asked() == (16, 0)
    for changes in (
        {"windows": WINDOWS[:1]},
        {"windows": [WINDOWS[0], (PARAMS, Window(None, 45_001))]},
        {"windows": [(quantity_of("mobile.madds"), WINDOWS[0][1]), WINDOWS[1]]},
        {"memory": 1 << 29},
        {"convention": "paper"},
        {"convention": priced},
        {"convention": find_convention("core").on(odd_device(2))},
        {"space": read_space("tiny", ["classes=11"])},
    ):
        assert asked(**changes) == (16, 0), changes
    assert asked() == asked(convention=priced) == (0, 16)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_convention_has_slices_of_its_own(name: str, tmp_path: Path) -> None:
    """All of it is in the hash, its functions by name."""
    resumables = [Resumable(tmp_path / "kept") for _ in range(3)]
    space = read_space("mf26m")
    for convention, resumable in zip(("core" if name != "core" else "paper", name, name), resumables, strict=True):
        count_space(space, WINDOWS, convention, executor=resumable)
    assert [(each.kept, each.reused) for each in resumables] == [(1, 0), (1, 0), (0, 1)]


def test_names_and_comments_decide_nothing(tmp_path: Path) -> None:
    """A space that is copied, or has other comments, takes the slices of the first."""
    text = yaml.safe_dump({"extends": "mf26m", "tokens": {"count": [2, 3], "dim": 128}})
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for number, file in enumerate(files):
        file.write_text("# A comment.\n" * number + text)
        resumable = Resumable(tmp_path / "kept")
        count_space(read_space(file), WINDOWS, executor=resumable)
        assert (resumable.kept, resumable.reused) == ((2, 0), (0, 2))[number]


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """Also a file, the working folder, and an empty name. Nothing is written."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    refusals = {
        str(tmp_path / "mine"): "has other files, and no mfprofile-slices.txt; use a new folder",
        str(tmp_path / "file"): "exists and is not a folder",
        ".": "is the working folder",
        "": "is empty; give a name",
    }
    for folder, rule in refusals.items():
        with pytest.raises(InputError, match=rule):
            Resumable(folder)
        done = run("explore", "count", "tiny", "--resume", folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert rule in done.stderr
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_command_says_what_its_folder_has(tmp_path: Path) -> None:
    """At its end, on stderr; stdout is the same."""
    folder = tmp_path / "deep" / "kept"
    commands = {
        "count": ("count", "tiny", "--madds", "2M:6M", "--params", ":45k"),
        "best": ("best", "tiny", "--maximize", "params", "--madds", "2M:6M"),
        "front": ("front", "tiny"),
        "sample": ("sample", "tiny", "-n", "3", "--madds", "2M:6M"),
    }
    for command in commands.values():
        plain = run("explore", *command)
        first = run("explore", *command, "--resume", str(folder), "--workers", "2")
        again = run("explore", *command, "--resume", str(folder), "--workers", "1")
        assert first.stdout == again.stdout == plain.stdout
        assert re.fullmatch(
            rf"{folder}: \d+ parts computed and kept, 0 taken from it; remove the folder when its queries are done\n",
            first.stderr,
        )
        assert re.match(rf"{folder}: 0 parts computed and kept, [1-9]\d* taken from it; ", again.stderr)


def test_a_resumable_executor_runs_other_functions_too(tmp_path: Path) -> None:
    """In its executor, or at once; they are not kept."""
    with ThreadPoolExecutor(1) as pool:
        for executor in (None, pool):
            resumable = Resumable(tmp_path / "kept", executor)
            assert list(resumable.map(divmod, [7, 9], [2, 2])) == [(3, 1), (4, 1)]
            with pytest.raises(ZeroDivisionError):
                resumable.submit(divmod, 1, 0).result()
    assert [file.name for file in (tmp_path / "kept").iterdir()] == ["mfprofile-slices.txt"]
