"""A space without a variant says which rules its combinations break, at their keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import run

from mfprofile.explore.count import count_space
from mfprofile.explore.invalid import broken_rules
from mfprofile.explore.space import read_space

TEXT = """\
tokens: {count: 2, dim: 8}
stem: [16, 8]
blocks:
  - {block: lite, exp: 16, out: [8, 16]}
  - {block: mf, exp: [32, 64], out: 16}
head: {fc: 4}
"""
QUERIES = (["sample", "-n", "2"], ["front"], ["best", "--maximize", "params"], ["list"])
WINDOW = ["--madds", ":300M"]
BOTH = "blocks.2.expand = 4: 'exp' is also given; keep one of the two"
NO_FORMER = "DY-ReLU needs Former's first token, but there is no Former; add 'mobile: {activation: relu}'"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("exp: [32, 64]", "exp: [32, 64], expand: 4", f"space.yaml:5:40: {BOTH}"),
        ("exp: [32, 64]", "exp: 32, expand: [4, 5]", f"space.yaml:5:35: {BOTH}"),
        ("tokens: {count: 2, dim: 8}", "former: none\nmobile: {activation: dy-relu}", f"space.yaml:2:22: mobile.activation = 'dy-relu': {NO_FORMER}"),
        ("tokens: {count: 2, dim: 8}", "former: [none]", f"space.yaml:1:10: former = 'none': mobile.activation = 'dy-relu' (the default): {NO_FORMER}"),
        ("tokens: {count: 2, dim: 8}", "tokens: {count: [2, 3], dim: [6, 10]}\nbudget: {madds: [1, 2]}", "space.yaml:1:31: tokens.dim = 6: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 4 or 8"),
    ],
    ids=range(5),
)  # fmt: skip
def test_the_broken_rule_and_its_key_are_named_by_every_query(old: str, new: str, reason: str, tmp_path: Path) -> None:
    """`count` answers 0 and exits with 0; the queries for variants exit with 1, also with a window."""
    assert old in TEXT
    (tmp_path / "space.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    line = f"the first combination breaks a rule: {reason}"
    for windows in ([], WINDOW):
        counted = run("explore", "count", "space.yaml", *windows, cwd=tmp_path)
        assert (counted.returncode, counted.stderr) == (0, "")
        assert line in counted.stdout.splitlines()
        for query in QUERIES:
            done = run("explore", *query, "space.yaml", *windows, cwd=tmp_path)
            first = "space: has no variant: each combination of its choices is invalid"
            assert (done.returncode, done.stderr.splitlines()) == (1, [first, line])
    counts = json.loads(run("explore", "count", "space.yaml", "--json", cwd=tmp_path).stdout)
    assert (counts["size"], counts["broken_rules"]) == (0, [reason])


def test_a_rule_that_other_combinations_keep_is_not_the_reason(tmp_path: Path) -> None:
    """The first `exp` is no multiple of 16, and the second is one. `exp` and `expand` are always given together."""
    text = TEXT.replace("lite, exp: 16", "lite, exp: [24, 32]").replace("exp: [32, 64]", "exp: 64, expand: 4")
    (tmp_path / "space.yaml").write_text(text, encoding="utf-8")
    space = read_space(tmp_path / "space.yaml")
    assert count_space(space).size == 0
    assert [problem.path for problem in broken_rules(space)] == ["blocks.2.expand"]


def test_of_many_rules_the_first_three_are_shown(tmp_path: Path) -> None:
    """JSON has all of them."""
    text = TEXT.replace("head", "  - {block: mf, exp: 16, expand: 1, out: [8, 16]}\n" * 5 + "head")
    (tmp_path / "space.yaml").write_text(text, encoding="utf-8")
    done = run("explore", "sample", "space.yaml", cwd=tmp_path)
    assert len(done.stderr.splitlines()) == 5
    assert done.stderr.endswith("\n… and 2 more\n")
    counts = json.loads(run("explore", "count", "space.yaml", "--json", cwd=tmp_path).stdout)
    assert len(counts["broken_rules"]) == 5


def test_a_space_with_variants_has_no_such_line() -> None:
    """Also if no variant is within the windows."""
    assert "broken_rules" not in json.loads(run("explore", "count", "tiny", "--madds", ":1", "--json").stdout)
    assert broken_rules(read_space("tiny")) == []
