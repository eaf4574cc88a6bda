"""onnx-tool, which counts ONNX files node by node: its figures are predicted, and the tool itself agrees.

The tool is in no extra, so tests that run it are skipped without it. With MFPROFILE_COUNTER=onnx-tool in the
environment they fail instead.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from effort import one_in
from running import ROOT, need, run

pytest.importorskip("onnx")

from onnx import helper
from onnx_files import exported, model_of, saved
from onnx_nodes import CASES

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import CONVENTIONS, FILE_CONVENTIONS
from mfprofile.cost.device import NO_TIME, Device
from mfprofile.cost.kinds import LEFTOVER
from mfprofile.errors import InputError
from mfprofile.trace.onnx.trace import traced
from mfprofile.verify import files
from mfprofile.verify.distributions import is_installed
from mfprofile.verify.explanation import Measurement
from mfprofile.verify.files import nodes_of, verify_file

CHOSEN = os.environ.get("MFPROFILE_COUNTER", "")
TOOL = "onnx-tool"
FIGURES = {
    "mf26m": (67_685_999, 3_244_436),
    "mf52m": (93_426_251, 3_480_740),
    "mf96m": (169_882_728, 4_600_740),
    "mf151m": (253_692_610, 7_617_156),
    "mf214m": (334_587_458, 9_452_760),
    "mf294m": (443_431_778, 11_454_728),
    "mf508m": (713_353_858, 14_017_744),
}
"""What onnx-tool 1.0.1 prints for the file of each model that `mfprofile export` writes, and its parameters."""
FAMILIES = (
    *("resnet18", "mobilenetv2_100", "mobilenetv3_large_100", "efficientnet_b0", "mnasnet_100", "tinynet_a"),
    *("regnetx_002", "ghostnet_100", "densenet121", "repvgg_a0", "dpn48b", "hrnet_w18_small", "lcnet_050"),
    *("deit_tiny_patch16_224", "mixer_s32_224", "resmlp_12_224", "convnext_atto", "poolformer_s12", "mobilevit_xxs"),
    *("levit_128s", "pvt_v2_b0", "nf_regnet_b0", "visformer_tiny", "swin_tiny_patch4_window7_224"),
    "xcit_nano_12_p16_224",
)
NOT_EXPORTED = {"windows", "transposed sequence", "transformer"}
"""The exporter does not know an operator of these, or cannot trace them."""


def needs_tool() -> None:
    """Skip the test unless the tool is installed; if it is the chosen one, it must be."""
    if CHOSEN not in ("", TOOL):
        pytest.skip(f"only {CHOSEN} is tested")
    if not is_installed(TOOL, "onnx_tool"):
        (pytest.fail if CHOSEN else pytest.skip)(f"{TOOL} is not installed")


def explained(file: str) -> None:
    """Assert that the tool runs on a file, and that its total, its parameters and each node are predicted."""
    result = verify_file(file, traced(file), [TOOL])
    assert not result.failures
    (one,) = result.explanations
    assert one.by_path is not None and one.by_path.mismatches == ()
    assert (one.unexplained, one.unexplained_params) == (0, 0)
    assert one.by_path.paths == len(one.measured.by_path or {})
    assert result.holds


def mobile_former(name: str, folder: Path) -> str:
    """Return the file of a model, as `mfprofile export` writes it."""
    pytest.importorskip("torch")
    assert run("export", name, "-o", "net.onnx", cwd=folder).returncode == 0
    return str(folder / "net.onnx")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that puts another counter in the place of the tool, with the figures that are given."""

    def put(
        total: int = 0, params: int = 0, nodes: dict[str, int] | None = None, error: Exception | None = None
    ) -> None:
        def measure(*_: object) -> Measurement:
            if error is not None:
                raise error
            return Measurement(TOOL, "1.0.1", total, params, nodes)

        monkeypatch.setattr(files, "FILE_COUNTERS", {TOOL: measure})
        monkeypatch.setattr(files, "is_installed", lambda *_: True)

    return put


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a file with a convolution, a ReLU and arithmetic on sizes: 288 · 36 + 144, 144, and 1."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("Shape", ["r"], ["s"], name="shape"),
        helper.make_node("Gather", ["s", "last"], ["side"], name="side"),
        helper.make_node("Add", ["side", "one"], ["more"]),
        helper.make_node("Identity", ["r"], ["y"], name="end"),
    ]
    sizes = {"last": np.asarray([-1]), "one": np.asarray([1])}
    stored: dict[str, Any] = {"w": (4, 8, 3, 3), "b": (4,), **sizes}
    saved(model_of(nodes, {"x": (1, 8, 6, 6)}, stored, ("y", "more")), tmp_path)
    return tmp_path


def on(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the file in a folder, which is its second argument."""
    return run(arguments[0], "net.onnx", *arguments[1:], cwd=folder)


SMALL = {"conv": 10_512, "relu": 144, "Add_4": 1}


@pytest.mark.parametrize("name", CASES)
def test_a_node_is_counted_as_the_tool_counts_it(name: str, tmp_path: Path) -> None:
    """The figures were measured with the tool, operator by operator."""
    case = CASES[name]
    bill = traced(saved(case.model(), tmp_path)).bill(TOOL)
    assert (bill.madds, bill.counted_params) == (case.total, case.params)


@pytest.mark.parametrize("name", CASES)
def test_the_tool_itself_counts_a_node_so(name: str, tmp_path: Path) -> None:
    """Total, parameters and the node agree."""
    needs_tool()
    explained(saved(CASES[name].model(), tmp_path))


@pytest.mark.parametrize("name", one_in(7, FIGURES, 3))
def test_a_mobile_former_has_the_figures_of_the_tool(name: str, tmp_path: Path) -> None:
    """The total and the parameters of the exported file, as they were measured."""
    bill = traced(mobile_former(name, tmp_path)).bill(TOOL)
    assert (bill.madds, bill.counted_params) == FIGURES[name]


@pytest.mark.parametrize("name", one_in(7, FIGURES, 3))
def test_the_tool_agrees_on_each_node_of_a_mobile_former(name: str, tmp_path: Path) -> None:
    """Every node that it lists is predicted."""
    needs_tool()
    explained(mobile_former(name, tmp_path))


def test_the_tool_agrees_on_each_node_of_small_networks(tmp_path: Path) -> None:
    """All of the zoo that can be exported, except one with an If, which the tool does not know."""
    needs_tool()
    torch = pytest.importorskip("torch")
    from zoo import ZOO

    for name in sorted(ZOO.keys() - NOT_EXPORTED - {"norms"}):
        inputs = tuple(each if isinstance(each, torch.Tensor) else torch.randn(1, *each) for each in ZOO[name].inputs)
        explained(exported(ZOO[name].make(), inputs, tmp_path / "net.onnx"))


@pytest.mark.parametrize("name", one_in(len(FAMILIES) + 1, ["mobilenetv3_small_050", *FAMILIES], 2))
def test_the_tool_agrees_on_each_node_of_a_network_of_timm(name: str, tmp_path: Path) -> None:
    """Every node that it lists is predicted."""
    needs_tool()
    need("timm")
    torch = pytest.importorskip("torch")
    from mfprofile.trace.libraries import library

    model = library("timm").create_model(name)
    explained(exported(model, (torch.randn(1, *model.default_cfg["input_size"]),), tmp_path / "net.onnx"))


def test_the_tool_takes_open_sizes_from_the_trace(tmp_path: Path) -> None:
    """An open batch and open sides are those of --input."""
    needs_tool()
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="conv")
    file = saved(model_of([node], {"x": ("batch", 8, "height", "width")}, {"w": (4, 8, 3, 3)}), tmp_path)
    result = verify_file(file, traced(file, ["8x9x7"]))
    assert [one.measured.total for one in result.explanations] == [4 * 7 * 5 * 72]
    assert result.holds


def normalized(folder: Path, opset: int) -> str:
    """Return a file with a division of vectors by their norms, as torch's `normalize` is exported."""
    given: dict[str, Any] = {"axes": [-1]} if opset < 18 else {}
    nodes = [
        helper.make_node("ReduceL2", ["x"] if given else ["x", "axes"], ["n"], name="norm", **given),
        helper.make_node("Clip", ["n", "least"], ["c"], name="clip"),
        helper.make_node("Sqrt", ["c"], ["r"], name="root"),
        helper.make_node("Mul", ["r", "n"], ["m"], name="product"),
        helper.make_node("Expand", ["m", "shape"], ["e"], name="expand"),
        helper.make_node("Div", ["x", "e"], ["y"], name="divide"),
    ]
    stored = {"least": np.asarray(1e-12, np.float32), "shape": np.asarray([4, 6]), "axes": np.asarray([-1])}
    return saved(model_of(nodes, {"x": (4, 6)}, stored, opset=opset), folder, f"{opset}.onnx")


NORMALIZED = {"norm": 600, "clip": 8, "root": 96, "product": 4, "expand": 0, "divide": 96}


@pytest.mark.parametrize("opset, nodes", [(17, {}), (18, {"clip": 2, "root": 24, "product": 1})])
def test_the_tool_takes_a_norm_over_axes_that_are_an_input_as_one_value(
    opset: int, nodes: dict[str, int], tmp_path: Path
) -> None:
    """So what follows on each norm is counted once, until a node gives the size again."""
    bill = traced(normalized(tmp_path, opset)).bill(TOOL)
    assert bill.convention.nodes is not None
    assert {node.name: bill.convention.nodes.of(node) for node in nodes_of(bill)} == NORMALIZED | nodes


@pytest.mark.parametrize("opset", [17, 18])
def test_the_tool_itself_takes_a_norm_so(opset: int, tmp_path: Path) -> None:
    """Each node agrees, for both ways to give the axes."""
    needs_tool()
    explained(normalized(tmp_path, opset))


def test_what_an_exporter_leaves_is_counted_only_by_the_tool(small: Path) -> None:
    """Arithmetic on sizes is a row of its own in its bill alone, and all nodes are in that bill."""
    trace = traced(str(small / "net.onnx"))
    bill = trace.bill(TOOL)
    assert bill.convention.nodes is not None
    assert {node.name: bill.convention.nodes.of(node) for node in nodes_of(bill)} == {
        **SMALL,
        **dict.fromkeys(("shape", "side", "end"), 0),
    }
    assert {total.name: total.madds for total in bill.by("kind")} == {"conv": 10_512, "relu": 144, "leftover": 1}
    assert bill.params == trace.bill().params == 292
    assert bill.counted_params == 293  # and the size 1 that the Add reads; Gather is not listed
    for name in ("core", "torch", "fvcore"):
        assert bill.under(name).madds == trace.bill(name).madds
        assert len(trace.bill(name).rows) == 2


def test_a_file_is_verified_node_by_node(small: Path, counted: Callable[..., None]) -> None:
    """The command says so, and which counters cannot read a file."""
    counted(10_657, 293, SMALL)
    result = on(small, "verify")
    assert result.returncode == 0
    assert "MAdds against onnx-tool: equal at each of 3 nodes\n" in result.stdout
    assert "counters that run a network, and cannot read a file: torch, fvcore, thop, ptflops" in result.stdout
    assert result.stdout.endswith("all explained\n")
    assert on(small, "audit", "--verify", "--strict").returncode == 0


def test_nodes_that_differ_are_named(small: Path, counted: Callable[..., None]) -> None:
    """What is not explained is listed by node, and the exit code is 1."""
    counted(10_660, 293, {"conv": 10_512, "relu": 146, "other": 2})
    result = on(small, "verify")
    assert result.returncode == 1
    assert "MAdds against onnx-tool: 3 of 4 nodes differ, first relu (144 ours, 146 theirs)\n" in result.stdout
    left = "relu (144 ours, 146 theirs), other (0 ours, 2 theirs), Add_4 (1 ours, 0 theirs)"
    assert f"nodes not explained: {left}\n" in result.stdout
    assert result.stdout.endswith("NOT all explained\n")
    assert on(small, "audit", "--verify").returncode == 0
    assert on(small, "audit", "--verify", "--strict").returncode == 1


def test_a_tool_that_fails_is_named(small: Path, counted: Callable[..., None]) -> None:
    """Its error is one line, and the exit code is 1."""
    counted(error=NotImplementedError("this Node If has no value_infer"))
    result = on(small, "verify")
    assert result.returncode == 1
    assert "onnx-tool could not be run: NotImplementedError: this Node If has no value_infer\n" in result.stdout


def test_json_of_a_file_has_each_mismatch(small: Path, counted: Callable[..., None]) -> None:
    """There are no parameters of torch to compare with."""
    counted(10_656, 293, {"conv": 10_512, "relu": 144})
    (one,) = json.loads(on(small, "verify", "--json").stdout)["counters"]
    assert one["by_path"] == {"paths": 3, "mismatches": [{"path": "Add_4", "ours": 1, "theirs": 0}]}
    assert one["adds"] == {"conv": 144, "relu": 144, "leftover": 1}
    whole = json.loads(on(small, "verify", "--json").stdout)
    assert whole["params_by_path"] is None
    assert whole["cannot_read_files"] == [name for name in CONVENTIONS if CONVENTIONS[name].versions]


def test_counters_are_of_files_or_of_networks(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter of the wrong sort is refused with the reason, and so is one that is not installed."""
    wrong = on(small, "verify", "--counter", "fvcore")
    assert wrong.returncode == 2
    assert "--counter fvcore: runs a network of torch, and 'net.onnx' is a file; use onnx-tool" in wrong.stderr
    assert "did you mean 'onnx-tool'?" in on(small, "verify", "--counter", "onnx-tol").stderr
    monkeypatch.setattr(files, "is_installed", lambda *_: False)
    for counter in ([], ["--counter", TOOL]):
        absent = on(small, "verify", *counter)
        assert absent.returncode == 2
        assert "onnx-tool is not installed; install it with pip install onnx-tool" in absent.stderr
    pytest.importorskip("torch")
    other = run("verify", "mf26m", "--counter", TOOL)
    assert other.returncode == 2
    assert "--counter onnx-tool: counts ONNX files, and this is a network of torch; export it" in other.stderr


ON_SPECS = ("count mf26m", "check mf26m --max-madds 1G", "explore count tiny", "explain mf26m --block stem", "paper 5")


@pytest.mark.parametrize("command", [*ON_SPECS, "formula mf26m --free classes", "diff mf26m mf52m"])
def test_only_files_are_counted_in_its_convention(command: str) -> None:
    """A spec has no nodes: how many there are, the exporter decides."""
    result = run(*command.split(), "--convention", TOOL)
    assert result.returncode == 2
    assert "convention 'onnx-tool' counts the nodes of an ONNX file, which the exporter decides" in result.stderr


def test_a_file_has_budgets_and_differences_in_its_convention(small: Path) -> None:
    """`audit`, `check` and `diff` count files in it."""
    assert (
        "'onnx-tool' counts 293 params: stored tensors that its nodes read"
        in on(small, "audit", "--convention", TOOL).stdout
    )
    assert on(small, "check", "--convention", TOOL, "--max-madds", "10657").returncode == 0
    assert on(small, "check", "--convention", TOOL, "--max-madds", "10656").returncode == 1
    assert on(small, "diff", "net.onnx", "--convention", TOOL).returncode == 0


def test_an_operator_that_the_tool_does_not_know_is_named(tmp_path: Path) -> None:
    """It fails on such a file, so there is no bill in its convention, and the other bills are as ever."""
    node = helper.make_node("GlobalMaxPool", ["x"], ["y"], name="pool")
    trace = traced(saved(model_of([node], {"x": (1, 3, 4, 4)}), tmp_path))
    assert trace.bill().madds == 0
    with pytest.raises(InputError, match=r"onnx-tool does not know the operator GlobalMaxPool \(node 'pool'\)"):
        trace.bill(TOOL)


def test_specs_and_files_are_verified_together(small: Path, counted: Callable[..., None]) -> None:
    """Each by the counters that can count it; one document in JSON."""
    pytest.importorskip("fvcore")
    counted(10_657, 293, SMALL)
    result = run("verify", "net.onnx", "mf26m", "--json", cwd=small)
    assert result.returncode == 0
    in_file, of_spec = json.loads(result.stdout)
    assert [one["tool"] for one in in_file["counters"]] == [TOOL]
    assert TOOL not in [one["tool"] for one in of_spec["counters"]]
    assert "cannot_read_files" not in of_spec


def test_what_an_exporter_leaves_takes_no_time() -> None:
    """A latency model need not know it, because other bills do not have it at all."""
    assert Device("few", {}).rate(LEFTOVER, "plain") == NO_TIME


def test_the_page_on_conventions_has_the_figures() -> None:
    """Its table has what the tool prints for each model, beside our own count."""
    text = (ROOT / "docs/conventions.md").read_text("utf-8").partition("| model | onnx-tool | `core` |")[2]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2 : 2 + len(FIGURES)]]
    assert lines == [[name, f"{total:,}", f"{count(name).madds:,}"] for name, (total, _) in FIGURES.items()]


def test_conventions_of_files_are_apart() -> None:
    """No spec is counted in them, so they are not among the others."""
    assert not FILE_CONVENTIONS.keys() & CONVENTIONS.keys()
    assert all(convention.nodes is not None for convention in FILE_CONVENTIONS.values())
