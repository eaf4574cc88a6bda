"""Random small spaces as YAML files, and their variants by plain enumeration. It imports nothing of mfprofile.

A variant is a network: assignments of the choices that make equal networks are one. The spaces have lists in place of
values, sections and blocks, values that mean the same, choices with an effect in some variants only, and a base.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any

import yaml
from explore.networks import Data, Network, figures_of, network_of

Place = tuple[str | int, ...]

MOST = 300  # combinations of a space
_VALUES: Mapping[Place, Sequence[Any]] = {
    ("input",): (16, 20, "16x24", "20x20", 33),
    ("classes",): (3, 5, 10),
    ("groups",): (1, 2, 4),
    ("stem",): (8, 16, 12, 6, 10),
    ("attention",): ("mha", "mlp"),
    ("width",): (1, 0.5, 1.0, 0.75, 1.25, 0.8, 1.5),
    ("tokens", "count"): (2, 1, 3),
    ("tokens", "dim"): (8, 16, 12, 6),
    ("mobile", "kernel"): (3, 5, 1, 2),
    ("mobile", "activation"): ("dy-relu", "relu"),
    ("former", "ffn"): (True, False),
    ("former", "heads"): (4, 2, 1, 3),
    ("bridge", "heads"): (2, 1, 4),
    ("bridge", "gate"): (True, False),
    ("bridge", "final"): (True, False),
    ("bridge", "projections"): (False, True),
    ("head", "fc"): (3, 5, 8),
}
_SECTIONS: Mapping[Place, Sequence[Any]] = {
    ("tokens",): ({"count": 2, "dim": 8}, {"dim": 16, "count": 2}, {"count": 3, "dim": 8}, {"count": 1, "dim": 6}),
    ("mobile",): ({}, {"kernel": 5}, {"kernel": 3}, {"activation": "relu"}, {"kernel": 5, "activation": "relu"}),
    ("former",): ({}, {"ffn": False}, {"heads": 2}, "none", {"ffn": True}, {"ffn": False, "heads": 2}),
    ("bridge",): ({}, {"gate": False}, {"final": False}, {"heads": 1}, {"final": True}, {"projections": True}),
    ("head",): ({"fc": 3}, {"fc": 5}, "none"),
}
_OUTS = ("same", 8, 16, 12, 4, 10)


@dataclass(frozen=True)
class RandomSpace:
    """A space in a file, perhaps with a base beside it and `--set`, and the same as one document."""

    file: Path
    settings: list[str]
    document: Data


@dataclass(frozen=True)
class Variants:
    """The variants of a space with their figures, and the number of networks that only invalid combinations make."""

    figures: Mapping[Network, Mapping[str, int]]
    refused: int


def variants_of(document: Data) -> Variants:
    """Return the networks of all combinations of a document's choices, each once."""
    choices = dict(choices_of(document))
    valid: dict[Network, Mapping[str, int]] = {}
    refused: set[Network] = set()
    for values in product(*choices.values()):
        network, keeps_rules = network_of(with_values(document, dict(zip(choices, values, strict=True))))
        if not keeps_rules:
            refused.add(network)
        elif network not in valid:
            valid[network] = figures_of(network)
    return Variants(valid, len(refused - set(valid)))


def choices_of(value: Any, place: Place = ()) -> Iterator[tuple[Place, list[Any]]]:
    """Yield the path and the values of each choice."""
    if isinstance(value, dict) and "from" in value:
        yield place, list(range(value["from"], value["to"] + 1, value.get("step", 1)))
    elif isinstance(value, list) and place != ("blocks",):
        yield place, value
    elif place[:1] != ("require",):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            yield from choices_of(inner, (*place, key))


def with_values(document: Data, values: Mapping[Place, Any]) -> Data:
    """Return a copy of a document with other values at some paths."""
    result = copy.deepcopy(document)
    for place, value in values.items():
        put(result, place, copy.deepcopy(value))
    return result


def put(document: Data, place: Place, value: Any) -> None:
    """Set the value at a path; sections that are missing are added."""
    inner: Any = document
    for part in place[:-1]:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    inner[place[-1]] = value


def random_space(rng: Random, folder: Path) -> RandomSpace:
    """Write a random space with at most `MOST` combinations into a folder."""
    document = _with_choices(rng, _random_document(rng))
    files = [document]
    if rng.random() < 0.4:
        files = [document, _patch(rng, document)]
    settings = [
        f"{key}={yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}" for key, value in _set(rng, document)
    ]
    whole = files[0]
    for patch in [*files[1:], *(_nested(setting) for setting in settings)]:
        whole = merged(whole, patch)
    if _combinations(whole) > MOST:
        return random_space(rng, folder)
    for name, data in zip(("base.yaml", "space.yaml")[-len(files) :], files, strict=True):
        extends = {"extends": "base.yaml"} if name == "space.yaml" and len(files) > 1 else {}
        text = yaml.safe_dump({**extends, **data}, default_flow_style=None, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")
    return RandomSpace(folder / "space.yaml", settings, whole)


def _combinations(document: Data) -> int:
    number = 1
    for _, values in choices_of(document):
        number *= len(values)
    return number


def _random_document(rng: Random) -> Data:
    """Return a document without choices, mostly a valid one."""
    document: Data = {"blocks": [_block(rng, sure=number == 0) for number in range(rng.randint(1, 4))]}
    for place, values in _VALUES.items():
        if rng.random() < 0.3 or place[0] in ("input", "stem", "tokens", "head"):
            put(document, place, rng.choice(values) if rng.random() < 0.15 else values[0])
    if rng.random() < 0.15:
        document["former"] = "none"
        put(document, ("mobile", "activation"), "relu")
    if rng.random() < 0.1:
        document["require"] = {"widths": "nondecreasing"}
    return document


def _block(rng: Random, sure: bool, kind: str = "", stride: int = 0) -> Data:
    """Return a random block without choices; a `sure` one is not left out."""
    kind = kind or rng.choice(["lite", "mf", "mf", "mf-down"])
    block: Data = {"block": kind}
    if kind == "lite" and (stride or rng.choice([1, 1, 2])) == 2:
        block["stride"] = 2
    block |= {"expand": rng.choice([2, 3])} if rng.random() < 0.6 else {"exp": rng.choice([48, 24, 96])}
    block["out"] = rng.choice(_OUTS)
    if kind == "mf-down" and rng.random() < 0.3:
        block["exp2"] = rng.choice([48, 64, 32])
    if rng.random() < 0.3:
        block["kernel"] = rng.choice([3, 5])
    if rng.random() < 0.15 and not (kind == "mf-down" or "stride" in block):
        block["repeat"] = 2
    if rng.random() < 0.15 and not sure:
        block["repeat"] = 0
    return block


def _with_choices(rng: Random, document: Data) -> Data:
    """Return the document with some values, sections and blocks replaced by lists or ranges."""
    places = [place for place in [*_VALUES, *_SECTIONS] if _is_there(document, place)]
    blocks = [("blocks", number) for number in range(len(document["blocks"]))]
    places += [*blocks, *blocks, *((*block, key) for block in blocks for key in ("out", "exp", "kernel", "repeat"))]
    rng.shuffle(places)
    taken: list[Place] = []
    for place in places[: rng.randint(3, 11)]:
        if any(place[: len(other)] == other or other[: len(place)] == place for other in taken):
            continue
        values = _different_values(rng, document, place)
        if _combinations(document) * len(values) <= MOST:
            taken.append(place)
            put(document, place, _written(rng, values))
            if place[-1] == "exp":
                document["blocks"][place[1]].pop("expand", None)
    return document


def _is_there(document: Data, place: Place) -> bool:
    """Return whether a key can be put: `former: none` has none."""
    return len(place) == 1 or isinstance(document.get(place[0], {}), dict)


def _different_values(rng: Random, document: Data, place: Place) -> list[Any]:
    """Return some values of a place, in random order; none is twice, but some can mean the same."""
    number = rng.choice([2, 2, 3, 4])
    if place[0] != "blocks":
        values = list({**_VALUES, **_SECTIONS}[place])
        return rng.sample(values, min(number, len(values)))
    block = document["blocks"][place[1]]
    sure = place[1] == 0
    once = block["block"] == "mf-down" or block.get("stride") == 2
    if len(place) == 2:
        blocks = [_block(rng, sure, block["block"], block.get("stride", 1)) for _ in range(number)]
        blocks += [{**blocks[0], "kernel": 3}] if rng.random() < 0.3 else []
        return [each for at, each in enumerate(blocks) if each not in blocks[:at]]
    values = {
        "out": list(_OUTS),
        "exp": [24, 48, 96, 72],
        "kernel": [3, 5, 2],
        "repeat": [1, *([] if once else [2, 3]), *([] if sure else [0])],
    }[str(place[2])]
    return rng.sample(values, min(number, len(values)))


def _written(rng: Random, values: list[Any]) -> Any:
    numbers = sorted(values) if all(type(value) is int for value in values) else []
    steps = {after - before for before, after in pairwise(numbers)}
    if len(steps) == 1 and rng.random() < 0.5:
        return {"from": numbers[0], "to": numbers[-1], "step": min(steps)}
    return values


def _patch(rng: Random, document: Data) -> Data:
    """Return changes of a document as in a file that extends it: lists in place of some of its blocks and values."""
    patch: Data = {}
    for place in rng.sample(list(_VALUES), 2):
        if _is_there(document, place) and not isinstance(document.get(place[0]), list):
            put(patch, place, rng.sample(list(_VALUES[place]), 2))
    for number, block in enumerate(document["blocks"], start=1):
        first = block[0] if isinstance(block, list) else block
        if rng.random() < 0.4:
            alternatives = [_block(rng, number == 1, first["block"], first.get("stride", 1)) for _ in range(2)]
            if alternatives[0] != alternatives[1]:
                put(patch, ("blocks", number), alternatives)
        elif rng.random() < 0.3 and isinstance(block, dict):
            put(patch, ("blocks", number), {rng.choice(["expand", "exp"]): rng.choice([48, 24]), "out": [8, 16]})
    return patch


def _set(rng: Random, document: Data) -> list[tuple[str, Any]]:
    """Return assignments for `--set`."""
    possible: list[tuple[str, Any]] = [("classes", [3, 5]), ("stem", {"from": 8, "to": 16, "step": 4}), ("input", 20)]
    possible += [] if isinstance(document["tokens"], list) else [("tokens.count", [2, 3])]
    return rng.sample(possible, 1) if rng.random() < 0.25 else []


def _nested(setting: str) -> Data:
    key, _, text = setting.partition("=")
    patch: Data = {}
    put(patch, tuple(key.split(".")), yaml.safe_load(text))
    return patch


def merged(base: Any, patch: Any) -> Any:
    """Return a document with changes: maps are merged, numbers are entries of a list, any other value replaces."""
    if not isinstance(patch, dict) or "from" in patch or not isinstance(base, dict | list):
        return patch
    if isinstance(base, list):
        result = list(base)
        for number, inner in patch.items():
            result[int(number) - 1] = merged(base[int(number) - 1], inner)
        return result
    other = {"exp": "expand", "expand": "exp"}
    kept = {key: value for key, value in base.items() if not (other.get(key) in patch and key not in patch)}
    return {**kept, **{key: merged(kept.get(key), inner) for key, inner in patch.items()}}
