"""Shipped specs are found in a wheel, in a checkout and in an editable install."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from running import ROOT, need, surroundings

import mfprofile

SUFFIXES = {"", ".css", ".csv", ".html", ".js", ".json", ".py", ".typed", ".txt", ".yaml"}
CODE = """
import site, sys
before = list(sys.path)
site.addsitedir(sys.argv[1])  # reads an editable install's .pth, as Python does at its start
sys.path = [entry for entry in sys.path if entry not in before] + before  # before any other mfprofile
import mfprofile
import mfprofile.spec.sources as sources
shipped = [len(sources.shipped(what)) for what in ("specs", "spaces", "devices")]
print(mfprofile.__file__, *shipped, mfprofile.count("mf26m").madds)
"""


def _counted(folder: Path, cwd: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        capture_output=True, text=True, check=True, cwd=cwd, env={**surroundings(), "PYTHONPATH": ""},
    )  # fmt: skip
    return done.stdout.split()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel and an editable wheel with the build backend, as pip does."""
    need("hatch_fancy_pypi_readme")
    folder = tmp_path_factory.mktemp("wheels")
    code = "import hatchling.build as b, sys; b.build_wheel(sys.argv[1]); b.build_editable(sys.argv[1] + '/editable')"
    (folder / "editable").mkdir()
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, cwd=ROOT)
    return folder


def _unpacked(wheel: Path, to: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(to)
    return to


def test_from_a_wheel(built: Path, tmp_path: Path) -> None:
    """The wheel contains the specs inside the package."""
    where = _unpacked(next(built.glob("*.whl")), tmp_path / "site")
    file, specs, spaces, devices, madds = _counted(where, tmp_path)
    assert Path(file).is_relative_to(where)
    assert (specs, spaces, devices, madds) == ("27", "5", "2", "23550208")


def test_from_a_checkout(tmp_path: Path) -> None:
    """The specs of the checkout, next to the package, are found."""
    file, specs, spaces, devices, madds = _counted(ROOT, tmp_path)
    assert Path(file).is_relative_to(ROOT)
    assert (specs, spaces, devices, madds) == ("27", "5", "2", "23550208")


def test_from_an_editable_install(built: Path, tmp_path: Path) -> None:
    """An editable wheel uses the checkout."""
    where = _unpacked(next((built / "editable").glob("*.whl")), tmp_path / "site")
    file, specs, spaces, devices, madds = _counted(where, tmp_path)
    assert Path(file).is_relative_to(ROOT)
    assert (specs, spaces, devices, madds) == ("27", "5", "2", "23550208")


def test_the_wheel_is_typed_and_licensed(built: Path) -> None:
    """The wheel contains py.typed and the license, but no tests."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        names = archive.namelist()
    assert "mfprofile/py.typed" in names
    assert any(name.endswith("LICENSE") for name in names)
    assert {name.split("/")[0] for name in names} == {"mfprofile", f"mfprofile-{mfprofile.__version__}.dist-info"}
    assert {Path(name).suffix for name in names} <= SUFFIXES
    assert not [name for name in names if "__pycache__" in name or Path(name).name.startswith(".")]


def test_the_page_on_pypi_has_no_relative_link(built: Path) -> None:
    """PyPI has README alone, so its links and pictures have addresses of this version."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        data = message_from_bytes(archive.read(name))
    assert data["Description-Content-Type"] == "text/markdown"
    text = re.sub(r"^```.*?^```", "", data.get_payload(), flags=re.MULTILINE | re.DOTALL)
    assert text.startswith("# mfprofile")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 5
    assert not [link for link in links if not link.startswith(("https://", "#"))]
    assert [link for link in links if link.endswith(".svg") and f"/v{mfprofile.__version__}/reports/" in link]
