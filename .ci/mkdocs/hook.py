"""What mkdocs has no setting for: pages from outside docs/, links that also work on GitHub, and generated pages."""

from __future__ import annotations

import re
from pathlib import Path

from commands import commands_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from notebook import notebook_page
from pygments.lexers.shell import BashSessionLexer
from sources import LISTINGS, ROOT, linked_files, listing, site_text

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
_DOWNLOAD = '\n<a class="md-button" href="{}" download>Download the notebook</a>\n'
_SEARCH = 'data-md-component="search" role="dialog" aria-label="Search"'
_SHORT = re.compile(r"<code>([^<\s]{1,30})</code>")
PAGES = Path(__file__).parent / "pages"
"""Pages that only the site has."""


def on_config(config: MkDocsConfig) -> None:
    """Let only `$ ` begin a command in a block of a console: `# ` and `% ` begin lines of YAML and of LaTeX there."""
    del config
    BashSessionLexer._ps1rgx = re.compile(r"^(\$ )(.*\n?)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages of docs/ link to elsewhere, the site's own pages, and the live pages."""
    readme = files.get_file_from_path("README.md")
    if readme is not None:
        files.remove(readme)  # it would be the first page, which is the README of the repository
    pages = [file.src_uri for file in files if file.is_documentation_page()]
    for place, file in linked_files(["docs/README.md", *(f"docs/{page}" for page in pages)]).items():
        files.append(_file(place, file, config))
    files.append(_file("pages.md", ROOT / "docs" / "README.md", config))
    files.append(File.generated(config, "commands.md", content=commands_page()))
    for file in sorted((ROOT / "docs").glob("*.ipynb")):
        text = site_text(notebook_page(file), f"docs/{file.name}") + _DOWNLOAD.format(file.name)
        files.append(File.generated(config, f"{file.stem}.md", content=text))
    for file in sorted(PAGES.rglob("*.*")):
        files.append(_file(file.relative_to(PAGES).as_posix(), file, config))
    for model in MODELS:
        place = f"live/{model}.html"
        if (old := files.get_file_from_path(place)) is not None:
            files.remove(old)
        files.append(File.generated(config, place, content=_live_page(model)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the text of a page with links as the site has them."""
    del config, files
    source = Path(page.file.abs_src_path) if page.file.abs_src_path else None
    if source is None:
        return markdown
    own = source.is_relative_to(PAGES)
    path = Path("docs", source.relative_to(PAGES)) if own else source.relative_to(ROOT)
    return site_text(markdown, path.as_posix())


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return a page whose short pieces of code stay on one line, so that none ends after the dashes of an option."""
    del page, config, files
    return _SHORT.sub(r'<code class="short">\1</code>', html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Return a page whose search has a name for a screen reader. The theme gives it none."""
    del page, config
    return output.replace('data-md-component="search" role="dialog"', _SEARCH)


def _file(place: str, file: Path, config: MkDocsConfig) -> File:
    if file.suffix in LISTINGS:
        return File.generated(config, place, content=listing(file), inclusion=InclusionLevel.NOT_IN_NAV)
    return File.generated(config, place, abs_src_path=str(file))


def _live_page(model: str) -> str:
    """Return the page that `mfprofile page` writes for a model, with the latency model that is included."""
    from mfprofile.cost.device_file import read_device
    from mfprofile.spec.load import load
    from mfprofile.view.page.page import page_text

    return page_text(load(model), device=read_device("example-onnxruntime"))
