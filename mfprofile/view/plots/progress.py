"""The progress of a search: the figure of each trial, and the best so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError
from mfprofile.spec.words import several
from mfprofile.view.plots.axes import linear, short, write_legend
from mfprofile.view.plots.labels import Around, name_points
from mfprofile.view.plots.limits import NUMBER, Limits, frame, inside, uncut
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.records import Records
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import better, filled, noted
from mfprofile.view.plots.variants import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = (("failed", "x", "former"), ("pruned", "|", "quiet"), ("running", "|", "user"))
"""The states of trials without a result, with their markers and colours."""
_MANY = 1_000  # from this number of results on, the line of the best is over them, so that it is not hidden


def search_picture(look: Look, records: Records, goal: str | None = None) -> Picture:
    """Draw a goal of a search, by default its first, trial by trial, and the best so far as a step line.

    Trials without a result are marks at the axis. Raises `InputError` for a file without goals, and for a search
    without a result.
    """
    name = _goal(records, goal)
    limits = frame(look, NUMBER, Axis(name).unit)
    every: list[dict[str, Any]] = [{"trial": number, "state": row.get("state", ""), "value": records.number(at, name)}
             for at, (number, row) in enumerate(records.rows)]  # fmt: skip
    trials, outside = inside(
        every, lambda each: (each["trial"], each["value"]), lambda each: f"{each['trial']}", *limits
    )
    done = sorted((each for each in trials if each["value"] is not None), key=lambda each: each["trial"])
    if not done:
        raise InputError(f"{records.label}: no trial has a {name} to draw; run the search again to go on")
    best = list(accumulate((each["value"] for each in done), max if records.goals[name] else min))
    title = f"{several(len(trials), 'trial')} of {short(records.space or 'a search')}: {short(name)}"
    with look.applied():
        figure = look.figure(3.3 if look.columns == 2 else 2.5)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        axes.set(xlabel="Trial", ylabel=filled(noted(short(name), [better(records.goals[name])]), "y", look))
        _fit(axes, trials, [each["value"] for each in done], limits)
        line = _draw(axes, trials, done, best, look)
        uncut(axes)
        write_legend(figure, look)
        unlabelled = _name_best(axes, done, best, line, look)
    data = [*({**each, "best": so_far} for each, so_far in zip(done, best, strict=True)),
            *(each for each in trials if each["value"] is None)]  # fmt: skip
    return Picture(title, figure, data, notes=[*outside, *unlabelled])


def _goal(records: Records, goal: str | None) -> str:
    """Return the goal to draw: the first of the search if none is given."""
    if not records.goals:
        raise InputError(f"{records.label}: is not a search; use the output of 'mfprofile explore search … --json'")
    if goal is not None and goal not in records.goals:
        raise InputError(f"--goal {goal}: is not a goal of {records.label}; use {', '.join(records.goals)}")
    return next(iter(records.goals)) if goal is None else goal


def _name_best(
    axes: Axes,
    done: Sequence[Mapping[str, Any]],
    best: Sequence[float],
    line: tuple[list[float], list[float]],
    look: Look,
) -> list[str]:
    """Label the first trial with the best result. Return a note if the label is left out."""
    first = done[best.index(best[-1])]
    label = (first["trial"], first["value"], f"{best[-1]:.6g}, trial {first['trial']}", look.text_color("former"))
    places = [(each["trial"], each["value"]) for each in done]
    return name_points(axes, [label], look, Around(places, [line], marker=3.5))


def _fit(
    axes: Axes, trials: Sequence[Mapping[str, Any]], values: Sequence[float], limits: tuple[Limits, Limits]
) -> None:
    numbers, room = [each["trial"] for each in trials], 0.14 * (max(values) - min(values) or abs(max(values)) or 1.0)
    side = 0.02 * (max(numbers) - min(numbers) or 1)
    axes.set_xlim(limits[0].or_else(min(numbers) - side, max(numbers) + side))
    axes.set_ylim(limits[1].or_else(min(values) - 1.2 * room, max(values) + room))
    linear(axes.xaxis, write=lambda value: f"{value:,.0f}", integer=True)
    linear(axes.yaxis, write=lambda value: f"{value:.6g}".replace("-", "−"))


def _draw(
    axes: Axes,
    trials: Sequence[Mapping[str, Any]],
    done: Sequence[Mapping[str, Any]],
    best: Sequence[float],
    look: Look,
) -> tuple[list[float], list[float]]:
    """Draw the trials, and the best so far as a step line that goes on to the last trial. Return the line."""
    axes.plot([each["trial"] for each in done], [each["value"] for each in done], "o", markersize=3.5,
              color=look.colors["mobile"], markeredgewidth=0.3, markeredgecolor=look.colors["ground"], alpha=0.85,
              label="a trial", zorder=2)  # fmt: skip
    xs, ys = [float(done[0]["trial"])], [best[0]]
    for each, so_far in zip(done[1:], best[1:], strict=True):
        xs += [float(each["trial"])] * 2
        ys += [ys[-1], so_far]
    xs, ys = [*xs, float(max(each["trial"] for each in trials))], [*ys, ys[-1]]
    axes.plot(xs, ys, "-", color=look.colors["former"], linewidth=1.3, label="best so far",
              zorder=3 if len(done) > _MANY else 1.9)  # fmt: skip
    for state, marker, color in _MARKS:
        numbers = [each["trial"] for each in trials if each["value"] is None and each["state"] == state]
        if numbers:
            axes.plot(numbers, [0.025] * len(numbers), marker, transform=axes.get_xaxis_transform(), markersize=4,
                      color=look.colors[color], label=state, zorder=4)  # fmt: skip
    return xs, ys
