"""The first fields of a JSON output: the schema, the network, its inputs, the convention and the totals.

A command that prints a table prints it for JSON as a list of its rows, without these fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfprofile.cost.bill import Bill
from mfprofile.cost.device import Device
from mfprofile.cost.tested import kinds_of
from mfprofile.spec.names import LATENCY
from mfprofile.view.gradients import gradients_json
from mfprofile.view.values import values_json

SCHEMA = 2
"""The version of all JSON outputs. It increases when a field changes its meaning, but not for a new field."""


def identity(bill: Bill) -> dict[str, Any]:
    """Return the network's name and its inputs: the shape and dtype of each, and its name if it is a keyword.

    A network in code also has `batch`, the batch of inputs that were made (null if they are as they were given);
    `values`: whether values decided what it ran; its `trainable` and `frozen` parameters; and, if causal attention ran,
    `causal`: what of it is counted.
    """
    inputs = [
        {**({"name": each.name} if each.name else {}), "shape": list(each.shape), "dtype": each.dtype}
        for each in bill.subject.inputs
    ]
    batch = {"batch": bill.subject.batch} if bill.subject.fill else {}
    return {"name": bill.name, "input": inputs, **batch, **values_json(bill), **gradients_json(bill)}


def head(bill: Bill) -> dict[str, Any]:
    """Return the schema, the network, the mode, the convention with its unit, and the totals.

    The mode is `inference`, or `training` for a forward and a backward pass.
    """
    return {
        "schema": SCHEMA,
        **identity(bill),
        "mode": bill.mode,
        "convention": bill.convention.name,
        "unit": bill.convention.unit,
        "madds": bill.madds,
        "params": bill.params,
        **latency_json(bill),
    }


def latency_json(bill: Bill) -> dict[str, Any]:
    """Return the predicted latency in nanoseconds and the model of it, or nothing without a model.

    `unpriced` are the kinds of ops that the model never saw, each with the number of its ops.
    """
    device = bill.device
    if device is None:
        return {}
    model = model_json(device, kinds_of([bill]))
    return {LATENCY: bill.latency, "latency_model": {**model, "unpriced": bill.unpriced}}


def model_json(device: Device, networks: Mapping[str, bool]) -> dict[str, Any]:
    """Return what is said of a latency model in JSON: all but its rates.

    `errors` hold for all `networks` whose latency it predicts if `errors_apply`. If not, its error on some of them is
    not known, because they are not of the kind of those that it was `fitted_to`, variants of spaces.
    """
    errors = None if device.errors is None else device.errors._asdict()
    model = {"name": device.name, "conditions": dict(device.conditions), "batch": device.batch, "dtype": device.dtype}
    applies = device.errors is not None and all(networks.values())
    fitted_to = list(device.tested.spaces) if device.tested else []
    return {**model, "errors": errors, "errors_apply": applies, "fitted_to": fitted_to}
