"""Networks of the zoo of the benchmarks have the same bill in two processes, and nothing of them is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from running import ROOT, need

pytest.importorskip("torch")

STEP = 9
PROGRAM = """
import json, sys
sys.path.insert(0, "benchmarks")
import zoo_measures, zoo_networks

bills = {}
for name, network in list(zoo_networks.networks().items())[int(sys.argv[1])::int(sys.argv[2])]:
    model, traced = zoo_measures.bill_of(network)
    rows = [[row.name, row.kind, row.role, row.out, row.madds, row.elements, row.params] for row in traced.rows]
    outside = [each.place for each in traced.outside]
    params = sum(each.numel() for each in model.parameters())
    bills[name] = [rows, [each.operator for each in traced.uncovered], outside, traced.bill().params, params]
print(json.dumps(bills))
"""
NAMED = {"torchvision::nms"}
"""The operators of the zoo that are named as not counted."""


def _bills(start: int, seed: str) -> dict[str, Any]:
    """Return the bills of some networks, made in a process with a hash seed of its own."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(start), str(STEP)]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bills: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return bills


@pytest.mark.slow
@pytest.mark.parametrize("start", range(STEP))
def test_bills_are_equal_in_two_processes_and_account_for_everything(start: int) -> None:
    """Row by row; each parameter is in the bill once, and only known operators are named as not counted."""
    for library in ("timm", "torchvision", "transformers"):
        need(library)
    first, second = _bills(start, "1"), _bills(start, "7")
    assert len(first) > 30
    assert [name for name, bill in first.items() if second[name] != bill] == []
    for name, (_, uncovered, outside, counted, params) in first.items():
        assert (set(uncovered) <= NAMED, counted) == (True, params), (name, uncovered)
        assert outside == [] or name == "transformers:vits", (name, outside)
