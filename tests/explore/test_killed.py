"""Processes that are killed at random: workers of a Dask cluster, and the process of a query that can be resumed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from effort import nightly_but
from running import ROOT, surroundings

from mfprofile.explore import pools
from mfprofile.explore.best import best
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.resume import Resumable
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.explore.work import Question, over_chains
from mfprofile.spec.quantities import Window

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")
WINDOWS = [(MADDS, Window(2_000_000, 6_000_000)), (PARAMS, Window(None, 45_000))]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")]


def _answers(executor: object) -> list[object]:
    """Return the answer of each query of the tiny space."""
    space, options = read_space("tiny"), {"executor": executor}
    counted = count_space(space, WINDOWS, **options)  # type: ignore[arg-type]
    variants = [
        sample_space(space, 7, 1, WINDOWS, **options),  # type: ignore[arg-type]
        front(space, (Objective(MADDS), Objective(PARAMS, True)), **options),  # type: ignore[arg-type]
        best(space, Objective(PARAMS, True), WINDOWS, **options),  # type: ignore[arg-type]
    ]
    return [counted.within, counted.alone, *([variant.choices for variant in part] for part in variants)]


def _slow(chain: Chain) -> dict[Any, Any]:
    time.sleep(0.2)
    return dict(chain.values)


def _kill_at_random(local: Any, seed: int, ended: threading.Event, killed: list[int]) -> None:
    """Kill a worker of a cluster every now and then."""
    rng = Random(seed)
    while not ended.wait(rng.uniform(0.2, 0.8)):
        nannies = [nanny for nanny in local.workers.values() if nanny.process is not None and nanny.process.pid]
        if nannies:
            pid = rng.choice(nannies).process.pid
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)


@pytest.mark.filterwarnings("ignore")  # sockets and processes of killed workers, which Dask does not close
@pytest.mark.parametrize("seed", nightly_but(3, range(3)))
@pytest.mark.parametrize("keeps", [False, True], ids=["alone", "resumable"])
def test_workers_of_a_cluster_that_are_killed_at_random_change_no_answer(
    seed: int, keeps: bool, tmp_path: Path
) -> None:
    """The cluster gives their slices to others. If it gives up, this process does the rest."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    question = Question(read_space("tiny"), (MADDS,))
    ended, killed = threading.Event(), list[int]()
    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", processes=True
        ) as local,
        pools.cluster(local.scheduler_address) as executor,
    ):
        killer = threading.Thread(target=_kill_at_random, args=(local, seed, ended, killed), daemon=True)
        killer.start()
        resumable = Resumable(tmp_path / "kept", executor)
        used = resumable if keeps else executor
        try:
            assert over_chains(question, _slow, used) == [dict(chain.values) for chain in question.every()]
            assert _answers(used) == _answers(None)
        finally:
            ended.set()
            killer.join()
    assert killed
    if keeps:
        assert _answers(again := Resumable(tmp_path / "kept")) == _answers(None)
        assert again.kept == 0


QUERY = [
    *(sys.executable, "-m", "mfprofile", "explore", "count", "mf294m-blocks", "--json", "--workers", "2"),
    *("--set", "tokens={count: 6, dim: 192}", "--madds", "290M:300M", "--params", "10M:12M", "--resume", "kept"),
]
"""A query with 64 slices."""
WITHIN = 71_212_639_860


@pytest.mark.parametrize("name", nightly_but(2, ["SIGKILL", "SIGINT", "SIGTERM"]))
def test_a_query_that_is_ended_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    """It loses at most the slices that the two workers had begun. The kept ones are not computed again."""
    number = getattr(signal, name)
    environment = surroundings(PYTHONPATH=str(ROOT), MFPROFILE_PROGRESS="0")
    process = subprocess.Popen(
        QUERY, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        while process.poll() is None and len(_slices(tmp_path)) < 5:
            time.sleep(0.02)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # if it has not ended
    codes = {"SIGKILL": -signal.SIGKILL, "SIGINT": 130, "SIGTERM": 128 + signal.SIGTERM}
    assert (process.returncode, output) == (codes[name], "")
    before = {file: file.stat().st_mtime_ns for file in _slices(tmp_path)}
    assert 5 <= len(before) < 64
    if name == "SIGKILL":
        assert errors == ""
    else:
        kept = f"kept: {len(before)} parts computed and kept, 0 taken from it; the same command goes on from there\n"
        assert errors == kept
    done = subprocess.run(QUERY, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["within"] == WITHIN
    taken = re.search(r"(\d+) parts computed and kept, (\d+) taken", done.stderr)
    assert taken is not None
    assert (int(taken[1]), int(taken[2])) == (64 - len(before), len(before))
    assert {file: file.stat().st_mtime_ns for file in before} == before


def _slices(folder: Path) -> list[Path]:
    return list((folder / "kept").glob("*.json"))
