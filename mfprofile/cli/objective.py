"""The function of `--objective file.py:function`, which returns how good a variant is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, printable

if TYPE_CHECKING:
    from mfprofile.explore.search import Candidate

Evaluate: TypeAlias = "Callable[[Candidate, int], Any]"
"""A function that returns the figures of a candidate; the number is a seed."""

_OPTIONAL = ("trial", "seed")


@contextmanager
def objective_of(text: str) -> Iterator[Evaluate]:
    """Yield what calls the function of a file. Modules beside the file can be imported; its prints go to stderr.

    The function gets a spec. If it has a parameter `trial`, it gets Optuna's trial too, to report values while it
    trains; and if it has a parameter `seed`, the search's seed. Raises `InputError` if there is no such function, if
    the file cannot be imported, or if the function needs other arguments. The yielded function raises it, with the line
    of the user's code, if the function fails, but lets `TrialPruned` of Optuna pass.
    """
    from mfprofile.trace.user_files import refusal, user_module

    label = f"--objective {text}"
    file, colon, name = text.rpartition(":")
    if not (colon and file and name.isidentifier()):
        raise InputError(f"{printable(label)}: must be a file and a function in it, as in train.py:accuracy")
    with user_module(label, file) as module:
        function = _function(label, vars(module), name)
        optional = _optional(label, name, function)

        def evaluate(candidate: Candidate, seed: int) -> Any:
            from optuna import TrialPruned

            given = {"trial": candidate.trial, "seed": seed}
            try:
                return function(candidate.spec, **{each: given[each] for each in optional})
            except (TrialPruned, KeyboardInterrupt):
                raise
            except BaseException as error:  # all that the user's code raises becomes a message of one line
                raise refusal(label, f"{name}() failed", error) from error

        yield evaluate


def _function(label: str, names: dict[str, Any], name: str) -> Callable[..., Any]:
    """Return the function of a name; raises `InputError` with the similar ones if there is none."""
    function = names.get(name)
    if callable(function):
        return function  # type: ignore[no-any-return]
    if function is not None:
        raise InputError(f"{printable(label)}: {name} is of type {type(function).__name__}; use a function")
    home = names.get("__name__")
    own = [each for each, value in names.items() if inspect.isfunction(value) and value.__module__ == home]
    raise InputError(f"{printable(label)}: has no {name!r}{f'; {instead(name, own)}' if own else ''}")


def _optional(label: str, name: str, function: Callable[..., Any]) -> list[str]:
    """Return which of the optional arguments a function has; raises `InputError` if it cannot be called with them."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # of some functions in C
        return []
    optional = [each for each in _OPTIONAL if each in signature.parameters]
    try:
        signature.bind(None, **dict.fromkeys(optional))
    except TypeError as error:
        rule = f"{name}{signature} cannot be called with a spec, and with trial and seed if it has them: {error}"
        raise InputError(f"{printable(label)}: {printable(rule)}") from None
    return optional
