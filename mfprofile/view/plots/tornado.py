"""What one step of each knob is worth, as a tornado: steps that save to the left, steps that cost to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfprofile.budget.sensitivity import Lever, Sensitivity
from mfprofile.spec.problems import InputError
from mfprofile.view.numbers import human
from mfprofile.view.plots.axes import legend, linear, short, titled
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def tornado(look: Look, found: Sensitivity, most: int = 20) -> Picture:
    """Draw what the nearest steps down and up of each knob change, of the `most` knobs that change most.

    Of multiply-adds or parameters, as the sensitivity was sorted. Raises `InputError` where no knob can be turned.
    """
    levers = [lever for lever in found.levers if lever.weight(found.quantity)]
    if not levers or most < 1:
        raise InputError(f"{found.bill.name}: no knob's step changes anything to draw")
    shown, bill = levers[:most], found.bill
    records = [_record(lever, found.quantity) for lever in shown]
    unit = bill.convention.unit if found.quantity == "madds" else "Parameters"
    total = getattr(bill, found.quantity)
    title = f"{short(bill.name)}: what one step of each knob changes"
    with look.applied():
        figure = look.figure(0.165 * max(len(records), 2) + (1.2 if look.columns == 2 else 1.75))
        axes = figure.add_subplot()
        _draw(axes, records, look)
        parts = [f"{unit} gained or lost, of {human(total)}"]
        parts += [f"convention '{bill.convention.name}'"] if found.quantity == "madds" else []
        parts += [f"{len(levers) - len(shown)} lesser knobs left out"] if len(levers) > len(shown) else []
        axes.set_xlabel("; ".join(parts) if look.columns == 2 else ",\n".join(parts))
        titled(figure, title, look)
        legend(figure, look, look.columns)
    return Picture(title, figure, records, bill.convention.name)


def _record(lever: Lever, quantity: str) -> dict[str, Any]:
    record: dict[str, Any] = {"knob": lever.knob.name, "value": str(lever.knob.value)}
    for name, effect in (("down", lever.down), ("up", lever.up)):
        change = None if effect is None else getattr(effect.change, quantity)
        record[name] = {"value": None if effect is None else str(effect.step.value), "change": change}
    return record


def _draw(axes: Axes, records: list[dict[str, Any]], look: Look) -> None:
    sides = {"down": ("mobile", "one step down, to the value at its end", ""), "up": ("former", "one step up", "/////")}
    for side, (color, label, hatch) in sides.items():
        changes = [record[side]["change"] or 0 for record in records]
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
    every = [record[side]["change"] or 0 for record in records for side in sides]
    room = (max(every) - min(every)) * (0.09 if look.columns == 2 else 0.2)
    axes.set_xlim(min(every) - room, max(every) + room)
    linear(axes.xaxis, 6 if look.columns == 2 else 5)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _name(axes: Axes, change: float, height: int, value: str, look: Look) -> None:
    """Write the value that a step leads to at the end of its bar."""
    way = 1 if change > 0 else -1
    axes.annotate(
        value, (change, height), (2.5 * way, 0), textcoords="offset points", va="center",
        ha="left" if way > 0 else "right", fontsize=5.8, color=look.colors["ink"],
    )  # fmt: skip
