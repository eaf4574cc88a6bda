"""Liveness by hand: buffers live from the step that puts them out to the last step that reads them."""

from __future__ import annotations

from mfprofile.cost.liveness import Step, Timeline

SIZES = {0: 8, 1: 4, 2: 2, 3: 1}


def totals(steps: list[Step], returned: set[int] = frozenset(), before: list[int] | None = None) -> list[int]:  # type: ignore[assignment]
    """Return the live bytes at each step."""
    return [total for total, _ in Timeline(steps, SIZES, frozenset(returned), before or []).live()]


def test_a_buffer_is_live_to_its_last_read() -> None:
    """Buffer 0 is read twice; buffer 1 never, so it ends with its own step."""
    steps = [Step("a", 0, [], [0]), Step("b", 0, [0], [1]), Step("c", 0, [0], [2]), Step("d", 0, [2], [3])]
    assert totals(steps) == [8, 12, 10, 3]
    assert totals(steps, returned={1}) == [8, 12, 14, 7]


def test_a_buffer_that_is_put_out_again_is_counted_once() -> None:
    """A step that works in place puts out what it reads."""
    steps = [Step("a", 0, [], [0]), Step("b", 0, [0], [0]), Step("c", 0, [0], [1])]
    assert totals(steps) == [8, 8, 12]


def test_what_is_overwritten_makes_room_only_if_nothing_reads_it_later() -> None:
    """The second step replaces buffer 0 in one case; in the other the third step reads it."""
    first = [Step("a", 0, [], [0]), Step("b", 0, [0], [1], overwrites=[0])]
    assert totals([*first, Step("c", 0, [1], [2])]) == [8, 4, 6]
    assert totals([*first, Step("c", 0, [1, 0], [2])]) == [8, 12, 14]


def test_a_buffer_can_be_live_before_the_run_and_a_step_may_not_run() -> None:
    """The input ends with its last reader; a table that runs nothing has 0."""
    steps = [Step("table", 0, [], [1], runs=False), Step("a", 0, [0, 1], [2]), Step("b", 0, [2], [3])]
    assert totals(steps, before=[0]) == [0, 14, 3]


def test_the_peak_is_the_first_of_the_largest() -> None:
    """It has the buffers that are live there, oldest first; no steps have no peak."""
    steps = [Step("a", 0, [], [0]), Step("b", 0, [0], [1]), Step("c", 0, [0], [1])]
    assert Timeline(steps, SIZES, frozenset()).peak() == (12, 1, {0: 8, 1: 4})
    assert Timeline([], {}, frozenset()).peak() == (0, 0, {})
    assert Timeline(steps, SIZES, frozenset()).names() == {0: "a", 1: "b"}
