"""Bars that several pictures share: stacked by pillar, with hatches that also distinguish pillars in grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.spec.names import PILLARS
from mfprofile.view.plots.axes import linear
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HATCHES: Mapping[str, str] = MappingProxyType(
    {"mobile": "", "former": "/////", "bridge": "-----", "head": "\\\\\\\\\\"}
)


def draw_bars(
    axes: Axes, heights: Sequence[float], parts: Sequence[Mapping[str, float]], look: Look, thickness: float = 0.78
) -> None:
    """Draw horizontal bars at `heights`, each stacked from its parts by pillar. Pillars that no bar has are skipped."""
    starts = [0.0] * len(parts)
    for pillar in PILLARS:
        lengths = [part.get(pillar, 0) for part in parts]
        if any(lengths):
            axes.barh(
                heights,
                lengths,
                thickness,
                left=starts,
                label=pillar,
                color=look.colors[pillar],
                hatch=HATCHES[pillar],
                edgecolor=look.colors["ground"],
                linewidth=0.3,
            )
        starts = [start + length for start, length in zip(starts, lengths, strict=True)]


def label_bars(axes: Axes, names: Sequence[str], heights: Sequence[float], most: float, look: Look) -> None:
    """Label horizontal bars, from the top, on an axis of amounts with room for figures at their ends."""
    axes.set_yticks(heights, names, fontsize=6.5)
    axes.set_ylim(max(heights) + 0.7, min(heights) - 0.7)
    axes.set_xlim(0, (most or 1) * (1.22 if look.columns == 2 else 1.42))
    linear(axes.xaxis, 5 if look.columns == 2 else 3)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)


def write_figures(
    axes: Axes, ends: Sequence[float], heights: Sequence[float], texts: Sequence[str], look: Look
) -> None:
    """Write a figure at the end of each bar."""
    for end, height, text in zip(ends, heights, texts, strict=True):
        axes.annotate(
            text, (end, height), (2.5, 0), textcoords="offset points", va="center", ha="left",
            fontsize=6 if look.columns == 2 else 5.5, color=look.colors["ink"],
        )  # fmt: skip
