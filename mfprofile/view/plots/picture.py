"""A picture and the numbers behind it, written to a file as PNG, SVG or PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.spec.problems import InputError
from mfprofile.view.files import write_bytes
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
_DESCRIPTION = {"png": "Description", "svg": "Description", "pdf": "Subject"}
_DATES = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure, and `data`, the records that it was drawn from: plain values, in the order of the picture."""

    title: str
    figure: Figure
    data: Sequence[Mapping[str, Any]]
    convention: str = ""

    def description(self) -> str:
        """Return the title, the convention if one counts, and the data as JSON: what each file carries."""
        named = {"convention": self.convention} if self.convention else {}
        told = {"title": self.title, **named, "data": list(self.data)}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def format_of(file: str | Path) -> str:
    """Return the format that a file's ending asks for; raises `InputError` for any other.

    >>> format_of("reports/accuracy.SVG")
    'svg'
    """
    ending = Path(file).suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise InputError(f"{file}: the ending must be .png, .svg or .pdf, which says what is written")
    return ending


def rendered(picture: Picture, form: str, look: Look) -> bytes:
    """Return the file's bytes: the same at each run, with the picture's numbers inside as JSON.

    They stand in the description of a PNG or SVG and in the subject of a PDF.
    """
    import matplotlib as mpl

    metadata: dict[str, Any] = {"Title": picture.title, _DESCRIPTION[form]: picture.description(), **_DATES[form]}
    stream = io.BytesIO()
    with look.applied(), mpl.rc_context({"svg.image_inline": True}):
        picture.figure.savefig(stream, format=form, metadata=metadata)
    return stream.getvalue()


def save(picture: Picture, file: str | Path, look: Look) -> Path:
    """Write a picture in the format of the file's ending, whole or not at all.

    Raises `InputError` for another ending and `OutputError` where it cannot be written.
    """
    place = Path(file)
    write_bytes(place, rendered(picture, format_of(file), look))
    return place
