"""A broken rule is reported at the user's own key that broke it; the inherited key is named after it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import run

from mfprofile.errors import SpecError
from mfprofile.spec import load
from mfprofile.spec.sources import shipped

EXPANDS = "input channels: a depthwise convolution expands them"
DY_RELU = "DY-ReLU needs Former's first token, but there is no Former; add 'mobile: {activation: relu}'"
CASES = [  # the lines after `extends: mf294m`, and the message after the file's name
    (
        "blocks: {9: {out: 112}}",
        f":2:19: blocks.9.out = 112: blocks.10.exp = 768 (of mf294m, line 16): must be a multiple of the 112 {EXPANDS}; use 672 or 784 for blocks.10.exp",
    ),
    (
        "blocks:\n  9: {out: 112}\n  10: {kernel: 5}",
        f":3:12: blocks.9.out = 112: blocks.10.exp = 768 (of mf294m, line 16): must be a multiple of the 112 {EXPANDS}; use 672 or 784 for blocks.10.exp",
    ),
    (
        "stem: 24",
        f":2:7: stem = 24: blocks.1.exp = 32 (of mf294m, line 7): must be a multiple of the 24 {EXPANDS}; use 24 or 48 for blocks.1.exp",
    ),
    (
        "blocks: {1: {repeat: 0}}\nstem: 20",
        f":3:7: stem = 20: blocks.2.exp = 96 (of mf294m, line 8): must be a multiple of the 20 {EXPANDS}; use 80 or 100 for blocks.2.exp",
    ),
    (
        "blocks: {8: {out: 80}, 9: {out: same}}",
        f":2:33: blocks.9.out = 'same': blocks.10.exp = 768 (of mf294m, line 16): must be a multiple of the 80 {EXPANDS}; use 720 or 800 for blocks.10.exp",
    ),
    (
        "blocks: {9: {repeat: 0}, 8: {out: 80}}",
        f":2:35: blocks.8.out = 80: blocks.10.exp = 768 (of mf294m, line 16): must be a multiple of the 80 {EXPANDS}; use 720 or 800 for blocks.10.exp",
    ),
    (
        "blocks: {1: {stride: 2, repeat: none}, 2: {block: mf}, 3: {block: mf-down, exp2: 25}}",
        ":2:82: blocks.3.exp2 = 25: must be a multiple of the 24 output channels: a depthwise convolution expands them; use 24 or 48",
    ),
    (
        "tokens: none",
        ":2:9: tokens: is missing: Former needs tokens; add it, or 'former: none'",
    ),
    ("stem: none", ":2:7: stem: is missing"),
    (
        "blocks: {10: {exp: none}}",
        ":2:14: blocks.10 = {block: 'mf-down', out: 192}: needs 'exp' (channels) or 'expand' (ratio to the input channels)",
    ),
    ("former: none", f":2:9: former = 'none': mobile.activation = 'dy-relu' (the default): {DY_RELU}"),
    (
        "former: {heads: 5}",
        ":2:17: former.heads = 5: tokens.dim = 192 (of mf294m, line 4): must be a multiple of Former's 5 heads; use 180 or 200 for tokens.dim",
    ),
    (
        "bridge: {heads: 32}\nblocks: {3: {out: 32}, 5: {out: 32}, 2: {out: 32, exp: 96}, 4: {out: 32, exp: 32}, 6: {exp: 288, out: 96}}\nstem: 32",
        ":2:17: bridge.heads = 32: blocks.1.out = 16 (of mf294m, line 7): must be a multiple of the bridge's 32 heads; use 32 for blocks.1.out",
    ),
    (
        "groups: 5",
        ":2:9: groups = 5: blocks.1.exp = 32 (of mf294m, line 7): 32 expanded channels cannot be split into 5 groups (1×1 convolutions); use 30 or 35 for blocks.1.exp",
    ),
    (
        "require: {widths: nondecreasing}\nblocks: {7: {out: 192}, 8: {exp: 192}}",
        ":3:19: blocks.7.out = 192: blocks.8.out = 128 (of mf294m, line 14): is less than the 192 input channels, but 'require: {widths: nondecreasing}' is given",
    ),
    (
        "blocks: {1: {block: mf}, 2: {block: mf, exp2: none}, 3: {block: mf-down, exp: 96}, 9: {block: mf-down, repeat: 2}}",
        ":2:112: blocks.9.repeat = 2: only blocks of stride 1 can be repeated",
    ),
]  # fmt: skip


def written(folder: Path, **texts: str) -> None:
    """Write files, each by its name without the suffix."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def messages(*arguments: Any) -> list[str]:
    """Return the lines of the error that `load` raises."""
    with pytest.raises(SpecError) as caught:
        load(*arguments)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_a_rule_is_reported_at_the_users_own_key(
    changes: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then come the inherited key, the spec that has it, and its line there."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, lean=f"extends: mf294m\n{changes}\n")
    lines = messages("lean.yaml")
    assert f"lean.yaml{expected}" in lines
    assert not [line for line in lines if not line.startswith("lean.yaml:")]


def test_in_a_chain_the_last_file_that_wrote_a_key_of_the_rule_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of a base is named by its file; a file that wrote no key of the rule is not."""
    monkeypatch.chdir(tmp_path)
    rule = f"must be a multiple of the 112 {EXPANDS}; use 672 or 784"
    written(
        tmp_path,
        base="extends: mf294m\nblocks:\n  9: {out: 112}\n  10: {exp: 784}\n",
        middle="extends: base.yaml\nblocks: {10: {exp: 768}}\n",
        top="extends: middle.yaml\nclasses: 10\n",
        other="extends: base.yaml\nblocks: {9: {out: 96}}\n",
    )
    assert messages("top.yaml") == [f"middle.yaml:2:20: blocks.10.exp = 768: {rule}"]
    assert messages("other.yaml") == [
        f"other.yaml:2:19: blocks.9.out = 96: blocks.10.exp = 784 (of base.yaml, line 4): must be a multiple of the 96 {EXPANDS}; use 768 or 864 for blocks.10.exp"
    ]  # fmt: skip


def test_a_setting_is_later_than_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several settings, the last one with a key of the rule is named; also the size of an input."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, own=yaml.safe_dump(yaml.safe_load(shipped()["mf294m"].read_text(encoding="utf-8"))))
    end = f"(of mf294m, line 16): must be a multiple of the 112 {EXPANDS}; use 672 or 784 for blocks.10.exp"
    assert messages("mf294m", ["blocks.9.out=112", "tokens.dim=96"]) == [
        f"--set blocks.9.out=112: blocks.10.exp = 768 {end}"
    ]
    assert messages("mf294m", ["blocks={9: {out: 112}}"]) == [
        f"--set blocks={{9: {{out: 112}}}}: blocks.9.out = 112: blocks.10.exp = 768 {end}"
    ]
    (line,) = messages("own.yaml", ["blocks.9.out=112"])
    assert line.startswith("--set blocks.9.out=112: blocks.10.exp = 768 (of own.yaml, line ")
    done = run("count", "own.yaml", "--set", "blocks.1.stride=2", "--input", "32", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "error: --input 32: input = 32: is too small: the last of the 6 layers of stride 2 would read a single pixel; use at least 33 pixels on each side\n",
    )


def test_the_width_multiplier_is_a_key_of_each_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inherited width becomes indivisible."""
    monkeypatch.chdir(tmp_path)
    written(
        tmp_path,
        lean="extends: mf294m\nbridge: {heads: 8}\nwidth: 0.75\n",
        wide="extends: mf294m\nbridge: {heads: 8}\n",
    )
    for reference, settings, place in (
        ("lean.yaml", [], "lean.yaml:2:17: bridge.heads = 8:"),
        ("wide.yaml", ["width=0.75"], "--set width=0.75:"),
    ):
        lines = messages(reference, settings)
        assert f"{place} blocks.1.out = 12 (of mf294m, line 7): must be a multiple of the bridge's 8 heads (after width 0.75); use 8 or 16 for blocks.1.out" in lines  # fmt: skip


def test_changes_in_python_are_named_as_change() -> None:
    """`replace`, and a mapping that extends."""
    with pytest.raises(SpecError) as caught:
        load("mf294m").replace(blocks={9: {"out": 112}})
    end = f"must be a multiple of the 112 {EXPANDS}; use 672 or 784 for blocks.10.exp"
    assert str(caught.value) == f"change: blocks.9.out = 112: blocks.10.exp = 768 (of mf294m): {end}"
    assert messages({"extends": "mf294m", "blocks": {9: {"out": 112}}}) == [
        f"spec: blocks.9.out = 112: blocks.10.exp = 768 (of mf294m, line 16): {end}"
    ]


def test_no_change_of_one_or_two_keys_is_reported_in_a_shipped_file(tmp_path: Path) -> None:
    """Shipped specs are valid, so the user's file has the cause of every problem."""
    blocks = [{"out": 20}, {"out": "same"}, {"exp": "none"}, {"exp": 30}, {"expand": 3}, {"stride": 1}, {"stride": 2}]
    blocks += [{"block": "lite"}, {"block": "mf"}, {"block": "mf-down"}, {"repeat": 0}, {"repeat": 2}, {"exp2": 50}]
    changes: list[dict[str, Any]] = [{"blocks": {at: block}} for at in (1, 2, 3, 8, 9, 12) for block in blocks]
    changes += [{"stem": 20}, {"width": 0.35}, {"groups": 3}, {"former": "none"}, {"tokens": "none"}, {"input": 8}]
    changes += [{"bridge": {"heads": 7}}, {"former": {"heads": 7}}, {"detector": "retinanet"}, {"blocks": []}]
    changes += [{"require": {"widths": "nondecreasing"}}, {"tokens": {"dim": 30}}, {"mobile": {"kernel": 4}}]
    broken = 0
    for name, (first, second) in itertools.product(("mf294m", "mf26m"), itertools.combinations(changes, 2)):
        if "blocks" in first and "blocks" in second:
            continue
        written(tmp_path, own=yaml.safe_dump({"extends": name, **first, **second}))
        try:
            load(tmp_path / "own.yaml")
        except SpecError as error:
            broken += 1
            assert {problem.mark.source for problem in error.problems} == {str(tmp_path / "own.yaml")}, str(error)
            assert all(problem.mark.line for problem in error.problems)
    assert broken > 1000


def test_annotations_are_in_the_repository(tmp_path: Path) -> None:
    """Also if a setting, or a file outside the repository, has the cause."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    written(outside, base="extends: mf294m\nblocks: {9: {out: 112}}\nbudget: {max: {madds: 1M}}\n")
    written(
        inside,
        lean="extends: mf294m\nblocks:\n  9: {out: 112}\n",
        far="extends: ../outside/base.yaml\n",
        good="extends: ../outside/base.yaml\nblocks: {9: {out: 128}}\n",
        both="extends: mf294m\nbudget: {max: {madds: 1M}, min: {madds: 2M}}\n",
    )

    def places(*arguments: str) -> list[str]:
        done = run("check", *arguments, "--format", "github", cwd=inside, GITHUB_WORKSPACE=str(inside))
        return [line[8:].partition(",title=")[0] for line in done.stdout.splitlines() if line.startswith("::error ")]

    assert places("lean.yaml") == ["file=lean.yaml,line=3,col=12"]
    assert places("good.yaml", "--set", "blocks.9.out=112") == ["file=good.yaml,line=1,col=1"]
    assert places("far.yaml") == ["file=far.yaml,line=1,col=1"]
    assert places("good.yaml") == ["file=good.yaml,line=1,col=1"]
    assert places("both.yaml") == ["file=both.yaml,line=2,col=23"]


def test_a_space_is_reported_at_its_own_choices(tmp_path: Path) -> None:
    """The blocks are those of the spec that it extends."""
    entries = "".join(f"  {at}: {{repeat: [0, 1]}}\n" for at in range(1, 13))
    written(tmp_path, space=f"extends: mf294m\nblocks:\n{entries}")
    done = run("explore", "count", "space.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "error: space.yaml:3:15: blocks.1.repeat = [0, 1]: blocks (of mf294m, line 7): 'repeat' can be 0 in every block: at least one block must be in all variants; remove 0 from one 'repeat'\n",
    )
