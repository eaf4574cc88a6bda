"""Compare activations with hooks on the torch model, and with fvcore's own count of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from strategies import Mapping, spec_mappings  # noqa: E402

from mfprofile import Bill, count, load  # noqa: E402
from mfprofile.nn.model import MobileFormer  # noqa: E402
from mfprofile.verify.counters import Measurement  # noqa: E402
from mfprofile.verify.explain import explain  # noqa: E402
from mfprofile.verify.verify import verify  # noqa: E402
from mfprofile.view.verification import verification_json, verification_table  # noqa: E402

MODELS = ["mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m"]
ABLATIONS = ["mf294m-mobile", "mf294m-relu", "mf294m-kernel5", "mf294m-tokens1", "mf294m-no-ffn", "mf294m-mlp"]
FVCORE = {  # what ActivationCountAnalysis prints
    "mf508m": 7_003_584,
    "mf294m": 5_077_408,
    "mf26m": 1_446_656,
    "mf294m-mlp": 4_731_592,
    "mf151m-retinanet": 145_359_664,
}
NO_LIMITS = settings(suppress_health_check=list(HealthCheck), derandomize=True)


def hooked(bill: Bill) -> Counter[str]:
    """Return the number of output values of each module in one forward, by path, over all its calls."""
    values: Counter[str] = Counter()

    def hook(path: str) -> Any:
        def add(_module: Any, _inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                values[path] += output.numel()

        return add

    with torch.device("meta"), torch.no_grad():
        model = MobileFormer(bill.subject).eval()
        for path, module in model.named_modules():
            module.register_forward_hook(hook(path))
        model(torch.empty(1, 3, bill.subject.height, bill.subject.width))
    return values


def assert_hooks_agree(bill: Bill) -> None:
    """Compare each row that has a module with the output that a hook on that module sees."""
    ours: Counter[str] = Counter()
    for row in bill.rows:
        ours[row.name.partition(".P")[0]] += row.activations
    theirs = hooked(bill)
    shared = [path for path in ours if path in theirs]
    assert {path: ours[path] for path in shared} == {path: theirs[path] for path in shared}
    without_module = {row.kind for row in bill.rows if row.name.partition(".P")[0] not in theirs}
    assert without_module <= {"matmul", "softmax", "add", "multiply", "upsample", "table"}


@pytest.mark.parametrize("name", one_in(4, [*MODELS, *ABLATIONS, "mf151m-retinanet"], 2))
def test_hooks_see_as_many_values_at_every_path(name: str) -> None:
    """Each module's output is its row's activations. Only a few kinds of op have no module."""
    assert_hooks_agree(count(name))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=15)
def test_hooks_see_as_many_values_in_any_spec(mapping: Mapping) -> None:
    """The specs use every switch."""
    assert_hooks_agree(count(mapping))


@pytest.mark.parametrize("name", one_in(6, [*reversed(MODELS), *ABLATIONS, "mf151m-retinanet"], 3))
def test_fvcores_activations_are_explained_at_every_path(name: str) -> None:
    """They are the outputs of convolutions, Linear and matrix products, to the unit."""
    (explanation,) = verify(load(name), ["fvcore"]).explanations
    assert explanation.activations is not None
    assert explanation.activations.mismatches == ()
    assert explanation.activations.paths > 100
    assert explanation.measured.activations is not None
    if name in FVCORE:
        assert explanation.measured.activations[""] == FVCORE[name]


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=4)
def test_fvcores_activations_of_any_spec_are_explained(mapping: Mapping) -> None:
    """The specs use every switch."""
    assert verify(load(mapping), ["fvcore"]).holds


def test_an_activation_that_differs_is_listed_and_the_verification_fails() -> None:
    """A different value at one path is a mismatch at that path."""
    bill = count("mf26m")
    (right,) = verify(load("mf26m"), ["fvcore"]).explanations
    assert right.measured.activations is not None
    wrong = {**right.measured.activations, "stem.conv": 5}
    measured = Measurement("fvcore", "0.1.5", right.measured.total, bill.params, None, {}, wrong)
    explanation = explain(bill, measured, wrong)
    assert explanation.activations is not None
    assert [(each.path, each.theirs) for each in explanation.activations.mismatches] == [("stem.conv", 5)]
    assert not explanation.holds


def test_verify_shows_the_activations() -> None:
    """They are in a line below the table, and in JSON."""
    verification = verify(load("mf26m"), ["fvcore"])
    line = "activations of products against fvcore: equal at each of 421 module paths"
    assert line in "\n".join(verification_table(verification).below)
    assert verification_json(verification)["counters"][0]["activations_by_path"] == {"paths": 421, "mismatches": []}
