"""The notebook of the tutorial shows what its cells print."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from running import ROOT, need, surroundings

if TYPE_CHECKING:
    from nbformat import NotebookNode

TUTORIAL = ROOT / "docs" / "tutorial.ipynb"
KEPT = ("text/html", "text/plain")
"""The forms of an output that the notebook keeps, the first that there is."""


def _executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run all cells in a new kernel of this Python, in a folder of its own."""
    from nbclient import NotebookClient

    kernel = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings(**kernel, IPYTHONDIR=str(folder / ".ipython")).items():
            patch.setenv(name, value)
        client = NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
        if cell.cell_type == "code":
            cell.outputs = _kept(cell.outputs)
    return notebook


def _kept(outputs: Sequence[Any]) -> list[Any]:
    """Return outputs in one form each, with the pieces of a stream joined: how it was cut is a matter of time."""
    kept: list[Any] = []
    for output in outputs:
        if "data" in output:
            form = next(form for form in KEPT if form in output.data)
            output.data = {form: output.data[form]}
        if kept and output.get("name") and output.get("name") == kept[-1].get("name"):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore::RuntimeWarning:zmq")
def test_every_cell_of_the_tutorial_prints_what_it_shows(rewrite: bool, tmp_path: Path) -> None:
    """A new kernel runs the notebook from its first cell to its last, as a reader would."""
    need("torch", "nbclient", "ipykernel")
    import nbformat

    shown = nbformat.read(TUTORIAL, as_version=4)
    fresh = _executed(nbformat.read(TUTORIAL, as_version=4), tmp_path)
    if rewrite:
        nbformat.write(fresh, TUTORIAL)
        shown = fresh
    for before, after in zip(shown.cells, fresh.cells, strict=True):
        assert after.get("outputs") == before.get("outputs"), before.source
