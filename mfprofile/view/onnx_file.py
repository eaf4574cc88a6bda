"""An exported ONNX file as a table and for JSON: its outputs beside torch's, and its size."""

from __future__ import annotations

from math import isfinite
from typing import Any

from mfprofile.measure.agreement import SHARES, Agreement
from mfprofile.measure.onnx_file import SIZES, OnnxFile, Port
from mfprofile.spec.words import several
from mfprofile.view.head import SCHEMA
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Column, Table, dumps, render


def onnx_file_text(file: OnnxFile, place: str, as_json: bool) -> str:
    """Return the description of a file that is written to a place, or is not, because its outputs do not agree."""
    return dumps(onnx_file_json(file, place)) if as_json else render(onnx_file_table(file))


def onnx_file_table(file: OnnxFile) -> Table:
    """Return a line for each output: its shape, and how far it is from torch's."""
    columns = [
        Column("output", "output"),
        Column("shape", "shape"),
        Column("largest value", "largest", rounded, right=True),
        Column("difference", "difference", rounded, right=True),
        Column("allowed", "allowed", rounded, right=True),
    ]
    data = [
        [port.name, _shape(port), each.largest, each.difference, each.allowed]
        for port, each in zip(file.outputs, file.agreements, strict=True)
    ]
    return Table(columns, data, [], _above(file), _below(file))


def onnx_file_json(file: OnnxFile, place: str) -> dict[str, Any]:
    """Return all of that for JSON. A difference that is not a finite number is null."""
    outputs = zip(file.outputs, file.agreements, strict=True)
    return {
        "schema": SCHEMA,
        "name": file.name,
        "file": place,
        "written": file.agrees,
        "bytes": len(file.content),
        "opset": file.opset,
        "dtype": file.dtype,
        "weights": file.weights,
        "input": _port(file.input),
        "outputs": [{**_port(port), **_agreement(each)} for port, each in outputs],
        "images": sum(file.compared_batches),
        "params": file.params,
        "params_bytes": _params_bytes(file),
        "versions": dict(file.versions),
    }


def differences(file: OnnxFile) -> list[str]:
    """Return a line for each output that does not agree with torch's."""
    return [
        f"output {each.output} differs from torch's by {rounded(each.difference)}, allowed is {rounded(each.allowed)}"
        for each in file.agreements
        if not each.holds
    ]


def rounded(value: float) -> str:
    """Return a number with two digits.

    >>> rounded(0.064985), rounded(2.98e-08), rounded(float("inf"))
    ('0.065', '3e-08', 'inf')
    """
    return f"{value:.2g}"


def _above(file: OnnxFile) -> list[str]:
    return [
        f"{file.name}: ONNX, opset {file.opset}, {file.dtype}",
        f"weights: {file.weights}",
        f"input: {file.input.name} {_shape(file.input)}",
    ]


def _below(file: OnnxFile) -> list[str]:
    versions, share = file.versions, SHARES[file.dtype]
    images = several(sum(file.compared_batches), "random image")
    sizes = [f"{grouped(size)} in {dtype}" for dtype, size in _params_bytes(file).items()]
    return [
        f"Compared with torch {versions['torch']} on {images}, in ONNX Runtime {versions['onnxruntime']} on the CPU.",
        f"A difference of {100 * share:g} % of the largest value of the output is allowed.",
        f"The file has {grouped(len(file.content))} bytes. Its {grouped(file.params)} params take, in bytes:",
        f"{', '.join(sizes)} (without scales).",
    ]


def _params_bytes(file: OnnxFile) -> dict[str, int]:
    return {dtype: size * file.params for dtype, size in SIZES.items()}


def _shape(port: Port) -> str:
    return "×".join(map(str, port.shape))


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.shape), "dtype": port.dtype}


def _agreement(agreement: Agreement) -> dict[str, Any]:
    values = {"largest": agreement.largest, "difference": agreement.difference, "allowed": agreement.allowed}
    return {**{key: value if isfinite(value) else None for key, value in values.items()}, "agrees": agreement.holds}
