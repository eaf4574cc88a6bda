"""A file that a user names is read by one function, so it has the same messages at each option."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from running import run

from mfprofile.budget.baseline import read_baseline
from mfprofile.errors import InputError
from mfprofile.spec.reading import read_bytes
from mfprofile.view.plots.measured import read_measured

READERS = {
    "--baseline": lambda file: read_baseline(Path(file)),
    "--measured": lambda file: read_measured(file, "core"),
    "read": read_bytes,
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_cannot_be_read_has_one_message(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not exist, is a folder, or has a name that no file can have."""
    monkeypatch.chdir(tmp_path)
    rules = {"none": "No such file or directory", ".": "Is a directory", "a\0b": "embedded null byte"}
    if sys.platform == "win32":
        rules = {"none": "No such file or directory"}
    for name, rule in rules.items():
        with pytest.raises(InputError) as caught:
            READERS[reader](name)
        assert str(caught.value) == f"{name}: cannot be read: {rule}"


@pytest.mark.parametrize("reader", READERS)
def test_a_closed_stdin_has_one_message(reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of a spec from stdin."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^<stdin>: is closed$"):
        READERS[reader]("-")


def test_a_baseline_on_stdin_is_read() -> None:
    """`count --json` can be piped into `check`."""
    bill = run("count", "mf26m", "--json").stdout
    check = ("check", "mf26m", "--baseline", "-", "--max-growth", "0")
    assert run(*check, stdin=bill).returncode == 0
    assert run(*check, stdin="{").stderr.startswith("error: -: is not JSON")
