"""Networks of the zoo of the benchmarks have the same bill in two processes, nothing of them is lost, and tools agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from effort import nightly_but
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
TOTALS = """
import dataclasses, json, sys
sys.path.insert(0, "benchmarks")
import zoo_measures, zoo_networks

zoo_measures.TOOLS, known, totals = (sys.argv[1],), zoo_networks.networks(), {}
for name in sys.argv[2:]:
    (total,) = zoo_measures._totals(known[name], *zoo_measures.bill_of(known[name])).values()
    totals[name] = dataclasses.astuple(total)
print(json.dumps(totals))
"""
BY_FVCORE = {
    "torchvision:maxvit_t": 5_608_201_264,
    "transformers:longformer": 51_273_532,  # an einsum that sums over one value, as a multiplication
    "transformers:led": 51_617_724,
    "transformers:minimax": 116_736,  # the last state, which only a cache would keep
    "transformers:pegasus_x": 66_093_616,  # global tokens of the last layer, which no layer reads
    "transformers:detr": 334_206_404,  # masks of maps that no layer reads
    "transformers:mra": 157_056,  # keys and values, without a kernel for them
    "transformers:yoso": 206_208,  # products in a torch.autograd.Function
    "transformers:mamba2": 26_443_904,
    "transformers:xlnet": 290_316,
}
"""What fvcore prints for networks of which torch.jit's tracing leaves less or other operators than torch runs."""
BY_THOP = {
    "timm:coat_lite_tiny": 1_797_588_096,  # convolutions that the blocks of a stage share
    "timm:coat_tiny": 7_625_622_184,
}
NAMED = {"torchvision::nms"}
"""The operators of the zoo that are named as not counted."""


def _bills(start: int, seed: str) -> dict[str, Any]:
    """Return the bills of some networks, made in a process with a hash seed of its own."""
    return _printed(seed, PROGRAM, str(start), str(STEP))


def _printed(seed: str, program: str, *arguments: str) -> dict[str, Any]:
    """Return what a program prints as JSON in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return results


@pytest.mark.parametrize("start", nightly_but(STEP, range(STEP)))
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


@pytest.mark.slow
def test_fvcore_is_explained_where_its_graph_is_not_what_torch_runs() -> None:
    """In total, at every path, and in activations and parameters."""
    need("torchvision", "transformers", "fvcore")
    totals = _printed("1", TOTALS, "fvcore", *BY_FVCORE)
    assert totals == {name: [total, 0, 0, 0, ""] for name, total in BY_FVCORE.items()}


@pytest.mark.slow
def test_thop_is_explained_where_modules_have_several_paths() -> None:
    """In total, at every path, and in parameters."""
    need("timm", "thop")
    totals = _printed("1", TOTALS, "thop", *BY_THOP)
    assert totals == {name: [total, 0, 0, 0, ""] for name, total in BY_THOP.items()}
