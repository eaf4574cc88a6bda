"""Small networks for tests of training: what needs a gradient in each of them is easy to get wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.utils.checkpoint
from torch import Tensor, nn
from torch.nn import functional


class Does(nn.Module):
    """A network that runs a function of itself and its inputs, with the modules and parameters that it is given."""

    def __init__(self, function: Callable[..., Any], **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs: Tensor) -> Any:
        """Run the function."""
        return self.function(self, *inputs)


class Swish(torch.autograd.Function):
    """A function with a backward pass of its own, as networks have it to save memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return x · sigmoid(x)."""
        ctx.save_for_backward(x)
        return x * x.sigmoid()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Return a gradient without products."""
        return grads[0] * ctx.saved_tensors[0]


def linear(inputs: int = 8, outputs: int = 8) -> nn.Linear:
    """Return a Linear."""
    return nn.Linear(inputs, outputs)


def weight(*sides: int) -> nn.Parameter:
    """Return a parameter."""
    return nn.Parameter(torch.randn(*sides))


def frozen(module: nn.Module) -> nn.Module:
    """Return a module whose parameters need no gradient."""
    return module.requires_grad_(False)


def bitfit() -> nn.Module:
    """Return a network of which only the biases are trained."""
    model = nn.Sequential(linear(), nn.ReLU(), linear(8, 4))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("bias" in name)
    return model


def encoder(is_frozen: bool = False) -> nn.Module:
    """Return an encoder layer, whose attention may be frozen."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    layer.self_attn.requires_grad_(not is_frozen)
    return layer


def into_slices(net: Any, x: Tensor) -> Tensor:
    """Write into views of a new tensor and of a result."""
    y = net.a(x)
    z = y.new_zeros(y.shape)
    z[:, :3] = y[:, :3]
    z.mul_(2).add_(net.b(x))
    return net.c(z)  # type: ignore[no-any-return]


def through_a_view(net: Any, x: Tensor) -> Tensor:
    """Write into a view, and read its base."""
    z = torch.zeros(1, 5, 8)
    z[:, :2].copy_(net.a(x)[:, :2])
    return z @ net.w


def under_views(net: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Write into a base, and read the views that were made before."""
    z = torch.zeros(1, 5, 8)
    first, last = z[:, :2], z[:, 2:]
    z.add_(net.a(x))
    return first @ net.w, last @ net.w


def of_a_detached(net: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Write into a detached tensor: the gradient of the other one stays."""
    z = net.a(x)
    cut = z.detach()
    cut.add_(1)
    return z @ net.w, cut @ net.w


def zeroed(net: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Overwrite a tensor with zeros: torch still computes its gradient."""
    z = net.a(x)
    y, z = z @ net.w, z * 1.0
    return y, z.zero_() @ net.w


def partly_detached(net: Any, x: Tensor) -> Any:
    """Read one result with its gradient and another without."""
    return net.b(net.a(x)) + net.b(net.c(x).detach())


def without_gradients(net: Any, x: Tensor) -> Any:
    """Run a part under no_grad."""
    with torch.no_grad():
        y = net.a(x)
    return net.b(y)


def excited(net: Any, x: Tensor) -> Any:
    """Scale a feature map by what is computed from its mean."""
    y = net.c(x)
    return y * net.g(y.mean((2, 3), keepdim=True)).sigmoid()


def learned_mask(net: Any, x: Tensor) -> Tensor:
    """Attend with a mask that is learned, which torch does not fuse."""
    y = net.a(x)[:, None]
    return functional.scaled_dot_product_attention(y, y, y, attn_mask=net.m)


def unused(net: Any, x: Tensor) -> Any:
    """Compute what is not returned."""
    net.b(x.relu())
    return net.a(x)


def checkpointed(reentrant: bool) -> nn.Module:
    """Return a network of which a part runs again in the backward pass."""

    def run(net: Any, x: Tensor) -> Any:
        return net.b(torch.utils.checkpoint.checkpoint(net.a, net.c(x), use_reentrant=reentrant))

    return Does(run, a=nn.Sequential(linear(), nn.Tanh(), linear()), b=linear(), c=linear())


VECTORS, IMAGE = (1, 5, 8), (1, 3, 16, 16)
ON_VECTORS: dict[str, Callable[[], nn.Module]] = {
    "all trained": lambda: nn.Sequential(linear(), nn.ReLU(), linear(8, 4)),
    "frozen backbone": lambda: nn.Sequential(frozen(linear()), nn.ReLU(), linear(8, 4)),
    "frozen head": lambda: nn.Sequential(linear(), nn.ReLU(), frozen(linear(8, 4))),
    "all frozen": lambda: frozen(nn.Sequential(linear(), linear(8, 4))),
    "BitFit": bitfit,
    "unused output": lambda: Does(unused, a=linear(), b=linear()),
    "detached": lambda: Does(lambda net, x: net.b(net.a(x).detach()), a=linear(), b=linear()),
    "partly detached": lambda: Does(partly_detached, a=linear(), b=linear(), c=linear()),
    "shared weights": lambda: Does(lambda net, x: net.a(net.a(x)), a=linear()),
    "into slices": lambda: Does(into_slices, a=linear(), b=linear(), c=linear()),
    "through a view": lambda: Does(through_a_view, a=linear(), w=weight(8, 4)),
    "under views": lambda: Does(under_views, a=linear(), w=weight(8, 4)),
    "of a detached": lambda: Does(of_a_detached, a=linear(), w=weight(8, 4)),
    "zeroed": lambda: Does(zeroed, a=linear(), w=weight(8, 4)),
    "views": lambda: Does(lambda net, x: net.a(x).view(1, 5, 2, 4).transpose(1, 2) @ net.w, a=linear(), w=weight(4, 3)),
    "with itself": lambda: Does(lambda net, x: (y := net.a(x)) @ y.mT, a=linear()),
    "attention": lambda: Does(lambda net, x: net.a(x, x, x)[0], a=nn.MultiheadAttention(8, 2, batch_first=True)),
    "encoder": encoder,
    "encoder with frozen attention": lambda: encoder(is_frozen=True),
    "learned mask": lambda: Does(learned_mask, a=linear(), m=weight(1, 1, 5, 5)),
    "no_grad": lambda: Does(without_gradients, a=linear(), b=linear()),
    "argmax": lambda: Does(lambda net, x: net.b(x * net.a(x).argmax(-1, True).float()), a=linear(), b=linear()),
    "compared": lambda: Does(lambda net, x: net.b(torch.where(net.a(x) > 0, x, -x)), a=linear(), b=linear()),
    "several outputs": lambda: Does(lambda net, x: {"a": net.a(x), "b": [net.b(x), 3]}, a=linear(), b=linear()),
    "einsum": lambda: Does(lambda net, x: torch.einsum("bnc,cd->bnd", net.a(x), net.w), a=linear(), w=weight(8, 4)),
    "einsum of three": lambda: Does(
        lambda net, x: torch.einsum("bnc,cd,de->bne", x, net.w, net.v), w=weight(8, 4), v=weight(4, 3)
    ),
    "addmm": lambda: Does(lambda net, x: torch.addmm(net.b, x[0], net.w), b=weight(5, 4), w=weight(8, 4)),
    "only added": lambda: Does(lambda net, x: torch.addmm(net.b, x[0], net.w.data), b=weight(5, 4), w=weight(8, 4)),
    "data of a parameter": lambda: Does(lambda net, x: x @ net.w.data, w=weight(8, 4)),
    "stacked": lambda: Does(
        lambda net, x: torch.stack([net.a(x[:, at]) for at in range(5)], 1) @ net.w, a=linear(), w=weight(8, 4)
    ),
    "weight norm": lambda: nn.utils.parametrizations.weight_norm(linear(8, 4)),
    "dropout": lambda: nn.Sequential(linear(), nn.Dropout(0.5), linear(8, 4)),
    "own backward": lambda: Does(lambda net, x: net.b(Swish.apply(net.a(x))), a=linear(), b=linear()),
    "convolutions of vectors": lambda: nn.Sequential(nn.Conv1d(5, 6, 3), nn.Conv1d(6, 6, 3, groups=3)),
}
ON_AN_IMAGE: dict[str, Callable[[], nn.Module]] = {
    "groups": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3, groups=4), nn.Conv2d(8, 8, 1)
    ),
    "frozen groups": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), frozen(nn.Conv2d(8, 8, 3, groups=8))),
    "transposed groups": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(8, 4, 3, 2, groups=2)),
    "squeeze and excite": lambda: Does(excited, c=nn.Conv2d(3, 8, 3), g=nn.Conv2d(8, 8, 1)),
    "norm of one value": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(8), nn.Flatten(), linear(8, 4)
    ),
}
