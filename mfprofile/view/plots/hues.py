"""Colours for a third figure: steps for few values, with entries of the legend, and a scale for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfprofile.view.plots.axes import short
from mfprofile.view.plots.look import SERIES, Look
from mfprofile.view.plots.records import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_STEPS = 6
"""The most values that have a step of colours each, and the most words that have a colour."""
_WORDS = (*SERIES, "quiet")
_REST = "other"


@dataclass(frozen=True, slots=True)
class Hue:
    """The colour of each point. `categories` are the colours by the text for the legend; without any there is a scale.

    `least` and `most` are the ends of the scale.
    """

    colors: Sequence[Any]
    categories: Mapping[str, Any]
    least: float = 0.0
    most: float = 1.0


def hues(values: Sequence[Value], name: str, look: Look) -> Hue:
    """Return the colours of values. Numbers are in order from dark to bright; of words, the most frequent have one."""
    distinct = sorted({each for each in values if not isinstance(each, str)})
    if len(distinct) == len(set(values)):
        if len(distinct) > MOST_STEPS:
            least, most = float(distinct[0]), float(distinct[-1])
            scale = _scale(look)
            return Hue([scale((float(each) - least) / (most - least)) for each in values], {}, least, most)
        steps: dict[Value, Any] = {
            each: _scale(look)(at / max(1, len(distinct) - 1)) for at, each in enumerate(distinct)
        }
    else:
        steps = _of_words([str(each) for each in values], look)
    names = {f"{short(name)} = {each:g}" if not isinstance(each, str) else short(each): color
             for each, color in steps.items()}  # fmt: skip
    rest = look.colors["quiet"]
    return Hue([steps.get(each, steps.get(str(each), rest)) for each in values], names)


def _of_words(words: Sequence[str], look: Look) -> dict[Value, Any]:
    """Return a colour for each of the most frequent words; the others share one."""
    often = sorted(set(words), key=lambda word: (-words.count(word), word))
    named = often if len(often) <= MOST_STEPS else often[: MOST_STEPS - 1]
    colors: dict[Value, Any] = {word: look.colors[color] for word, color in zip(sorted(named), _WORDS, strict=False)}
    return colors if named == often else {**colors, _REST: look.colors["quiet"]}


def color_bar(axes: Axes, hue: Hue, name: str, look: Look) -> None:
    """Draw the scale of many values beside the axes, with the name of the figure."""
    if hue.categories:
        return
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    from mfprofile.view.plots.axes import amount, linear
    from mfprofile.view.plots.units import words_of

    scale = ScalarMappable(Normalize(hue.least, hue.most), _scale(look))
    bar = axes.figure.colorbar(scale, ax=axes, pad=0.02, fraction=0.05, aspect=28)
    bar.outline.set_visible(False)
    bar.set_label(short(words_of(name)))
    linear(bar.ax.yaxis, write=amount if hue.most >= 1000 else lambda value: f"{value:.6g}")


def _scale(look: Look) -> Any:
    """Return viridis without the end that is hard to see on the ground; it is even, also for the colour-blind."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    low, high = (0.38, 1.0) if look.dark else (0.0, 0.82)
    every = mpl.colormaps["viridis"]
    return ListedColormap([every(low + (high - low) * at / 255) for at in range(256)])
