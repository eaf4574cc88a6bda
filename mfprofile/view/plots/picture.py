"""Pictures with their numbers, and their files: PNG, SVG or PDF."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.errors import InputError, LettersWarning
from mfprofile.files import is_stream, write_bytes
from mfprofile.view.escape import json_text
from mfprofile.view.plots.fonts import boxes_note, provide_all
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
_DESCRIPTION = {"png": "Description", "svg": "Description", "pdf": "Subject"}
_DATES = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure, and `data`, the records that it shows: plain values, in the order of the picture.

    `latency_model` is what is said of the model that predicts its latencies, if it shows any. `notes` name what it
    does not show: labels without room, and points outside its limits.
    """

    title: str
    figure: Figure
    data: Sequence[Mapping[str, Any]]
    convention: str = ""
    latency_model: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()

    def description(self) -> str:
        """Return the title, the convention, the latency model, and the data as JSON. Each file contains this text."""
        named = {"convention": self.convention} if self.convention else {}
        predicted = {"latency_model": self.latency_model} if self.latency_model else {}
        notes = {"notes": list(self.notes)} if self.notes else {}
        content = {"title": self.title, **named, **predicted, **notes, "data": list(self.data)}
        return json_text(content)


def format_of(file: str | Path) -> str:
    """Return the format for the ending of a file: PNG for a device or pipe without one. Raises `InputError` for others.

    >>> format_of("reports/accuracy.SVG")
    'svg'
    """
    ending = Path(file).suffix.removeprefix(".").lower()
    if not ending and is_stream(file):
        return FORMATS[0]
    if ending not in FORMATS:
        raise InputError(f"{file}: the ending must be .png, .svg or .pdf")
    return ending


def rendered(picture: Picture, form: str, look: Look) -> bytes:
    """Return the bytes of the file, the same in every run, with the picture's numbers as JSON.

    The numbers are in the description of a PNG or SVG and in the subject of a PDF. Warns of letters that no installed
    font has (`LettersWarning`).
    """
    import matplotlib as mpl

    picture = replace(picture, title=look.title) if look.title else picture
    metadata: dict[str, Any] = {"Title": picture.title, _DESCRIPTION[form]: picture.description(), **_DATES[form]}
    stream = io.BytesIO()
    provide_all(picture.figure)
    if note := boxes_note(picture.figure):
        warnings.warn(note, LettersWarning, stacklevel=2)
    with look.applied(), mpl.rc_context({"svg.image_inline": True}):
        picture.figure.savefig(stream, format=form, metadata=metadata)
    return stream.getvalue()


def save(picture: Picture, file: str | Path, look: Look) -> Path:
    """Write a picture in the format of the file's ending, completely or not at all. Return the file's path.

    Raises `InputError` for another ending, and `OutputError` if the file cannot be written.
    """
    write_bytes(file, rendered(picture, format_of(file), look))
    return Path(file)
