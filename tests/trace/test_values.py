"""Repeatable runs: seeded random numbers, and a note wherever values decided what a network ran."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from zoo import ZOO, Lambda  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import Input, trace  # noqa: E402


def states() -> list[Any]:
    """Return the states of the random numbers of Python, numpy and torch."""
    return [random.getstate(), [*map(str, numpy.random.get_state())], torch.get_rng_state().tolist()]


def reads(function: Callable[..., Any], *inputs: Any, **parameters: Tensor) -> list[str]:
    """Return the operators by which a function of inputs and parameters reads values."""
    traced = trace(Lambda(function, **parameters), list(inputs))
    return [each.operator for each in traced.values_read]


class Gated(nn.Module):
    """Two layers; the second runs only if the sum of the first's output is positive."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.layer = nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of one layer or of both."""
        y = self.gate(x)
        return self.layer(y) if float(y.sum()) > 0 else y


def test_values_that_decide_are_reported_with_their_module() -> None:
    """The bias decides on inputs of zeros."""
    model = nn.Sequential(Gated())
    with torch.no_grad():
        model[0].gate.bias.fill_(1)
    traced = trace(model, (8,))
    (read,) = traced.values_read
    assert (read.module, read.operator, read.count) == ("0", "item", 1)
    assert (traced.bill().madds, traced.fill, traced.device) == (96, "zeros", "cpu")
    with torch.no_grad():
        model[0].gate.bias.fill_(-1)
    assert trace(model, (8,)).bill().madds == 64


def draw_of_each(x: Tensor) -> Tensor:
    """Add as many times as random numbers of three libraries say."""
    for _ in range(random.randrange(50) + numpy.random.randint(50) + int(torch.randint(50, ()))):
        x = x + 1
    return x


def test_a_run_is_seeded_and_the_callers_random_numbers_are_not_changed() -> None:
    """The states of Python, numpy and torch are as before, also if the network raises."""
    before = states()
    first = len(trace(Lambda(draw_of_each), (3,)).rows)
    assert states() == before
    for library in (random, numpy.random):
        library.seed(7)
    torch.manual_seed(7)
    before = states()
    second = trace(Lambda(draw_of_each), (3,))
    assert (len(second.rows), states()) == (first, before)
    assert [each.operator for each in second.values_read] == ["item"]  # a random number of torch
    with pytest.raises(InputError):
        trace(Lambda(lambda x: x @ torch.rand(5, 5)), (3,), fill="random")
    assert states() == before


VALUES: dict[str, tuple[Callable[[Tensor], Any], list[str]]] = {
    "float": (lambda x: x * float(x.mean()), ["item"]),
    "if": (lambda x: x if x.sum() > 0 else -x, ["bool"]),
    "an index": (lambda x: x[x.argmax()], ["item"]),
    "a mask": (lambda x: x[x > 0], ["index"]),
    "masked_select": (lambda x: torch.masked_select(x, x > 0), ["masked_select"]),
    "nonzero": (lambda x: x.nonzero(), ["nonzero"]),
    "where": (lambda x: torch.where(x), ["where"]),
    "unique": (lambda x: torch.unique(x), ["_unique2"]),
    "tolist": (lambda x: x * len(x.tolist()), ["numpy"]),
    "numpy": (lambda x: x * x.numpy().sum().item(), ["numpy"]),
    "equal": (lambda x: x if torch.equal(x, x + 1) else -x, ["equal"]),
    "repeats": (lambda x: torch.ones(3).repeat_interleave((x[0, 0, :3] > 0).long()), ["repeat_interleave"]),
    "classes": (lambda x: functional.one_hot(x.long().abs()), ["one_hot"]),
    "torch.cond": (lambda x: torch.cond(x.sum() > 0, lambda y: y + 1, lambda y: y - 1, (x,)), ["cond"]),
    "a random number": (lambda x: x if torch.rand(1).item() < 0.5 else x + 1, ["item"]),
    "written in place": (lambda x: float(torch.zeros(4, 5).copy_(x[0])[0, 0]), ["item"]),
    # not the values of weights, inputs or random numbers
    "a constant": (lambda x: x * float(torch.tensor(3.0)), []),
    "sides": (lambda x: x.split(torch.tensor([1, x.shape[1] - 1]).tolist(), 1), []),
    "a mask of places": (lambda x: x[:, :, torch.arange(x.shape[2]) > 1].relu() * int(torch.ones(())), []),
    "classes in number": (lambda x: functional.one_hot(x.long().abs() % 3, 3), []),
    "integers as an index": (lambda x: x[0, 0][x[0, 0].long() % 3] * int(torch.ones(())), []),
    "a conversion": (lambda x: torch.zeros(3).numpy() is None or x, []),
}


@pytest.mark.parametrize("name", VALUES)
def test_only_operators_that_read_values_are_reported(name: str) -> None:
    """A network can need a CPU for other reasons: reading a constant, or a tensor made from shapes."""
    function, expected = VALUES[name]
    assert reads(function, (4, 5)) == expected
    traced = trace(Lambda(function), (4, 5), device="cpu")
    assert [each.operator for each in traced.values_read] == expected


@pytest.mark.parametrize("name", ZOO)
def test_networks_that_run_on_meta_tensors_read_no_values_on_a_cpu(name: str) -> None:
    """Their bill holds for all weights and inputs."""
    assert trace(ZOO[name].make(), ZOO[name].inputs, device="cpu").values_read == ()


def test_inputs_of_random_values_are_the_same_in_each_run() -> None:
    """Floats are normal, integers and booleans 0 or 1; a type of its own for each."""
    held: list[list[Tensor]] = []
    kinds = [torch.float32, torch.bfloat16, torch.complex64, torch.int64, torch.uint8, torch.bool]
    inputs = [Input((1000,), kind) for kind in kinds]

    def keep(*given: Tensor) -> Tensor:
        held.append(list(given))
        return given[0]

    fills = ("random", "random", "zeros")
    made = [trace(Lambda(keep), inputs, device="cpu", fill=fill).fill for fill in fills]
    first, second, zeros = held
    assert made == list(fills)
    assert [each.dtype for each in first] == [each.dtype for each in zeros] == kinds
    for one, two, zero in zip(first, second, zeros, strict=True):
        assert torch.equal(one, two)
        assert not zero.any()
        distinct = len(set(one.flatten().tolist()))
        assert distinct == 2 if one.dtype in kinds[3:] else distinct > 100
    assert set(first[3].flatten().tolist()) == {0, 1}


def test_the_values_of_inputs_can_decide() -> None:
    """An embedding has an entry for each random index."""
    model = Lambda(lambda x, w: x @ w if x.any() else x, w=torch.zeros(8, 4))
    assert [trace(model, (8,), fill=fill).bill().madds for fill in ("zeros", "random")] == [0, 32]
    table = nn.Embedding(2, 3)
    assert trace(table, Input((7,), torch.int64), device="cpu", fill="random").uncovered == ()


def test_tensors_of_the_caller_are_given() -> None:
    """They are neither zeros nor random."""
    traced: Trace = trace(nn.Linear(3, 2), torch.ones(1, 3), fill="random")
    assert (traced.fill, trace(nn.Linear(3, 2), (3,)).fill) == ("given", "zeros")


def test_an_unknown_fill_is_refused() -> None:
    """The message has the choices."""
    with pytest.raises(InputError, match=r"^unknown fill 'ones'; "):
        trace(nn.Linear(3, 2), (3,), fill="ones")
