"""The sweeps of a calibration on disk, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mfprofile.files import write

Sweep = Mapping[str, float]
"""The nanoseconds of each network in one sweep."""


class Journal:
    """A file with the sweeps so far, beside the file of the model, if that is one on disk.

    `key` says what is measured, where and how. Sweeps of another key are not used.
    """

    def __init__(self, output: str | Path | None, key: Mapping[str, Any]) -> None:
        self.file = None if output is None else journal_of(output)
        self.key = key
        self.sweeps: list[Sweep] = self._read()
        self.resumed = len(self.sweeps)

    def add(self, sweep: Sweep) -> None:
        """Add a sweep, and write all of them. Raises `OutputError` if the file cannot be written."""
        self.sweeps.append(sweep)
        if self.file is not None:
            write(self.file, json.dumps({"key": self.key, "sweeps": self.sweeps}))

    def _read(self) -> list[Sweep]:
        """Return the sweeps of an earlier run of the same key, or none."""
        if self.file is None:
            return []
        with suppress(OSError, ValueError, RecursionError):
            document = json.loads(self.file.read_bytes())
            if isinstance(document, dict) and document.get("key") == json.loads(json.dumps(self.key)):
                return _valid(document.get("sweeps"), self.key["networks"])
        return []


def journal_of(output: str | Path) -> Path:
    """Return the file of the sweeps for a file of a model."""
    return Path(f"{output}.partial")


def remove(output: str | Path) -> None:
    """Remove the sweeps for a file of a model that is written."""
    journal_of(output).unlink(missing_ok=True)


def _valid(sweeps: Any, names: Sequence[str]) -> list[Sweep]:
    """Return the sweeps if each has a time of each network, or none."""
    if not isinstance(sweeps, list):
        return []
    complete = all(
        isinstance(each, dict)
        and each.keys() == set(names)
        and all(isinstance(time, int | float) and time > 0 for time in each.values())
        for each in sweeps
    )
    return sweeps if complete else []
