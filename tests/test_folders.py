"""A folder of output is new or empty, complete or not made, and never one that is in use."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import run

from mfprofile.errors import InputError, OutputError
from mfprofile.files import named
from mfprofile.folders import write_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and modes are those of POSIX")
SAMPLE = ("explore", "sample", "tiny", "-n", "2", "--csv", "-o")
IN_USE = "is the working folder or a folder above it; use a new folder"


def names(folder: Path) -> list[str]:
    """Return the names of everything in a folder."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("", "the name of the output folder is empty; give a name"),
        (".", f".: {IN_USE}"),
        ("./", f"./: {IN_USE}"),
        ("..", f"..: {IN_USE}"),
        ("/", f"/: {IN_USE}"),
        ("../work", f"../work: {IN_USE}"),
        ("../here", f"../here: {IN_USE}"),
        ("../full", "../full: exists and is not empty; use a new folder"),
        ("../full/kept", "../full/kept: exists and is not a folder; use a new folder"),
        ("/dev/null", "/dev/null: exists and is not a folder; use a new folder"),
        ("a\0b", "a�b: has a NUL character, which no file name can have; remove it"),
    ],
)
def test_a_folder_in_use_is_refused_before_the_query(folder: str, message: str, tmp_path: Path) -> None:
    """No table is printed, and nothing is written or replaced. The working folder is empty here."""
    (tmp_path / "work").mkdir()
    (tmp_path / "here").symlink_to("work")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").write_text("mine")
    before = names(tmp_path)
    done = run(*SAMPLE, folder, cwd=tmp_path / "work")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("folder", "message"),
    [("loop", "loop: cannot be written: Too many levels of symbolic links"), ("a" * 256, "File name too long")],
)
def test_a_folder_that_cannot_be_made_is_refused_before_the_query(folder: str, message: str, tmp_path: Path) -> None:
    """The exit code is 74, as for a file that cannot be written."""
    (tmp_path / "loop").symlink_to("loop")
    done = run(*SAMPLE, folder, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.endswith(f"{message}\n")) == (74, "", True)
    assert names(tmp_path) == ["loop"]


def test_an_empty_folder_is_filled_and_keeps_its_mode(tmp_path: Path) -> None:
    """It is not replaced: another process may work in it. A new folder obeys the umask."""
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    number = folder.stat().st_ino
    write_folder(folder, [("a", "1"), ("b", "2")])
    assert (names(folder), stat.S_IMODE(folder.stat().st_mode), folder.stat().st_ino) == (["a", "b"], 0o700, number)
    before = os.umask(0o027)
    try:
        write_folder(tmp_path / "new" / "deep", [("a", "1")])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "deep").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "new" / "deep" / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", [InputError("wrong"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_all_files_are_written_or_none(error: BaseException, exists: bool, tmp_path: Path) -> None:
    """Whatever ends it in the middle."""
    if exists:
        (tmp_path / "new").mkdir()

    def files() -> Iterator[tuple[str, str]]:
        yield "a", "1"
        raise error

    with pytest.raises((InputError, KeyboardInterrupt, OutputError)):
        write_folder(tmp_path / "new", files())
    assert names(tmp_path) == ["new"] * exists


def test_the_table_is_printed_whatever_becomes_of_the_files(tmp_path: Path) -> None:
    """The answer of a long query is not lost on a full disk, and the exit code is 74."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    table = run(*SAMPLE[:-1], "--workers", "1", cwd=tmp_path).stdout
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        done = run(*SAMPLE, "new", "--workers", "1", cwd=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (done.returncode, done.stderr) == (74, "error: new: cannot be written: File too large\n")
    assert (done.stdout, names(tmp_path)) == (table, [])
    assert len(table.splitlines()) == 3


def test_variants_of_a_space_with_the_longest_name_can_be_written(tmp_path: Path) -> None:
    """The name of a file is cut, not its number."""
    space = tmp_path / f"{'é' * 125}.yaml"
    space.write_text("extends: mf26m\ninput: [192, 224]\n", encoding="utf-8")
    done = run("explore", "sample", space.name, "-n", "2", "-o", "new", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote 2 specs into new\n")
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        named("é" * 125, "-0001.yaml"),
        named("é" * 125, "-0002.yaml"),
    ]


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("", "the name of the output folder is empty; give a name"),
        (".", f".: {IN_USE}"),
        ("..", f"..: {IN_USE}"),
        ("../mine", "../mine: has other files than reports; use a new folder"),
        ("../code", "../code: has other files than reports; use a new folder"),
        ("../mine/README.md", "../mine/README.md: exists and is not a folder; use a new folder"),
    ],
)
def test_reports_replace_no_files_of_others(folder: str, message: str, tmp_path: Path) -> None:
    """Such as the README of a project. Nothing is drawn."""
    for name in ("work", "mine", "code"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine" / "README.md").write_text("# Mine\n")
    (tmp_path / "code" / "main.c").write_text("int main() {}\n")
    before = names(tmp_path)
    done = run("report", "-o", folder, cwd=tmp_path / "work")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert names(tmp_path) == before
