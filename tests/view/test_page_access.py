"""The page for people with a keyboard, a screen reader, a phone or a dark screen, as axe-core judges it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pages import opened

from mfprofile.cost.device_file import read_device
from mfprofile.spec import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
WITH_ALL = "#tokens.count=4&blocks.8.out=112&A.tokens.dim=128&budget.max.madds=200M&budget.max.latency=99ms"
WRONG = "#stem=x&bridge.heads=3&nosuch=3&convention=fvcor&budget.max.madds=300M"
STATES = [
    ("as it opens", "", "light", 1280),
    ("an error, dark, on a phone", WRONG, "dark", 390),
    pytest.param("an error", WRONG, "light", 1280, marks=pytest.mark.slow),
    pytest.param("as it opens, dark", "", "dark", 1280, marks=pytest.mark.slow),
    pytest.param("a comparison", WITH_ALL, "light", 1024, marks=pytest.mark.slow),
    pytest.param("a comparison, dark", WITH_ALL, "dark", 1400, marks=pytest.mark.slow),
    ("a comparison, on a phone", WITH_ALL, "light", 390),
    pytest.param("on a narrow phone", "", "light", 320, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("state", "fragment", "scheme", "width"), STATES)
def test_axe_has_nothing_to_object(
    chromium: Browser, tmp_path: Path, state: str, fragment: str, scheme: Any, width: int
) -> None:
    """No rule of axe-core is broken, its best practices included."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size: Any = {"width": width, "height": 900}
    device = read_device("example-onnxruntime")
    with opened(chromium, tmp_path, load("mf294m"), fragment, device, color_scheme=scheme, viewport=size) as page:
        violations = axe.run(page).response["violations"]
    shown = [(each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:4]]) for each in violations]
    assert shown == [], state
