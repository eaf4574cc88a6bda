"""How many cases the tests try: of many equal ones, a part by default, and of random ones a fifth of them in slow tests.

If `MFPROFILE_CASES=all`, as every night, the slow tests try all random cases.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest

ALL = os.environ.get("MFPROFILE_CASES") == "all"


def part_of(cases: int) -> int:
    """Return a fifth of a number of cases, at least 1; all of them if the environment asks for all."""
    return cases if ALL else max(1, cases // 5)


def one_in(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return equal cases for `parametrize`: each `step`-th is run by default, and the others are slow tests."""
    return [pytest.param(case, marks=() if at % step == 0 else pytest.mark.slow) for at, case in enumerate(cases)]
