"""What is counted: the convention, and the latency model beside it, as one parameter of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import devices
from mfprofile.cli.groups import Group
from mfprofile.cli.options import ConventionName
from mfprofile.errors import InputError, SpecError

if TYPE_CHECKING:
    from mfprofile.budget.latency import NamedModel
    from mfprofile.cost.device import Device
    from mfprofile.cost.weights import Counting as Counted

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--latency-model",
        metavar="MODEL",
        help="Predict latency with this model of 'calibrate', or a shipped one (default: latency-model of "
        "[tool.mfprofile]).",
        autocompletion=devices,
    ),
]
UnpricedOption = Annotated[
    bool, typer.Option("--allow-unpriced", help="Predict latency without the ops that the model never saw.")
]


def counted(convention: str, latency_model: str | None, allow_unpriced: bool, training: bool = False) -> Counted:
    """Return a convention's name or, with a latency model, the convention with that model."""
    device = device_of(latency_model, allow_unpriced, training)
    if device is None:
        return convention
    from mfprofile.cost.conventions import find_convention

    return find_convention(convention, of_file=True).on(device)


def device_of(latency_model: str | None, allow_unpriced: bool, training: bool = False) -> Device | None:
    """Return the latency model of a file, or of the nearest pyproject.toml that names one, or None.

    Raises `InputError` for a file that is not a latency model.
    """
    from mfprofile.budget.latency import configured_model

    return model_of(latency_model, configured_model, allow_unpriced, training)


def model_of(
    latency_model: str | None, configured: Callable[[], NamedModel | None], allow_unpriced: bool, training: bool
) -> Device | None:
    """Return the latency model of a file, or of the file that is `configured`, or None.

    A count of `training` has no latency: a configured model is not read, and one that is asked for is refused. Raises
    `InputError` for that, and for a file that is not a latency model.
    """
    if training and (latency_model is not None or allow_unpriced):
        flag = "--allow-unpriced" if latency_model is None else "--latency-model"
        raise InputError(f"{flag}: a latency model is of one inference; use it without --training")
    named = configured() if latency_model is None and not training else None
    file = latency_model if named is None else named.file
    if file is None:
        if allow_unpriced:
            raise InputError("--allow-unpriced needs a latency model; use --latency-model FILE")
        return None
    from mfprofile.cost.device_file import read_device

    try:
        device = read_device(file)
    except SpecError:  # it says where in the file
        raise
    except InputError as error:
        raise error if named is None else InputError(f"{named.given}: {error}") from None
    return device.with_unpriced() if allow_unpriced else device


MODEL_OPTIONS = {"latency_model": (ModelOption, None), "allow_unpriced": (UnpricedOption, False)}
LatencyModel = Annotated["Device | None", Group(MODEL_OPTIONS, device_of)]
"""The latency model alone, or None."""
Counting = Annotated[
    "Counted", Group({"convention": (ConventionName, "core"), **MODEL_OPTIONS}, counted, reads=("training",))
]
"""The convention `core` by default, with the latency model. A count of training has none."""
