"""Call the function of `--inputs file.py:function`, which returns the arguments of forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, listed, printable, shown
from mfprofile.trace.given import leaves
from mfprofile.trace.parse import Inputs, Source
from mfprofile.trace.seeds import seeded
from mfprofile.trace.settings import ONE_AT_A_TIME
from mfprofile.trace.user_files import refusal, user_module

_FORMS = "return a tensor, a list of arguments, a dict of them by name, or (arguments, dict)"


def with_arguments(inputs: Inputs) -> Inputs:
    """Return the inputs with the arguments that their function returns, if they name one.

    Random numbers are seeded for the call. Raises `InputError` if there is no such function, if it raises, or if what
    it returns has no tensor.
    """
    if inputs.source is None:
        return inputs
    label = inputs.source.label
    ordered, named = divided(label, _called(inputs.source))
    for name in named.keys() & inputs.named.keys():
        raise InputError(f"--value {name}: {label} returns an argument {name} too; use one of them")
    return inputs._replace(ordered=ordered, named={**named, **inputs.named})


def _called(source: Source) -> Any:
    file, _, name = source.text.rpartition(":")
    with ONE_AT_A_TIME, user_module(source.label, file) as module:
        function = getattr(module, name, None)
        if function is None:
            functions = [each for each, value in vars(module).items() if _is_own(module.__name__, value)]
            remedy = f"; {instead(name, functions)}" if functions else ""
            raise InputError(f"{printable(source.label)}: {printable(file)} has no {name!r}{remedy}")
        if not callable(function):
            raise InputError(f"{printable(source.label)}: {name} is of type {type(function).__name__}; use a function")
        try:
            with seeded():
                return function()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # all that the user's code raises becomes a message of one line
            raise refusal(source.label, f"{name}() failed", error) from error


def _is_own(home: str, value: Any) -> bool:
    return callable(value) and not isinstance(value, type) and getattr(value, "__module__", None) == home


def divided(label: str, result: Any) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return what a function returned as positional and keyword arguments.

    - A mapping has the keyword arguments, by name.
    - A tuple of a list or tuple and a dict has both, as in `(args, kwargs)`.
    - Any other list or tuple, except a named tuple, has the positional arguments.
    - Everything else is one positional argument.

    Raises `InputError` if there is no tensor in it, or for a name that is not a string.
    """
    ordered, named = _divided(result)
    unnamed = [key for key in named if not isinstance(key, str)]
    if unnamed:
        raise InputError(
            f"{printable(label)}: returned a dict with keys such as {shown(unnamed[0])}, which are not names of "
            f"arguments; return [the_dict] if it is one argument"
        )
    if not any(isinstance(leaf, Tensor) for value in (*ordered, *named.values()) for _, leaf in leaves(value)):
        what = "None" if result is None else f"a value of type {type(result).__name__}"
        raise InputError(f"{printable(label)}: returned {what} without a tensor in it; {_FORMS}")
    return ordered, named


def _divided(result: Any) -> tuple[Sequence[Any], dict[str, Any]]:
    if isinstance(result, Mapping):
        return [], dict(result)
    if not isinstance(result, list | tuple) or hasattr(result, "_fields"):
        return [result], {}
    if isinstance(result, tuple) and len(result) == 2:
        first, second = result
        if isinstance(first, list | tuple) and not hasattr(first, "_fields") and isinstance(second, Mapping):
            return list(first), dict(second)
    return list(result), {}


def described(inputs: Inputs) -> list[str]:
    """Return sentences on arguments of forward that are neither the default nor shapes."""
    lines = [] if inputs.source is None else [f"forward gets what {inputs.source.text} returns"]
    values = [f"{name}={shown(inputs.named[name])}" for name in inputs.values]
    return [*lines, f"forward gets {listed(values)}"] if values else lines
