"""Quantities in pictures: their names, their ticks, and who counted or predicted them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from textwrap import fill
from typing import Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import device_of
from mfprofile.cost.weights import Counting
from mfprofile.paper.results import OURS
from mfprofile.spec.names import LATENCY
from mfprofile.view.head import model_json
from mfprofile.view.plots.axes import amount, counted_label, madds_label, recounted_label, short
from mfprofile.view.plots.look import Look
from mfprofile.view.prediction import is_timed

TITLES: Mapping[str, str] = {"madds": "multiply-adds", "params": "parameters", LATENCY: "predicted latency"}
NAMES: Mapping[str, str] = {"madds": "MAdds", "params": "Parameters", LATENCY: "Latency (ms)"}
"""The costs of networks, in titles and at axes."""
YOURS = "yours"
"""The sort of the user's networks."""
NO_BREAK = "\N{NO-BREAK SPACE}"


def in_ms(value: float) -> str:
    """Return the text of a tick at a time in nanoseconds, in milliseconds.

    >>> in_ms(2_500_000), in_ms(-50_000)
    ('2.5', '−0.05')
    """
    return f"{'−' if value < 0 else ''}{abs(value) / 10**6:g}"


def written(quantity: str) -> Callable[[float], str]:
    """Return how ticks of a quantity are written: amounts, or milliseconds if it is a time."""
    return in_ms if is_timed(quantity) else amount


def heading(quantity: str, convention: Counting) -> str:
    """Return a quantity with its unit, for a title."""
    if quantity == "madds":
        return find_convention(convention).unit
    return f"{quantity} (ms, predicted)" if is_timed(quantity) else quantity


def predicted_by(convention: Counting) -> str:
    """Return who predicts latencies, with the error. Raises `InputError` without a latency model."""
    device = device_of(find_convention(convention))
    return f"predicted by '{short(device.name)}' ({device.accuracy.replace(' %', NO_BREAK + '%')})"


def cost_label(
    cost: str,
    what: str,
    convention: Counting,
    look: Look,
    recounted: bool = False,
    sorts: Collection[str] | None = None,
) -> str:
    """Return the label of an axis of the costs of networks: who counted or predicted them.

    `sorts` are the sorts of networks that are drawn, by default those of the paper.
    """
    if cost == LATENCY:
        return fill(f"{what}; {predicted_by(convention)}", 38 * look.columns, break_on_hyphens=False)
    if sorts is not None and set(sorts) <= {OURS, YOURS}:
        return madds_label(convention, what) if cost == "madds" else what
    if sorts is not None and not recounted and not {OURS, YOURS} & set(sorts):
        return f"{what}, as in the paper"
    return (recounted_label if recounted else counted_label)(what, convention, look)


def model_of(quantities: Iterable[str], convention: Counting) -> dict[str, Any] | None:
    """Return what is said of the latency model, for a picture's description; None if no quantity is a time."""
    device = find_convention(convention).device
    return model_json(device) if device is not None and any(map(is_timed, quantities)) else None


def origin(quantity: str, convention: Counting) -> str:
    """Return how a quantity is known: counted, multiply-adds in a convention, or predicted."""
    if is_timed(quantity):
        return predicted_by(convention)
    return f"counted (convention '{convention}')" if quantity.endswith("madds") else "counted"
