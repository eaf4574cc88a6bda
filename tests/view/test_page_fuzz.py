"""Any link opens a page: it shows problems, or exactly what Python counts for the spec that the page shows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from effort import nightly_but
from fuzz.links import link
from fuzz.texts import Dice

from mfprofile.cost import count
from mfprofile.errors import InputError
from mfprofile.spec import load
from mfprofile.view.page.page import page_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
SEED = os.environ.get("MFPROFILE_FUZZ_SEED", "0")
LINKS = 200
OPEN = """(fragment) => {
  history.replaceState(null, "", location.href.split("#")[0] + "#" + fragment);
  dispatchEvent(new HashChangeEvent("hashchange"));
  return {
    madds: document.getElementById("madds").textContent,
    convention: document.getElementById("convention").value,
    isCounted: !document.body.classList.contains("invalid"),
    problems: [...document.querySelectorAll(".error li, #wrong li")].map((item) => item.textContent),
    spec: document.getElementById("full").textContent,
  };
}"""


@pytest.mark.parametrize("name", nightly_but(3, ["mf294m", "mf26m", "mf294m-mlp", "mf151m-retinanet", "mf294m-mobile"]))
def test_no_link_breaks_a_page(chromium: Browser, tmp_path: Path, name: str) -> None:
    """It logs nothing, and says what is wrong in words. A problem of a budget alone does not change the count."""
    (tmp_path / "page.html").write_text(page_text(load(name)), encoding="utf-8")
    page = chromium.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    counted = 0
    for number in range(LINKS):
        fragment = link(Dice(f"{SEED}/{name}/{number}"))
        shown = page.evaluate(OPEN, fragment)
        case = f"MFPROFILE_FUZZ_SEED={SEED}: {name}.html#{fragment}\n{shown}"
        assert messages == [], case
        assert not any(
            re.search(r"undefined|NaN|\[object|TypeError|^\s*:", problem) for problem in shown["problems"]
        ), case
        if not shown["isCounted"]:
            assert shown["problems"], case
            continue
        try:
            bill = count(load(yaml.safe_load(shown["spec"])), shown["convention"])
        except InputError as error:
            pytest.fail(f"{case}\n{error}")
        assert shown["madds"] == f"{bill.madds:,}", case
        counted += 1
    assert counted > LINKS / 10
    page.close()
