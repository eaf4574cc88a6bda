"""How tests run the command line as its users do: in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(
    *arguments: str, stdin: str | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `mfprofile` with arguments; its output is captured as text."""
    command = [sys.executable, "-m", "mfprofile", *arguments]
    return subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env=surroundings(**environment),
        timeout=120,
    )


def shell(command: str, cwd: Path = ROOT) -> str:
    """Run a line as a shell would, with this environment's `mfprofile`; return all that it prints."""
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
        timeout=120,
    )
    return done.stdout


def surroundings(**more: str) -> dict[str, str]:
    """Return the environment, with this Python's scripts first and UTF-8 for all output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "80", **more}


def need(*packages: str) -> None:
    """Skip a test where a package is not installed; none is imported, as those are not that import torchvision."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
