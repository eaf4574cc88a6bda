"""The page's engine in a browser, compared with Python: the same integers and verdicts, and YAML that is read back."""

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
from importlib.resources import files
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

import pytest
from effort import part_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from running import ROOT, run
from strategies import Mapping, spec_mappings

from mfprofile.budget.limits import Limit, limit_of
from mfprofile.budget.verdicts import Terms, finding
from mfprofile.cost import Bill, count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.errors import SpecError
from mfprofile.spec import Network, load, resolve
from mfprofile.spec.document import parse, plain
from mfprofile.spec.limits import Bound, bounds
from mfprofile.spec.names import ADDITIVE, AXES, LATENCY, MEMORY, PILLARS
from mfprofile.spec.problems import Mark
from mfprofile.spec.sources import shipped
from mfprofile.spec.width import scaled
from mfprofile.spec.writing import mapping
from mfprofile.view.page.script import engine_text, page_data

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
TENS = settings(max_examples=60, suppress_health_check=list(HealthCheck))
FEW = settings(TENS, max_examples=40)
MANY = settings(TENS, max_examples=part_of(1_500))
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


WITH_EVERY_KEY = {
    "input": "225x321", "tokens": {"count": 3, "dim": 64}, "stem": 8, "width": 0.75, "head": {"fc": 10}, "classes": 10,
    "groups": 2, "bridge": {"heads": 1, "final": False, "projections": True}, "mobile": {"kernel": 5}, "former": {"heads": 8},
    "budget": {"max": {"madds": "20M", "former": {"madds": "12.5%"}, "memory": "3MB", "latency": "12ms"}, "min": {"params": "1k"}},
    "blocks": [
        {"block": "lite", "exp": 16, "out": "same", "stride": 2, "kernel": 5},
        {"block": "mf-down", "expand": 3, "out": 16, "exp2": 32},
        {"block": "mf", "expand": 2, "out": "same", "repeat": 3},
        {"block": "mf", "exp": 40, "out": 24, "repeat": 0},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def ask(chromium: Browser) -> Iterator[Ask]:
    """Call a JavaScript function on arguments, as JSON, in a page with only the engine and the code that reads links."""
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    folder = files("mfprofile.view.page") / "ui"
    links = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in ("state", "links"))
    state = f'const page = {{ initial: "core" }};\n{links}'
    page.set_content(f"<!doctype html><title>engine</title><script>{engine_text()}</script><script>{state}</script>")

    def call(function: str, *arguments: Any) -> Any:
        script = f"(text) => {{ const result = ({function})(...JSON.parse(text)); return JSON.stringify(result); }}"
        answer = page.evaluate(script, json.dumps(arguments))
        return None if answer is None else json.loads(answer)

    yield call
    assert errors == []
    page.close()


def plainly(value: Any) -> Any:
    """Return a value after a round trip through JSON."""
    return json.loads(json.dumps(value))


def network_json(network: Network) -> Any:
    """Return a network as the page has it, without a name."""
    fields = dataclasses.asdict(network)
    del fields["name"]
    return plainly(fields)


def totals(bill: Bill) -> Any:
    """Return the totals of a bill, and those along each axis, in order."""
    axes = {axis: [{"name": total.name, **total.amounts()} for total in bill.by(axis)] for axis in AXES}
    amounts = {"madds": bill.madds, "params": bill.params, "activations": bill.activations}
    return {**amounts, "counted_params": bill.counted_params, "unit": bill.convention.unit, "axes": axes}


def assert_same_count(ask: Ask, data: Mapping) -> None:
    """Check the network, each row and each convention's totals of a valid spec."""
    network = resolve(load(data))
    bill = count(network)
    rows = [
        {**record, "products": row.madds, "outputs": prod(row.out), "calls": row.cost.calls}
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


LARGEST = 2**53 - 1


def refused(data: Mapping) -> set[str]:
    """Return the keys that Python refuses in a mapping."""
    try:
        load(data)
    except SpecError as error:
        return {problem.path for problem in error.problems}
    return set()


def too_large(data: Mapping) -> set[str]:
    """Return the keys of limits that only the page refuses, because its numbers would not be exact."""
    budget = data.get("budget")
    limits = bounds(budget) if isinstance(budget, dict) else []
    return {
        ".".join(("budget", *limit.path)) for limit in limits if isinstance(limit, Bound) and limit.amount > LARGEST
    }


def assert_same_verdict(ask: Ask, data: Mapping) -> bool:
    """Check that the page refuses a spec if Python does, and only keys that Python refuses; return whether it is valid."""
    answer = ask("(spec) => mfprofile.problems(spec)", data)
    named = {each["key"] for each in answer}
    by_python = refused(data) | too_large(data)
    assert (named <= by_python, bool(named)) == (True, bool(by_python)), (named, by_python)
    assert len(named) == len(answer), "one problem for each key"
    assert all({"key", "reason", "also"} <= set(each) and each["reason"] for each in answer)
    return not named


def assert_same_verdict_and_count(ask: Ask, data: Mapping) -> None:
    """Check the verdict and, for a valid spec, every integer."""
    if assert_same_verdict(ask, data):
        assert_same_count(ask, data)


# ---- counting


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_spec_counts_alike(ask: Ask, name: str) -> None:
    """Detectors and backbones are included, in each convention and along each axis."""
    data = page_data(load(name))
    assert (data["name"], data["base"]["spec"]) == (name, data["spec"])
    assert ask("(spec) => mfprofile.problems(spec)", data["spec"]) == []
    assert_same_count(ask, data["spec"])


def test_the_model_of_the_readme_has_its_numbers(ask: Ask) -> None:
    """The numbers are those of `count mf294m`."""
    bill = ask("(spec) => mfprofile.bill(spec)", mapping(load("mf294m")))
    assert (bill["madds"], bill["params"], bill["unit"]) == (286_732_160, 11_422_648, "MAdds")


@TENS
@given(data=spec_mappings())
def test_random_specs_count_alike(ask: Ask, data: Mapping) -> None:
    """The specs have every switch and small sizes."""
    assert_same_count(ask, data)


@pytest.mark.slow
@MANY
@given(data=spec_mappings())
def test_very_many_random_specs_count_alike(ask: Ask, data: Mapping) -> None:
    """The same with more examples."""
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
    """The arithmetic is exact for any decimal. If Python refuses a width, the page does too."""
    data = {**mapping(load(name)), "width": width}
    if assert_same_verdict(ask, data):
        assert ask("(spec) => mfprofile.resolve(spec)", data) == network_json(resolve(scaled(load(data))))


@FEW
@given(data=spec_mappings(), width=WIDTHS)
def test_random_specs_with_a_width_are_counted_or_refused_alike(ask: Ask, data: Mapping, width: float) -> None:
    """The verdict and, for a valid spec, every integer is the same."""
    assert_same_verdict_and_count(ask, {**data, "width": width})


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


# ---- verdicts

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
    st.sampled_from(("12ms", "0.5 s", "850us", "850 µs", "1.5ns", "12 m")),
    st.sampled_from(("300MFLOPs", "0.0000003 GFLOP", "123456789 flops", "1e3", "3 X", "M", "1__0", "", ".5M", "%", "12 KiB")),
    st.sampled_from((0.5, True, None, {"a": 1}, 10**16, "9999T", "1\u00a0M", " 1 M\x1c")),
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
    """Return a spec with a few wrong or odd values, missing keys and unknown keys."""
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


@FEW
@given(data=edited())
def test_edited_specs_have_the_same_verdict(ask: Ask, data: Mapping) -> None:
    """Valid ones also have the same count."""
    assert_same_verdict_and_count(ask, data)


@pytest.mark.slow
@MANY
@given(data=edited())
def test_very_many_edited_specs_have_the_same_verdict(ask: Ask, data: Mapping) -> None:
    """The same with more examples."""
    assert_same_verdict_and_count(ask, data)


MF26M = mapping(load("mf26m"))
MF294M = mapping(load("mf294m"))
COCO = mapping(load("mf294m-coco"))
ONE_BLOCK = {
    "input": 32, "stem": 8, "tokens": {"count": 2, "dim": 32}, "blocks": [{"block": "mf", "exp": 8, "out": 8}], "head": {"fc": 8}
}  # fmt: skip
ALL_LITE = {**ONE_BLOCK, "blocks": [{"block": "lite", "exp": 8, "out": 7}], "bridge": {"final": False}}
RULES = [
    (MF294M, "blocks.3.exp=", "blocks.3"),
    (MF294M, "blocks.3.expand=4", "blocks.3.expand"),
    (MF294M, "blocks.1.exp2=16", "blocks.1.exp2"),
    (MF294M, "blocks.3.exp2=24", "blocks.3.exp2"),
    (MF294M, "blocks.3.stride=2", "blocks.3.stride"),
    (MF294M, "blocks.2.stride=1", "blocks.2.stride"),
    (MF294M, "blocks.3.kernel=4", "blocks.3.kernel"),
    (MF294M, "mobile.kernel=4", "mobile.kernel"),
    (MF294M, "blocks.2.repeat=2", "blocks.2.repeat"),
    (MF294M, "blocks.1.stride=2&blocks.1.repeat=2", "blocks.1.repeat"),
    (ONE_BLOCK, "blocks.1.repeat=0", "blocks"),
    (MF294M, "&".join(f"blocks.{number}.repeat=100" for number in (3, 5, 7, 8, 9)), "blocks"),
    (MF294M, "input=16", "input"),
    (MF294M, "input=225x16", "input"),
    (MF294M, "former=none", "mobile.activation"),
    (MF294M, "tokens=", "tokens"),
    (MF294M, "former.heads=1&tokens.dim=190", "tokens.dim"),
    (MF294M, "former.heads=8&tokens.dim=196", "tokens.dim"),
    (MF294M, "detector=retinanet&bridge.final=false", "detector"),
    (MF294M, "detector=retinanet&head=none", "detector"),
    (COCO, "detector=retinanet&blocks.10.repeat=0", "detector"),
    ({**COCO, "blocks": [{"block": "mf", "exp": 16, "out": 16}]}, "detector=retinanet&blocks.1.repeat=0", "blocks"),
    (MF294M, "blocks.2.exp=100", "blocks.2.exp"),
    (MF294M, "blocks.1.repeat=2&blocks.1.out=12", "blocks.1.exp"),
    (MF294M, "groups=2&blocks.3.exp=97", "blocks.3.exp"),
    (MF294M, "blocks.3.exp=&blocks.3.expand=65536", "blocks.3.expand"),
    (MF294M, "blocks.2.exp2=100", "blocks.2.exp2"),
    (MF294M, "width=2&blocks.10.exp2=49152", "blocks.10.exp2"),
    (MF294M, "groups=2&bridge.heads=1&blocks.12.out=193", "blocks.12.out"),
    (MF294M, "width=2&blocks.12.out=65536", "blocks.12.out"),
    (MF294M, "require.widths=nondecreasing&blocks.12.out=96", "blocks.12.out"),
    (ONE_BLOCK, "groups=2&bridge.heads=1&stem=7", "blocks.1"),
    (ONE_BLOCK, "stem=7", "stem"),
    (MF294M, "blocks.1.out=3", "blocks.1.out"),
    (MF294M, "blocks.12.out=193", "blocks.12.out"),
    (ALL_LITE, "bridge.final=true", "blocks.1.out"),
    (ONE_BLOCK, "bridge.final=false&blocks.1.out=7", "blocks.1.out"),
    (MF294M, "stem=", "stem"),
    (MF294M, "blocks.3.block=", "blocks.3.block"),
    (MF294M, "stem=1.5", "stem"),
    (MF294M, "input=0", "input"),
    (MF294M, "width=0", "width"),
    (MF294M, "width=true", "width"),
    (MF294M, "width=64.5", "width"),
    (MF294M, "blocks.3.repeat=101", "blocks.3.repeat"),
    (MF294M, "input=16385x225", "input"),
    (MF294M, "input=225x016", "input"),
    (MF294M, "former.ffn=1", "former.ffn"),
    (MF294M, "budget.max.former.madds=101%", "budget.max.former.madds"),
    (MF294M, "budget.max.madds=10%", "budget.max.madds"),
    (MF294M, "budget.max.madds=0.0000001M", "budget.max.madds"),
    (MF294M, "budget.max.madds=3KiB", "budget.max.madds"),
]


@pytest.mark.parametrize(
    ("original", "fragment", "key"), RULES, ids=[f"{key} {fragment}"[:60] for _, fragment, key in RULES]
)
def test_each_rule_alone_is_broken_alike(ask: Ask, original: Mapping, fragment: str, key: str) -> None:
    """The page names exactly the key, and Python at least that key."""
    state = linked(ask, original, fragment)
    assert [each["key"] for each in ask("(spec) => mfprofile.problems(spec)", state)] == [key]
    assert key in refused(state)


@pytest.mark.parametrize(
    ("original", "fragment"),
    [
        (MF294M, "input=17"),
        (MF294M, "former.heads=3&tokens.dim=12"),
        (MF294M, "attention=mlp&former.heads=8&tokens.dim=196&bridge.heads=5"),
        (MF294M, "former=none&mobile.activation=relu&tokens.dim=7&bridge.heads=5"),
        (MF294M, "former=none&mobile.activation=relu&tokens="),
        (MF294M, "budget.max.memory=3KiB&budget.min.former.madds=100%25"),
        (MF294M, "blocks.12.repeat=0&blocks.12.exp=7&blocks.12.out=7"),
        (ONE_BLOCK, "width=64"),
        (MF294M, "blocks.10.out=19200"),
        (COCO, "detector=retinanet"),
        (ALL_LITE, "stem=1"),
        (ONE_BLOCK, "blocks.1.out=same&blocks.1.repeat=100&classes=10000000"),
    ],
)
def test_specs_at_the_edge_of_the_rules_count_alike(ask: Ask, original: Mapping, fragment: str) -> None:
    """They have the nearest valid values, or keys without an effect."""
    state = linked(ask, original, fragment)
    assert assert_same_verdict(ask, state)
    assert_same_count(ask, state)


def linked(ask: Ask, original: Mapping, fragment: str) -> Mapping:
    """Return the spec that the page reads from a link."""
    state = ask("(text, original) => restored(text, original).spec", fragment, original)
    assert isinstance(state, dict)
    return state


# ---- links

OF_A_BLOCK = ("block", "exp", "expand", "out", "exp2", "stride", "kernel", "repeat")
OF_A_SPEC = (
    "input", "stem", "groups", "attention", "classes", "width", "detector", "require.widths", "tokens.count", "tokens.dim",
    "mobile.kernel", "mobile.activation", "former", "former.ffn", "former.heads", "bridge.heads", "bridge.gate",
    "bridge.final", "bridge.projections", "head", "head.fc", "budget.max.madds", "budget.min.memory",
    "budget.max.former.madds", "budget.min.head.params",
)  # fmt: skip
WRONG_KEYS = (
    "", "blocks", "blocks.1", "blocks.2", "blocks.99.out", "blocks.0.out", "blocks.x", "blocks.length", "tokens", "bridge", "budget",
    "budget.max", "budget.mex.madds", "budget.max.flops", "budget.max.former", "budget.max.former.memory", "budget.max.madds.x",
    "name",  "nosuch", "tokens.nosuch", "stem.x", "blocks.1.out.x", "__proto__", "__proto__.x", "tokens.constructor",
    "toString", "convention", "head.fc.x", "require", "blocks.1.", ".stem",
)  # fmt: skip
NUMERALS = st.one_of(st.integers(0, 24).map(lambda number: str(8 * number)), st.integers(1, 9).map(str))
WORDS_OF = {
    "block": ("lite", "mf", "mf-down"), "attention": ("mha", "mlp"), "activation": ("dy-relu", "relu"), "widths": ("nondecreasing",),
    "detector": ("retinanet",), "former": ("none",), "head": ("none",), "out": ("same",), "width": ("0.75", "1.3", ".5", "1."),
    "input": ("225x321", "224", "17", "16x64"), "stride": ("1", "2"), "repeat": ("0", "1", "2"), "madds": ("300M", "10%", "9999T"),
    "memory": ("12MB", "1.5 MiB"), **dict.fromkeys(("ffn", "gate", "final", "projections"), ("true", "false")),
}  # fmt: skip
ODD_TEXTS = st.one_of(
    st.sampled_from(("", "", " 16 ", "1.", "-0", "1e3", "65536", "65537", "9" * 400, "none", "x")),
    VALUES.filter(lambda value: isinstance(value, int | float | str)).map(str),
)


@st.composite
def pairs(draw: st.DrawFn, original: Mapping) -> tuple[str, str]:
    """Return one key and value of a link: mostly an existing key, with a value of its kind."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(WRONG_KEYS)), draw(ODD_TEXTS | NUMERALS)
    number = draw(st.integers(1, len(original["blocks"])))
    of_a_block = st.sampled_from(OF_A_BLOCK).map(lambda name: f"blocks.{number}.{name}")
    key = draw(st.sampled_from(OF_A_SPEC) | of_a_block)
    words = WORDS_OF.get(key.rpartition(".")[2])
    return key, draw(ODD_TEXTS if kind == 1 else st.sampled_from(words) if words and draw(st.booleans()) else NUMERALS)


@st.composite
def links(draw: st.DrawFn, most: int = 4) -> tuple[Mapping, str]:
    """Return an original and a link's fragment."""
    named = st.sampled_from(list(shipped())).map(lambda name: mapping(load(name)))
    original = draw(named | spec_mappings() | st.just(mapping(load(WITH_EVERY_KEY))))
    return original, urlencode(draw(st.lists(pairs(original), min_size=1, max_size=most)))


@FEW
@given(link=links())
@example(link=(MF294M, "former=none&mobile.activation=relu&tokens="))
def test_links_have_the_same_verdict(ask: Ask, link: tuple[Mapping, str]) -> None:
    """A valid spec from a link also counts alike, and the page's own link gives it again."""
    original, fragment = link
    state = linked(ask, original, fragment)
    assert_same_verdict_and_count(ask, state)
    if not refused(state):
        again = linked(ask, original, ask("(spec, original) => fragment(spec, original, 'core')", state, original))
        assert not refused(again)
        leaves = "(spec) => Object.fromEntries(leaves(spec))"
        assert ask(leaves, again) == ask(leaves, state)


@pytest.mark.slow
@MANY
@given(link=links(most=8))
def test_very_many_links_have_the_same_verdict(ask: Ask, link: tuple[Mapping, str]) -> None:
    """The same with more examples."""
    original, fragment = link
    assert_same_verdict_and_count(ask, linked(ask, original, fragment))


# ---- budgets


@FEW
@given(name=st.sampled_from(("mf294m", "mf294m-mobile", "mf151m-coco")), budget=BUDGETS)
def test_limits_are_read_and_judged_alike(ask: Ask, name: str, budget: Mapping) -> None:
    """Limits are whole amounts and shares. A wrong budget is refused."""
    data = {**mapping(load(name)), "budget": budget}
    if assert_same_verdict(ask, data):
        assert_same_findings(ask, data)


@FEW
@given(
    text=AMOUNTS,
    side=st.sampled_from(("max", "min")),
    key=st.sampled_from(("madds", "memory", "latency", "former.madds", "former.latency")),
)
@example(text="\x1c300M ", side="max", key="madds")
@example(text="12 ms", side="max", key="latency")
@example(text="300\xa0M", side="max", key="madds")
@example(text="9.7%", side="min", key="former.madds")
def test_amounts_are_read_alike(ask: Ask, text: Any, side: str, key: str) -> None:
    """They are read as the same whole number or share."""
    limits = text
    for part in reversed(key.split(".")):
        limits = {part: limits}
    data = {**MF26M, "budget": {side: limits}}
    if assert_same_verdict(ask, data):
        assert_same_findings(ask, data)


def assert_same_findings(ask: Ask, data: Mapping) -> None:
    """Check each limit of a valid spec, and its comparison with the bill."""
    spec = load(data)
    limits = [limit_of(bound, Mark("budget")) for bound in bounds(spec.budget or {}) if isinstance(bound, Bound)]
    answer = ask("(spec) => mfprofile.findings(mfprofile.bill(spec), mfprofile.budget(spec))", data)
    bill = count(spec)
    assert [_of_page(each) for each in answer] == [_expected(limit, bill) for limit in limits]


def test_a_limit_in_another_convention_is_not_judged(ask: Ask) -> None:
    """The page counts in one convention. In that of the budget, the limit is judged."""
    data = {**MF26M, "budget": {"convention": "paper", "max": {"madds": "26M"}}}
    assert assert_same_verdict(ask, data)
    assert not assert_same_verdict(ask, {**MF26M, "budget": {"convention": "papr"}})
    ways = [
        ask(f"(spec) => mfprofile.findings(mfprofile.bill(spec, '{name}'), mfprofile.budget(spec))", data)[0]
        for name in ("core", "paper")
    ]
    assert [(each["counted"], each["holds"]) for each in ways] == [(None, None), (count(data, "paper").madds, True)]


def _of_page(finding: Mapping) -> tuple[Any, ...]:
    share = finding.get("percent")
    amount = finding["amount"] if share is None else Fraction(share) / 100
    return finding["name"], finding["most"], amount, finding["counted"], finding["allowed"], finding["holds"]


def _expected(limit: Limit, bill: Bill) -> tuple[Any, ...]:
    if limit.name.rpartition(".")[2] in (MEMORY, LATENCY):  # only `check` judges them
        return limit.name, limit.most, limit.amount, None, limit.amount if isinstance(limit.amount, int) else None, None
    judged = finding(limit, bill, Terms(CONVENTIONS["core"]))
    return limit.name, limit.most, limit.amount, judged.counted, judged.allowed, judged.holds


# ---- YAML


def read(text: str) -> Mapping:
    """Return the mapping of the spec in a YAML text."""
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
            "latency": st.sampled_from(("12ms", "0.5 s", "850us", 0)),
            "former": st.fixed_dictionaries(
                {},
                optional={
                    **dict.fromkeys(("madds", "params", "activations"), st.sampled_from(("10%", "0.125 %", "3k"))),
                    "latency": st.sampled_from(("10%", "3 ms")),
                },
            ),
        },
    ),
)


@st.composite
def rich(draw: st.DrawFn) -> Mapping:
    """Return a valid spec, shipped or random, with or without a width and a budget."""
    named = st.sampled_from(list(shipped())).map(lambda name: mapping(load(name)))
    data = {**draw(spec_mappings() | named)}
    if draw(st.booleans()):
        data["budget"] = draw(VALID_BUDGETS)
    wide = {**data, "width": draw(WIDTHS)}
    return data if draw(st.booleans()) or refused(wide) else wide


@FEW
@given(data=rich())
def test_yaml_makes_the_same_spec(ask: Ask, data: Mapping) -> None:
    """The YAML is complete and is read by the project's reader."""
    assert read(ask("(spec) => mfprofile.yaml(spec)", data)) == mapping(load(data))


@FEW
@given(data=rich(), base=st.sampled_from(list(shipped())))
def test_yaml_of_what_differs_makes_the_same_spec(ask: Ask, data: Mapping, base: str) -> None:
    """The two specs may have different kinds and numbers of blocks, and different keys."""
    patch = {"extends": base, "base": mapping(load(base))}
    text = ask("(spec, patch) => mfprofile.yaml(spec, patch)", data, patch)
    assert text.startswith(f"extends: {base}\n")
    assert read(text) == mapping(load(data))


def test_the_yaml_of_a_shipped_spec_is_as_it_ships(ask: Ask) -> None:
    """Only the comment is missing."""
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
    """It has a line for each change and blocks by their number, and `count` reads it."""
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
    """Another process makes the same bytes, and the engine loads nothing from a network."""
    text = engine_text()
    command = "import sys; from mfprofile.view.page.script import engine_text; sys.stdout.write(engine_text())"
    surroundings = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    again = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True, env=surroundings, cwd=ROOT)
    assert again.stdout.decode() == text
    assert len(text.encode()) < 160_000
    assert not any(word in text for word in ("</script", "<!--", "fetch(", "http:", "https:", "import(", "eval("))
