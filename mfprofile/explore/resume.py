"""Keep the results of slices in a folder, so that a query that was ended goes on where it was.

A slice depends on its question alone. Its file is named by a hash of everything that decides its result: the code of
this package, the space, the quantities, the convention with its latency model, the function with its arguments, and the
settings or the part. So a folder can keep the slices of many queries, and several processes can use it. Files are JSON:
reading one runs no code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.explore.plain import call_to_plain, from_plain, to_plain
from mfprofile.files import reported, write
from mfprofile.folders import check_folder
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.explore.slices import Slice
    from mfprofile.explore.work import Question

P = ParamSpec("P")
T = TypeVar("T")

_MARK = "mfprofile-slices.txt"
_ABOUT = "Results of slices of 'mfprofile explore --resume'. Remove this folder when its queries are done.\n"
_LOG = logging.getLogger(__name__)


class Resumable(Executor):
    """An executor whose queries keep the results of their slices in a folder, and take from there those that it has.

    The work is done by the given executor, or by this process if it is None. `kept` is the number of slices that were
    computed, and `reused` that of slices that the folder had. Raises `InputError` for a folder with other files, and
    `OutputError` for one that cannot be written.
    """

    def __init__(self, folder: str | Path, executor: Executor | None = None) -> None:
        check_folder(folder)
        self.folder, self.executor = Path(folder), executor
        self.kept = self.reused = 0
        _prepare(self.folder)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function that is not a query, without keeping its result."""
        if self.executor is not None:
            return self.executor.submit(fn, *args, **kwargs)
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def __str__(self) -> str:
        return f"{printable(str(self.folder))}: {self.kept} parts computed and kept, {self.reused} taken from it"

    def call(self, question: Question, task: Callable[..., Any]) -> Call:
        """Return the call of a function for a question, whose slices are kept."""
        return Call(self, question, task)


class Call:
    """The slices of one function for one question, in the folder of a `Resumable`."""

    def __init__(self, resumable: Resumable, question: Question, task: Callable[..., Any]) -> None:
        self.resumable = resumable
        self.hash = hashlib.sha256(_text([_code(), _of_question(question), call_to_plain(task)]).encode())

    def read(self, jobs: Slice) -> list[Any] | None:
        """Return the results of a slice, or None if they are not kept. A damaged file is a warning."""
        file = self._file(jobs)
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            text = str(error)
        results = _results(text, file.stem, len(jobs))
        if results is None:
            _LOG.warning("warning: %s: is not the whole result of a slice; it is computed again", printable(str(file)))
            return None
        self.resumable.reused += 1
        return results

    def keep(self, jobs: Slice, results: Sequence[Any]) -> None:
        """Write the results of a slice, completely or not at all. Raises `OutputError`."""
        file, data = self._file(jobs), to_plain(list(results))
        write(file, f"{_text({'slice': file.stem, 'check': _check(data), 'results': data})}\n")
        self.resumable.kept += 1

    def _file(self, jobs: Slice) -> Path:
        key = self.hash.copy()
        key.update(_text([to_plain([job.setting.values, job.part, job.inputs]) for job in jobs]).encode())
        return self.resumable.folder / f"{key.hexdigest()}.json"


def _prepare(folder: Path) -> None:
    """Make the folder and its mark, unless it is one of an earlier query."""
    mark = folder / _MARK
    with reported(folder):
        if mark.is_file():
            return
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            rule = f"has other files, and no {_MARK}"
            raise InputError(f"{printable(str(folder))}: {rule}; use a new folder, or that of an earlier --resume")
    write(mark, _ABOUT)


def _results(text: str, name: str, number: int) -> list[Any] | None:
    """Return the results in the text of a slice's file, or None if they are not whole or those of another slice."""
    try:
        content = json.loads(text)
        if content["slice"] != name or content["check"] != _check(content["results"]):
            return None
        results = from_plain(content["results"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return results if isinstance(results, list) and len(results) == number else None


def _text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _check(data: Any) -> str:
    return hashlib.sha256(_text(data).encode()).hexdigest()


def _of_question(question: Question) -> Any:
    """Return what decides the results of a question, as plain data: not the names of things, nor where they are."""
    space, convention = question.space, find_convention(question.convention)
    choices = [space.stem, space.blocks, space.head, space.global_choices]
    terms = [quantity.terms for quantity in question.quantities]
    return [to_plain(dict(space.data)), to_plain(choices), to_plain(terms), list(_of_convention(convention))]


def _of_convention(convention: Convention) -> Iterator[Any]:
    for field in dataclasses.fields(convention):
        value = getattr(convention, field.name)
        yield call_to_plain(value) if isinstance(value, FunctionType) else to_plain(value)


@cache
def _code() -> str:
    """Return a hash of the package's version and of the source of the rooms that make results."""
    package = Path(__file__).parent.parent
    files = sorted(file for room in ("spec", "cost", "explore") for file in (package / room).rglob("*.py"))
    source = hashlib.sha256()
    for file in (package / "__init__.py", *files):
        source.update(file.read_bytes())
    return source.hexdigest()
