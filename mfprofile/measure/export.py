"""Torch networks as ONNX files: the one place that calls torch's exporters."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto
    from torch import Tensor, nn

BATCH = "batch"
"""The name of a free batch in a file."""
_EXPECTED = (
    (DeprecationWarning, "You are using the legacy TorchScript-based ONNX export"),
    (DeprecationWarning, "The feature will be removed. Please remove usage of this function"),
    (UserWarning, "It is recommended that constant folding be turned off"),
    (Warning, "Converting a tensor to a Python"),  # checks of shapes, which are made once, at export
    (FutureWarning, r"`isinstance\(treespec, LeafSpec\)` is deprecated"),  # the newer exporter's own use
)
"""The warnings of torch's exporters that are expected: their category, and a pattern of the start of their text."""


def onnx_bytes(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    *,
    free_batch: bool = False,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    newer: bool = False,
) -> bytes:
    """Return a torch network as the content of an ONNX file, for these inputs. The model is set to eval mode.

    Inputs without names are `input1`, `input2`… Every parameter is in the file under its own name, norms are not folded
    into convolutions (runtimes do that when they load a file), and each node's name begins with the path of its module.

    With `free_batch`, the first dimension of each input and output is free; the inputs then must have a batch of two or
    more, because torch may take a batch of one for a constant. `newer` uses torch's newer exporter. It takes several
    times as long, and folds norms and what is constant.
    """
    import onnx

    names = list(input_names) or [f"input{number}" for number in range(1, len(inputs) + 1)]
    export = _by_newer if newer else _by_older
    file = onnx.load_from_string(export(model.eval(), inputs, names, list(output_names) or None, free_batch))
    if free_batch:
        _name_sizes(file, outputs_of(model, inputs))
    content: bytes = _with_every_parameter(file).SerializeToString()
    return content


def _by_older(
    model: nn.Module, inputs: tuple[Tensor, ...], names: list[str], outputs: list[str] | None, free_batch: bool
) -> bytes:
    """Return what torch's older exporter writes: it keeps the paths of modules, but torch has deprecated it."""
    import torch

    from mfprofile.trace.settings import no_fast_path

    content: Any = io.BytesIO()  # torch's type of this argument has no streams
    options: dict[str, Any] = {"input_names": names, "output_names": outputs, "verbose": False}
    options["dynamic_axes"] = {name: {0: BATCH} for name in names} if free_batch else None
    options["training"] = torch.onnx.TrainingMode.PRESERVE  # the mode is eval already; this keeps the norms
    with torch.no_grad(), no_fast_path(), _without_expected_warnings(), _without_printed_graph():
        torch.onnx.export(model, inputs, content, dynamo=False, **options)
    result: bytes = content.getvalue()
    return result


def _by_newer(
    model: nn.Module, inputs: tuple[Tensor, ...], names: list[str], outputs: list[str] | None, free_batch: bool
) -> bytes:
    """Return what torch's newer exporter writes. It needs onnxscript."""
    import torch

    from mfprofile.trace.settings import no_fast_path

    free = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs) if free_batch else None
    options: dict[str, Any] = {"input_names": names, "output_names": outputs, "dynamic_shapes": free}
    with torch.no_grad(), no_fast_path(), _without_expected_warnings():
        program = torch.onnx.export(model, inputs, dynamo=True, verbose=False, **options)
    assert program is not None
    content: bytes = program.model_proto.SerializeToString()
    return content


def _with_every_parameter(file: ModelProto) -> ModelProto:
    """Return the file with a tensor for each parameter. The exporter stores equal ones once and has nodes copy them."""
    graph = file.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    kept: list[NodeProto] = []
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in stored:
            tensor = graph.initializer.add()
            tensor.CopyFrom(stored[node.input[0]])
            tensor.name = node.output[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    return file


def _name_sizes(file: ModelProto, outputs: Sequence[Tensor]) -> None:
    """Set the sizes of the outputs, with a free batch: the exporter gives some of them names of its own."""
    from onnx.helper import make_tensor_value_info

    for value, output in zip(file.graph.output, outputs, strict=True):
        sizes = [BATCH, *output.shape[1:]]
        value.CopyFrom(make_tensor_value_info(value.name, value.type.tensor_type.elem_type, sizes))


def outputs_of(model: nn.Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return all tensors that a network outputs, in order."""
    import torch
    from torch.utils._pytree import tree_leaves

    with torch.inference_mode():
        return [each for each in tree_leaves(model(*inputs)) if isinstance(each, torch.Tensor)]


@contextmanager
def _without_printed_graph() -> Iterator[None]:
    """Keep off stdout the graph at which torch's older exporter fails. It prints it there, whatever `verbose` is."""
    import torch

    log: Any = torch._C._jit_onnx_log
    torch._C._jit_onnx_log = lambda *_: None
    try:
        yield
    finally:
        torch._C._jit_onnx_log = log


@contextmanager
def _without_expected_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        for category, text in _EXPECTED:
            warnings.filterwarnings("ignore", message=text, category=category)
        yield
