"""What the rules between keys read and yield: entries of `blocks` with their widths, and broken rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""A key's path; entries of lists count from 0."""


class Breach(NamedTuple):
    """A broken rule: the key's path (list entries count from 0), its value, the rule and the remedy.

    `because` has the paths of the other keys that the rule read, the most direct one first. Some may not be written.
    """

    path: Path
    value: object
    rule: str
    remedy: str = ""
    because: tuple[Path, ...] = ()


class Width(NamedTuple):
    """A number of channels, if it is known, and the keys that decided it, the most direct one first."""

    channels: int | None
    keys: tuple[Path, ...]


class Entry(NamedTuple):
    """The known parts of an entry of `blocks`: its path, its keys, its input and output widths."""

    path: Path
    keys: Mapping[str, Any]
    source: Width
    target: Width

    @property
    def inputs(self) -> int | None:
        """Return the input channels, if they are known."""
        return self.source.channels

    @property
    def outputs(self) -> int | None:
        """Return the output channels, if they are known."""
        return self.target.channels

    @property
    def kind(self) -> object:
        """Return the value of the key `block`."""
        return self.keys.get("block")

    @property
    def is_used(self) -> bool:
        """Return whether the network has a block of this entry."""
        return self.keys.get("repeat") != 0

    @property
    def times(self) -> int:
        """Return how many blocks the network has of this entry, 0 if that is not known."""
        return whole(self.keys.get("repeat", 1)) or 0

    @property
    def halves(self) -> bool:
        """Return whether the network has a block of stride 2 of this entry."""
        return self.is_used and (self.kind == "mf-down" or (self.kind == "lite" and self.keys.get("stride") == 2))

    @property
    def input_widths(self) -> list[int]:
        """Return the known input channels of the entry's blocks: those of the first, and those of its repetitions."""
        widths = {self.inputs, self.outputs} if self.times > 1 else {self.inputs}
        return sorted(filter(None, widths))

    def at(self, *keys: str) -> tuple[Path, ...]:
        """Return the paths of keys of this entry."""
        return tuple((*self.path, key) for key in keys)


def block_entries(data: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the entries of a spec's `blocks`, each with the widths before and after it."""
    before = Width(whole(data.get("stem")), (("stem",),))
    blocks = data.get("blocks")
    for index, keys in enumerate(blocks if isinstance(blocks, list) else []):
        if not isinstance(keys, dict):
            before = Width(None, ())
            continue
        path: Path = ("blocks", index)
        after = Width(whole(keys.get("out")), ((*path, "out"),))
        if keys.get("out") == "same":
            after = Width(before.channels, (*after.keys, *before.keys))
        yield Entry(path, keys, before, after)
        before = Width(before.channels, (*before.keys, (*path, "repeat"))) if keys.get("repeat") == 0 else after


def whole(value: object) -> int | None:
    """Return a value that is a whole number of 1 or more, else None."""
    return value if type(value) is int and value >= 1 else None
