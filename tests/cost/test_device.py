"""A latency model prices each op by its kind and role, rounded once; every sum is a sum of these prices."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from odd_devices import BY_ROLE, nanoseconds, odd_device
from strategies import spec_mappings

from mfprofile.cost import ops
from mfprofile.cost.bill import count
from mfprofile.cost.conventions import CONVENTIONS, find_convention
from mfprofile.cost.device import NO_TIME, Device, Rate, femtoseconds
from mfprofile.cost.measures import device_of, measure
from mfprofile.cost.rows import Part
from mfprofile.errors import InputError
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.names import PILLARS

DEVICE = odd_device()
CORE = find_convention("core").on(DEVICE)


def _part(*costs: tuple[str, ops.Cost[int]]) -> Part[int]:
    return Part("1", "1", "mobile", "net", [(f"op{at}", role, cost) for at, (role, cost) in enumerate(costs)], "net")


def test_an_op_is_priced_by_hand() -> None:
    """A Linear of 6 × 192 × 384: each rate times its amount, in whole nanoseconds, half up."""
    linear = ops.linear(6, 192, 384)
    device = Device("hand", {("linear", "*"): Rate(product=3, element=5, param=7, call=11_000_000)})
    # 3 · 442,368 + 5 · 2,304 + 7 · 74,112 + 11,000,000 = 12,857,408 fs
    assert femtoseconds(linear, device.rates["linear", "*"]) == 12_857_408
    assert device.price([_part(("ffn", linear))]) == [13]


@pytest.mark.parametrize(("rate", "price"), [(499_999, 0), (500_000, 1), (1_499_999, 1), (1_500_000, 2)])
def test_half_a_nanosecond_is_rounded_up_once_for_each_op(rate: int, price: int) -> None:
    """Two ops of half a nanosecond are two nanoseconds, not one: sums are of rounded prices."""
    device = Device("half", {("relu", "*"): Rate(call=rate)})
    relu = ops.elementwise("relu", 8)
    assert device.price([_part(("hidden", relu), ("hidden", relu))]) == [price, price]
    assert device.total([_part(("hidden", relu), ("hidden", relu))]) == 2 * price


def test_a_rate_of_a_role_is_used_before_that_of_the_kind() -> None:
    """Rates of a kind in one role leave its other roles as they are."""
    device = Device("roles", {("linear", "*"): Rate(call=10**6), ("linear", "head"): Rate(call=10**7)})
    linear = ops.linear(1, 2, 3)
    assert device.price([_part(("ffn", linear), ("head", linear))]) == [1, 10]
    assert device.rate("linear", "head") == Rate(call=10**7)


def test_an_op_that_is_not_called_takes_no_time() -> None:
    """A residual connection that a variant does not have has 0 elements, and must not cost a call."""
    absent = ops.Cost("add", (8, 4, 4), 0, 0, calls=0)
    assert DEVICE.price([_part(("output", absent))]) == [0]
    calls = np.array([1, 0, 1])
    both = ops.Cost("add", (8, 4, 4), 0, calls * 128, calls=calls)
    present = DEVICE.total([_part(("output", ops.elementwise("add", 8, 4, 4)))])
    assert present > 0
    assert np.asarray(DEVICE.total([_part(("output", both))])).tolist() == [present, 0, present]


def test_tables_and_norms_are_priced_by_their_own_rates() -> None:
    """A table has parameters and no product; a norm has both parameters and elements."""
    rates = {("table", "*"): Rate(param=10**6), ("batch-norm", "*"): Rate(element=10**6, param=2 * 10**6)}
    bill = count("mf26m", find_convention("core").on(Device("few", rates, allows_unpriced=True)))
    table, norms = 3 * 128, [row.cost for row in bill.rows if row.kind == "batch-norm"]
    assert bill.latency == table + sum(norm.elements + 2 * norm.weights + 2 * norm.biases for norm in norms)


def test_parameters_that_nothing_reads_take_no_time() -> None:
    """They are counted, but no op reads them."""
    assert Device("none", {}).rate("unused", "unused") == NO_TIME


@given(spec_mappings())
def test_every_sum_is_that_of_its_rows(mapping: dict[str, object]) -> None:
    """The whole, each pillar, block and kind, against prices in decimal arithmetic, row by row."""
    bill = count(mapping, CORE)
    prices = [nanoseconds(DEVICE, row) for row in bill.rows]
    assert list(bill.row_latencies) == prices
    assert bill.latency == sum(prices) == measure("latency").of(bill.parts, CORE)
    for axis in ("block", "pillar", "kind", "stage"):
        assert sum(total.latency or 0 for total in bill.by(axis)) == bill.latency
    for pillar in PILLARS:
        own = sum(price for row, price in zip(bill.rows, prices, strict=True) if row.pillar == pillar)
        assert measure(f"{pillar}.latency").of(bill.parts, CORE) == bill.amount(f"{pillar}.latency") == own


def test_the_rates_of_roles_are_used_in_mobile_former() -> None:
    """So the tests that price variants of Mobile-Former see them."""
    assert {(row.kind, row.role) for row in count("mf294m").rows} >= set(BY_ROLE)


def test_a_kind_without_a_rate_is_an_error_or_is_left_out() -> None:
    """The error names each kind with the number of its ops; asked for, they are out of the sum and named."""
    device = odd_device(without=("softmax", "gelu"))
    bill = count("mf26m", find_convention("core").on(device))
    missing = {kind: sum(row.kind == kind for row in bill.rows) for kind in ("softmax", "gelu")}
    assert bill.unpriced == device.unpriced(bill.parts) == missing
    with pytest.raises(InputError, match=rf"'abacus' never saw ops of kind gelu \({missing['gelu']}\), softmax"):
        _ = bill.latency
    partial = count("mf26m", find_convention("core").on(device.with_unpriced()))
    assert partial.latency == sum(nanoseconds(DEVICE, row) for row in bill.rows if row.kind not in missing)
    assert [time is None for time in partial.row_latencies] == [row.kind in missing for row in bill.rows]
    assert device.with_unpriced() == replace(device, allows_unpriced=True)


def test_an_operator_without_a_handle_has_no_price() -> None:
    """Its kind is the operator's name, even if that is the name of a kind."""
    assert DEVICE.rate("relu", "uncovered") is None
    assert DEVICE.unpriced([_part(("uncovered", ops.elementwise("relu", 8)))]) == {"relu": 1}


def test_a_model_of_a_batch_prices_a_whole_batch() -> None:
    """Products and elements are of each image; parameters and calls of the batch. Other batches are refused."""
    linear = ops.linear(6, 192, 384)
    rate = Rate(product=3, element=5, param=7, call=11_000_000)
    device = Device("eight", {("linear", "*"): rate}, batch=8)
    parts = [_part(("ffn", linear))]
    expected = (8 * (3 * 442_368 + 5 * 2_304) + 7 * 74_112 + 11_000_000 + 500_000) // 10**6
    assert device.price(parts) == device.price(parts, None) == [expected]
    of_eight = ops.Cost("linear", (8, 6, 384), 8 * 442_368, 8 * 2_304, linear.weights, linear.biases)
    assert device.price([_part(("ffn", of_eight))], 8) == [expected]
    with pytest.raises(InputError, match=r"is of batch 8, not 4; use --batch 8 or 1"):
        device.price(parts, 4)
    with pytest.raises(InputError, match=r"is of batch 1, not 4; use --batch 1$"):
        Device("one", {("linear", "*"): rate}).price(parts, 4)


def test_latency_needs_a_model() -> None:
    """Without one, there is no latency rather than 0."""
    with pytest.raises(InputError, match="latency"):
        device_of(find_convention("core"))
    with pytest.raises(InputError, match="latency"):
        _ = count("mf26m").latency


def test_a_model_is_equal_to_its_copies() -> None:
    """A worker gets a pickled copy. Models are compared by content."""
    assert pickle.loads(pickle.dumps(DEVICE)) == DEVICE == odd_device()
    assert odd_device("other") != DEVICE
    assert odd_device(without=("gelu",)) != DEVICE


def _stacked(specs: list[Spec]) -> Spec:
    """Return one spec with the widths of blocks, the tokens and the classes of several in arrays."""
    first = specs[0]
    blocks = tuple(
        replace(block, out=np.array([spec.blocks[at].out for spec in specs])) for at, block in enumerate(first.blocks)
    )
    return replace(first, blocks=blocks, classes=np.array([spec.classes for spec in specs]))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_with_a_latency_model_can_be_sent_to_another_process(name: str) -> None:
    """Queries of spaces do so: every convention counts and prices the same there."""
    here = find_convention(name).on(odd_device())
    there = pickle.loads(pickle.dumps(here))
    assert count("mf26m", there).madds == count("mf26m", here).madds
    assert (there.layers, there.functions, there.device) == (here.layers, here.functions, here.device)


def test_a_sweep_prices_each_variant_as_by_itself() -> None:
    """Arrays have the latency of each variant to the nanosecond, also where a residual connection comes and goes."""
    block = {"block": "mf", "exp": 48}
    base = {"input": 32, "stem": 8, "tokens": {"count": 2, "dim": 8}, "head": {"fc": 5}}
    widths = [(8, 8, 3), (16, 8, 5), (16, 16, 10), (24, 24, 3), (8, 16, 7)]
    specs = [
        load({**base, "classes": classes, "blocks": [{**block, "out": first}, {**block, "out": second}]})
        for first, second, classes in widths
    ]
    swept, alone = count(_stacked(specs), CORE), [count(spec, CORE) for spec in specs]
    assert len({len(bill.rows) for bill in alone}) > 1  # some have more additions than others
    assert np.asarray(swept.latency).tolist() == [bill.latency for bill in alone]
    assert np.asarray(swept.amount("mobile.latency")).tolist() == [bill.amount("mobile.latency") for bill in alone]


def test_a_sweep_whose_femtoseconds_could_wrap_is_refused() -> None:
    """An int64 of femtoseconds wraps at 9,223 s. Integers of Python never do."""
    spec, nanosecond = load("mf26m"), Device("ns", {("linear", "*"): Rate(product=10**6)}, allows_unpriced=True)
    products = sum(row.madds for row in count(spec.replace(classes=20)).rows if row.kind == "linear")
    most = (2**63 // 10**6 - 1) // products  # nanoseconds for a multiply-add
    swept = replace(spec, classes=np.array([10, 20]))
    slow, slower = (replace(nanosecond, rates={("linear", "*"): Rate(product=n * 10**6)}) for n in (most, most + 1))
    assert np.asarray(count(swept, find_convention("core").on(slow)).latency).tolist()[1] == products * most
    with pytest.raises(InputError, match="too large for int64; use smaller sizes"):
        count(swept, find_convention("core").on(slower))
    assert count(spec.replace(classes=20), find_convention("core").on(slower)).latency == products * (most + 1)
