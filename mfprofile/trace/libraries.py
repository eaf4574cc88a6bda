"""Import other people's libraries of networks on demand, without their output, or report how to install them."""

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

from mfprofile.errors import InputError
from mfprofile.spec.words import raised

_OPERATORS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def library(name: str) -> ModuleType:
    """Import a library and return it; raises `InputError` with the install command if it is not installed."""
    if importlib.util.find_spec(name) is None:
        raise InputError(f"{name} is not installed; install it with pip install '.[baselines]'")
    try:
        with quiet():
            return imported(name)
    except Exception as error:
        raise InputError(f"{name} cannot be imported: {raised(error)}") from None


def imported(name: str) -> ModuleType:
    """Import a package and return it. An installed torchvision is imported first, because many packages import it."""
    if importlib.util.find_spec("torchvision") is not None:
        _import_torchvision()
    return importlib.import_module(name)


def version_of(name: str) -> str:
    """Return the installed version of a library."""
    return importlib.metadata.version(name)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hide prints, logs and warnings of libraries while they are imported, build a network or count one."""
    hidden = io.StringIO()
    with without_warnings(), contextlib.redirect_stdout(hidden), contextlib.redirect_stderr(hidden):
        yield


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Hide warnings and logs inside a with block."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(previous)


def _import_torchvision() -> None:
    """Import torchvision, also if its compiled part cannot be loaded, because it is for CUDA and torch is not."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        _declare_operators()
        importlib.import_module("torchvision")


@cache
def _declare_operators() -> Any:
    """Declare the operators for which torchvision registers shapes at import, and return the library that holds them.

    They exist only as long as this library. No network of the paper's tables runs them.
    """
    library_class: Any = torch.library.Library  # its methods have no types
    declared = library_class("torchvision", "FRAGMENT")
    for name, schema in _OPERATORS.items():
        if not hasattr(torch.ops.torchvision, name):
            declared.define(schema)
    return declared
