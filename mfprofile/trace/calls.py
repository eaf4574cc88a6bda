"""Which of a model's modules is being called, and what the ops that it runs are named."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from threading import get_ident
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


class PastError(Exception):
    """A copy of a network leads to the network itself, as a function does that is kept beside a layer."""


class Call:
    """One call of a module: its path, which call of the module it is, and the names of the ops that it runs itself."""

    __slots__ = ("is_layer", "names", "number", "path")

    def __init__(self, path: str, number: int, is_layer: bool) -> None:
        self.path = path
        self.number = number
        self.is_layer = is_layer
        self.names: Counter[str] = Counter()

    def numbered(self, name: str) -> int:
        """Return how many ops of that name the call has run, this one included."""
        self.names[name] += 1
        return self.names[name]


class Calls:
    """The calls of a model's modules, which stand at the path by which each was registered first.

    The hooks that tell of them are torch's global ones, and are there while `watched` only; calls of other modules, as
    of those made on the way, belong to the one of the model's that is being called. `stray` hears of those of the
    model's that are called in other threads. Where the model is a copy, a call of a module of the `original` is refused
    with `PastError` before it does anything; `past` keeps the first.
    """

    def __init__(self, model: nn.Module, stray: Callable[[str], None], original: nn.Module | None = None) -> None:
        self._stray = stray
        self.past: PastError | None = None
        self._originals = {} if original is None else {id(each): path for path, each in original.named_modules()}
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._taken = {*self._paths.values(), *(path for path, _ in model.named_parameters())}
        self._counts: Counter[str] = Counter()
        self._thread = get_ident()
        self._stack = [Call("", 1, is_layer=False)]

    @property
    def current(self) -> Call:
        """Return the innermost call that is running."""
        return self._stack[-1]

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Follow the calls; nothing is left of it afterwards, whatever happens."""
        enter = register_module_forward_pre_hook(self._enter)
        leave = register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            enter.remove()
            leave.remove()

    def _enter(self, module: nn.Module, _: Any) -> None:
        if id(module) in self._originals:
            raise self.led_past(f"{self._originals[id(module)] or 'it'} is called")
        path = self._paths.get(id(module))
        if path is not None and get_ident() != self._thread:
            self._stray(f"{path or 'it'} is called")
        elif path is not None:
            self._counts[path] += 1
            is_layer = bool(path) and next(module.children(), None) is None
            self._stack.append(Call(path, self._counts[path], is_layer))

    def led_past(self, what: str) -> PastError:
        """Note, and return, that the copy led to the network itself; the first is what is told."""
        self.past = self.past or PastError(f"{what} past the copy that is run")
        return self.past

    def _leave(self, module: nn.Module, *_: Any) -> None:
        if id(module) in self._paths and get_ident() == self._thread:
            self._stack.pop()

    def name(self, call: Call, name: str, at: int) -> str:
        """Return an op's name within its module: none where it is all that a layer does.

        `matmul2` is the second of its kind in a call, `#2` of a second call; `relu-op` is one beside a module `relu`.
        """
        again = f"#{call.number}" if call.number > 1 else ""
        if call.is_layer and call.names.total() == 1:
            return again
        local = f"{name}{at if at > 1 else ''}"
        taken = (f"{call.path}.{local}" if call.path else local) in self._taken
        return f"{local}-op{again}" if taken else f"{local}{again}"


def module_in(traceback: Any, paths: Mapping[int, str]) -> str:
    """Return the path of the innermost module whose method a traceback went through."""
    found = ""
    while traceback is not None:
        found = paths.get(id(traceback.tb_frame.f_locals.get("self")), found)
        traceback = traceback.tb_next
    return found
