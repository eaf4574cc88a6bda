"""Pages of specs in a browser, for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile.cost.device import Device
from mfprofile.spec import Spec
from mfprofile.view.page.page import page_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@contextmanager
def opened(
    chromium: Browser, tmp_path: Path, spec: Spec, fragment: str = "", device: Device | None = None, **options: Any
) -> Iterator[Page]:
    """Open a spec's page from a file. The page must load nothing from elsewhere and log nothing."""
    file = tmp_path / f"{spec.name or 'page'}.html"
    file.write_text(page_text(spec, device=device), encoding="utf-8")
    page = chromium.new_page(**options)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "blob:", "data:")) else messages.append(request.url),
    )
    page.goto(f"{file.as_uri()}{fragment}")
    yield page
    assert messages == []
    page.close()


def shown(number: int) -> str:
    """Return a number as the page shows it."""
    return f"{number:,}"


def file_of(folder: Path, text: str) -> str:
    """Return the file of a spec with this text."""
    file = folder / "copied.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)
