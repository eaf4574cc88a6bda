"""How tests run the command line: in this process, or in a process of its own to test start-up and signals."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from unittest import mock

import pytest

from mfprofile.cli.program import main

ROOT = Path(__file__).resolve().parents[1]
_SHELL = re.compile(r"[|<>;&$*`]")
"""The characters that only a shell understands."""
_WIDE = {"COLUMNS": "1000"}
"""So that tests see tables and sentences in full; the pages of docs/ and the golden files have 80 columns."""


def run(
    *arguments: str, stdin: str | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `mfprofile` with arguments in this process; its output is captured as text, in full width by default."""
    out, err = io.BytesIO(), io.BytesIO()
    code = _in_process(arguments, stdin or "", cwd, _WIDE | environment, out, err)
    return subprocess.CompletedProcess(["mfprofile", *arguments], code, _text(out), _text(err))


def process(
    *arguments: str, stdin: str | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `mfprofile` as `run` does, but in its own process: for start-up, pipes, signals and locales."""
    return subprocess.run(
        [sys.executable, "-m", "mfprofile", *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env=surroundings(**_WIDE | environment),
        timeout=300,
    )


def in_a_terminal(*arguments: str, width: int | None = None, **environment: str) -> str:
    """Return what a command prints on a terminal. With a width, the terminal has it, and there is no `COLUMNS`."""
    import pty

    leader, follower = pty.openpty()
    settings = {**surroundings(**environment), "TERM": "xterm-256color"}
    if width is not None:
        settings.pop("COLUMNS")
        subprocess.run(["stty", "cols", str(width), "rows", "50", "-opost"], stdin=follower, check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "mfprofile", *arguments], stdout=follower, stderr=follower, stdin=follower, env=settings
    )
    os.close(follower)
    output = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        output += chunk
    process.wait()
    os.close(leader)
    return output.decode()


def shell(command: str, cwd: Path = ROOT) -> str:
    """Run a line as a shell would, with this environment's `mfprofile`. Return everything that it prints.

    A line with only one `mfprofile` command runs in this process. Lines have 80 columns.
    """
    if command.startswith("mfprofile ") and not _SHELL.search(command):
        out = io.BytesIO()
        _in_process(shlex.split(command)[1:], "", cwd, {}, out, out)
        return _text(out)
    done = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env=surroundings(),
        timeout=300,
    )
    return done.stdout


def surroundings(**more: str) -> dict[str, str]:
    """Return the environment, with this Python's scripts first, UTF-8, and none of the lines that a slow machine adds."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}
    return {**inherited, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "80", "MFPROFILE_PROGRESS": "0", **more}


def need(*packages: str) -> None:
    """Skip a test if a package is not installed. Imports none of them, since some import torchvision."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


def _in_process(
    arguments: list[str] | tuple[str, ...],
    stdin: str,
    cwd: Path,
    environment: dict[str, str],
    out: io.BytesIO,
    err: io.BytesIO,
) -> int:
    """Run a command line with its own streams, folder and environment. Return its exit code."""
    streams = {"stdin": _stream(io.BytesIO(stdin.encode())), "stdout": _stream(out), "stderr": _stream(err)}
    with contextlib.chdir(cwd), mock.patch.dict(os.environ, surroundings(**environment)), _streams(streams):
        try:
            main(arguments)
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except KeyboardInterrupt:
            return 130
    return 0


def _stream(raw: io.BytesIO) -> IO[str]:
    return io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)


@contextlib.contextmanager
def _streams(streams: dict[str, IO[str]]) -> Iterator[None]:
    with mock.patch.multiple(sys, **streams):
        yield
    for stream in streams.values():
        stream.detach()  # otherwise the buffer is closed with it


def _text(raw: io.BytesIO) -> str:
    return raw.getvalue().decode("utf-8")
