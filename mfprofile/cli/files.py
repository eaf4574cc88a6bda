"""Model files on the command line: which options they have, what they need, and their traces."""

from __future__ import annotations

from collections.abc import Sequence

from mfprofile.errors import InputError
from mfprofile.spec.sources import is_model_file, is_target
from mfprofile.trace.result import Trace


def codes(references: Sequence[str]) -> list[str]:
    """Return the references to networks in code."""
    return [reference for reference in references if is_target(reference) and not is_model_file(reference)]


def need_onnx(command: str) -> None:
    """Raise `InputError` with the command that installs onnx, unless it is installed."""
    from importlib.util import find_spec

    if find_spec("onnx") is None:
        raise InputError(f"{command} of an ONNX file needs onnx; install it with pip install '.[onnx]'")


def refuse_code_options(reference: str, **options: object) -> None:
    """Raise `InputError` for an option of networks in code that is given for a model file."""
    for name, value in options.items():
        if value:
            what = "its code was run when it was exported" if name == "arg" else "a model file is read, not run"
            raise InputError(f"--{name} needs a network in code, but {reference} is a model file: {what}; remove it")


def traced_file(reference: str, inputs: Sequence[str]) -> Trace:
    """Return the trace of a model file. Raises `InputError` as `trace.onnx.trace.traced` does."""
    from mfprofile.trace.onnx.trace import traced

    return traced(reference, inputs)
