"""Einsums of all forms: each costs the products that torch runs for it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402


def blank(*shapes: tuple[int, ...]) -> list[Tensor]:
    """Return a meta tensor of each shape."""
    return [torch.empty(shape, device="meta") for shape in shapes]


def of(equation: str, *shapes: tuple[int, ...]) -> Trace:
    """Return the trace of an einsum of tensors of these shapes."""
    return trace(Lambda(lambda *operands: torch.einsum(equation, *operands)), blank(*shapes))


class Products(TorchDispatchMode):
    """The shapes of what torch runs for an einsum: of each matrix product, its operands and of each `mul`, its result."""

    def __init__(self) -> None:
        super().__init__()
        self.products: list[int] = []
        self.multiplied: list[int] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        """Run an operator and note it."""
        out = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.bmm.default:
            self.products.append(out.numel() * args[0].shape[-1])
        elif func is torch.ops.aten.mul.Tensor:
            self.multiplied.append(out.numel())
        return out


def as_torch_runs(equation: str, *shapes: tuple[int, ...]) -> Products:
    """Return what torch runs outside of inference mode, where it decomposes an einsum."""
    with Products() as mode:
        torch.einsum(equation, *blank(*shapes))
    return mode


@pytest.mark.parametrize(
    ("equation", "shapes", "madds"),
    [
        ("bij,jk->bik", ((2, 3, 1), (5, 2)), 12),  # the five rows are summed before the product
        ("bij,jk->bik", ((2, 3, 5), (1, 2)), 12),
        ("bij,jk->bik", ((2, 3, 1), (1, 2)), 12),
        ("bij,jk->bik", ((2, 3, 5), (5, 2)), 60),
        ("bij,jk", ((2, 3, 1), (5, 2)), 12),
        ("bijl,jlk->bik", ((2, 3, 1, 7), (5, 7, 2)), 2 * 3 * 7 * 2),  # only one of the two inner letters is broadcast
        ("bij,bjk->bik", ((1, 3, 5), (4, 5, 2)), 4 * 3 * 5 * 2),  # a letter of the output is broadcast
        ("bij,bij->bi", ((2, 3, 1), (2, 3, 5)), 0),  # summed, then multiplied value by value
        ("bij,bij->bi", ((2, 3, 5), (2, 3, 5)), 30),
        ("...ij,...jk->...ik", ((4, 3, 1), (4, 5, 2)), 4 * 3 * 2),
        ("...ij,jk->...ik", ((2, 4, 3, 5), (5, 2)), 2 * 4 * 3 * 5 * 2),
        ("...ij,...jk->ik", ((4, 3, 5), (4, 5, 2)), 4 * 3 * 5 * 2),  # the sides in place of `...` are summed
        ("...ij,...jk", ((4, 1, 3, 5), (6, 5, 2)), 4 * 6 * 3 * 5 * 2),
        ("...i,...i->...", ((4, 5), (4, 5)), 20),
        ("bii,ij->bj", ((2, 5, 5), (5, 3)), 2 * 5 * 3),  # a diagonal
        ("ii,j->ij", ((5, 5), (3,)), 15),
        ("ij,jk->ik", ((0, 3), (3, 2)), 0),
        ("ij,jk->ik", ((4, 0), (0, 2)), 0),
        (",ij->ij", ((), (3, 2)), 0),
        (" i j , j k -> i k ", ((5, 3), (3, 7)), 105),
        ("ij,jk,kl->il", ((5, 3), (3, 7), (7, 2)), 105 + 70),  # from left to right
        ("ij,jk,kl->il", ((5, 3), (1, 7), (7, 2)), 70),  # the first pair is multiplied value by value
        ("abc,cd,de,ef->abf", ((2, 3, 4), (4, 5), (5, 6), (6, 7)), 2 * 3 * (20 + 30 + 42)),
    ],
)  # fmt: skip
def test_an_einsum_costs_what_torch_runs(equation: str, shapes: Any, madds: int) -> None:
    """A side of 1 that is summed against a longer one does not repeat the product."""
    traced = of(equation, *shapes)
    assert (traced.bill().madds, traced.coverage) == (madds, 1)


def test_operands_by_numbers_cost_the_same() -> None:
    """`einsum` also takes a list of numbers for each operand."""
    traced = trace(Lambda(lambda x, y: torch.einsum(x, [0, 1, 2], y, [2, 3], [0, 1, 3])), blank((2, 3, 1), (5, 2)))
    assert traced.bill().madds == 12
    dotted = trace(Lambda(lambda x, y: torch.einsum(x, [..., 0, 1], y, [1, 2], [..., 0, 2])), blank((2, 3, 5), (5, 2)))
    assert dotted.bill().madds == 60


@st.composite
def einsums(draw: st.DrawFn, operands: int) -> tuple[str, list[tuple[int, ...]]]:
    """Draw an equation and shapes: letters in any order, also repeated, sides of 0 and 1, `...`, an implied output."""
    sizes = {letter: draw(st.sampled_from((0, 1, 2, 3, 5))) for letter in "abcde"}
    hidden = draw(st.lists(st.sampled_from((1, 2, 3)), max_size=2))
    terms, shapes = [], []
    for _ in range(operands):
        letters = draw(st.lists(st.sampled_from("abcde"), max_size=4))
        narrow = {letter: draw(st.booleans()) for letter in letters}
        shape = [1 if narrow[letter] else sizes[letter] for letter in letters]
        count = draw(st.integers(0, len(hidden)))
        if draw(st.booleans()):
            at = draw(st.integers(0, len(letters)))
            terms.append("".join([*letters[:at], "...", *letters[at:]]))
            shape[at:at] = [1 if draw(st.booleans()) else side for side in hidden[len(hidden) - count :]]
        else:
            terms.append("".join(letters))
        shapes.append(tuple(shape))
    used = sorted({letter for term in terms for letter in term} - {"."})
    kept = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
    dots = "..." if any("..." in term for term in terms) and draw(st.booleans()) else ""
    return ",".join(terms) + draw(st.sampled_from(("", f"->{dots}{''.join(kept)}"))), shapes


def multiplies_pairs(equation: str, shapes: list[tuple[int, ...]]) -> bool:
    """Return whether an einsum that torch runs without a matrix product has a product for each pair, by its letters.

    Both operands have a letter of the output that the other one lacks, or a letter of 1 is summed in both.
    """
    left, _, right = equation.partition("->")
    sides: list[dict[str, int]] = []
    for term, shape in zip(left.split(","), shapes, strict=True):
        dims = len(shape) - len(term.replace("...", ""))
        before, _, after = term.partition("...")
        names = [*before, *(f".{dims - at}" for at in range(dims)), *after]
        sides.append(dict(zip(names, shape, strict=True)))
    kept = set(right.replace(".", "")) | (
        {name for each in sides for name in each if "." in name} if "." in right else set()
    )
    if "->" not in equation:
        kept = {name for name in {**sides[0], **sides[1]} if "." in name or left.count(name) == 1}
    one, two = sides
    summed = any(one[name] == two[name] for name in (one.keys() & two.keys()) - kept)
    return summed or bool((one.keys() - two.keys()) & kept and (two.keys() - one.keys()) & kept)


@given(einsums(operands=2))
def test_two_operands_cost_the_matrix_product_that_torch_runs(case: tuple[str, list[tuple[int, ...]]]) -> None:
    """Where torch multiplies value by value, the einsum is a product of all pairs, or none."""
    equation, shapes = case
    run = as_torch_runs(equation, *shapes)
    madds = of(equation, *shapes).bill().madds
    if run.products:
        assert [madds] == run.products
    else:
        assert madds == (run.multiplied[-1] if multiplies_pairs(equation, shapes) else 0)


@given(st.integers(3, 4).flatmap(lambda count: einsums(operands=count)))
def test_more_operands_cost_what_torchs_own_counter_says(case: tuple[str, list[tuple[int, ...]]]) -> None:
    """They are taken in pairs, in the order that torch chooses."""
    equation, shapes = case
    with FlopCounterMode(display=False) as counter:
        torch.einsum(equation, *blank(*shapes))
    assert of(equation, *shapes).bill().madds * 2 == counter.get_total_flops()
    assert prod(of(equation, *shapes).coverage.as_integer_ratio()) == 1
