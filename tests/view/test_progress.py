"""Progress is for people who wait: late, on standard error, and never if it is turned off."""

from __future__ import annotations

import sys
import time

import pytest

from mfprofile.view import progress
from mfprofile.view.progress import progress_bar

WAITED = "4 of 8 settings of the globals, about 20 s left\n"


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that the progress bar reads."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.delenv("MFPROFILE_PROGRESS", raising=False)
    return clock


def test_short_work_prints_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to wait for."""
    with progress_bar() as progress:
        clock.now += 0.9
        progress(4, 8)
        clock.now += 0.9
        progress(8, 8)
    assert capsys.readouterr().err == ""


def test_long_work_prints_a_line_every_five_seconds(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Elsewhere than on a terminal, each is a line of its own."""
    with progress_bar() as progress:
        for seconds, done in [(20.0, 4), (2.0, 5), (4.0, 6)]:
            clock.now += seconds
            progress(done, 8)
    assert capsys.readouterr().err == WAITED + "6 of 8 settings of the globals, about 9 s left\ndone, 26 s\n"


def test_elsewhere_short_work_prints_nothing_and_long_work_says_that_it_is_done(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """So the last line of a log is not that there is work left. Work that fails says so itself."""
    with progress_bar(what="parts") as progress:
        clock.now += 3.0
        progress(15, 18)
        progress(18, 18)
    assert capsys.readouterr().err == ""
    with progress_bar(what="parts") as progress:
        clock.now += 6.0
        progress(12, 18)
        clock.now += 3.0
        progress(18, 18)
    assert capsys.readouterr().err == "12 of 18 parts, about 3 s left\nall 18 parts, 9 s\n"
    with pytest.raises(KeyboardInterrupt), progress_bar(what="parts") as progress:
        clock.now += 6.0
        progress(12, 18)
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "12 of 18 parts, about 3 s left\n"


def test_a_terminal_keeps_no_line_of_progress(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that was written is cleared before the answer."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(what="parts") as progress:
        clock.now += 2.0
        progress(15, 18)
        progress(18, 18)
    assert capsys.readouterr().err == "\r15 of 18 parts, about 0 s left\033[K\r\033[K"


def test_the_first_line_does_not_wait_for_the_first_part(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """A thread writes it while the work runs."""
    with progress_bar() as progress:
        progress(0, 8)
        clock.now += 5.0
        lines = _wait_for_error(capsys)
        clock.now += 5.0
        lines += _wait_for_error(capsys)
    assert lines == "0 of 8 settings of the globals, 5 s\n0 of 8 settings of the globals, 10 s\n"


def test_the_first_line_has_the_size_of_the_work(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first part is done, nothing else says how long the work can be. It is estimated once."""
    estimates = iter(["about 2·10^56 variants"])
    with progress_bar(lambda: next(estimates)) as progress:
        progress(0, 4)
        clock.now += 5.0
        lines = _wait_for_error(capsys)
        clock.now += 5.0
        lines += _wait_for_error(capsys)
    line = "about 2·10^56 variants: 0 of 4 settings of the globals, {} s\n"
    assert lines == line.format(5) + line.format(10)


def test_a_long_time_is_estimated_before_the_first_part_is_done(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two workers have begun 2 of 36 settings, so all take at least 18 times as long as the first ones until now."""
    with progress_bar(at_a_time=2) as progress:
        progress(0, 36)
        clock.now += 5.0
        lines = _wait_for_error(capsys)
        clock.now += 15.0
        progress(9, 36)
        lines += _wait_for_error(capsys)
    first, second = lines.splitlines()
    assert first == "0 of 36 settings of the globals, 5 s; estimate: more than 90 s in all"
    assert second == "9 of 36 settings of the globals, about 60 s left"


@pytest.mark.parametrize(("workers", "of", "estimate"), [(2, 8, ""), (1, 1, ""), (1, 6400, "more than 128 s")])
def test_a_time_is_estimated_only_if_it_is_long(workers: int, of: int, estimate: str, clock: Clock) -> None:
    """Of many settings, a worker does a slice at a time: 100 of 6,400 here."""
    bar = progress._Bar(on_terminal=False, at_a_time=workers)
    bar.of = of
    clock.now += 2.0
    assert (estimate in bar._line(2.0)) and ("estimate" in bar._line(2.0)) == bool(estimate)


@pytest.mark.usefixtures("clock")
def test_short_work_is_not_estimated() -> None:
    """The estimate needs time itself."""
    estimates = iter([""])
    with progress_bar(lambda: next(estimates)) as progress:
        progress(0, 4)
        time.sleep(0.3)
        progress(4, 4)
    assert list(estimates) == [""]


def _wait_for_error(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what stderr gets, as soon as it gets something."""
    for _ in range(1000):
        if text := capsys.readouterr().err:
            return text
        time.sleep(0.01)
    return ""


def test_work_without_a_total_prints_its_time(clock: Clock) -> None:
    """The space is read before the settings are counted."""
    bar = progress._Bar(on_terminal=False)
    clock.now += 3.0
    assert bar._line(clock.now - bar.started) == "the space is read, 3 s"


def test_it_can_be_turned_off(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`MFPROFILE_PROGRESS=0` is for logs."""
    monkeypatch.setenv("MFPROFILE_PROGRESS", "0")
    with progress_bar() as progress:
        clock.now += 20.0
        progress(4, 8)
    assert capsys.readouterr().err == ""


def test_a_closed_stderr_is_no_error(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads it, so nothing is written."""
    monkeypatch.setattr(sys, "stderr", None)
    with progress_bar() as progress:
        clock.now += 20.0
        progress(4, 8)
