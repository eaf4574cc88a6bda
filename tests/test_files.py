"""Files are written completely or not at all, and what they were stays: modes, links, devices, pipes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import process, run, surroundings

from mfprofile.errors import InputError, OutputError
from mfprofile.files import append, check, is_stream, write, write_bytes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, modes and devices are those of POSIX")
as_user = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path: Path) -> Iterator[None]:
    """Check after each test that no temporary file is left."""
    yield
    assert list(tmp_path.rglob(".mfprofile-*")) == []


def mode_of(file: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_the_mode_of_a_file_stays(mode: int, tmp_path: Path) -> None:
    """Whatever the umask is; it is the mode of the old file."""
    file = tmp_path / "a"
    file.write_text("old")
    file.chmod(mode)
    write(file, "new")
    assert (file.read_text(), mode_of(file)) == ("new", mode)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_obeys_the_umask(mask: int, tmp_path: Path) -> None:
    """As a file that a shell makes."""
    before = os.umask(mask)
    try:
        write(tmp_path / "a", "new")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "a") == 0o666 & ~mask


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    """Its target is written, even through a second link, and is made if it does not exist."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "link").symlink_to("deep/second")
    (tmp_path / "deep" / "second").symlink_to("target")
    for text in ("new", "newer"):
        write(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "deep" / "second").is_symlink()
        assert (tmp_path / "deep" / "target").read_text() == text


@pytest.mark.parametrize("text", ["longer than before", "x", ""])
def test_hard_links_stay(text: str, tmp_path: Path) -> None:
    """All names of the file have the new content."""
    (tmp_path / "a").write_text("before")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    write(tmp_path / "a", text)
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == (text, text)
    assert ((tmp_path / "a").samefile(tmp_path / "b"), mode_of(tmp_path / "b")) == (True, 0o640)


@pytest.mark.parametrize(
    "name", ["a" * 255, "é" * 127, "a" * 250 + ".html", b"\xff\xfe".decode(errors="surrogateescape")]
)
def test_a_name_of_any_length_and_of_any_bytes_can_be_written(name: str, tmp_path: Path) -> None:
    """The temporary name is short."""
    write(tmp_path / name, "new")
    assert (tmp_path / name).read_text() == "new"


def refused(folder: Path) -> dict[str, tuple[str, type[Exception], str]]:
    """Return names that cannot be written, with the error and the end of its message."""
    (folder / "loop").symlink_to("loop")
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    (folder / "file").write_text("old")
    links = "Too many levels of symbolic links"
    return {
        "a folder": (str(folder), OutputError, "cannot be written: Is a directory"),
        "a folder by its slash": (f"{folder}/x/", InputError, "is the name of a folder; give the name of a file"),
        "a loop": (str(folder / "loop"), OutputError, f"cannot be written: {links}"),
        "a loop of two": (str(folder / "one"), OutputError, f"cannot be written: {links}"),
        "a loop above": (str(folder / "loop" / "x"), OutputError, f"cannot be written: {links}"),
        "no folder": (str(folder / "no" / "x"), OutputError, "cannot be written: No such file or directory"),
        "below a file": (str(folder / "file" / "x"), OutputError, "cannot be written: Not a directory"),
        "a long name": (str(folder / ("a" * 256)), OutputError, "cannot be written: File name too long"),
        "NUL": ("a\0b", InputError, "has a NUL character, which no file name can have; remove it"),
        "nothing": ("", InputError, "the name of the output file is empty; give a name"),
    }


@pytest.mark.parametrize("act", [check, lambda file: write(file, "new")], ids=["check", "write"])
def test_a_name_that_cannot_be_written_is_refused(act: Callable[[str], None], tmp_path: Path) -> None:
    """The check before a long computation refuses what writing refuses, and nothing changes."""
    for name, error, message in refused(tmp_path).values():
        with pytest.raises(error) as raised:
            act(name)
        assert str(raised.value).endswith(message)
    assert (tmp_path / "loop").is_symlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "loop", "one", "two"]


@as_user
def test_a_protected_file_or_folder_is_refused(tmp_path: Path) -> None:
    """A file that its owner has protected is not replaced."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o444)
    with pytest.raises(OutputError, match=r"a: cannot be written: Permission denied$"):
        write(tmp_path / "a", "new")
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match=r"b: cannot be written: Permission denied in its folder$"):
            check(tmp_path / "b")
    finally:
        tmp_path.chmod(0o755)
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "a link to it"])
def test_a_pipe_is_written_into(linked: bool, tmp_path: Path) -> None:
    """It stays a pipe, and its reader gets the content."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_bytes(tmp_path / ("link" if linked else "pipe"), b"new" * 100_000)
    reader.join(60)
    assert (read, stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)) == ([b"new" * 100_000], True)


@needs_full
def test_a_device_is_written_into(tmp_path: Path) -> None:
    """It stays a device: one that takes everything, and one that is full."""
    write("/dev/null", "new")
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"full: cannot be written: No space left on device$"):
        write(tmp_path / "full", "new")
    assert all(stat.S_ISCHR(Path(name).stat().st_mode) for name in ("/dev/null", "/dev/full"))
    assert [is_stream(name) for name in ("/dev/null", tmp_path / "full", tmp_path, "a\0b")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd here")
def test_an_open_file_is_written_into(tmp_path: Path) -> None:
    """After what it has, as with `> file` of a shell, and not by a new file of that name."""
    with (tmp_path / "a").open("w+") as stream:
        stream.write("first ")
        stream.flush()
        write(f"/dev/fd/{stream.fileno()}", "second")
        assert (tmp_path / "a").stat().st_ino == os.fstat(stream.fileno()).st_ino
    assert (tmp_path / "a").read_text() == "first second"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout here")
def test_standard_output_can_be_a_file_of_output(tmp_path: Path) -> None:
    """Into a pipe and into a file of the shell, which keeps what was printed before."""
    done = process("page", "mf26m", "-o", "/dev/stdout", cwd=tmp_path)
    assert (done.returncode, done.stdout[:15], done.stderr) == (0, "<!doctype html>", "wrote /dev/stdout\n")
    command = "echo first; python -m mfprofile scale mf26m --to-madds 20M -o /dev/stdout"
    with (tmp_path / "out").open("w") as out:
        subprocess.run(["sh", "-c", command], stdout=out, check=True, env=surroundings(), cwd=tmp_path, timeout=300)
    assert (tmp_path / "out").read_text(encoding="utf-8").startswith("first\n# mf26m scaled by width")


@pytest.mark.parametrize("linked", [False, True], ids=["one name", "two names"])
def test_a_full_disk_loses_nothing(linked: bool, tmp_path: Path) -> None:
    """The old content stays, here at the largest size that a file may have."""
    resource = pytest.importorskip("resource")
    file = tmp_path / "a"
    file.write_text("old")
    if linked:
        (tmp_path / "b").hardlink_to(file)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match=r"a: cannot be written: File too large$"):
            write(file, "new" * 100_000)
        with pytest.raises(OutputError, match=r"a: cannot be written: File too large$"):
            append(file, "new" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_text() == "old"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_a_signal_loses_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """A process that a signal ends in the middle leaves the old file and no temporary one. It ends by that signal."""
    (tmp_path / "a").write_text("old")
    code = (
        "import os, sys\nfrom mfprofile import files\n"
        f"files.os.fsync = lambda _: os.kill(os.getpid(), {number.value})\n"
        "files.write('a', 'new')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=surroundings(), capture_output=True, check=False, timeout=300
    )
    assert done.returncode == -number
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_text_is_appended_to_an_existing_or_new_file(tmp_path: Path) -> None:
    """In one piece, after what is there."""
    append(tmp_path / "a", "one\n")
    append(tmp_path / "a", "two\n")
    assert (tmp_path / "a").read_text() == "one\ntwo\n"


COMMANDS = {
    "page": ("page", "mf26m"),
    "plot": ("plot", "blocks", "mf26m"),
    "scale": ("scale", "mf26m", "--to-madds", "20M"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("output", "code", "message"),
    [
        ("", 2, "the name of the output file is empty; give a name"),
        ("a\0b{}", 2, "has a NUL character, which no file name can have; remove it"),
        ("no/x{}", 74, "no/x{}: cannot be written: No such file or directory"),
        ("folder{}", 74, "folder{}: cannot be written: Is a directory"),
        ("loop{}", 74, "loop{}: cannot be written: Too many levels of symbolic links"),
    ],
)
def test_a_command_with_a_wrong_file_ends_with_a_message(
    command: str, output: str, code: int, message: str, tmp_path: Path
) -> None:
    """The exit code is 2 for a wrong name and 74 for a file that cannot be written, and nothing is written."""
    ending = {"page": ".html", "plot": ".svg", "scale": ".yaml"}[command]
    (tmp_path / f"folder{ending}").mkdir()
    (tmp_path / f"loop{ending}").symlink_to(f"loop{ending}")
    done = run(*COMMANDS[command], "-o", output.format(ending), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith(f"{message.format(ending)}\n")
    assert done.stderr.count("\n") == 1
    assert {file.name for file in tmp_path.iterdir()} == {f"folder{ending}", f"loop{ending}"}


def test_a_deleted_working_folder_is_a_message(tmp_path: Path) -> None:
    """No file can be written there."""
    (tmp_path / "gone").mkdir()
    command = f"cd {tmp_path}/gone && rmdir ../gone && {sys.executable} -m mfprofile page mf294m"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=surroundings(), check=False)
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr == "error: mf294m.html: cannot be written: No such file or directory\n"


def test_the_file_is_checked_before_anything_is_computed(tmp_path: Path) -> None:
    """A query of minutes would be lost."""
    done = run("plot", "front", "no such space", "-o", "no/x.svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (74, "error: no/x.svg: cannot be written: No such file or directory\n")
