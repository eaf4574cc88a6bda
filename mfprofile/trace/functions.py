"""Run the functions that an operator gets as arguments, such as the branches of torch.cond, under a dispatch mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from mfprofile.trace import older
from mfprofile.trace.owners import Owners, tensors_in


class Reading(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode for operators that are not counted: it records only which parameters are read."""

    supports_higher_order_operators = True

    def __init__(self, owners: Owners) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        older.admit(type(self))
        self._owners = owners

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and record the parameters that it reads."""
        options = kwargs or {}
        self._owners.read(tensors_in((*args, *options.values())))
        return func(*args, **options)


def under(mode: TorchDispatchMode, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs `function` under a mode, which torch has turned off inside the operator."""

    def run(*args: Any) -> Any:
        with mode:
            return function(*args)

    return run
