"""A headless Chromium for the tests of the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or that of MFPROFILE_CHROMIUM, which must then be there; skip where there is none.

    It lives for one module: while it does, its event loop is this thread's, and no other can run.
    """
    named = os.environ.get("MFPROFILE_CHROMIUM")
    executable = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    unable = pytest.fail if named else pytest.skip
    if executable is None:
        unable(f"no Chromium: there is no {named or ', '.join(NAMES)} (MFPROFILE_CHROMIUM may name one)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unable("no playwright: pip install 'mfprofile[test]'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()
