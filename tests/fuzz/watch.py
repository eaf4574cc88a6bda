"""Run one input in this process, and say what it did that no command may do."""

from __future__ import annotations

import contextlib
import csv
import faulthandler
import io
import json
import re
import signal
import sys
import time
import traceback
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from types import FrameType, MappingProxyType
from typing import TypeAlias

import yaml
from running import run

from fuzz.cases import Case
from fuzz.options import MEASURING

Done: TypeAlias = "CompletedProcess[str]"
Tree: TypeAlias = "dict[str, bytes | None]"
CPU_SECONDS, SECONDS, MOST_SECONDS = 20, 20, 600
"""When a command hangs: after so much work, or so much time in which it only waits. After the last the process ends."""
MEASURING_SECONDS = 180
"""The same work of a command that measures: it exports each network, and runs it."""
_WAITING = 0.02
"""The share of its time in which a block works that waits."""
HUNG = 124
"""The exit code of a command that was ended."""
MEMORY = 6 << 30
"""What a command can take beside what the process has already."""
CODES = (0, 1, 2, 74)
WITHOUT_VERDICT = (
    "list",
    "show",
    "count",
    "memory",
    "sensitivity",
    "formula",
    "explain",
    "page",
    "schema",
    "report",
    "explore spaces",
)
"""Commands that never exit with 1."""
INTERNAL = re.compile(
    r"<(class|function|module|bound method|mfprofile)\b|object at 0x|mappingproxy\(|PosixPath\(|pydantic|dtype=object|NoneType"
    r"|\b(Spec|Network|Problem|Mark|Setting|Trace|Bill|Fraction|Decimal|ScalarNode|MappingNode|SequenceNode|Input|Limit)\([^)]"
    r"|\b(Key|Attribute|Index|Type|Value|Assertion|Recursion|Overflow|ZeroDivision|UnicodeEncode|OS|Memory)Error\b"
)
"""What shows that a message was not written for users."""


def observed(case: Case, folder: Path) -> tuple[Done, list[str]]:
    """Run an input in a new folder. Return what it printed, and its faults."""
    case.write(folder)
    before = _tree(folder)
    hangs: list[str] = []
    done = CompletedProcess(case.line, HUNG, "", "")
    seconds = MEASURING_SECONDS if case.command in MEASURING else CPU_SECONDS
    with _limited_memory(), watched(hangs, seconds), _warnings_as_usual():
        done = run(
            *case.line, stdin=case.stdin, cwd=folder, HOME=str(folder), GITHUB_STEP_SUMMARY="", MFPROFILE_DEBUG=""
        )
    return done, [*hangs, *faults(case.command, case.line, done), *file_faults(done.returncode, before, _tree(folder))]


def faults(command: str, line: list[str], done: Done) -> Iterator[str]:
    """Yield what is wrong with the exit code and the output of a command."""
    code, whole = done.returncode, done.stdout + done.stderr
    if code not in CODES or (code == 1 and command in WITHOUT_VERDICT):
        yield f"exit code {code}"
    if "Traceback (most recent call last)" in whole or "this is a bug" in whole:
        yield "a traceback or a bug"
    if code and not done.stderr.strip() and not done.stdout.strip():
        yield f"exit code {code} without a word"
    if code in (2, 74) and not re.search(r"(?m)^error: +(?!: [a-z])\S", done.stderr):
        yield f"exit code {code} without a message"
    if code == 2 and not _runs_code(line) and (match := INTERNAL.search(done.stderr)):
        yield f"{match[0]!r} in a message"
    if odd := sorted({letter for letter in whole if letter != "\n" and not letter.isprintable()}):
        yield f"characters that a terminal obeys: {odd}"
    if code in (0, 1) and "-h" not in line and "--help" not in line:
        yield from _form_faults(line, done.stdout)


_NO_YAML = ("--markdown", "--latex", "-o", "--output")
"""Options with which `scale` prints a table, and writes the spec into a file or not at all."""


def _runs_code(line: list[str]) -> bool:
    """Return whether the command runs the user's code, whose errors are shown as they are."""
    return line[0] == "audit" or any(":" in each and "=" not in each for each in line)


def _form_faults(line: list[str], output: str) -> Iterator[str]:
    """Yield why an output does not have its form. An empty one has any form."""
    try:
        if "--json" in line and output:
            json.loads(output)
        elif (
            "--csv" in line and output and len({len(row) for row in csv.reader(io.StringIO(output), strict=True)}) != 1
        ):
            yield "CSV with rows of different lengths"
        elif line[0] in ("show", "scale") and not any(each.startswith(_NO_YAML) for each in line):
            yaml.safe_load(output)
    except (ValueError, csv.Error, yaml.YAMLError) as error:
        yield f"stdout cannot be read: {error}"


def file_faults(code: int, before: Tree, after: Tree) -> Iterator[str]:
    """Yield what is wrong with the files that a command wrote: none after an error, each complete, and none removed."""
    changed = {name for name, content in after.items() if before.get(name, b"no such file") != content}
    if gone := before.keys() - after.keys():
        yield f"files removed: {sorted(gone)}"
    if changed and code in (2, 74):
        yield f"files written despite exit code {code}: {sorted(changed)}"
    for name in sorted(changed):
        content, check = after[name], _ENDINGS.get(Path(name).suffix.lower())
        if ".mfprofile-" in name:
            yield f"a temporary file stays: {name}"
        elif content is not None and check is not None and not _is_complete(check, content):
            yield f"an incomplete file: {name}, {len(content)} bytes"


def _is_complete(check: Callable[[bytes], object], content: bytes) -> bool:
    try:
        return check(content) is not False
    except (ValueError, ET.ParseError, yaml.YAMLError):
        return False


def _is_yaml(content: bytes) -> bool:
    return isinstance(yaml.safe_load(content), dict)


_ENDINGS: Mapping[str, Callable[[bytes], object]] = MappingProxyType(
    {
        ".svg": ET.fromstring,
        ".png": lambda content: content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82"),
        ".pdf": lambda content: content.startswith(b"%PDF") and content.rstrip().endswith(b"%%EOF"),
        ".html": lambda content: content.rstrip().endswith(b"</html>"),
        ".yaml": _is_yaml,
        ".csv": lambda content: content.endswith(b"\n"),
    }
)
"""Whether a file with this ending is complete."""


def _tree(folder: Path) -> Tree:
    """Return the content of each file below a folder, None for a folder, without what Python caches."""
    paths = [path for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): _content(path) for path in paths}


def _content(path: Path) -> bytes | None:
    if path.is_symlink():
        return str(path.readlink()).encode()
    return path.read_bytes() if path.is_file() else None


class Hang(BaseException):
    """A command works or waits for too long."""


@contextlib.contextmanager
def watched(hangs: list[str], cpu_seconds: float | None = None) -> Iterator[None]:
    """Raise `Hang` in a block that takes too long, and say where it was. Any code can catch it, so it is noted too.

    This is no measure of speed: work is counted in seconds of the CPU, which a busy machine does not stretch, and a
    block waits only if it hardly works. A callback of the garbage collector swallows what is raised in it, so the
    next moment is waited for.
    """
    worked = time.process_time()
    work = CPU_SECONDS if cpu_seconds is None else cpu_seconds

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal worked
        if frame is not None and frame.f_code.co_name == "gc_callback":
            signal.setitimer(timers[number][0], 0.01, timers[number][1])
            return
        before, worked = worked, time.process_time()
        if number == signal.SIGPROF or worked - before < SECONDS * _WAITING:
            hangs.append(f"hangs ({signal.Signals(number).name}):\n" + "".join(traceback.format_stack(frame)[-12:]))
            raise Hang

    timers = {signal.SIGPROF: (signal.ITIMER_PROF, work), signal.SIGALRM: (signal.ITIMER_REAL, SECONDS)}
    before = {number: signal.signal(number, stop) for number in timers}
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=sys.__stderr__)  # for code in C
    try:
        for timer, seconds in timers.values():
            signal.setitimer(timer, seconds, seconds)
        yield
    except Hang:
        pass
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _limited_memory() -> Iterator[None]:
    """Limit what this process can take to `MEMORY` more than it has now, where the system can do that."""
    try:
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def _warnings_as_usual() -> Iterator[None]:
    """Treat warnings as Python does by default, not as errors: the networks of the inputs raise many."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        yield
