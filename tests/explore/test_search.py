"""Searches by a figure of one's own: every trial is a variant within the windows, and none is tried twice."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from effort import one_in
from explore.spaces import brute_force
from odd_devices import odd_device
from running import ROOT, need

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.errors import InputError
from mfprofile.explore.goals import Goal
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.search import Candidate, Search
from mfprofile.explore.space import read_space
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load
from mfprofile.spec.quantities import Window, window

Windows = list[tuple[Quantity, Window]]
BLOCKS: Mapping[str, Any] = {
    "input": 32,
    "classes": 5,
    "stem": 8,
    "tokens": [{"count": 2, "dim": 8}, {"count": 3, "dim": 16}],
    "blocks": [
        {"block": "lite", "expand": 2, "out": [8, 16]},
        [{"block": "mf", "expand": 2, "out": "same"}, {"block": "mf", "expand": 3, "out": 16, "kernel": 5}],
        {"block": "mf", "expand": 2, "out": ["same", 16, 24], "repeat": [0, 1, 2]},
    ],
    "former": [{}, {"ffn": False}, "none"],
    "mobile": {"activation": ["dy-relu", "relu"]},
    "head": {"fc": 5},
}
"""A space with lists in place of sections and blocks, and choices without effect."""


@pytest.fixture(autouse=True)
def _optuna() -> Iterator[None]:
    need("optuna")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(optuna.logging.INFO)


def _windows(**limits: str) -> Windows:
    names = [name.replace("_", ".") for name in limits]
    return [(quantity_of(name), window(text)) for name, text in zip(names, limits.values(), strict=True)]


@cache
def _bills(document: str) -> Mapping[str, Bill]:
    """Return the bill of each variant of a space by its content, from all combinations of its choices."""
    variants, _ = brute_force(yaml.safe_load(document))
    return {content_of(variant.spec): variant.bill for variant in variants}


def _tiny() -> Mapping[str, Bill]:
    return _bills((ROOT / "spaces" / "tiny.yaml").read_text(encoding="utf-8"))


def _within(bills: Mapping[str, Bill], windows: Windows) -> dict[str, Bill]:
    return {
        content: bill
        for content, bill in bills.items()
        if all(bill.amount(quantity.name) in limits for quantity, limits in windows)
    }


def _score(bill: Bill) -> float:
    """Return a figure in which choices act on each other: sizes of pillars, in proportion, and a wave of the depth."""
    params = {name: total.params for name, total in bill.pillars.items()}
    share = bill.pillars["former"].madds / bill.madds
    depth = len(bill.subject.blocks)  # type: ignore[union-attr]
    wave = 0.3 * math.sin(1.7 * depth) * math.log(bill.pillars["mobile"].madds)
    return math.log(bill.params) - 4000 * (share - 0.012) ** 2 + wave - abs(math.log(params["head"] / params["mobile"]))


def _run(search: Search, number: int) -> list[Candidate]:
    candidates = []
    while len(candidates) < number and (candidate := search.ask()) is not None:
        search.tell(candidate, _score(candidate.bill))
        candidates.append(candidate)
    return candidates


@pytest.mark.parametrize("sampler", one_in(3, ["tpe", "nsga2", "random"]))
def test_every_trial_is_a_variant_within_the_windows_that_was_not_tried(sampler: str) -> None:
    """What a trial stores is the bill of its variant, and its parameters are those that were evaluated."""
    windows = _windows(madds="3M:4M", former_madds="8k:")
    within = _within(_tiny(), windows)
    assert 100 < len(within) < 400
    search = Search(read_space("tiny"), windows, sampler=sampler, seed=3)
    candidates = _run(search, 60)
    contents = [candidate.content for candidate in candidates]
    assert len(set(contents)) == 60
    assert set(contents) <= set(within)
    assert [trial.number for trial in search.trials()] == list(range(60))
    for candidate, trial in zip(candidates, search.trials(), strict=True):
        bill, stored = within[candidate.content], trial.user_attrs
        assert (stored["madds"], stored["params"], stored["seed"]) == (bill.madds, bill.params, 3)
        assert stored["pillars"] == {
            name: {"madds": total.madds, "params": total.params} for name, total in bill.pillars.items()
        }
        assert count(stored["spec"]).madds == bill.madds
        assert trial.params == stored["choices"] == candidate.repaired.choices
        assert trial.value == _score(bill)
        assert json.loads(json.dumps(stored)) == stored
    best = max(range(60), key=lambda at: _score(within[contents[at]]))
    assert [trial.number for trial in search.best()] == [best]


def test_a_search_of_a_space_with_lists_of_blocks_ends_when_all_variants_are_tried(tmp_path: Path) -> None:
    """The study is kept in a file, so all parameters and attributes are written and read."""
    bills = _bills(yaml.safe_dump(dict(BLOCKS)))
    windows = _windows(params=f"{sorted(bill.params for bill in bills.values())[-12]}:")
    within = _within(bills, windows)
    assert 12 <= len(within) < 20
    storage = f"sqlite:///{tmp_path}/study.db"
    first = Search(read_space(BLOCKS), windows, storage=storage)
    tried = [candidate.content for candidate in _run(first, 4)]
    second = Search(read_space(BLOCKS), windows, storage=storage, seed=1)
    tried += [candidate.content for candidate in _run(second, 1000)]
    assert sorted(tried) == sorted(within)
    assert second.ask() is None
    assert len(second.trials()) == len(within)


def test_a_study_goes_on_only_with_what_it_searches(tmp_path: Path) -> None:
    """Another space, other windows, goals or another convention are refused, and so is a study of someone else."""
    import optuna

    storage = f"sqlite:///{tmp_path}/study.db"
    windows = _windows(madds=":4M")
    _run(Search(read_space("tiny"), windows, storage=storage), 3)
    assert len(Search(read_space("tiny"), windows, storage=storage).trials()) == 3
    assert not Search(read_space("tiny"), windows, storage=storage, name="other").trials()
    place = f"study 'tiny' of {storage}: its"
    remedy = "use the same as before, or another --name"
    refused: list[tuple[dict[str, Any], str]] = [
        ({"windows": _windows(madds=":5M")}, f"{place} windows are madds :4000000, not madds :5000000; {remedy}"),
        ({"windows": []}, f"{place} windows are madds :4000000, not none; {remedy}"),
        ({"goals": [Goal("loss")]}, f"{place} goals are value maximized, not loss minimized; {remedy}"),
        ({"convention": "paper"}, f"{place} convention is core, not paper; {remedy}"),
    ]
    for changes, message in refused:
        with pytest.raises(InputError) as error:
            Search(**{"space": read_space("tiny"), "windows": windows, "storage": storage, **changes})
        assert str(error.value) == message
    with pytest.raises(InputError, match=r"its space is tiny \(\w{8}\), not tiny \(\w{8}\)"):
        Search(read_space("tiny", ["classes=11"]), windows, storage=storage)
    study = optuna.create_study(study_name="own", storage=storage)
    study.tell(study.ask(), 1.0)
    with pytest.raises(InputError, match="is not one of 'mfprofile explore search'; use another --name"):
        Search(read_space("tiny"), windows, storage=storage, name="own")


def test_a_variant_that_failed_is_tried_again_only_by_another_search() -> None:
    """Pruned ones are not tried again at all."""
    windows = _windows(madds="3M:3.05M")
    number = len(_within(_tiny(), windows))
    assert 5 < number < 60
    search = Search(read_space("tiny"), windows)
    failed = search.ask()
    pruned = search.ask()
    assert failed is not None
    assert pruned is not None
    search.tell_failed(failed, "no memory")
    search.tell_pruned(pruned)
    contents = {candidate.content for candidate in _run(search, 1000)}
    assert contents == set(_within(_tiny(), windows)) - {failed.content, pruned.content}
    states = {trial.number: trial.state.name for trial in search.trials()}
    assert (states[failed.number], states[pruned.number]) == ("FAIL", "PRUNED")
    assert search.trials()[failed.number].user_attrs["reason"] == "no memory"


def test_a_proposal_of_ones_own_is_repaired_before_it_is_evaluated() -> None:
    """It is enqueued with Optuna; the variant is the nearest within the windows."""
    space = read_space("tiny")
    search = Search(space, _windows(madds=":3M"))
    largest = {choice.name: max(choice.values) for choice in space.choices}
    search.study.enqueue_trial(largest)
    candidate = search.ask()
    assert candidate is not None
    answer = search.feasible.repaired(largest)
    assert answer is not None
    assert candidate.repaired.changed == answer.changed > 0
    assert candidate.bill.madds <= 3_000_000


def test_several_goals_have_a_front_and_counted_ones_are_counted() -> None:
    """The front is that of the figures of all trials; latency is that of the model."""
    odd = find_convention("core").on(odd_device())
    goals = [Goal("latency"), Goal("former.madds + head.madds"), Goal("score", most=True)]
    search = Search(read_space("tiny"), goals=goals, sampler="nsga2", convention=odd)
    figures: dict[int, tuple[float, ...]] = {}
    for _ in range(60):
        candidate = search.ask()
        assert candidate is not None
        bill = count(candidate.spec, odd)
        counted = (bill.latency, bill.amount("former.madds") + bill.amount("head.madds"))
        stored = search.tell(candidate, {"score": _score(bill), "unused": 1.0})
        assert stored == [*counted, _score(bill)]
        figures[candidate.number] = (*counted, -_score(bill))
    front = [
        number
        for number, own in figures.items()
        if not any(
            other != own and all(map(float.__le__, map(float, other), map(float, own))) for other in figures.values()
        )
    ]
    assert 1 < len(front) < 40
    assert sorted(trial.number for trial in search.best()) == front


def test_what_is_not_a_figure_for_each_goal_is_refused() -> None:
    """The trial still runs, and takes what is right."""
    search = Search(read_space("tiny"), goals=[Goal("loss"), Goal("madds"), Goal("top1", most=True)], sampler="random")
    candidate = search.ask()
    assert candidate is not None
    for values, message in (
        (1.0, "returns 1 instead of 2 numbers: loss, top1"),
        ((1.0, 2.0, 3.0), "returns 3 instead of 2 numbers: loss, top1"),
        ({"loss": 1}, "returns no 'top1'; it returns 'loss'"),
        ((1.0, math.nan), "returns nan for top1; return a finite number"),
        ((None, 1.0), "returns a value of type NoneType for loss; return a number"),
    ):
        with pytest.raises(InputError) as error:
            search.tell(candidate, values)  # type: ignore[arg-type]
        assert str(error.value) == message
    assert search.tell(candidate, (0.5, 0.7)) == [0.5, float(candidate.bill.madds), 0.7]


def test_goals_that_need_no_search_and_unknown_samplers_are_refused() -> None:
    """The message names the command that answers."""
    space = read_space("tiny")
    for changes, message in (
        (
            {"goals": [Goal("madds")]},
            "all goals are counted, so nothing must be trained; use 'explore best' or 'explore front'",
        ),
        ({"goals": [Goal("a"), Goal("a", most=True)]}, "a: is a goal twice; give it once"),
        ({"goals": [Goal("a"), Goal("latency")]}, "latency: latency needs a latency model; use --latency-model FILE"),
        ({"sampler": "tpee"}, "--sampler 'tpee': unknown sampler; did you mean 'tpe'?"),
    ):
        with pytest.raises(InputError) as error:
            Search(space, **changes)  # type: ignore[arg-type]
        assert str(error.value) == message


def test_a_seed_gives_the_same_trials() -> None:
    """Another seed gives others."""
    runs = []
    for seed in (5, 5, 6):
        search = Search(read_space("mf294m-stages"), _windows(madds="290M:300M"), seed=seed)
        runs.append([candidate.content for candidate in _run(search, 6)])
    assert runs[0] == runs[1]
    assert not set(runs[0]) & set(runs[2])


@pytest.mark.slow
def test_the_best_of_tiny_is_reached_in_fewer_trials_than_by_random_draws() -> None:
    """Random draws without replacement reach the best of N variants in (N + 1) / 2 trials: median and mean."""
    windows = _windows(madds=":4M")
    within = _within(_tiny(), windows)
    best = max(map(_score, within.values()))
    trials = []
    for seed in range(10):
        search = Search(read_space("tiny"), windows, seed=seed)
        while (candidate := search.ask()) is not None:
            if search.tell(candidate, _score(candidate.bill)) == [best]:
                break
        assert all(trial.user_attrs["content"] in within for trial in search.trials())
        trials.append(len(search.trials()))
    print(f"{len(within)} variants: {sorted(trials)} trials")  # noqa: T201
    assert median(trials) < (len(within) + 1) / 2 / 4
    assert load(search.best()[0].user_attrs["spec"])
