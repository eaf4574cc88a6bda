"""The imports of a command: nothing heavy that it does not need."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from effort import one_in
from running import ROOT, surroundings

HEAVY = {"torch", "pandas", "numpy", "matplotlib", "sympy", "rich.console", "optuna", "sqlalchemy"}
LIGHT = [
    "count mf294m",
    "count mf294m --by op",
    "count mf294m mf96m --json",
    "memory mf294m",
    "memory mf26m mf52m --json",
    "scale mf294m --to-madds 200M",
    "sensitivity mf294m",
    "diff mf294m mf96m --markdown",
    "diff mf26m mf52m --input 192",
    "check mf26m --max-madds 1G --input 192",
    "check mf294m --max-madds 280M --format github",
    "list",
    "show mf26m",
    "schema",
    "audit --help",
    "verify --help",
    "measure --help",
    "explore search --help",
    "--help",
]
CODE = (
    "import sys\n"
    "from mfprofile.cli.program import main\n"
    "try: main(sys.argv[1:])\n"
    "except SystemExit as done: assert done.code in (None, 0, 1), done.code\n"
    "print('loaded:', *sorted(sys.modules))"
)


def loaded(line: str) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *line.split()],
        capture_output=True, text=True, check=True, cwd=ROOT, env=surroundings(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_public_names_for_spaces_are_imported_when_they_are_used() -> None:
    """`import mfprofile` loads none of them, nor what they need; then each is the object of its module."""
    code = (
        "import sys, mfprofile; print(*sys.modules);"
        "[getattr(mfprofile, name) for name in 'read_space quantity_of window count_space sample_space front'.split()];"
        "from mfprofile.explore.front import front; print(mfprofile.front is front, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=ROOT, env=surroundings(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    before, after = done.stdout.splitlines()
    assert {name for name in before.split() if name.startswith("mfprofile")} == {"mfprofile"}
    assert HEAVY & set(before.split()) == set()
    assert after == "True False"


@cache
def loaded_by_typer() -> set[str]:
    """Return the modules that typer imports."""
    code = "import sys, typer; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("line", one_in(3, LIGHT))
def test_a_light_command_imports_nothing_heavy(line: str) -> None:
    """No torch, pandas, numpy, matplotlib or sympy; no rich, except where typer itself imports it (old versions)."""
    assert (loaded(line) - loaded_by_typer()) & HEAVY == set()


def test_a_command_imports_no_other_command() -> None:
    """Only its own file, and the files that several commands share."""
    commands = {name for name in loaded("count mf26m") if name.startswith("mfprofile.cli.")}
    assert commands == {
        f"mfprofile.cli.{name}"
        for name in (
            "program",
            "signals",
            "count",
            "subjects",
            "describing",
            "code",
            "files",
            "counting",
            "options",
            "groups",
            "form",
            "help",
            "renamed",
            "completion",
        )
    }
