"""Any input of any command ends with a documented exit code: without a traceback, a hang or an incomplete file.

The inputs are random: command lines, specs, spaces, TOML, JSON, CSV, images, weights and networks in code; many are
broken. Pytest's header has their seed. `MFPROFILE_FUZZ_SEED` sets it, `MFPROFILE_FUZZ_INPUT` repeats one input, and
`MFPROFILE_FUZZ_INPUTS` sets how many there are.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from fuzz import cases, options, watch
from running import need

from mfprofile.cli.program import COMMANDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="timers, links and names of files differ there")
SEED = os.environ.get("MFPROFILE_FUZZ_SEED", "0")
ONE = os.environ.get("MFPROFILE_FUZZ_INPUT")
INPUTS = int(os.environ.get("MFPROFILE_FUZZ_INPUTS", "1000"))
PARTS = 10
NAMES = [" ".join((name, each)).strip() for name, inner in COMMANDS.items() for each in inner or [""]]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_input_breaks_a_command(part: int, tmp_path: Path) -> None:
    """It runs every command, with 1,000 inputs in all."""
    need("torch", "distributed", "PIL")
    numbers = range(part, INPUTS, PARTS) if ONE is None else [int(ONE)] * (part == 0)
    for number in numbers:
        (tmp_path / str(number) / "work").mkdir(parents=True)
        case = cases.case(SEED, number)
        done, faults = watch.observed(case, tmp_path / str(number) / "work")
        assert not faults, f"{faults}\n{case}\n--- exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert [path.name for path in (tmp_path / str(number)).iterdir()] == ["work"], str(case)


def test_an_input_depends_on_its_seed_and_number_only() -> None:
    """So the line that a failure prints repeats it."""
    inputs = [cases.case("7", number) for number in (3, 40, 3)]
    assert inputs[0] == inputs[2] != inputs[1]
    assert "MFPROFILE_FUZZ_SEED=7 MFPROFILE_FUZZ_INPUT=3 " in str(inputs[0])
    assert cases.case("8", 3).files != inputs[0].files


def test_every_command_is_tried() -> None:
    """Also those that have no options of their own."""
    assert set(options.commands()) == set(NAMES)
    assert {cases.case("0", number).command for number in range(len(cases.names()))} == set(NAMES)


@pytest.mark.parametrize(
    ("command", "code", "out", "err", "fault"),
    [
        ("count", 70, "", "error: x", "exit code 70"),
        ("count", 130, "", "error: interrupted", "exit code 130"),
        ("count", 1, "0", "", "exit code 1"),
        ("check", 1, "", "", "exit code 1 without a word"),
        ("count", 0, "", "Traceback (most recent call last):\n", "a traceback or a bug"),
        ("count", 2, "", "Usage: mfprofile count", "exit code 2 without a message"),
        ("count", 2, "", "error: \n", "exit code 2 without a message"),
        ("count", 2, "", "error: : no such file\n", "exit code 2 without a message"),
        ("count", 2, "", "error: x.yaml: KeyError: 3\n", "'KeyError' in a message"),
        ("count", 2, "", "error: Spec(name='x') is wrong\n", "'Spec(n' in a message"),
        ("count", 2, "", "error: a\x1bb\n", "characters that a terminal obeys: ['\\x1b']"),
        ("count --json", 0, "{", "", "stdout cannot be read: "),
        ("count --csv", 0, "a,b\n1\n", "", "CSV with rows of different lengths"),
        ("show", 0, "a: [", "", "stdout cannot be read: "),
    ],
)
def test_a_fault_of_the_output_is_seen(command: str, code: int, out: str, err: str, fault: str) -> None:
    """Each is one that no command may have."""
    line = command.split()
    faults = list(watch.faults(line[0], line, CompletedProcess(line, code, out, err)))
    assert faults
    assert faults[0].startswith(fault)


def test_a_fault_of_the_files_is_seen() -> None:
    """Of an incomplete file, one that is written despite an error, one that is removed, and a temporary one."""
    before: watch.Tree = {"old.svg": b"<svg/>", "folder": None}
    assert list(watch.file_faults(0, before, {**before, "new.svg": b"<svg/>", "new": None})) == []
    assert list(watch.file_faults(0, before, {**before, "new.svg": b"<svg>"})) == [
        "an incomplete file: new.svg, 5 bytes"
    ]
    assert list(watch.file_faults(0, before, {"old.svg": b"<svg/>"})) == ["files removed: ['folder']"]
    assert list(watch.file_faults(2, before, {**before, "old.svg": b"<a/>"})) == [
        "files written despite exit code 2: ['old.svg']"
    ]
    assert list(watch.file_faults(0, before, {**before, ".mfprofile-12": b""})) == [
        "a temporary file stays: .mfprofile-12"
    ]


@pytest.mark.parametrize("waits", [False, True])
def test_a_hang_is_seen(waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a command that works, and of one that waits, even if it catches what ends it."""
    monkeypatch.setattr(watch, "CPU_SECONDS", 60 if waits else 0.1)
    monkeypatch.setattr(watch, "SECONDS", 0.1 if waits else 60)
    hangs: list[str] = []
    with watch.watched(hangs):
        try:
            while True:
                time.sleep(1) if waits else hash("work")
        except BaseException:
            pass
    assert [hang.partition(":")[0] for hang in hangs] == ["hangs (SIGALRM)" if waits else "hangs (SIGPROF)"]
    assert "test_a_hang_is_seen" in hangs[0]
