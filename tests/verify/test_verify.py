"""Compare the arithmetic with other people's counters, run on the torch model."""

from __future__ import annotations

import copy
import csv
import io
import json
import sys

import pytest

torch = pytest.importorskip("torch")

from effort import NIGHTLY, one_in  # noqa: E402
from running import run  # noqa: E402

from mfprofile import InputError, count, load  # noqa: E402
from mfprofile.cost.conventions import CONVENTIONS  # noqa: E402
from mfprofile.cost.weights import Convention  # noqa: E402
from mfprofile.nn import build  # noqa: E402
from mfprofile.verify import counters as measuring  # noqa: E402
from mfprofile.verify.counters import COUNTERS, Measurement, installed, measure  # noqa: E402
from mfprofile.verify.explain import compare, compare_params, explain  # noqa: E402
from mfprofile.verify.verify import chosen, verified, verify  # noqa: E402
from mfprofile.view.verification import verification_table  # noqa: E402

MODELS = ["mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m"]
RELEASED = {  # what fvcore and thop print for the released networks
    "mf508m": (510_642_176, 506_310_432),
    "mf294m": (295_430_400, 293_074_048),
    "mf214m": (215_252_960, 213_005_536),
    "mf151m": (152_012_400, 150_051_088),
    "mf96m": (96_334_448, 96_817_488),
    "mf52m": (51_786_624, 52_560_896),
    "mf26m": (26_046_336, 26_820_608),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_conventions_predict_what_the_tools_print_for_the_released_networks(name: str) -> None:
    """Our rows alone give the totals of fvcore and thop; torch prints twice the core."""
    assert (count(name, "fvcore").madds, count(name, "thop").madds) == RELEASED[name]
    assert count(name, "torch").madds == 2 * count(name).madds


@pytest.mark.parametrize("name", one_in(7, [*reversed(MODELS)], 3))
def test_every_counter_is_explained_to_the_last_unit(name: str) -> None:
    """Each tool is fully explained, in total and at every path that it lists."""
    verification = verify(load(name))
    assert {one.measured.tool for one in verification.explanations} == set(filter(installed, COUNTERS))
    assert verification.params.mismatches == ()
    for one in verification.explanations:
        assert (one.measured.tool, one.unexplained, one.unexplained_params) == (one.measured.tool, 0, 0)
        assert one.by_path is None or one.by_path.mismatches == ()
        assert one.version_known == (one.measured.tool != "torch" or one.measured.version.startswith("2.13"))
    assert verification.holds
    printed = {one.measured.tool: one.measured.total for one in verification.explanations}
    assert (printed["fvcore"], printed["thop"]) == RELEASED[name]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mf294m-mobile", "mf294m-relu", "mf294m-kernel5", "mf294m-tokens1", "mf294m-no-ffn", "mf294m-mlp"]
)
def test_every_counter_is_explained_on_the_ablations(name: str) -> None:
    """The switches are those of Tables 5 to 9."""
    assert verify(load(name)).holds


@pytest.mark.parametrize("size", ["160x224", pytest.param("800x1344", marks=NIGHTLY)])
def test_the_detector_is_explained_too(size: str) -> None:
    """Its pyramid and its towers, whose weights run on five levels, are explained at every path."""
    assert verify(load("mf151m-retinanet", [f"input={size}"])).holds


def test_the_tools_with_paths_are_compared_at_each_module() -> None:
    """torch, fvcore and thop are compared at every module that is called, not only in total."""
    verification = verify(load("mf26m"), ["torch", "fvcore", "thop"])
    for one in verification.explanations:
        assert one.by_path is not None
        assert one.by_path.paths > 400


def test_a_layer_that_differs_is_listed_by_its_path() -> None:
    """One block is wider in the model than in the spec: the first mismatch is a layer of that block."""
    bill = count("mf26m")
    other = build(load("mf26m", ["blocks.7.exp=320"])).eval()
    verification = verified(bill, other, ["torch"], lambda _: None)
    assert not verification.holds
    assert verification.params.mismatches[0].path == "blocks.7.mobile.pointwise1.conv"
    (one,) = verification.explanations
    assert one.unexplained > 0
    assert one.by_path is not None
    assert one.by_path.mismatches[0].path == "blocks.7.mobile.pointwise1.conv"


def test_errors_that_cancel_in_total_are_detected() -> None:
    """Two wrong paths whose sum is right are two mismatches."""
    rows = count("mf26m").rows[:4]
    amounts = [5, 5, 5, 5]
    theirs = {"": 20, rows[1].name: 6, rows[2].name: 4, rows[3].name: 5, "tokens": 5, "stem": 15}
    comparison = compare(rows, amounts, theirs, theirs)
    assert [one.path for one in comparison.mismatches] == [rows[1].name, rows[2].name]


def test_an_unknown_version_that_differs_is_not_understood() -> None:
    """Another version than the one that was read can be explained; if it is not, the difference is not understood."""
    bill = count("mf26m")
    predicted = count("mf26m", "fvcore").madds
    same, other = (explain(bill, Measurement("fvcore", "9.0", total, bill.params), []) for total in (predicted, 1))
    assert (same.version_known, same.understood, same.holds) == (False, True, True)
    assert (other.version_known, other.understood, other.holds) == (False, False, False)


@pytest.mark.parametrize(
    ("version", "read"), [("0.1.5.post2", True), ("0.1.5", True), ("0.1.50", False), ("1.0", False)]
)
def test_versions_are_compared_number_by_number(version: str, read: bool) -> None:
    """0.1.50 is not 0.1.5."""
    assert explain(count("mf26m"), Measurement("fvcore", version, 0, 0), []).version_known is read


def test_a_counter_that_fails_is_reported_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of the other tools are kept, and the verification does not hold."""
    monkeypatch.setattr("mfprofile.verify.counters._thop_paths", lambda *_: 1 // 0)
    verification = verify(load("mf26m"), ["thop", "fvcore"])
    assert verification.failures == {"thop": "ZeroDivisionError: integer division or modulo by zero"}
    assert [one.holds for one in verification.explanations] == [True]
    assert not verification.holds
    assert "thop could not be run: ZeroDivisionError" in "\n".join(verification_table(verification).below)


def test_a_counter_that_exits_is_reported_like_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verification continues after SystemExit, but KeyboardInterrupt ends it."""
    monkeypatch.setattr("mfprofile.verify.counters._thop_paths", lambda *_: sys.exit(0))
    assert verify(load("mf26m"), ["thop"]).failures == {"thop": "SystemExit: 0"}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mfprofile.verify.counters._thop_paths", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify(load("mf26m"), ["thop"])


def test_a_total_that_differs_remains_unexplained() -> None:
    """The difference is shown; no weight is adjusted to it."""
    bill = count("mf26m")
    one = explain(bill, Measurement("fvcore", "0.1.5", count("mf26m", "fvcore").madds + 7, bill.params), [])
    assert (one.unexplained, one.holds) == (7, False)


def test_every_counter_has_a_convention_with_its_source_and_version() -> None:
    """A tool runs only if its convention is written down."""
    for name in filter(installed, COUNTERS):
        known = CONVENTIONS[name]
        assert isinstance(known, Convention)
        assert known.versions
        assert known.source


@pytest.mark.parametrize("training", one_in(2, [False, True]))
def test_measuring_does_not_change_a_model(training: bool) -> None:
    """State, statistics, mode, hooks, gradients, attributes and torch's own functions are the same afterwards."""
    model = build("mf26m", seed=0).train(training)
    image = torch.randn(1, 3, 224, 224)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    attributes = {path: sorted(vars(module)) for path, module in model.named_modules()}
    functions = (torch.matmul, torch.Tensor.add, torch.nn.functional.relu, torch.get_num_threads())
    for name in filter(installed, COUNTERS):
        measure(name, model, image)
    assert list(model.state_dict()) == list(state)
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert all(module.training is training for module in model.modules())
    assert {path: sorted(vars(module)) for path, module in model.named_modules()} == attributes
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert functions[0] is torch.matmul
    assert functions[1] is torch.Tensor.add
    assert functions[2] is torch.nn.functional.relu
    assert functions[3] == torch.get_num_threads()


def test_parameters_are_compared_with_torchs_own_tensors() -> None:
    """A parameter that is in no row is a mismatch at its path."""
    model = copy.deepcopy(build("mf26m"))
    model.head.extra = torch.nn.Parameter(torch.zeros(3))
    comparison = compare_params(count("mf26m"), model)
    assert [one.path for one in comparison.mismatches] == ["head", ""]


def _raises(*_: object, **__: object) -> None:
    raise ValueError("not to be called")


def test_overridden_methods_of_a_model_hide_no_parameter() -> None:
    """Modules are compared at every path, whatever the model's own methods return."""
    model = copy.deepcopy(build("mf26m"))
    paths = len(list(model.named_modules()))
    own = {"modules": _raises, "named_modules": lambda self, *_, **__: iter([("", self)]), "named_parameters": _raises}
    model.__class__ = type("Own", (type(model),), own)
    comparison = compare_params(count("mf26m"), model)
    assert (comparison.paths, comparison.mismatches) == (paths, ())


@pytest.mark.parametrize("name", ["parameters", "named_parameters", "requires_grad_"])
def test_torchs_counter_calls_none_of_a_networks_own_methods(name: str) -> None:
    """Some return groups for an optimizer."""
    layer = type("Own", (torch.nn.Linear,), {name: _raises})(4, 2, bias=False)
    measured = measure("torch", layer, torch.zeros(1, 4))
    assert (measured.total, measured.params) == (2 * 8, 8)


def test_a_counter_that_does_not_exist_or_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is one line with the remedy."""
    with pytest.raises(InputError, match=r"^unknown counter 'fvcor'; did you mean 'fvcore'\?$"):
        chosen(["fvcor"])
    monkeypatch.setattr("mfprofile.verify.verify.installed", lambda name: name != "thop")
    with pytest.raises(InputError, match=r"^thop is not installed; install it with pip install thop$"):
        chosen(["thop"])
    assert "thop" not in chosen(None)
    assert measuring.installed("torch")


def test_the_command_prints_a_table_and_exits_with_0() -> None:
    """Progress goes to stderr, the table to stdout."""
    done = run("verify", "mf26m", "--counter", "thop")
    assert done.returncode == 0
    assert "26,820,608" in done.stdout
    assert "all explained" in done.stdout
    assert done.stderr.splitlines() == ["mf26m: building the model", "mf26m: counting with thop"]


def test_the_command_prints_one_csv_for_several_specs() -> None:
    """It has a line for each spec and tool, with amounts by kind in one field."""
    done = run("verify", "mf26m", "mf52m", "--counter", "fvcore", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["name"], row["printed"], row["unexplained"]) for row in rows] == [
        ("mf26m", "26046336", "0"), ("mf52m", "51786624", "0"),
    ]  # fmt: skip
    assert rows[0]["adds"] == "batch-norm=2419904;layer-norm=48000;pool=28224"


def test_the_command_prints_json() -> None:
    """`--json` has each tool's figures and both comparisons."""
    result = json.loads(run("verify", "mf26m", "--counter", "fvcore", "--json").stdout)
    (one,) = result["counters"]
    assert result["holds"]
    assert (one["printed"], one["unexplained"], one["by_path"]["mismatches"]) == (26_046_336, 0, [])
    assert sum(one["adds"].values()) == 26_046_336 - 23_550_208
    assert result["params_by_path"]["mismatches"] == []


def test_the_command_exits_with_1_when_something_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of another spec fails the verification, and the table says so."""
    monkeypatch.setattr("mfprofile.verify.verify.build", lambda *_, **__: build(load("mf26m", ["head.fc=1000"])))
    done = run("verify", "mf26m", "--counter", "torch")
    assert done.returncode == 1
    assert "NOT all explained" in done.stdout


def test_without_torch_the_message_has_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command can be copied and run."""
    from mfprofile.cli.options import need_torch

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"^verify needs torch; install it with pip install '\.\[torch\]'$"):
        need_torch("verify")
