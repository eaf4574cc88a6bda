"""What to do about a network that cannot be made from its arguments, or run on its inputs.

A hint on inputs is tried first: only shapes with which the network runs are proposed.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, joined
from mfprofile.trace.inputs import Input
from mfprofile.trace.mode import Mode
from mfprofile.trace.parse import Inputs
from mfprofile.trace.trace import trace

_SEVERAL = re.compile(r"[^,=]*(,\s*[^\W\d]\w*\s*=[^,=]*)+")
_UNEXPECTED = re.compile(r"(\S+)\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r"(\S+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.*)")
_CHANNELS = (1, 3, 4)

Shape = tuple[int, ...]


@contextlib.contextmanager
def advised(model: nn.Module, inputs: Inputs, mode: Mode) -> Iterator[None]:
    """Add a remedy to the `InputError` of a network that cannot run on shapes, if it runs on similar ones."""
    try:
        yield
    except InputError as error:
        hint = "" if error.__cause__ is None or inputs.assumed else _on_inputs(model, inputs, mode)
        if not hint:
            raise
        raise InputError(f"{error}; {hint}") from error.__cause__


def _on_inputs(model: nn.Module, inputs: Inputs, mode: Mode) -> str:
    """Return which shapes the network takes instead, or '' if it runs with none of those that are likely meant."""
    if inputs.batch is None or not _made(inputs):
        return ""
    batch = _given_batch(inputs)
    if batch is not None and _runs(model, _changed(inputs, _without_batch, batch), mode):
        more = ", or --no-batch" if batch == inputs.batch else f" --batch {batch}"
        return f"a shape is given without the batch dimension: use {_options(inputs, _without_batch)}{more}"
    for change, why in _CHANGES:
        if _changed(inputs, change) != inputs and _runs(model, _changed(inputs, change), mode):
            return f"{why}use {_options(inputs, change)}"
    return ""


def _given_batch(inputs: Inputs) -> int | None:
    """Return the batch with which all shapes seem to begin, or None if they do not."""
    firsts = {each.shape[0] if len(each.shape) > 1 else 0 for each in _made(inputs).values()}
    first = firsts.pop()
    is_image = all(len(each.shape) == 4 for each in _made(inputs).values())
    is_batch = first in (1, inputs.batch) or (is_image and inputs.batch == 1)
    return first if first and not firsts and is_batch else None


def _without_batch(shape: Shape) -> Shape:
    return shape[1:]


def _channels_first(shape: Shape) -> Shape:
    return (shape[2], *shape[:2]) if len(shape) == 3 and shape[2] in _CHANNELS else shape


def _image(channels: int) -> Callable[[Shape], Shape]:
    """Return a function that makes the shape of an image of the side or the sides of one."""
    return lambda shape: (channels, shape[0], shape[-1]) if len(shape) in (1, 2) else shape


_CHANGES: Sequence[tuple[Callable[[Shape], Shape], str]] = (
    (_image(3), ""),
    (_image(1), ""),
    (_channels_first, "the channels come first: "),
)


def _made(inputs: Inputs) -> dict[str | int, Input]:
    """Return the inputs that are given as shapes, by number or name."""
    every: list[tuple[str | int, Any]] = [*enumerate(inputs.ordered), *inputs.named.items()]
    return {name: each for name, each in every if isinstance(each, Input)}


def _changed(inputs: Inputs, change: Callable[[Shape], Shape], batch: int | None = None) -> Inputs:
    def changed(value: Any) -> Any:
        return value._replace(shape=change(value.shape)) if isinstance(value, Input) else value

    ordered, named = map(changed, inputs.ordered), {name: changed(each) for name, each in inputs.named.items()}
    return inputs._replace(ordered=list(ordered), named=named, batch=batch or inputs.batch)


def _options(inputs: Inputs, change: Callable[[Shape], Shape]) -> str:
    """Return the options of the command line that give these inputs, changed."""
    return " ".join(f"--input {_text(name, each, change)}" for name, each in _made(inputs).items())


def _text(name: str | int, one: Input, change: Callable[[Shape], Shape]) -> str:
    dtype = "" if one.dtype is None else f"{str(one.dtype).removeprefix('torch.')}:"
    return f"{name if isinstance(name, str) else ''}{'=' * isinstance(name, str)}{dtype}{_sides(change(one.shape))}"


def _sides(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _runs(model: nn.Module, inputs: Inputs, mode: Mode) -> bool:
    """Return whether a copy of the network runs on these inputs."""
    given = {"fill": inputs.fill, "batch": inputs.batch, **mode._asdict()}
    try:
        trace(model, inputs.ordered, inputs.named, **given)
    except InputError:
        return False
    return True


def on_arguments(arguments: Mapping[str, Any], error: BaseException) -> str:
    """Return what to do about a factory that failed with these arguments, after `; `, or ''."""
    several = next((key for key, value in arguments.items() if _is_several(value)), None)
    if several is not None:
        pairs = re.split(r",\s*", f"{several}={arguments[several]}")
        return f"; each --arg is one KEY=VALUE: use {' '.join(f'--arg {pair}' for pair in pairs)}"
    if not isinstance(error, TypeError):
        return ""
    if (match := _UNEXPECTED.match(str(error))) and match[2] in arguments:
        return _unexpected(match[2], _parameters(match[1], error))
    if match := _MISSING.match(str(error)):
        names = [f"--arg {name}=VALUE" for name in re.findall(r"'(\w+)'", match[2])]
        return f"; give it {joined(names)}" if _is_factory(match[1], error) else ""
    return ""


def _is_several(value: Any) -> bool:
    return isinstance(value, str) and _SEVERAL.fullmatch(value) is not None


def _unexpected(key: str, names: Sequence[str] | None) -> str:
    if names is None:
        return ""
    if not names:
        return f"; it takes no arguments: remove --arg {key}"
    return f"; {instead(key, names)}"


def _frames(error: BaseException) -> list[Any]:
    """Return the frames through which an exception went, the innermost last."""
    frames, step = [], error.__traceback__
    while step is not None:
        frames.append(step.tb_frame)
        step = step.tb_next
    return frames


def _is_factory(name: str, error: BaseException) -> bool:
    """Return whether the callable of that name is called where the exception is raised, by this project."""
    frame = _frames(error)[-1]
    return frame.f_globals.get("__name__") == "mfprofile.trace.target" and bool(_called(name, frame))


def _parameters(name: str, error: BaseException) -> list[str] | None:
    """Return the arguments of the callable that refused one, or None if it is not found where it was called."""
    for value in _called(name, _frames(error)[-1]):
        with contextlib.suppress(TypeError, ValueError):
            return [
                each.name
                for each in inspect.signature(value).parameters.values()
                if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
            ]
    return None


def _called(name: str, frame: Any) -> list[Any]:
    """Return the callables of a name such as `make` or `Net.__init__` among the variables of a frame."""
    values = [*frame.f_locals.values(), *frame.f_globals.values()]
    return [each for each in values if callable(each) and name in _qualified(each)]


def _qualified(value: Any) -> tuple[str, ...]:
    name = getattr(value, "__qualname__", "")
    return (name, f"{name}.__init__") if isinstance(value, type) else (name,)
