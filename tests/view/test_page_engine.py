"""The page's engine in a browser against Python: the same integers, the same problems, YAML that is read back."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from running import ROOT, run
from strategies import Mapping, spec_mappings

from mfprofile.budget.limits import Limit, limit_of
from mfprofile.budget.verdicts import Terms, found
from mfprofile.cost import Bill, count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.spec import Network, SpecError, load, resolve
from mfprofile.spec.document import parse, plain
from mfprofile.spec.limits import Bound, bounds
from mfprofile.spec.names import ADDITIVE, AXES, MEMORY, PILLARS
from mfprofile.spec.problems import MISSING, Mark
from mfprofile.spec.quantities import QuantityError, quantity
from mfprofile.spec.sources import shipped
from mfprofile.spec.width import scaled
from mfprofile.spec.writing import mapping
from mfprofile.view.page.script import engine_text, page_data

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
HUNDREDS = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
FEW = settings(HUNDREDS, max_examples=100)
MANY = settings(HUNDREDS, max_examples=1_500)
Ask: TypeAlias = Callable[..., Any]

COUNTED = """(spec, conventions, axes) => {
  const amounts = ({madds, params, counted_params, activations, unit, by}) => ({
    madds, params, counted_params, activations, unit, axes: Object.fromEntries(axes.map((axis) => [axis, by(axis)])),
  });
  const bills = conventions.map((name) => mfprofile.bill(spec, name));
  return {
    network: bills[0].network,
    rows: mfprofile.rows(mfprofile.resolve(spec)),
    bills: Object.fromEntries(bills.map((bill) => [bill.convention, amounts(bill)])),
    weighed: Object.fromEntries(bills.map((bill) => [bill.convention, bill.rows.map((row) => row.madds)])),
  };
}"""


@pytest.fixture(scope="module")
def ask(chromium: Browser) -> Iterator[Ask]:
    """Call a JavaScript function on arguments in a page that holds the engine alone; all goes and comes as JSON."""
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(f"<!doctype html><title>engine</title><script>{engine_text()}</script>")

    def call(function: str, *arguments: Any) -> Any:
        script = f"(text) => {{ const found = ({function})(...JSON.parse(text)); return JSON.stringify(found); }}"
        answer = page.evaluate(script, json.dumps(arguments))
        return None if answer is None else json.loads(answer)

    yield call
    assert errors == []
    page.close()


def plainly(value: Any) -> Any:
    """Return a value as JSON gives it back."""
    return json.loads(json.dumps(value))


def network_json(network: Network) -> Any:
    """Return a network as the page has it, where it has no name."""
    return plainly(dataclasses.asdict(dataclasses.replace(network, name="")))


def totals(bill: Bill) -> Any:
    """Return a bill's totals and those along each axis, in their order."""
    axes = {axis: [{"name": total.name, **total.amounts()} for total in bill.by(axis)] for axis in AXES}
    amounts = {"madds": bill.madds, "params": bill.params, "activations": bill.activations}
    return {**amounts, "counted_params": bill.counted_params, "unit": bill.convention.unit, "axes": axes}


def assert_same_count(ask: Ask, data: Mapping) -> None:
    """Check the network, each row and each convention's totals of a valid spec."""
    network = resolve(load(data))
    bill = count(network)
    rows = [
        {**record, "products": row.madds, "outputs": prod(row.out)}
        for record, row in zip(bill.records(), bill.rows, strict=True)
    ]
    for row in rows:
        del row["madds"]
    counted = ask(COUNTED, data, list(CONVENTIONS), AXES)
    assert counted["network"] == network_json(network)
    assert counted["rows"] == rows
    for name in CONVENTIONS:
        other = bill.under(name)
        assert counted["bills"][name] == totals(other)
        assert counted["weighed"][name] == other.row_madds


def told(data: Any) -> list[Any]:
    """Return what Python finds wrong with a mapping, in its order."""
    try:
        load(data)
    except SpecError as error:
        return [
            {"key": each.path, "rule": each.rule, "remedy": each.remedy}
            | ({} if each.value is MISSING else {"value": each.value})
            for each in error.problems
        ]
    return []


def assert_same_problems(ask: Ask, data: Any) -> list[Any]:
    """Check that the page finds what Python does; return it."""
    answer = ask("(spec) => mfprofile.problems(spec)", data)
    for each in answer:
        path = each.pop("path")
        assert each["key"] == ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    assert answer == plainly(told(data))
    return answer


# ---- counting


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_spec_counts_alike(ask: Ask, name: str) -> None:
    """Detectors and backbones included, in each convention, along each axis."""
    data = page_data(load(name))
    assert (data["name"], data["base"]["spec"]) == (name, data["spec"])
    assert ask("(spec) => mfprofile.problems(spec)", data["spec"]) == []
    assert_same_count(ask, data["spec"])


def test_the_model_of_the_readme_by_its_numbers(ask: Ask) -> None:
    """As `count mf294m` prints them."""
    bill = ask("(spec) => mfprofile.bill(spec)", mapping(load("mf294m")))
    assert (bill["madds"], bill["params"], bill["unit"]) == (286_732_160, 11_422_648, "MAdds")


@HUNDREDS
@given(data=spec_mappings())
def test_random_specs_count_alike(ask: Ask, data: Mapping) -> None:
    """Every switch, small sizes."""
    assert_same_count(ask, data)


@pytest.mark.slow
@MANY
@given(data=spec_mappings())
def test_very_many_random_specs_count_alike(ask: Ask, data: Mapping) -> None:
    """As above."""
    assert_same_count(ask, data)


WIDTHS = st.one_of(
    st.sampled_from((0.25, 0.35, 0.5, 0.75, 1, 1.0, 1.1, 1.25, 2, 64, 1e-5, 1e-7)),
    st.decimals(Decimal("0.01"), 4, places=3).map(float).filter(lambda width: not width.is_integer()),
    st.floats(1e-9, 64).filter(lambda width: not width.is_integer()),
)


@FEW
@given(name=st.sampled_from(list(shipped())), width=WIDTHS)
@example(name="mf26m", width=0.35)
def test_widths_are_rounded_alike(ask: Ask, name: str, width: float) -> None:
    """By exact arithmetic, whatever decimal is given; and where a width breaks rules, it breaks the same."""
    data = {**mapping(load(name)), "width": width}
    if assert_same_problems(ask, data):
        return
    network = ask("(spec) => mfprofile.resolve(spec)", data)
    assert network == network_json(resolve(scaled(load(data))))


@FEW
@given(data=spec_mappings(), width=WIDTHS)
def test_random_specs_of_some_width(ask: Ask, data: Mapping, width: float) -> None:
    """Count alike, or break the same rules."""
    data = {**data, "width": width}
    if not assert_same_problems(ask, data):
        assert_same_count(ask, data)


def test_the_largest_amount_that_is_exact_is_counted_and_the_next_refused(ask: Ask) -> None:
    """A page never shows a rounded integer."""
    data = {
        "input": 16384,
        "classes": 10,
        "stem": 65536,
        "former": "none",
        "mobile": {"activation": "relu"},
        "blocks": [{"block": "mf", "exp": 65536, "out": 65536}],
        "head": "none",
    }
    assert count(data).madds > 2**53
    refusal = "(spec) => { try { return mfprofile.bill(spec).madds; } catch (error) { return `${error}`; } }"
    assert ask(refusal, data).startswith("RangeError: the network is too large for this page")
    data["blocks"] = [{"block": "lite", "exp": 65536, "out": 65536}]
    data["stem"], data["input"] = 1, 2048
    assert ask(refusal, data) == count(data).madds == 4_504_218_130_972_672 < 2**53


# ---- problems

NUMBERS = st.one_of(st.integers(-2, 12), st.sampled_from((16, 65_536, 65_537, 10**7 + 1, 0.5, 2.75, 1e-6)))
WORDS = st.sampled_from(
    [
        "none", "same", "lite", "mf", "mf-down", "MF", "mha", "mlp", "mlpp", "relu", "dy-rel", "reluu", "retinanet", "nondecreasing", "rising",
        "225x321", "64 x 64", "0x10", "010", "16", "3.5", "3:30", "294e6", "1_6", "yes", "Off", "true", "", " ", "300M", "9" * 31, "2x16385",
    ]
)  # fmt: skip
VALUES = st.one_of(
    NUMBERS,
    WORDS,
    st.booleans(),
    st.none(),
    st.just([]),
    st.just({}),
    st.just([8, 16]),
    st.just({"from": 1, "to": 2}),
    st.just({"x": 1}),
)
UNKNOWN = ("stm", "token", "kernal", "outs", "extend", "name", "zebra", "head2", "Exp", "width", "budget", "require")
AMOUNTS = st.one_of(
    st.integers(0, 10**12),
    st.integers(-5, 5),
    st.sampled_from(("300M", "0.3 G", "300_000_000", "1.50k", "12MB", "1.5 MiB", "0.1", "10%", "0.125 %", "100%", "101%", "100.0 %")),
    st.sampled_from(("300MFLOPs", "0.0000003 GFLOP", "123456789 flops", "1e3", "3 X", "M", "1__0", "", ".5M", "%", "12 KiB")),
    st.sampled_from((0.5, True, None, [1], {"a": 1})),
    st.from_regex(r"[0-9]{1,25}(\.[0-9]{1,6})? ?([kMGTmgb]i?B?)?", fullmatch=True).filter(str.isascii),
)  # fmt: skip
LIMIT_KEYS = st.sampled_from(
    [*ADDITIVE, MEMORY, *PILLARS, "parms", "former.madds", "max-madds", "flops", "memory.madds"]
)
LIMITS = st.dictionaries(
    LIMIT_KEYS, AMOUNTS | st.dictionaries(LIMIT_KEYS, AMOUNTS, max_size=3), max_size=4
)  # fmt: skip
BUDGETS = st.dictionaries(
    st.sampled_from(("max", "min", "mex", "max-madds", "madds", "limit", "min-former")), LIMITS | AMOUNTS, max_size=3
)


@st.composite
def edited(draw: st.DrawFn) -> Mapping:
    """Return a spec with a few wrong or odd values, keys missing and keys that nobody knows."""
    named = st.sampled_from(list(shipped())).map(lambda name: mapping(load(name)))
    data = deepcopy(draw(spec_mappings() | named))
    for _ in range(draw(st.integers(1, 3))):
        place = data
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from([*keys, *(UNKNOWN if isinstance(place, dict) else ())])) if keys else None
            if key is None or key not in keys or not isinstance(place[key], dict | list) or draw(st.booleans()):
                break
            place = place[key]
        if key is not None:
            _edit(draw, place, key)
    if draw(st.integers(0, 3)) == 0:
        data["budget"] = deepcopy(draw(BUDGETS))
    if draw(st.integers(0, 7)) == 0:
        data["require"] = {"widths": "nondecreasing"}
    if draw(st.integers(0, 7)) == 0:
        data["detector"] = "retinanet"
    return data


def _edit(draw: st.DrawFn, place: Any, key: Any) -> None:
    if isinstance(place, dict) and draw(st.integers(0, 4)) == 0:
        place.pop(key, None)
    elif isinstance(place, list) and draw(st.integers(0, 4)) == 0:
        place.insert(key, deepcopy(draw(st.sampled_from(place))))
    else:
        place[key] = deepcopy(draw(VALUES))


@HUNDREDS
@given(data=edited())
def test_edited_specs_break_the_same_rules(ask: Ask, data: Mapping) -> None:
    """Key, value, rule and remedy, in the same order; and what breaks none counts alike."""
    if not assert_same_problems(ask, data):
        assert_same_count(ask, data)


@pytest.mark.slow
@MANY
@given(data=edited())
def test_very_many_edited_specs_break_the_same_rules(ask: Ask, data: Mapping) -> None:
    """As above."""
    if not assert_same_problems(ask, data):
        assert_same_count(ask, data)


@pytest.mark.parametrize(
    "data", [[], "mf294m", 3, {}, {"blocks": []}, {"stem": 8, "blocks": [None, 3, {}], "head": {}}]
)
def test_what_is_hardly_a_spec_breaks_the_same_rules(ask: Ask, data: Any) -> None:
    """Lists and words that Python would take for a name are told so."""
    if isinstance(data, dict):
        assert assert_same_problems(ask, data)
    else:
        (found,) = ask("(spec) => mfprofile.problems(spec)", data)
        assert found["rule"] == "must be a map of keys such as 'stem' and 'blocks'"


def test_a_spec_with_problems_is_not_counted(ask: Ask) -> None:
    """The first of them is what is thrown."""
    refused = "(spec) => { try { mfprofile.bill(spec); } catch (error) { return error.message; } }"
    data = {**mapping(load("mf294m")), "stem": 0}
    assert ask(refused, data) == "stem: must be at least 1"


# ---- budgets


@FEW
@given(name=st.sampled_from(("mf294m", "mf294m-mobile", "mf151m-coco")), budget=BUDGETS)
def test_limits_are_read_and_judged_alike(ask: Ask, name: str, budget: Mapping) -> None:
    """Whole amounts and shares; and where a budget is wrong, it breaks the same rules."""
    data = {**mapping(load(name)), "budget": budget}
    if assert_same_problems(ask, data):
        return
    spec = load(data)
    bill = count(spec)
    limits = [limit_of(bound, Mark("budget")) for bound in bounds(spec.budget or {}) if isinstance(bound, Bound)]
    limits = [limit for limit in limits if limit.amount < 2**53]
    answer = ask(
        "(spec) => { try { return mfprofile.findings(mfprofile.bill(spec), mfprofile.budget(spec)); }"
        " catch (error) { return error instanceof RangeError ? 'large' : `${error}`; } }",
        data,
    )
    if answer == "large":
        assert any(isinstance(bound, Bound) and bound.amount >= 2**53 for bound in bounds(spec.budget or {}))
        return
    assert [_found(each) for each in answer] == [_expected(limit, bill) for limit in limits]


def _found(finding: Mapping) -> tuple[Any, ...]:
    share = finding.get("percent")
    amount = finding["amount"] if share is None else Fraction(share) / 100
    return finding["name"], finding["most"], amount, finding["counted"], finding["allowed"], finding["holds"]


def _expected(limit: Limit, bill: Bill) -> tuple[Any, ...]:
    if limit.name == MEMORY:
        return limit.name, limit.most, limit.amount, None, limit.amount, None
    finding = found(limit, bill, Terms(CONVENTIONS["core"]))
    return limit.name, limit.most, limit.amount, finding.counted, finding.allowed, finding.holds


@FEW
@given(text=AMOUNTS, in_bytes=st.booleans())
@example(text="300M", in_bytes=False)
def test_quantities_are_read_alike(ask: Ask, text: Any, in_bytes: bool) -> None:
    """To the same whole number, or with the same rule; what 2⁵³ does not hold is refused as such."""
    read = "(text, inBytes) => { try { return mfprofile.quantity(text, inBytes); } catch (error) { return error.message; } }"
    answer = ask(read, text, in_bytes)
    try:
        amount = quantity(text, in_bytes)
    except QuantityError as error:
        assert answer == error.rule
        return
    assert answer == (amount if amount < 2**53 else "is more than this page can count: 2^53 at most")


# ---- YAML


def read(text: str) -> Mapping:
    """Return the mapping of the spec that YAML makes."""
    root, problems = parse(text, "page")
    assert problems == []
    data = plain(root)
    assert isinstance(data, dict)
    return mapping(load(data))


VALID_BUDGETS = st.dictionaries(
    st.sampled_from(("max", "min")),
    st.fixed_dictionaries(
        {},
        optional={
            "madds": st.sampled_from((0, 300_000_000, "300M", "0.3 G", "300_000_000", "300")),
            "memory": st.sampled_from(("12MB", "1.5 MiB", 3)),
            "former": st.dictionaries(st.sampled_from(ADDITIVE), st.sampled_from(("10%", "0.125 %", "3k"))),
        },
    ),
)


@st.composite
def rich(draw: st.DrawFn) -> Mapping:
    """Return any valid spec, shipped or random, perhaps with a width or a budget."""
    named = st.sampled_from(list(shipped())).map(lambda name: mapping(load(name)))
    data = {**draw(spec_mappings() | named)}
    if draw(st.booleans()):
        data["budget"] = draw(VALID_BUDGETS)
    wide = {**data, "width": draw(WIDTHS)}
    return data if draw(st.booleans()) or told(wide) else wide


@FEW
@given(data=rich())
def test_yaml_makes_the_same_spec(ask: Ask, data: Mapping) -> None:
    """Whole, read by the project's own reader."""
    assert read(ask("(spec) => mfprofile.yaml(spec)", data)) == mapping(load(data))


@FEW
@given(data=rich(), base=st.sampled_from(list(shipped())))
def test_yaml_of_what_differs_makes_the_same_spec(ask: Ask, data: Mapping, base: str) -> None:
    """Whatever lies between the two: other kinds, other lengths, keys that are taken away."""
    patch = {"extends": base, "base": mapping(load(base))}
    text = ask("(spec, patch) => mfprofile.yaml(spec, patch)", data, patch)
    assert text.startswith(f"extends: {base}\n")
    assert read(text) == mapping(load(data))


def test_the_yaml_of_a_shipped_spec_is_as_it_ships(ask: Ask) -> None:
    """But for the comment."""
    text = ask("(spec) => mfprofile.yaml(spec)", mapping(load("mf294m")))
    _, shipped_text = shipped()["mf294m"].read_text(encoding="utf-8").split("\n", 1)
    assert text == shipped_text


PATCH = """\
extends: mf294m
tokens: {dim: 128}
blocks:
  1: {stride: 1, kernel: 5}
  8: {expand: 6, out: 112}
  9: {exp: 672, out: same}
  10: {exp: 672}
head: {fc: 1280}
width: 0.75
"""


def test_the_yaml_of_changes_reads_as_people_write_them(ask: Ask) -> None:
    """A line for each change, blocks by their number; and `count` takes it."""
    base = mapping(load("mf294m"))
    data = deepcopy(base)
    data["tokens"]["dim"], data["head"]["fc"], data["width"] = 128, 1280, 0.75
    data["blocks"][0] |= {"kernel": 5, "stride": 1}
    data["blocks"][7] = {"block": "mf", "expand": 6, "out": 112}
    data["blocks"][8] = {"block": "mf", "exp": 672, "out": "same"}
    data["blocks"][9]["exp"] = 672
    text = ask("(spec, patch) => mfprofile.yaml(spec, patch)", data, {"extends": "mf294m", "base": base})
    assert text == PATCH
    counted = run("count", "-", "--json", stdin=text)
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)["madds"] == ask("(spec) => mfprofile.bill(spec).madds", data)


# ---- the script


def test_the_engine_is_small_deterministic_and_fits_a_script_element() -> None:
    """Another process makes the same, byte for byte; and it asks nothing of a network."""
    text = engine_text()
    command = "import sys; from mfprofile.view.page.script import engine_text; sys.stdout.write(engine_text())"
    surroundings = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONUTF8": "1"}
    again = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True, env=surroundings, cwd=ROOT)
    assert again.stdout.decode() == text
    assert len(text.encode()) < 160_000
    assert not any(word in text for word in ("</script", "<!--", "fetch(", "http:", "https:", "import(", "eval("))
