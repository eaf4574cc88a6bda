"""Which variants of a space given networks are: no variant is tried, each network is followed along the chains.

A setting of the global choices can only make networks with its own tokens, input and switches. In such a setting the
edges of each link are those that lay out the next blocks of the network, until all are laid out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.cost.conventions import find_convention
from mfprofile.explore.chain import Chains
from mfprofile.explore.edges import Edges
from mfprofile.explore.settings import is_refused
from mfprofile.explore.space import Space, with_values
from mfprofile.explore.stream import blocks
from mfprofile.explore.variant import Path
from mfprofile.explore.work import Question
from mfprofile.spec.content import content_of, settings_content
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import typed
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Block, Network

LOOKED_UP = 50_000
"""The most variants of a space in which a content hash alone can be looked up."""

_Place: TypeAlias = tuple[int, int]
"""A width, and the number of blocks that are laid out before it."""


def members(space: Space, networks: Mapping[str, Network[int]]) -> dict[str, Path]:
    """Return the variant that each network is, by the network's key; networks outside the space are left out.

    Of several variants with the same blocks in other entries of `blocks`, it is the first one.
    """
    chains = Chains(space, (), find_convention("core"))
    waiting: dict[str, list[str]] = defaultdict(list)
    for key, network in networks.items():
        waiting[_settings(network, any(block.kind != "lite" for block in network.blocks))].append(key)
    paths: dict[str, Path] = {}
    for number, setting in enumerate(chains.settings if networks else ()):
        data = with_values(space.data, setting.values)
        if is_refused(data):
            continue
        own = resolve(_spec(space, data))
        keys = [key for has_mf in (True, False) for key in waiting.get(_settings(own, has_mf), ()) if key not in paths]
        edges = chains.distinct_edges(setting, data, valid=True) if keys else ()
        for key in keys:
            path = _path(data, edges, networks[key])
            if path is not None:
                paths[key] = number, path
    return paths


def looked_up(space: Space, contents: Collection[str]) -> dict[str, Path]:
    """Return the variants with these content hashes, by a visit of all variants until all hashes are seen."""
    paths: dict[str, Path] = {}
    for content, path in _contents(space) if contents else ():
        if content in contents:
            paths.setdefault(content, path)
            if len(paths) == len(contents):
                break
    return paths


def _contents(space: Space) -> Iterator[tuple[str, Path]]:
    """Yield the content hash and the path of each variant."""
    chains = Question(space, ()).chains()
    for number, chain in enumerate(chains.each(chains.settings)):
        for block in blocks(chain, ()) if chain is not None else ():
            for edges in block.edges(block.within(())).tolist():
                assert chain is not None
                yield content_of(_spec(space, with_values(space.data, chain.all_values(edges)))), (number, tuple(edges))


def _spec(space: Space, data: dict[str, Any]) -> Spec:
    spec, faults = typed(data, space.tree, space.name)
    assert spec is not None, faults  # `read_space` checked each value
    return spec


def _settings(network: Network[int], has_mf_blocks: bool) -> str:
    return json.dumps([has_mf_blocks, settings_content(network, has_mf_blocks)], sort_keys=True)


def _path(data: Mapping[str, Any], edges: Sequence[Edges], network: Network[int]) -> tuple[int, ...] | None:
    """Return the edges that lay out a network in the setting whose mapping is `data`, or None."""
    stem, *entries, end = edges
    start = np.flatnonzero(stem.sizes["inputs"] == network.stem.channels).tolist()
    paths: dict[_Place, tuple[int, ...]] = {(int(stem.target[edge]), 0): (edge,) for edge in reversed(start)}
    for keys, step in zip(data["blocks"], entries, strict=True):
        after: dict[_Place, tuple[int, ...]] = {}
        for (width, laid), path in paths.items():
            for edge in _fitting(keys, step, width, network.blocks[laid:]):
                repeat = int(step.sizes["repeat"][edge])
                after.setdefault((int(step.target[edge]), laid + repeat), (*path, edge))
        paths = after
    heads = [_has_head(data, option, network) for option in end.options]
    for edge in np.flatnonzero(end.sizes["inputs"] == network.last.channels).tolist():
        path_before = paths.get((int(end.source[edge]), len(network.blocks)))
        if path_before is not None and heads[int(end.option[edge])]:
            return (*path_before, edge)
    return None


def _has_head(data: Mapping[str, Any], option: Mapping[Any, Any], network: Network[int]) -> bool:
    """Return whether an option of the end makes the network's head."""
    keys = with_values({"classes": 1000, **{name: data[name] for name in ("head", "classes") if name in data}}, option)
    if keys["head"] == "none" or network.head is None:
        return keys["head"] == "none" and network.head is None
    return (keys["head"]["fc"], keys["classes"]) == (network.head.fc, network.head.classes)


def _fitting(keys: Mapping[str, Any], step: Edges, width: int, waiting: Sequence[Block[int]]) -> Iterator[int]:
    """Yield the edges of an entry from a width that lay out the first of the waiting blocks, or none of them."""
    is_empty = step.sizes["repeat"] == 0
    fits = is_empty
    if waiting and (keys["block"], _stride(keys)) == (waiting[0].kind, waiting[0].stride):
        fits = is_empty | _is_equal(step, waiting[0])
    for edge in np.flatnonzero(fits & (step.source == width)).tolist():
        sizes = {name: int(array[edge]) for name, array in step.sizes.items()}
        if len(waiting) >= sizes["repeat"] and all(
            _repeats(block, waiting[0], sizes["exp_of_repeats"]) for block in waiting[1 : sizes["repeat"]]
        ):
            yield edge


def _stride(keys: Mapping[str, Any]) -> int:
    return int(keys.get("stride", 2 if keys["block"] == "mf-down" else 1))


def _is_equal(step: Edges, block: Block[int]) -> npt.NDArray[np.bool_]:
    """Return which edges have a block as the first one that they lay out."""
    wanted = {"inputs": block.inputs.channels, "out": block.outputs.channels, "exp": block.expanded}
    wanted |= {"kernel": block.kernel, **({"exp2": block.expanded2} if block.kind == "mf-down" else {})}
    fits = step.sizes["repeat"] > 0
    for name, size in wanted.items() if fits.any() else ():
        fits &= step.sizes[name] == size
    return fits


def _repeats(block: Block[int], first: Block[int], expanded: int) -> bool:
    """Return whether a block is one that `repeat` adds after the first one."""
    own = (block.kind, block.stride, block.kernel, block.outputs.channels, block.expanded)
    return own == (first.kind, first.stride, first.kernel, first.outputs.channels, expanded)
