"""Compare the bills of ONNX files that torch exported with those of the networks themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from effort import nightly, one_in
from running import need

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from onnx_files import exported  # noqa: E402
from torch import nn  # noqa: E402
from zoo import ZOO  # noqa: E402

from mfprofile.cost.bill import Bill  # noqa: E402
from mfprofile.nn import build  # noqa: E402
from mfprofile.spec.layout import resolve  # noqa: E402
from mfprofile.spec.load import load  # noqa: E402
from mfprofile.trace.libraries import library  # noqa: E402
from mfprofile.trace.onnx.trace import traced  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

NOT_EXPORTED = {"windows", "transposed sequence", "transformer"}
"""The exporter does not know an operator of these, or cannot trace them."""
STORED_TWICE = {"language": 400}
"""The parameters that the exporter stores a second time: here the table of words, transposed, as the last layer."""
MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
FAMILIES = (
    *("resnet18", "mobilenetv2_100", "mobilenetv3_large_100", "efficientnet_b0", "mnasnet_100", "tinynet_a"),
    *("regnetx_002", "ghostnet_100", "densenet121", "repvgg_a0", "dpn48b", "inception_v3", "hrnet_w18_small", "vgg11"),
    *("deit_tiny_patch16_224", "mixer_s32_224", "resmlp_12_224", "convnext_atto", "poolformer_s12", "mobilevit_xxs"),
    *("levit_128s", "pvt_v2_b0", "edgenext_xx_small", "xcit_nano_12_p16_224", "swin_tiny_patch4_window7_224"),
)


def modules(bill: Bill) -> dict[str, int]:
    """Return the multiply-adds of each module that has any."""
    return {total.name: int(total.madds) for total in bill.by("module") if total.madds}


def compared(model: Any, inputs: tuple[Any, ...], file: Path) -> tuple[Bill, Bill]:
    """Return the bill of the exported file, and that of the network itself."""
    result = traced(exported(model, inputs, file))
    assert result.uncovered == ()
    return result.bill(), trace(model, list(inputs)).bill()


def folded(ours: Bill, judge: Bill) -> int:
    """Return how many parameters are gone with the norms that the exporter folds: a bias remains of their two vectors."""
    in_file, in_code = (sum(row.biases for row in bill.rows if row.kind == "batch-norm") for bill in (ours, judge))
    return in_code - in_file


@pytest.mark.parametrize("name", sorted(ZOO.keys() - NOT_EXPORTED))
def test_a_small_network_costs_the_same_in_its_file(name: str, tmp_path: Path) -> None:
    """Multiply-adds agree module by module, and parameters in all, less those that the exporter folds."""
    exhibit = ZOO[name]
    inputs = tuple(each if isinstance(each, torch.Tensor) else torch.randn(1, *each) for each in exhibit.inputs)
    ours, judge = compared(exhibit.make(), inputs, tmp_path / "net.onnx")
    assert modules(ours) == modules(judge)
    assert ours.params == judge.params - folded(ours, judge) + STORED_TWICE.get(name, 0)
    assert len({row.name for row in ours.rows}) == len(ours.rows)


@pytest.mark.parametrize("name", one_in(7, MODELS, 3))
def test_a_mobile_former_costs_the_same_in_its_file(name: str, tmp_path: Path) -> None:
    """Multiply-adds agree module by module with the model's and with the spec's total."""
    network = resolve(load(name))
    ours, judge = compared(build(network, seed=0), (torch.randn(1, 3, 224, 224),), tmp_path / "net.onnx")
    assert modules(ours) == modules(judge)
    assert ours.params == judge.params - folded(ours, judge)


@pytest.mark.parametrize(
    "name",
    one_in(len(FAMILIES) + 1, ["mobilenetv3_small_050", *FAMILIES], 2),
)
def test_a_network_of_timm_costs_the_same_in_its_file(name: str, tmp_path: Path) -> None:
    """The totals agree with those of the network in code."""
    need("timm")
    model = library("timm").create_model(name)
    ours, judge = compared(model, (torch.randn(1, *model.default_cfg["input_size"]),), tmp_path / "net.onnx")
    assert ours.madds == judge.madds


@nightly
def test_the_newer_exporter_folds_only_the_first_query(tmp_path: Path) -> None:
    """It computes the query of the tokens, and the gate on it, which are constants: 2 × 6 · 192 · 16."""
    need("onnxscript")
    model = build(resolve(load("mf294m")), seed=0)
    judge = modules(trace(model, (3, 224, 224)).bill())
    file = exported(model, (torch.randn(1, 3, 224, 224),), tmp_path / "net.onnx", dynamo=True)
    ours = traced(file).bill()
    first = "blocks.2.mobile_to_former"
    gone = {f"{first}.query": 18_432, f"{first}.gate.linear": 18_432}
    assert modules(ours) | gone == judge
    assert ours.madds == sum(judge.values()) - 36_864


@pytest.mark.parametrize(
    "layer", [nn.LSTM(5, 7, 2, bidirectional=True, batch_first=True), nn.GRU(5, 7, bias=False), nn.RNN(5, 7, 2)]
)
def test_a_recurrent_layer_multiplies_every_matrix_once_a_step(layer: nn.RNNBase, tmp_path: Path) -> None:
    """4 · 3 vectors, each times all weights of two dimensions."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor) -> Any:
            return self.layer(x)[0]

    ours = traced(exported(Net(), (torch.randn(4, 3, 5),), tmp_path / "net.onnx"))
    assert ours.uncovered == ()
    assert ours.bill().madds == 12 * sum(each.numel() for each in layer.parameters() if each.dim() == 2)
    assert ours.bill().params == sum(each.numel() for each in layer.parameters())


def test_open_sizes_are_those_of_the_input_that_is_given(tmp_path: Path) -> None:
    """A network that is exported with an open batch and open sides costs what it costs in code on that image."""
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)
    )
    open_sizes = {"image": {0: "batch", 2: "height", 3: "width"}}
    file = exported(
        model, (torch.randn(2, 3, 32, 32),), tmp_path / "net.onnx", input_names=["image"], dynamic_axes=open_sizes
    )
    assert traced(file, ["3x48x64"]).bill().madds == trace(model, (3, 48, 64)).bill().madds
    assert traced(file, ["image=4x3x48x64"]).bill().madds == 4 * trace(model, (3, 48, 64)).bill().madds
