"""Calls of operators in every signature: a handle counts those that it knows, and all others are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch._ops import OpOverload  # noqa: E402
from torch.nn import functional  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace import handles, overloads  # noqa: E402
from mfprofile.trace.handles import HANDLES, is_counted  # noqa: E402
from mfprofile.trace.operators import base_name  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402


def blank(*shape: int, dtype: Any = torch.bfloat16) -> Tensor:
    """Return a meta tensor."""
    return torch.empty(shape, device="meta", dtype=dtype)


FLOAT = torch.float32
EIGHT = torch.float8_e4m3fn
CALLS: dict[str, tuple[Callable[[], Any], int]] = {
    "addmm": (lambda: torch.addmm(blank(5, 16), blank(5, 8), blank(8, 16), out_dtype=FLOAT), 640),
    "addmm with factors": (lambda: torch.addmm(blank(16), blank(5, 8), blank(8, 16), beta=2, alpha=3), 640),
    "mm": (lambda: torch.mm(blank(5, 8), blank(8, 16), out_dtype=FLOAT), 640),
    "bmm": (lambda: torch.bmm(blank(2, 5, 8), blank(2, 8, 16), out_dtype=FLOAT), 1280),
    "scaled": (
        lambda: torch._scaled_mm(
            blank(16, 32, dtype=EIGHT), blank(48, 32, dtype=EIGHT).t(), *[blank(1, dtype=FLOAT)] * 2, out_dtype=FLOAT
        ),
        16 * 32 * 48,
    ),
    "grouped queries": (
        lambda: functional.scaled_dot_product_attention(
            blank(1, 4, 5, 8), blank(1, 2, 7, 8), blank(1, 2, 7, 8), enable_gqa=True, scale=0.5
        ),
        2 * 4 * 5 * 7 * 8,
    ),
    "no groups": (lambda: torch._grouped_mm(blank(8, 16), blank(16, 8), offs=torch.empty(0, dtype=torch.int32, device="meta")), 0),
    "an empty norm": (lambda: functional.layer_norm(blank(5, 0), (0,)), 0),
    "an empty embedding": (lambda: functional.embedding(blank(5, dtype=torch.int64), blank(3, 0)), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_that_torch_knows_is_accepted(name: str) -> None:
    """The type of the result, factors and scales do not change the count."""
    function, madds = CALLS[name]
    try:
        function()
    except (AttributeError, TypeError) as error:
        pytest.skip(f"this torch cannot run it: {error}")
    traced = trace(Lambda(lambda _: function()), [blank(1)])
    assert (traced.bill().madds, traced.uncovered, traced.device) == (madds, (), "meta")


def counted_overloads() -> Iterator[OpOverload]:
    """Yield each operator on tensors that has a handle, in all its overloads."""
    for name in HANDLES:
        for packet in filter(None, (getattr(torch.ops.aten, each, None) for each in (name, f"{name}_"))):
            for each in packet.overloads():
                function = getattr(packet, each)
                returns = [str(result.type) for result in function._schema.returns]
                if returns[:1] == ["Tensor"] and each != "sublist":
                    yield function


def test_handles_know_all_arguments_of_this_torch() -> None:
    """No overload falls through because of an argument that a handle does not name."""
    unknown = []
    for function in counted_overloads():
        arguments = [each for each in function._schema.arguments if not each.is_out]
        ordered = tuple(None for each in arguments if not each.kwarg_only)
        named = frozenset(each.name for each in arguments if each.kwarg_only)
        if not handles._accepts(HANDLES[base_name(function)], len(ordered), named):
            unknown.append(str(function))
    assert unknown == []


@pytest.fixture
def strict_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the handles of two operators by some that know only the first argument."""
    narrow: Any = lambda out, first: []  # noqa: ARG005, E731
    monkeypatch.setattr(handles, "HANDLES", {**HANDLES, "addmv": narrow, "softplus": narrow})


@pytest.mark.usefixtures("strict_linear")
def test_a_call_with_arguments_that_no_handle_knows_is_reported() -> None:
    """An operator that torch does not define by others, and has no formula for, is listed as not counted."""
    traced = trace(nn.Sequential(nn.Linear(4, 3), nn.Softplus(beta=2)), blank(5, 4, dtype=FLOAT))
    assert [(each.operator, each.count, each.elements) for each in traced.uncovered] == [("softplus", 1, 15)]
    added = trace(Lambda(lambda x: torch.addmv(x[0], x, x[0])), blank(4, 4, dtype=FLOAT))
    assert [(each.operator, each.elements) for each in added.uncovered] == [("addmv", 4)]


def test_an_error_inside_a_handle_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the arguments decide whether a handle counts a call; a fault of ours stays one."""

    def broken(out: Tensor, *_: Any, **__: Any) -> Any:
        return out.shape + None

    changed = {**HANDLES, "linear": broken}
    monkeypatch.setattr(handles, "HANDLES", changed)
    monkeypatch.setattr(overloads, "HANDLES", changed)
    overloads.operator_of.cache_clear()
    try:
        with pytest.raises(TypeError, match="concatenate"):
            trace(nn.Linear(4, 3), blank(5, 4, dtype=FLOAT))
    finally:
        overloads.operator_of.cache_clear()


def test_conditions_choose_the_calls_of_a_handle() -> None:
    """An einsum of three operands and a convolution of real numbers are decomposed by torch."""
    image, weight = blank(1, 3, 8), blank(4, 3, 1)
    assert not is_counted("conv1d", (image, weight), {})
    assert is_counted("conv1d", (image.to(torch.complex64), weight.to(torch.complex64)), {})
    assert not is_counted("einsum", ("i,i,i->i", [image] * 3), {})
    assert not is_counted("addmm", (image, image, image), {"window": 3})
