"""What is counted: the convention, and the latency model beside it, as one parameter of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.groups import Group
from mfprofile.cli.options import ConventionName
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.cost.device import Device
    from mfprofile.cost.weights import Counting as Counted

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--latency-model",
        metavar="FILE",
        help="Predict latency with this model of 'calibrate' (default: latency-model of [tool.mfprofile]).",
    ),
]
UnpricedOption = Annotated[
    bool, typer.Option("--allow-unpriced", help="Predict latency without the ops that the model never saw.")
]


def counted(convention: str, latency_model: str | None, allow_unpriced: bool) -> Counted:
    """Return a convention's name or, with a latency model, the convention with that model."""
    device = device_of(latency_model, allow_unpriced)
    if device is None:
        return convention
    from mfprofile.cost.conventions import find_convention

    return find_convention(convention).on(device)


def device_of(latency_model: str | None, allow_unpriced: bool) -> Device | None:
    """Return the latency model of a file, or of the nearest pyproject.toml that names one, or None.

    Raises `InputError` for a file that is not a latency model.
    """
    from mfprofile.budget.latency import configured_model

    file = configured_model() if latency_model is None else latency_model
    if file is None:
        if allow_unpriced:
            raise InputError("--allow-unpriced needs a latency model; use --latency-model FILE")
        return None
    from mfprofile.cost.device_file import read_device

    device = read_device(file)
    return device.with_unpriced() if allow_unpriced else device


MODEL_OPTIONS = {"latency_model": (ModelOption, None), "allow_unpriced": (UnpricedOption, False)}
LatencyModel = Annotated["Device | None", Group(MODEL_OPTIONS, device_of)]
"""The latency model alone, or None."""
Counting = Annotated["Counted", Group({"convention": (ConventionName, "core"), **MODEL_OPTIONS}, counted)]
"""The convention `core` by default, with the latency model."""
