"""Check a built site: everything that a page loads is in it, and every link inside it leads somewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    "audio": ("src",), "embed": ("src",), "iframe": ("src",), "image": ("href", "xlink:href"), "img": ("src", "srcset"),
    "input": ("src",), "object": ("data",), "script": ("src",), "source": ("src", "srcset"), "track": ("src",),
    "use": ("href", "xlink:href"), "video": ("src", "poster"),
}  # fmt: skip
"""The attributes by which an element loads a file."""
LOADING_LINKS = {"icon", "manifest", "modulepreload", "preload", "prefetch", "preconnect", "dns-prefetch", "stylesheet"}
"""The relations of a `<link>` that make a browser load a file, or open a connection."""
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class _Page(HTMLParser):
    """What a page loads, where it links to, and the anchors in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)
        for style in _STYLE.findall(text):
            self.loaded += _css(style)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads, where it links to, and its anchor."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and LOADING_LINKS & set(given.get("rel", "").lower().split()):
            self.loaded.append(given.get("href", ""))
        for key in LOADED.get(tag, ()):
            self.loaded += [part.split()[0] for part in given.get(key, "").split(", ") if part.strip()]
        self.loaded += _css(given.get("style", ""))


def faults(site: Path) -> list[str]:
    """Return what is wrong with a site, a line each, beginning with the file."""
    pages = sorted(site.rglob("*.html"))
    lines = [line for page in pages for line in (*_loads(site, page), *_links(site, page))]
    for sheet in sorted(site.rglob("*.css")):
        outside = [each for each in _css(sheet.read_text(encoding="utf-8")) if _outside(each)]
        lines += [f"{sheet.relative_to(site)}: loads {each} from elsewhere" for each in outside]
    return lines if pages else [f"{site}: has no page; build the site first"]


def _loads(site: Path, page: Path) -> Iterator[str]:
    for address in _read(page).loaded:
        if _outside(address):
            yield f"{page.relative_to(site)}: loads {address} from elsewhere"
        elif not address.startswith(("data:", "#")) and not _target(site, page, address).exists():
            yield f"{page.relative_to(site)}: loads {address}, which is not in the site"


def _links(site: Path, page: Path) -> Iterator[str]:
    for address in _read(page).links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = _target(site, page, address)
        if not target.exists():
            yield f"{page.relative_to(site)}: links to {address}, which is not in the site"
        elif parts.fragment and target.suffix == ".html" and not _has_anchor(target, unquote(parts.fragment)):
            yield f"{page.relative_to(site)}: links to {address}, which has no such anchor"


def _has_anchor(page: Path, name: str) -> bool:
    """Return whether a page has an anchor. What follows the # of a live page is its state."""
    return name in _read(page).anchors or page.parent.name == "live"


def _outside(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") or bool(parts.netloc)


def _target(site: Path, page: Path, address: str) -> Path:
    """Return the file of an address inside the site. One with a leading slash begins with the folder that serves it."""
    path = unquote(urlsplit(address).path)
    if not path:
        return page
    place = site / path[1:].partition("/")[2] if path.startswith("/") else page.parent / path
    return place / "index.html" if place.is_dir() else place


def _css(text: str) -> list[str]:
    return [first or second for first, second in _IN_CSS.findall(text)]


@cache
def _read(page: Path) -> _Page:
    return _Page(page.read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Print the faults of the site in a folder. Return the exit code."""
    lines = faults(Path(arguments[0]))
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
