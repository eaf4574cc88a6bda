"""How a map is written in an example: in a spec as YAML, in a pyproject.toml as TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_BARE = re.compile(r"[A-Za-z0-9_.-]+")


class Notation(NamedTuple):
    """What a language calls a map, its sign after a key, and its quotation mark, if texts have one."""

    map: str
    sign: str
    quote: str

    def pairs(self, values: Mapping[str, object]) -> str:
        """Return the keys and values of a map, without its braces.

        >>> YAML.pairs({"max": {"madds": "300M"}}), TOML.pairs({"max": {"madds": "300M"}})
        ('max: {madds: 300M}', 'max = {madds = "300M"}')
        """
        return ", ".join(f"{self._key(key)}{self.sign}{self.text(value)}" for key, value in values.items())

    def text(self, value: object) -> str:
        """Return a value; a map in braces."""
        if isinstance(value, Mapping):
            return f"{{{self.pairs(value)}}}"
        if isinstance(value, bool):
            return str(value).lower()
        return f"{self.quote}{value}{self.quote}" if isinstance(value, str) else str(value)

    def _key(self, key: str) -> str:
        return key if _BARE.fullmatch(key) else f"{self.quote}{key}{self.quote}"


YAML = Notation("map", ": ", "")
TOML = Notation("table", " = ", '"')
