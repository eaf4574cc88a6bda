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
    """Start the Chromium of MFPROFILE_CHROMIUM, or else of the system; without either, skip the tests.

    If MFPROFILE_CHROMIUM is set, that browser must exist. It runs for one module, because its event loop blocks all
    others in this thread.
    """
    named = os.environ.get("MFPROFILE_CHROMIUM")
    executable = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    unable = pytest.fail if named else pytest.skip
    if executable is None:
        unable(f"no Chromium: {named or ', '.join(NAMES)} not found; set MFPROFILE_CHROMIUM")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unable("no playwright: pip install 'mfprofile[test]'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()
