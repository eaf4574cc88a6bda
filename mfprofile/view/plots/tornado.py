"""The effect of one step of each knob, as a tornado chart: savings to the left, costs to the right."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from mfprofile.budget.sensitivity import Lever, Sensitivity
from mfprofile.errors import InputError
from mfprofile.view.plots.axes import linear, short, write_legend
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timed import counted_how, figure_of, unit_name, unit_size
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def tornado(look: Look, sensitivity: Sensitivity, most: int = 20) -> Picture:
    """Draw the changes by the nearest steps down and up of each knob, for the `most` knobs that change most.

    The changes are of the quantity that the sensitivity is sorted by. Raises `InputError` if there is no change.
    """
    levers = [lever for lever in sensitivity.levers if lever.weight(sensitivity.quantity)]
    if not levers or most < 1:
        raise InputError(
            f"{sensitivity.bill.name}: nothing to draw: no step of a knob changes the {sensitivity.quantity}"
        )
    shown, bill = levers[:most], sensitivity.bill
    records = [_record(lever, sensitivity.quantity) for lever in shown]
    quantity = sensitivity.quantity
    title = f"{short(bill.name)}: what one step of each knob changes"
    with look.applied():
        figure = look.figure(0.165 * max(len(records), 2) + (1.2 if look.columns == 2 else 1.75))
        axes = figure.add_subplot()
        _draw(axes, records, look, unit_size(quantity))
        whole = figure_of(quantity)(getattr(bill, quantity))
        parts = [f"{unit_name(quantity, bill)} gained or lost, of {whole}"]
        parts += filter(None, [counted_how(quantity, bill)])
        parts += [f"{len(levers) - len(shown)} knobs with smaller changes skipped"] if len(levers) > len(shown) else []
        label = fill("; ".join(parts), 92) if look.columns == 2 else ",\n".join(fill(part, 38) for part in parts)
        axes.set_xlabel(label)
        write_title(figure, title, look)
        write_legend(figure, look, look.columns)
    return Picture(title, figure, records, bill.convention.name)


def _record(lever: Lever, quantity: str) -> dict[str, Any]:
    record: dict[str, Any] = {"knob": lever.knob.name, "value": str(lever.knob.value)}
    for name, effect in (("down", lever.down), ("up", lever.up)):
        change = None if effect is None else getattr(effect.change, quantity)
        record[name] = {"value": None if effect is None else str(effect.step.value), "change": change}
    return record


def _draw(axes: Axes, records: list[dict[str, Any]], look: Look, unit: int) -> None:
    sides = {"down": ("mobile", "one step down, to the value at the end", ""), "up": ("former", "one step up", "/////")}
    for side, (color, label, hatch) in sides.items():
        changes = [(record[side]["change"] or 0) / unit for record in records]
        axes.barh(
            range(len(records)), changes, 0.74, color=look.colors[color], label=label, hatch=hatch,
            edgecolor=look.colors["ground"], linewidth=0.3,
        )  # fmt: skip
        for at, (record, change) in enumerate(zip(records, changes, strict=True)):
            if record[side]["change"]:
                _name(axes, change, at, record[side]["value"], look)
    axes.set_yticks(range(len(records)), [f"{record['knob']} = {record['value']}" for record in records], fontsize=6.5)
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.axvline(0, color=look.colors["ink"], linewidth=0.6)
    every = [(record[side]["change"] or 0) / unit for record in records for side in sides]
    room = (max(every) - min(every)) * (0.09 if look.columns == 2 else 0.2)
    axes.set_xlim(min(every) - room, max(every) + room)
    linear(axes.xaxis, 6 if look.columns == 2 else 5)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _name(axes: Axes, change: float, height: int, value: str, look: Look) -> None:
    """Write the value after a step at the end of its bar."""
    way = 1 if change > 0 else -1
    axes.annotate(
        value, (change, height), (2.5 * way, 0), textcoords="offset points", va="center",
        ha="left" if way > 0 else "right", fontsize=5.8, color=look.colors["ink"],
    )  # fmt: skip
