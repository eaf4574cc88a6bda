"""What torch.jit's tracing leaves of a run is what fvcore counts, at every module path, flops and activations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("fvcore")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.autograd import Function  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.cost.dataflow import DataFlow, Ran  # noqa: E402
from mfprofile.cost.jit import graph_of  # noqa: E402
from mfprofile.trace.autograd import Functions  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.explain import Explanation  # noqa: E402
from mfprofile.verify.verify import verified  # noqa: E402


def explained(model: nn.Module, *inputs: Tensor) -> Explanation:
    """Return the explanation of what fvcore, really run, counts."""
    model = model.eval()
    result = verified(trace(model, inputs).bill(), model, ["fvcore"], lambda _: None, inputs)
    assert result.failures == {}
    (only,) = result.explanations
    return only


class Twice(Function):
    """A product that torch.jit's tracing does not see."""

    @staticmethod
    def forward(_: Any, rows: Tensor, weight: Tensor) -> Tensor:
        """Return the products of rows with a weight."""
        return (rows @ weight) @ weight


_twice = Twice.apply  # as many networks keep it: before any trace


class Nested(Function):
    """A function that calls another one, and multiplies after it."""

    @staticmethod
    def forward(_: Any, rows: Tensor, weight: Tensor) -> Tensor:
        """Return more products of rows with a weight."""
        return _twice(rows, weight) @ weight


class Net(nn.Module):
    """Two layers that a function uses: `a` of 4 to 4 (32 products on two rows), `b` of 4 to 8 (64 products)."""

    def __init__(self, function: Callable[[Any, Tensor], Any]) -> None:
        super().__init__()
        self.function = function
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 8)
        self.register_buffer("kept", torch.zeros(2, 8))

    def forward(self, rows: Tensor) -> Any:
        """Return the result of the function on rows (2, 4)."""
        return self.function(self, rows)


def _used_before(net: Any, rows: Tensor) -> Tensor:
    other = torch.zeros(2, 8)
    total = other.sum()
    other.copy_(net.b(rows))
    return net.a(rows) + total


def _written_in_part(net: Any, rows: Tensor) -> Tensor:
    other = torch.zeros(2, 8)
    other[:, :2] = net.b(rows)[:, :2]
    return net.a(rows) + other[:, 4:]


def _written_for_nothing(net: Any, rows: Tensor) -> Tensor:
    other = torch.zeros(2, 8)
    other[:, :2] = net.b(rows)[:, :2]
    return net.a(rows)


def _kept(net: Any, rows: Tensor) -> Tensor:
    net.kept.copy_(net.b(rows))
    return net.a(rows)


def _read_by_python(net: Any, rows: Tensor) -> Tensor:
    return net.a(rows + 1 if net.b(rows).sum().item() > 1000 else rows)


def _listed(net: Any, rows: Tensor) -> Tensor:
    torch.cat([net.b(rows), net.b(rows + 1)])
    return net.a(rows)


def _through_view(net: Any, rows: Tensor) -> Tensor:
    return net.b(rows).view(4, 4).t()[1:, :2] + net.a(rows)[:1, :2]


USED = {
    "both returned": (lambda net, rows: {"a": net.a(rows), "b": [net.b(rows)]}, 32, 64),
    "unused": (lambda net, rows: (net.b(rows), net.a(rows))[1], 32, 0),
    "unused after unused": (lambda net, rows: (net.b(net.a(rows)), rows + 1)[1], 0, 0),
    "first used, then unused": (lambda net, rows: (net.b(each := net.a(rows)), each)[1], 32, 0),
    "called again, unused": (lambda net, rows: (net.a(net.a(rows)), net.a(rows), net.b(rows))[1], 32, 0),
    "only its shape in a result": (lambda net, rows: torch.zeros_like(net.b(rows)), 0, 64),
    "a view is returned": (_through_view, 32, 64),
    "written to what is read later": (_written_in_part, 32, 64),
    "written to what nothing reads": (_written_for_nothing, 32, 0),
    "written to what was read before": (_used_before, 32, 0),
    "written to a buffer": (_kept, 32, 64),
    "in a list that nothing uses": (_listed, 32, 0),
    "read by Python": (_read_by_python, 32, 0),
}


@pytest.mark.parametrize("name", USED)
def test_a_result_that_nothing_uses_is_not_counted(name: str) -> None:
    """Fvcore and we count the same for each layer, and as many as by hand."""
    function, first, second = USED[name]
    each = explained(Net(function), torch.ones(2, 4))
    assert (each.holds, each.predicted) == (True, first + second)


def test_an_input_that_is_written_to_counts_as_used() -> None:
    """Who gave the input sees what is written to it."""

    def run(net: Any, rows: Tensor) -> Tensor:
        rows.copy_(net.b(rows)[:, :4])
        return net.a.weight + 1

    each = explained(Net(run), torch.ones(2, 4))
    assert (each.holds, each.predicted) == (True, 64)


FUNCTIONS = {
    "used": (lambda net, rows: Twice.apply(net.a(rows), net.a.weight), 32),
    "kept under another name": (lambda net, rows: _twice(net.a(rows), net.a.weight), 32),
    "inside another": (lambda net, rows: Nested.apply(net.a(rows), net.a.weight), 32),
    "unused, yet it stays, with what it reads": (
        lambda net, rows: (_twice(net.a(rows), net.a.weight), net.b(rows)),
        96,
    ),
    "and a product after it": (lambda net, rows: Nested.apply(net.a(rows), net.a.weight) @ net.a.weight, 64),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_inside_of_a_function_is_not_counted(name: str) -> None:
    """A `torch.autograd.Function` is one operator without a rule. Our own count has its products."""
    function, total = FUNCTIONS[name]
    each = explained(Net(function), torch.ones(2, 4))
    assert (each.holds, each.predicted) == (True, total)
    assert each.core > total


def test_a_function_is_as_before_after_a_trace() -> None:
    """A trace leaves nothing in torch's class, also if the network raises an error."""
    before = [dict(vars(kind)) for kind in Function.__mro__[:2]]
    trace(Net(FUNCTIONS["used"][0]), (4,), batch=2)

    def fail(_: Any, rows: Tensor) -> Tensor:
        raise RuntimeError(f"no {rows.dim()}")

    with pytest.raises(Exception, match="no"):
        trace(Net(fail), (4,))
    assert [dict(vars(kind)) for kind in Function.__mro__[:2]] == before


def test_a_function_is_followed_by_each_of_two_watches() -> None:
    """One inside the other, as for a network that traces another one."""
    outer, inner, seen = Functions(), Functions(), list[tuple[bool, bool]]()

    class Noted(Function):
        @staticmethod
        def forward(_: Any, rows: Tensor) -> Tensor:
            seen.append((outer.is_running, inner.is_running))
            return rows

    with outer.watch():
        with inner.watch():
            Noted.apply(torch.ones(1))
        Noted.apply(torch.ones(1))
    Noted.apply(torch.ones(1))
    assert seen == [(False, True), (True, False), (False, False)]


EINSUMS = [
    ("bi,bi->bi", ((3, 5), (3, 5)), 8),  # nothing is summed: (15 + 1) // 2
    ("bi,bj->bij", ((3, 5), (3, 7)), 53),
    ("bid,bjd->bij", ((3, 5, 1), (3, 7, 1)), 105),  # a sum of one value, which torch runs as a multiplication
    ("bij,bjk->bik", ((2, 3, 5), (2, 5, 7)), 210),
    ("abc,abd->acd", ((3, 5, 11), (3, 5, 13)), 2145),  # a formula of its own
    ("xyz,xwz->xyw", ((3, 5, 11), (3, 13, 11)), 2145),
    ("bij,jk->bik", ((7, 11, 13), (13, 17)), 17020),  # a line shows four digits of 2 · 17,017 + 1
    ("bij->bji", ((2, 3, 4),), 12),
    ("bij->b", ((2, 3, 4),), 24),
    ("bi,ij,j->b", ((2, 3), (3, 4), (4,)), 18),  # numpy begins at the right
    ("bi,ij,jk->bk", ((2, 3), (3, 4), (4, 5)), 64),
    ("bii,bi->b", ((2, 3, 3), (2, 3)), 6),
    ("b...i,ij->b...j", ((2, 3, 5), (5, 4)), 120),
    ("B I , I J -> B J", ((2, 3), (3, 4)), 24),
]


@pytest.mark.parametrize(("equation", "shapes", "madds"), EINSUMS)
def test_an_einsum_is_counted_as_it_is_written(equation: str, shapes: Sequence[tuple[int, ...]], madds: int) -> None:
    """Fvcore counts the equation, whatever torch runs for it."""
    each = explained(Lambda(lambda *operands: torch.einsum(equation, *operands)), *map(torch.ones, shapes))
    assert (each.holds, each.predicted) == (True, madds)


def test_an_einsum_counts_in_the_module_that_calls_it_if_something_uses_it() -> None:
    """One that nothing uses is removed, with the layer before it."""

    def run(net: Any, rows: Tensor) -> Tensor:
        torch.einsum("bi,bi->b", net.b(rows), net.b(rows))
        return net.a(torch.einsum("bi,ij,jk->bk", rows, net.a.weight, net.a.weight))

    each = explained(nn.Sequential(Net(run), Net(run)), torch.ones(2, 4))
    assert (each.holds, each.predicted) == (True, 2 * (32 + 64))
    assert (each.adds, each.misses) == ({}, {"linear": 2 * 128, "matmul": 2 * 16})


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True), min_size=1, max_size=3),
    st.lists(st.sampled_from("abcd"), unique=True),
    st.fixed_dictionaries({letter: st.sampled_from((1, 2, 3, 17, 29)) for letter in "abcd"}),
)
def test_any_einsum_is_counted_as_fvcore_does(terms: list[list[str]], kept: list[str], sizes: dict[str, int]) -> None:
    """Of one to three operands, with any sums, also over one value."""
    letters = [letter for letter in kept if any(letter in term for term in terms)]
    equation = f"{','.join(map(''.join, terms))}->{''.join(letters)}"
    operands = [torch.ones([sizes[letter] for letter in term]) for term in terms]
    assert explained(Lambda(lambda *given: torch.einsum(equation, *given)), *operands).holds


def test_a_tensor_without_a_storage_counts_as_used() -> None:
    """Where it goes is not known."""
    flow = DataFlow([Ran("", "to_mkldnn", (0, 1), (), (), 0, (-1,))], {}, frozenset(), 0, {}, {})
    assert graph_of(flow).removed == frozenset()
