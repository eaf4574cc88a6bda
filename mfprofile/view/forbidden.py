"""The combinations of a space that rules forbid, counted by rule, as lines and for JSON."""

from __future__ import annotations

from typing import Any

from mfprofile.explore.forbidden import forbidden
from mfprofile.explore.space import Space
from mfprofile.spec.problems import dotted
from mfprofile.spec.words import several
from mfprofile.view.variants import choices_in_words

_MOST_RULES = 3


def skipped_lines(space: Space, number: int) -> list[str]:
    """Return lines on the `number` invalid combinations that a query skips: the rules that most of them break."""
    if not number:
        return []
    rules = forbidden(space)
    more = [f"… and {several(len(rules) - _MOST_RULES, 'more rule')}"] if len(rules) > _MOST_RULES else []
    return [
        f"{several(number, 'invalid combination')} {'is' if number == 1 else 'are'} skipped",
        *(f"{each.number:,} with: {each.problem} ({choices_in_words(each.choices)})" for each in rules[:_MOST_RULES]),
        *more,
    ]


def skipped_json(space: Space, number: int) -> list[dict[str, Any]]:
    """Return the rules that the `number` invalid combinations of a space break, each with an example, for JSON."""
    return [
        {
            "combinations": each.number,
            "problem": str(each.problem),
            "choices": {dotted(path): value for path, value in each.choices.items()},
        }
        for each in (forbidden(space) if number else [])
    ]
