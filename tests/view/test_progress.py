"""Progress is for people who wait: late, on standard error, and never if it is turned off."""

from __future__ import annotations

import sys

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
    assert capsys.readouterr().err == WAITED + "6 of 8 settings of the globals, about 9 s left\n"


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
