"""Amounts and windows of quantities in words, latencies in milliseconds, and what the error of a model means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from mfprofile.cost.device import Device
from mfprofile.cost.tested import about
from mfprofile.explore.quantity import quantity_of
from mfprofile.spec.quantities import Window
from mfprofile.spec.words import listed
from mfprofile.view.numbers import grouped, milliseconds


def predicted_by(device: Device | None, networks: Mapping[str, bool]) -> list[str]:
    """Return a line on a latency model and its error on networks, or no line without one. See `cost.tested`."""
    return [] if device is None else [f"ms: predicted by latency model {about(device, networks)}"]


def not_priced(kinds: Sequence[str]) -> list[str]:
    """Return a line on kinds of ops that a latency model has no price for, or no line if there are none."""
    return [f"Not in the latency, because the model never saw them: {listed(kinds)}"] if kinds else []


def is_timed(name: str) -> bool:
    """Return whether a quantity, as a user wrote it, is a time or a sum with one.

    >>> is_timed("latency + bridge.latency"), is_timed("madds")
    (True, False)
    """
    return quantity_of(name).is_timed


def writer(name: str) -> Callable[[int], str]:
    """Return how amounts of a quantity are written in a column: times in milliseconds.

    >>> writer("bridge.latency")(1_234_567), writer("madds")(1_234_567)
    ('1.235', '1,234,567')
    """
    return milliseconds if is_timed(name) else grouped


def amount(name: str, value: int) -> str:
    """Return an amount of a quantity with its unit.

    >>> amount("latency", 1_234_567), amount("madds", 1_234_567)
    ('1.235 ms', '1,234,567')
    """
    return f"{writer(name)(value)}{' ms' if is_timed(name) else ''}"


def window_text(name: str, window: Window) -> str:
    """Return a window as a user writes it, exactly: times in milliseconds.

    >>> window_text("latency", Window(250_000, 4_000_000)), window_text("madds", Window(None, 4_000_000))
    ('0.25ms:4ms', ':4,000,000')
    """
    if not is_timed(name):
        return str(window)
    return ":".join("" if side is None else f"{Decimal(side).scaleb(-6).normalize():f}ms" for side in window)


def no_ranking(latencies: Sequence[int], device: Device | None, networks: Mapping[str, bool]) -> list[str]:
    """Return a note on latencies, in order, that are closer to each other than the model's error, or no line.

    Such a model cannot say which of two neighbours is the faster one.
    """
    if device is None or len(latencies) < 2:
        return []
    if device.errors is None:
        return ["No ranking: the error of the latency model is not known"]
    if not all(networks.values()):
        return ["No ranking: the error of the latency model on such networks is not known"]
    neighbours = [abs(after - before) / max(before, after, 1) for before, after in pairwise(sorted(latencies))]
    close = sum(difference < device.errors.mean for difference in neighbours)
    if not close:
        return []
    share, error = f"{close:,} of {len(neighbours):,}", f"{100 * device.errors.mean:.1f} %"
    return [f"No ranking: {share} differences between neighbours in latency are below the model's error of {error}"]
