"""The reports that `mfprofile report` writes. A test compares them with the committed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from mfprofile.budget.difference import difference
from mfprofile.budget.sensitivity import sensitivity
from mfprofile.cost.bill import count
from mfprofile.errors import InputError
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.files import reported, write_bytes
from mfprofile.folders import check_folder
from mfprofile.paper.claims import MODELS
from mfprofile.spec.load import load
from mfprofile.view.page.page import page_text
from mfprofile.view.paper_report import paper_report
from mfprofile.view.plots.ablation import ablation
from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.blocks import blocks
from mfprofile.view.plots.contour import contour
from mfprofile.view.plots.detection import detection
from mfprofile.view.plots.front import front_picture
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture, rendered
from mfprofile.view.plots.pillars import pillars
from mfprofile.view.plots.residuals import residuals
from mfprofile.view.plots.tornado import tornado
from mfprofile.view.plots.waterfall import waterfall

LOOK = Look(columns=2)
TITLE = "# Reports"
"""The first line of the index, by which a folder of earlier reports is known."""
EXAMPLE = "mf294m"
"""The model whose page is committed. The other pages are only written by `report`."""


def _blocks(look: Look) -> Picture:
    return blocks(look, count("mf294m"))


def _pillars(look: Look) -> Picture:
    return pillars(look, [count(model) for model in MODELS])


def _sensitivity(look: Look) -> Picture:
    return tornado(look, sensitivity(load("mf294m")))


def _contour(look: Look) -> Picture:
    return contour(look, read_space("mf294m"), "tokens.count", "tokens.dim")


def _waterfall(look: Look) -> Picture:
    return waterfall(look, difference(count("mf294m"), count("mf214m")))


def _front(look: Look) -> Picture:
    space, objectives = (
        read_space("mf294m-stages"),
        (Objective(quantity_of("madds"), False), Objective(quantity_of("params"), True)),
    )
    return front_picture(look, space, front(space, objectives), objectives)


PICTURES: Mapping[str, tuple[str, Callable[[Look], Picture]]] = MappingProxyType(
    {
        "accuracy": ("plot accuracy", accuracy),
        "accuracy-params": ("plot accuracy --quantity params", lambda look: accuracy(look, cost="params")),
        "accuracy-recounted": ("plot accuracy --recounted", lambda look: accuracy(look, recounted=True)),
        "detection": ("plot detection", detection),
        "ablation": ("plot ablation", ablation),
        "residuals": ("plot residuals", residuals),
        "blocks-mf294m": ("plot blocks mf294m", _blocks),
        "pillars": ("plot pillars", _pillars),
        "sensitivity-mf294m": ("plot sensitivity mf294m", _sensitivity),
        "contour-mf294m": ("plot contour mf294m --x tokens.count --y tokens.dim", _contour),
        "waterfall-mf294m-mf214m": ("plot waterfall mf294m mf214m", _waterfall),
        "front-mf294m-stages": ("plot front mf294m-stages", _front),
    }
)
"""Each picture by its file's name: the command and the function that draw it."""


def write_reports(folder: str) -> Iterator[Path]:
    """Write every report into a folder and yield each file.

    Raises `InputError`, before anything is drawn, for a folder in use or with other files, and `OutputError` if a
    report cannot be written.
    """
    _check_reports(Path(folder), folder)
    with reported(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
    for name, content in reports():
        write_bytes(Path(folder) / name, content)
        yield Path(folder) / name


def _check_reports(place: Path, folder: str) -> None:
    """Raise `InputError` for a folder that must not be written, or that has files but no earlier reports."""
    check_folder(folder)
    with reported(folder):
        if not place.exists() or not any(place.iterdir()):
            return
        first = place / "README.md"
        if not first.is_file() or not first.read_bytes().startswith(TITLE.encode()):
            raise InputError(f"{folder}: has other files than reports; use a new folder")


def reports() -> Iterator[tuple[str, bytes]]:
    """Yield the file name and content of each report. They are the same in every run."""
    yield "README.md", index().encode()
    yield "paper.md", paper_report().encode()
    for name, (_, draw) in PICTURES.items():
        yield f"{name}.svg", rendered(draw(LOOK), "svg", LOOK)
    for model in MODELS:
        yield f"{model}.html", page_text(load(model)).encode()


def index() -> str:
    """Return the index of all reports, as Markdown."""
    return "\n".join(_index())


def _index() -> Iterator[str]:
    yield f"{TITLE}\n"
    yield "Written by `mfprofile report`, not by hand. Each picture's file also contains its numbers, as JSON.\n"
    yield "- [The paper, cell by cell](paper.md): its tables, claims and complexities compared with our counts"
    others = ", ".join(f"`{model}.html`" for model in MODELS if model != EXAMPLE)
    yield f"- [An interactive page]({EXAMPLE}.html), to download and open; for the other models {others}\n"
    for name, (command, _) in PICTURES.items():
        yield f"## `mfprofile {command}`\n\n![mfprofile {command}]({name}.svg)\n"
