"""`extends`, patches, `--set` and `replace`: later values are merged into earlier ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfprofile.cost import count
from mfprofile.errors import InputError, SpecError
from mfprofile.spec import Spec, load
from mfprofile.spec.model import BlockSpec, RequireSpec, Resolution, TokensSpec
from mfprofile.spec.writing import mapping


@pytest.fixture(autouse=True)
def _inside_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in the folder of its files, so that messages name them without a folder."""
    monkeypatch.chdir(tmp_path)


def write(**texts: str) -> None:
    """Write one file for each keyword argument: its name and its text."""
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def message(source: Any, *settings: str) -> str:
    """Return the message of `load` for an invalid source."""
    with pytest.raises(SpecError) as caught:
        load(source, settings)
    return str(caught.value)


def same(one: Spec, other: Spec) -> bool:
    """Return whether two specs are equal."""
    return mapping(one) == mapping(other)


def test_a_spec_that_only_extends_equals_its_base() -> None:
    """Only the name is different."""
    write(mine="extends: mf294m\n")
    assert same(load("mine.yaml"), load("mf294m"))
    assert (load("mine.yaml").name, count("mine.yaml").madds) == ("mine", 286_732_160)


def test_maps_merge_lists_replace_and_a_map_over_a_list_patches() -> None:
    """Keys that are not given stay as they are."""
    write(
        mine="extends: mf294m\ntokens: {count: 3}\nhead: none\nblocks: {1: {kernel: 5}, 12: {out: 160, exp: 960}}\n",
        short="extends: mf294m\nblocks:\n  - {block: lite, exp: 32, out: 16}\n",
    )
    spec, base = load("mine.yaml"), load("mf294m")
    assert (spec.tokens, spec.head) == (TokensSpec(3, 192), None)
    assert spec.blocks[0] == BlockSpec(block="lite", out=16, exp=32, kernel=5)
    assert spec.blocks[11] == BlockSpec(block="mf", out=160, exp=960)
    assert spec.blocks[1:11] == base.blocks[1:11]
    assert load("short.yaml").blocks == (BlockSpec(block="lite", out=16, exp=32),)


def test_chains_are_followed_and_the_nearest_wins() -> None:
    """The chain has four files, given by shipped names and paths."""
    write(
        a="extends: mf26m\nclasses: 10\ninput: 96\nstem: 8\n",
        b="extends: ./a.yaml\nclasses: 20\ninput: 128\n",
        c="extends: b.yaml\nclasses: 30\n",
    )
    spec = load("c.yaml")
    assert (spec.classes, spec.input, spec.groups) == (30, Resolution(128, 128), 4)


def test_a_path_is_relative_to_the_file_not_to_the_working_directory() -> None:
    """The way in which the file itself is given does not matter."""
    Path("deep/er").mkdir(parents=True)
    Path("deep/base.yaml").write_text("extends: mf294m\nclasses: 7\n")
    Path("deep/er/mine.yaml").write_text("extends: ../base.yaml\n")
    write(base="extends: mf294m\nclasses: 8\n")
    for name in ("deep/er/mine.yaml", "./deep/er/mine.yaml", str(Path("deep/er/mine.yaml").resolve())):
        assert load(name).classes == 7
    assert load({"extends": "base.yaml"}).classes == 8


def test_a_file_without_a_suffix_and_one_with_yml_are_read() -> None:
    """They can be paths and bases. A shipped name has priority over a file."""
    Path("mine").write_text("extends: mf294m\nclasses: 3\n")
    Path("mine.yml").write_text("extends: mine\nclasses: 4\n")
    Path("mf26m").write_text("extends: mf294m\n")
    assert (load("mine").classes, load("mine.yml").classes, load("mf26m").groups) == (3, 4, 4)


@pytest.mark.parametrize(
    "texts, expected",
    [
        ({"a": "extends: a.yaml\n"}, "a.yaml:1:10: extends = 'a.yaml': is circular: a.yaml → a.yaml"),
        (
            {"a": "extends: b.yaml\n", "b": "extends: c.yaml\n", "c": "stem: 3\nextends: a.yaml\n"},
            "c.yaml:2:10: extends = 'a.yaml': is circular: a.yaml → b.yaml → c.yaml → a.yaml",
        ),
        (
            {"a": "extends: b.yaml\n", "b": "extends: ./b.yaml\n"},
            "b.yaml:1:10: extends = './b.yaml': is circular: a.yaml → b.yaml → b.yaml",
        ),
        ({"a": "extends: gone.yaml\n"}, "a.yaml:1:10: extends = 'gone.yaml': no such file; 'mfprofile list' shows the shipped specs"),
        (
            {"a": "extends: mf295m\n"},
            "a.yaml:1:10: extends = 'mf295m': no shipped spec and no file has this name; did you mean 'mf294m'?",
        ),
        ({"a": "extends: 294\n"}, "a.yaml:1:10: extends = 294: must be the name of a shipped spec, or a path"),
        ({"a": "extends: [mf294m]\n"}, "a.yaml:1:10: extends = ['mf294m']: must be the name of a shipped spec, or a path"),
        ({"a": "extends:\n"}, "a.yaml:1:9: extends = null: must be the name of a shipped spec, or a path"),
        ({"a": "extends: b.yaml\n", "b": "stem: [\n"}, "b.yaml:2:1: is not valid YAML: did not find expected node content"),
        (
            {"a": "extends: mf294m\nblocks: {13: {out: 3}, 0: {out: 4}, x: {out: 5}, 008: {out: 112}}\n"},
            "a.yaml:2:10: blocks.13: no such entry: blocks has entries 1 to 12\n"
            "a.yaml:2:24: blocks.0: no such entry: blocks has entries 1 to 12\n"
            "a.yaml:2:37: blocks.x: no such entry: blocks has entries 1 to 12",
        ),
    ],
    ids=range(10),
)  # fmt: skip
def test_an_invalid_base_or_patch_is_refused(texts: dict[str, str], expected: str) -> None:
    """The base is circular, missing, not a name, or invalid; or the patch is of an entry that does not exist."""
    write(**texts)
    assert message("a.yaml") == expected


def test_a_chain_of_fifty_files_is_followed_and_a_longer_one_refused() -> None:
    """The limit is lower than Python's own limit."""
    write(c0="extends: mf26m\n", **{f"c{n}": f"extends: c{n - 1}.yaml\n" for n in range(1, 1500)})
    assert load("c47.yaml").groups == 4
    assert message("c1499.yaml") == "c1450.yaml:1:10: extends: is a chain of more than 50 files"


def test_errors_of_base_and_patch_are_reported_at_their_own_places() -> None:
    """They are sorted by file, then by line. Duplicate keys of the base are reported too."""
    write(
        a="extends: b.yaml\nstem: 0\nhead: {fx: 3}\n",
        b="extends: mf294m\nclasses: x\nclasses: 3\nblocks: {3: {exp: -1}}\n",
    )
    assert message("a.yaml").split("\n") == [
        "a.yaml:2:7: stem = 0: must be at least 1",
        "a.yaml:3:8: head.fx: unknown key",
        "b.yaml:2:10: classes = 'x': must be a whole number",
        "b.yaml:3:1: classes: duplicate key, first given on line 2; keep one of them",
        "b.yaml:4:19: blocks.3.exp = -1: must be at least 1",
    ]


def test_exp_in_a_patch_removes_an_inherited_expand_and_the_other_way_round() -> None:
    """Both in one patch are refused."""
    write(a="extends: mf294m\nblocks: {3: {expand: 4}}\n", b="extends: a.yaml\nblocks: {3: {exp: 72}}\n")
    assert (load("a.yaml").blocks[2].exp, load("a.yaml").blocks[2].expand) == (None, 4)
    assert (load("b.yaml").blocks[2].exp, load("b.yaml").blocks[2].expand) == (72, None)
    expected = "spec: blocks.3.expand = 4: 'exp' is also given; keep one of the two"
    assert message({"extends": "mf294m", "blocks": {3: {"exp": 96, "expand": 4}}}) == expected
    assert load("mf294m", ["blocks.3.expand=4"]).blocks[2].exp is None


@pytest.mark.parametrize(
    "setting, key, value",
    [
        ("tokens.dim=128", "tokens", TokensSpec(6, 128)),
        ("tokens={count: 1}", "tokens", TokensSpec(1, 192)),
        (" classes = 10 ", "classes", 10),
        ("input=225x321", "input", Resolution(225, 321)),
        ("head=none", "head", None),
        ("attention=mlp", "attention", "mlp"),
        ("width=0.5", "width", 0.5),
        ("budget.max.madds=300M", "budget", {"max": {"madds": "300M"}}),
        ("budget.min.former.madds=5 %", "budget", {"min": {"former": {"madds": "5 %"}}}),
        ("require={widths: nondecreasing}", "require", RequireSpec("nondecreasing")),
    ],
)
def test_a_setting_changes_the_spec(setting: str, key: str, value: object) -> None:
    """Its value is read as YAML. Dots separate its keys."""
    assert getattr(load("mf294m", [setting]), key) == value


def test_settings_are_applied_in_order() -> None:
    """The last one wins, and each changes the result of the one before. A list can be set and then patched."""
    assert load("mf294m", ["classes=3", "classes=4"]).classes == 4
    blocks = "blocks=[{block: lite, exp: 32, out: 16}]"
    assert load("mf294m", [blocks, "blocks.1.kernel=5"]).blocks == (BlockSpec("lite", 16, exp=32, kernel=5),)
    assert load({"extends": "mf294m"}, ["blocks.8.out=112"]).blocks[7].out == 112
    assert load(load("mf294m"), ["blocks.8.out=112"]).blocks[7].out == 112


DEEP = ".".join("a" * 13)


@pytest.mark.parametrize(
    "setting, expected",
    [
        ("classes", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112"),
        ("=3", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112"),
        ("tokens..dim=3", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112"),
        ("", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112"),
        ("extends=mf52m", "must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112"),
        ("extends.a=1", "extends: is only allowed in the spec itself, not in a change to it; load the other spec instead"),
        ("stem=", "stem = '': must be a whole number"),
        ("stem=null", "stem: is empty; give it a value, or remove it"),
        ("stem='16'", "stem = '16': must be a whole number; write 16 without quotes"),
        ("stem=[8, 16]", "stem = [8, 16]: must be a whole number; give one value: lists and ranges are only allowed in a space"),
        ("stem=[8", "is not valid YAML: did not find expected ',' or ']'"),
        ("tokens={dim: 8, dim: 12}", "tokens.dim: duplicate key, first given on line 1; keep one of them"),
        ("stem=\udcff", "is not UTF-8 text"),
        ("stm=16", "stm: unknown key; did you mean 'stem'?"),
        ("blocks.13.out=3", "blocks.13: no such entry: blocks has entries 1 to 12"),
        ("blocks.3=4", "blocks.3 = 4: must be a map (block, out, exp, expand, exp2, stride, kernel, repeat)"),
        ("tokens.dim.x=3", "tokens.dim = {x: 3}: must be a whole number"),
        ("tokens.dim=190", "tokens.dim = 190: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 188 or 192"),
        (f"{DEEP}=1", "is nested deeper than 12 levels"),
        ("a." * 5000 + "b=1", "is nested deeper than 12 levels"),
    ],
    ids=range(20),
)  # fmt: skip
def test_an_invalid_setting_is_refused(setting: str, expected: str) -> None:
    """The message begins with the setting as it was typed."""
    text = message("mf294m", setting)
    shown = setting.replace("\udcff", "�")
    assert text.startswith(f"--set {shown}:")
    if "not valid YAML" in expected:
        assert text.endswith(expected)
    else:
        assert text == f"--set {shown}: {expected}"


def test_replace_is_a_patch_and_does_not_change_the_old_spec() -> None:
    """Changes are given as a mapping, as keywords, or both. The result is validated."""
    spec = load("mf294m")
    before = mapping(spec)
    changed = spec.replace({"tokens": {"count": 3}, "classes": 5}, blocks={8: {"out": 112}}, classes=6)
    assert (changed.tokens, changed.classes, changed.blocks[7].out) == (TokensSpec(3, 192), 6, 112)
    assert changed.name == "mf294m"
    assert mapping(spec) == before
    assert same(spec.replace(), spec)
    assert same(changed.replace(tokens={"count": 6}, blocks={8: {"out": 128}}, classes=1000), spec)


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"stm": 3}, "change: stm: unknown key; did you mean 'stem'?"),
        ({"stem": "8"}, "change: stem = '8': must be a whole number; write 8 without quotes"),
        ({"blocks": {99: {"out": 3}}}, "change: blocks.99: no such entry: blocks has entries 1 to 12"),
        ({"extends": "mf52m"}, "change: extends: is only allowed in the spec itself, not in a change to it; load the other spec instead"),
        ({"former": "none"}, "change: former = 'none': mobile.activation = 'dy-relu' (of mf294m): DY-ReLU needs Former's first token, but there is no Former; add 'mobile: {activation: relu}'"),
        ({"name": "x"}, "change: name: unknown key; remove it: the spec has the name of its file"),
        ({"stem": None}, "change: stem: is empty; give it a value, or remove it"),
    ],
    ids=range(7),
)  # fmt: skip
def test_replace_checks_the_same_rules_as_load(changes: dict[str, Any], expected: str) -> None:
    """In messages, the source is `change`."""
    with pytest.raises(SpecError) as caught:
        load("mf294m").replace(changes)
    assert str(caught.value) == expected


def test_errors_of_patches_settings_and_keys_are_reported_together() -> None:
    """A patch of a missing entry, an invalid setting and a wrong type do not hide other errors."""
    with pytest.raises(SpecError) as error:
        load(
            {"extends": "mf294m", "stm": 3, "stem": "abc", "blocks": {99: {"out": 3}}, "tokens": {"dim": 130}},
            ["x", "blocks.98.out=3", "tokens.count=0"],
        )
    assert {problem.path for problem in error.value.problems} == {
        "", "stm", "stem", "blocks.99", "blocks.98", "tokens.dim", "tokens.count",
    }  # fmt: skip


def test_none_removes_an_inherited_key() -> None:
    """An mf-down block loses its second expansion."""
    down = load("mf294m", ["blocks.6.exp2=384"])
    plain = down.replace(blocks={6: {"exp2": "none"}})
    assert (down.blocks[5].exp2, plain.blocks[5].exp2) == (384, None)
    with pytest.raises(SpecError, match=r"stem: is missing$"):
        load("mf294m", ["stem=none"])


@pytest.mark.parametrize(
    ("settings", "path", "rule"),
    [
        (["stem=4096", "blocks.1={out: 4096, exp: 4096}", "blocks.2.exp=4096", "width=64"], "blocks.1.out", "output"),
        (["blocks.3.expand=60000"], "blocks.3.expand", "expanded"),
    ],
)
def test_widths_that_result_from_a_ratio_have_the_same_limit(settings: list[str], path: str, rule: str) -> None:
    """So `count` can read all that `show` prints."""
    with pytest.raises(SpecError) as error:
        load("mf294m", settings)
    rules = {problem.path: problem.rule for problem in error.value.problems}
    assert f"{rule} channels exceed the limit of 65536" in rules[path]


def test_settings_as_a_single_string_are_refused() -> None:
    """Otherwise each letter would be a setting."""
    with pytest.raises(
        InputError, match=r"^settings must be a list of KEY=VALUE, not a single string; use \['tokens.dim=128'\]$"
    ):
        load("mf294m", "tokens.dim=128")


@pytest.mark.parametrize("source", [5, None, [1]])
def test_a_source_of_a_wrong_type_is_refused(source: object) -> None:
    """It is not used as the name of a file."""
    with pytest.raises(InputError, match=r"^a spec must be a name, a path, a mapping or a Spec, not a value of type"):
        load(source)  # type: ignore[arg-type]


def test_a_name_with_an_extra_or_missing_suffix_gets_the_right_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mf294m.yaml` should be `mf294m`, and `mine` should be `mine.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("extends: mf294m\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"did you mean 'mf294m'\?$"):
        load("mf294m.yaml")
    with pytest.raises(SpecError, match=r"did you mean 'mine.yaml'\?$"):
        load("mine")
