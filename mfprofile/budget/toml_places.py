"""The position of a key in a TOML file. TOML's reader has no positions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mfprofile.spec.problems import Mark


def mark_of(text: str, label: str, path: Sequence[str]) -> Mark:
    """Return the position of a key in the text of a file called `label`. Each part is searched after the part before.

    If a part cannot be found as it is written, the mark is that of the part before.
    """
    place = start = 0
    for part in path:
        key = re.compile(rf"(?<![\w-])(['\"]?){re.escape(part)}\1(?![\w-])")
        match = next((each for each in key.finditer(text, place) if not _in_comment(text, each.start())), None)
        if match is None:
            break
        start, place = match.span()
    return Mark(label, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _in_comment(text: str, place: int) -> bool:
    return text[text.rfind("\n", 0, place) + 1 : place].lstrip().startswith("#")
