"""Every count of every shipped spec is the same as when it was last reviewed.

The record does not prove that counts are correct, because this project wrote it. It shows, per spec and convention, when
a change has altered a count by mistake. Independent checks of the counts are in `test_ground_truth` and `verify`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mfprofile import CONVENTIONS, count, peak_memory
from mfprofile.spec.sources import shipped

FILE = Path(__file__).resolve().parents[1] / "data" / "recorded_counts.json"


def recorded(name: str) -> dict[str, Any]:
    """Return a spec's totals in each convention, and a digest of its rows."""
    bill = count(name)
    rows = [
        (
            *(row.name, row.block, row.stage, row.pillar, row.kind, row.role, row.out),
            *(row.madds, row.elements, row.weights, row.biases, row.activations),
        )
        for row in bill.rows
    ]
    return {
        "params": bill.params,
        "activations": bill.activations,
        "peak_memory": peak_memory(bill).bytes,
        "madds": {convention: bill.under(convention).madds for convention in CONVENTIONS},
        "counted_params": {convention: bill.under(convention).counted_params for convention in CONVENTIONS},
        "rows": hashlib.sha256(repr(rows).encode()).hexdigest(),
    }


@pytest.mark.parametrize("name", shipped())
def test_each_count_is_as_recorded(name: str, rewrite: bool) -> None:
    """Totals, parameters, memory and every row are as recorded."""
    record = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    if rewrite:
        record[name] = recorded(name)
        FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    assert recorded(name) == record[name]
