"""A key that a rule needs and no choice gives is an error of the space, for every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import run

TEXT = """\
tokens: {count: 2, dim: 8}
stem: [8, 16]
blocks:
  - {block: lite, exp: 16, out: 8}
  - {block: mf-down, exp: 48, out: 16}
  - {block: mf, exp: [32, 64], out: 16}
head: {fc: 4}
"""
NEEDS = "needs 'exp' (channels) or 'expand' (ratio to the input channels)"
TOKENS = "tokens: is missing: Former needs tokens; add it, or 'former: none'"
COMMANDS = (["count"], ["sample", "-n", "2"], ["front"], ["best", "--maximize", "params"], ["list"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("exp: 48, ", "", f"space.yaml:5:5: blocks.2 = {{block: 'mf-down', out: 16}}: {NEEDS}"),
        ("exp: [32, 64]", "kernel: [3, 5]", f"space.yaml:6:5: blocks.3 = {{block: 'mf', kernel: [3, 5], out: 16}}: {NEEDS}"),
        ("exp: [32, 64]", "repeat: [0, 1]", f"space.yaml:6:5: blocks.3 = {{block: 'mf', repeat: [0, 1], out: 16}}: {NEEDS}"),
        ("{block: mf, exp: [32, 64], out: 16}", "[{block: mf, exp: 32, out: 16}, {block: mf, out: 32}]", f"space.yaml:6:37: blocks.3 = {{block: 'mf', out: 32}}: {NEEDS}"),
        ("tokens: {count: 2, dim: 8}\n", "", f"space.yaml:1:1: {TOKENS}"),
        ("tokens: {count: 2, dim: 8}", "former: [{heads: 2}, {heads: 4}]", f"space.yaml:1:9: former = [{{heads: 2}}, {{heads: 4}}]: {TOKENS}"),
    ],
    ids=range(6),
)  # fmt: skip
def test_a_missing_key_is_reported_by_every_command(old: str, new: str, message: str, tmp_path: Path) -> None:
    """No variant could be counted without it."""
    assert old in TEXT
    (tmp_path / "space.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    for command in COMMANDS:
        done = run("explore", *command, "space.yaml", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_key_that_a_space_removes_is_reported_at_its_removal(tmp_path: Path) -> None:
    """The spec that it extends has the key."""
    (tmp_path / "space.yaml").write_text("extends: mf294m\nstem: [16, 24]\ntokens: none\n", encoding="utf-8")
    done = run("explore", "count", "space.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: space.yaml:3:9: {TOKENS}\n")


def test_a_space_without_former_needs_no_tokens(tmp_path: Path) -> None:
    """Also if it is a choice of one value."""
    text = TEXT.replace("tokens: {count: 2, dim: 8}", "former: [none]\nmobile: {activation: relu}")
    (tmp_path / "space.yaml").write_text(text, encoding="utf-8")
    done = run("explore", "count", "space.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "space: 4 variants\n"
