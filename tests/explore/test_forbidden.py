"""The combinations that rules forbid, counted by rule, against each combination as a spec of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import product
from pathlib import Path
from random import Random

import pytest
from effort import nightly_but
from explore.brute import choices_of, random_space, with_values
from explore.networks import Network, network_of
from running import run

from mfprofile.errors import SpecError
from mfprofile.explore.count import count_space
from mfprofile.explore.edges import in_general
from mfprofile.explore.forbidden import forbidden
from mfprofile.explore.space import read_space
from mfprofile.spec.load import load

SPACE = """\
tokens: {count: 2, dim: [8, 6]}
stem: [16, 8]
blocks:
  - {block: lite, exp: [16, 24], out: [8, 16]}
  - {block: mf, exp: 32, out: 16}
head: {fc: 4}
"""
EXP = (
    "space.yaml:4:25: blocks.1.exp = 24: must be a multiple of the 16 input channels: a depthwise convolution expands "
    "them; use 16 or 32"
)
DIM = "space.yaml:1:26: tokens.dim = 6: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 4 or 8"


def _broken_by_each(document: dict[str, object]) -> dict[str, int]:
    """Return, by rule, the number of networks for which every combination that makes them breaks it."""
    choices = dict(choices_of(document))
    broken: dict[Network, list[set[str]]] = defaultdict(list)
    for values in product(*choices.values()):
        data = with_values(document, dict(zip(choices, values, strict=True)))
        try:
            load(data)
            rules = set()
        except SpecError as error:
            rules = {in_general(problem.rule) for problem in error.problems}
        broken[network_of(data)[0]].append(rules)
    common = [set.intersection(*rules) for rules in broken.values()]
    return {rule: sum(rule in rules for rules in common) for rule in set().union(*common)}


def _check(seeds: range, folder: Path) -> int:
    """Compare the numbers of some random spaces, and return how many numbers there were."""
    numbers = 0
    for seed in seeds:
        (folder / str(seed)).mkdir()
        source = random_space(Random(seed), folder / str(seed))
        space = read_space(source.file, source.settings)
        rules = forbidden(space)
        expected = _broken_by_each(source.document)
        assert {in_general(each.problem.rule): each.number for each in rules} == expected, f"seed {seed}"
        skipped = count_space(space).skipped
        assert max(expected.values(), default=0) <= skipped <= sum(expected.values()), f"seed {seed}"
        numbers += len(rules)
    return numbers


def test_the_numbers_of_random_spaces_are_those_of_each_combination_alone(tmp_path: Path) -> None:
    """Among the seeds are spaces in which kernels without effect and the end of the network break rules."""
    assert _check(range(146, 147), tmp_path) + _check(range(160, 162), tmp_path) + _check(range(8), tmp_path) > 8


@pytest.mark.parametrize("first", nightly_but(4, range(400, 500, 25)))
def test_the_numbers_of_many_random_spaces_are_those_of_each_combination_alone(first: int, tmp_path: Path) -> None:
    """Rules that several combinations of one network break count once."""
    assert _check(range(first, first + 25), tmp_path) > 8


def test_count_names_each_rule_with_an_example_and_its_remedy(tmp_path: Path) -> None:
    """A combination can break two rules: 8 + 4 are more than the 10 that are skipped."""
    (tmp_path / "space.yaml").write_text(SPACE, encoding="utf-8")
    done = run("explore", "count", "space.yaml", cwd=tmp_path)
    assert done.stdout.splitlines()[:4] == [
        "space: 6 variants",
        "10 invalid combinations are skipped",
        f"8 with: {DIM} (tokens.dim 6, stem 8, blocks.1 exp 16 out 8)",
        f"4 with: {EXP} (tokens.dim 8, stem 16, blocks.1 exp 24 out 8)",
    ]
    counts = json.loads(run("explore", "count", "space.yaml", "--json", cwd=tmp_path).stdout)
    assert [(each["combinations"], each["problem"]) for each in counts["forbidden"]] == [(8, DIM), (4, EXP)]
    assert counts["forbidden"][1]["choices"] == {
        "tokens.dim": 8,
        "stem": 16,
        "blocks.1.exp": 24,
        "blocks.1.out": 8,
    }
    assert counts["left_out"] == 10


def test_an_example_breaks_no_other_rule_if_one_breaks_only_this(tmp_path: Path) -> None:
    """Its choices as `--set` give the same problem, and no other one."""
    (tmp_path / "space.yaml").write_text(SPACE, encoding="utf-8")
    choices = json.loads(run("explore", "count", "space.yaml", "--json", cwd=tmp_path).stdout)["forbidden"][1][
        "choices"
    ]
    done = run("count", "space.yaml", *(f"--set={name}={value}" for name, value in choices.items()), cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "24: must be a multiple of the 16 input channels" in done.stderr


def test_a_space_without_invalid_combinations_has_no_such_lines() -> None:
    """JSON has an empty list."""
    assert forbidden(read_space("tiny")) == []
    counts = json.loads(run("explore", "count", "tiny", "--json").stdout)
    assert (counts["left_out"], counts["forbidden"]) == (0, [])
