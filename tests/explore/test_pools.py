"""The executors: a pool, a Dask cluster, this process. The answers are the same, and an interrupt ends all workers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import ROOT, run, surroundings

from mfprofile.errors import InputError
from mfprofile.explore import pools
from mfprofile.explore.best import best
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.spec.quantities import Window

MADDS, PARAMS = quantity_of("madds"), quantity_of("params")
WINDOWS = [(MADDS, Window(2_000_000, 6_000_000))]


def _answers(executor: object) -> list[object]:
    """Return the answer of each query of the tiny space."""
    space, options = read_space("tiny"), {"executor": executor}
    counted = count_space(space, [*WINDOWS, (PARAMS, Window(None, 45_000))], **options)  # type: ignore[arg-type]
    variants = [
        sample_space(space, 7, 1, WINDOWS, **options),  # type: ignore[arg-type]
        front(space, (Objective(MADDS), Objective(PARAMS, True)), **options),  # type: ignore[arg-type]
        best(space, Objective(PARAMS, True), WINDOWS, **options),  # type: ignore[arg-type]
    ]
    return [counted.within, counted.alone, *([variant.figures for variant in part] for part in variants)]


def test_a_pool_gives_the_answers_of_this_process() -> None:
    """It has two processes, as with --workers 2."""
    with pools.workers(2) as pool:
        assert pool is not None
        assert _answers(pool) == _answers(None)
    with pools.workers(1) as none:
        assert none is None


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets that a cluster does not close
def test_a_dask_cluster_gives_the_answers_of_this_process() -> None:
    """It runs on the loopback interface, with two workers."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", processes=True
        ) as local,
        pools.cluster(local.scheduler_address) as executor,
    ):
        assert _answers(executor) == _answers(None)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere at all", "tcp://127.0.0.1:x"])
def test_an_address_without_a_cluster_gets_one_line(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """For every kind of wrong address."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr(pools, "_CONNECT_FOR", 1.0)
    with pytest.raises(InputError, match="no cluster answers at this address") as caught, pools.cluster(address):
        pass
    assert "\n" not in str(caught.value)


def test_workers_and_a_cluster_exclude_each_other() -> None:
    """A query uses only one of them."""
    done = run("explore", "count", "tiny", "--workers", "2", "--dask", "tcp://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (2, "error: --workers and --dask cannot be combined; use one of them\n")


def _interrupted(folder: Path, after: float, whole_group: bool) -> None:
    """Interrupt a process that draws samples after some seconds, and check its exit code, messages and files."""
    command = [
        sys.executable,
        "-m",
        "mfprofile",
        "explore",
        "sample",
        "mf294m-blocks",
        "-n",
        "50000",
        "--output",
        "variants",
    ]
    process = subprocess.Popen(
        [*command, "--workers", "2", "--madds", "290M:300M"],
        cwd=folder,
        env=surroundings(PYTHONPATH=str(ROOT)),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    time.sleep(after)
    assert process.poll() is None
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # if it has not ended
    lines = [line for line in errors.splitlines() if "settings of the globals" not in line]
    assert (process.returncode, lines) == (130, [])
    assert list(folder.iterdir()) == []


posix = pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes are POSIX's")


@posix
@pytest.mark.parametrize("whole_group", [True, False], ids=["as a terminal does", "only the main process"])
def test_an_interrupt_ends_all_workers_and_leaves_no_file(whole_group: bool, tmp_path: Path) -> None:
    """The exit code is 130, with no traceback and no incomplete folder."""
    _interrupted(tmp_path, 2.5, whole_group)


@posix
@pytest.mark.slow
@pytest.mark.parametrize("tenths", range(20, 44, 4))
def test_an_interrupt_ends_all_workers_at_any_time(tenths: int, tmp_path: Path) -> None:
    """While they work, send a result or receive a call: the pool never waits forever."""
    _interrupted(tmp_path, tenths / 10, True)
