"""Files that are read whole: up to a size, and never a folder for an empty name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from running import run

from mfprofile.errors import InputError
from mfprofile.spec import reading

READERS = {
    "a baseline": ("check", "mf26m", "--max-madds", "1M", "--baseline"),
    "a pyproject.toml": ("check", "mf26m", "--max-madds", "1M", "--config"),
    "a CSV": ("plot", "accuracy", "-o", "x.svg", "--measured"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/zero")
@pytest.mark.parametrize("reader", READERS)
def test_an_endless_file_is_refused(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(reading, "MOST_BYTES", 1 << 20)
    done = run(*READERS[reader], "/dev/zero", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: /dev/zero: is larger than 1 MiB\n")
    assert list(tmp_path.iterdir()) == []


def test_the_largest_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more byte is too many."""
    monkeypatch.setattr(reading, "MOST_BYTES", 3 << 20)
    (tmp_path / "x").write_bytes(b"x" * (3 << 20))
    assert len(reading.read_bytes(tmp_path / "x")) == 3 << 20
    (tmp_path / "x").write_bytes(b"x" * ((3 << 20) + 1))
    with pytest.raises(InputError, match=r"^mine: is larger than 3 MiB$"):
        reading.read_bytes(tmp_path / "x", "mine")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'': the name of the file is empty; give a name"),
        ("none.csv", "none.csv: cannot be read: No such file or directory"),
        ("x\0", "x\0: cannot be read: embedded null byte"),
    ],
)
def test_a_name_that_cannot_be_read_is_refused(name: str, message: str) -> None:
    """The message begins with it."""
    with pytest.raises(InputError) as caught:
        reading.read_bytes(name)
    assert str(caught.value) == message


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is not the name of a file then either."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^<stdin>: is closed$"):
        reading.read_bytes("-")


@pytest.mark.parametrize(("name", "place"), [("", "''"), (" ", "' '"), ("x ", "x ")])
def test_a_blank_name_of_a_spec_is_shown(name: str, place: str) -> None:
    """In quotes, because a message begins with it."""
    done = run("count", name)
    assert (done.returncode, done.stderr.partition(": no shipped")[0]) == (2, f"error: {place}")
