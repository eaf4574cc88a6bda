"""How many cases the tests try: of many equal ones, a part by default and a part with the slow tests.

If `MFPROFILE_CASES=all`, as every night, the slow tests try all cases, equal and random ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

ALL = os.environ.get("MFPROFILE_CASES") == "all"
NIGHTLY = (pytest.mark.slow, pytest.mark.skipif(not ALL, reason="is tried every night: MFPROFILE_CASES=all"))
"""The marks of a case that takes long, and is equal or nearly equal to others."""


def nightly(test: Any) -> Any:
    """Mark a test that takes long, and is nearly equal to others."""
    for mark in NIGHTLY:
        test = mark(test)
    return test


def part_of(cases: int) -> int:
    """Return a tenth of the cases of a slow test, at least 1; all of them if the environment asks for all."""
    return cases if ALL else max(1, cases // 10)


def one_in(step: int, cases: Iterable[Any], slow: int = 1) -> list[Any]:
    """Return equal cases for `parametrize`: each `step`-th is run by default, the others are slow tests.

    Of those, each `slow`-th is run by continuous integration, and all of them every night.
    """
    return [*_marked(step, slow, cases)]


def _marked(step: int, slow: int, cases: Iterable[Any]) -> Iterator[Any]:
    others = 0
    for at, case in enumerate(cases):
        if at % step == 0:
            yield _case(case, ())
        else:
            yield _case(case, NIGHTLY if others % slow else pytest.mark.slow)
            others += 1


def nightly_but(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return equal cases of a slow test: each `step`-th is run by continuous integration, the others every night."""
    return [_case(case, NIGHTLY if at % step else pytest.mark.slow) for at, case in enumerate(cases)]


def _case(case: Any, marks: Any) -> Any:
    """Return a case with marks, beside those that it has; a tuple has the values of several parameters."""
    if isinstance(case, ParameterSet):
        return case._replace(marks=[*case.marks, *(marks if isinstance(marks, tuple) else [marks])])
    return pytest.param(*(case if type(case) is tuple else (case,)), marks=marks)
