"""The variant within windows nearest to a proposal, against all combinations of a space's choices, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
import yaml
from effort import nightly_but, part_of
from explore.brute import Place, choices_of, random_space, with_values
from explore.networks import Data, figures_of, network_of
from explore.spaces import brute_force
from odd_devices import odd_device
from running import ROOT

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.errors import InputError
from mfprofile.explore.feasible import Feasible
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec.quantities import Window, window

SUMS: Mapping[str, Mapping[str, int]] = {
    "madds": {"madds": 1},
    "params": {"params": 1},
    "former.madds": {"former.madds": 1},
    "mobile.params": {"mobile.params": 1},
    "former.madds + bridge.madds": {"former.madds": 1, "bridge.madds": 1},
    "params - 2*head.params": {"params": 1, "head.params": -2},
}
Windows = list[tuple[Quantity, Window]]


class Combination(NamedTuple):
    """A valid combination of values, as their texts by the names of the choices, and what its network costs."""

    values: Mapping[str, str]
    figures: Mapping[str, int]


def _combinations(document: Data) -> list[Combination]:
    """Return every combination of the choices of a document that the rules allow, also of equal networks."""
    choices = dict(choices_of(document))
    combinations, figures = [], {}
    for values in product(*choices.values()):
        assignment = dict(zip(choices, values, strict=True))
        network, keeps_rules = network_of(with_values(document, assignment))
        if keeps_rules:
            figures.setdefault(network, figures_of(network))
            combinations.append(Combination(_texts(assignment), figures[network]))
    return combinations


def _texts(assignment: Mapping[Place, Any]) -> dict[str, str]:
    return {_name(place): repr(value) for place, value in assignment.items()}


def _name(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _sum(figures: Mapping[str, int], name: str) -> int:
    return sum(times * figures[part] for part, times in SUMS[name].items())


def _windows(rng: Random, combinations: Sequence[Combination]) -> Windows:
    windows = []
    for name in rng.sample(list(SUMS), rng.randint(0, 3)):
        low, high = sorted(_sum(rng.choice(combinations).figures, name) + rng.randint(-1, 1) for _ in range(2))
        side = rng.choice(["both", "both", "least", "most"])
        windows.append((quantity_of(name), Window(None if side == "most" else low, None if side == "least" else high)))
    return windows


def _least(combinations: Sequence[Combination], proposal: Mapping[str, str], windows: Windows) -> int | None:
    """Return in how few choices a combination within the windows can differ from a proposal."""
    distances = [
        sum(each.values[name] != value for name, value in proposal.items())
        for each in combinations
        if all(_sum(each.figures, quantity.name) in window for quantity, window in windows)
    ]
    return min(distances, default=None)


def _judged(seeds: range, folder: Path) -> tuple[int, int, int]:
    """Compare repairs on one random space for each seed; return how many there were, with none, and of a change."""
    answers: list[int | None] = []
    for seed in seeds:
        (folder / str(seed)).mkdir()
        rng = Random(seed)
        source = random_space(rng, folder / str(seed))
        space, combinations = read_space(source.file, source.settings), _combinations(source.document)
        for _ in range(6 if combinations else 0):
            windows = _windows(rng, combinations)
            feasible = Feasible(space, windows)
            for _ in range(4):
                proposal = {choice.name: rng.choice(choice.values) for choice in space.choices}
                texts = {name: repr(value) for name, value in proposal.items()}
                answer = feasible.repaired(proposal, rng.randint(0, 99))
                expected = _least(combinations, texts, windows)
                label = f"seed {seed}: {windows} {proposal}\n{yaml.safe_dump(source.document)}"
                answers.append(None if answer is None else answer.changed)
                assert answers[-1] == expected, label
                if answer is not None:
                    assert answer.exact
                    assert sum(repr(answer.choices[name]) != text for name, text in texts.items()) == expected, label
                    network, keeps_rules = network_of(answer.spec())
                    assert keeps_rules, label
                    figures = figures_of(network)
                    assert all(_sum(figures, quantity.name) in window for quantity, window in windows), label
    return len(answers), answers.count(None), sum(bool(answer) for answer in answers)


def test_a_repair_changes_as_few_choices_as_any_combination_of_a_random_space(tmp_path: Path) -> None:
    """Spaces have lists in place of blocks, idle choices, and values that mean the same; one window to three."""
    number, none, changed = _judged(range(10), tmp_path)
    assert number > 150
    assert none > 0
    assert changed > number / 4


TINY = "tiny"
ODD = find_convention("core").on(odd_device())
"""The arithmetic of `core` with a latency model."""
THIN = {"madds": "4M:4.1M", "params": "50k:60k", "former.madds": "20k:"}


def _within(**limits: str) -> Windows:
    names = {name.replace("_", "."): text for name, text in limits.items()}
    kinds = {name: "time" if "latency" in name else "count" for name in names}
    return [(quantity_of(name), window(text, kinds[name])) for name, text in names.items()]


def test_all_variants_of_tiny_within_windows_come_in_the_order_of_their_differences() -> None:
    """They are those of the bills of all combinations, in latency too, and the first is the nearest of them."""
    windows = _within(madds="3.5M:4.4M", latency="100us:150us", former_madds="10k:")
    document = yaml.safe_load((ROOT / "spaces" / "tiny.yaml").read_text(encoding="utf-8"))
    expected = set()
    for variant in brute_force(document, ODD)[0]:
        if all(variant.bill.amount(quantity.name) in limits for quantity, limits in windows):
            expected.add(variant.network)
    assert 20 < len(expected) < 600
    space = read_space(TINY)
    proposal = {choice.name: choice.values[-1] for choice in space.choices}
    answers = list(Feasible(space, windows, ODD).nearest(proposal))
    assert {network_of(answer.spec())[0] for answer in answers} == expected
    assert [answer.changed for answer in answers] == sorted(answer.changed for answer in answers)


def test_equally_near_variants_come_in_an_order_that_the_seed_decides() -> None:
    """One seed always gives the same variant, and several seeds give several of the nearest."""
    space = read_space("mf294m-stages")
    feasible = Feasible(space, _within(madds="290M:300M"))
    proposal = {choice.name: choice.values[0] for choice in space.choices}
    answers = [feasible.repaired(proposal, seed) for seed in (*range(8), *range(8))]
    choices = [repr(answer.choices) for answer in answers if answer is not None]
    assert choices[:8] == choices[8:]
    assert len(set(choices)) > 1
    assert {answer.changed for answer in answers if answer is not None} == {3}


def test_a_search_that_reaches_its_limit_returns_a_variant_that_is_not_called_the_nearest() -> None:
    """The variant is within the windows; and the answer that there is none is exact at any limit."""
    space = read_space(TINY)
    proposal = {choice.name: choice.values[0] for choice in space.choices}
    exact = Feasible(space, _within(**THIN)).repaired(proposal)
    assert exact is not None
    assert exact.exact
    for nodes in (0, 5):  # drawn from all, and the first that is seen
        near = Feasible(space, _within(**THIN)).repaired(proposal, nodes=nodes)
        assert near is not None
        assert not near.exact
        assert exact.changed <= near.changed
        bill = count(near.spec())
        assert all(bill.amount(quantity.name) in limits for quantity, limits in _within(**THIN))
        assert sum(value != proposal[name] for name, value in near.choices.items()) == near.changed
    none = _within(madds="4_000_001:4_000_001", params="50k:60k")
    assert [Feasible(space, none).repaired(proposal, nodes=nodes) for nodes in (0, 1000)] == [None, None]


def test_a_proposal_that_is_no_assignment_of_the_choices_is_refused() -> None:
    """The message names the choice and its values."""
    space = read_space(TINY)
    feasible, proposal = Feasible(space), {choice.name: choice.values[0] for choice in space.choices}
    for changes, message in (
        ({"head.fc": 48}, "head.fc: 48 is not one of its values; use one of 32, 64"),
        ({"former.ffn": 1}, "former.ffn: 1 is not one of its values; use one of true, false"),
        ({"head.f": 32}, "tiny: 'head.f' is not a choice; did you mean 'head.fc'?"),
    ):
        with pytest.raises(InputError) as error:
            feasible.repaired({**proposal, **changes})
        assert str(error.value) == message
    del proposal["input"]
    with pytest.raises(InputError) as error:
        feasible.repaired(proposal)
    assert str(error.value) == "tiny: the proposal has no value for input; give one for each choice"


@pytest.mark.parametrize("first", nightly_but(2, range(2000, 2200, 50)))
def test_a_repair_changes_as_few_choices_as_any_combination_of_many_random_spaces(first: int, tmp_path: Path) -> None:
    """The seed of a space that fails is in the message."""
    number = part_of(50)
    assert _judged(range(first, first + number), tmp_path)[0] > 16 * number
