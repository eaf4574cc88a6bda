"""Quantized layers have the products and parameters of the same layers of floats."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from mfprofile.cost.kinds import PACKED  # noqa: E402
from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.counters import installed  # noqa: E402
from mfprofile.verify.verify import verified  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
    pytest.mark.skipif(len(torch.backends.quantized.supported_engines) < 2, reason="torch has no engine for int8 here"),
]
DYNAMIC = {
    "linear": (lambda: nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 3, bias=False)), (2, 5, 8)),
    "lstm": (lambda: nn.Sequential(nn.LSTM(8, 4, 2, bidirectional=True)), (5, 3, 8)),
    "gru": (lambda: nn.Sequential(nn.GRU(8, 4, 2)), (5, 3, 8)),
    "lstm cell": (lambda: nn.Sequential(nn.LSTMCell(8, 4)), (3, 8)),
    "gru cell": (lambda: nn.Sequential(nn.GRUCell(8, 4)), (3, 8)),
    "rnn cell": (lambda: nn.Sequential(nn.RNNCell(8, 4)), (3, 8)),
}
KINDS = {nn.Linear, nn.LSTM, nn.GRU, nn.LSTMCell, nn.GRUCell, nn.RNNCell}


def dynamic(model: nn.Module) -> nn.Module:
    """Return a network whose layers multiply in int8, and choose the scale of their input at each call."""
    quantized: nn.Module = torch.ao.quantization.quantize_dynamic(model, KINDS)
    return quantized


def products(traced: Trace) -> list[tuple[int, int]]:
    """Return the multiply-adds and parameters of the ops that have any."""
    return [(row.madds, row.params) for row in traced.rows if row.madds]


@pytest.mark.parametrize("name", DYNAMIC)
def test_dynamic_layers_count_as_those_of_floats(name: str) -> None:
    """Each op has the same products and parameters, and nothing is left to name."""
    build, shape = DYNAMIC[name]
    model, given = build(), torch.zeros(shape)
    ours, floats = trace(dynamic(model), given), trace(model, given)
    assert products(ours) == products(floats)
    assert ours.bill().params == floats.bill().params == sum(each.numel() for each in model.parameters())
    assert {row.role for row in ours.rows if row.madds} == {PACKED}
    assert (ours.uncovered, ours.remarks) == ((), ())


class Static(nn.Module):
    """Convolutions of all sorts, an addition and a Linear layer, between the conversions to int8 and back."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.leave = torch.ao.quantization.QuantStub(), torch.ao.quantization.DeQuantStub()
        self.conv, self.relu = nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()
        self.groups, self.depthwise = nn.Conv2d(8, 8, 1, groups=2), nn.Conv2d(8, 8, 3, groups=8, bias=False)
        self.back, self.head = nn.ConvTranspose2d(8, 4, 2, stride=2), nn.Linear(4, 5)
        self.add = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, image: Tensor) -> Any:
        """Return the classes of an image."""
        x = self.groups(self.relu(self.conv(self.enter(image))))
        x = self.back(self.depthwise(self.add.add(x, x)))
        return self.leave(self.head(x.mean((2, 3))))


def static() -> nn.Module:
    """Return the network in int8."""
    quantization, model = torch.ao.quantization, Static().eval()
    model.qconfig = quantization.get_default_qconfig(torch.backends.quantized.engine)
    observer = quantization.default_weight_observer  # a transposed convolution has one scale
    model.back.qconfig = quantization.QConfig(activation=quantization.default_observer, weight=observer)
    model = quantization.fuse_modules(model, [["conv", "relu"]])
    quantization.prepare(model, inplace=True)
    model(torch.randn(1, 3, 8, 8))
    quantization.convert(model, inplace=True)
    quantized: nn.Module = model
    return quantized


def test_static_layers_count_as_those_of_floats() -> None:
    """The conversions are free. The addition and the mean are ops of their own."""
    image = torch.randn(1, 3, 8, 8)
    ours, floats = trace(static(), image), trace(Static(), image)
    assert products(ours) == products(floats)
    assert [row.kind for row in ours.rows] == [row.kind for row in floats.rows]
    assert (ours.bill().params, ours.bill().activations) == (floats.bill().params, floats.bill().activations)
    assert (ours.uncovered, ours.remarks) == ((), ())


class Twice(nn.Module):
    """A network that calls one layer twice, and another never."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.spare = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        """Return the result of both calls."""
        return self.layer(self.layer(x))


def test_packed_parameters_count_once_and_those_that_no_op_reads_are_named() -> None:
    """The second call of a layer has the same parameters; a layer that does not run cannot be counted."""
    traced = trace(dynamic(Twice()), torch.zeros(1, 8))
    assert (traced.bill().madds, traced.bill().params) == (128, 72)
    [remark] = traced.remarks
    assert remark.is_gap
    assert remark.text.startswith("quantized parameters that torch keeps packed are not counted: spare (Linear)")


@pytest.mark.parametrize("build", [static, lambda: dynamic(nn.Sequential(nn.Flatten(), nn.Linear(192, 4)))])
def test_no_tool_sees_quantized_layers_and_that_is_explained(build: Any) -> None:
    """The tools count neither their products nor their parameters. fvcore cannot trace them."""
    model, image = build(), torch.zeros(1, 3, 8, 8)
    bill = trace(model, image).bill()
    for tool in ("torch", "thop", "ptflops", "torchinfo"):
        if not installed(tool):
            continue
        verification = verified(bill, model, [tool], lambda _: None, (image,))
        assert (verification.holds, verification.explanations[0].measured.total) == (True, 0)
