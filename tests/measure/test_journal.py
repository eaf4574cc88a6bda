"""The sweeps of a calibration on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mfprofile.measure.journal import Journal, journal_of, remove

KEY: dict[str, Any] = {"processor": "a", "networks": ["0 x", "1 y"]}


def _sweep(time: float) -> dict[str, float]:
    return {"0 x": time, "1 y": 2 * time}


def test_a_second_run_has_the_sweeps_of_the_first(tmp_path: Path) -> None:
    """They are in a file beside the output, which is removed with the model's writing."""
    output = tmp_path / "desk.json"
    first = Journal(output, KEY)
    first.add(_sweep(1.5))
    first.add(_sweep(2.5))
    second = Journal(output, KEY)
    assert (second.sweeps, second.resumed) == ([_sweep(1.5), _sweep(2.5)], 2)
    remove(output)
    assert not journal_of(output).exists()
    assert Journal(output, KEY).sweeps == []


def test_sweeps_of_other_networks_or_another_machine_are_not_used(tmp_path: Path) -> None:
    """They would mix what cannot be compared."""
    Journal(tmp_path / "desk.json", KEY).add(_sweep(1.5))
    assert Journal(tmp_path / "desk.json", {**KEY, "processor": "b"}).sweeps == []


@pytest.mark.parametrize(
    "content",
    [
        *("", "[", "[]", "null", "[" * 100_000, '{"key": 1}'),
        json.dumps({"key": KEY}),
        json.dumps({"key": KEY, "sweeps": 3}),
        json.dumps({"key": KEY, "sweeps": [{"0 x": 1.0}]}),
        json.dumps({"key": KEY, "sweeps": [{"0 x": 1.0, "1 y": "2"}]}),
        json.dumps({"key": KEY, "sweeps": [{"0 x": 1.0, "1 y": -2}]}),
    ],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, content: str) -> None:
    """The calibration starts again from the beginning."""
    journal_of(tmp_path / "desk.json").write_text(content)
    assert Journal(tmp_path / "desk.json", KEY).sweeps == []


def test_without_an_output_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library user may want the model only."""
    monkeypatch.chdir(tmp_path)
    Journal(None, KEY).add(_sweep(1.0))
    assert list(tmp_path.iterdir()) == []
