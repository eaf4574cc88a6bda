"""Hypothesis strategies for valid spec mappings, with every switch and small sizes.

A *structure* contains all that cannot be an array or a symbol: kinds, strides, repeats, switches, and which keys are
given. `sized` adds numbers to a structure. So several variants of one structure can be counted at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

from hypothesis import strategies as st

Mapping = dict[str, Any]
KINDS = ("lite", "mf", "mf-down")


@dataclass(frozen=True)
class Entry:
    """One entry of `blocks`: its kind, its stride and repeat if they are written, and which other keys it has."""

    kind: str
    stride: int | None
    repeat: int | None
    expand: bool
    same: bool
    exp2: bool
    kernel: bool

    @property
    def repeats(self) -> int:
        return 1 if self.repeat is None else self.repeat

    @property
    def halves(self) -> bool:
        return self.repeats > 0 and (self.kind == "mf-down" or self.stride == 2)


@dataclass(frozen=True)
class Structure:
    """A variant without its numbers. `given` are the sections that are written in full."""

    entries: tuple[Entry, ...]
    former: bool
    ffn: bool
    attention: str
    activation: str
    gate: bool
    final: bool
    projections: bool
    head: bool
    rectangle: bool
    given: frozenset[str]

    @property
    def used_entries(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.repeats]

    @property
    def halvings(self) -> int:
        return 1 + sum(entry.halves for entry in self.entries)

    @property
    def splits_channels(self) -> bool:
        return self.former and self.attention == "mha"


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Return one entry of `blocks` without numbers."""
    kind = draw(st.sampled_from(KINDS))
    stride = draw(st.sampled_from({"lite": (None, 1, 2), "mf": (None, 1), "mf-down": (None, 2)}[kind]))
    once = kind == "mf-down" or stride == 2
    repeat = draw(st.sampled_from((None, None, 1, 0) if once else (None, None, 0, 1, 2, 3)))
    flag = st.booleans()
    return Entry(kind, stride, repeat, draw(flag), draw(flag), kind == "mf-down" and draw(flag), draw(flag))


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Return any structure of one to four entries. At least one entry has a block."""
    flag = st.booleans()
    blocks = st.lists(entries(), min_size=1, max_size=4).filter(lambda drawn: any(entry.repeats for entry in drawn))
    former = draw(st.sampled_from((True, True, True, False)))
    return Structure(
        entries=tuple(draw(blocks)),
        former=former,
        ffn=draw(flag),
        attention=draw(st.sampled_from(("mha", "mha", "mlp"))),
        activation=draw(st.sampled_from(("dy-relu", "relu"))) if former else "relu",
        gate=draw(flag),
        final=draw(flag),
        projections=draw(flag),
        head=draw(flag),
        rectangle=draw(flag),
        given=frozenset(draw(st.sets(st.sampled_from(("mobile", "former", "bridge", "groups", "classes"))))),
    )


def _multiples(of: int, most: int = 3) -> st.SearchStrategy[int]:
    return st.integers(1, most).map(lambda times: times * of)


@st.composite
def sized(draw: st.DrawFn, structure: Structure) -> Mapping:
    """Return a valid spec mapping with this structure."""
    given = structure.given
    groups = draw(st.sampled_from((1, 2, 4))) if "groups" in given else 1
    heads = draw(st.sampled_from((1, 2, 3, 4))) if "bridge" in given else 2
    first, split = structure.used_entries[0], heads if structure.splits_channels else 1
    unit = lcm(groups, split)
    stem = draw(_multiples(1 if first.kind == "lite" and not first.same else unit))
    spec: Mapping = {
        "input": draw(_inputs(structure)),
        "stem": stem,
        "blocks": draw(_blocks(structure, stem, groups, unit)),
        "head": {"fc": draw(st.integers(1, 9))} if structure.head else "none",
        "attention": structure.attention,
    }
    if "groups" in given:
        spec["groups"] = groups
    if "classes" in given:
        spec["classes"] = draw(st.integers(1, 11))
    return {**spec, **draw(_sections(structure, heads))}


@st.composite
def _sections(draw: st.DrawFn, structure: Structure, heads: int) -> Mapping:
    """Return mobile, former, tokens and bridge. Sections that are not given in full skip keys with default values."""
    given = structure.given
    sections: Mapping = {}
    sections["mobile"] = {"activation": structure.activation}
    if "mobile" in given:
        sections["mobile"]["kernel"] = draw(st.sampled_from((1, 3, 5, 7)))
    sections["bridge"] = {"gate": structure.gate, "final": structure.final, "projections": structure.projections}
    if "bridge" in given:
        sections["bridge"]["heads"] = heads
    if not structure.former:
        return {**sections, "former": "none"}
    sections["former"] = {"ffn": structure.ffn}
    former_heads = 4
    if "former" in given:
        sections["former"]["heads"] = former_heads = draw(st.sampled_from((1, 2, 3, 4, 8)))
    dim = 4 if structure.attention == "mlp" else lcm(4, former_heads)
    return {**sections, "tokens": {"count": draw(st.integers(1, 4)), "dim": draw(_multiples(dim))}}


@st.composite
def _inputs(draw: st.DrawFn, structure: Structure) -> int | str:
    least = 2 ** (structure.halvings - 1) + 1
    side = st.integers(least, least + 12)
    return f"{draw(side)}x{draw(side)}" if structure.rectangle else draw(side)


@st.composite
def _blocks(draw: st.DrawFn, structure: Structure, stem: int, groups: int, unit: int) -> list[Mapping]:
    blocks, inputs = [], stem
    for entry in structure.entries:
        out = inputs if entry.same else draw(_multiples(unit))
        block: Mapping = {"block": entry.kind, "out": "same" if entry.same else out}
        block |= draw(_expansion(entry, inputs, out, groups))
        if entry.exp2:
            block["exp2"] = draw(_multiples(out, 5))
        if entry.kernel:
            block["kernel"] = draw(st.sampled_from((1, 3, 5, 7)))
        block |= {key: value for key in ("stride", "repeat") if (value := getattr(entry, key)) is not None}
        blocks.append(block)
        inputs = out if entry.repeats else inputs
    return blocks


@st.composite
def _expansion(draw: st.DrawFn, entry: Entry, inputs: int, out: int, groups: int) -> Mapping:
    """Return `exp` or `expand`. An `exp` of depthwise convolutions is a multiple of each block's input channels."""
    if entry.expand:
        return {"expand": draw(_multiples(1 if inputs % groups == 0 else groups, 4))}
    if entry.kind == "mf":
        return {"exp": draw(_multiples(groups, 6))}
    return {"exp": draw(_multiples(lcm(groups, inputs, out if entry.repeats > 1 else 1)))}


def spec_mappings() -> st.SearchStrategy[Mapping]:
    """Return valid spec mappings, as input for `load`."""
    return structures().flatmap(sized)


def families(least: int = 1, most: int = 4) -> st.SearchStrategy[list[Mapping]]:
    """Return several valid spec mappings with the same structure."""
    return structures().flatmap(lambda structure: st.lists(sized(structure), min_size=least, max_size=most))
