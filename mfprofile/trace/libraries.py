"""Libraries of networks that others wrote: imported where they are used, quietly, or else the remedy is told."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import torch

from mfprofile.spec.problems import InputError
from mfprofile.spec.words import raised

_OPERATORS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def library(name: str) -> ModuleType:
    """Return a library, imported; raises `InputError` where it is not installed, with the line that does."""
    if importlib.util.find_spec(name) is None:
        raise InputError(f"{name} is not installed: install mfprofile with its extra, as by pip install '.[baselines]'")
    try:
        with quiet():
            return imported(name)
    except Exception as error:
        raise InputError(f"{name} cannot be imported: {raised(error)}") from None


def imported(name: str) -> ModuleType:
    """Import a package and return it; where there is torchvision, which many import in their turn, that comes first."""
    if importlib.util.find_spec("torchvision") is not None:
        _import_torchvision()
    return importlib.import_module(name)


def version_of(name: str) -> str:
    """Return the installed version of a library."""
    return importlib.metadata.version(name)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep back what libraries print, log and warn while they are imported, build a network or count one."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        kept = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(kept), contextlib.redirect_stderr(kept):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def _import_torchvision() -> None:
    """Import torchvision, whose compiled part cannot be loaded where it is for CUDA and torch is not."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        _operators()
        importlib.import_module("torchvision")


@cache
def _operators() -> Any:
    """Declare the operators that torchvision gives shapes to as it is imported; they last as long as what this returns.

    No network of the paper's tables runs them.
    """
    made: Any = torch.library.Library  # whose methods have no types
    declared = made("torchvision", "FRAGMENT")
    for name, schema in _OPERATORS.items():
        if not hasattr(torch.ops.torchvision, name):
            declared.define(schema)
    return declared
