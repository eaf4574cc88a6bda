"""The windows of average pooling, judged by torch: how many values its windows have, and by how many it divides."""

from __future__ import annotations

from itertools import product

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from mfprofile.trace.trace import trace  # noqa: E402


def _amounts(layer: nn.Module, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the elements, the windows and the number of outputs of the only row of a layer."""
    (row,) = trace(layer, shape).rows
    return row.elements, row.cost.windows, row.activations


def _divisors(image: Tensor, layer: nn.AvgPool2d) -> int:
    """Return the sum of the numbers by which a pooling divides: each window's sum of ones divided by its average."""
    sums = nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, divisor_override=1)
    ones = torch.ones_like(image)
    return int((sums(ones) / layer(ones)).round().sum())


CASES = [
    (kernel, stride, padding, ceil, counts)
    for kernel, stride, padding in product((1, 2, 3), (1, 2, 3), (0, 1))
    for ceil, counts in product((False, True), (False, True))
    if padding * 2 <= kernel
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil", "counts"), CASES)
def test_the_windows_have_as_many_values_as_torch_divides_by(
    kernel: int, stride: int, padding: int, ceil: bool, counts: bool
) -> None:
    """They overlap, leave gaps, and reach into padding, which counts or does not, and beyond it."""
    layer = nn.AvgPool2d(kernel, stride, padding, ceil, counts)
    out = layer(torch.zeros(1, 3, 7, 10))
    divisors = _divisors(torch.zeros(1, 3, 7, 10), layer)
    assert _amounts(layer, (3, 7, 10)) == (3 * 7 * 10, divisors, out.numel())


def _read(layer: nn.Module, *sides: int) -> int:
    """Return how many values all windows have: each position in turn is 1, and counts where the average is not 0."""
    positions = int(torch.tensor(sides).prod())
    return int((layer(torch.eye(positions).reshape(positions, 1, *sides)) != 0).sum())


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4), (7, 7), (9, 3), (None, 2)])
def test_adaptive_windows_have_as_many_values_as_torch_reads(size: tuple[int | None, int]) -> None:
    """They overlap where the sides do not divide, and where the output is larger than the image."""
    layer = nn.AdaptiveAvgPool2d(size)
    assert _amounts(layer, (2, 7, 6))[1] == 2 * _read(layer, 7, 6)


@pytest.mark.parametrize(
    ("layer", "sides"),
    [
        (nn.AvgPool1d(3, 2, 1, count_include_pad=False), (9,)),
        (nn.AvgPool3d((1, 2, 3), (1, 2, 1), (0, 1, 1), count_include_pad=False), (2, 4, 5)),
        (nn.AdaptiveAvgPool1d(4), (9,)),
        (nn.AdaptiveAvgPool3d((2, 3, 2)), (3, 4, 5)),
    ],
)
def test_windows_in_one_and_three_dimensions(layer: nn.Module, sides: tuple[int, ...]) -> None:
    """The last sides are pooled, whatever comes before them: a batch counts, and an image without one is the same."""
    read = _read(layer, *sides)
    assert _amounts(layer, (4, *sides))[1] == 4 * read
    (row,) = trace(layer, [(4, *sides)], batch=5).rows
    assert row.cost.windows == 5 * 4 * read
    (row,) = trace(layer, [(4, *sides)], batch=None).rows
    assert row.cost.windows == 4 * read


def test_windows_are_the_same_with_gradients() -> None:
    """Torch then runs other operators: a pooling in one dimension as one in two."""

    class Slope(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line, self.whole = nn.AvgPool1d(3, 2, 1), nn.AdaptiveAvgPool2d((5, 4))

        def forward(self, x: Tensor) -> Tensor:
            image = x.requires_grad_()
            (slope,) = torch.autograd.grad((self.line(image[0]).sum() + self.whole(image).sum()), image)
            return slope

    rows = [row for row in trace(Slope(), (3, 7, 9)).rows if row.cost.windows]
    assert [(row.part.path, row.cost.windows) for row in rows] == [
        ("line", 3 * 7 * 15),
        ("whole", 3 * _read(nn.AdaptiveAvgPool2d((5, 4)), 7, 9)),
    ]
