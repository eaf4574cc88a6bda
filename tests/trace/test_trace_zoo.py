"""Compare traces of many small networks with torch's own counter, with the model's tensors, and with a run on a CPU."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import ZOO, Exhibit  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402


def counted_by_torch(exhibit: Exhibit) -> int:
    """Return the multiply-adds that FlopCounterMode counts, with decomposed attention and without fast paths."""
    inputs = [each if isinstance(each, torch.Tensor) else torch.zeros(1, *each) for each in exhibit.inputs]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as mode:
            exhibit.make().eval()(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(mode.get_total_flops()) // 2


def row_values(traced: Trace) -> list[tuple[Any, ...]]:
    """Return all values of the rows."""
    return [
        (row.name, row.kind, row.role, row.out, row.madds, row.elements, row.weights, row.biases) for row in traced.rows
    ]


@pytest.mark.parametrize("name", ZOO)
def test_the_core_is_that_of_torchs_own_counter(name: str) -> None:
    """They are equal to the unit, in cases where torch's counter is right."""
    assert trace(ZOO[name].make(), ZOO[name].inputs).bill().madds == counted_by_torch(ZOO[name])


@pytest.mark.parametrize("name", ZOO)
def test_the_parameters_are_the_models_tensors_each_once(name: str) -> None:
    """Their sum is that of `numel` over distinct tensors."""
    model = ZOO[name].make()
    traced = trace(model, ZOO[name].inputs)
    assert traced.bill().params == sum(parameter.numel() for parameter in model.parameters())
    assert traced.unused == {}


@pytest.mark.parametrize("name", ZOO)
def test_a_trace_on_a_cpu_equals_one_on_meta_tensors(name: str) -> None:
    """Every row is the same, so the shapes that we compute without torch are right."""
    model = ZOO[name].make()
    blank, real = (trace(model, ZOO[name].inputs, device=device) for device in ("meta", "cpu"))
    assert (blank.device, real.device, blank.reason, real.reason) == ("meta", "cpu", "", "")
    assert row_values(blank) == row_values(real)


@pytest.mark.parametrize("name", ZOO)
def test_all_is_covered_and_every_name_is_unique(name: str) -> None:
    """No operator is unknown, and no two rows have the same name."""
    traced = trace(ZOO[name].make(), ZOO[name].inputs)
    assert (traced.uncovered, traced.coverage) == ((), 1)
    assert len({row.name for row in traced.rows}) == len(traced.rows)
    assert {row.part.path for row in traced.rows} <= set(traced.modules)
