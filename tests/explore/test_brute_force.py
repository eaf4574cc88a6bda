"""Every query on random spaces, against networks that are enumerated and counted by a second arithmetic."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import le
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from effort import nightly_but, part_of
from explore.brute import RandomSpace, Variants, choices_of, put, random_space, variants_of
from explore.networks import PILLARS, Network, figures_of, network_of
from running import run

from mfprofile.explore import slices
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.nearest import nearest
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.variant import Variant
from mfprofile.spec.quantities import Window
from mfprofile.view.listing import listing

SUMS: Mapping[str, Mapping[str, int]] = {
    "madds": {"madds": 1},
    "params": {"params": 1},
    "former.madds": {"former.madds": 1},
    "mobile.params": {"mobile.params": 1},
    "head.params": {"head.params": 1},
    "former.madds + bridge.madds": {"former.madds": 1, "bridge.madds": 1},
    "params - 2*head.params": {"params": 1, "head.params": -2},
}
NAMES = ["madds", "params", *(f"{pillar}.{name}" for pillar in PILLARS for name in ("madds", "params"))]
Windows = list[tuple[Quantity, Window]]


def _sum(figures: Mapping[str, int], name: str) -> int:
    return sum(times * figures[part] for part, times in SUMS[name].items())


@dataclass
class Judge:
    """Compares the answers for one random space with brute force, and counts the comparisons."""

    source: RandomSpace
    rng: Random
    label: str
    variants: Variants = field(init=False)
    space: Space = field(init=False)
    comparisons: int = 0

    def __post_init__(self) -> None:
        self.variants = variants_of(self.source.document)
        self.space = read_space(self.source.file, self.source.settings)

    def same(self, answer: Any, expected: Any) -> None:
        """Count one comparison, and fail with the seed and the space."""
        self.comparisons += 1
        assert answer == expected, f"{self.label}\n--set {self.source.settings}\n{yaml.safe_dump(self.source.document)}"

    def windows(self, most: int, sides: Sequence[str] = ("both", "least", "most")) -> Windows:
        """Return up to `most` windows; their ends are sums of variants, or differ from them by 1."""
        windows = []
        for name in self.rng.sample(list(SUMS), most):
            sums = sorted({_sum(figures, name) for figures in self.variants.figures.values()})
            low, high = sorted(self.rng.choice(sums) + self.rng.randint(-1, 1) for _ in range(2))
            side = self.rng.choice(sides)
            windows.append(
                (quantity_of(name), Window(None if side == "most" else low, None if side == "least" else high))
            )
        return windows

    def inside(self, windows: Windows) -> dict[Network, Mapping[str, int]]:
        """Return the variants within windows."""
        return {
            network: figures
            for network, figures in self.variants.figures.items()
            if all(_sum(figures, quantity.name) in window for quantity, window in windows)
        }

    def networks(self, variants: Sequence[Variant]) -> list[Network]:
        """Return the networks of variants; each has the figures that brute force counts, and its own choices."""
        networks = []
        for variant in variants:
            network, keeps_rules = network_of(variant.spec())
            assert keeps_rules, self.label
            assert {name: variant.figures[name] for name in NAMES} == figures_of(network), self.label
            networks.append(network)
        self.same(len({repr(variant.choices) for variant in variants}), len(variants))
        return networks


def _count(judge: Judge) -> None:
    size = len(judge.variants.figures)
    for number in range(5) if size else (0,):
        windows = judge.windows(number)
        counted = count_space(judge.space, windows)
        within = len(judge.inside(windows))
        judge.same((counted.size, counted.skipped), (size, judge.variants.refused))
        judge.same((counted.within.lower, counted.within.upper), (within, within))
        for quantity, window in windows:
            judge.same(counted.alone[quantity.name].lower, len(judge.inside([(quantity, window)])))


def _best(judge: Judge) -> None:
    name, most = judge.rng.choice(list(SUMS)), judge.rng.random() < 0.5
    windows = judge.windows(judge.rng.randint(0, 4))
    sums = sorted((_sum(figures, name) for figures in judge.inside(windows).values()), reverse=most)
    for number in (1, 5, len(judge.variants.figures) + 1):
        variants = best(judge.space, Objective(quantity_of(name), most), windows, number)
        judge.same([variant.figures[name] for variant in variants], sums[:number])
        judge.same(set(judge.networks(variants)) - set(judge.inside(windows)), set())


def _front(judge: Judge) -> None:
    """Two or three sums within up to four windows, some of them on these sums and on their better side."""
    names = judge.rng.sample(list(SUMS), judge.rng.choice([2, 2, 3]))
    signs = [judge.rng.choice([-1, 1]) for _ in names]
    windows = judge.windows(judge.rng.randint(0, 4))
    within = judge.inside(windows)
    points = {
        tuple(sign * _sum(figures, name) for name, sign in zip(names, signs, strict=True))
        for figures in within.values()
    }
    expected = [one for one in points if not any(two != one and all(map(le, two, one)) for two in points)]
    goals = [Objective(quantity_of(name), sign < 0) for name, sign in zip(names, signs, strict=True)]
    variants = front(judge.space, goals, windows)
    answers = [tuple(sign * each.figures[name] for name, sign in zip(names, signs, strict=True)) for each in variants]
    judge.same(sorted(answers), sorted(expected))
    judge.same(set(judge.networks(variants)) - set(within), set())


def _sample(judge: Judge) -> None:
    """Draw more variants than there are: that is all of them, each once, so every rank is another network."""
    windows = judge.windows(judge.rng.randint(0, 2))
    within = judge.inside(windows)
    for number in (len(within) + 3, 4):
        networks = judge.networks(sample_space(judge.space, number, judge.rng.randint(0, 99), windows))
        judge.same((len(networks), len(set(networks))), (min(number, len(within)),) * 2)
        judge.same(set(networks) - set(within), set())


def _list(judge: Judge) -> None:
    windows = judge.windows(judge.rng.randint(0, 2))
    lines = list(csv.DictReader(io.StringIO("".join(listing(judge.space, windows, "core")))))
    expected = [tuple(str(figures[name]) for name in NAMES) for figures in judge.inside(windows).values()]
    judge.same(Counter(tuple(line[name] for name in NAMES) for line in lines), Counter(expected))
    names = [choice.name for choice in judge.space.choices]
    judge.same(len({tuple(line[name] for name in names) for line in lines}), len(lines))


def _nearest(judge: Judge) -> None:
    windows = judge.windows(judge.rng.randint(1, 2), ("both",))
    sides = nearest(judge.space, windows)
    for at, (quantity, window) in enumerate(windows):
        others = judge.inside([*windows[:at], *windows[at + 1 :]])
        sums = [_sum(figures, quantity.name) for figures in others.values()]
        below = max((each for each in sums if each < (window.least or 0)), default=None)
        above = min((each for each in sums if each > (window.most or 0)), default=None)
        answer = sides[quantity.name]
        if answer.left_open:  # the other window excludes all, so it is left open
            judge.same((len(windows), len(others), sums), (2, 0, []))
            sums = [_sum(figures, quantity.name) for figures in judge.inside([]).values()]
            below = max((each for each in sums if each < (window.least or 0)), default=None)
            above = min((each for each in sums if each > (window.most or 0)), default=None)
        figures = [None if side is None else side.figures[quantity.name] for side in (answer.below, answer.above)]
        judge.same(figures, [below, above])


def _effects(judge: Judge) -> None:
    """Change the choices that a variant does not have: none of their values makes another network."""
    choices = dict(choices_of(judge.source.document))
    for variant in sample_space(judge.space, 3, 1):
        network, _ = network_of(variant.spec())
        for place in set(choices) - set(variant.assignment):
            others = []
            for value in choices[place]:
                put(spec := variant.spec(), place, value)
                others.append(network_of(spec)[0])
            judge.same(set(others), {network})


def _files(judge: Judge) -> None:
    """Compare the files of a sample with the specs and the figures of its JSON."""
    folder = judge.source.file.parent / "drawn"
    settings = [argument for setting in judge.source.settings for argument in ("--set", setting)]
    done = run("explore", "sample", str(judge.source.file), *settings, "-n", "3", "--output", str(folder), "--json")
    listed = json.loads(done.stdout)
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.iterdir())]
    judge.same([network_of(data) for data in files], [network_of(variant["spec"]) for variant in listed])
    judge.same({network_of(data)[0] for data in files} - set(judge.variants.figures), set())
    figures = [figures_of(network_of(data)[0]) for data in files]
    judge.same(
        [(each["madds"], each["params"]) for each in listed], [(each["madds"], each["params"]) for each in figures]
    )


def _comparisons(seeds: range, folder: Path) -> int:
    """Return the number of comparisons on one random space for each seed."""
    comparisons = 0
    for seed in seeds:
        (folder / str(seed)).mkdir()
        rng = Random(seed)
        judge = Judge(random_space(rng, folder / str(seed)), rng, f"seed {seed}")
        _count(judge)
        if judge.variants.figures:
            for query in (_best, _front, _sample, _list, _nearest, _effects):
                query(judge)
            if seed % 10 == 0:
                _files(judge)
        comparisons += judge.comparisons
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {comparisons:,} comparisons")  # noqa: T201
    return comparisons


def test_every_query_on_random_spaces_is_answered_as_by_brute_force(tmp_path: Path) -> None:
    """Each seed is one space; the seed of a space that fails is in the message."""
    assert _comparisons(range(6), tmp_path) > 100


def test_every_query_on_chains_in_many_parts_is_answered_as_by_brute_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each chain is split as far as it can be."""
    monkeypatch.setattr(slices, "_SLICES", 1000)
    monkeypatch.setattr(slices, "_LARGE", 1)
    monkeypatch.setattr(slices, "_SMALLEST", 1)
    assert _comparisons(range(12, 18), tmp_path) > 100


@pytest.mark.parametrize("first", nightly_but(2, range(1000, 1100, 25)))
def test_every_query_on_many_random_spaces_is_answered_as_by_brute_force(first: int, tmp_path: Path) -> None:
    """All of them together make some thousand comparisons."""
    number = part_of(25)
    assert _comparisons(range(first, first + number), tmp_path) > 20 * number


@pytest.mark.parametrize("first", nightly_but(3, range(2000, 2100, 25)))
def test_every_query_on_many_chains_in_parts_is_answered_as_by_brute_force(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a few parts, or in as many as there can be."""
    monkeypatch.setattr(slices, "_SLICES", 1000 if first % 50 else 8)
    monkeypatch.setattr(slices, "_LARGE", 1)
    monkeypatch.setattr(slices, "_SMALLEST", 1)
    number = part_of(25)
    assert _comparisons(range(first, first + number), tmp_path) > 20 * number


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make queries search the smallest settings as they search large ones, and give up the first search at once."""
    monkeypatch.setattr("mfprofile.explore.leaders._WIDTH", 1)
    monkeypatch.setattr("mfprofile.explore.leaders._SHORT", 2000)
    monkeypatch.setattr("mfprofile.explore.front._SMALL", 0)


def _searches(seeds: range, folder: Path) -> int:
    comparisons = 0
    for seed in seeds:
        (folder / str(seed)).mkdir()
        rng = Random(seed)
        judge = Judge(random_space(rng, folder / str(seed)), rng, f"seed {seed}")
        for _ in range(3 if judge.variants.figures else 0):
            _best(judge)
            _front(judge)
        comparisons += judge.comparisons
    return comparisons


@pytest.mark.usefixtures("nothing_is_small")
def test_the_searches_of_large_settings_are_right_on_small_ones(tmp_path: Path) -> None:
    """The best and the front of random spaces, none of which is visited variant by variant."""
    assert _searches(range(200, 206), tmp_path) > 50


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("first", nightly_but(2, range(2000, 2080, 20)))
def test_the_searches_of_large_settings_are_right_on_many_small_ones(first: int, tmp_path: Path) -> None:
    """The same on more spaces."""
    number = part_of(20)
    assert _searches(range(first, first + number), tmp_path) > 10 * number
