"""The model trains."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from mfprofile.nn import build  # noqa: E402
from mfprofile.spec import resolve  # noqa: E402


def test_every_parameter_gets_a_gradient_under_every_switch(switched: Any) -> None:
    """In train mode each parameter has a finite gradient. No weight's gradient is zero if the softmax can vary."""
    network = resolve(switched)
    model = build(switched, seed=0)
    for name, parameter in model.named_parameters():
        if name.endswith("squeeze.bias"):
            nn.init.ones_(parameter)  # with so few values, θ's ReLU could be zero for all
    torch.manual_seed(0)
    answer = model(torch.randn(4, 3, network.height, network.width))
    parts = [part for part in (answer if network.head is None else (answer,)) if part is not None]
    sum((part * torch.randn_like(part)).sum() for part in parts).backward()
    one_token = network.tokens is not None and network.tokens.count == 1
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert one_token or name.endswith("bias") or parameter.grad.any(), name


def test_it_learns_a_few_images_by_heart() -> None:
    """AdamW brings the loss on random images with random labels near zero, and changes tokens and both bridges."""
    blocks = [
        {"block": "lite", "exp": 16, "out": 8},
        {"block": "mf-down", "exp": 32, "out": 16},
        {"block": "mf", "exp": 48, "out": 16},
    ]
    spec = {"input": 24, "classes": 4, "tokens": {"count": 3, "dim": 32}, "stem": 8, "blocks": blocks}
    model = build({**spec, "head": {"fc": 32}}, seed=0)
    torch.manual_seed(0)
    batch, labels = torch.randn(32, 3, 24, 24), torch.randint(4, (32,))
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), labels)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01
    still = [name for name, tensor in model.named_parameters() if torch.equal(tensor, before[name])]
    assert still == []
    assert (model.eval()(batch).argmax(1) == labels).all()


def test_the_logits_depend_on_tokens_and_bridges(small: Any) -> None:
    """Without the tokens, or without either bridge of one block, the logits change."""
    model = build(small(), seed=0).eval()
    batch = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        logits = model(batch)
        for name in ("tokens", "blocks.3.mobile_to_former.output", "blocks.3.former_to_mobile.value"):
            weight = model.get_submodule(name).weight
            kept, _ = weight.clone(), weight.zero_()
            assert not torch.allclose(model(batch), logits, atol=1e-4), name
            weight.copy_(kept)
        torch.testing.assert_close(model(batch), logits)
