"""The executors: a pool, a Dask cluster, this process. The answers are the same, and an interrupt ends all workers."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from pathlib import Path
from typing import Any

import pytest
from effort import one_in
from running import ROOT, run, surroundings

from mfprofile.errors import InputError
from mfprofile.explore import pools
from mfprofile.explore.best import best
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import count_space
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.explore.work import Question, over_chains
from mfprofile.spec.quantities import Window

_SAMPLE = [
    *(sys.executable, "-m", "mfprofile", "explore", "sample", "mf294m-blocks", "-n", "50000"),
    *("--workers", "2", "--madds", "290M:300M"),
]
"""A command whose workers are busy for some seconds."""
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


def _end(chain: Chain) -> int:
    """Return the number of links, but end the worker that has the third setting."""
    if multiprocessing.parent_process() is not None and chain.values["tokens", "count"] != 2:
        os._exit(1)
    return len(chain.links)


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="the workers import the test only by fork")
def test_a_killed_worker_is_a_warning_and_this_process_does_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    """As when memory runs out. The answer is complete, and a later query warns no more."""
    question = Question(read_space("tiny"), (MADDS,))
    with pools.workers(2) as pool:
        assert over_chains(question, _end, pool) == over_chains(question, _end)
        assert _answers(pool) == _answers(None)
    message = "warning: a worker process died, probably because memory ran out; this process does the rest alone"
    assert [record.getMessage() for record in caplog.records] == [message]


class _Gone(Executor):
    """An executor that loses its workers after some results."""

    def __init__(self, results: int, error: Exception) -> None:
        self.results, self.error = results, error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that has a result or an error."""
        future: Future[Any] = Future()
        self.results -= 1
        if self.results >= 0:
            future.set_result(fn(*args, **kwargs))
        else:
            future.set_exception(self.error)
        return future


@pytest.mark.parametrize("error", [CancelledError(), BrokenExecutor("it has no worker")])
def test_an_executor_that_goes_away_keeps_what_is_done(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """The rest is done in this process, with a warning."""
    question = Question(read_space("tiny"), (MADDS,))
    assert over_chains(question, _links, _Gone(5, error)) == over_chains(question, _links)
    assert [record.getMessage().endswith("this process does the rest alone") for record in caplog.records] == [True]


def test_an_error_of_the_work_itself_is_raised() -> None:
    """It is not taken for lost workers."""
    with pytest.raises(ZeroDivisionError):
        over_chains(Question(read_space("tiny"), (MADDS,)), _links, _Gone(5, ZeroDivisionError()))


def _links(chain: Chain) -> int:
    return len(chain.links)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets that a cluster does not close
def test_a_cluster_that_closes_midway_keeps_what_is_done(caplog: pytest.LogCaptureFixture) -> None:
    """One warning, the whole answer, and nothing else on stderr."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    local = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", processes=True
    )
    question = Question(read_space("tiny"), (MADDS,))
    with pools.cluster(local.scheduler_address) as executor:
        ended: list[int] = []

        def progress(done: int, of: int) -> None:
            if done and not ended:
                ended.append(of)
                local.close()

        assert over_chains(question, _slow, executor, progress) == over_chains(question, _links)
        assert _answers(executor) == _answers(None)
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("mfprofile")]
    assert [message.endswith("this process does the rest alone") for message in messages] == [True]


def _slow(chain: Chain) -> int:
    time.sleep(0.2)
    return len(chain.links)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_cluster_without_workers_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After some seconds this process does the work. The address of a worker is refused."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr(pools, "_EMPTY_FOR", 0.1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1", protocol="tcp") as local,
        pools.cluster(local.scheduler_address) as executor,
    ):
        assert _answers(executor) == _answers(None)
    assert "the Dask cluster does not answer: it has no worker; this process does the rest alone" in caplog.text


def test_there_are_not_more_workers_than_cpus() -> None:
    """5,000 processes would take hours to start. None is invalid."""
    with pools.workers(5000) as pool:
        assert pool is not None
        assert len(multiprocessing.active_children()) <= max(2, pools.usable_cpus())
    for number in (0, -1):
        with pytest.raises(InputError, match=f"the number of workers is {number}; it must be 1 or more"):
            pools.workers(number).__enter__()
        assert run("explore", "count", "tiny", "--workers", str(number)).returncode == 2


def test_workers_and_a_cluster_exclude_each_other() -> None:
    """A query uses only one of them."""
    done = run("explore", "count", "tiny", "--workers", "2", "--dask", "tcp://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (2, "error: --workers and --dask cannot be combined; use one of them\n")


def _interrupted(folder: Path, after: float, whole_group: bool) -> None:
    """Interrupt a process that draws samples after some seconds, and check its exit code, messages and files."""
    process = subprocess.Popen(
        [*_SAMPLE, "--output", "variants"],
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
    lines = [line for line in errors.splitlines() if " parts, " not in line]
    assert (process.returncode, lines) == (130, [])
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="these signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_workers_end_with_their_parent_whatever_ends_it(name: str, tmp_path: Path) -> None:
    """They do not hold stdout open, and no file is left."""
    number = getattr(signal, name)
    process = subprocess.Popen(
        [*_SAMPLE, "--output", "variants"],
        cwd=tmp_path,
        env=surroundings(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        workers = _children(process.pid)
        process.send_signal(number)
        output = process.communicate(timeout=60)  # returns when the last process has closed both
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # if it has not ended
    assert (process.returncode, *output) == (-number if name == "SIGKILL" else 128 + number, "", "")
    assert len(workers) == 2
    assert list(tmp_path.iterdir()) == []


def _children(parent: int) -> list[int]:
    """Return the processes of a parent, as soon as there are two."""
    psutil = pytest.importorskip("psutil", reason="psutil is not installed")
    for _ in range(1200):
        workers = [child.pid for child in psutil.Process(parent).children() if child.status() != "zombie"]
        if len(workers) == 2:
            return workers
        time.sleep(0.05)
    return []


posix = pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes are POSIX's")


@posix
@pytest.mark.parametrize("whole_group", one_in(2, [True, False]), ids=["as a terminal does", "only the main process"])
def test_an_interrupt_ends_all_workers_and_leaves_no_file(whole_group: bool, tmp_path: Path) -> None:
    """The exit code is 130, with no traceback and no incomplete folder."""
    _interrupted(tmp_path, 2.5, whole_group)


@posix
@pytest.mark.slow
@pytest.mark.parametrize("tenths", range(20, 44, 4))
def test_an_interrupt_ends_all_workers_at_any_time(tenths: int, tmp_path: Path) -> None:
    """While they work, send a result or receive a call: the pool never waits forever."""
    _interrupted(tmp_path, tenths / 10, True)
