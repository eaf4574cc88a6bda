"""`extends`, patches, `--set` and `replace`: later trees laid over earlier ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfprofile.cost import count
from mfprofile.spec import InputError, Spec, SpecError, load
from mfprofile.spec.model import BlockSpec, RequireSpec, Resolution, TokensSpec
from mfprofile.spec.writing import mapping


@pytest.fixture(autouse=True)
def _inside_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test where its files are named without a folder."""
    monkeypatch.chdir(tmp_path)


def write(**texts: str) -> None:
    """Write files, each named by its key."""
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def message(source: Any, *settings: str) -> str:
    """Return what `load` says of a source that it refuses."""
    with pytest.raises(SpecError) as caught:
        load(source, settings)
    return str(caught.value)


def same(one: Spec, other: Spec) -> bool:
    """Return whether two specs say the same."""
    return mapping(one) == mapping(other)


def test_a_spec_that_only_extends_is_its_base_by_another_name() -> None:
    """Same count, same mapping."""
    write(mine="extends: mf294m\n")
    assert same(load("mine.yaml"), load("mf294m"))
    assert (load("mine.yaml").name, count("mine.yaml").madds) == ("mine", 286_732_160)


def test_maps_merge_lists_replace_and_a_map_over_a_list_patches() -> None:
    """What is not given stays."""
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
    """Four files deep, by shipped names and paths."""
    write(
        a="extends: mf26m\nclasses: 10\ninput: 96\nstem: 8\n",
        b="extends: ./a.yaml\nclasses: 20\ninput: 128\n",
        c="extends: b.yaml\nclasses: 30\n",
    )
    spec = load("c.yaml")
    assert (spec.classes, spec.input, spec.groups) == (30, Resolution(128, 128), 4)


def test_a_relative_path_is_beside_the_file_not_the_working_directory() -> None:
    """However the file itself was named."""
    Path("deep/er").mkdir(parents=True)
    Path("deep/base.yaml").write_text("extends: mf294m\nclasses: 7\n")
    Path("deep/er/mine.yaml").write_text("extends: ../base.yaml\n")
    write(base="extends: mf294m\nclasses: 8\n")
    for name in ("deep/er/mine.yaml", "./deep/er/mine.yaml", str(Path("deep/er/mine.yaml").resolve())):
        assert load(name).classes == 7
    assert load({"extends": "base.yaml"}).classes == 8


def test_a_file_without_a_suffix_and_one_with_yml_are_read() -> None:
    """As paths and as bases; a shipped name goes before a file."""
    Path("mine").write_text("extends: mf294m\nclasses: 3\n")
    Path("mine.yml").write_text("extends: mine\nclasses: 4\n")
    Path("mf26m").write_text("extends: mf294m\n")
    assert (load("mine").classes, load("mine.yml").classes, load("mf26m").groups) == (3, 4, 4)


@pytest.mark.parametrize(
    "texts, expected",
    [
        ({"a": "extends: a.yaml\n"}, "a.yaml:1:10: extends = 'a.yaml': goes in a circle: a.yaml → a.yaml"),
        (
            {"a": "extends: b.yaml\n", "b": "extends: c.yaml\n", "c": "stem: 3\nextends: a.yaml\n"},
            "c.yaml:2:10: extends = 'a.yaml': goes in a circle: a.yaml → b.yaml → c.yaml → a.yaml",
        ),
        (
            {"a": "extends: b.yaml\n", "b": "extends: ./b.yaml\n"},
            "b.yaml:1:10: extends = './b.yaml': goes in a circle: a.yaml → b.yaml → b.yaml",
        ),
        ({"a": "extends: gone.yaml\n"}, "a.yaml:1:10: extends = 'gone.yaml': no such file; 'mfprofile list' shows those that ship"),
        (
            {"a": "extends: mf295m\n"},
            "a.yaml:1:10: extends = 'mf295m': no such spec ships with mfprofile, nor is there such a file; did you mean 'mf294m'?",
        ),
        ({"a": "extends: 294\n"}, "a.yaml:1:10: extends = 294: must be the name of a spec that ships, or a path"),
        ({"a": "extends: [mf294m]\n"}, "a.yaml:1:10: extends = ['mf294m']: must be the name of a spec that ships, or a path"),
        ({"a": "extends:\n"}, "a.yaml:1:9: extends = null: must be the name of a spec that ships, or a path"),
        ({"a": "extends: b.yaml\n", "b": "stem: [\n"}, "b.yaml:2:1: is not YAML: did not find expected node content"),
        (
            {"a": "extends: mf294m\nblocks: {13: {out: 3}, 0: {out: 4}, x: {out: 5}, 008: {out: 112}}\n"},
            "a.yaml:2:10: blocks.13: no such entry: blocks has entries 1 to 12\n"
            "a.yaml:2:24: blocks.0: no such entry: blocks has entries 1 to 12\n"
            "a.yaml:2:37: blocks.x: no such entry: blocks has entries 1 to 12",
        ),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(texts: dict[str, str], expected: str) -> None:
    """Circles, lost bases, bases that are no names, broken bases, patches of no entry."""
    write(**texts)
    assert message("a.yaml") == expected


def test_a_chain_of_fifty_files_is_followed_and_a_longer_one_refused() -> None:
    """Before Python's own limit is reached."""
    write(c0="extends: mf26m\n", **{f"c{n}": f"extends: c{n - 1}.yaml\n" for n in range(1, 1500)})
    assert load("c47.yaml").groups == 4
    assert message("c1499.yaml") == "c1450.yaml:1:10: extends: goes through more than 50 files"


def test_errors_of_base_and_patch_are_told_at_their_own_places() -> None:
    """Sorted by file, then by line; duplicates in the base too."""
    write(
        a="extends: b.yaml\nstem: 0\nhead: {fx: 3}\n",
        b="extends: mf294m\nclasses: x\nclasses: 3\nblocks: {3: {exp: -1}}\n",
    )
    assert message("a.yaml").split("\n") == [
        "a.yaml:2:7: stem = 0: must be at least 1",
        "a.yaml:3:8: head.fx: unknown key",
        "b.yaml:2:10: classes = 'x': must be a whole number",
        "b.yaml:3:1: classes: duplicate key, first given in line 2; keep one of them",
        "b.yaml:4:19: blocks.3.exp = -1: must be at least 1",
    ]


def test_of_exp_and_expand_the_patch_takes_the_inherited_one_away() -> None:
    """In either direction; both in one patch are refused; both inherited and one given again leaves that one."""
    write(a="extends: mf294m\nblocks: {3: {expand: 4}}\n", b="extends: a.yaml\nblocks: {3: {exp: 72}}\n")
    assert (load("a.yaml").blocks[2].exp, load("a.yaml").blocks[2].expand) == (None, 4)
    assert (load("b.yaml").blocks[2].exp, load("b.yaml").blocks[2].expand) == (72, None)
    expected = "spec: blocks.3.expand = 4: 'exp' is given as well; give one of the two"
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
def test_a_setting_is_laid_over_the_spec(setting: str, key: str, value: object) -> None:
    """Its value is read as YAML, its keys parted by dots."""
    assert getattr(load("mf294m", [setting]), key) == value


def test_settings_are_laid_over_in_turn() -> None:
    """The last wins; each sees what the one before it left; lists can be set and then patched."""
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
        ("extends.a=1", "extends: must stand in the spec itself, not in a change to it; load the other spec instead"),
        ("stem=", "stem = '': must be a whole number"),
        ("stem=null", "stem: is empty; give a value, or leave the key away"),
        ("stem='16'", "stem = '16': must be a whole number; write 16, without quotes"),
        ("stem=[8, 16]", "stem = [8, 16]: must be a whole number; a list or range is a choice, which only a space may hold: give one value"),
        ("stem=[8", "is not YAML: did not find expected ',' or ']'"),
        ("tokens={dim: 8, dim: 12}", "tokens.dim: duplicate key, first given in line 1; keep one of them"),
        ("stem=\udcff", "is not UTF-8 text"),
        ("stm=16", "stm: unknown key; did you mean 'stem'?"),
        ("blocks.13.out=3", "blocks.13: no such entry: blocks has entries 1 to 12"),
        ("blocks.3=4", "blocks.3 = 4: must be a map (block, out, exp, expand, exp2, stride, kernel, repeat)"),
        ("tokens.dim.x=3", "tokens.dim = {x: 3}: must be a whole number"),
        ("tokens.dim=190", "tokens.dim = 190: must be divisible by 4: DY-ReLU's θ squeezes the token to a quarter; 188 and 192 are"),
        (f"{DEEP}=1", "is deeper than 12 levels"),
        ("a." * 5000 + "b=1", "is deeper than 12 levels"),
    ],
    ids=range(20),
)  # fmt: skip
def test_a_setting_that_cannot_be_laid_over_is_refused(setting: str, expected: str) -> None:
    """The message begins with the setting as it was typed."""
    found = message("mf294m", setting)
    shown = setting.replace("\udcff", "�")
    assert found.startswith(f"--set {shown}:")
    if "not YAML" in expected:
        assert found.endswith(expected)
    else:
        assert found == f"--set {shown}: {expected}"


def test_replace_is_a_patch_and_leaves_the_old_spec_alone() -> None:
    """By mapping, by keywords, or both; validated."""
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
        ({"stem": "8"}, "change: stem = '8': must be a whole number; write 8, without quotes"),
        ({"blocks": {99: {"out": 3}}}, "change: blocks.99: no such entry: blocks has entries 1 to 12"),
        ({"extends": "mf52m"}, "change: extends: must stand in the spec itself, not in a change to it; load the other spec instead"),
        ({"former": "none"}, "mf294m: mobile.activation = 'dy-relu': DY-ReLU takes its parameters from Former's first token, and there is none; give 'mobile: {activation: relu}' as well"),
        ({"name": "x"}, "change: name: unknown key; name the file"),
        ({"stem": None}, "change: stem: is empty; give a value, or leave the key away"),
    ],
    ids=range(7),
)  # fmt: skip
def test_replace_refuses_what_load_would(changes: dict[str, Any], expected: str) -> None:
    """Told as of a `change`."""
    with pytest.raises(SpecError) as caught:
        load("mf294m").replace(changes)
    assert str(caught.value) == expected


def test_errors_of_patches_settings_and_keys_are_told_together() -> None:
    """A patch of an entry that is not there, a setting that is none and a wrong type hide none of the others."""
    with pytest.raises(SpecError) as error:
        load(
            {"extends": "mf294m", "stm": 3, "stem": "abc", "blocks": {99: {"out": 3}}, "tokens": {"dim": 130}},
            ["x", "blocks.98.out=3", "tokens.count=0"],
        )
    assert {problem.path for problem in error.value.problems} == {
        "", "stm", "stem", "blocks.99", "blocks.98", "tokens.dim", "tokens.count",
    }  # fmt: skip


def test_none_takes_an_inherited_key_away() -> None:
    """An mf-down with a second expansion becomes an mf without."""
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
def test_widths_that_come_of_a_ratio_keep_to_the_limit(settings: list[str], path: str, rule: str) -> None:
    """What `show` prints, `count` reads: no resolved width exceeds what a key may say."""
    with pytest.raises(SpecError) as error:
        load("mf294m", settings)
    found = {problem.path: problem.rule for problem in error.value.problems}
    assert f"{rule} channels exceed 65536" in found[path]


def test_settings_in_one_text_are_refused() -> None:
    """Iterated letter by letter they would make no sense."""
    with pytest.raises(
        InputError, match=r"^settings are a list of KEY=VALUE, not one text: write \['tokens.dim=128'\]$"
    ):
        load("mf294m", "tokens.dim=128")


@pytest.mark.parametrize("source", [5, None, [1]])
def test_what_is_no_source_is_refused_by_its_type(source: object) -> None:
    """Instead of being looked for among the files."""
    with pytest.raises(InputError, match=r"^a spec is a name, a path, a mapping or a Spec, not a value of type"):
        load(source)  # type: ignore[arg-type]


def test_a_name_with_a_needless_or_missing_suffix_gets_the_right_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mf294m.yaml` is meant as `mf294m`, `mine` as `mine.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("extends: mf294m\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"did you mean 'mf294m'\?$"):
        load("mf294m.yaml")
    with pytest.raises(SpecError, match=r"did you mean 'mine.yaml'\?$"):
        load("mine")
