"""Training of any network: equal to a real backward pass under torch's FlopCounterMode."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from running import need  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from training_networks import (  # noqa: E402
    IMAGE,
    ON_AN_IMAGE,
    ON_VECTORS,
    VECTORS,
    Does,
    checkpointed,
    frozen,
    linear,
    weight,
)
from versions import WEIGHT_NORM  # noqa: E402

from mfprofile import count, load, resolve  # noqa: E402
from mfprofile.cost.bill import Bill  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.nn.model import build  # noqa: E402
from mfprofile.trace.libraries import imported  # noqa: E402
from mfprofile.trace.settings import of_any_batch  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

CASES = [(name, make, VECTORS) for name, make in ON_VECTORS.items()]
CASES += [(name, make, IMAGE) for name, make in ON_AN_IMAGE.items()]
CONFIRMED = [pytest.param(*case, marks=[WEIGHT_NORM] if case[0] == "weight norm" else []) for case in CASES]


def measured(model: nn.Module, *inputs: Tensor, backend: SDPBackend = SDPBackend.MATH) -> int:
    """Return the FLOPs that FlopCounterMode counts in a forward and a backward pass."""
    with sdpa_kernel(backend), of_any_batch(True), FlopCounterMode(display=False) as mode:
        outputs = [each for each in tree_leaves(model.train()(*inputs)) if isinstance(each, Tensor)]
        outputs = [each for each in outputs if each.requires_grad]
        if outputs:
            torch.autograd.backward(outputs, [torch.ones_like(each) for each in outputs])
    return int(mode.get_total_flops())


def excess(bill: Bill) -> int:
    """Return what FlopCounterMode counts in convolutions in groups beyond their products."""
    return sum(row.madds for row in bill.rows if row.kind == "grouped-gradient")


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(("name", "make", "shape"), CASES, ids=[name for name, _, _ in CASES])
def test_it_equals_a_real_backward_pass(
    name: str, make: Callable[[], nn.Module], shape: tuple[int, ...], device: str
) -> None:
    """The measured FLOPs are twice the products and twice the excess of convolutions in groups, to the unit."""
    model, inputs = make(), torch.zeros(shape)
    bill = trace(model, inputs, device=device, training=True).bill()
    assert 2 * (bill.madds + excess(bill)) == measured(model, inputs), name
    assert bill.params == sum(each.numel() for each in model.parameters())


def test_a_convolution_in_groups_has_the_products_of_a_hand_count() -> None:
    """4 channels of 3 × 3 positions and taps: 324 products, three times; FlopCounterMode says 1,944 with an image."""
    layer, image = nn.Conv2d(4, 4, 3, groups=4), torch.zeros(1, 4, 5, 5, requires_grad=True)
    bill = trace(layer, image, training=True).bill()
    assert (bill.madds, excess(bill), bill.under("torch").madds) == (972, 972, 2 * 1_944)
    assert measured(layer, image) == 2 * 1_944
    without = trace(layer, image.detach(), training=True).bill()
    assert (without.madds, without.under("torch").madds) == (648, 2 * (648 + 972))


def test_an_input_that_requires_a_gradient_has_one() -> None:
    """Then the first layer has both gradients, and a frozen backbone still passes one on to the input."""
    model = nn.Sequential(frozen(linear()), linear(8, 4))
    vectors = torch.zeros(VECTORS, requires_grad=True)
    bill = trace(model, vectors, training=True).bill()
    assert 2 * bill.madds == measured(model, vectors) == 2 * (2 * 320 + 3 * 160)


def test_the_gradients_of_fused_attention_are_counted() -> None:
    """Core counts attention as if it were not fused; FlopCounterMode sees nothing of it on a CPU."""
    model, vectors = ON_VECTORS["encoder"](), torch.zeros(VECTORS)
    without_dropout = model.eval()
    traced = trace(without_dropout, vectors, training=True).bill()
    assert 2 * traced.madds == measured(model, vectors)
    flash = Does(lambda net, x: _attended(net.a(x)), a=linear())
    bill = trace(flash, vectors, training=True).bill()
    assert 2 * bill.madds == measured(flash, vectors)
    assert bill.under("torch").madds == measured(flash, vectors, backend=SDPBackend.FLASH_ATTENTION) < 2 * bill.madds


def _attended(vectors: Tensor) -> Tensor:
    heads = vectors[:, None]
    return nn.functional.scaled_dot_product_attention(heads, heads, heads)


@pytest.mark.parametrize("name", one_in(5, ["mf26m", "mf294m-mlp", "mf151m-retinanet", "mf151m-coco", "mf294m-mobile"]))
def test_a_spec_and_its_torch_model_have_the_same_bill_in_training(name: str) -> None:
    """Every op has the same products in both modes, and FlopCounterMode's excess at the same convolutions."""
    network = resolve(load(name).replace(input=64))
    expected = {row.name: row.madds for row in count(network, training=True).rows if row.madds}
    traced = trace(build(network, seed=0), (3, network.height, network.width), training=True)
    assert sum(expected.values()) == sum(row.madds for row in traced.rows)
    assert traced.bill().madds == count(network, training=True).madds
    assert traced.bill("torch").madds == count(network, "torch", training=True).madds


def test_norms_and_dropout_run_as_in_training() -> None:
    """The rows show that norms take their own statistics, and that dropout multiplies."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5))
    assert [(row.kind, row.role) for row in trace(model, IMAGE[1:], training=True).rows] == [
        ("conv", "biased"),
        ("batch-norm", "training"),
        ("dropout", "plain"),
    ]
    assert model[1].num_batches_tracked == 0  # the model itself has not run
    assert not any(module.training for module in trace_in_eval(model))


def trace_in_eval(model: nn.Module) -> list[nn.Module]:
    """Return the modules of a model in eval mode, after a trace in training mode."""
    trace(model.eval(), IMAGE[1:], training=True)
    return list(model.modules())


def test_a_network_can_keep_its_norms_in_eval_mode() -> None:
    """Its own `train` is called, which fine-tuning often overrides; one that raises is passed over."""

    class Kept(nn.Sequential):
        def train(self, mode: bool = True) -> Kept:
            super().train(mode)
            self[1].eval()
            return self

    class Raising(nn.Sequential):
        def train(self, mode: bool = True) -> Raising:
            raise RuntimeError(str(mode))

    layers = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
    roles = [trace(kind(*layers), IMAGE[1:], training=True).rows[1].role for kind in (Kept, Raising)]
    assert roles == ["biased", "training"]  # how a norm with given statistics is called


def test_a_bill_knows_its_trainable_and_frozen_parameters() -> None:
    """In both modes; a parameter that is shared counts once."""
    model = Does(lambda net, x: net.b(net.a(net.a(x))) @ net.w, a=frozen(linear()), b=linear(), w=weight(8, 4))
    for training in (True, False):
        traced = trace(model, VECTORS[1:], training=training)
        assert (traced.frozen, traced.bill().params) == (72, 72 + 72 + 32)
    assert trace(linear(), VECTORS[1:]).frozen == 0
    assert count("mf26m").subject.frozen == 0


def test_other_conventions_refuse_a_trace_of_training() -> None:
    """A trace of an inference has a bill in each."""
    with pytest.raises(InputError, match="convention 'fvcore' cannot count training"):
        trace(linear(), VECTORS[1:], training=True).bill("fvcore")
    assert trace(linear(), VECTORS[1:]).bill("fvcore").madds == 320


def test_nothing_is_left_changed_after_a_trace_of_training() -> None:
    """Torch's checks, gradients of the model, and warnings are as before."""
    check, model = nn.functional._verify_batch_size, ON_AN_IMAGE["norm of one value"]()
    with warnings.catch_warnings(action="error"):
        trace(model, IMAGE[1:], training=True)
    assert nn.functional._verify_batch_size is check
    assert all(each.grad is None for each in model.parameters())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(("name", "make", "shape"), CONFIRMED, ids=[name for name, _, _ in CASES])
def test_a_real_backward_pass_confirms_the_bill(
    name: str, make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    """Each trace of training runs one on meta tensors, and would have a remark on a difference."""
    assert trace(make(), shape[1:], training=True).remarks == (), name


@pytest.mark.filterwarnings("ignore:`torch.cpu.amp.autocast:FutureWarning")  # torch 2.4 calls it in checkpoints
@pytest.mark.parametrize("reentrant", [True, False])
def test_a_part_that_runs_again_is_named(reentrant: bool) -> None:
    """Checkpointing cannot be seen in one inference; the products that it runs again are not counted, but named."""
    traced = trace(checkpointed(reentrant), VECTORS[1:], training=True)
    again = 640 if reentrant else 320  # the other kind stops before the last Linear of the part
    gap = next(remark for remark in traced.remarks if remark.is_gap)
    why = "parts that run again, as in checkpointing, or a backward of its own, are not counted"
    assert gap.text == f"a real forward and backward pass has {again} products more than counted here: {why}"


def test_gradients_that_a_hook_turns_off_are_named() -> None:
    """A network can turn off gradients where no operator shows it; the bill then counts too many."""

    class Turned(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.mark_non_differentiable(y := x * 2)
            return y

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:  # noqa: ARG004
            return grads

    model = Does(lambda net, x: net.b(Turned.apply(net.a(x))), a=linear(), b=linear())
    [gap] = trace(model, VECTORS[1:], training=True).remarks
    assert gap.is_gap
    why = "gradients that the network turns off are counted"
    assert gap.text == f"a real forward and backward pass has 640 products fewer than counted here: {why}"


def test_a_backward_pass_that_cannot_run_is_said() -> None:
    """Its error is a remark, and the bill follows the rule alone."""

    class Failing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004
            return x * 2

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:  # noqa: ARG004
            raise ValueError("no gradient")

    model = Does(lambda net, x: Failing.apply(net.a(x)), a=linear())
    traced = trace(model, VECTORS[1:], training=True)
    assert [(each.text, each.is_gap) for each in traced.remarks] == [
        ("not compared with a real backward pass: ValueError: no gradient", False)
    ]
    assert traced.bill().madds == 640


@pytest.mark.parametrize(
    ("name", "madds", "in_torch"),
    [
        ("resnet18", 5_324_206_080, 5_324_206_080),
        ("deit_tiny_patch16_224", 3_732_148_224, 3_732_148_224),
        ("mobilenetv3_large_100", 644_350_272, 5_888_604_672),
        ("efficientnet_b0", 1_146_606_240, 16_092_921_792),
    ],
)
def test_networks_of_timm_have_their_totals_in_training(name: str, madds: int, in_torch: int) -> None:
    """Half of the FLOPs that FlopCounterMode counted in a backward pass on real tensors, and less its excess.

    Attention is written out as products. FlopCounterMode counts more where convolutions are in groups.
    """
    need("timm")
    timm = imported("timm")
    is_fused = timm.layers.use_fused_attn()
    timm.layers.set_fused_attn(False)
    try:
        traced = trace(timm.create_model(name), (3, 224, 224), training=True)
    finally:
        timm.layers.set_fused_attn(is_fused)
    assert (traced.bill().madds, traced.bill("torch").madds, traced.remarks) == (madds, 2 * in_torch, ())
