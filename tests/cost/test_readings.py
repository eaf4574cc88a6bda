"""The same arithmetic runs on ints, on int64 arrays of variants, and on symbols."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from math import lcm
from typing import Any

import numpy as np
import pytest
import sympy
from effort import part_of
from hypothesis import HealthCheck, given, settings
from strategies import Mapping, families, spec_mappings

from mfprofile.cost import Bill, count
from mfprofile.cost.rows import Row
from mfprofile.errors import InputError
from mfprofile.spec import Spec, load, resolve
from mfprofile.spec.dimension import Size

Numbers = tuple[Any, ...]
QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
MORE = settings(QUICK, max_examples=part_of(1500))
STRUCTURAL = {"repeat", "stride"}


def merged(parts: list[Any], join: Callable[..., Any], path: str = "") -> Any:
    """Return one value made from values of the same structure, number by number.

    `join` gets the path of a number and its values.
    """
    first = parts[0]
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in dataclasses.fields(first)]
        values = {name: merged([getattr(part, name) for part in parts], join, f"{path}.{name}") for name in names}
        return dataclasses.replace(first, **values)
    if isinstance(first, tuple):
        entries = enumerate(zip(*parts, strict=True))
        return tuple(merged(list(entry), join, f"{path}.{index}") for index, entry in entries)
    if type(first) is int and path != ".width" and path.rpartition(".")[2] not in STRUCTURAL:
        return join(path, *parts)
    return first


def numbers(row: Row) -> Numbers:
    """Return all numbers of a row."""
    return row.madds, row.elements, row.weights, row.biases, row.params, *row.out


def place(row: Row) -> tuple[Any, ...]:
    """Return all fields of a row that are not numbers."""
    return row.name, row.kind, row.role, row.block, row.stage, row.pillar


def stacked(specs: list[Spec]) -> Spec:
    """Return one spec in which every number is an array with one element per variant."""
    return merged(specs, lambda _, *values: np.array(values, dtype=np.int64))


def variant(bill: Bill, index: int, size: int) -> dict[tuple[Any, ...], Numbers]:
    """Return the rows of one variant in a bill of arrays. Additions that the variant does not have are left out."""
    rows = {}
    for row in bill.rows:
        values = tuple(int(np.broadcast_to(number, size)[index]) for number in numbers(row))
        if row.kind != "add" or values[1]:
            rows[place(row)] = values
    return rows


def assert_arrays_match_ints(mappings: list[Mapping]) -> None:
    """Compare the count on arrays with the count of each variant, row by row and in total."""
    specs = [load(mapping) for mapping in mappings]
    together = count(stacked(specs))
    for index, spec in enumerate(specs):
        own = count(spec)
        assert variant(together, index, len(specs)) == {place(row): numbers(row) for row in own.rows}
        for name in ("core", "paper", "fvcore", "thop"):
            total = np.broadcast_to(together.under(name).madds, len(specs))[index]
            assert total == own.under(name).madds
        assert np.broadcast_to(together.params, len(specs))[index] == own.params


@QUICK
@given(families())
def test_a_count_on_arrays_matches_the_count_of_each_variant(mappings: list[Mapping]) -> None:
    """All numbers of the rows match, and the totals in four conventions, for up to four variants."""
    assert_arrays_match_ints(mappings)


@pytest.mark.slow
@MORE
@given(families())
def test_a_count_on_arrays_matches_the_count_of_each_variant_many_times(mappings: list[Mapping]) -> None:
    """The same test with many more structures."""
    assert_arrays_match_ints(mappings)


@QUICK
@given(families(least=2))
def test_totals_of_arrays_are_int64(mappings: list[Mapping]) -> None:
    """No total is an array of floats or of objects."""
    bill = count(stacked([load(mapping) for mapping in mappings]))
    for total in (bill.madds, bill.params, *(total.madds for total in bill.by("pillar"))):
        assert np.asarray(total).dtype == np.int64


@pytest.mark.parametrize("widths", [(96, 112, 128, 144)])
def test_a_sweep_of_one_width_of_a_released_model_matches_each_variant(widths: tuple[int, ...]) -> None:
    """Only variants with equal widths have the block's residual."""
    specs = [load("mf294m").replace(blocks={8: {"out": width}}) for width in widths]
    block = dataclasses.replace(specs[0].blocks[7], out=np.array(widths))
    blocks = (*specs[0].blocks[:7], block, *specs[0].blocks[8:])
    bill = count(dataclasses.replace(specs[0], blocks=blocks))
    assert bill.madds.tolist() == [count(spec).madds for spec in specs]
    assert bill.params.tolist() == [count(spec).params for spec in specs]
    added = next(row for row in bill.rows if row.name == "blocks.8.mobile.add")
    assert added.elements.tolist() == [96 * 14 * 14, 0, 0, 0]


class Symbols:
    """Replaces each number of a spec by a multiple of a symbol, and stores the value of each symbol."""

    def __init__(self, spec: Spec) -> None:
        self.values: dict[sympy.Symbol, sympy.Integer] = {}
        self.channels = lcm(spec.groups, spec.bridge.heads)
        self.dim = lcm(4, spec.former.heads if spec.former else 1)
        self.halvings = 1 + sum(block.halves for block in spec.blocks if block.repeat)
        self.spec: Spec = merged([spec], self.number)

    def number(self, path: str, value: int) -> Size:
        """Return the number as a valid multiple of a new symbol. Divisors and other numbers stay as they are."""
        key = path.rpartition(".")[2]
        step = {"stem": self.channels, "out": self.channels, "exp": self.channels, "exp2": self.channels}.get(key, 1)
        step = {"dim": self.dim, "height": 2**self.halvings, "width": 2**self.halvings}.get(key, step)
        return value if key in ("groups", "heads") or value % step else step * self.symbol(path, value // step)

    def symbol(self, path: str, value: int) -> sympy.Symbol:
        """Return a new symbol for a value."""
        symbol = sympy.Symbol(path.replace(".", "_"), integer=True, positive=True)
        self.values[symbol] = sympy.Integer(value)
        return symbol

    def residual(self, inputs: Size, outputs: Size) -> Size:
        """Return a symbol for whether the widths are equal."""
        return self.symbol(f"r{len(self.values)}", int(self.value(inputs) == self.value(outputs)))

    def value(self, expression: Size) -> int:
        """Return the value of an expression."""
        return int(sympy.sympify(expression).xreplace(self.values))


def assert_symbols_match_ints(mapping: Mapping) -> None:
    """Compare each row of the count on symbols, with the values put in, with the row of the count on ints."""
    spec = load(mapping)
    symbols = Symbols(spec)
    formula, own = count(resolve(symbols.spec, symbols.residual)), count(spec)
    rows = {place(row): tuple(map(symbols.value, numbers(row))) for row in formula.rows}
    absent = {key for key, values in rows.items() if key[1] == "add" and not values[1]}
    expected = {place(row): numbers(row) for row in own.rows}
    assert {key: values for key, values in rows.items() if key not in absent or key in expected} == expected
    assert symbols.value(formula.madds) == own.madds
    assert symbols.value(formula.params) == own.params
    assert symbols.value(formula.under("paper").madds) == own.under("paper").madds


@settings(QUICK, max_examples=60)
@given(spec_mappings())
def test_a_count_on_symbols_matches_the_count_on_ints(mapping: Mapping) -> None:
    """All numbers of the rows match, and the totals."""
    assert_symbols_match_ints(mapping)


@pytest.mark.slow
@settings(QUICK, max_examples=part_of(400))
@given(spec_mappings())
def test_a_count_on_symbols_matches_the_count_on_ints_many_times(mapping: Mapping) -> None:
    """The same test with many more specs."""
    assert_symbols_match_ints(mapping)


def test_the_294m_is_a_polynomial_in_its_tokens() -> None:
    """With `m` tokens of dimension 4q, it has no floor and no quotient, and gives the released total."""
    m, q = sympy.symbols("m q", integer=True, positive=True)
    spec = load("mf294m")
    assert spec.tokens is not None
    bill = count(dataclasses.replace(spec, tokens=dataclasses.replace(spec.tokens, count=m, dim=4 * q)))
    assert sympy.Poly(bill.madds, m, q).degree_list() == (2, 2)
    assert bill.madds.subs({m: 6, q: 48}) == 286_732_160
    assert bill.params.subs({m: 6, q: 48}) == 11_422_648
    assert bill.madds.subs({m: 3, q: 32}) == count(spec.replace(tokens={"count": 3, "dim": 128})).madds


def test_the_294m_is_a_polynomial_in_its_resolution() -> None:
    """With an input of 32r × 32s pixels, it has no floor. The parameters do not depend on the input."""
    r, s = sympy.symbols("r s", integer=True, positive=True)
    spec = load("mf294m")
    bill = count(dataclasses.replace(spec, input=dataclasses.replace(spec.input, height=32 * r, width=32 * s)))
    assert sympy.Poly(bill.madds, r, s).degree_list() == (1, 1)
    assert bill.madds.subs({r: 7, s: 7}) == 286_732_160
    assert bill.madds.subs({r: 10, s: 6}) == count(spec.replace(input="320x192")).madds
    assert bill.params == 11_422_648


def test_a_sweep_that_could_exceed_int64_is_refused() -> None:
    """Python's ints have no limit, but arrays would wrap around without an error."""
    blocks = [{"block": "mf", "exp": 65536, "out": 65536, "repeat": 100}] * 2
    spec = load(
        {
            "input": 16384, "stem": 65536, "former": "none", "mobile": {"activation": "relu", "kernel": 31},
            "head": "none", "blocks": blocks,
        }
    )  # fmt: skip
    assert count(spec).madds == 116_137_573_747_374_686_208
    with pytest.raises(
        InputError,
        match=r"^the sweep could reach 116,137,573,747,374,686,208, which is too large for int64; use smaller sizes$",
    ):
        count(stacked([spec, spec]))
