"""The command memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from mfprofile.cli.completion import axes, dtypes
from mfprofile.cli.describing import InferenceOptions
from mfprofile.cli.options import ConventionName, FormOptions, Networks, notify
from mfprofile.cli.subjects import bills_of, refuse_misplaced
from mfprofile.errors import InputError
from mfprofile.spec.sources import is_onnx, is_target


def command(
    networks: Networks,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by block (default), stage, pillar, kind or op; a network in code by module, kind or op.",
            autocompletion=axes,
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", help="Levels of modules of a network in code (default 2).")
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="Type of all values of a spec: float32 (default), float16, bfloat16 or int8.",
            autocompletion=dtypes,
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Let norms, activations and additions of a spec overwrite their input.")
    ] = False,
    *,
    options: InferenceOptions,
    convention: ConventionName = "core",
    form: FormOptions,
) -> None:
    """Report the memory of one inference.

    Examples:
        mfprofile memory mf294m
        mfprofile memory mf294m mf26m --batch 8 --dtype float16

    Lists activations, bytes moved and the peak of live memory. Bytes moved are the inputs, parameters and output of
    each op, each counted once. Arithmetic intensity is MAdds per byte moved. A tensor is live until the last op
    that reads it has run.

    A network in code is imported and run as with 'audit'. It has the batch and the types that it runs with, and its
    inputs are not in the peak. A model.onnx is read, not run.
    """
    from mfprofile.cost.memory import Inference
    from mfprofile.view.memory import memory_text, unseen_lines
    from mfprofile.view.tables import show

    refuse_misplaced(networks, options, is_mixed_allowed=True, without=["--batch"])
    _refuse(networks, depth, {"--dtype": dtype, "--in-place": in_place or None})
    run = Inference(options.code.batch or 1, "float32" if dtype is None else dtype, in_place)
    bills = bills_of("memory", networks, options.divided(networks), convention)
    show(memory_text(bills, by, run, form, 2 if depth is None else depth))
    unseen = [f"note: {bill.name}: {line}" for bill in bills for line in unseen_lines(bill)]
    if form.name == "csv" and unseen:  # CSV has no place for it
        notify("\n".join(unseen))


def _refuse(references: Sequence[str], depth: int | None, of_specs: Mapping[str, Any]) -> None:
    """Raise `InputError` for a depth without a network in code, and for an option of specs with one."""
    from mfprofile.cost.memory import AS_IT_RUNS

    target = next(filter(is_target, references), None)
    flag = next((flag for flag, value in of_specs.items() if value is not None), None)
    if target is not None and flag is not None:
        kind = "a model file, which has its own types" if is_onnx(target) else f"a network in code, {AS_IT_RUNS}"
        raise InputError(f"{flag} is for specs, but {target} is {kind}; remove {flag}")
    if target is None and depth is not None:
        raise InputError("--depth needs a network in code, such as net.py:Net; a spec has no modules")
    if depth is not None and depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
