"""Find the key that broke a rule: of the keys that the rule read, the one that was written last."""

from __future__ import annotations

import os
from collections.abc import Iterable

from mfprofile.spec.document import Node, locate, plain, written
from mfprofile.spec.entries import Breach, Path
from mfprofile.spec.problems import MISSING, Cause, Mark, Problem, dotted
from mfprofile.spec.sources import shipped


def problem_of(breach: Breach, root: Node, when: str = "") -> Problem:
    """Return the problem of a broken rule, at the key that broke it; `when` is its addition if `width` was applied."""
    path, value, rule, remedy, because = breach
    mark, cause = origin(root, path, (*because, ("width",)) if when else because)
    return Problem(mark, dotted(path), rule + when, MISSING if value is None else value, remedy, cause)


def origin(root: Node, path: Path, because: Iterable[Path]) -> tuple[Mark, Cause | None]:
    """Return the place of a problem of the key at `path`: its own, or that of a key of `because` that came later.

    Later are the keys of a file that extends the key's file, and settings. The last of them is the cause. A key that
    is not written has its default, which is earlier than all files.
    """
    own, place = written(root, path), locate(root, path)
    later = [(key, node) for key in because if (node := written(root, key)) and (own is None or _is_later(node, own))]
    if not later:
        return place, None
    last = max(node.mark.layer for _, node in later)
    key, node = next((key, node) for key, node in later if node.mark.layer == last)
    return node.mark, Cause(dotted(key), plain(node), "" if own is None else _in_words(place))


def _is_later(node: Node, other: Node) -> bool:
    return node.mark.layer > other.mark.layer


def _in_words(mark: Mark) -> str:
    """Return a place as in `of mf294m, line 16`."""
    names = {str(file): name for what in ("specs", "spaces") for name, file in shipped(what).items()}
    name = names.get(os.path.realpath(mark.source), mark.source) if "\0" not in mark.source else mark.source
    return f"of {name}" if mark.line is None else f"of {name}, line {mark.line}"
