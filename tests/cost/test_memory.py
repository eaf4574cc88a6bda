"""Peak memory and traffic: against a machine that counts references, and by hand."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import Mapping, spec_mappings

from mfprofile.cost import Bill, count
from mfprofile.cost.flow import INPUT, READS, Flow
from mfprofile.cost.formulas import formulas
from mfprofile.cost.memory import DTYPES, IN_PLACE, Live, peak_memory, traffic
from mfprofile.spec import InputError, load
from mfprofile.spec.model import TokensSpec
from mfprofile.spec.sources import shipped

TINY = {
    "input": 8, "stem": 4, "former": "none", "mobile": {"activation": "relu"}, "head": "none",
    "blocks": [{"block": "lite", "exp": 8, "out": 4}],
}  # fmt: skip


def simulated(flow: Flow, in_place: bool) -> tuple[list[int], list[set[int]]]:
    """Run the steps on a machine that frees a tensor when its count of readers falls to 0.

    Return the values held while each step runs, and the tensors.
    """
    readers = Counter(source for step in flow.steps for source in set(step.reads))
    readers.update(flow.answers)  # the caller
    held = {INPUT: flow.image}
    totals, tensors = [], []
    for number, step in enumerate(flow.steps):
        first = step.reads[0] if step.reads else None
        if in_place and step.cost.kind in IN_PLACE and readers[first] == 1:
            del held[first]
        held[number] = step.out
        totals.append(sum(held.values()) if step.reads else 0)  # the token table runs nothing
        tensors.append(set(held))
        readers.subtract(set(step.reads))
        held = {source: values for source, values in held.items() if readers[source]}
    return totals, tensors


def assert_simulated(bill: Bill) -> None:
    """Compare peak, its place and its tensors with the machine's, in both readings."""
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    for in_place in (False, True):
        totals, tensors = simulated(flow, in_place)
        peak = peak_memory(bill, 2, "float16", in_place)
        assert traffic(bill, 2, "float16", in_place).live == [4 * total for total in totals]
        assert peak.bytes == 4 * max(totals)
        at = totals.index(max(totals))
        assert peak.op == bill.rows[at].name
        names = {"input" if source == INPUT else bill.rows[source].name for source in tensors[at]}
        assert {one.name for one in peak.live} == names - {"tokens"}
        assert sum(one.bytes for one in peak.live) == peak.bytes


@pytest.mark.parametrize("name", shipped())
def test_the_peak_of_every_shipped_spec_is_the_machines(name: str) -> None:
    """With its place and the tensors that are live there."""
    assert_simulated(count(name))


@settings(deadline=None)
@given(spec_mappings())
def test_the_peak_of_any_spec_is_the_machines(mapping: Mapping) -> None:
    """With every switch, and buffers of their own or written over."""
    assert_simulated(count(mapping))


def test_a_tiny_network_is_as_worked_by_hand() -> None:
    """8×8 pixels, 4 channels of 4×4 from the stem, a lite block of 8 that adds what came in."""
    found = traffic(count(TINY), dtype="int8")
    # image 192, stem 64 each; then the stem's 64 are kept for the addition, hidden maps of 128
    assert found.live == [256, 128, 128, 192, 320, 320, 256, 192, 192]
    kept = traffic(count(TINY), dtype="int8", in_place=True)
    assert kept.live == [256, 64, 64, 192, 192, 192, 256, 128, 128]
    conv, norm, *_, add = found.moved
    assert (conv, norm, add) == (192 + 64 + 108, 64 + 64 + 8, 64 + 64 + 64)
    peak = peak_memory(count(TINY), batch=2)
    assert (peak.bytes, peak.op) == (8 * 320, "blocks.1.mobile.depthwise.norm")
    assert peak.live == (
        Live("stem.activation", 8 * 64),
        Live("blocks.1.mobile.depthwise.conv", 8 * 128),
        Live("blocks.1.mobile.depthwise.norm", 8 * 128),
    )
    assert (peak.params_bytes, peak.total) == (4 * (108 + 8 + 72 + 16 + 32 + 8), 8 * 320 + 976)


@settings(deadline=None)
@given(spec_mappings())
def test_bytes_grow_with_batch_and_type_as_they_should(mapping: Mapping) -> None:
    """Activations with both, parameters with the type alone; writing in place never takes more."""
    bill = count(mapping)
    one = peak_memory(bill)
    for dtype, size in DTYPES.items():
        found = peak_memory(bill, 3, dtype)
        assert (found.bytes, found.op) == (one.bytes // 4 * 3 * size, one.op)
        assert found.params_bytes == bill.params * size
    assert peak_memory(bill, in_place=True).bytes <= one.bytes
    single, triple = traffic(bill, 1, "int8").moved, traffic(bill, 3, "int8").moved
    weights = [step.weights for step in Flow(bill.parts, 3 * bill.subject.height * bill.subject.width).steps]
    assert [3 * moved - 2 * fixed for moved, fixed in zip(single, weights, strict=True)] == triple


@pytest.mark.parametrize("name", ["mf294m", "mf294m-mlp", "mf151m-coco"])
def test_each_parameter_is_read_once_and_the_token_table_by_its_readers(name: str) -> None:
    """The table itself moves nothing; the first block's ops read it."""
    bill = count(name)
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    table = [step for step in flow.steps if 0 in step.reads]
    assert traffic(bill).moved[0] == 0
    assert sum(step.weights for step in flow.steps) == bill.params + (len(table) - 1) * bill.rows[0].params


def test_a_tower_reads_its_weights_on_every_level() -> None:
    """They are counted as parameters once, and moved five times."""
    bill = count("mf151m-retinanet")
    steps = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width).steps
    read = [step.weights for step in steps if step.local.startswith("classification.conv2.")]
    assert read == [9 * 256 * 256 + 256] * 5


def test_memory_does_not_depend_on_the_convention() -> None:
    """It is of all ops, whatever is counted."""
    assert peak_memory(count("mf26m")) == peak_memory(count("mf26m", "paper"))


def test_peaks_stay_as_they_are() -> None:
    """Figures that were looked at once."""
    found = {name: peak_memory(count(name)) for name in ("mf508m", "mf294m", "mf26m")}
    assert {name: (peak.bytes, peak.total) for name, peak in found.items()} == {
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
    ],
)
def test_what_cannot_be_is_refused(settings: Mapping, message: str) -> None:
    """An unknown type with the nearest, a batch of nothing."""
    for ask in (peak_memory, traffic):
        with pytest.raises(InputError, match=message):
            ask(count("mf26m"), **settings)


def test_a_sweep_is_refused() -> None:
    """A peak is a comparison, which arrays and symbols have no answer to."""
    spec = load("mf26m")
    sweep = dataclasses.replace(spec, tokens=TokensSpec(np.array([1, 2]), 128))
    with pytest.raises(InputError, match="one network of whole numbers"):
        peak_memory(count(sweep))


def test_every_edge_that_is_written_is_of_an_op_that_there_is() -> None:
    """No name in the tables is a slip: each occurs in some network, as what reads and as what is read."""
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
    """The closed form in the number of tokens gives each variant's own activations."""
    spec = load("mf294m")
    found = formulas(spec, ["tokens.count"])
    (symbol,) = found.symbols
    assert sum(part.activations for part in found.parts) == found.total.activations
    for tokens in (1, 3, 9):
        assert found.total.activations.subs(symbol, tokens) == count(spec.replace(tokens={"count": tokens})).activations
