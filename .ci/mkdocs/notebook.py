"""A notebook as a page: its text, its code and the outputs that it was saved with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_MAGIC = re.compile(r"%%(\w+) ?(.*)\n")
_LANGUAGES = {"sh": "sh", "writefile": "yaml"}
"""The language of a cell that begins with a magic."""


def notebook_page(file: Path) -> str:
    """Return the page of a notebook."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _parts(cell)) + "\n"


def _parts(cell: Mapping[str, Any]) -> Iterator[str]:
    source = _text(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield _code(source)
    for output in cell["outputs"]:
        yield _output(output)


def _code(source: str) -> str:
    """Return a cell of code. What a cell writes to a file begins with the file's name."""
    magic = _MAGIC.match(source)
    if magic is None:
        return f"```python\n{source}\n```"
    body = source[magic.end() :]
    name = f"# {magic[2]}\n" if magic[2] else ""
    return f"```{_LANGUAGES[magic[1]]}\n{name}{body}\n```"


def _output(output: Mapping[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        html = re.sub(r"\n\s*\n", "\n", _text(data["text/html"]))  # an empty line would end it in Markdown
        return f'<div class="shown">{html}</div>'
    text = _text(data["text/plain"] if data else output["text"])
    return f"```text\n{text.rstrip()}\n```"


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
