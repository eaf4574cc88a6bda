"""Compare the data flow and the memory with a forward pass of the model in torch."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
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
NO_LIMITS = settings(suppress_health_check=list(HealthCheck), derandomize=True)


def assert_flow_is_torchs(bill: Bill) -> None:
    """Compare running order, edges, numbers of output and input values, and the network's outputs with torch."""
    ran, answers = executed(bill.subject)
    flow = Flow(bill.parts, 3 * bill.subject.height * bill.subject.width)
    names = {INPUT: "input"} | {number: step.name for number, step in enumerate(flow.steps)}
    in_torch = {each.name: each for each in ran if each.name != "input"}
    assert [step.name for step in flow.steps] == list(in_torch)
    for step in flow.steps:
        operation = in_torch[step.name]
        assert (step.name, {names[source] for source in step.reads}) == (step.name, set(operation.reads))
        assert (step.name, step.out) == (step.name, 0 if step.name == "tokens" else operation.values)
        # torch's last operation in a DY-ReLU is the maximum of two maps.
        read = 2 * step.out if step.cost.kind == "dy-relu" else step.inputs + step.weights
        assert (step.name, read) == (step.name, operation.read)
    assert {names[number] for number in flow.outputs} == answers


def peak_by_definition(ran: list[Executed], answers: set[str]) -> int:
    """Return the peak memory by its definition: the maximum of the bytes computed so far that will still be read."""
    at = {each.name: number for number, each in enumerate(ran)}
    last = {each.name: max([at[each.name], *(at[two.name] for two in ran if each.name in two.reads)]) for each in ran}
    last |= dict.fromkeys(answers, len(ran))
    needed = [
        sum(each.bytes for each in ran[: now + 1] if last[each.name] >= now and each.name != "tokens")
        for now in range(len(ran))
    ]
    return max(needed)


@pytest.mark.parametrize("name", one_in(3, [*MODELS, *OTHERS]))
def test_each_op_reads_and_outputs_the_same_as_in_torch(name: str) -> None:
    """The order, the edges, the numbers of values and the outputs are the same for the shipped specs."""
    assert_flow_is_torchs(count(name))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=20)
def test_each_op_of_any_spec_reads_and_outputs_the_same_as_in_torch(mapping: Mapping) -> None:
    """Generated specs use every switch."""
    assert_flow_is_torchs(count(mapping))


@pytest.mark.parametrize("name", ["mf26m", "mf294m-mlp", "mf151m-retinanet"])
def test_the_peak_matches_the_operations_of_torch(name: str) -> None:
    """The definition is applied to torch's own graph, order and sizes, for two images."""
    bill = count(name)
    assert peak_memory(bill, batch=2).bytes == peak_by_definition(*executed(bill.subject, batch=2))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=15)
def test_the_peak_of_any_spec_matches_the_operations_of_torch(mapping: Mapping) -> None:
    """No other op has more live bytes than the peak."""
    bill = count(mapping)
    peak = peak_memory(bill, batch=3)
    assert peak.bytes == peak_by_definition(*executed(bill.subject, batch=3))
    assert peak.bytes == max(traffic(bill, batch=3).live)


class Alive(TorchDispatchMode):
    """Counts the bytes of every storage from its creation until Python frees it."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[int] = set()
        self.live = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {each.untyped_storage()._cdata for each in tree_leaves((args, kwargs)) if torch.is_tensor(each)}
        # On `meta`, a BatchNorm creates two statistics, which are empty on a CPU.
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
    """Return the maximum of bytes in torch's tensors during one forward pass, without the input image."""
    with torch.device("meta"), torch.no_grad():
        model, image = MobileFormer(network).eval(), torch.empty(1, 3, network.height, network.width)
        with Alive() as alive:
            model(image)
    return alive.peak


PLAIN = {"input": 64, "stem": 16, "former": "none", "mobile": {"activation": "relu"}, "head": "none"}


def test_torch_uses_exactly_as_much_memory_in_lite_blocks() -> None:
    """Python keeps exactly those tensors that will still be read."""
    bill = count({**PLAIN, "blocks": [{"block": "lite", "expand": 2, "out": "same", "repeat": 3}]})
    peak = peak_memory(bill)
    assert (peak.bytes, peak.op) == (eager_peak(bill.subject), "blocks.1.mobile.depthwise.norm")
    assert peak.bytes == 4 * (16 + 32 + 32) * 32**2


def test_torch_uses_more_memory_only_for_variables_that_nothing_reads() -> None:
    """In Mobile, the variable `hidden` keeps the input of the depthwise convolution until its norm has run."""
    bill = count({**PLAIN, "blocks": [{"block": "mf", "expand": 4, "out": "same", "repeat": 3}]})
    hidden = 4 * 64 * 32**2
    assert peak_memory(bill).bytes == 4 * 16 * 32**2 + 2 * hidden
    assert eager_peak(bill.subject) == peak_memory(bill).bytes + hidden


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=5)
def test_torch_never_uses_less_memory(mapping: Mapping) -> None:
    """Temporaries and variables are added. The image belongs to the caller."""
    bill = count(mapping)
    image = 3 * 4 * bill.subject.height * bill.subject.width
    assert eager_peak(bill.subject) + image >= peak_memory(bill).bytes
