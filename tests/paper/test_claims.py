"""The numbers in the paper's text, and its complexities."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mfprofile import count, load
from mfprofile.cost.complexity import complexities
from mfprofile.cost.explain import explained
from mfprofile.cost.formulas import formulas, free_keys
from mfprofile.paper.claims import claims
from mfprofile.spec import resolve
from mfprofile.spec.sources import shipped
from mfprofile.view.formula import written

FOUND = {claim.gist: claim for claim in claims()}


def verdicts(gist: str) -> tuple[bool | None, bool | None]:
    """Return whether a claim holds in `core` and in `paper`."""
    claim = next(claim for text, claim in FOUND.items() if gist in text)
    return claim.judge("core").holds, claim.judge("paper").holds


@pytest.mark.parametrize(
    ("gist", "expected"),
    [
        ("saves 17 %", (False, True)),
        ("all computations: mf26m", (False, True)),
        ("all computations: mf151m", (True, True)),
        ("cost 10.6 %", (False, True)),
        ("35M, taken as the 294M less Mobile alone", (False, True)),
        ("12 % of the 294M", (True, True)),
        ("35M, taken as the two pillars", (False, False)),
        ("4.6M of the 294M's parameters", (False, False)),
        ("Mobile-Former blocks from 508M to 26M", (True, True)),
        ("groups of 4", (True, True)),
        ("pooled width", (True, True)),
        ("projections of Mobile's side", (None, None)),
        ("M²d may be ignored", (None, None)),
        ("two fully connected layers", (False, False)),
        ("7 times the 508M's backbone", (False, False)),
        ("ViTs of Table 3 beside it: mf508m", (False, False)),
    ],
)
def test_each_claim_is_judged_in_both_conventions(gist: str, expected: tuple[bool | None, bool | None]) -> None:
    """Some hold in one alone: the paper's own figures need the convention inferred for it."""
    assert verdicts(gist) == expected


def test_the_26m_shares_are_those_that_differ() -> None:
    """Former and bridge are 20.4 % of the 26M in one convention and 17.5 % in the other."""
    claim = FOUND["Former and bridge take less than 20 % of all computations: mf26m"]
    assert (claim.judge("core").counted, claim.judge("paper").counted) == ("20.4 %", "17.5 %")


def test_the_polynomial_of_the_294m_arrives_where_it_should() -> None:
    """In the number M and the dimension d of its tokens, in `core`."""
    found = formulas(load("mf294m"), ["tokens.count", "tokens.dim"])
    expected = "22·M²·d + 66·M·d² + 5,888·M·d + 11/2·d² + 1,768,704·M + 7,608·d + 252,923,264"
    assert written(found.total.madds) == expected


@pytest.mark.parametrize("convention", ["core", "paper", "fvcore", "thop"])
@pytest.mark.parametrize("name", ["tokens1", "tokens3", "tokens9", "dim64", "dim128", "dim256", "dim320"])
def test_it_gives_each_cell_of_tables_7_and_8_exactly(name: str, convention: str) -> None:
    """Evaluated at the ablation's tokens it is the count of the ablation's own spec, multiply-adds and parameters."""
    found = formulas(load("mf294m"), ["tokens.count", "tokens.dim"], convention=convention)
    spec = load(f"mf294m-{name}")
    assert spec.tokens is not None
    values = {"M": spec.tokens.count, "d": spec.tokens.dim}
    at = {symbol: values[str(symbol)] for symbol in found.symbols}
    bill = count(spec, convention)
    assert (found.total.madds.subs(at), found.total.params.subs(at)) == (bill.madds, bill.params)
    for part in found.parts:
        assert part.madds.subs(at) == bill.pillars[part.name].madds


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_free_key_gives_the_count_wherever_the_rules_hold(data: st.DataObject) -> None:
    """A multiple of what is demanded, put into the formula and into the spec, costs the same."""
    spec = load(data.draw(st.sampled_from(["mf26m", "mf96m", "mf294m-mlp", "mf294m-mobile"])))
    key = data.draw(st.sampled_from(sorted(free_keys(spec))))
    convention = data.draw(st.sampled_from(["core", "paper", "thop"]))
    found = formulas(spec, [key], "block", convention)
    ((symbol, _),) = found.symbols.items()
    value = found.multiples.get(symbol, 1) * data.draw(st.integers(1, 9))
    if key.endswith("kernel"):
        value = 2 * (value // 2) + 1
    try:
        bill = count(load(spec, [f"{key}={value}"]), convention)
    except ValueError:
        assume(False)  # another rule forbids it: a width leaves its expansion no multiple
    assert found.total.madds.subs({symbol: value}) == bill.madds
    assert found.total.params.subs({symbol: value}) == bill.params


def test_a_detectors_pyramid_is_a_polynomial_of_its_input() -> None:
    """Down to P7, whose side is a 128th."""
    spec = load("mf151m-retinanet", ["input=256"])
    found = formulas(spec, ["input"], "block", "paper-coco")
    ((symbol, multiple),) = found.multiples.items()
    assert multiple == 128
    for side in (128, 384, 1280):
        expected = count(load("mf151m-retinanet", [f"input={side}"]), "paper-coco")
        assert found.total.madds.subs({symbol: side}) == expected.madds


def test_the_stated_complexities_are_the_derived_ones() -> None:
    """Mobile's exactly, Former's and the bridge's in their terms, with the constants that O() hides."""
    found = {one.name: one for one in complexities()}
    assert found["Mobile"].exact
    for name in ("Former", "Mobile→Former", "Mobile←Former"):
        assert (found[name].exact, found[name].terms_agree) == (False, True)
    assert found["Former"].constants == {"M**2*d": 2, "M*d**2": 6}
    assert set(found["Mobile→Former"].constants.values()) == {2}
    assert [name for name, one in found.items() if not one.terms_agree] == ["Mobile, C ≠ out", "Mobile, downsampling"]


def test_what_the_statements_leave_out_is_counted() -> None:
    """θ and the gate, as polynomials."""
    found = {one.name: one for one in complexities()}
    (theta,), (gate,) = found["Mobile"].beside.values(), found["Mobile→Former"].beside.values()
    assert written(theta) == "C·E·d + 1/2·d²"
    assert written(gate) == "C·M·d"


@pytest.mark.parametrize("name", shipped())
def test_each_op_of_each_block_is_its_formula_with_the_numbers_put_in(name: str) -> None:
    """Formula and count agree for every op of every shipped spec."""
    network = resolve(load(name))
    for block in network.blocks:
        rows, values = explained(network, block.number)
        for one in rows:
            assert (one.madds.subs(values), one.params.subs(values)) == (one.row.madds, one.row.params)


def test_an_explained_block_sums_to_its_line_of_the_bill() -> None:
    """`explain` and `count` tell the same block."""
    rows, _ = explained(resolve(load("mf294m")), 7)
    total = next(total for total in count("mf294m").by("block") if total.name == "7")
    assert sum(one.row.madds for one in rows) == total.madds
    assert sum(one.row.params for one in rows) == total.params


def test_formulas_are_written_three_ways() -> None:
    """Plain, LaTeX and Python, the last of which Python reads back."""
    count_, dim = sympy.symbols("M d", integer=True, positive=True)
    expression = 22 * count_**2 * dim - count_ + dim**2 / 2
    assert written(expression) == "22·M²·d + 1/2·d² − M"
    assert written(expression, "latex") == r"22 M^{2} d - M + \frac{d^{2}}{2}"
    assert eval(written(expression, "python"), {"M": 3, "d": 4}) == 22 * 9 * 4 - 3 + 8
