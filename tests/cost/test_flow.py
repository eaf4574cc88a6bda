"""The data flow and the memory, held against what torch does in a forward of the model."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from recording import Executed, executed  # noqa: E402
from strategies import Mapping, spec_mappings  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from mfprofile.cost import Bill, count  # noqa: E402
from mfprofile.cost.flow import INPUT, Flow  # noqa: E402
from mfprofile.cost.memory import peak_memory, traffic  # noqa: E402
from mfprofile.nn.model import MobileFormer  # noqa: E402
from mfprofile.spec.network import Network  # noqa: E402

MODELS = ["mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m"]
OTHERS = ["mf294m-mobile", "mf294m-relu", "mf294m-mlp", "mf294m-no-ffn", "mf294m-tokens1", "mf151m-coco", "mf151m-retinanet"]  # fmt: skip
NO_LIMITS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def assert_flow_is_torchs(bill: Bill) -> None:
    """Compare running order, edges, values put out and read, and the answer, with what torch executes."""
    ran, answers = executed(bill.subject)
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    names = {INPUT: "input"} | {number: step.name for number, step in enumerate(flow.steps)}
    theirs = {one.name: one for one in ran if one.name != "input"}
    assert [step.name for step in flow.steps] == list(theirs)
    for step in flow.steps:
        one = theirs[step.name]
        assert (step.name, {names[source] for source in step.reads}) == (step.name, set(one.reads))
        assert (step.name, step.out) == (step.name, 0 if step.name == "tokens" else one.values)
        # torch's last operation in a DY-ReLU is the maximum of two maps.
        read = 2 * step.out if step.cost.kind == "dy-relu" else step.inputs + step.weights
        assert (step.name, read) == (step.name, one.read)
    assert {names[number] for number in flow.answers} == answers


def peak_by_definition(ran: list[Executed], answers: set[str]) -> int:
    """Return the most bytes that are needed at once: at each operation, of all made so far that are still to be read."""
    at = {one.name: number for number, one in enumerate(ran)}
    last = {one.name: max([at[one.name], *(at[two.name] for two in ran if one.name in two.reads)]) for one in ran}
    last |= dict.fromkeys(answers, len(ran))
    needed = [
        sum(one.bytes for one in ran[: now + 1] if last[one.name] >= now and one.name != "tokens")
        for now in range(len(ran))
    ]
    return max(needed)


@pytest.mark.parametrize("name", [*MODELS, *OTHERS])
def test_each_op_reads_and_puts_out_what_it_does_in_torch(name: str) -> None:
    """Order, edges, values and answer, on the shipped specs."""
    assert_flow_is_torchs(count(name))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=60)
def test_each_op_of_any_spec_reads_and_puts_out_what_it_does_in_torch(mapping: Mapping) -> None:
    """With every switch."""
    assert_flow_is_torchs(count(mapping))


@pytest.mark.parametrize("name", ["mf26m", "mf294m-mlp", "mf151m-retinanet"])
def test_the_peak_is_that_of_what_torch_executes(name: str) -> None:
    """By the definition, on torch's own graph, order and sizes, for two images."""
    bill = count(name)
    assert peak_memory(bill, batch=2).bytes == peak_by_definition(*executed(bill.subject, batch=2))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=40)
def test_the_peak_of_any_spec_is_that_of_what_torch_executes(mapping: Mapping) -> None:
    """And no other op has more live than the peak."""
    bill = count(mapping)
    peak = peak_memory(bill, batch=3)
    assert peak.bytes == peak_by_definition(*executed(bill.subject, batch=3))
    assert peak.bytes == max(traffic(bill, batch=3).live)


class Alive(TorchDispatchMode):
    """Counts the bytes of every storage from when it is made until Python lets go of it."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[int] = set()
        self.live = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {each.untyped_storage()._cdata for each in tree_leaves((args, kwargs)) if torch.is_tensor(each)}
        # On `meta` a BatchNorm makes two statistics, which on a CPU are empty.
        made = [out[0]] if "batch_norm" in str(func) else [each for each in tree_leaves(out) if torch.is_tensor(each)]
        for storage in (each.untyped_storage() for each in made):
            if storage._cdata not in given | self.known:
                self.known.add(storage._cdata)
                self.live += storage.nbytes()
                weakref.finalize(storage, self.free, storage._cdata, storage.nbytes())
        self.peak = max(self.peak, self.live)
        return out

    def free(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.live -= size


def eager_peak(network: Network) -> int:
    """Return the most bytes that torch's tensors take at once in one forward, without the image that it is given."""
    with torch.device("meta"), torch.no_grad():
        model, image = MobileFormer(network).eval(), torch.empty(1, 3, network.height, network.width)
        with Alive() as alive:
            model(image)
    return alive.peak


PLAIN = {"input": 64, "stem": 16, "former": "none", "mobile": {"activation": "relu"}, "head": "none"}


def test_torch_itself_holds_as_much_and_no_more_in_lite_blocks() -> None:
    """What Python holds alive is what is still to be read: equal to the byte."""
    bill = count({**PLAIN, "blocks": [{"block": "lite", "expand": 2, "out": "same", "repeat": 3}]})
    peak = peak_memory(bill)
    assert (peak.bytes, peak.op) == (eager_peak(bill.subject), "blocks.1.mobile.depthwise.norm")
    assert peak.bytes == 4 * (16 + 32 + 32) * 32**2


def test_what_torch_holds_beyond_that_are_names_for_what_nothing_reads() -> None:
    """In Mobile `hidden` names the map before the depthwise convolution until its norm has run: one map more."""
    bill = count({**PLAIN, "blocks": [{"block": "mf", "expand": 4, "out": "same", "repeat": 3}]})
    hidden = 4 * 64 * 32**2
    assert peak_memory(bill).bytes == 4 * 16 * 32**2 + 2 * hidden
    assert eager_peak(bill.subject) == peak_memory(bill).bytes + hidden


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=25)
def test_torch_never_holds_less(mapping: Mapping) -> None:
    """Temporaries and names come on top; the image is the caller's."""
    bill = count(mapping)
    image = 3 * 4 * bill.subject.height * bill.subject.width
    assert eager_peak(bill.subject) + image >= peak_memory(bill).bytes
