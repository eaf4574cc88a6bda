"""torch.export and torch.compile work on the model."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from mfprofile.nn import build  # noqa: E402

SHORT = {"groups": 4, "blocks": [{"block": "lite", "exp": 16, "out": 8}, {"block": "mf-down", "exp": 24, "out": 12}]}
CHANGES = [
    SHORT,
    pytest.param({}, marks=pytest.mark.slow),
    pytest.param({"attention": "mlp"}, marks=pytest.mark.slow),
    pytest.param({"head": "none"}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize("changes", CHANGES)
def test_torch_export_works(changes: dict[str, Any], small: Any) -> None:
    """An exported program gives the same logits as the model, also for other batch sizes."""
    model = build(small(changes), seed=0).eval()
    free = {"image": {0: torch.export.Dim("batch")}, "attention": None}
    program = torch.export.export(model, (torch.randn(2, 3, 32, 32), False), dynamic_shapes=free)
    for count in (2, 5):
        batch = torch.randn(count, 3, 32, 32)
        torch.testing.assert_close(program.module()(batch, False), model(batch))


@pytest.mark.parametrize("changes", CHANGES)
def test_torch_compile_works_without_breaks(changes: dict[str, Any], small: Any) -> None:
    """The model is one graph without breaks, and the compiled model gives the same logits."""
    torch.compiler.reset()
    model, batch = build(small(changes), seed=0).eval(), torch.randn(2, 3, 32, 32)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(batch), model(batch))
