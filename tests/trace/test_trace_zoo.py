"""Small networks of every sort: the tracer against torch's own counter, its own tensors, and a run on a CPU."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import ZOO, Exhibit  # noqa: E402

from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.trace.traced import Trace  # noqa: E402


def counted_by_torch(exhibit: Exhibit) -> int:
    """Return the multiply-adds that FlopCounterMode counts, attention taken apart and fast paths off."""
    inputs = [each if isinstance(each, torch.Tensor) else torch.zeros(1, *each) for each in exhibit.inputs]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as mode:
            exhibit.make().eval()(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(mode.get_total_flops()) // 2


def told(found: Trace) -> list[tuple[Any, ...]]:
    """Return all that the rows say."""
    return [
        (row.name, row.kind, row.role, row.out, row.madds, row.elements, row.weights, row.biases) for row in found.rows
    ]


@pytest.mark.parametrize("name", ZOO)
def test_the_core_is_that_of_torchs_own_counter(name: str) -> None:
    """To the unit, where torch's counter is right."""
    assert trace(ZOO[name].make(), ZOO[name].inputs).bill().madds == counted_by_torch(ZOO[name])


@pytest.mark.parametrize("name", ZOO)
def test_the_parameters_are_the_models_tensors_each_once(name: str) -> None:
    """Their sum is that of `numel` over distinct tensors, whoever owns them."""
    model = ZOO[name].make()
    found = trace(model, ZOO[name].inputs)
    assert found.bill().params == sum(parameter.numel() for parameter in model.parameters())
    assert found.unused == {}


@pytest.mark.parametrize("name", ZOO)
def test_a_cpu_says_what_meta_tensors_say(name: str) -> None:
    """Every row is the same, so that shapes told without torch's own functions are the right ones."""
    model = ZOO[name].make()
    blank, real = (trace(model, ZOO[name].inputs, device=device) for device in ("meta", "cpu"))
    assert (blank.device, real.device, blank.reason, real.reason) == ("meta", "cpu", "", "")
    assert told(blank) == told(real)


@pytest.mark.parametrize("name", ZOO)
def test_all_is_covered_and_every_name_is_unique(name: str) -> None:
    """No operator of these is unknown, and no row is taken for another."""
    found = trace(ZOO[name].make(), ZOO[name].inputs)
    assert (found.uncovered, found.coverage) == ((), 1)
    assert len({row.name for row in found.rows}) == len(found.rows)
    assert {row.part.path for row in found.rows} <= set(found.modules)
