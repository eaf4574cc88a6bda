"""Compare peak memory and traffic with a simulation that counts references, and with results worked out by hand."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from strategies import Mapping, spec_mappings

from mfprofile.cost import Bill, count
from mfprofile.cost.flow import INPUT, READS, Flow
from mfprofile.cost.formulas import formulas
from mfprofile.cost.memory import DTYPES, IN_PLACE, Live, peak_memory, traffic
from mfprofile.errors import InputError
from mfprofile.spec import load
from mfprofile.spec.model import TokensSpec
from mfprofile.spec.sources import shipped

TINY = {
    "input": 8, "stem": 4, "former": "none", "mobile": {"activation": "relu"}, "head": "none",
    "blocks": [{"block": "lite", "exp": 8, "out": 4}],
}  # fmt: skip


def simulated(flow: Flow, in_place: bool) -> tuple[list[int], list[set[int]]]:
    """Simulate the steps and free each tensor when its count of readers falls to 0.

    Return the number of live values while each step runs, and the live tensors.
    """
    readers = Counter(source for step in flow.steps for source in set(step.reads))
    readers.update(flow.outputs)  # the caller
    held = {INPUT: flow.image}
    totals, tensors = [], []
    for number, step in enumerate(flow.steps):
        first = step.reads[0] if step.reads else None
        if in_place and step.cost.kind in IN_PLACE and readers[first] == 1:
            del held[first]
        held[number] = step.out
        totals.append(sum(held.values()) if step.reads else 0)  # the token table is a parameter and runs nothing
        tensors.append(set(held))
        readers.subtract(set(step.reads))
        held = {source: values for source, values in held.items() if readers[source]}
    return totals, tensors


def assert_simulated(bill: Bill) -> None:
    """Compare the peak, its op and its tensors with the simulation, with and without `in_place`."""
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    for in_place in (False, True):
        totals, tensors = simulated(flow, in_place)
        peak = peak_memory(bill, 2, "float16", in_place)
        assert traffic(bill, 2, "float16", in_place).live == [4 * total for total in totals]
        assert peak.bytes == 4 * max(totals)
        at = totals.index(max(totals))
        assert peak.op == bill.rows[at].name
        names = {"input" if source == INPUT else bill.rows[source].name for source in tensors[at]}
        assert {live.name for live in peak.live} == names - {"tokens"}
        assert sum(live.bytes for live in peak.live) == peak.bytes


@pytest.mark.parametrize("name", shipped())
def test_the_peak_of_every_shipped_spec_matches_the_simulation(name: str) -> None:
    """The op and the live tensors match too."""
    assert_simulated(count(name))


@given(spec_mappings())
def test_the_peak_of_any_spec_matches_the_simulation(mapping: Mapping) -> None:
    """Generated specs use every switch."""
    assert_simulated(count(mapping))


def test_a_tiny_network_matches_the_result_worked_out_by_hand() -> None:
    """It has 8×8 pixels, a stem with 4 channels of 4×4, and a lite block with 8 channels and a residual."""
    by_row = traffic(count(TINY), dtype="int8")
    # The image has 192 values, each map of the stem 64. The last 64 are kept for the addition. Hidden maps have 128.
    assert by_row.live == [256, 128, 128, 192, 320, 320, 256, 192, 192]
    in_place = traffic(count(TINY), dtype="int8", in_place=True)
    assert in_place.live == [256, 64, 64, 192, 192, 192, 256, 128, 128]
    conv, norm, *_, add = by_row.moved
    assert (conv, norm, add) == (192 + 64 + 108, 64 + 64 + 8, 64 + 64 + 64)
    peak = peak_memory(count(TINY), batch=2)
    assert (peak.bytes, peak.op) == (8 * 320, "blocks.1.mobile.depthwise.norm")
    assert peak.live == (
        Live("stem.activation", 8 * 64),
        Live("blocks.1.mobile.depthwise.conv", 8 * 128),
        Live("blocks.1.mobile.depthwise.norm", 8 * 128),
    )
    assert (peak.params_bytes, peak.total) == (4 * (108 + 8 + 72 + 16 + 32 + 8), 8 * 320 + 976)


@given(spec_mappings())
def test_bytes_depend_on_batch_and_type(mapping: Mapping) -> None:
    """Activations depend on both, parameters on the type only. `in_place` never needs more."""
    bill = count(mapping)
    default = peak_memory(bill)
    for dtype, size in DTYPES.items():
        peak = peak_memory(bill, 3, dtype)
        assert (peak.bytes, peak.op) == (default.bytes // 4 * 3 * size, default.op)
        assert peak.params_bytes == bill.params * size
    assert peak_memory(bill, in_place=True).bytes <= default.bytes
    single, triple = traffic(bill, 1, "int8").moved, traffic(bill, 3, "int8").moved
    weights = [step.weights for step in Flow(bill.parts, 3 * bill.subject.height * bill.subject.width).steps]
    assert [3 * moved - 2 * fixed for moved, fixed in zip(single, weights, strict=True)] == triple


@pytest.mark.parametrize("name", ["mf294m", "mf294m-mlp", "mf151m-coco"])
def test_each_parameter_is_read_once_and_the_token_table_by_its_readers(name: str) -> None:
    """The table itself moves nothing. The ops of the first block read it."""
    bill = count(name)
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    table = [step for step in flow.steps if 0 in step.reads]
    assert traffic(bill).moved[0] == 0
    assert sum(step.weights for step in flow.steps) == bill.params + (len(table) - 1) * bill.rows[0].params


def test_a_tower_reads_its_weights_on_every_level() -> None:
    """They count once as parameters, and are moved five times."""
    bill = count("mf151m-retinanet")
    steps = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width).steps
    read = [step.weights for step in steps if step.local.startswith("classification.conv2.")]
    assert read == [9 * 256 * 256 + 256] * 5


def test_memory_does_not_depend_on_the_convention() -> None:
    """Memory includes all ops, also those that a convention does not count."""
    assert peak_memory(count("mf26m")) == peak_memory(count("mf26m", "paper"))


def test_peaks_do_not_change() -> None:
    """The figures were reviewed once."""
    peaks = {name: peak_memory(count(name)) for name in ("mf508m", "mf294m", "mf26m")}
    assert {name: (peak.bytes, peak.total) for name, peak in peaks.items()} == {
        "mf508m": (6_021_120, 61_929_024),
        "mf294m": (4_014_080, 49_704_672),
        "mf26m": (1_055_520, 13_986_672),
    }
    assert peak_memory(count("mf294m"), in_place=True).bytes == 3_211_264


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dtype": "flaot16"}, r"^unknown dtype 'flaot16'; did you mean 'float16'\?$"),
        ({"dtype": "x"}, r"^unknown dtype 'x'; use one of float32, float16, bfloat16, int8$"),
        ({"batch": 0}, r"^batch 0: must be 1 or more$"),
        ({"batch": 10**9 + 1}, r"^batch 1000000001: must be at most 1,000,000,000$"),
        ({"batch": 10**5000}, r"^batch a number of about 5,000 digits: must be at most 1,000,000,000$"),
    ],
)
def test_an_invalid_type_or_batch_is_refused(settings: Mapping, message: str) -> None:
    """The message for an unknown type has the most similar type, or all types."""
    for ask in (peak_memory, traffic):
        with pytest.raises(InputError, match=message):
            ask(count("mf26m"), **settings)


def test_a_sweep_is_refused() -> None:
    """A peak needs comparisons, which arrays and symbols do not support."""
    spec = load("mf26m")
    sweep = dataclasses.replace(spec, tokens=TokensSpec(np.array([1, 2]), 128))
    with pytest.raises(InputError, match="one network of whole numbers"):
        peak_memory(count(sweep))


def test_every_op_in_the_table_of_edges_exists() -> None:
    """The table has no typos: each of its ops occurs in some network."""
    written = {(kind, name) for kind, reads in READS.items() for name in reads}
    specs = [load(name) for name in ("mf294m", "mf294m-mlp")]
    specs += [spec.replace(bridge={"projections": True}) for spec in specs]
    seen = set()
    for spec in specs:
        bill = count(spec)
        for part in bill.parts:
            last = part.path.rpartition(".")[2]
            kind = bill.subject.blocks[int(part.block) - 1].kind if last == "mobile" else last
            seen |= {(kind, local) for local, _, _ in part.ops}
    assert written <= seen


def test_formulas_have_the_activations_too() -> None:
    """The closed formula in the number of tokens gives the activations of each variant."""
    spec = load("mf294m")
    formula = formulas(spec, ["tokens.count"])
    (symbol,) = formula.symbols
    assert sum(part.activations for part in formula.parts) == formula.total.activations
    for tokens in (1, 3, 9):
        variant = count(spec.replace(tokens={"count": tokens}))
        assert formula.total.activations.subs(symbol, tokens) == variant.activations
