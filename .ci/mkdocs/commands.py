"""The page of commands: what `--help` prints for each."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from unittest import mock

from mfprofile.cli.program import COMMANDS, main

_HEAD = """# Commands

What `--help` prints for each command, at 80 columns. [All pages](pages.md#commands) has the commands on one screen,
with the exit codes.
"""


def commands_page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    yield _section()
    for command, inner in COMMANDS.items():
        yield _section(command)
        yield from (_section(command, each) for each in inner)


def _section(*words: str) -> str:
    marks = "##" if len(words) < 2 else "###"
    return f"{marks} {' '.join(words) or 'mfprofile'}\n\n```text\n{_help(words).rstrip()}\n```\n"


def _help(words: tuple[str, ...]) -> str:
    printed = io.BytesIO()
    stdout = io.TextIOWrapper(printed, encoding="utf-8", newline="", write_through=True)
    with mock.patch.dict(os.environ, COLUMNS="80"), contextlib.redirect_stdout(stdout):
        try:
            main([*words, "--help"])
        except SystemExit as stop:
            if stop.code:
                raise RuntimeError(f"{' '.join(words)} --help: exit code {stop.code}") from stop
    stdout.detach()
    return printed.getvalue().decode("utf-8")
