"""The style of all pictures: a paper's column widths, colours for the colour-blind, light or dark.

Colours are from Okabe and Ito's palette (jfly.uni-koeln.de/color), lightened for a dark ground and darkened for a light
one where the contrast needs it. Those that are drawn together stay apart for each kind of colour blindness: a test
simulates them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.view.plots.fonts import FIRST, no_missing_letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = ("mobile", "former", "bridge", "head", "ink")
"""The colours of things without a meaning of their own, such as spaces: `user` is too near to `former` here."""

INCHES = MappingProxyType({1: 3.25, 2: 6.875})
"""The width of one column and of both columns of a CVPR paper, in inches."""

LIGHT = MappingProxyType(
    {
        "mobile": "#0072B2", "former": "#D55E00", "bridge": "#009E73", "head": "#CC79A7",
        "cnn": "#009E73", "vit": "#CC79A7", "user": "#B34700", "quiet": "#666666",
        "ink": "#1A1A1A", "ground": "#FFFFFF", "grid": "#E3E3E3", "panel": "#F4F4F4",
    }
)  # fmt: skip
DARK = MappingProxyType(
    {
        "mobile": "#2BA0F3", "former": "#F0883E", "bridge": "#09D79F", "head": "#EAAAD6",
        "cnn": "#09D79F", "vit": "#EAAAD6", "user": "#FFE079", "quiet": "#949AA0",
        "ink": "#E8E8E8", "ground": "#14171A", "grid": "#30363B", "panel": "#1E2327",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """The style of a picture: as wide as `columns` (1 or 2) of a paper, for a light or a dark ground.

    `title` replaces the picture's own; an empty one leaves it out. `labels` are the names of points: all that fit
    (True), none (False), or, by default, those that fit without many thin lines. `xlim` and `ylim` are the limits of
    the axes, as in `100M:600M`.
    """

    columns: int = 2
    dark: bool = False
    title: str | None = None
    labels: bool | None = None
    xlim: str | None = None
    ylim: str | None = None

    @property
    def width(self) -> float:
        """Return the picture's width in inches."""
        return INCHES[self.columns]

    @property
    def colors(self) -> Mapping[str, str]:
        """Return the colours by their meaning: the pillars, the sorts of networks, and the parts of a picture."""
        return DARK if self.dark else LIGHT

    def text_color(self, name: str) -> str:
        """Return a colour for small text. One third of it is ink, which makes it readable on the ground."""
        color, ink = (bytes.fromhex(self.colors[key].removeprefix("#")) for key in (name, "ink"))
        return "#" + bytes((2 * one + other) // 3 for one, other in zip(color, ink, strict=True)).hex()

    def label_box(self) -> dict[str, Any]:
        """Return the style of the box behind a label, which dims the lines under it."""
        return {"facecolor": self.colors["ground"], "edgecolor": "none", "alpha": 0.75, "pad": 0.3}

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Apply this look to all that is drawn in the context, and ignore the user's matplotlibrc."""
        import matplotlib as mpl

        own = {name for name, value in dict.items(mpl.rcParams) if dict.get(mpl.rcParamsDefault, name) != value}
        defaults = {name: dict.get(mpl.rcParamsDefault, name) for name in own - {"backend"}}
        with no_missing_letters(), mpl.rc_context({**defaults, **self._settings()}):
            yield

    def figure(self, height: float) -> Figure:
        """Return an empty figure of this width. `height` is in inches. No display is needed."""
        from matplotlib.figure import Figure

        return Figure(figsize=(self.width, height), layout="constrained")

    def _settings(self) -> Any:  # matplotlib types each name
        colors = self.colors
        ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        ground = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
        return {
            **dict.fromkeys(ink, colors["ink"]),
            **dict.fromkeys(ground, colors["ground"]),
            "font.family": FIRST,
            "font.size": 7.5,
            "axes.titlesize": 8.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 7.5,
            "xtick.labelsize": 7,
            "ytick.labelsize": 7,
            "legend.fontsize": 7,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "axes.axisbelow": True,
            "axes.grid": True,
            "grid.color": colors["grid"],
            "grid.linewidth": 0.5,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.minor.visible": False,
            "lines.linewidth": 1.2,
            "lines.markersize": 4.5,
            "hatch.linewidth": 0.5,
            "text.parse_math": False,  # the name of a network may contain dollar signs
            "svg.fonttype": "path",
            "svg.hashsalt": "mfprofile",
            "pdf.fonttype": 42,
            "figure.dpi": 300,
            "savefig.dpi": "figure",
        }
