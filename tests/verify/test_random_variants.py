"""Compare the arithmetic with torch and the other counters, path by path, on random variants with every switch."""

from __future__ import annotations

import pytest
from effort import part_of

torch = pytest.importorskip("torch")

from hypothesis import HealthCheck, example, given, settings  # noqa: E402
from strategies import Mapping, spec_mappings  # noqa: E402

from mfprofile import load  # noqa: E402
from mfprofile.verify.verify import verify  # noqa: E402

NO_LIMITS = settings(suppress_health_check=list(HealthCheck), derandomize=True)
ODD: list[Mapping] = [
    {"extends": "mf26m", "input": 160},
    {"extends": "mf26m", "input": 193},
    {"extends": "mf52m", "input": "225x321"},
    {"extends": "mf26m", "mobile": {"kernel": 5}, "tokens": {"count": 1}},
    {"extends": "mf26m", "former": {"ffn": False}, "bridge": {"gate": False, "projections": True}},
    {"extends": "mf26m", "attention": "mlp", "input": "97x65", "bridge": {"projections": True}},
    {"extends": "mf26m", "former": "none", "mobile": {"activation": "relu"}},
    {"extends": "mf26m", "blocks": {"3": {"exp2": 72}}, "head": "none"},
    {"extends": "mf26m", "width": 1.5},
]


def assert_holds(mapping: Mapping, counters: list[str] | None) -> None:
    """Verify a variant; the message of the failed assertion shows the first difference."""
    verification = verify(load(mapping), counters)
    assert verification.params.mismatches == ()
    for one in verification.explanations:
        assert one.by_path is None or (one.measured.tool, one.by_path.mismatches) == (one.measured.tool, ())
        assert (one.measured.tool, one.unexplained, one.unexplained_params) == (one.measured.tool, 0, 0)
    assert verification.holds


@pytest.mark.parametrize("mapping", ODD, ids=str)
def test_each_switch_and_odd_size_agrees_with_torch_at_every_path(mapping: Mapping) -> None:
    """Parameters and core multiply-adds are torch's, module by module."""
    assert_holds(mapping, ["torch"])


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=15)
def test_a_few_random_variants_agree_with_torch_at_every_path(mapping: Mapping) -> None:
    """The slow test below has more variants."""
    assert_holds(mapping, ["torch"])


@pytest.mark.slow
@given(spec_mappings())
@settings(NO_LIMITS, max_examples=part_of(400))
def test_hundreds_of_random_variants_agree_with_torch_at_every_path(mapping: Mapping) -> None:
    """Parameters and core multiply-adds are torch's, module by module, for all switches."""
    assert_holds(mapping, ["torch"])


@pytest.mark.slow
@given(spec_mappings())
@settings(NO_LIMITS, max_examples=part_of(120))
@example({"extends": "mf26m", "attention": "mlp", "tokens": {"count": 1}})
def test_every_counter_is_explained_on_random_variants(mapping: Mapping) -> None:
    """The conventions predict every tool's total for any variant, not only for the released models."""
    assert_holds(mapping, None)
