"""The examples in docstrings are correct."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
from running import need

import mfprofile
from mfprofile.trace.libraries import library

MODULES = [
    module.name for module in pkgutil.walk_packages(mfprofile.__path__, "mfprofile.") if "__main__" not in module.name
]


@pytest.mark.parametrize("name", ["mfprofile", *MODULES])
def test_examples_in_docstrings_hold(name: str) -> None:
    """Each example prints the result that is written in the docstring."""
    if name.startswith(("mfprofile.nn", "mfprofile.trace", "mfprofile.verify")):
        pytest.importorskip("torch")
    if name.startswith("mfprofile.nn.timm"):
        need("timm")
        library("timm")  # also beside a torchvision of another torch
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_each_op_has_an_example_worked_by_hand() -> None:
    """Every public function of cost.ops has a doctest."""
    ops = importlib.import_module("mfprofile.cost.ops")
    functions = [name for name, value in vars(ops).items() if getattr(value, "__module__", "") == ops.__name__]
    functions = [name for name in functions if name[0].islower()]
    examples = {test.name.rpartition(".")[2] for test in doctest.DocTestFinder(exclude_empty=True).find(ops)}
    assert functions
    assert set(functions) <= examples
