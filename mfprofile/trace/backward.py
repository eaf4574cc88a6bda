"""Compare a bill of training with a real backward pass, which shows what one inference cannot.

Parts that run again (checkpointing), functions with a backward of their own, and networks that turn off gradients in
ways that no operator shows: all have more or fewer products than the rule says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mfprofile.cost.kinds import COMPLEX, COMPLEX_BIASED, PRODUCTS, RECURRENT
from mfprofile.cost.rows import Part
from mfprofile.cost.subject import Remark
from mfprofile.spec.words import raised, several
from mfprofile.trace import older
from mfprofile.trace.handles import is_counted
from mfprofile.trace.overloads import operator_of
from mfprofile.trace.settings import settings
from mfprofile.trace.ways import Way

_COUNTED = frozenset((*PRODUCTS, *RECURRENT))
Given = Callable[[], tuple[nn.Module, Sequence[Any], Mapping[str, Any]]]
"""A function that makes a copy of a network in training mode, and its arguments."""


class _Products(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that adds up the products of all operators, those of a backward pass too."""

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        older.admit(type(self))
        self.total: int = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator and count its products."""
        operator, options = operator_of(func), kwargs or {}
        out = _norm_of_one_value(operator.name, args) or func(*args, **options)
        others = {name: value for name, value in options.items() if name not in operator.outs}
        if operator.handle is not None and is_counted(operator.name, args, others):
            first = out if isinstance(out, Tensor) else out[0]
            costs = operator.handle(first, *args, **others)
            self.total += sum(cost.madds for _, cost in costs if cost.kind in _COUNTED)
        return out


def _norm_of_one_value(name: str, args: Sequence[Any]) -> tuple[Tensor, ...] | None:
    """Return the outputs of a batch norm on one value per channel, which torch cannot run on meta tensors."""
    image = args[0] if args else None
    if name != "native_batch_norm" or not isinstance(image, Tensor) or not image.is_meta:
        return None
    channels = image.shape[1]
    one = image.numel() == channels
    return (torch.empty_like(image), image.new_empty(channels), image.new_empty(channels)) if one else None


def differences(given: Given, way: Way, parts: Sequence[Part], causal: str) -> Iterator[Remark]:
    """Yield a remark if a real forward and backward pass has other products than `parts`, or cannot be run.

    There is none if the way is not one of training.
    """
    if not way.mode.training:
        return
    reason = _obstacle(way, parts, causal)
    counted = sum(cost.madds for part in parts for _, _, cost in part.ops if cost.kind in _COUNTED)
    if not reason:
        run = _products(given, way)
        if isinstance(run, int):
            yield from _difference(run, counted)
            return
        reason = run
    yield Remark(f"not compared with a real backward pass: {reason}")


def _obstacle(way: Way, parts: Sequence[Part], causal: str) -> str:
    """Return why a real backward pass cannot be compared with the bill, or ''."""
    if way.copy_tensor is None:
        return "the network cannot be copied"
    if causal == "pairs":
        return "it computes all rows × columns of causal attention"
    is_complex = any(role in (COMPLEX, COMPLEX_BIASED) for part in parts for _, role, _ in part.ops)
    return "it convolves complex numbers, which torch runs as three convolutions" if is_complex else ""


def _products(given: Given, way: Way) -> int | str:
    """Return the products of a real forward and backward pass, or why it cannot be run."""
    way = replace(way, default_device=way.device, gradients=True)
    try:
        network, args, kwargs = given()
        with settings(way), _in_parts(), _Products() as products:
            values = [each for each in tree_leaves(network(*args, **kwargs)) if isinstance(each, Tensor)]
            outputs = [each for each in values if each.requires_grad]
            if outputs:
                torch.autograd.backward(outputs, [torch.ones_like(each) for each in outputs])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a network can raise anything in its backward pass too
        return raised(error)
    return int(products.total)


@contextlib.contextmanager
def _in_parts() -> Iterator[None]:
    """Run attention and recurrent layers by products of matrices inside a with block, not by kernels of their own."""
    is_enabled = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch._C._set_mkldnn_enabled(is_enabled)


def _difference(run: int, counted: int) -> Iterator[Remark]:
    """Yield a remark if the products that were run are not those that are counted."""
    if run > counted:
        why = "parts that run again, as in checkpointing, or a backward of its own, are not counted"
    else:
        why = "gradients that the network turns off are counted"
    if run != counted:
        more = f"{several(abs(run - counted), 'product')} {'more' if run > counted else 'fewer'}"
        yield Remark(f"a real forward and backward pass has {more} than counted here: {why}", is_gap=True)
