"""Model files on the command line: which options they have, what they need, and their traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mfprofile.errors import InputError
from mfprofile.spec.sources import is_onnx, is_target

if TYPE_CHECKING:
    from mfprofile.cli.subjects import Options
    from mfprofile.trace.result import Trace


def codes(references: Sequence[str]) -> list[str]:
    """Return the references to what torch runs: networks in code, and model files that are not ONNX."""
    return [reference for reference in references if is_target(reference) and not is_onnx(reference)]


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


def file_trace(reference: str, options: Options) -> Trace:
    """Return the trace of an ONNX file, with the inputs of the options or of a pyproject.toml.

    Raises `InputError` for a file that is not valid, inputs that do not fit it, arguments, and training.
    """
    from mfprofile.budget.code_options import NO_OPTIONS
    from mfprofile.trace.onnx.trace import traced

    if options.training:
        why = "the file does not say what is trained; count the network in code"
        raise InputError(f"--training: {reference} is a model file: {why}")
    more = NO_OPTIONS if options.config is None else options.config.options(reference)
    further = {"no-batch": more.no_batch, "causal": options.causal}
    refuse_code_options(reference, arg=more.arguments, inputs=more.fill, value=more.values, batch=more.batch, **further)
    try:
        return traced(reference, options.inputs or [each.value for each in more.inputs])
    except InputError as error:
        raise InputError(str(error) if options.inputs else more.anchored(str(error))) from None
