"""Run onnx-tool, which this project does not install, on an ONNX file."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mfprofile.trace.result import Trace
from mfprofile.verify.explanation import Measurement

NAME = "onnx-tool"


def measure(place: str, trace: Trace) -> Measurement:
    """Return the total, the parameters and the count of each node by onnx-tool, as its command line counts them.

    Inputs whose sizes the file leaves open have those of the trace, and are zeros. The nodes that the tool leaves out
    of its list have no count. Raises whatever the tool raises.
    """
    with _silent():
        import onnx_tool

        model = onnx_tool.Model(Path(place))
        graph = model.graph
        graph.graph_reorder_nodes()
        graph.shape_infer(_open_inputs(model, trace))
        graph.profile(exclude_ops=onnx_tool.NoMacsOps)
    nodes = {name: int(node.macs[0]) for name, node in graph.nodemap.items() if hasattr(node, "macs")}
    version = importlib.metadata.version(NAME)
    return Measurement(NAME, version, int(graph.macs[0]), params=int(graph.params), by_path=nodes)


def _open_inputs(model: Any, trace: Trace) -> Mapping[str, Any] | None:
    """Return zeros for each input with sizes that the file leaves open, or None if there is no such input."""
    import numpy as np

    tensors, stored = model.graph.tensormap, {each.name for each in model.mproto.graph.initializer}
    names = [each.name for each in model.mproto.graph.input if each.name not in stored]
    known = {each.name or names[0]: each for each in trace.inputs if names}
    is_open = {name: list(tensors[name].shape) != list(each.shape) for name, each in known.items() if name in tensors}
    return {name: np.zeros(known[name].shape, known[name].dtype) for name in known if is_open.get(name)} or None


@contextlib.contextmanager
def _silent() -> Any:
    """Hide what the tool prints, and its warnings."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
