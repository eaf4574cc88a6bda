"""Is a re-implementation the real one: a spec against networks in code and in files, by module, or by stage and kind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from effort import one_in
from running import need, run

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from mfprofile import InputError, count, load, resolve  # noqa: E402
from mfprofile.budget.difference import Difference, difference  # noqa: E402
from mfprofile.budget.likeness import ALL, FOLDED, NONE, WEIGHTS, Cell, likeness  # noqa: E402
from mfprofile.cost.bill import Bill  # noqa: E402
from mfprofile.nn import build  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.view.difference import difference_text  # noqa: E402
from mfprofile.view.form import TEXT  # noqa: E402

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
EACH = one_in(7, MODELS, 3)
"""Each model; by default the smallest."""
SMALL: dict[str, Any] = {
    "input": 64,
    "tokens": {"count": 3, "dim": 16},
    "stem": 8,
    "blocks": [
        {"block": "lite", "exp": 16, "out": 8},
        {"block": "mf-down", "exp": 24, "out": 12},
        {"block": "mf", "exp": 36, "out": 12},
        {"block": "mf-down", "exp": 48, "out": 20},
        {"block": "mf", "exp": 60, "out": 20},
    ],
    "head": {"fc": 32},
}


def _small(number: int | None = None, **changes: Any) -> Any:
    """Return the small spec, with changes of one of its blocks (from 1), or of the whole."""
    if number is None:
        return {**SMALL, **changes}
    blocks = SMALL["blocks"]
    return {**SMALL, "blocks": [*blocks[: number - 1], {**blocks[number - 1], **changes}, *blocks[number:]]}


class Unnamed(nn.Module):
    """A network whose path is another one than in the spec, so that no name agrees."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.inner = network

    def forward(self, image: Any) -> Any:
        """Run the network."""
        return self.inner(image)


def _traced(spec: Any, size: int, wrap: Callable[[nn.Module], nn.Module] = lambda network: network) -> Bill:
    return trace(wrap(build(resolve(load(spec)))), (3, size, size)).bill()


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("wrap", [nn.Module.eval, Unnamed])
def test_the_torch_model_of_a_spec_is_the_spec(name: str, wrap: Callable[[nn.Module], nn.Module]) -> None:
    """Every module is unchanged where names agree, else every stage and kind; and the parts sum to the totals."""
    diff = difference(_traced(name, 224, wrap), count(name))
    assert diff.axis == ("stage" if wrap is Unnamed else "module")
    assert {part.status for part in diff.parts} == {"unchanged"}
    assert sum(part.b.madds for part in diff.parts if part.b) == count(name).madds
    assert diff.likeness is not None
    assert (diff.likeness.agreement, diff.likeness.first) == (ALL, None)
    assert "same multiply-adds and parameters in every stage and kind" in difference_text(diff, TEXT)


@pytest.mark.parametrize("name", EACH)
def test_the_onnx_file_of_a_spec_is_the_spec_less_folded_norms(name: str, tmp_path: Path) -> None:
    """Its random weights are all different, so that only the norms are folded."""
    need("onnx")
    from onnx_files import exported

    from mfprofile.trace.onnx.trace import traced

    file = exported(build(resolve(load(name))), (torch.randn(1, 3, 224, 224),), tmp_path / "net.onnx")
    diff = difference(count(name), traced(file).bill())
    assert diff.likeness is not None
    assert (diff.likeness.agreement, diff.whole.madds) == (FOLDED, 0)
    assert {part.status for part in diff.parts} <= {"unchanged", "alike"}
    norms = sum(row.biases for row in count(name).rows if row.kind == "batch-norm")
    still = sum(row.biases for row in diff.b.rows if row.kind == "batch-norm")
    assert diff.whole.params == still - norms


@pytest.mark.parametrize(
    ("spec", "first", "op"),
    [
        (_small(1, exp=24), Cell("2", "depthwise"), "blocks.1.mobile.depthwise.conv"),
        (_small(2, exp=32), Cell("4", "depthwise"), "blocks.2.mobile.depthwise1.conv"),
        (_small(3, exp=48), Cell("4", "pointwise"), "blocks.3.mobile.pointwise1.conv"),
        (_small(3, kernel=5), Cell("4", "depthwise"), "blocks.3.mobile.depthwise.conv"),
        (_small(5, exp=80), Cell("8", "pointwise"), "blocks.5.mobile.pointwise1.conv"),
        (_small(former={"ffn": False}), Cell("tokens", "linear"), None),
        (_small(head={"fc": 40}), Cell("tokens", "linear"), "head.fc1"),
        (_small(stem=16), Cell("2", "conv"), "stem.conv"),
    ],
)
def test_the_first_part_that_differs_is_named(spec: Any, first: Cell, op: str | None) -> None:
    """By its stage and kind, whatever the modules are called, with the op of the spec and that of the network."""
    result = likeness(count(spec), _traced(SMALL, 64, Unnamed))
    assert (result.agreement, result.first and result.first.cell) == (NONE, first)
    assert result.first is not None
    assert (result.first.a and result.first.a.name) == op
    assert result.first.b is not None
    assert op is None or result.first.b.name == f"inner.{op}"


def test_a_missing_bridge_is_the_matrix_products_of_its_stage() -> None:
    """A bridge of the fourth block reads the map of stride 4: the products of its tokens with the map are missing."""
    network = build(resolve(load(SMALL)))
    block = network.get_submodule("blocks.4")
    block.mobile_to_former.forward = lambda tokens, *_: (tokens, None)
    result = likeness(count(SMALL), trace(Unnamed(network), (3, 64, 64)).bill())
    assert result.first is not None
    assert result.first.cell == Cell("4", "matmul")
    products = 2 * 3 * 12 * 16 * 16  # scores and aggregate: 3 tokens, 12 channels, 16 × 16 positions
    assert result.first.part.madds == -products
    assert result.first.a is not None
    assert result.first.a.name == "blocks.4.mobile_to_former.scores"


class Mine(nn.Module):
    """The stem, a lite block and the head of a Mobile, by hand, with its own names and its 1×1 layers as Linear."""

    def __init__(self, expanded: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1, bias=False)
        self.first_bn = nn.BatchNorm2d(8)
        self.dw = nn.Conv2d(8, expanded, 3, 1, 1, groups=8, bias=False)
        self.dw_bn = nn.BatchNorm2d(expanded)
        self.squeeze = nn.Linear(expanded, 8, bias=False)
        self.squeeze_bn = nn.BatchNorm2d(8)
        self.last = nn.Conv2d(8, 48, 1, bias=False)
        self.last_bn = nn.BatchNorm2d(48)
        self.hidden = nn.Conv2d(48, 32, 1)
        self.hidden_bn = nn.BatchNorm1d(32)
        self.classifier = nn.Linear(32, 10)

    def forward(self, image: Any) -> Any:
        """Return the scores of an image."""
        image = functional.relu6(self.first_bn(self.first(image)))
        hidden = functional.relu6(self.dw_bn(self.dw(image)))
        squeezed = self.squeeze(hidden.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        image = functional.relu6(self.last_bn(self.last(image + self.squeeze_bn(squeezed))))
        vector = self.hidden(functional.adaptive_avg_pool2d(image, 1)).flatten(1)
        return self.classifier(functional.hardswish(self.hidden_bn(vector)))


MOBILE = {
    "input": 64,
    "classes": 10,
    "former": "none",
    "mobile": {"activation": "relu"},
    "stem": 8,
    "blocks": [{"block": "lite", "exp": 16, "out": 8}],
    "head": {"fc": 32},
}


def test_a_reimplementation_by_hand_agrees_in_every_stage_and_kind() -> None:
    """A Linear on each position is a 1×1 convolution, and a convolution of one pooled vector a Linear."""
    diff = difference(trace(Mine(), (3, 64, 64)).bill(), count(MOBILE))
    assert diff.axis == "stage"
    assert diff.likeness is not None
    assert diff.likeness.agreement == ALL
    other = likeness(trace(Mine(24), (3, 64, 64)).bill(), count(MOBILE))
    assert other.first is not None
    assert other.first.cell == Cell("2", "depthwise")
    assert [item and item.madds for item in (other.first.a, other.first.b)] == [9 * 24 * 32 * 32, 9 * 16 * 32 * 32]
    assert [item and item.name for item in (other.first.a, other.first.b)] == ["dw", "blocks.1.mobile.depthwise.conv"]


CODE = """
from mfprofile import load, resolve
from mfprofile.nn import build
from torch import nn


class Mine(nn.Module):
    def __init__(self, spec="mf26m"):
        super().__init__()
        self.inner = build(resolve(load(spec)))

    def forward(self, image):
        return self.inner(image)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder with a network under names of its own."""
    (tmp_path / "net.py").write_text(CODE)
    return tmp_path


def test_the_command_answers_for_a_network_in_code(here: Path) -> None:
    """--arg changes the network and --set the spec; --input is of both; the exit code is 0 whatever differs."""
    done = run("diff", "net.py:Mine", "mf26m", "--input", "3x64x64", cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert "same multiply-adds and parameters in every stage and kind" in done.stdout
    done = run("diff", "mf26m", "net.py:Mine", "--set", "blocks.2.exp=96", "--json", cwd=here)
    read = json.loads(done.stdout)
    assert (done.returncode, read["a"]["name"], read["b"]["name"]) == (0, "mf26m with blocks.2.exp=96", "net.py:Mine")
    assert (read["agreement"], read["first"]["stride"], read["first"]["kind"]) == ("none", "4", "pointwise")
    assert "modules" not in read
    for table in ("strides", "kinds", "cells"):
        for measure in ("madds", "params"):
            assert sum(part[measure]["difference"] for part in read[table]) == read[measure]["difference"]
    done = run("diff", "net.py:Mine", "mf26m", "--arg", "spec=mf52m", "--csv", cwd=here)
    assert done.stdout.startswith("a,b,kind,status,changed,madds,params,")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("diff net.py:Mine mf26m --batch 2", "error: net.py:Mine is a batch of 2, but mf26m is one image; use one\n"),
        ("diff net.py:Mine mf26m --convention nope", "error: unknown convention 'nope'"),
        ("diff net.py:Mine mf26m --input 224", "error: "),
    ],
)
def test_what_cannot_be_compared_is_a_message(line: str, message: str, here: Path) -> None:
    """With exit code 2."""
    done = run(*line.split(), cwd=here)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


@pytest.mark.slow
def test_an_untrained_file_agrees_but_for_biases_and_norms(here: Path) -> None:
    """The exporter stores equal tensors once; the verdict says so, and multiply-adds and weights agree."""
    need("onnx")
    from onnx_files import exported

    network = build(resolve(load("mf26m")))
    file = exported(network, (torch.randn(1, 3, 224, 224),), here / "trained.onnx")
    done = run("diff", file, "mf26m", cwd=here)
    assert "same multiply-adds and parameters in every stage and kind, less folded norms" in done.stdout
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (torch.randn(1, 3, 224, 224),), str(here / "net.onnx"), dynamo=False)
    done = run("diff", "net.onnx", "mf26m", "--json", cwd=here)
    assert (done.returncode, json.loads(done.stdout)["agreement"]) == (0, WEIGHTS)


def test_two_networks_in_code_without_a_common_module_are_compared_by_stage_too() -> None:
    """The modules stay as they are, beside the likeness; networks with a common module have none."""
    mine, other = trace(Mine(), (3, 64, 64)).bill(), trace(Unnamed(Mine()), (3, 64, 64)).bill()
    diff: Difference = difference(mine, other)
    assert diff.axis == "module"
    assert diff.likeness is not None
    assert diff.likeness.agreement == ALL
    assert difference(mine, mine).likeness is None


def test_bills_in_other_modes_are_refused() -> None:
    """As for two specs."""
    with pytest.raises(InputError, match="same mode"):
        difference(_traced(SMALL, 64), count(SMALL, training=True))
