"""Find the keys that are missing in a space: no choice can give them."""

from __future__ import annotations

from collections.abc import Iterator

from mfprofile.spec.document import Node, locate, plain
from mfprofile.spec.origin import problem_of
from mfprofile.spec.problems import Problem, dotted
from mfprofile.spec.rules import missing


def missing_keys(root: Node) -> Iterator[Problem]:
    """Yield a problem for each key that a rule needs in every variant, or in one alternative of a block."""
    data = plain(root)
    blocks = data.get("blocks") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(blocks, list):
        return
    yield from (problem_of(breach, root) for breach in missing(data))
    for at, entry in enumerate(blocks):
        for place, keys in enumerate(entry if isinstance(entry, list) else []):
            if not isinstance(keys, dict) or "block" not in keys:  # a missing kind is reported as such
                continue
            for breach in missing({"former": "none", "blocks": [keys]}):
                mark = locate(root, ("blocks", at, place))
                yield Problem(mark, dotted(("blocks", at)), breach.rule, breach.value, breach.remedy)
