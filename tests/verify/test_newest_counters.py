"""Every counter at its installed version: the seven models are explained, and small networks.

Some are in no extra, and two import as `thop`, so these need an environment of their own and are skipped without it.
With MFPROFILE_COUNTER=NAME in the environment, only that counter is tested, and it must be installed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from mfprofile.spec.load import load  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.counters import COUNTERS, installed, measure  # noqa: E402
from mfprofile.verify.distributions import is_installed  # noqa: E402
from mfprofile.verify.explain import explain  # noqa: E402
from mfprofile.verify.verify import verify  # noqa: E402

OTHERS = ("mf52m", "mf96m", "mf151m", "mf214m", "mf508m")
CHOSEN = os.environ.get("MFPROFILE_COUNTER", "")
TOTALS = {
    "fvcore": 295_430_400,
    "thop": 293_074_048,
    "ptflops": 286_864_296,
    "ptflops-pytorch": 285_409_384,
    "torchinfo": 258_239_704,
    "ultralytics-thop": 303_838_336,
    "calflops": 275_967_872,
    "deepspeed": 286_732_160,
    "torchlens": 286_732_160,
}
"""What each prints for mf294m, in multiply-adds."""


def needs(tool: str) -> None:
    """Skip the test unless the tool is installed and, if one is chosen, it is that one, which must be installed."""
    package = COUNTERS[tool].package
    if CHOSEN not in ("", package):
        pytest.skip(f"only {CHOSEN} is tested")
    if not installed(tool):
        (pytest.fail if CHOSEN else pytest.skip)(f"{package} is not installed")


class Norms(nn.Module):
    """Layers that ultralytics-thop has rules for, a subclass among them, and a product between modules."""

    def __init__(self) -> None:
        super().__init__()

        class Own(nn.Conv2d):
            pass

        self.conv, self.group, self.batch = Own(3, 8, 3), nn.GroupNorm(2, 8), nn.BatchNorm2d(8, affine=False)
        self.pool, self.prelu, self.up = nn.AvgPool2d(2), nn.PReLU(), nn.Upsample(scale_factor=2)
        self.rms, self.softmax, self.linear = nn.RMSNorm(8), nn.Softmax(-1), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return a product of tokens with each other."""
        x = self.pool(self.prelu(self.batch(self.group(self.conv(x)))))
        tokens = self.rms(self.up(x).flatten(2).transpose(1, 2))
        weights = self.softmax(tokens @ tokens.transpose(1, 2))
        return self.linear(nn.functional.linear(weights @ tokens, torch.ones(8, 8)))


class Attended(nn.Module):
    """Attention as a module, and as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens after both."""
        x = self.attention(x, x, x)[0]
        return nn.functional.scaled_dot_product_attention(x, x, x)


class NormAct(nn.BatchNorm2d):
    """A norm with its activation as a child, as timm has them: a rule holds for a subclass with children, too."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of the norm."""
        return self.act(super().forward(x))  # type: ignore[no-any-return]


class Standardized(nn.Conv2d):
    """A convolution that normalizes its weights: its rule counts the convolution alone."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution with normalized weights."""
        weight = nn.functional.batch_norm(self.weight.reshape(1, len(self.weight), -1), None, None, training=True)
        return nn.functional.conv2d(x, weight.reshape_as(self.weight), self.bias)


class Derived(nn.Module):
    """Layers of classes that derive from those of torch, and a sum with products in one function."""

    def __init__(self) -> None:
        super().__init__()
        self.standardized, self.norm = Standardized(3, 4, 3), NormAct(4)
        self.normalized = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return products of matrices, added to zeros, which the tool does not know."""
        maps = self.normalized(self.norm(self.standardized(x))).flatten(2)
        return torch.baddbmm(torch.zeros(1, 1, 1), maps, maps.transpose(1, 2))


def _recurrent(layer: nn.Module) -> tuple[nn.Module, tuple[int, ...]]:
    return layer, (5, 8)


NETWORKS: dict[str, Callable[[], tuple[nn.Module, tuple[int, ...]]]] = {
    "norms": lambda: (Norms(), (3, 18, 18)),
    "attention": lambda: (Attended(), (5, 8)),
    "derived": lambda: (Derived(), (3, 6, 6)),
    "lstm": lambda: _recurrent(nn.LSTM(8, 6, 2, bidirectional=True, proj_size=4, batch_first=True)),
    "gru": lambda: _recurrent(nn.GRU(8, 6, bias=False, batch_first=True)),
    "rnn": lambda: _recurrent(nn.RNN(8, 6, batch_first=True)),
}


@pytest.mark.parametrize("model", one_in(7, ["mf294m", "mf26m", *OTHERS], 3))
@pytest.mark.parametrize("tool", TOTALS)
def test_each_of_the_seven_models_is_explained(tool: str, model: str) -> None:
    """Totals and parameters are predicted to the unit."""
    needs(tool)
    result = verify(load(model), [tool])
    assert not result.failures
    assert result.holds
    if model == "mf294m":
        assert [each.measured.total for each in result.explanations] == [TOTALS[tool]]


@pytest.mark.parametrize("name", NETWORKS)
def test_ultralytics_thop_is_explained_on_other_networks(name: str) -> None:
    """Its rules for subclasses, norms, pooling, attention, recurrent layers and functional products are predicted."""
    needs("ultralytics-thop")
    model, shape = NETWORKS[name]()
    model.eval()
    result = explain(trace(model, shape).bill(), measure("ultralytics-thop", model, torch.zeros(1, *shape)), [])
    assert (result.unexplained, result.unexplained_params) == (0, 0)


def test_the_rule_of_a_layer_holds_for_its_subclasses_and_for_its_own_ops_alone() -> None:
    """Without the tool, by hand: 4·16 outputs of 27 products, 4 a value of the norm, and 4·16 outputs of 4 products."""
    bill = trace(Derived().eval(), (3, 6, 6)).bill("ultralytics-thop")
    assert bill.madds == 64 * 27 + 64 * 4 + 64 * 4


def _install(folder: Path, distribution: str, text: str, module: str = "twin", hashed: bool = True) -> None:
    """Install a distribution with a module of one file, as pip does."""
    (folder / module).mkdir(parents=True, exist_ok=True)
    (folder / module / "__init__.py").write_text(text, encoding="utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{module}/__init__.py,{f'sha256={digest}' if hashed else ''},\n", encoding="utf-8")


def test_a_module_belongs_to_the_distribution_whose_file_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two distributions have the module. The one that was installed last has replaced the file of the other."""
    _install(tmp_path, "first", "a = 1\n")
    _install(tmp_path, "second", "a = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert (is_installed("first", "twin"), is_installed("second", "twin")) == (False, True)
    assert not is_installed("third", "twin")
    assert not is_installed("second", "absent")


def test_a_module_in_an_earlier_folder_hides_that_of_another_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python imports the first of them."""
    _install(tmp_path / "later", "first", "a = 1\n")
    _install(tmp_path / "earlier", "second", "a = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path / "later"))
    monkeypatch.syspath_prepend(str(tmp_path / "earlier"))
    assert (is_installed("first", "twin"), is_installed("second", "twin")) == (False, True)
    assert "twin" not in sys.modules
