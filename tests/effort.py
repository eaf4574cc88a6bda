"""How many random cases the slow tests try: a fifth of them, or all if `MFPROFILE_CASES=all`, as every night."""

from __future__ import annotations

import os

ALL = os.environ.get("MFPROFILE_CASES") == "all"


def part_of(cases: int) -> int:
    """Return a fifth of a number of cases, at least 1; all of them if the environment asks for all."""
    return cases if ALL else max(1, cases // 5)
