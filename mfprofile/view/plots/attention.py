"""The bridges' attention on an image, as in the paper's Figures 4 to 7. Needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from mfprofile.errors import InputError
from mfprofile.nn.checkpoint import load_checkpoint
from mfprofile.nn.model import build
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network
from mfprofile.view.plots.axes import short
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Maps: TypeAlias = NDArray[np.float64]

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""The mean and deviation of ImageNet's images by channel, as torchvision's models expect them."""
SHOWN = (3, 5, 8, 12)
"""The blocks of the paper's Figure 4."""
WAYS = MappingProxyType(
    {
        "mobile_to_former": ("Mobile→Former: over pixels", False),
        "former_to_mobile": ("Mobile←Former: over tokens", True),
    }
)
"""Each bridge by its module's name: a title with what its maps are normalised over, and if rows share a scale."""
MOST_TOKENS = 24
LARGEST = 0.8
"""The largest side of a map in inches, so that a few maps are not as large as the image."""
NOTE = "A row is a head. Dark: least, light: most attention, in each map of Mobile→Former, in each row of Mobile←Former"


def attention(
    look: Look,
    spec: Spec,
    image: str | Path,
    checkpoint: str | Path | None = None,
    blocks: Sequence[int] | Literal["all"] | None = None,
    token: int | None = None,
) -> Picture:
    """Draw the attention maps of both bridges on an image: a row for each head of a block, a column for each token.

    Mobile→Former, on the left, is normalised over pixels and shows where a token looks. Mobile←Former, on the right,
    is normalised over tokens and shows what each token adds at a pixel. With a `token`, from 1, each column is a block
    and the rows are the heads of both bridges. `blocks` are numbers after `repeat`, by default the paper's, or all if
    a token is given. Without a `checkpoint` the weights are random, and the title says so. Raises `InputError`.
    """
    network = resolve(spec)
    numbers = _numbers(network, blocks, token)
    pixels = read_image(image, network.height, network.width)
    maps = maps_of(spec, pixels, checkpoint)
    weights = "random weights (seed 0), not trained" if checkpoint is None else f"weights of {Path(checkpoint).name}"
    title = f"{short(spec.name)}, attention on {short(Path(image).name, 24)}: {weights}"
    panels = _by_token(maps, numbers) if token is None else _by_block(maps, numbers, token)
    with look.applied():
        figure = _draw(panels, pixels, look, side_by_side=token is None)
        write_title(figure, title, look)
        figure.supxlabel(fill(NOTE, 70 * look.columns), fontsize=6)
    return Picture(
        title,
        figure,
        [{"block": number, "way": way, **_summary(maps, number, way)} for number in numbers for way in WAYS],
    )


def read_image(file: str | Path, height: int, width: int) -> Maps:
    """Return an image as (height, width, 3) with values from 0 to 1: scaled to cover that size, then cropped.

    The crop is from the middle. Raises `InputError` for a file that is not an image.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as opened:
            image = ImageOps.fit(
                ImageOps.exif_transpose(opened).convert("RGB"), (width, height), Image.Resampling.BICUBIC
            )
    except (OSError, ValueError, Image.DecompressionBombError, SyntaxError) as error:
        reason = getattr(error, "strerror", None) or "is not a readable image"
        raise InputError(
            f"{file}: {f'cannot be read: {reason}' if getattr(error, 'strerror', None) else reason}"
        ) from None
    return np.asarray(image, dtype=np.float64) / 255


def maps_of(spec: Spec, pixels: Maps, checkpoint: str | Path | None = None) -> dict[str, Maps]:
    """Return each bridge's maps on an image by path (`blocks.3.mobile_to_former`), each (heads, tokens, height, width).

    The model is in eval mode, with the weights of the checkpoint, or random weights of seed 0. Raises `InputError` for
    a network without attention, and for a checkpoint that does not fit.
    """
    network = resolve(spec)
    if network.tokens is None or network.attention == "mlp":
        raise InputError(f"{spec.name or 'the network'} has no attention maps to draw")
    model = build(network, seed=0).eval()
    if checkpoint is not None:
        load_checkpoint(model, checkpoint)
    normalised = (pixels - np.array(MEAN)) / np.array(DEVIATION)
    image = torch.from_numpy(normalised.astype(np.float32)).permute(2, 0, 1)[None]
    with torch.no_grad():
        _, maps = model(image, attention=True)
    return {path: each[0].double().numpy() for path, each in maps.items()}


def _numbers(network: Network, blocks: Sequence[int] | Literal["all"] | None, token: int | None) -> list[int]:
    """Return the blocks to draw. Raises `InputError` for a block without bridges and a token that does not exist."""
    count = 0 if network.tokens is None else network.tokens.count
    known = [block.number for block in network.blocks if block.kind != "lite"]
    if token is not None and not 1 <= token <= count:
        raise InputError(f"token {token} does not exist; {network.name} has tokens 1 to {count}")
    if token is None and count > MOST_TOKENS:
        raise InputError(f"{count} tokens do not fit side by side; choose one with --token")
    if blocks == "all":
        return known
    for number in blocks or ():
        if number not in known:
            raise InputError(f"block {number} has no bridges; {network.name} has them in {', '.join(map(str, known))}")
    usual = known if token is not None else [number for number in SHOWN if number in known] or known
    return list(dict.fromkeys(blocks or usual))


class _Panel(NamedTuple):
    """A half of the picture: rows, each a name and one map by column. `is_shared`: the maps of a row share a scale."""

    title: str
    rows: list[tuple[str, list[Maps]]]
    columns: list[str]
    is_shared: bool


def _by_token(all_maps: Mapping[str, Maps], numbers: Sequence[int]) -> list[_Panel]:
    panels = []
    for way, (title, is_shared) in WAYS.items():
        rows = [
            (f"block {number}" if head == 0 else "", list(maps))
            for number in numbers
            for head, maps in enumerate(all_maps[f"blocks.{number}.{way}"])
        ]
        columns = [str(at + 1) for at in range(len(rows[0][1]))]
        panels.append(_Panel(f"{title}, by token", rows, columns, is_shared))
    return panels


def _by_block(all_maps: Mapping[str, Maps], numbers: Sequence[int], token: int) -> list[_Panel]:
    panels = []
    for way, (title, is_shared) in WAYS.items():
        heads = len(all_maps[f"blocks.{numbers[0]}.{way}"])
        rows = [
            (f"head {head + 1}", [all_maps[f"blocks.{number}.{way}"][head][token - 1] for number in numbers])
            for head in range(heads)
        ]
        panels.append(_Panel(f"{title}, token {token}, by block", rows, [str(number) for number in numbers], is_shared))
    return panels


def _draw(panels: Sequence[_Panel], pixels: Maps, look: Look, side_by_side: bool) -> Figure:
    """Draw the image and the panels: side by side if columns are tokens, else one below the other."""
    columns, lines = [len(panel.columns) for panel in panels], [len(panel.rows) for panel in panels]
    named, gap = 0.42, 0.08
    cell = min((look.width - named - gap) / (sum(columns) if side_by_side else max(columns)), LARGEST)
    shape = pixels.shape[0] / pixels.shape[1]
    height = cell * shape * (max(lines) if side_by_side else sum(lines)) + (0.4 if side_by_side else 0.8)
    photo = shape * min(look.width * 0.24, 1.4)
    figure = look.figure(height + photo + 0.55)
    figure.set_layout_engine("constrained", w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    rows: Any = figure.subfigures(2, 1, height_ratios=[photo + 0.35, height])
    top, below = rows
    axes = top.add_subplot()
    axes.imshow(pixels)
    axes.set_axis_off()
    widths = [named + cell * columns[0], gap + cell * columns[-1]]
    side = {"ncols": 2, "width_ratios": widths} if side_by_side else {"nrows": 2, "height_ratios": lines}
    halves: Any = below.subfigures(**side)
    for half, panel in zip(halves, panels, strict=True):
        _fill(half, panel, look, named=not side_by_side or half is halves[0])
    return figure


def _fill(half: Any, panel: _Panel, look: Look, named: bool) -> None:
    """Draw the maps of one bridge from dark (least) to light (most), scaled by map or, with a shared scale, by row."""
    half.suptitle(panel.title if look.columns == 2 else panel.title.replace(": ", "\n"), fontsize=7)
    grid = half.subplots(len(panel.rows), len(panel.columns), squeeze=False)
    for line, (name, maps) in zip(grid, panel.rows, strict=True):
        for axes, each in zip(line, maps, strict=True):
            scale = maps if panel.is_shared else [each]
            low, high = min(float(one.min()) for one in scale), max(float(one.max()) for one in scale)
            low = low if low < high else 0.0  # a single token gets all attention of every pixel
            axes.imshow(each, cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        if named:
            line[0].set_ylabel(name, fontsize=6, rotation=0, ha="right", va="center", labelpad=3)
    for axes, name in zip(grid[0], panel.columns, strict=True):
        axes.set_title(name, fontsize=6, fontweight="normal", loc="center", pad=2)


def _summary(all_maps: Mapping[str, Maps], number: int, way: str) -> dict[str, Any]:
    """Return a block's maps as the file contains them: their shape, and the largest weight of each head's tokens."""
    maps = all_maps[f"blocks.{number}.{way}"]
    largest = [[float(each.max()) for each in head] for head in maps]
    return {"shape": list(maps.shape), "largest": [[round(value, 6) for value in head] for head in largest]}
