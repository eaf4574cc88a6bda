"""Predicted against measured: the networks that a latency model was fitted to, each predicted while it was held out."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean
from typing import TYPE_CHECKING

from mfprofile.cost.device import Device
from mfprofile.paper.claims import MODELS
from mfprofile.spec.words import several
from mfprofile.view.plots.axes import linear, scaled, short, write_legend
from mfprofile.view.plots.held_out import HeldOut
from mfprofile.view.plots.labels import Around, name_points
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAND = 0.1
"""The relative error that the band shows on both sides."""
MOST_NAMED = 6
"""The most networks beyond the band that have names, those with the largest errors."""


def prediction(look: Look, device: Device, networks: Sequence[HeldOut]) -> Picture:
    """Draw predicted against measured latency, and the errors of the predictions, with a band of ±10 %.

    The published models have their own colour. Networks beyond the band are named.
    """
    title = f"Latency model '{short(device.name)}': predicted against measured"
    with look.applied():
        figure = look.figure(3.6 if look.columns == 2 else 6.0)
        axes, beside = figure.subplots(*((1, 2) if look.columns == 2 else (2, 1)))
        _against(axes, networks, look)
        _errors(beside, networks, look)
        write_title(figure, title, look)
        write_legend(figure, look, notes=_notes(device, networks))
        notes = _name(beside, networks, look)
    data = [{**network._asdict(), "error": network.error} for network in networks]
    return Picture(title, figure, data, notes=notes)


def _against(axes: Axes, networks: Sequence[HeldOut], look: Look) -> None:
    times = [time / 1e6 for each in networks for time in (each.measured, each.predicted)]
    scale = scaled(axes, "x", times)
    scaled(axes, "y", times)
    low, high = axes.get_xlim()
    axes.set_ylim(low, high)
    ends, lows, highs = ([end * (1 + side) for end in (low, high)] for side in (0, -BAND, BAND))
    axes.fill_between(ends, lows, highs, color=look.colors["grid"], linewidth=0, zorder=0, label=f"±{100 * BAND:.0f} %")
    axes.plot(ends, ends, color=look.colors["quiet"], linewidth=0.8, zorder=1)
    _points(axes, networks, [each.predicted / 1e6 for each in networks], look)
    axes.set(xlabel=f"Measured (ms){scale}", ylabel=f"Predicted, held out (ms){scale}")
    axes.grid(False)


def _errors(axes: Axes, networks: Sequence[HeldOut], look: Look) -> None:
    times, errors = [each.measured / 1e6 for each in networks], [100 * each.error for each in networks]
    scale = scaled(axes, "x", times)
    reach = 1.15 * max(*map(abs, errors), 100 * BAND)
    axes.set_ylim(-reach, reach)
    linear(axes.yaxis)
    axes.axhspan(-100 * BAND, 100 * BAND, color=look.colors["grid"], linewidth=0, zorder=0)
    axes.axhline(0, color=look.colors["quiet"], linewidth=0.8, zorder=1)
    _points(axes, networks, errors, look)
    axes.set(xlabel=f"Measured (ms){scale}", ylabel="Predicted − measured (%)")
    axes.grid(False)


def _points(axes: Axes, networks: Sequence[HeldOut], heights: Sequence[float], look: Look) -> None:
    for label, color, marker, is_published in (
        ("networks", "mobile", "o", False),
        ("published models", "former", "s", True),
    ):
        own = [
            (each.measured / 1e6, y)
            for each, y in zip(networks, heights, strict=True)
            if (each.name in MODELS) == is_published
        ]
        if own:
            xs, ys = zip(*own, strict=True)
            axes.plot(xs, ys, linestyle="none", marker=marker, markersize=4, color=look.colors[color],
                      markeredgecolor=look.colors["ground"], markeredgewidth=0.4, label=label, zorder=3)  # fmt: skip


def _name(axes: Axes, networks: Sequence[HeldOut], look: Look) -> list[str]:
    beyond = sorted((each for each in networks if abs(each.error) > BAND), key=lambda each: -abs(each.error))
    places = [(each.measured / 1e6, 100 * each.error) for each in networks]
    labels = [
        (each.measured / 1e6, 100 * each.error, short(each.name), _color(each, look)) for each in beyond[:MOST_NAMED]
    ]
    return name_points(axes, labels, look, Around(places), options="")


def _color(network: HeldOut, look: Look) -> str:
    return look.text_color("former" if network.name in MODELS else "mobile")


def _notes(device: Device, networks: Sequence[HeldOut]) -> list[str]:
    """Return lines on the errors of the networks that are drawn, on the noise, and on where they were measured."""
    sizes = [abs(each.error) for each in networks]
    within = sum(size <= BAND for size in sizes) / len(sizes)
    noise = "" if device.errors is None else f"; noise of the measurements {100 * device.errors.noise:.1f} %"
    where = [device.conditions[key] for key in ("processor", "runtime", "threads") if device.conditions.get(key)]
    batch = f"batch {device.batch}"
    return [
        f"{several(len(networks), 'network')}: mean error {100 * mean(sizes):.1f} %, {100 * within:.0f} % within "
        f"±{100 * BAND:.0f} %{noise}",
        f"Measured on {', '.join([*where, device.dtype, batch])}; each network predicted by a fit to others",
    ]
