"""Functions that operators are given, as the branches of torch.cond: which mode is there while they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from mfprofile.trace.owners import Owners, tensors_in


class Reading(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that records nothing but which parameters are read: that of what is not counted."""

    supports_higher_order_operators = True

    def __init__(self, owners: Owners) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._owners = owners

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and note what it reads."""
        options = kwargs or {}
        self._owners.read(tensors_in((*args, *options.values())))
        return func(*args, **options)


def under(mode: TorchDispatchMode, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs another under a mode: an operator that is given one has left it."""

    def run(*args: Any) -> Any:
        with mode:
            return function(*args)

    return run
