"""The method by which objects show themselves in a notebook: as the table that the command line prints of them.

`view` makes the HTML, and the rooms below may not import it. So a class names a function of `view.notebook`. It is
imported by this name when a notebook shows an object, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def shown_as(kind: str) -> Callable[[Any], str | None]:
    """Return a method `_repr_html_`, which calls the function `kind` of `view.notebook`."""

    def _repr_html_(self: Any) -> str | None:
        """Return HTML for a notebook, or None if it should show the `repr`."""
        html: str | None = import_module("mfprofile.view.notebook").html_of(kind, self)
        return html

    return _repr_html_


def in_short(value: Any) -> str:
    """Return a name or an amount for a `repr`, in one line: an array by its size and its ends, long text by its start.

    >>> in_short(286732160), in_short("x" * 70) == "x" * 59 + "…"
    ('286732160', True)
    """
    if getattr(value, "shape", ()):
        return f"{value.size} values from {value.min()} to {value.max()}"
    text = "".join(letter if letter.isprintable() else "�" for letter in str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
