"""Quantities in pictures: their names, their ticks, and who counted or predicted them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import device_of
from mfprofile.cost.tested import accuracy
from mfprofile.cost.weights import Counting
from mfprofile.spec.names import LATENCY
from mfprofile.view.head import model_json
from mfprofile.view.plots.axes import amount, short
from mfprofile.view.plots.look import Look
from mfprofile.view.prediction import is_timed

TITLES: Mapping[str, str] = {"madds": "multiply-adds", "params": "parameters", LATENCY: "predicted latency"}
NAMES: Mapping[str, str] = {"madds": "MAdds", "params": "Parameters", LATENCY: "Latency (ms)"}
"""The costs of networks, in titles and at axes."""
YOURS = "yours"
"""The sort of the user's networks."""
_PILLARS = {"mobile": "Mobile", "former": "Former", "bridge": "the bridges", "head": "the head"}
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


def predicted_by(convention: Counting, networks: Mapping[str, bool]) -> str:
    """Return who predicts latencies, with its error on networks; see `cost.tested`.

    Raises `InputError` without a latency model.
    """
    device = device_of(find_convention(convention))
    return f"predicted by '{short(device.name)}' ({accuracy(device, networks).replace(' %', NO_BREAK + '%')})"


def words_of(quantity: str, unit: str = "MAdds") -> str:
    """Return a quantity in words, for an axis. `unit` is that of multiply-adds; a formula stays as it is.

    >>> words_of("former.params"), words_of("madds", "FLOPs"), words_of("bridge.latency"), words_of("madds - params")
    ('Parameters of Former', 'FLOPs', 'Latency of the bridges (ms)', 'madds - params')
    """
    part, _, sum_ = quantity.rpartition(".")
    names = {"madds": unit, "params": "Parameters", "activations": "Activations (elements)", LATENCY: "Latency"}
    if sum_ not in names or part not in {"", *_PILLARS}:
        shown = quantity
    else:
        shown = f"{names[sum_]} of {_PILLARS[part]}" if part else names[sum_]
    return f"{shown} (ms)" if is_timed(quantity) else shown


def in_title(quantity: str) -> str:
    """Return a quantity in words, for a title; a figure of the user's and a formula stay as they are, cut if long.

    >>> in_title("former.params"), in_title("madds"), in_title("latency"), in_title("top1")
    ('parameters of Former', 'multiply-adds', 'predicted latency', 'top1')
    """
    part, _, sum_ = quantity.rpartition(".")
    names = {**TITLES, "activations": "activations"}
    if sum_ not in names or part not in {"", *_PILLARS}:
        return short(quantity)
    return f"{names[sum_]} of {_PILLARS[part]}" if part else names[sum_]


def better(most: bool) -> str:
    """Return which way of an axis is better."""
    return f"{'more' if most else 'less'} is better"


def noted(what: str, notes: Sequence[str]) -> str:
    """Return the label of an axis with notes in one pair of parentheses.

    >>> noted("MAdds", ["convention 'core'", "less is better"]), noted("MAdds", [])
    ("MAdds (convention 'core'; less is better)", 'MAdds')
    """
    return f"{what} ({'; '.join(notes)})" if notes else what


def filled(label: str, which: str, look: Look) -> str:
    """Return the label of the axis `which` in lines that fit: those of y are shorter. Some words stay together."""
    for words in ("log scale", "ours as given", "as printed", "more is better", "less is better"):
        label = label.replace(words, words.replace(" ", NO_BREAK))
    across = 42 * look.columns if which == "x" else 10 + 16 * look.columns
    return fill(label, across, break_on_hyphens=False).replace(NO_BREAK, " ")


def cost_label(
    cost: str, what: str, convention: Counting, look: Look, origins: Collection[str], networks: Mapping[str, bool]
) -> str:
    """Return the label of an axis of the costs of networks: who counted, printed, gave or predicted them.

    `origins` are the sources of the costs that are drawn (`Point.source`), and `networks` are those with a latency.
    """
    if cost == LATENCY:
        return fill(f"{what}; {predicted_by(convention, networks)}", 38 * look.columns, break_on_hyphens=False)
    others = set(origins) - {"counted", "recounted", "printed"}
    counted = f"convention '{convention}'"
    kept = set(origins) & {"counted", "recounted"}
    if "recounted" in origins:
        printed = "hollow: as printed"
    else:
        printed = "other families as printed" if kept or others else "as printed"
    parts = [*([printed] if "printed" in origins else []), *(["ours as given"] if others else [])]
    notes = [*([counted] if kept else []), *([", ".join(parts)] if parts else [])]
    return filled(noted(what, [] if cost == "params" and notes == [counted] else notes), "x", look)


def model_of(quantities: Iterable[str], convention: Counting, networks: Mapping[str, bool]) -> dict[str, Any] | None:
    """Return what is said of the latency model, for a picture's description; None if no quantity is a time."""
    device = find_convention(convention).device
    return model_json(device, networks) if device is not None and any(map(is_timed, quantities)) else None


def origin(quantity: str, convention: Counting, networks: Mapping[str, bool]) -> str:
    """Return how a quantity is known: counted, multiply-adds in a convention, or predicted."""
    if is_timed(quantity):
        return predicted_by(convention, networks)
    return f"counted (convention '{convention}')" if quantity.endswith("madds") else "counted"
