"""Compare each op with an enumeration of its multiplications, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from mfprofile.cost import ops

SMALL = st.integers(1, 4)
KERNELS = st.sampled_from((1, 3, 5))
STRIDES = st.sampled_from((1, 2))
Sides = tuple[int, int]
SIDES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def convolved(
    channels: Sides, kernel: int, image: Sides, stride: int = 1, groups: int = 1
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the output and the weight of every product of a padded convolution with `channels` (in, out)."""
    reads, writes = channels[0] // groups, channels[1] // groups
    padding = kernel // 2
    tops = range(-padding, image[0] + padding - kernel + 1, stride)
    lefts = range(-padding, image[1] + padding - kernel + 1, stride)
    for group, out, top, left in product(range(groups), range(writes), tops, lefts):
        for channel, row, column in product(range(reads), range(kernel), range(kernel)):
            yield (group, out, top, left), (group, out, channel, row, column)


def same_as(cost: ops.Cost, products: Iterator[tuple[tuple[int, ...], tuple[int, ...]]]) -> bool:
    """Return whether the numbers of products, outputs and weights are as enumerated."""
    pairs = list(products)
    outputs, weights = ({pair[part] for pair in pairs} for part in (0, 1))
    return (cost.madds, cost.elements, cost.weights) == (len(pairs), len(outputs), len(weights))


def reduced(image: Sides, stride: int) -> Sides:
    """Return the resolution after a stride, rounded up."""
    return len(range(0, image[0], stride)), len(range(0, image[1], stride))


@given(st.tuples(SMALL, SMALL), KERNELS, SIDES, STRIDES, st.sampled_from((1, 2, 4)))
def test_a_convolution_costs_its_enumerated_products(
    per_group: Sides, kernel: int, image: Sides, stride: int, groups: int
) -> None:
    """The kernel, the stride and the groups vary. Padding is multiplied like any other value."""
    outputs = per_group[1] * groups
    height, width = reduced(image, stride)
    cost = ops.conv(per_group[0], outputs, kernel, height, width)
    assert same_as(cost, convolved((per_group[0] * groups, outputs), kernel, image, stride, groups))
    assert (cost.kind, cost.out, cost.biases) == ("conv", (outputs, height, width), 0)


@given(SMALL, SMALL, KERNELS, SIDES, STRIDES)
def test_a_depthwise_convolution_that_expands_costs_its_enumerated_products(
    inputs: int, ratio: int, kernel: int, image: Sides, stride: int
) -> None:
    """Each input channel is a group with `ratio` outputs."""
    height, width = reduced(image, stride)
    cost = ops.depthwise(inputs * ratio, kernel, height, width)
    assert same_as(cost, convolved((inputs, inputs * ratio), kernel, image, stride, groups=inputs))
    assert (cost.kind, cost.out, cost.biases) == ("depthwise", (inputs * ratio, height, width), 0)


@given(st.tuples(SMALL, SMALL), SIDES, st.sampled_from((1, 2, 4)))
def test_a_pointwise_convolution_costs_its_enumerated_products(per_group: Sides, image: Sides, groups: int) -> None:
    """It has one or more groups."""
    channels = per_group[0] * groups, per_group[1] * groups
    cost = ops.pointwise(per_group[0], channels[1], *image)
    assert same_as(cost, convolved(channels, 1, image, groups=groups))
    assert (cost.kind, cost.out, cost.biases) == ("pointwise", (channels[1], *image), 0)


@given(SMALL, SMALL, SMALL)
def test_a_linear_costs_its_enumerated_products(rows: int, inputs: int, outputs: int) -> None:
    """It has one product per row, input and output, and one bias per output."""
    cost = ops.linear(rows, inputs, outputs)
    indices = product(range(rows), range(outputs), range(inputs))
    assert same_as(cost, (((row, out), (out, channel)) for row, out, channel in indices))
    assert (cost.kind, cost.out, cost.biases) == ("linear", (rows, outputs), outputs)


@given(SMALL, SMALL, SMALL, SMALL)
def test_a_matrix_product_costs_its_enumerated_products(batch: int, rows: int, inner: int, columns: int) -> None:
    """It has no parameters."""
    cost = ops.matmul(batch, rows, inner, columns)
    indices = list(product(range(batch), range(rows), range(columns), range(inner)))
    assert cost.madds == len(indices)
    assert cost.elements == len({index[:3] for index in indices})
    assert (cost.kind, cost.out, cost.weights, cost.biases) == ("matmul", (batch, rows, columns), 0, 0)


@given(SMALL, SIDES)
def test_a_batch_norm_has_two_parameters_a_channel_and_no_product(channels: int, image: Sides) -> None:
    """It runs on a feature map or on a vector."""
    mapped, vector = ops.batch_norm(channels, *image), ops.batch_norm(channels)
    assert mapped.elements == len(list(product(range(channels), range(image[0]), range(image[1]))))
    assert (mapped.out, vector.out, vector.elements) == ((channels, *image), (channels,), channels)
    for cost in (mapped, vector):
        assert (cost.kind, cost.madds, cost.weights, cost.biases) == ("batch-norm", 0, channels, channels)


@given(SMALL, SMALL)
def test_a_layer_norm_has_two_parameters_a_channel_and_no_product(rows: int, channels: int) -> None:
    """The number of rows does not change the parameters."""
    cost = ops.layer_norm(rows, channels)
    assert (cost.kind, cost.madds, cost.elements) == ("layer-norm", 0, len(list(product(range(rows), range(channels)))))
    assert (cost.out, cost.weights, cost.biases) == ((rows, channels), channels, channels)


@given(st.sampled_from(("relu6", "softmax", "add")), st.lists(SMALL, min_size=1, max_size=4))
def test_an_elementwise_op_has_elements_only(kind: str, shape: list[int]) -> None:
    """Its elements are the values of its shape."""
    cost = ops.elementwise(kind, *shape)
    assert cost.elements == len(list(product(*map(range, shape))))
    assert (cost.kind, cost.out, cost.madds, cost.weights, cost.biases) == (kind, tuple(shape), 0, 0, 0)


@given(SMALL, SIDES)
def test_a_global_pool_counts_what_it_reads(channels: int, image: Sides) -> None:
    """Its elements are its inputs. Its output is a vector."""
    cost = ops.global_pool(channels, *image)
    assert cost.elements == len(list(product(range(channels), range(image[0]), range(image[1]))))
    assert (cost.kind, cost.out, cost.madds, cost.weights, cost.biases) == ("pool", (channels,), 0, 0, 0)


@given(SMALL, SMALL)
def test_a_table_has_parameters_and_no_product(rows: int, channels: int) -> None:
    """Each of its values is a parameter."""
    cost = ops.table(rows, channels)
    assert cost.weights == len(list(product(range(rows), range(channels)))) == cost.elements
    assert (cost.kind, cost.out, cost.madds, cost.biases) == ("table", (rows, channels), 0, 0)


@given(st.tuples(SMALL, SMALL), SMALL, st.integers(1, 9), st.sampled_from((1, 2, 4)))
def test_a_convolution_of_one_dimension_costs_its_enumerated_products(
    per_group: Sides, taps: int, length: int, groups: int
) -> None:
    """The product count uses the positions of its kernel and of its output, as in two dimensions."""
    reads, outputs = per_group[0], per_group[1] * groups
    indices = product(range(outputs), range(length), range(reads), range(taps))
    cost = ops.convolution(reads, outputs, taps, (length,), bias=True)
    assert same_as(cost, (((out, at), (out, channel, tap)) for out, at, channel, tap in indices))
    assert (cost.out, cost.biases) == ((outputs, length), outputs)


@given(st.tuples(SMALL, SMALL), SMALL, SIDES, STRIDES, st.sampled_from((1, 2)))
def test_a_transposed_convolution_costs_its_enumerated_products(
    per_group: Sides, kernel: int, image: Sides, stride: int, groups: int
) -> None:
    """Each input value is multiplied by a kernel for each output channel of its group."""
    reads, writes = per_group
    indices = product(range(groups), range(writes), *map(range, image), range(reads), range(kernel), range(kernel))
    products = list(indices)
    height, width = ((side - 1) * stride + kernel for side in image)
    cost = ops.transposed(reads, writes * groups, kernel * kernel, image, (height, width))
    assert cost.madds == len(products)
    assert cost.weights == len({(group, out, *rest) for group, out, _, _, *rest in products})
    assert (cost.kind, cost.elements) == ("conv-transpose", writes * groups * height * width)


@given(SMALL, SMALL, SMALL, SMALL)
def test_a_repeated_op_costs_a_multiple_with_the_same_parameters(
    images: int, rows: int, inputs: int, outputs: int
) -> None:
    """Products and elements are multiplied by the number of images. Weights count once."""
    one = ops.linear(rows, inputs, outputs)
    cost = ops.repeated(one, images)
    indices = product(range(images), range(rows), range(outputs), range(inputs))
    assert same_as(cost, (((image, row, out), (out, channel)) for image, row, out, channel in indices))
    assert (cost.kind, cost.out, cost.biases) == ("linear", (images, rows, outputs), outputs)


@given(st.sampled_from(sorted(ops.REDUCTIONS)), SMALL, SMALL)
def test_the_elements_of_a_reduction_are_its_inputs(kind: str, read: int, out: int) -> None:
    """Its activations are its outputs, as for global pooling, which is a reduction."""
    cost = ops.reduction(kind, read * out, out)
    assert (cost.kind, cost.madds, cost.elements, ops.activations(cost)) == (kind, 0, read * out, out)
    assert ops.activations(ops.global_pool(out, read, 1)) == out


@given(SMALL, SMALL, SMALL)
def test_a_look_up_reads_and_does_not_multiply(rows: int, entries: int, channels: int) -> None:
    """An embedding owns its table and outputs the rows that were looked up."""
    cost = ops.embedding(rows, entries, channels)
    assert (cost.kind, cost.madds, cost.weights) == ("embedding", 0, entries * channels)
    assert ops.activations(cost) == rows * channels
