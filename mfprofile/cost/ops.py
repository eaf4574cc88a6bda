"""The costs of the primitive ops: pure functions of shapes that use only `+` and `*`.

Each dimension may be an int, an int64 array with one element per variant, or a sympy symbol. The result has the same
type. Nothing here branches on, rounds, compares or divides a dimension. One multiply-add (MAdd) is one product and its
sum, which is 2 FLOPs. All costs are for one image.
"""

from __future__ import annotations

from mfprofile.cost.cost import Cost as Cost
from mfprofile.cost.kinds import REDUCTIONS
from mfprofile.spec.dimension import D, Size, product


def conv(
    inputs: Size[D],
    outputs: Size[D],
    kernel: Size[D],
    height: Size[D],
    width: Size[D],
    kind: str = "conv",
    bias: bool = False,
    groups: Size[D] = 1,
) -> Cost[D]:
    """Return the cost of a `kernel`² convolution to `outputs` × `height` × `width`, with `inputs` channels *per group*.

    Each output value needs k² · inputs products. Padding is multiplied like any other value. Adding a `bias` is not a
    multiply-add.

    >>> cost = conv(3, 16, 3, 112, 112)  # the 294M's stem: 27 products for each of 200,704 outputs
    >>> cost.madds, cost.weights, cost.elements
    (5419008, 432, 200704)
    """
    return convolution(inputs, outputs, kernel * kernel, (height, width), kind, bias, groups)


def convolution(
    inputs: Size[D],
    outputs: Size[D],
    taps: Size[D],
    positions: tuple[Size[D], ...],
    kind: str = "conv",
    bias: bool = False,
    groups: Size[D] = 1,
) -> Cost[D]:
    """Return the cost of a convolution in any number of dimensions, with `inputs` channels *per group*.

    `taps` is the number of positions in its kernel. `positions` are the sides of its output. All else is as in `conv`.

    >>> convolution(8, 4, 3, (10,)).madds  # 8 · 3 products for each of 4 · 10 outputs
    960
    """
    weights = taps * inputs * outputs
    spread = product(positions)
    biases = outputs if bias else 0
    return Cost(kind, (outputs, *positions), weights * spread, outputs * spread, weights, biases, groups=groups)


def transposed(
    inputs: Size[D],
    outputs: Size[D],
    taps: Size[D],
    read: tuple[Size[D], ...],
    positions: tuple[Size[D], ...],
    bias: bool = False,
    groups: Size[D] = 1,
) -> Cost[D]:
    """Return the cost of a transposed convolution with `inputs` channels *per group*.

    `read` are the sides of its input, `positions` those of its output. Each input value is multiplied by a whole kernel
    for each output channel of its group. Products that fall outside the output are counted too.

    >>> cost = transposed(4, 8, 9, (5, 5), (10, 10))  # 25 positions · 9 · 4 · 8
    >>> cost.madds, cost.weights, cost.elements
    (7200, 288, 800)
    """
    weights = taps * inputs * outputs
    biases = outputs if bias else 0
    shape = (outputs, *positions)
    return Cost("conv-transpose", shape, weights * product(read), product(shape), weights, biases, groups=groups)


def depthwise(
    outputs: Size[D], kernel: Size[D], height: Size[D], width: Size[D], groups: Size[D] | None = None
) -> Cost[D]:
    """Return the cost of a depthwise convolution: each input channel is a group, so each output reads one channel.

    It may expand: `groups`, its input channels, are by default the outputs. All else is as in `conv`.

    >>> depthwise(96, 3, 56, 56).madds  # 9 · 96 · 3136
    2709504
    """
    return conv(1, outputs, kernel, height, width, "depthwise", groups=outputs if groups is None else groups)


def pointwise(
    inputs: Size[D], outputs: Size[D], height: Size[D], width: Size[D], bias: bool = False, groups: Size[D] = 1
) -> Cost[D]:
    """Return the cost of a 1×1 convolution with `inputs` channels *per group*, as in `conv`.

    >>> pointwise(96, 24, 56, 56).madds  # 96 · 24 · 3136
    7225344
    """
    return conv(inputs, outputs, 1, height, width, "pointwise", bias, groups)


def linear(rows: Size[D], inputs: Size[D], outputs: Size[D]) -> Cost[D]:
    """Return the cost of a Linear with bias on `rows` vectors. Adding the bias is not a multiply-add.

    >>> cost = linear(6, 192, 384)  # 6 · 192 · 384
    >>> cost.madds, cost.weights, cost.biases
    (442368, 73728, 384)
    """
    weights = inputs * outputs
    return Cost("linear", (rows, outputs), rows * weights, rows * outputs, weights, outputs)


def matmul(batch: Size[D], rows: Size[D], inner: Size[D], columns: Size[D]) -> Cost[D]:
    """Return the cost of `batch` products of a `rows` × `inner` by an `inner` × `columns` matrix, without parameters.

    >>> matmul(2, 6, 12, 3136).madds  # 2 · 6 · 12 · 3136
    451584
    """
    elements = batch * rows * columns
    return Cost("matmul", (batch, rows, columns), elements * inner, elements)


def batch_norm(channels: Size[D], *positions: Size[D]) -> Cost[D]:
    """Return the cost of a BatchNorm with scale and shift.

    `positions` are height and width, or empty after a Linear. Running statistics are buffers, not parameters.

    >>> cost = batch_norm(24, 56, 56)
    >>> cost.elements, cost.weights, cost.biases
    (75264, 24, 24)
    """
    shape = (channels, *positions)
    return Cost("batch-norm", shape, 0, product(shape), channels, channels)


def layer_norm(rows: Size[D], channels: Size[D]) -> Cost[D]:
    """Return the cost of a LayerNorm with scale and shift over the last dimension of `rows` × `channels`.

    >>> layer_norm(6, 192).elements
    1152
    """
    return Cost("layer-norm", (rows, channels), 0, rows * channels, channels, channels)


def elementwise(kind: str, *shape: Size[D]) -> Cost[D]:
    """Return the cost of an op on each value of `shape`: an activation, a softmax, an addition, a multiplication.

    Such an op has no multiply-adds. A convention may count its elements.

    >>> elementwise("softmax", 2, 6, 3136).elements
    37632
    """
    return Cost(kind, shape, 0, product(shape))


def global_pool(channels: Size[D], height: Size[D], width: Size[D]) -> Cost[D]:
    """Return the cost of an average over all positions. Its `elements` are the values that it reads.

    >>> cost = global_pool(1152, 7, 7)
    >>> cost.elements, cost.out
    (56448, (1152,))
    """
    return averaged("pool", channels, (height, width), (height, width), channels)


def reduction(kind: str, read: Size[D], *shape: Size[D]) -> Cost[D]:
    """Return the cost of an op that reduces `read` values to those of `shape`: pooling, a mean, a sum, a maximum.

    `kind` is one of `REDUCTIONS`.

    >>> cost = reduction("mean", 6 * 192, 192)  # the mean of 6 tokens
    >>> cost.elements, activations(cost)
    (1152, 192)
    """
    return Cost(kind, shape, 0, read)


def averaged(
    kind: str, planes: Size[D], sides: tuple[Size[D], ...], windows: tuple[Size[D], ...], *shape: Size[D]
) -> Cost[D]:
    """Return the cost of an average pooling of `planes` with these sides to `shape`; `kind` is pool or avg-pool.

    `windows` are the positions that all windows have along each side. Where windows overlap, these are more than the
    side, as they are where a window reads padding. Where windows leave gaps, they are fewer.

    >>> cost = averaged("avg-pool", 8, (6,), (3 + 3 + 3,), 8, 3)  # windows of 3, two apart, with padding
    >>> cost.elements, cost.windows, activations(cost)
    (48, 72, 24)
    """
    return Cost(kind, shape, 0, planes * product(sides), windows=planes * product(windows))


def embedding(rows: Size[D], entries: Size[D], channels: Size[D]) -> Cost[D]:
    """Return the cost of looking up `rows` vectors in a table of `entries` vectors. Nothing is multiplied.

    >>> cost = embedding(5, 1000, 64)
    >>> cost.madds, cost.elements, cost.weights
    (0, 320, 64000)
    """
    return Cost("embedding", (rows, channels), 0, rows * channels, entries * channels)


def repeated(cost: Cost[D], images: Size[D]) -> Cost[D]:
    """Return the cost of the same op on several images, windows or frames, with the same parameters.

    >>> cost = repeated(linear(6, 192, 384), 4)
    >>> cost.madds, cost.weights, cost.out
    (1769472, 73728, (4, 6, 384))
    """
    return cost.changed(
        out=(images, *cost.out),
        madds=images * cost.madds,
        elements=images * cost.elements,
        windows=images * cost.windows,
    )


def table(rows: Size[D], channels: Size[D]) -> Cost[D]:
    """Return the cost of a learned table that is read as a whole: parameters, and no arithmetic."""
    return Cost("table", (rows, channels), 0, rows * channels, rows * channels)


def activations(cost: Cost[D]) -> Size[D]:
    """Return how many values the op outputs. A table has none, because its values are parameters.

    For most kinds this is `elements`, which also scale a residual that may be absent. For `REDUCTIONS`, `elements` are
    input values, so the output shape is used.

    >>> activations(global_pool(1152, 7, 7)), activations(table(6, 192)), activations(linear(6, 192, 384))
    (1152, 0, 2304)
    """
    if cost.kind == "table":
        return 0
    return product(cost.out) if cost.kind in REDUCTIONS else cost.elements
