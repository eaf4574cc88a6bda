"""The paths of the model's modules are those of our rows, and the model shares none of their arithmetic."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from torch import nn  # noqa: E402
from versions import since  # noqa: E402

from mfprofile.cost import count  # noqa: E402
from mfprofile.nn import MobileFormer, build  # noqa: E402
from mfprofile.nn.activations import DynamicReLU  # noqa: E402
from mfprofile.spec import load, resolve  # noqa: E402

ROOT = Path(__file__).parents[2]

MODULES = {
    "conv": nn.Conv2d,
    "depthwise": nn.Conv2d,
    "pointwise": nn.Conv2d,
    "linear": nn.Linear,
    "batch-norm": (nn.BatchNorm2d, nn.BatchNorm1d),
    "layer-norm": nn.LayerNorm,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "dy-relu": DynamicReLU,
    "gelu": nn.GELU,
    "h-sigmoid": nn.Hardsigmoid,
    "h-swish": nn.Hardswish,
    "pool": nn.AdaptiveAvgPool2d,
    "table": nn.Embedding,
}
WITHOUT_MODULE = {"matmul", "softmax", "add", "multiply", "upsample"}


def _compare(spec: Any) -> None:
    network = resolve(spec)
    with torch.device("meta"):
        modules = dict(MobileFormer(network).named_modules())
    own = {path: sum(p.numel() for p in module.parameters(recurse=False)) for path, module in modules.items()}
    rows = count(network).rows
    params: Counter[str] = Counter()
    for row in rows:
        # A detector's towers run on each level. Their rows end with the level, and one of them has the parameters.
        path = re.sub(r"\.P[3-7]$", "", row.name)
        params[path] += row.params
        if row.kind in WITHOUT_MODULE:
            assert path.rpartition(".")[0] in modules, row.name
        else:
            assert isinstance(modules[path], MODULES[row.kind]), row.name
    assert +params == Counter({path: count for path, count in own.items() if count})


@pytest.mark.parametrize("name", one_in(4, sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))))
def test_each_row_of_a_shipped_spec_has_its_module_with_its_parameters(name: str) -> None:
    """Rows and modules with parameters match by path, and have the same number of parameters."""
    _compare(load(name))


def test_each_row_has_its_module_under_every_switch(switched: Any) -> None:
    """Rows and modules match by path under every switch of a spec."""
    _compare(switched)


def test_the_model_imports_only_the_spec() -> None:
    """No module of mfprofile.nn imports another package than the spec, errors and the writer of files, so its counts are evidence."""
    imported = set()
    for file in (ROOT / "mfprofile" / "nn").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported.update(names if not isinstance(node, ast.ImportFrom) else [node.module or "relative"])
    packages = {".".join(name.split(".")[:2]) for name in imported if name.startswith(("mfprofile", "relative"))}
    assert packages == {"mfprofile.errors", "mfprofile.files", "mfprofile.nn", "mfprofile.spec"}


@since(2, 6, "torch's own counter does not see inside operators in inference mode")
def test_the_flop_counter_counts_the_same_with_and_without_gradients(small: Any) -> None:
    """Torch's own counter also works under no_grad and inference_mode."""
    from torch.utils.flop_counter import FlopCounterMode

    model, totals = build(small()).eval(), set()
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with mode(), FlopCounterMode(display=False) as counter:
            model(torch.zeros(1, 3, 32, 32))
        totals.add(counter.get_total_flops())
    assert totals == {2 * count(small()).madds}
