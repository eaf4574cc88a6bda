"""Follow which module of a model is running, and name the ops that it runs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from mfprofile.errors import OriginalUsedError
from mfprofile.trace.modules import is_leaf, named_modules, named_parameters


class Call:
    """One call of a module: its path, its number among the module's calls, and the names of its own ops.

    `rank` is the number of dimensions of its first argument, or None if that is not a tensor.
    """

    __slots__ = ("is_layer", "names", "number", "path", "rank")

    def __init__(self, path: str, number: int, is_layer: bool, rank: int | None = None) -> None:
        self.rank = rank
        self.path = path
        self.number = number
        self.is_layer = is_layer
        self.names: Counter[str] = Counter()

    def numbered(self, name: str) -> int:
        """Return how many ops of that name the call has run, this one included."""
        self.names[name] += 1
        return self.names[name]


class Calls:
    """The calls of a model's modules. A module registered at several paths has the first of them.

    Torch's global hooks report the calls, only inside `watch`. A call of another module, such as one made during the
    forward, belongs to the model's module that is running. If a module of the model is called in another thread,
    `on_other_thread` is called with a text. If the model is a copy, a call of a module of the `original` raises
    `OriginalUsedError` before it does anything, but not in another thread; `error` is the first of these.
    """

    def __init__(
        self, model: nn.Module, on_other_thread: Callable[[str], None], original: nn.Module | None = None
    ) -> None:
        self._on_other_thread = on_other_thread
        self.error: OriginalUsedError | None = None
        named, originals = list(named_modules(model)), [] if original is None else list(named_modules(original))
        self._kept = named, originals  # a module is known by its identity, so it must not be freed
        self._originals = {id(each): path for path, each in originals}
        self._paths = {id(module): path for path, module in named}
        self._used_names = {*self._paths.values(), *(path for path, _ in named_parameters(model))}
        self._counts: Counter[str] = Counter()
        self._thread = get_ident()
        self._stack = [Call("", 1, is_layer=False)]

    @property
    def current(self) -> Call:
        """Return the innermost running call."""
        return self._stack[-1]

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Follow the calls inside a with block; the hooks are always removed at its end."""
        enter = register_module_forward_pre_hook(self._enter)
        leave = register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            enter.remove()
            leave.remove()

    def _enter(self, module: nn.Module, args: Any) -> None:
        path = self._paths.get(id(module))
        if get_ident() != self._thread:  # another thread may use the original for itself
            if path is not None:
                self._on_other_thread(f"{path or 'the network'} is called")
        elif id(module) in self._originals:
            raise self.note_original_used(f"{self._originals[id(module)] or 'the network'} is called in the original")
        elif path is not None:
            self._counts[path] += 1
            is_layer = bool(path) and is_leaf(module)
            rank = args[0].dim() if args and isinstance(args[0], Tensor) else None
            self._stack.append(Call(path, self._counts[path], is_layer, rank))

    def note_original_used(self, what: str) -> OriginalUsedError:
        """Return the error that the copy used the original; only the first is kept and reported."""
        self.error = self.error or OriginalUsedError(f"{what}, not in the copy")
        return self.error

    def _leave(self, module: nn.Module, *_: Any) -> None:
        if id(module) in self._paths and get_ident() == self._thread:
            self._stack.pop()

    def name(self, call: Call, name: str, at: int) -> str:
        """Return an op's name within its module; it is empty for the only op of a layer.

        `matmul2` is the second matmul in a call, `#2` marks the ops of a second call. An op is called `relu-op` if the
        module has a child `relu`.
        """
        call_mark = f"#{call.number}" if call.number > 1 else ""
        if call.is_layer and call.names.total() == 1:
            return call_mark
        local = f"{name}{at if at > 1 else ''}"
        is_used = (f"{call.path}.{local}" if call.path else local) in self._used_names
        return f"{local}-op{call_mark}" if is_used else f"{local}{call_mark}"


def module_in(traceback: Any, paths: Mapping[int, str]) -> str:
    """Return the path of the innermost module with a method in the traceback, or '' if there is none."""
    path = ""
    while traceback is not None:
        path = paths.get(id(traceback.tb_frame.f_locals.get("self")), path)
        traceback = traceback.tb_next
    return path
