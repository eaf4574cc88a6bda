"""What ultralytics-thop counts: windows of pooling, functions that it knows, and rules that hide what runs inside.

The figures are those that ultralytics-thop 2.2.3 prints with torch 2.13, in all and for each layer. They are compared
with our bills without it. Where it is installed, as in an environment of its own, it is run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from mfprofile.cost.bill import Bill  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.counters import installed, measure  # noqa: E402
from mfprofile.verify.explain import explain  # noqa: E402

TOOL = "ultralytics-thop"


class Pools(nn.Module):
    """Average pooling with windows that overlap, leave gaps, and reach into padding or beyond it."""

    def __init__(self) -> None:
        super().__init__()
        self.padded, self.gaps = nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(1, 2)
        self.unpadded = nn.AvgPool2d((3, 2), (1, 2), (1, 0), count_include_pad=False)
        self.beyond = nn.AvgPool2d(3, 2, 1, ceil_mode=True)
        self.adaptive, self.one = nn.AdaptiveAvgPool2d((5, 4)), nn.AdaptiveAvgPool2d(1)
        self.line, self.volume, self.power = nn.AvgPool1d(3, 2, 1), nn.AvgPool3d(2, 1), nn.LPPool2d(2, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return what the layers put out."""
        image, large = self.unpadded(self.padded(x)), self.beyond(x)
        small = [self.adaptive(x), self.one(image), self.gaps(large), self.power(x)]
        return [*small, self.line(x.flatten(2)), self.volume(x[:, None])]


class Functions(nn.Module):
    """Products by functions that the tool knows, or by others that do the same."""

    def __init__(self, are_known: bool) -> None:
        super().__init__()
        self.are_known = are_known
        self.matrix, self.vector = nn.Parameter(torch.zeros(6, 6)), nn.Parameter(torch.zeros(6))
        self.stack = nn.Parameter(torch.zeros(4, 6, 6))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return products of 5 vectors with a matrix, a vector, or each other."""
        return self.known(x, x[0]) if self.are_known else self.unknown(x, x[0])

    def known(self, x: Tensor, rows: Tensor) -> list[Tensor]:
        """Return products by matmul, bmm, linear, and einsums of two operands, sums or not."""
        sums = [x @ self.matrix, x.matmul(self.vector), torch.bmm(x, self.matrix[None]), self.vector @ self.vector]
        sums += [functional.linear(rows, self.matrix), torch.einsum("bi,ij->bj", rows, self.matrix)]
        return [*sums, torch.einsum("bi,bi->bi", rows, rows), torch.einsum("i,j->ij", self.vector, self.vector)]

    def unknown(self, x: Tensor, rows: Tensor) -> list[Tensor]:
        """Return the same by other functions, some of which run those above inside."""
        sums = [rows.mm(self.matrix), torch.addmm(self.vector, rows, self.matrix), rows.mv(self.vector)]
        sums += [torch.baddbmm(torch.zeros(1), x, self.matrix[None]), self.vector.dot(self.vector)]
        sums += [torch.einsum("bi,ij,jk->bk", rows, self.matrix, self.matrix), torch.tensordot(rows, self.matrix, 1)]
        sums += [torch.outer(self.vector, self.vector), functional.bilinear(rows, rows, self.stack)]
        return [*sums, torch.linalg.matrix_power(self.matrix, 3), torch.linalg.multi_dot([rows, self.matrix, rows.T])]


class Masked(nn.Module):
    """Attention with a mask and its weights, as a layer and as a function, and a function without weights."""

    def __init__(self, calls: str) -> None:
        super().__init__()
        self.calls = calls
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return what one of the three returns; the softmax at the end is a function that the tool does not know."""
        mask, each, own = torch.zeros(5, 5), x.transpose(0, 1), self.attention
        if self.calls == "layer":
            return functional.softmax(own(x, x, x, attn_mask=mask)[0], -1)
        weights = (own.in_proj_weight, own.in_proj_bias, None, None, False, 0.0, own.out_proj.weight, None)
        options: dict[str, Any] = {"attn_mask": mask} if self.calls == "masked" else {"need_weights": False}
        called = functional.multi_head_attention_forward(each, each, each, 8, 2, *weights, training=False, **options)
        return functional.softmax(called[0], -1)


class Twice(nn.Conv2d):
    """A convolution whose forward also multiplies matrices: its rule hides them."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution plus a sum of products."""
        rows = self.weight.flatten(1)
        return super().forward(x) + (rows @ rows.T).sum()


class Squared(nn.Module):
    """A parametrization with a product of matrices, which runs while its layer does."""

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight plus a sum of products."""
        return weight + (weight.flatten(1) @ weight.flatten(1).T).sum()


class Layers(nn.Module):
    """Layers with rules of several parts, and norms with and without parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.conv, self.two = Twice(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Bilinear(4, 4, 3)
        nn.utils.parametrize.register_parametrization(self.conv, "weight", Squared())
        self.softmin, self.log = nn.Softmin(-1), nn.LogSoftmax(-1)
        self.plain, self.scaled = nn.RMSNorm(3, elementwise_affine=False), nn.RMSNorm(3)

    def forward(self, x: Tensor) -> Tensor:
        """Return what all of them do in turn."""
        x = self.conv(self.twice(x)).flatten(2).transpose(1, 2)
        tensor: Tensor = self.scaled(self.plain(self.log(self.softmin(self.two(x, x)))))
        return tensor


class Slope(nn.Module):
    """A forward that differentiates: torch then splits functions, and the tool does not see the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.matrix = nn.Linear(6, 4), nn.Parameter(torch.zeros(4, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the slope of a product."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad((self.layer(x).tanh() @ self.matrix).sum(), x)[0]


class Case(NamedTuple):
    """A network, the shape of its input, what the tool prints for it, and for its layers."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    total: int
    layers: dict[str, int]


POOLS = {"padded": 750, "gaps": 54, "unpadded": 186, "beyond": 855, "adaptive": 528, "one": 33}
CASES = {
    "pools": Case(Pools, (3, 9, 10), 4242, {**POOLS, "line": 540, "volume": 1296, "power": 0}),
    "known functions": Case(lambda: Functions(True), (5, 6), 822, {}),
    "unknown functions": Case(lambda: Functions(False), (5, 6), 0, {}),
    "attention, a layer": Case(lambda: Masked("layer"), (5, 8), 1820, {"attention": 1820}),
    "attention, a function with weights": Case(lambda: Masked("masked"), (5, 8), 1820, {}),
    "attention, a function": Case(lambda: Masked("alone"), (5, 8), 1820, {}),
    "layers": Case(
        Layers,
        (3, 4, 4),
        2016,
        {"twice": 192, "conv": 256, "two": 960, "softmin": 176, "log": 144, "plain": 96, "scaled": 192},
    ),
    "slope": Case(Slope, (5, 6), 180, {"layer": 120}),
}


def _bill(case: Case) -> Bill:
    return trace(case.make().eval(), case.shape).bill(TOOL)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_bill_has_the_figures_that_the_tool_printed(case: Case) -> None:
    """In all, and for each layer that has a rule."""
    bill = _bill(case)
    assert bill.madds == case.total
    by_path = {total.name: total.madds for total in bill.by("module")}
    assert {name: by_path[name] for name in case.layers} == case.layers


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_tool_prints_these_figures(case: Case) -> None:
    """It counts the total of the network, and each layer by its path."""
    if not installed(TOOL):
        (pytest.fail if os.environ.get("MFPROFILE_COUNTER") == TOOL else pytest.skip)(f"{TOOL} is not installed")
    import thop

    model, image = case.make().eval(), torch.zeros(1, *case.shape)
    total, _, layers = thop.profile(model, (image,), verbose=False, ret_layer_info=True)
    assert total == case.total
    assert {name: layers[name][0] for name in case.layers} == case.layers
    assert explain(_bill(case).under("core"), measure(TOOL, model, image), []).holds
