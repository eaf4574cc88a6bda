"""Parts of a chain: each path is in exactly one, and the answers of the parts make that of the whole chain."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from explore.brute import random_space

from mfprofile.explore import slices
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import count_space
from mfprofile.explore.join import extreme
from mfprofile.explore.labels import undominated, undominated_paths
from mfprofile.explore.parts import WHOLE, half_paths, part_of, parts_of, whole
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.settings import global_settings
from mfprofile.explore.slices import jobs_of, slices_of
from mfprofile.explore.space import Space, read_space
from mfprofile.explore.sums import paths_from_start
from mfprofile.explore.work import Question
from mfprofile.spec.quantities import Window

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")


def _space(seed: int, folder: Path) -> Space:
    source = random_space(Random(seed), folder)
    return read_space(source.file, source.settings)


def _paths(chain: Chain) -> list[tuple[int, ...]]:
    """Return every path of a chain as its edges, by plain recursion."""
    paths: list[tuple[int, ...]] = []

    def extend(path: tuple[int, ...], state: int) -> None:
        if len(path) == len(chain.links):
            paths.append(path)
            return
        link = chain.links[len(path)]
        for edge in np.flatnonzero(link.source == state).tolist():
            extend((*path, edge), int(link.target[edge]))

    extend((), 0)
    return paths


def _sums(chain: Chain, path: tuple[int, ...]) -> tuple[int, ...]:
    costs = [link.costs[:, edge] for link, edge in zip(chain.links, path, strict=True)]
    return tuple(np.sum(costs, axis=0).tolist())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("wanted", [2, 7, 1000])
def test_each_path_is_in_exactly_one_part(seed: int, wanted: int, tmp_path: Path) -> None:
    """It has the same costs there. With enough parts, each has one path."""
    for chain in Question(_space(seed, tmp_path), (MADDS, PARAMS)).every():
        parts = [part_of(chain, part) for part in parts_of(chain.links, wanted)]
        assert all(part.links[0].source.size for part in parts)
        ours = [(whole(part, path), _sums(part, path)) for part in parts for path in _paths(part)]
        assert Counter(ours) == Counter((path, _sums(chain, path)) for path in _paths(chain))
        assert len(parts) <= 2 * wanted
        if wanted == 1000:
            assert len(parts) == len(ours)


@pytest.mark.parametrize("seed", range(8))
def test_fronts_and_extremes_of_parts_make_those_of_the_whole_chain(seed: int, tmp_path: Path) -> None:
    """Label setting and joins work on a part as it is, and its paths are paths of the whole chain."""
    open_windows = Window(None, None), Window(None, None)
    for chain in Question(_space(seed, tmp_path), (MADDS, PARAMS)).every():
        costs = [link.costs for link in chain.links]
        sums, _ = undominated_paths(chain.links, costs, [None, None], 1 << 30)
        points, answers = [], []
        for part in (part_of(chain, each) for each in parts_of(chain.links, 5)):
            of_part, edges = undominated_paths(part.links, [link.costs for link in part.links], [None, None], 1 << 30)
            assert [_sums(chain, whole(part, path)) for path in edges.tolist()] == list(map(tuple, of_part.T.tolist()))
            points.append(of_part)
            answer = extreme(part, (0, 1), open_windows, True, 1 << 30)
            assert answer is not None
            assert _sums(chain, whole(part, answer[1]))[1] == answer[0]
            answers.append(answer[0])
        merged = np.concatenate(points, axis=1)
        assert sorted(merged[:, undominated(merged)].T.tolist()) == sorted(sums.T.tolist())
        best = extreme(chain, (0, 1), open_windows, True, 1 << 30)
        assert best is not None
        assert max(answers) == best[0]


def test_a_count_of_split_chains_is_that_of_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a space of one setting with 10^7 variants and two windows, in parts of many sizes."""
    settings = ["tokens={count: 6, dim: 192}", *(f"blocks.{at}.exp=576" for at in (8, 9, 11, 12)), "blocks.10.expand=6"]
    space = read_space("mf294m-blocks", [*settings, "blocks.3.exp=72", "blocks.5.exp=192", "blocks.7.exp=384"])
    windows = [(MADDS, Window(200_000_000, 260_000_000)), (PARAMS, Window(8_000_000, 9_000_000))]
    expected = count_space(space, windows)
    assert expected.within.lower > 0
    monkeypatch.setattr(slices, "_LARGE", 1)
    monkeypatch.setattr(slices, "_SMALLEST", 1)
    for wanted in (8, 60):
        monkeypatch.setattr(slices, "_SLICES", wanted)
        assert len(jobs_of(space, global_settings(space), effort=10)) >= wanted // 2
        split = count_space(space, windows)
        assert (split.size, split.within, split.alone) == (expected.size, expected.within, expected.alone)


def test_a_space_of_one_setting_keeps_many_workers_busy() -> None:
    """And one of 36 settings keeps more than a hundred busy. All parts have about the same work."""
    one = read_space("mf294m-blocks", ["tokens={count: 6, dim: 192}"])
    assert len(_parts(one)) == 64
    larger = read_space("mf294m-blocks", ["tokens={count: 6, dim: 192}", "blocks.7.kernel=[3, 5]"])
    assert len(_parts(larger)) >= 100
    many = _parts(read_space("mf294m-blocks"))
    assert len(many) == 36 * 8
    for parts in (_parts(one), many):
        work = [half_paths(part.links) for part in parts]
        assert max(work) < 2 * sum(work) / len(work)
    assert sum(paths_from_start(part.links)[-1][0] for part in many) == 39_582_418_599_936


def _parts(space: Space) -> list[Chain]:
    question = Question(space, ())
    chains = list(question.every())
    return [part_of(chains[job.at], job.part) for job in jobs_of(space, question.chains().settings, effort=10)]


def test_small_work_is_not_split() -> None:
    """Neither small chains, nor those of a query that takes little time, nor those of one that cannot merge parts."""
    for name, effort in (("tiny", 10), ("mf294m-stages", 10), ("mf294m-blocks", 1), ("mf294m-blocks", 0)):
        settings = global_settings(space := read_space(name))
        jobs = jobs_of(space, settings, effort=effort)
        assert [job.part for job in jobs] == [WHOLE] * len(settings)
        assert [len(part) for part in slices_of(space, settings, jobs)] == [1] * len(settings)


def test_many_settings_share_a_slice_only_if_they_are_small() -> None:
    """Settings of few variants are counted together; each of the large ones is a slice."""
    small = read_space("mf294m-tokens")
    settings = global_settings(small)
    assert {len(part) for part in slices_of(small, settings, jobs_of(small, settings))[:-1]} == {64}
    large = read_space("mf294m-blocks", ["tokens.dim={from: 8, to: 960, step: 8}"])
    settings = global_settings(large)
    assert len(settings) > 512
    assert {len(part) for part in slices_of(large, settings, jobs_of(large, settings))[:-1]} == {2}
