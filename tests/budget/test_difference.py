"""The difference of two variants, and how their blocks are aligned."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import run
from strategies import families, spec_mappings

from mfprofile import InputError, count, load, resolve
from mfprofile.budget.alignment import GAP, OTHER_KIND, aligned, unlikeness
from mfprofile.budget.difference import Difference, difference
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.spec.sources import shipped
from mfprofile.view.difference import difference_json, headline, label, part_table, words

PLAIN: dict[str, Any] = {
    "tokens": {"count": 3, "dim": 16},
    "stem": 8,
    "blocks": [
        {"block": "lite", "exp": 16, "out": 8},
        {"block": "mf-down", "exp": 24, "out": 12},
        {"block": "mf", "exp": 36, "out": 12},
        {"block": "mf-down", "exp": 48, "out": 20},
        {"block": "mf", "exp": 60, "out": 20},
        {"block": "mf", "exp": 80, "out": 24},
        {"block": "mf", "exp": 96, "out": 24},
    ],
    "head": {"fc": 32},
}


def _blocks(*changes: tuple[int, dict[str, Any] | None]) -> dict[str, Any]:
    """Return the plain spec with some blocks (from 1) changed, or removed if the change is None."""
    blocks = list(PLAIN["blocks"])
    for number, change in changes:
        blocks[number - 1] = None if change is None else {**blocks[number - 1], **change}
    return {**PLAIN, "blocks": [block for block in blocks if block is not None]}


def _between(a: Any, b: Any) -> Difference:
    return difference(count(a), count(b))


def _labels(diff: Difference) -> list[str]:
    return [label(part) for part in diff.parts if part.piece.is_block]


def _words(diff: Difference) -> dict[str, str]:
    return {label(part): words(part, diff) for part in diff.parts if part.status != "unchanged"}


def _assert_sums(diff: Difference) -> None:
    for measure in ("madds", "params"):
        whole = getattr(diff.b, measure) - getattr(diff.a, measure)
        assert getattr(diff.whole, measure) == whole
        assert sum(getattr(part, measure) for part in diff.parts) == whole
        assert sum(getattr(pillar, measure) for pillar in diff.pillars) == whole
    for side in ("a", "b"):
        bill, pieces = getattr(diff, side), [getattr(part, side) for part in diff.parts]
        numbers = [piece.name for piece in pieces if piece and piece.is_block]
        assert numbers == [str(block.number) for block in bill.subject.blocks]
        assert sum(piece.madds for piece in pieces if piece) == bill.madds
        assert sum(piece.params for piece in pieces if piece) == bill.params


@given(spec_mappings(), spec_mappings(), st.sampled_from(sorted(CONVENTIONS)))
def test_parts_and_pillars_sum_to_the_difference_of_the_totals(a: Any, b: Any, convention: str) -> None:
    """For any two variants in any convention. Every block of both is in exactly one line, in order."""
    _assert_sums(difference(count(a, convention), count(b, convention)))


@given(families(2, 2))
def test_each_change_of_cost_has_a_change_in_words(pair: list[Any]) -> None:
    """A part that costs more or less has a trait that changed, or a setting of the whole network changed."""
    diff = _between(*pair)
    _assert_sums(diff)
    for part in diff.parts:
        if part.status == "changed":
            assert part.changes or diff.whole.changes


@given(spec_mappings())
def test_a_variant_does_not_differ_from_itself(spec: Any) -> None:
    """All its parts are unchanged and are shown in one line."""
    diff = _between(spec, spec)
    assert {part.status for part in diff.parts} == {"unchanged"}
    assert diff.whole.status == "unchanged"
    assert len(part_table(diff).data) == 1


@given(spec_mappings(), spec_mappings())
def test_the_difference_from_b_to_a_is_reversed(a: Any, b: Any) -> None:
    """From B to A each pillar loses what it gained, and the pairing costs the same."""
    forward, backward = _between(a, b), _between(b, a)
    for gained, lost in zip(forward.pillars, backward.pillars, strict=True):
        assert (gained.madds, gained.params) == (-lost.madds, -lost.params)
    costs = [_cost(one.a, one.b) for one in (forward, backward)]
    assert costs[0] == costs[1]


def _cost(a: Any, b: Any) -> int:
    return sum(unlikeness(x, y) if x and y else GAP for x, y in aligned(a.subject.blocks, b.subject.blocks))


def _cheapest(a: list[Any], b: list[Any]) -> int:
    """Return the cost of the cheapest pairing, by trying all pairings that keep the order."""
    costs = []
    for pairs in range(min(len(a), len(b)) + 1):
        for mine in itertools.combinations(a, pairs):
            for theirs in itertools.combinations(b, pairs):
                together = list(zip(mine, theirs, strict=True))
                if all((x.stage, x.stride) == (y.stage, y.stride) for x, y in together):
                    alone = len(a) + len(b) - 2 * pairs
                    costs.append(sum(unlikeness(x, y) for x, y in together) + alone * GAP)
    return min(costs)


@given(spec_mappings(), spec_mappings())
def test_no_pairing_is_cheaper(a: Any, b: Any) -> None:
    """Compared with every pairing of small networks. Pairs never cross stages."""
    first, second = resolve(load(a)), resolve(load(b))
    if max(len(first.blocks), len(second.blocks)) <= 6:
        pairs = aligned(first.blocks, second.blocks)
        assert all(x.stage == y.stage for x, y in pairs if x and y)
        cost = sum(unlikeness(x, y) if x and y else GAP for x, y in pairs)
        assert cost == _cheapest(list(first.blocks), list(second.blocks))


@given(spec_mappings(), spec_mappings())
def test_the_most_unlike_pair_is_cheaper_than_two_blocks_alone(a: Any, b: Any) -> None:
    """So blocks with other widths are still partners."""
    for x, y in itertools.product(resolve(load(a)).blocks, resolve(load(b)).blocks):
        assert 0 <= unlikeness(x, y) == unlikeness(y, x) <= 800 + OTHER_KIND < 2 * GAP


def test_all_pairs_of_shipped_models_add_up() -> None:
    """Detectors, backbones and models without Former are included."""
    bills = [count(name) for name in shipped()]
    assert len(bills) >= 27
    for a, b in itertools.product(bills, bills):
        _assert_sums(difference(a, b))


def test_a_block_removed_in_the_middle_leaves_the_others_aligned() -> None:
    """Later blocks move up. The block after the removed one has another input."""
    diff = _between(PLAIN, _blocks((6, None), (7, {"out": 24})))
    assert _labels(diff) == ["1", "2", "3", "4", "5", "6 → –", "7 → 6"]
    assert _words(diff) == {"6 → –": "removed: in 20, exp 80, out 24, kernel 3", "7 → 6": "in 24 → 20"}


def test_an_inserted_block_is_shown_as_added() -> None:
    """It is shown at its position, with its traits."""
    diff = _between(_blocks((3, None)), PLAIN)
    assert _labels(diff) == ["1", "2", "– → 3", "3 → 4", "4 → 5", "5 → 6", "6 → 7"]
    assert _words(diff) == {"– → 3": "added: in 12, exp 36, out 12, kernel 3"}


def test_changed_widths_keep_all_blocks_aligned() -> None:
    """Each change is described in words."""
    diff = _between(PLAIN, _blocks((5, {"out": 32, "exp": 128, "kernel": 5})))
    assert _words(diff) == {"5": "exp 60 → 128, out 20 → 32, kernel 3 → 5", "6": "in 20 → 32"}
    scaled = _between(PLAIN, {**PLAIN, "width": 0.5})
    assert _labels(scaled) == [str(number) for number in range(1, 8)]


def test_a_second_expansion_is_shown() -> None:
    """Its default depends on the output channels."""
    assert _words(_between(PLAIN, _blocks((2, {"exp2": 60}))))["2"] == "exp2 48 → 60"


def test_another_kind_in_the_same_place_is_a_change() -> None:
    """A lite block replaces a Mobile-Former block of the same stage."""
    diff = _between(PLAIN, _blocks((3, {"block": "lite"})))
    assert _words(diff) == {"3": "kind mf → lite"}


def test_the_lite_block_may_be_removed() -> None:
    """No block of another stage takes its place."""
    diff = _between(PLAIN, _blocks((1, None)))
    assert _labels(diff) == ["1 → –", "2 → 1", "3 → 2", "4 → 3", "5 → 4", "6 → 5", "7 → 6"]
    assert _words(diff) == {"1 → –": "removed: in 8, exp 16, out 8, kernel 3"}


def test_of_repeated_blocks_the_last_are_removed() -> None:
    """From `repeat: 3` to 1, the first one stays."""
    diff = _between(_blocks((3, {"repeat": 3})), PLAIN)
    assert _labels(diff)[:6] == ["1", "2", "3", "4 → –", "5 → –", "6 → 4"]


def test_stages_that_only_one_has_are_removed_whole() -> None:
    """Blocks of different resolutions are never partners."""
    diff = _between(PLAIN, {**PLAIN, "blocks": PLAIN["blocks"][:3]})
    assert _labels(diff) == ["1", "2", "3", "4 → –", "5 → –", "6 → –", "7 → –"]


def test_another_shipped_model_is_aligned_by_stage() -> None:
    """Mobile-Former-96M is the 151M without its blocks 3, 9 and 12, and with fewer and smaller tokens."""
    diff = _between("mf151m", "mf96m")
    removed = [label(part) for part in diff.parts if part.status == "removed"]
    assert removed == ["3 → –", "9 → –", "12 → –"]
    assert [change.text for change in diff.whole.changes] == ["tokens 6×192 → 4×128"]
    assert (diff.whole.madds, diff.whole.params) == (-54_232_128, -3_010_576)


def test_without_former_the_bridge_and_the_tokens_are_removed() -> None:
    """Settings such as heads, gate and FFN are then not listed."""
    diff = _between("mf294m", "mf294m-mobile")
    assert [change.text for change in diff.whole.changes] == ["tokens 6×192 → none", "activation dy-relu → relu"]
    assert {pillar.piece.name: pillar.madds for pillar in diff.pillars} == {
        "mobile": -1_294_848,
        "former": -14_750_208,
        "bridge": -17_395_200,
        "head": -368_640,
    }
    assert _words(diff)["final"] == "removed: in 192"


def test_settings_of_the_whole_network_are_shown_once() -> None:
    """They are at the top. Blocks that change only because of them say so."""
    diff = _between("mf294m", load("mf294m", ["tokens.dim=128", "input=192", "attention=mlp", "bridge.gate=false"]))
    expected = ["input 224 → 192", "tokens 6×192 → 6×128", "attention mha → mlp", "gate on → off"]
    assert [change.text for change in diff.whole.changes] == expected
    assert _words(diff)["5"] == "due to the settings above"


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("input=225x321", "input 224 → 225×321"),
        ("tokens.count=3", "tokens 6×192 → 3×192"),
        ("former.heads=8", "former heads 4 → 8"),
        ("bridge.heads=4", "bridge heads 2 → 4"),
        ("former.ffn=false", "ffn on → off"),
        ("bridge.projections=true", "projections off → on"),
        ("mobile.activation=relu", "activation dy-relu → relu"),
        ("groups=4", "groups 1 → 4"),
    ],
)
def test_each_setting_has_its_word(setting: str, text: str) -> None:
    """Each setting gives one change."""
    diff = _between("mf294m", load("mf294m", [setting]))
    assert [change.text for change in diff.whole.changes] == [text]


def test_parts_that_are_not_blocks_have_words_too() -> None:
    """The stem, the head, the final bridge, and the parts of a detector."""
    changed = load("mf294m", ["stem=32", "head.fc=1280", "classes=100", "blocks.12.out=160", "bridge.final=false"])
    changes = _words(_between("mf294m", changed))
    assert changes["stem"] == "out 16 → 32"
    assert changes["head"] == "in 192 → 160, fc 1920 → 1280, classes 1000 → 100"
    assert changes["final"] == "removed: in 192"
    detectors = _words(_between("mf151m-retinanet", "mf294m-retinanet"))
    assert detectors["fpn"] == "in 32/88/128 → 48/128/192"
    assert "retina" not in detectors
    assert _words(_between("mf151m-coco", "mf151m-retinanet"))["retina"] == "added"


def test_bills_in_two_conventions_are_refused() -> None:
    """Their difference would not be a difference of the networks."""
    with pytest.raises(InputError, match="'core' with one in 'paper'"):
        difference(count("mf26m"), count("mf26m", "paper"))


def test_five_hundred_blocks_are_aligned() -> None:
    """The longest networks that a spec allows."""
    long = {**PLAIN, "blocks": [PLAIN["blocks"][0], *({"block": "lite", "exp": 16, "out": 8, "repeat": 99},) * 5]}
    a, b = resolve(load(long)), resolve(load(long, ["blocks.3.kernel=5", "blocks.4.repeat=40"]))
    pairs = aligned(a.blocks, b.blocks)
    assert sum(x is None or y is None for x, y in pairs) == 59


def test_json_holds_exact_integers_that_add_up() -> None:
    """Each part has both names or null, its numbers, and its changes."""
    diff = json.loads(run("diff", "mf151m", "mf96m", "--json").stdout)
    whole = {"schema", "a", "b", "mode", "convention", "unit", "madds", "params", "changed", "pillars", "blocks"}
    assert set(diff) == whole
    assert diff["changed"] == [{"key": "tokens", "a": "6×192", "b": "4×128"}]
    assert (diff["a"]["name"], diff["b"]["name"], diff["convention"]) == ("mf151m", "mf96m", "core")
    assert diff["madds"] == {"a": 146_249_168, "b": 92_017_040, "difference": -54_232_128}
    for measure in ("madds", "params"):
        for parts in (diff["blocks"], diff["pillars"].values()):
            assert sum(part[measure]["difference"] for part in parts) == diff[measure]["difference"]
    third = next(part for part in diff["blocks"] if part["a"] == "3")
    assert third == {
        "a": "3",
        "b": None,
        "kind": "mf",
        "status": "removed",
        "madds": {"a": 8_836_608, "b": None, "difference": -8_836_608},
        "params": {"a": 269_040, "b": None, "difference": -269_040},
        "changed": [],
    }


def test_json_names_what_changed_in_a_block() -> None:
    """Each change has its key and both values, with numbers as numbers."""
    diff = difference_json(_between(PLAIN, _blocks((5, {"exp": 64}))))
    changed = [part for part in diff["blocks"] if part["changed"]]
    assert [(part["a"], part["changed"]) for part in changed] == [("5", [{"key": "exp", "a": 60, "b": 64}])]


def test_csv_holds_every_part() -> None:
    """Unchanged parts are included, and whole numbers add up."""
    rows = list(csv.DictReader(io.StringIO(run("diff", "mf294m", "mf294m-no-ffn", "--csv").stdout)))
    assert sum(int(row["params"]) for row in rows) == -1_632_576
    assert [row["a"] for row in rows][:4] == ["tokens", "stem", "1", "2"]
    assert rows[0]["status"] == "unchanged"


def test_markdown_is_a_comment_for_a_pull_request() -> None:
    """A heading with the totals, the pillars, then the blocks. Each table follows an empty line."""
    lines = run("diff", "mf294m", "mf294m-no-ffn", "--markdown").stdout.splitlines()
    assert lines[0] == "### mf294m → mf294m-no-ffn: MAdds -9,732,096 (-3.4 %), params -1,632,576 (-14.3 %)"
    tables = [number for number, line in enumerate(lines) if line.startswith(("| pillar", "| block"))]
    assert len(tables) == 2
    assert all(lines[number - 1] == "" for number in tables)
    assert all(len(re.findall(r"(?<!\\)\|", line)) in (8, 6) for line in lines if line.startswith("|"))


def test_the_headline_says_that_a_variant_is_unchanged() -> None:
    """So nobody searches for a change. The exit code is 0."""
    assert headline(_between("mf26m", "mf26m")) == "mf26m → mf26m: MAdds unchanged, params unchanged"
    done = run("diff", "mf26m", "mf26m")
    assert (done.returncode, done.stderr) == (0, "")
    assert "9 blocks, tokens, stem, final, head unchanged" in done.stdout


def test_a_line_end_in_a_setting_does_not_break_the_headline() -> None:
    """It is replaced, like other characters that cannot be printed."""
    first = run("diff", "mf294m", "--set", "tokens.dim=128\n").stdout.splitlines()[0]
    assert first.startswith("mf294m → mf294m with tokens.dim=128�: MAdds -11,021,312 ")


def test_set_changes_only_b_and_input_changes_both() -> None:
    """Without B, the second network is A changed by --set, and its name says so."""
    arguments = ["--set", "tokens.dim=128", "--input", "192", "--json"]
    alone = json.loads(run("diff", "mf294m", *arguments).stdout)
    named = json.loads(run("diff", "mf294m", "mf294m", *arguments).stdout)
    assert alone == named
    assert alone["a"] == {"name": "mf294m", "input": [{"shape": [1, 3, 192, 192], "dtype": "float32"}]}
    assert alone["b"] == {
        "name": "mf294m with tokens.dim=128",
        "input": [{"shape": [1, 3, 192, 192], "dtype": "float32"}],
    }
    assert alone["madds"]["a"] == count(load("mf294m", ["input=192"])).madds
    assert alone["madds"]["b"] == count(load("mf294m", ["input=192", "tokens.dim=128"])).madds


def test_standard_input_can_be_either_side(tmp_path: Path) -> None:
    """For example a file at an earlier commit. It cannot be both sides."""
    text = "extends: mf26m\ntokens: {count: 4}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = run("diff", "-", "mine.yaml", stdin=text, cwd=tmp_path)
    assert done.stdout.startswith("stdin → mine: MAdds unchanged, params unchanged\n")
    assert run("diff", "-", "--set", "head.fc=640", stdin=text).stdout.startswith("stdin → stdin with head.fc=640: ")
    assert run("diff", "-", "-", stdin=text).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mf26m"], "error: B is missing; give a second network, or change A with --set\n"),
        (["mf26m", "mf294n"], "error: mf294n: no shipped spec and no file has this name; did you mean 'mf294m'?\n"),
        (["mf26m", "--set", "stm=3"], "error: --set stm=3: stm: unknown key; did you mean 'stem'?\n"),
        (["mf26m", "mf52m", "--json", "--csv"], "error: --json and --csv cannot be combined; use one of them\n"),
        (["mf26m", "mf52m", "--convention", "papr"], "error: unknown convention 'papr'; did you mean 'paper'?\n"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    """Nothing is printed on stdout."""
    done = run("diff", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
