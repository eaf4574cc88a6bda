"""Make ONNX files for tests: exported from torch, or node by node."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def graph_of(
    nodes: Iterable[NodeProto],
    inputs: Mapping[str, Sequence[Any] | None],
    stored: Mapping[str, Any],
    outputs: Sequence[str],
) -> GraphProto:
    """Return a graph. `stored` are arrays, or shapes of random floats. Inputs are floats; a size may be a name."""
    generator = np.random.default_rng(0)
    arrays = {
        name: np.asarray(value)
        if isinstance(value, np.ndarray | np.generic)
        else generator.standard_normal(value).astype(np.float32)
        for name, value in stored.items()
    }
    return helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )


def model_of(
    nodes: Iterable[NodeProto],
    inputs: Mapping[str, Sequence[Any] | None],
    stored: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = 17,
    **more: Any,
) -> ModelProto:
    """Return a model of one graph, as `graph_of` makes it."""
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("own", 1)]
    return helper.make_model(
        graph_of(nodes, inputs, stored or {}, outputs), opset_imports=imports, ir_version=8, **more
    )


def saved(model: ModelProto, folder: Path, name: str = "net.onnx") -> str:
    """Write a model to a file in a folder, and return its path."""
    file = folder / name
    file.write_bytes(model.SerializeToString())
    return str(file)


def exported(model: Any, inputs: Sequence[Any], file: Path, dynamo: bool = False, **options: Any) -> str:
    """Export a torch network with random weights, which are all different, and return the file's path.

    Exporters store equal tensors once, as those of a network that was never trained.
    """
    import torch

    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point():
                parameter.copy_(torch.randn_like(parameter))
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(model.eval(), tuple(inputs), str(file), dynamo=dynamo, verbose=False, **options)
    finally:
        logging.disable(previous)
    return str(file)
