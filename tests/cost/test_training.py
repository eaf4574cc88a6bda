"""Training of Mobile-Formers: forward and backward products, and what FlopCounterMode counts beyond them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mfprofile.cost import count, ops
from mfprofile.cost.bill import Bill
from mfprofile.cost.memory import peak_memory
from mfprofile.cost.training import TRAINING, with_gradients
from mfprofile.errors import InputError
from mfprofile.spec import load

TOTALS = {  # products of a forward and a backward pass; FlopCounterMode's FLOPs
    "mf26m": (67_941_120, 1_192_588_800),
    "mf52m": (145_161_984, 1_295_549_952),
    "mf96m": (271_986_864, 2_351_989_056),
    "mf151m": (434_683_248, 4_305_963_072),
    "mf214m": (621_058_464, 6_775_178_112),
    "mf294m": (854_777_472, 9_726_638_592),
    "mf508m": (1_487_274_528, 16_935_070_848),
}


@pytest.mark.parametrize("name", TOTALS)
def test_the_seven_models_have_their_totals_in_training(name: str) -> None:
    """All products count three times, except those of the stem: the image needs no gradient."""
    bill = count(name, training=True)
    stem = next(row for row in count(name).rows if row.name == "stem.conv")
    assert (bill.madds, bill.under("torch").madds) == TOTALS[name]
    assert bill.madds == 3 * count(name).madds - stem.madds


@pytest.mark.parametrize("axis", ["pillar", "block", "stage", "op"])
def test_the_totals_in_training_sum_along_each_axis(axis: str) -> None:
    """Each part is three times that of the inference, except the stem's."""
    plain = {total.name: total for total in count("mf294m").by(axis)}
    trained = {total.name: total for total in count("mf294m", training=True).by(axis)}
    stem = {"pillar": "mobile", "block": "stem", "stage": "1", "op": "stem.conv"}[axis]
    for name, total in plain.items():
        assert trained[name].madds == 3 * total.madds - (5_419_008 if name == stem else 0)
        assert (trained[name].params, trained[name].activations) == (total.params, total.activations)
    beyond = set(trained) - set(plain)
    assert sum(trained[name].madds for name in beyond) == 0
    assert all(name.endswith(".grouped-gradient") for name in beyond)


def test_a_convolution_in_groups_is_counted_by_hand() -> None:
    """Conv2d(4, 4, 3, groups=4) on 5×5 has 324 products, three times 324 in training; FlopCounterMode says 1,944."""
    rows = list(with_gradients("conv", "plain", ops.depthwise(4, 3, 3, 3), 2 * 324, True))
    assert [(name, cost.kind, cost.madds) for name, _, cost in rows] == [
        ("conv", "depthwise", 3 * 324),
        ("conv.grouped-gradient", "grouped-gradient", 324 * 3),
    ]
    assert 972 + 972 == 1_944
    [frozen] = with_gradients("conv", "plain", ops.depthwise(4, 3, 3, 3), 324, False)
    assert frozen[2].madds == 2 * 324


def test_a_second_call_keeps_its_mark() -> None:
    """`conv#2` has `conv.grouped-gradient#2` beside it, and a layer itself just the name of its path."""
    cost = ops.depthwise(4, 3, 3, 3)
    names = [
        [name for name, _, _ in with_gradients(given, "plain", cost, 648, True)][1] for given in ("conv#2", "", "#2")
    ]
    assert names == ["conv.grouped-gradient#2", "grouped-gradient", "grouped-gradient#2"]


def test_groups_of_specs_are_those_of_the_layers() -> None:
    """A grouped 1×1 convolution has the groups of its spec, and a depthwise one its input channels."""
    rows = {row.name: row.cost for row in count({"extends": "mf26m", "groups": 4}).rows}
    assert rows["blocks.2.mobile.pointwise2.conv"].groups == 4
    assert rows["head.conv"].groups == 4
    assert rows["stem.conv"].groups == 1
    first = count("mf294m").rows
    by_name = {row.name: row.cost for row in first}
    down = by_name["blocks.2.mobile.depthwise1.conv"]
    assert (down.groups, down.out[0]) == (16, 96)  # it expands 16 channels to 96


def test_a_sweep_and_a_symbol_are_counted_in_training() -> None:
    """The arithmetic of training is the same on arrays; each element is the count of its variant."""
    spec = load("mf294m")
    assert spec.tokens is not None
    counts = np.array([3, 6, 9], dtype="int64")
    swept = dataclasses.replace(spec, tokens=dataclasses.replace(spec.tokens, count=counts))
    each = [count(spec.replace(tokens={"count": int(number)}), training=True) for number in counts]
    assert count(swept, training=True).madds.tolist() == [bill.madds for bill in each]
    assert count(swept, "torch", training=True).madds.tolist() == [bill.under("torch").madds for bill in each]


@pytest.mark.parametrize("convention", ["paper", "fvcore", "thop", "ptflops", "torchinfo", "paper-coco"])
def test_other_conventions_cannot_count_training(convention: str) -> None:
    """Their tools have no rule for a backward pass, so no number of theirs would be right."""
    message = f"convention '{convention}' cannot count training: it has no rule for a backward pass; use core or torch"
    with pytest.raises(InputError) as refused:
        count("mf26m", convention, training=True)
    assert str(refused.value) == message
    with pytest.raises(InputError) as refused:
        count("mf26m", training=True).under(convention)
    assert str(refused.value) == message


def test_the_mode_of_a_bill_stays_in_other_conventions() -> None:
    """A bill says its mode, and keeps it under another convention."""
    bill: Any = count("mf26m", training=True)
    assert (bill.mode, bill.under("torch").mode, count("mf26m").mode) == (TRAINING, TRAINING, "inference")
    assert isinstance(bill.under("torch"), Bill)


def test_peak_memory_of_training_is_refused() -> None:
    """Training keeps what its backward pass reads, so its memory is not that of an inference."""
    with pytest.raises(InputError, match=r"^memory: only that of one inference is known; use a bill without training$"):
        peak_memory(count("mf26m", training=True))
