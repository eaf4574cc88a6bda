"""The site: links that lead somewhere, nothing loaded from elsewhere, and pages that fit a phone."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from running import ROOT, run

import mfprofile
from mfprofile.cli.program import COMMANDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ("view.conftest",)


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"mkdocs_{name}", ROOT / ".ci" / "mkdocs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sources, check, commands = _module("sources"), _module("check"), _module("commands")


@pytest.mark.parametrize(
    ("page", "link", "on_the_site"),
    [
        ("docs/specs.md", "[a](budgets.md#limit-the-latency)", "[a](budgets.md#limit-the-latency)"),
        ("docs/specs.md", "[a](../README.md)", "[a](index.md)"),
        ("docs/specs.md", "[a](README.md)", "[a](pages.md)"),
        ("docs/specs.md", "![a](../reports/accuracy.svg)", "![a](reports/accuracy.svg)"),
        ("docs/specs.md", '<img src="../reports/accuracy.svg">', '<img src="reports/accuracy.svg">'),
        ("docs/training-networks.md", "[a](../examples/digits.py)", "[a](examples/digits.py.md)"),
        ("README.md", "[![a](reports/a.svg)](docs/pictures.md)", "[![a](reports/a.svg)](pictures.md)"),
        ("reports/README.md", "[a](mf294m.html)", "[a](live/mf294m.html)"),
        ("reports/README.md", "![a](accuracy.svg)", "![a](reports/accuracy.svg)"),
        ("reports/paper.md", "[a](../docs/conventions.md#b)", "[a](../conventions.md#b)"),
        ("docs/specs.md", "[a](https://example.org/README.md) [b](#b)", "[a](https://example.org/README.md) [b](#b)"),
        ("docs/specs.md", "`[a](../README.md)`", "`[a](../README.md)`"),
        ("docs/specs.md", "```\n[a](../README.md)\n```", "```\n[a](../README.md)\n```"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(page: str, link: str, on_the_site: str) -> None:
    """A link leads to the same page, wherever the site has it; code stays as it is."""
    assert sources.site_text(link, page) == on_the_site


def test_the_links_below_a_page_are_left_to_the_site() -> None:
    """Only the last line of a page goes, with the rule above it."""
    footer = "\n---\n\n[All pages](README.md) · [README](../README.md)\n"
    assert sources.site_text(f"# A\n\n---\n\nb\n{footer}", "docs/a.md") == "# A\n\n---\n\nb\n\n"


def test_every_page_outside_docs_that_is_linked_is_on_the_site() -> None:
    """Pages lead to pages: benchmarks, reports, studies and examples, with their pictures and programs."""
    linked = sources.linked_files([f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")])
    assert {"index.md", "changelog.md", "reports.md", "examples/digits.py.md", "reports/accuracy.svg"} <= set(linked)
    assert not any(file.is_relative_to(ROOT / "docs") for file in linked.values())


def test_the_api_has_every_name_of_the_package() -> None:
    """Each public name is on a page, and has the place that it is imported from."""
    pages = (ROOT / ".ci" / "mkdocs" / "pages" / "api").glob("*.md")
    names = {line[4:] for page in pages for line in page.read_text(encoding="utf-8").splitlines() if line[:4] == "::: "}
    assert {f"mfprofile.{name}" for name in mfprofile.__all__ if name != "__version__"} <= names


def test_the_page_of_commands_has_the_help_of_each() -> None:
    """The whole help, as at a terminal of 80 columns."""
    page = commands.commands_page()
    for name, inner in COMMANDS.items():
        for words in [(name,), *((name, each) for each in inner)]:
            assert (
                f"# {' '.join(words)}\n\n```text\n{run(*words, '--help', COLUMNS='80').stdout.rstrip()}\n```\n" in page
            )


def _site(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "element",
    [
        '<script src="https://unpkg.com/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/a.css">',
        '<link rel="preconnect" href="https://fonts.example.org">',
        '<img src="http://example.org/a.png">',
        '<img srcset="https://example.org/a.png 2x">',
        '<style>@import "https://example.org/a.css";</style>',
        '<style>@font-face { src: url("https://example.org/a.woff2") }</style>',
        '<p style="background: url(https://example.org/a.png)">',
    ],
)
def test_a_page_that_loads_something_from_elsewhere_is_refused(element: str, tmp_path: Path) -> None:
    """Scripts, styles, fonts and images, by whatever element."""
    (fault,) = check.faults(_site(tmp_path, a=element))
    assert fault.startswith("a.html: loads ")
    assert fault.endswith(" from elsewhere")


def test_a_style_that_loads_a_font_from_elsewhere_is_refused(tmp_path: Path) -> None:
    """Style sheets are read as well as pages."""
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.org/a.woff2) }", encoding="utf-8")
    assert check.faults(_site(tmp_path, a="")) == ["a.css: loads https://example.org/a.woff2 from elsewhere"]


def test_links_of_the_site_need_a_page_and_an_anchor(tmp_path: Path) -> None:
    """Links to elsewhere are not followed."""
    page = (
        '<a id="x" href="#x"></a><a href="b.html#y"></a><a href="c.html"></a><img src="d.png"><a href="https://e.org">'
    )
    assert check.faults(_site(tmp_path, a=page, b="")) == [
        "a.html: loads d.png, which is not in the site",
        "a.html: links to b.html#y, which has no such anchor",
        "a.html: links to c.html, which is not in the site",
    ]


def test_a_folder_without_pages_is_no_site(tmp_path: Path) -> None:
    """A check of nothing fails."""
    assert check.faults(tmp_path) == [f"{tmp_path}: has no page; build the site first"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as continuous integration does."""
    for name in ("material", "mkdocstrings"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"no {name}: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [ROOT / ".ci" / "site", folder], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """Serve the site at an address of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(built))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_has_every_page(built: Path) -> None:
    """The pages of docs/ are all there, README is the first, and the live page counts the model of its name."""
    names = {page.name for page in built.glob("*.html")}
    assert {f"{page.stem}.html" for page in (ROOT / "docs").glob("*.md")} - {"README.html"} <= names
    assert "286,732,160" in (built / "index.html").read_text(encoding="utf-8")
    assert (built / "live" / "mf294m.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_what_a_command_prints_is_never_taken_for_a_command(built: Path) -> None:
    """The button of a block copies its commands. Lines of YAML and LaTeX that begin as a prompt would are output."""
    page = (built / "how-do-i.html").read_text(encoding="utf-8")
    assert '<span class="gp">$ </span>' in page
    assert not re.search(r'<span class="gp">[#%]', page)


@pytest.mark.slow
@pytest.mark.browser
def test_pages_load_nothing_from_elsewhere_and_fit_a_phone(built: Path, address: str, chromium: Browser) -> None:
    """Each page in a browser 390 pixels wide: every request goes to the site, no script fails, nothing sticks out."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    for file in sorted(built.rglob("*.html")):
        page.goto(address + file.relative_to(built).as_posix(), wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, file
    page.close()
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []


@pytest.mark.slow
@pytest.mark.browser
def test_search_works_without_the_network(address: str, chromium: Browser) -> None:
    """The index is part of the site."""
    page = chromium.new_page()
    page.goto(f"{address}index.html")
    page.locator("input.md-search__input").fill("sensitivity")
    page.locator(".md-search-result__item a").first.wait_for(state="attached")
    page.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_no_serious_objection(address: str, chromium: Browser, scheme: Any) -> None:
    """Names of controls, contrast, links known without colour, and tables that can be scrolled with the keyboard."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for name in ("index", "specs", "tutorial", "coming-from", "api/budgets", "commands", "live"):
        page.goto(f"{address}{name}.html", wait_until="load")
        violations = axe.run(page).response["violations"]
        serious = [each for each in violations if each["impact"] in ("serious", "critical")]
        assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == [], name
    page.close()
