"""The page in a real browser: its controls compared with Python, its links, YAML, CSV and usability."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from effort import NIGHTLY, nightly_but, one_in
from pages import file_of, opened, shown
from running import run

from mfprofile.cost import count
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.errors import SpecError
from mfprofile.paper.claims import MODELS
from mfprofile.spec import Spec, load

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
LARGEST = 1_500_000
"""The largest size of a page, in bytes."""

READ = """() => ({
  madds: document.getElementById("madds").textContent,
  params: document.getElementById("params").textContent,
  activations: document.getElementById("activations").textContent,
  isCounted: !document.body.classList.contains("invalid"),
  problems: [...document.querySelectorAll(".error li")].map((item) => item.textContent),
  wrong: [...document.querySelectorAll("#wrong li")].map((item) => item.textContent),
  keys: page.problems.map((problem) => problem.key),
  yaml: document.getElementById("yaml").textContent,
})"""

SET = """(changes) => {
  document.getElementById("reset").click();
  for (const [key, value] of changes) {
    const input = document.getElementById(`knob-${key}`);
    if (input.type === "checkbox") { if (input.checked !== value) input.click(); continue; }
    input.value = value;
    input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  }
}"""


NUMBERS: dict[str, list[Any]] = {
    "input": [32, 96, 160, 192, 224, 225, 256, 320, 1, 17, "225x321", 0, "x"],
    "tokens.count": [1, 2, 3, 4, 6, 9, 16, 0, 4097, "two"],
    "tokens.dim": [64, 96, 128, 192, 200, 256, 320, 66, 130, 0],
    "stem": [8, 12, 16, 20, 24, 32, 3, 7, -4],
    "width": [0.35, 0.5, 0.75, 1, 1.3, 2, 0, 65],
    "groups": [1, 2, 4, 8, 3, 0],
    "mobile.kernel": [1, 3, 5, 7, 4, 33],
    "mobile.activation": ["dy-relu", "relu"],
    "attention": ["mha", "mlp"],
    "former": [True, False],
    "former.ffn": [True, False],
    "former.heads": [1, 2, 4, 8, 3, 5, 0],
    "bridge.heads": [1, 2, 4, 3, 0],
    "bridge.gate": [True, False],
    "bridge.final": [True, False],
    "bridge.projections": [True, False],
    "head": [True, False],
    "head.fc": [128, 512, 1024, 1920, 0, 65537],
    "classes": [10, 100, 1000, 21841, 0],
    "budget.max.madds": ["300M", "0.2G", "1_000_000", "12MFLOPs", "many"],
}
OF_BLOCKS: dict[str, list[Any]] = {
    "exp": [32, 64, 96, 128, 144, 192, 288, 384, 576, 100, 0],
    "out": [8, 12, 16, 24, 32, 48, 64, 96, 128, "same", 7, 0],
    "kernel": [1, 3, 5, 7, 2],
    "repeat": [0, 1, 2, 3, 101],
}


def chosen(random_of: random.Random, spec: Spec, most: int = 4) -> dict[str, Any]:
    """Return random settings of some knobs, in the order of the turns."""
    keys = [*NUMBERS, *(f"blocks.{number}.{name}" for number in range(1, len(spec.blocks) + 1) for name in OF_BLOCKS)]
    turned = random_of.sample(keys, random_of.randint(1, most))
    return {key: random_of.choice(NUMBERS.get(key) or OF_BLOCKS[key.rpartition(".")[2]]) for key in turned}


def by_python(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return Python's result for a shipped spec with turned knobs: its totals, or the refused keys."""
    sections = ("former", "head")  # on in all seven models, so turning one on changes nothing
    given = {
        key: "none" if key in sections else value for key, value in changes.items() if key not in sections or not value
    }
    try:
        bill = count(load(name, [f"{key}={_flow(value)}" for key, value in given.items()]))
    except SpecError as error:
        return {"keys": {problem.path for problem in error.problems}}
    return {name: shown(getattr(bill, name)) for name in ("madds", "params", "activations")} | {"problems": []}


def _flow(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def turned_off(changes: Mapping[str, Any]) -> bool:
    """Return whether a turned knob is disabled by another, which a page does not allow."""
    without_former = {"former.ffn", "former.heads", "tokens.count", "tokens.dim", "attention"}
    off = [key for key in ("former", "head") if changes.get(key) is False]
    return any(
        key.startswith(f"{section}.")
        or (section == "former" and (key in without_former or key.startswith("bridge")))
        or (section == "head" and key == "classes")
        for section in off
        for key in changes
    ) or (changes.get("attention") == "mlp" and any(key.endswith(".heads") for key in changes))


@pytest.mark.parametrize(
    ("name", "settings"),
    [*one_in(4, [(name, 30) for name in MODELS], 3), *nightly_but(7, [(name, 200) for name in MODELS])],
)
def test_turning_knobs_gives_pythons_integers_and_verdicts(
    chromium: Browser, tmp_path: Path, name: str, settings: int
) -> None:
    """Random settings by the controls give the same totals and the YAML for them, or a key that Python refuses too."""
    spec, random_of = load(name), random.Random(f"{name} {settings}")
    drawn = [changes for changes in (chosen(random_of, spec) for _ in range(settings)) if not turned_off(changes)]
    with opened(chromium, tmp_path, spec) as page:
        every = f"(all) => all.map((changes) => {{ ({SET})(changes); return ({READ})(); }})"
        reads = page.evaluate(every, [list(changes.items()) for changes in drawn])
    valid = 0
    for changes, read in zip(drawn, reads, strict=True):
        expected = by_python(name, changes)
        if "keys" in expected:
            assert not read["isCounted"], changes
            assert set() < set(read["keys"]) <= expected["keys"], changes
            continue
        valid += 1
        assert {key: read[key] for key in expected} == expected, changes
        again = count(load(file_of(tmp_path, read["yaml"])))
        assert (shown(again.madds), shown(again.params)) == (read["madds"], read["params"]), read["yaml"]
    assert valid > settings // 5


def test_the_copied_yaml_is_accepted_by_count(chromium: Browser, tmp_path: Path) -> None:
    """`mfprofile count` counts the copied YAML to the same integer."""
    with opened(chromium, tmp_path, load("mf294m"), "#blocks.8.out=112&tokens.count=4") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.click("#copy-yaml")
        page.wait_for_selector("#said:text-is('Copied')", state="attached")
        text = page.evaluate("navigator.clipboard.readText()")
        total = page.inner_text("#madds")
    assert text == "extends: mf294m\ntokens: {count: 4}\nblocks:\n  8: {out: 112}\n"
    done = run("count", file_of(tmp_path, text), "--json")
    assert shown(json.loads(done.stdout)["madds"]) == total


def test_the_full_spec_is_shown_below_the_changes(chromium: Browser, tmp_path: Path) -> None:
    """The full spec includes the changes and counts to the same integer. A spec that extends nothing has one text."""
    with opened(chromium, tmp_path, load("mf294m"), "#blocks.8.out=112") as page:
        text, total = page.inner_text("#full"), page.inner_text("#madds")
        assert "extends" not in text
        assert shown(count(load(file_of(tmp_path, text))).madds) == total
        page.fill("#knob-stem", "x")
        assert page.inner_text("#full") == ""
    with opened(chromium, tmp_path, load(TINY)) as page:
        assert (page.is_visible("#yaml"), page.is_visible("#full"), page.is_visible("#full-title")) == (
            True,
            False,
            False,
        )


def test_a_link_keeps_the_state(chromium: Browser, tmp_path: Path) -> None:
    """The fragment contains the changes, and a page opened with it has the same knobs, convention and total."""
    spec = load("mf96m")
    with opened(chromium, tmp_path, spec) as page:
        page.evaluate(
            SET, [["tokens.dim", 128], ["blocks.3.exp", 144], ["former.ffn", False], ["budget.max.madds", "90M"]]
        )
        page.select_option("#convention", "fvcore")
        page.wait_for_url(re.compile("#.*convention"))
        fragment, total = page.evaluate("location.hash"), page.inner_text("#madds")
    assert "blocks.3.exp=144" in fragment
    assert "convention=fvcore" in fragment
    with opened(chromium, tmp_path, spec, fragment) as page:
        assert page.inner_text("#madds") == total
        assert page.evaluate("location.hash") == fragment
        assert page.input_value("#knob-blocks\\.3\\.exp") == "144"
        assert not page.is_checked("#knob-former\\.ffn")
    expected = count(spec.replace(blocks={3: {"exp": 144}}, former={"ffn": False}), "fvcore")
    assert total == shown(expected.madds)


@pytest.mark.parametrize("fragment", ["#=3", "#blocks=", "#blocks.3=", "#nonsense", "#convention=mine", "#%E0%A4%A"])
def test_a_broken_link_opens_a_page(chromium: Browser, tmp_path: Path, fragment: str) -> None:
    """The page shows the original's figures, and what is wrong with the link."""
    with opened(chromium, tmp_path, load("mf26m"), fragment) as page:
        read = page.evaluate(READ)
        assert (read["madds"], read["isCounted"]) == (shown(count("mf26m").madds), True)
        assert read["wrong"]


WRONG_LINKS = [
    "nosuch=3", "stm=8", "convention=nosuch", "convention=fvcor", "convention=constructor", "blocks.99.out=3", "blocks.0.out=3", "blocks.x=3",
    "blocks.length.x=3", "__proto__.x=1", "__proto__=1", "tokens.constructor=1", "blocks.3.nosuch=3", "blocks.3.outt=3", "blocks.3=4", "blocks=3", "blocks=",
    "tokens=5", "tokens.nosuch=3", "budget.max.madd=9T", "budget.mex.madds=9T", "budget.convention=pape", "detector=retinane", "require.widths=rising",
    "budget.max.memory=x", "budget.max.former.madds=101%",
]  # fmt: skip
"""Links of which a part has no control: unknown keys and words, missing entries, and values for keys that hold others."""


def words_of_the_command(fragment: str, name: str = "mf26m") -> str:
    """Return what `count` says about the changes of a link, without the place of the option."""
    options = []
    for pair in fragment.split("&"):
        key, _, value = pair.partition("=")
        options += ["--convention", value] if key == "convention" else ["--set", pair]
    done = run("count", name, *options)
    assert (done.returncode, done.stdout) == (2, ""), fragment
    line = done.stderr.splitlines()[0].removeprefix("error: ")
    return re.sub(r"^--set \S+: ", "", line)


def alternatives_in(message: str) -> tuple[str, str]:
    """Return what a message is about, and the words and numbers that are valid instead."""
    what = message.partition(": ")[0]
    remedy = message.rpartition("; ")[2] if "; " in message else ""
    if message.startswith("unknown convention") or " = " not in what:
        return message, ""
    return what.partition(" = ")[0], remedy


RESTORE = f"""(fragments) => fragments.map((fragment) => {{
  history.replaceState(null, "", `#${{fragment}}`);
  restore();
  return ({READ})();
}})"""


def test_a_wrong_part_of_a_link_is_answered_as_by_the_command_line(chromium: Browser, tmp_path: Path) -> None:
    """The message is that of `count`: its key, its rule, the valid words. The rest of the link applies."""
    rest = count(load("mf26m", ["classes=10"]))
    with opened(chromium, tmp_path, load("mf26m")) as page:
        reads = page.evaluate(RESTORE, [f"classes=10&{fragment}" for fragment in WRONG_LINKS])
    for fragment, read in zip(WRONG_LINKS, reads, strict=True):
        assert (read["madds"], read["params"], read["isCounted"]) == (shown(rest.madds), shown(rest.params), True)
        by_command = words_of_the_command(fragment)
        about, remedy = alternatives_in(by_command)
        (message,) = read["wrong"]
        assert message.startswith(about), (message, by_command)
        assert remedy in message, (message, by_command)


def test_the_wrong_part_of_a_link_stays_until_it_is_removed(chromium: Browser, tmp_path: Path) -> None:
    """It is there after a reload, too. The button removes it from the address, and the rest stays."""
    with opened(chromium, tmp_path, load("mf26m"), "#classes=10&nosuch=3") as page:
        read = page.evaluate(READ)
        assert page.inner_text("#wrong") == "nosuch: unknown key"
        page.wait_for_timeout(200)
        page.reload()
        assert page.evaluate(READ) == read
        page.click("#dismiss")
        page.wait_for_url(re.compile("#classes=10$"))
        assert not page.is_visible("#notice")


def test_a_wrong_link_says_once_what_is_wrong_and_whose_figures_are_shown(chromium: Browser, tmp_path: Path) -> None:
    """All wrong parts are in the box, those with a control lead there; as they are mended, they leave it."""
    fragment = "#tokens.count=0&foo=3&tokens.dim=190"
    with opened(chromium, tmp_path, load("mf214m"), fragment) as page:
        assert page.inner_text("#wrong").splitlines() == [
            "foo: unknown key",
            "tokens = 0: must be a whole number from 1 to 4096",
            "token dimension = 190: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 188 or 192",
        ]
        assert (
            page.inner_text("#whose") == "Until tokens and token dimension are mended, the figures are those of mf214m."
        )
        assert (
            page.inner_text("#state") == "Not counted: tokens. Until that is mended, the figures are those of mf214m."
        )
        assert page.inner_text("#madds-change") == "figure of mf214m"
        assert page.inner_text("#madds") == shown(count("mf214m").madds)
        assert page.is_disabled("#copy-link")
        page.click("#wrong button >> nth=1")
        assert page.evaluate("document.activeElement.id") == "knob-tokens.dim"
        page.fill("#knob-tokens\\.dim", "188")
        assert page.inner_text("#wrong").splitlines() == [
            "foo: unknown key",
            "tokens = 0: must be a whole number from 1 to 4096",
        ]
        page.fill("#knob-tokens\\.count", "4")
        assert page.inner_text("#wrong") == "foo: unknown key"
        assert page.inner_text("#whose") == "The figures are those of mf214m with 2 settings changed."
        assert page.inner_text("#madds") == shown(count(load("mf214m", ["tokens.count=4", "tokens.dim=188"])).madds)
        assert page.is_enabled("#copy-link")


def test_wrong_settings_of_blocks_are_listed_as_one_each(chromium: Browser, tmp_path: Path) -> None:
    """A name with a comma is not two names. In print there is no button to remove them."""
    with opened(chromium, tmp_path, load("mf294m"), "#tokens.count=0&tokens.dim=190&blocks.8.out=97") as page:
        names = "tokens, token dimension and width of block 8"
        assert page.inner_text("#whose") == f"Until {names} are mended, the figures are those of mf294m."
        page.emulate_media(media="print")
        assert page.is_visible("#notice")
        assert not page.is_visible("#dismiss")


def test_the_wrong_values_of_a_link_are_removed_with_one_button(chromium: Browser, tmp_path: Path) -> None:
    """The rest of the link stays, in the state and in the address; Undo brings the values back."""
    with opened(chromium, tmp_path, load("mf214m"), "#tokens.count=0&foo=3&classes=10&head.fc=&tokens.dim=190") as page:
        assert (
            page.inner_text("#wrong").splitlines()[1]
            == "hidden layer removed: is missing: must be a whole number from 1 to 65536"
        )
        assert page.inner_text("#whose").endswith("the figures are those of mf214m with 1 setting changed.")
        page.click("#dismiss")
        page.wait_for_url(re.compile("#classes=10$"))
        assert not page.is_visible("#notice")
        assert page.inner_text("#state") == "1 setting changed."
        assert page.inner_text("#madds") == shown(count(load("mf214m", ["classes=10"])).madds)
        page.click("#undo")
        assert page.input_value("#knob-tokens\\.count") == "0"
        page.click("#reset")
        assert page.inner_text("#state") == "No setting changed."


WRONG_VALUES = [
    ("blocks.8.out=97", "blocks.8.out"), ("stem=x", "stem"), ("tokens.dim=190", "tokens.dim"), ("blocks.2.exp=100", "blocks.2.exp"),
    ("blocks.3.kernel=4", "blocks.3.kernel"), ("groups=3", "groups"), ("bridge.heads=3", "bridge.heads"), ("input=16", "input"),
    ("former=none", "former"), ("attention=mhaa", "attention"), ("former.ffn=1", "former.ffn"), ("tokens.count=9999", "tokens.count"),
    ("blocks.1.out=19", "blocks.1.out"), ("former.heads=8&tokens.dim=196", "tokens.dim"), ("detector=retinanet", "bridge.final"),
    ("blocks.2.exp=100&width=0.35", "width"), ("stem=12", "stem"), ("width=65", "width"), ("budget.max.madds=300%C2%A0M", "budget.max.madds"), ("blocks.2.repeat=2", "blocks.2.repeat"),
]  # fmt: skip
"""Links with a wrong value, and the control that shows the problem."""


def test_a_wrong_value_in_a_link_is_at_its_control(chromium: Browser, tmp_path: Path) -> None:
    """The rule's remedy is that of `count`. The figures are those of the rest of the link, marked as not current."""
    at = "(key) => [document.getElementById(`error-${key}`).textContent, document.getElementById(`knob-${key}`).ariaInvalid]"
    with opened(chromium, tmp_path, load("mf294m")) as page:
        for fragment, control in WRONG_VALUES:
            (read,) = page.evaluate(RESTORE, [f"classes=10&{fragment}"])
            message, invalid = page.evaluate(at, control)
            parts = 2 if fragment.startswith("blocks.2.exp=100&") else 1
            assert (read["isCounted"], len(read["wrong"]), invalid) == (False, parts, "true"), fragment
            assert page.is_visible("#wrong button"), fragment
            by_command = words_of_the_command(fragment.replace("%C2%A0", "\N{NO-BREAK SPACE}"), "mf294m")
            numbers = re.search(r"use (\d+)(?: or (\d+))?", by_command)
            assert all(f"{number}" in message for number in (numbers.groups() if numbers else ())), (
                message,
                by_command,
            )
            assert message, fragment
            assert page.inner_text("#madds-change") == "last valid figure"
            if "width" not in fragment and "heads=8" not in fragment:
                assert read["madds"] == shown(count(load("mf294m", ["classes=10"])).madds), fragment
        page.click("#reset")
        assert page.evaluate(READ)["problems"] == []
        assert page.inner_text("#madds") == shown(count("mf294m").madds)


def test_of_two_values_for_a_key_the_last_applies(chromium: Browser, tmp_path: Path) -> None:
    """So it is with two options --set. The page says so."""
    with opened(chromium, tmp_path, load("mf26m"), "#classes=10&classes=20") as page:
        assert page.inner_text("#wrong") == "classes is given twice; the last value, 20, applies"
        assert page.inner_text("#madds") == shown(count(load("mf26m", ["classes=10", "classes=20"])).madds)


def test_a_problem_is_at_the_control_that_was_turned_last(chromium: Browser, tmp_path: Path) -> None:
    """Three widths do not fit the bridge's new heads: the message is at the heads, and its links lead to the widths."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        page.fill("#knob-bridge\\.heads", "3")
        assert page.inner_text("#error-bridge\\.heads").splitlines() == [
            f"Block {block}, width = {width}: must be a multiple of the bridge's 3 heads; use {below} or {below + 3}"
            for block, width, below in ((1, 16, 15), (8, 128, 126), (9, 128, 126))
        ]
        assert (
            page.inner_text("#state")
            == "Not counted: bridge's heads and 2 more. Until they are mended, the figures are those of mf294m."
        )
        page.click("#error-bridge\\.heads button >> nth=1")
        assert page.evaluate("document.activeElement.id") == "knob-blocks.8.out"
        page.fill("#knob-blocks\\.8\\.out", "127")
        assert page.inner_text("#error-blocks\\.8\\.out") == (
            "width: must be a multiple of the bridge's 3 heads; use 126 or 129. See bridge's heads"
        )
        page.click("#error-blocks\\.8\\.out button")
        assert page.evaluate("document.activeElement.id") == "knob-bridge.heads"
        page.fill("#knob-bridge\\.heads", "1")
        assert page.evaluate(READ)["problems"] == []
        assert page.inner_text("#madds") == shown(count(load("mf294m", ["bridge.heads=1", "blocks.8.out=127"])).madds)


@pytest.mark.parametrize(
    "name", one_in(3, ["mf294m", "mf294m-mobile", "mf294m-mlp", "mf151m-retinanet", "mf151m-coco"])
)
def test_every_convention_gives_pythons_total(chromium: Browser, tmp_path: Path, name: str) -> None:
    """A chosen convention changes the total to Python's, with its unit."""
    spec = load(name)
    with opened(chromium, tmp_path, spec) as page:
        for convention in CONVENTIONS:
            page.select_option("#convention", convention)
            assert page.inner_text("#madds") == shown(count(spec, convention).madds)
            assert page.text_content("#madds-unit") == f"{CONVENTIONS[convention].unit} in convention ‘{convention}’"


@pytest.mark.parametrize("name", ["mf294m", "mf294m-coco", "mf294m-retinanet"])
def test_the_second_convention_is_that_of_count(chromium: Browser, tmp_path: Path, name: str) -> None:
    """The last card is the last line of `count`: in the convention `paper`, or in `core` if `paper` is chosen."""
    with opened(chromium, tmp_path, load(name), viewport={"width": 1200, "height": 800}) as page:
        for convention in ("core", "fvcore", "paper"):
            page.select_option("#convention", convention)
            last = run("count", name, "--convention", convention).stdout.splitlines()[-1]
            about, total = page.inner_text("#other-name"), page.inner_text("#other")
            unit, _, other = about.partition(" in convention ")
            assert last == f"In convention '{other[1:-1]}': {page.inner_text('#other-short')} {unit} ({total})"


ODD = {
    "input": "225x321", "tokens": {"count": 3, "dim": 64}, "stem": 8, "width": 0.75, "head": "none", "classes": 10,
    "bridge": {"heads": 1, "final": False, "projections": True}, "mobile": {"kernel": 5},
    "budget": {"max": {"madds": "20M", "former": {"madds": "12.5%"}, "memory": "3MB", "latency": "12ms"}, "min": {"params": "1k"}},
    "blocks": [
        {"block": "lite", "exp": 16, "out": "same", "stride": 2, "kernel": 5},
        {"block": "mf-down", "expand": 3, "out": 16, "exp2": 32},
        {"block": "mf", "expand": 2, "out": "same", "repeat": 3},
        {"block": "mf", "exp": 40, "out": 24, "repeat": 0},
    ],
}  # fmt: skip


def test_a_spec_with_every_kind_of_key_has_a_page(chromium: Browser, tmp_path: Path) -> None:
    """With ratios, `same`, repetitions, a rectangle, a width and a backbone, the total is Python's and the YAML fits."""
    spec = load(ODD)
    with opened(chromium, tmp_path, spec) as page:
        read = page.evaluate(READ)
        assert read["madds"] == shown(count(spec).madds)
        assert count(load(file_of(tmp_path, read["yaml"]))).records() == count(spec).records()
        assert "latency ≤ 12 ms: it needs a page with a latency model, or ‘mfprofile check’" in page.inner_text("body")
        assert page.inner_text("#numbers-3") == "blocks 3–5"
        assert page.inner_text("#numbers-4") == "left out"
        page.fill("#knob-blocks\\.2\\.expand", "4")
        assert page.inner_text("#madds") == shown(count(spec.replace(blocks={2: {"expand": 4}})).madds)


def test_the_csv_is_the_whole_bill(chromium: Browser, tmp_path: Path) -> None:
    """It has the columns and rows of `count --by op --csv`, followed by the place of each op."""
    with opened(chromium, tmp_path, load("mf52m"), "#convention=fvcore") as page:
        with page.expect_download() as download:
            page.click("#download-csv")
        assert download.value.suggested_filename == "mf52m-fvcore.csv"
        rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    printed = list(csv.reader(io.StringIO(run("count", "mf52m", "--by=op", "--csv", "--convention=fvcore").stdout)))
    shared = len(printed[0])
    assert [row[:shared] for row in rows] == printed
    places = ("block", "stage", "pillar")
    expected = [
        ["" if record[name] is None else str(record[name]) for name in places] for record in count("mf52m").records()
    ]
    assert [row[shared:] for row in rows] == [list(places), *expected]


def test_the_table_sums_to_the_totals_by_every_axis(chromium: Browser, tmp_path: Path) -> None:
    """The rows of the table sum to its last line, which is the total above."""
    bill = count("mf214m")
    with opened(chromium, tmp_path, load("mf214m")) as page:
        for axis in ("block", "stage", "pillar", "kind"):
            page.check(f"input[name=axis][value={axis}]")
            cells = page.eval_on_selector_all(
                "#bill tbody tr",
                "rows => rows.map(row => [row.cells[0].firstChild.textContent, row.cells[1].textContent, row.cells[5].textContent])",
            )
            assert cells == [[total.name, shown(total.madds), shown(total.params)] for total in bill.by(axis)]
            assert page.inner_text("#bill tfoot td:nth-child(2)") == shown(bill.madds)


def test_a_budget_turns_red_exactly_above_its_limit(chromium: Browser, tmp_path: Path) -> None:
    """A limit that equals the count holds. A limit of one less does not, and shows the difference."""
    madds = count("mf294m").madds
    with opened(chromium, tmp_path, load("mf294m")) as page:
        for limit, over in ((madds, False), (madds - 1, True), (madds + 1, False)):
            page.fill("#knob-budget\\.max\\.madds", str(limit))
            assert page.eval_on_selector("#madds", "node => node.closest('.tile').classList.contains('over')") is over
            assert page.eval_on_selector_all("#plane .limit.over", "lines => lines.length") == int(over)
            assert ("over: +1 " in page.inner_text("#limits")) is over
        page.fill("#knob-budget\\.max\\.madds", "")
        assert page.inner_text("#limits") == ""
        page.wait_for_url(re.compile("html$"))


def test_every_key_has_a_control_except_those_in_the_documentation(chromium: Browser, tmp_path: Path) -> None:
    """The kind of a block, the detector, `require` and all limits but the two most common have none."""
    every = """() => {
      const keysOf = (field, path) => {
        const within = Object.entries((field.each ?? field).keys ?? {}).flatMap(([key, each]) => keysOf(each, [...path, key]));
        return within.length && !field.words?.length ? within : [path.join("."), ...within];
      };
      return keysOf(mfprofile.fields, []).filter((key) => !key.startsWith("budget"));
    }"""
    with opened(chromium, tmp_path, load("mf26m", ["blocks.3={block: mf, expand: 6, out: 24}"])) as page:
        keys = set(page.evaluate(every))
        ids = page.eval_on_selector_all("[id^=knob-]", "nodes => nodes.map(node => node.id)")
    controls = {re.sub(r"blocks\.\d+\.", "blocks.", name.removeprefix("knob-")) for name in ids}
    assert keys - controls == {"blocks.block", "detector", "require.widths"}
    assert controls - keys == {"budget.max.madds", "budget.max.params"}


def test_the_page_works_with_the_keyboard_alone(chromium: Browser, tmp_path: Path) -> None:
    """Tab reaches every control, arrows step a number, and the link of a problem leads to its field."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        names = []
        for _ in range(200):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.id"))
            if names[-1] == "yaml":
                break
        controls = page.eval_on_selector_all(
            "input[type=text], select, input[type=checkbox]", "nodes => nodes.map(node => node.id)"
        )
        assert set(controls) <= set(names)
        page.focus("#knob-tokens\\.count")
        page.keyboard.press("ArrowDown")
        assert page.inner_text("#madds") == shown(count(load("mf294m", ["tokens.count=5"])).madds)
        page.fill("#knob-tokens\\.dim", "190")
        assert page.get_attribute("#knob-tokens\\.dim", "aria-invalid") == "true"
        page.focus("#state button")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "knob-tokens.dim"


def test_a_slider_and_its_field_agree(chromium: Browser, tmp_path: Path) -> None:
    """A slider fills the field and counts, and a typed number moves the slider."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        page.eval_on_selector(
            "#knob-blocks\\.9\\.exp + input", "node => { node.value = 640; node.dispatchEvent(new Event('input')); }"
        )
        assert page.input_value("#knob-blocks\\.9\\.exp") == "640"
        assert page.inner_text("#madds") == shown(count(load("mf294m", ["blocks.9.exp=640"])).madds)
        page.fill("#knob-blocks\\.9\\.exp", "512")
        assert page.input_value("#knob-blocks\\.9\\.exp + input") == "512"


SLIDE = """([key, values]) => {
  const slider = document.querySelector(`[id="knob-${key}"] + input`);
  for (const value of values) { slider.value = value; slider.dispatchEvent(new Event("input")); }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_turns_are_undone_one_by_one(chromium: Browser, tmp_path: Path) -> None:
    """A move of a slider is one turn, the next move is another, and Ctrl+Z does the same as the button."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        page.evaluate(SLIDE, ["tokens.count", [5, 4, 3]])
        page.evaluate(SLIDE, ["tokens.count", [2, 1]])
        page.uncheck("#knob-former\\.ffn")
        page.click("#reset")
        assert page.inner_text("#yaml") == "extends: mf294m\n"
        page.click("#undo")
        assert (page.input_value("#knob-tokens\\.count"), page.is_checked("#knob-former\\.ffn")) == ("1", False)
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        assert (page.input_value("#knob-tokens\\.count"), page.is_checked("#knob-former\\.ffn")) == ("3", True)
        page.click("#undo")
        assert page.inner_text("#madds-change") == "as the original"
        assert page.get_attribute("#undo", "aria-disabled") == "true"


def test_a_field_does_not_change_while_it_is_edited(chromium: Browser, tmp_path: Path) -> None:
    """The text and the caret stay as typed. The text is cleaned up when the field loses the focus."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        for key, text, left in (
            ("input", " 0192", "192"), ("width", "1.", "1"), ("blocks.3.out", "same ", "same"), ("tokens.dim", "", ""),
            ("budget.max.madds", "300 M", "300 M"), ("stem", "1e3", "1e3"), ("blocks.3.kernel", " ", ""),
        ):  # fmt: skip
            selector = f'[id="knob-{key}"]'
            page.fill(selector, "")
            page.type(selector, text)
            assert page.input_value(selector) == text
            page.keyboard.press("Home")
            page.keyboard.press("Delete")
            assert page.evaluate("document.activeElement.selectionStart") == 0
            page.fill(selector, text)
            page.press(selector, "Tab")
            assert page.input_value(selector) == left
            page.click("#reset")


def test_arrows_lead_to_the_next_step(chromium: Browser, tmp_path: Path) -> None:
    """They start from a number between two steps or from an omitted default, and stop at the least value."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        for key, text, arrow, expected in (
            ("tokens.dim", "190", "ArrowUp", "192"), ("input", "225", "ArrowDown", "224"), ("width", "1", "ArrowUp", "1.05"),
            ("blocks.3.kernel", "", "ArrowUp", "5"), ("blocks.4.exp2", "", "ArrowDown", "144"), ("tokens.count", "1", "ArrowDown", "1"),
            ("blocks.3.repeat", "", "ArrowDown", "0"),
        ):  # fmt: skip
            selector = f'[id="knob-{key}"]'
            page.fill(selector, text)
            page.press(selector, arrow)
            assert page.input_value(selector) == expected, key
            assert page.evaluate(READ)["problems"] == []
            page.click("#reset")


def test_a_section_turned_off_and_on_keeps_its_values(chromium: Browser, tmp_path: Path) -> None:
    """The sections are Former, without which DY-ReLU has no parameters, and the head."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        page.fill("#knob-former\\.heads", "8")
        page.fill("#knob-head\\.fc", "512")
        total = page.inner_text("#madds")
        for section in ("former", "head"):
            page.uncheck(f"#knob-{section}")
        assert page.evaluate(READ)["keys"] == ["mobile.activation"]
        for section in ("former", "head"):
            page.check(f"#knob-{section}")
        assert page.inner_text("#madds") == total


def test_a_wrong_value_can_be_corrected(chromium: Browser, tmp_path: Path) -> None:
    """A knob that another disables can still be turned while its value is invalid."""
    with opened(chromium, tmp_path, load("mf294m-mobile")) as page:
        total = page.inner_text("#madds")
        page.check("#knob-former")
        page.fill("#knob-tokens\\.count", "x")
        page.uncheck("#knob-former")
        page.click("#state button")
        assert page.evaluate("document.activeElement.id") == "knob-tokens.count"
        page.keyboard.press("Control+a")
        page.keyboard.press("6")
        assert page.inner_text("#madds") == total
        page.check("#knob-former")
        for name in ("count", "dim"):
            page.fill(f"#knob-tokens\\.{name}", "")
        assert page.get_attribute("#knob-tokens\\.dim", "aria-invalid") == "true"
        page.uncheck("#knob-former")
        assert page.inner_text("#madds") == total


def test_a_problem_is_always_visible_and_moves_no_field(chromium: Browser, tmp_path: Path) -> None:
    """It is below its field, which stays where it is, and the line beside the totals leads there from anywhere."""
    field = "#knob-blocks\\.9\\.out"
    with opened(chromium, tmp_path, load("mf294m"), viewport={"width": 360, "height": 740}) as page:
        page.focus(field)
        place = page.locator(field).bounding_box()
        page.fill(field, "129")
        assert page.locator(field).bounding_box() == pytest.approx(place, abs=1)
        for selector in ("#state", "#error-blocks\\.9\\.out", "#madds"):
            box = page.locator(selector).bounding_box()
            assert box is not None
            assert 0 <= box["y"] < box["y"] + box["height"] < 740, selector
        described = page.get_attribute(field, "aria-describedby") or ""
        assert "must be a multiple of the bridge's 2 heads; use 128 or 130" in page.inner_text(f'[id="{described}"]')
        page.click("#undo")
        assert page.get_attribute(field, "aria-describedby") is None
        assert page.get_attribute(field, "aria-invalid") is None


def test_a_page_opened_with_a_problem_shows_the_last_valid_variant(chromium: Browser, tmp_path: Path) -> None:
    """Its figures are those of the rest of the link, in the current convention."""
    with opened(chromium, tmp_path, load("mf26m"), "#stem=x&classes=10") as page:
        page.select_option("#convention", "torch")
        total = shown(count(load("mf26m", ["classes=10"]), "torch").madds)
        assert page.inner_text("#bill tfoot td:nth-child(2)") == total
        assert page.inner_text("#madds") == total


def test_amounts_that_are_too_large_are_refused(chromium: Browser, tmp_path: Path) -> None:
    """If an amount is too large to be exact, the page says so at the control that was turned last."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        large = [
            ["input", 16384],
            *(["blocks.12." + name, 65536] for name in ("exp", "out")),
            ["blocks.12.repeat", 100],
        ]
        page.evaluate(SET, large)
        assert "too large for this page" in page.inner_text("#error-blocks\\.12\\.repeat")
        assert not page.evaluate(READ)["isCounted"]
        page.click("#undo")
        assert page.evaluate(READ)["problems"] == []


def test_a_screen_reader_says_the_result_after_the_last_turn(chromium: Browser, tmp_path: Path) -> None:
    """Twenty steps of a slider give one announcement, and no other part of the page announces anything."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        page.evaluate("""() => {
          window.spoken = [];
          new MutationObserver(() => spoken.push(document.getElementById("said").textContent)).observe(
            document.getElementById("said"), { childList: true });
        }""")
        page.evaluate(SLIDE, ["tokens.dim", [4 * step for step in range(20, 40)]])
        page.wait_for_selector("#said:has-text('MAdds')", state="attached")
        expected = count(load("mf294m", ["tokens.dim=156"]))
        assert page.evaluate("window.spoken") == [f"{shown(expected.madds)} MAdds, {shown(expected.params)} params"]
        assert page.eval_on_selector_all("[role=alert], [aria-live], output", "nodes => nodes.length") == 0


def test_blocks_are_compared_by_their_place_in_the_spec(chromium: Browser, tmp_path: Path) -> None:
    """After a repeated block, the others have new numbers but the same costs. A removed block is listed."""
    row = "rows => rows.map(row => [row.cells[0].firstChild.textContent, row.cells[4].textContent])"
    with opened(chromium, tmp_path, load("mf294m"), "#blocks.3.repeat=2&blocks.12.repeat=0") as page:
        changes = dict(page.eval_on_selector_all("#bill tbody tr", row))
        gone = page.inner_text("#bill .gone th")
    blocks = {total.name: total.madds for total in count(load("mf294m", ["blocks.3.repeat=2"])).by("block")}
    assert changes.pop("4") == f"+{shown(blocks['4'])}"
    assert {name: text for name, text in changes.items() if text} == {"12": f"−{shown(blocks['13'])}"}
    assert gone == "12"


OVERLAPS = """() => {
  const boxes = (selector) => [...document.querySelectorAll(`#plane ${selector}`)].map((node) => {
    const box = node.getBoundingClientRect();
    return { node, text: node.textContent || node.getAttribute("class"),
      left: box.left + 1, right: box.right - 1, top: box.top + 2, bottom: box.bottom - 2 };
  });
  const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  const [texts, all, [frame]] = [boxes("text"), boxes("text, circle"), boxes("svg")];
  const outside = texts.filter((text) => text.left < frame.left - 1 || text.right > frame.right + 1 || text.top < frame.top - 2 || text.bottom > frame.bottom + 2);
  const pairs = texts.flatMap((text) => all.filter((other) => other.node !== text.node && meet(text, other)).map((other) => [text.text, other.text]));
  return [...outside.map(({ text }) => [text]), ...pairs];
}"""
TINY = {"input": 64, "tokens": {"count": 2, "dim": 32}, "stem": 8, "head": {"fc": 64}, "classes": 10,
        "blocks": [{"block": "lite", "exp": 16, "out": 8}]}  # fmt: skip


@pytest.mark.parametrize(
    "width",
    [pytest.param(width, marks=pytest.mark.slow if width == 390 else NIGHTLY) for width in (360, 390, 768, 1400)],
)
def test_nothing_in_the_plane_covers_a_text(chromium: Browser, tmp_path: Path, width: int) -> None:
    """Names overlap neither points nor one another nor ticks, and most names are shown."""
    limits = "budget.max.madds=300M&budget.max.params=12M"
    dims = (
        "tokens.dim=256",
        "tokens.dim=208",
        f"tokens.dim=256&{limits}",
        "tokens.dim=64&classes=10",
        "input=1024",
        "",
    )
    for spec in (load("mf294m"), load("mf26m"), load("mf508m-coco"), load("mf294m-retinanet"), load(TINY)):
        with opened(chromium, tmp_path, spec, viewport={"width": width, "height": 800}) as page:
            for fragment in dims:
                page.evaluate("fragment => { location.hash = fragment; restore(); }", fragment)
                assert page.evaluate(OVERLAPS) == [], (spec.name, fragment)
                names = page.eval_on_selector_all("#plane .name", "nodes => nodes.map(node => node.textContent)")
                assert len(names) > 3, (spec.name, fragment, names)


def test_the_plane_is_drawn_at_its_visible_width(chromium: Browser, tmp_path: Path) -> None:
    """After a phone is rotated, the plane is drawn again, and its text keeps its size."""
    with opened(chromium, tmp_path, load("mf294m"), viewport={"width": 390, "height": 800}) as page:
        for width in (390, 700):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(
                "() => document.querySelector('#plane svg').viewBox.baseVal.width === document.getElementById('plane').clientWidth"
            )


def test_the_legend_of_the_plane_lists_its_lines(chromium: Browser, tmp_path: Path) -> None:
    """A limit that holds and one that does not have the colours of their lines. Without a line there is no entry."""
    keys = "[...document.querySelectorAll('#plane-budget, #plane-over')].filter(node => !node.hidden).map(node => [node.textContent, getComputedStyle(node.firstChild).borderTopColor])"
    drawn = "[...document.querySelectorAll('#plane .limit')].map(node => getComputedStyle(node).stroke)"
    for fragment, keys_of_lines in (
        ("", []), ("#budget.max.madds=300M", ["budget"]), ("#budget.max.madds=280M", ["budget, not kept"]),
        ("#budget.max.madds=300M&budget.max.params=10M", ["budget", "budget, not kept"]), ("#budget.max.madds=300T", []),
    ):  # fmt: skip
        with opened(chromium, tmp_path, load("mf294m"), fragment) as page:
            entries = page.evaluate(keys)
            assert [name for name, _ in entries] == keys_of_lines
            assert [color for _, color in entries] == page.evaluate(drawn)


CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => numbers(text).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return numbers(color)[3] === 0 ? ground(node.parentElement) : color;
  };
  const written = [...document.querySelectorAll("body *")].filter((node) => node.getClientRects().length
    && [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())
    && !node.closest("[aria-disabled=true]"));
  return written.map((node) => {
    const style = getComputedStyle(node);
    const pair = [light(node.closest("svg") ? style.fill : style.color), light(ground(node))].sort();
    return [(pair[1] + 0.05) / (pair[0] + 0.05), node.textContent];
  }).filter(([ratio]) => !(ratio >= 4.5));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(chromium: Browser, tmp_path: Path, scheme: Any) -> None:
    """The contrast of all text is 4.5 or more, with met and missed budgets, and with problems."""
    for fragment in ("#budget.max.madds=100M&budget.max.params=90M&tokens.count=3", "#stem=x"):
        with opened(chromium, tmp_path, load("mf294m"), fragment, color_scheme=scheme) as page:
            assert page.evaluate(CONTRAST) == []


def test_every_control_has_a_name(chromium: Browser, tmp_path: Path) -> None:
    """Every field, slider and button has a label for screen readers."""
    with opened(chromium, tmp_path, load("mf294m")) as page:
        nameless = page.eval_on_selector_all(
            "input, select, button",
            "nodes => nodes.filter(node => !(node.labels && node.labels.length && node.labels[0].textContent.trim()) && !node.getAttribute('aria-label') && !node.textContent.trim()).map(node => node.outerHTML)",
        )
        assert nameless == []


STATES_OF_A_PHONE = (
    "",
    "blocks.8.out=97&bridge.heads=3&nosuch=3&convention=x",
    "tokens.count=4&A.blocks.3.repeat=2&budget.max.madds=300M",
)


@pytest.mark.parametrize("width", [320, 390, *nightly_but(3, (1400, 768, 1024))])
def test_nothing_is_wider_than_the_screen(chromium: Browser, tmp_path: Path, width: int) -> None:
    """From a phone to a wide screen, the page does not scroll sideways, and no text is cut off.

    What is wider is in a box that scrolls and says so.
    """
    with opened(chromium, tmp_path, load("mf294m"), viewport={"width": width, "height": 800}) as page:
        for fragment in STATES_OF_A_PHONE:
            page.evaluate(RESTORE, [fragment])
            assert page.evaluate("document.documentElement.scrollWidth") <= width, fragment
            cut = page.eval_on_selector_all(
                ".figure, .tile p, h1, label, button, legend, #state, .error li, #notice li, .side, .limit > *, #apart li",
                "nodes => nodes.filter(node => node.offsetParent && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline').map(node => node.textContent)",
            )
            assert cut == [], fragment
            assert page.evaluate(
                "[...document.querySelectorAll('#bill')].every((box) => (box.scrollWidth > box.clientWidth) !== document.getElementById('bill-hint').hidden)"
            )


@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.slow)])
def test_on_a_phone_nothing_is_left_out(chromium: Browser, tmp_path: Path, width: int) -> None:
    """Each model has its name in the plane or below it, and all totals and controls are visible or can be scrolled to."""
    with opened(chromium, tmp_path, load("mf508m"), viewport={"width": width, "height": 800}) as page:
        named = page.eval_on_selector_all("#plane .name", "nodes => nodes.map((node) => node.textContent)")
        below = page.inner_text("#unnamed")
        for model in MODELS:
            assert model in named or f"{model} (" in below
            assert f"{model} " in (page.get_attribute("#plane svg", "aria-label") or "")
        bill = count("mf508m")
        for total in (bill.madds, bill.params, bill.activations, bill.under("paper").madds):
            assert shown(total) in page.inner_text("body")
        hidden = page.eval_on_selector_all(
            "input, select, button",
            "nodes => nodes.filter((node) => !node.getClientRects().length).map((node) => node.id)",
        )
        assert set(hidden) == {"dismiss", "swap", "copy-a", "csv-a", "unpin"}
        page.evaluate("() => { document.getElementById('bill').scrollLeft = 1e6; }")
        place = page.locator("#bill tfoot td >> nth=-1").bounding_box()
        assert place is not None
        assert 0 <= place["x"] < place["x"] + place["width"] <= width


@pytest.mark.parametrize("width", [360, 1100, 1400])
def test_a_rectangle_fits_in_its_field(chromium: Browser, tmp_path: Path, width: int) -> None:
    """The longest valid input is not cut, on a screen or in print. A square input has its slider again.

    A field of 195.5 pixels has a client width of 195 and a scroll width of 196: one pixel is rounding, no cut letter.
    """
    field, slider = "#knob-input", "#knob-input + input"
    with opened(chromium, tmp_path, load("mf294m-coco"), viewport={"width": width, "height": 800}) as page:
        for media in ("print", "screen"):
            page.emulate_media(media=media)  # type: ignore[arg-type]
            for text in ("800x1344", "16384x16384"):
                page.fill(field, text)
                assert page.eval_on_selector(field, "node => node.scrollWidth <= node.clientWidth + 1"), (media, text)
        assert not page.is_visible(slider)
        page.fill(field, "224")
        assert page.is_visible(slider)


def test_dark_mode_and_print_have_their_own_looks(chromium: Browser, tmp_path: Path) -> None:
    """The dark scheme has a dark ground. In print there are no buttons and no sliders."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(chromium, tmp_path, load("mf26m"), color_scheme="dark") as page:
        assert page.evaluate(ground) == "rgb(20, 23, 26)"
        page.emulate_media(media="print", color_scheme="light")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        assert not page.is_visible("#copy-yaml")
        assert not page.is_visible("input[type=range]")
        assert page.is_visible("#bill table")


@pytest.mark.parametrize("file", ["mf26m.pdf", "mf26m", "reports/mf26m.svg"])
def test_a_page_is_written_only_to_an_htmlfile_of(tmp_path: Path, file: str) -> None:
    """Another ending is refused, as by `plot`."""
    done = run("page", "mf26m", "-o", str(tmp_path / file))
    message = f"error: {tmp_path / file}: must end in .html or .htm\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_small_and_the_same_at_each_run(tmp_path: Path) -> None:
    """It is under 1.5 MB, the same byte for byte with other hash seeds, and has no links to other places."""
    texts = []
    for seed in ("1", "2"):
        file = tmp_path / f"{seed}.html"
        done = run("page", "mf294m", "-o", str(file), PYTHONHASHSEED=seed)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote {file}\n")
        texts.append(file.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert len(texts[0].encode()) < LARGEST
    for word in ("http:", "https:", "//cdn", "import(", "fetch(", "XMLHttpRequest"):
        assert word not in texts[0].replace("http://www.w3.org/2000/svg", ""), word
