"""A network whose forward starts a thread that traces another network is answered, and does not wait forever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import process

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

REFUSED = "a thread that a network's forward starts cannot count a network; do it in the thread of the forward"
SOURCE = """
from concurrent.futures import ThreadPoolExecutor
from torch import nn
from mfprofile.trace.trace import trace

class Net(nn.Linear):
    def forward(self, x):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: trace(nn.Linear(3, 4), (3,))).result()
        return super().forward(x)
"""


class Nested(nn.Linear):
    """A layer that traces another one before it runs: in a thread, or in a thread of a thread."""

    levels = 1

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, if the other trace has an answer."""
        _in_threads(self.levels)
        return super().forward(x)


def _in_threads(levels: int) -> object:
    if not levels:
        return trace(nn.Linear(5, 7), (5,))
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_in_threads, levels - 1).result(timeout=60)


@pytest.mark.parametrize("levels", [1, 2])
def test_a_trace_in_a_thread_of_a_forward_is_refused(levels: int) -> None:
    """The forward waits for the thread, and the thread would wait for the end of the forward."""
    layer = Nested(3, 4)
    layer.levels = levels
    start = threading.Thread.start
    with pytest.raises(InputError, match=REFUSED):
        trace(layer, (3,))
    assert threading.Thread.start is start
    assert trace(nn.Linear(3, 4), (3,)).bill().madds == 12


def test_a_trace_in_the_thread_of_the_forward_is_counted() -> None:
    """The two bills are apart."""
    layer = Nested(3, 4)
    layer.levels = 0
    assert trace(layer, (3,)).bill().madds == 12


def test_traces_in_threads_of_no_forward_wait_for_each_other() -> None:
    """Also those in threads that start during another trace."""
    sizes = range(1, 9)
    with ThreadPoolExecutor(4) as pool:
        traces = pool.map(lambda size: trace(nn.Linear(size, 3), (size,)), sizes)
        assert [each.bill().madds for each in traces] == [3 * size for size in sizes]


def test_the_command_ends_with_the_message(tmp_path: Path) -> None:
    """The exit code is that of a network that cannot be run."""
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    done = process(
        "audit", "net.py:Net", "--input", "3", "--arg", "in_features=3", "--arg", "out_features=4", cwd=tmp_path
    )
    assert done.returncode == 2
    assert REFUSED in done.stderr
    assert len(done.stderr.splitlines()) == 1
