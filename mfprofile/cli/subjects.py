"""Specs and networks in code on one command line: which options apply to which, and their bills."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mfprofile.cli.describing import NetworkOptions as NetworkOptions
from mfprofile.cli.describing import Options as Options
from mfprofile.cli.describing import SpecOptions as SpecOptions
from mfprofile.cli.describing import TargetOptions as TargetOptions
from mfprofile.cli.files import codes, file_trace, need_onnx, refuse_code_options
from mfprofile.cli.options import checked_specs, load_all, need_torch, notify
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.spec.sources import is_model_file, is_onnx, is_target
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.model import Spec
    from mfprofile.trace.parse import Inputs

_LIBRARIES = ("timm:", "torchvision:", "transformers:")


def refuse_misplaced(
    references: Sequence[str], options: Options, is_mixed_allowed: bool = False, without: Sequence[str] = ()
) -> None:
    """Raise `InputError` for options that apply to none of the references, or that specs and code read differently.

    Options `without` which there is a spec alike are not refused. Also raise it if standard input is given twice.
    """
    checked_specs(list(references))
    targets = [reference for reference in references if is_target(reference)]
    for option, why in () if targets else options.given(without):
        raise InputError(f"{option} needs a network in code, such as net.py:Net; {why}")
    if targets and not codes(references):
        kept = without if len(targets) < len(references) else ()
        refuse_code_options(targets[0], **options.of_code(kept))
    if not targets and len(options.inputs) > 1:
        raise InputError("--input is given twice, but a spec has one input; use 192 or HEIGHTxWIDTH")
    if targets and len(targets) < len(references) and options.inputs and not is_mixed_allowed:
        raise InputError("--input is in pixels for a spec but a shape for a network in code; run the command for each")
    if targets and len(targets) == len(references) and options.settings:
        raise InputError(f"--set changes a spec, but {targets[0]} is a network in code; use --arg for its factory")


def configured(options: Options) -> Options:
    """Return the options with what the nearest pyproject.toml says about networks in code."""
    from mfprofile.budget.config_file import nearest_config

    return replace(options, config=nearest_config())


def need_extra(command: str, references: Sequence[str]) -> None:
    """Raise `InputError` with the command that installs what the networks need: torch for code, onnx for files."""
    if codes(references):
        need_torch(command, "baselines" if any(each.startswith(_LIBRARIES) for each in references) else "torch")
    if any(map(is_onnx, references)):
        need_onnx(command.partition(" ")[0])


def imported_once(references: Sequence[str], options: Options) -> AbstractContextManager[None]:
    """Return a block in which each file of several networks in code is imported once, as their options say."""
    if not codes(references):
        return nullcontext()
    return options.code.applied()


def bill_of(reference: str, options: Options, convention: Counting, suffix: str = "") -> Bill:
    """Return the bill of a spec or of a network in code. Note on stderr which operators are not counted.

    `suffix` is added to its name. Raises `InputError` for a network that cannot be loaded, run or counted.
    """
    if is_target(reference):
        return _trace(reference, options, convention, suffix)
    from mfprofile.spec.load import load

    return _count(load(reference, options.assignments), convention, options.training, suffix)


def bills_of(command: str, references: Sequence[str], options: Options, convention: Counting) -> list[Bill]:
    """Return the bills of specs and networks in code. The problems of all specs are reported at once."""
    targets = [reference for reference in references if is_target(reference)]
    loaded = iter(load_all([each for each in references if not is_target(each)], options.assignments))
    if targets:
        need_extra(f"{command} of a network in code", targets)
        options = configured(options)
    with imported_once(references, options):
        return [
            bill_of(each, options, convention)
            if is_target(each)
            else _count(next(loaded), convention, options.training)
            for each in references
        ]


def _count(spec: Spec, convention: Counting, training: bool, suffix: str = "") -> Bill:
    from mfprofile.cost.bill import count

    return count(replace(spec, name=spec.name + suffix), convention, training=training)


def _trace(reference: str, options: Options, convention: Counting, suffix: str) -> Bill:
    if is_onnx(reference):
        trace = file_trace(reference, options)
    else:
        from mfprofile.trace.audit import traced

        trace = traced(reference, *inputs_and_arguments(reference, options), mode=options.mode)
    bill = replace(trace, name=trace.name + suffix).bill(convention)
    note(reference, bill)
    return bill


def note(reference: str, bill: Bill) -> None:
    """Note on stderr what a bill does not show, if there is something."""
    from mfprofile.view.coverage import notes

    texts = [f"note: {reference}: {line}" for line in notes(bill)]
    if texts:
        notify("\n".join(texts))


def inputs_and_arguments(reference: str, options: Options) -> tuple[Inputs, dict[str, Any]]:
    """Return the inputs and the arguments of a network in code, from its options and from a pyproject.toml.

    The inputs of the options replace those of the file, and each argument replaces that of the same key.
    """
    from mfprofile.budget.code_options import NO_OPTIONS
    from mfprofile.trace.parse import arguments, inputs

    more = NO_OPTIONS if options.config is None else options.config.options(reference)
    given = more.changed_by(options.as_given).check()
    fill = given.fill
    batch = None if given.no_batch else 1 if given.batch is None else given.batch.value
    values, texts, pairs = ([each.value for each in some] for some in (given.values, given.inputs, given.arguments))
    try:
        if fill is None:
            return inputs(texts, None, batch, values), arguments(pairs)
        return inputs(texts, fill.value, batch, values, fill.place), arguments(pairs)
    except InputError as error:  # about a text of a pyproject.toml: with its place there
        raise InputError(given.anchored(str(error))) from None


def bills_to_compare(command: str, a: str, b: str | None, options: Options, convention: Counting) -> tuple[Bill, Bill]:
    """Return the bills of two networks to compare. Without B, the second network is A changed by --set or --arg.

    Of a spec and a network in code, --set changes the spec and --arg the network, whichever comes first. Raises
    `InputError` if there is no second network.
    """
    references = [a, a if b is None else b]
    targets = [reference for reference in references if is_target(reference)]
    if b is None and not options.changes:
        raise InputError(f"B is missing; give a second network, or change A with {'--arg' if targets else '--set'}")
    if len(targets) == 1:
        return _spec_and_network(command, references, options, convention)
    if is_model_file(references[1]):
        refuse_code_options(references[1], arg=options.arguments)
    suffix = printable(f" with {', '.join(options.changes)}") if options.changes else ""
    if targets:
        options = configured(options)
    unchanged = replace(options, settings=(), arguments=(), sizes=None)
    if targets:
        need_extra(f"{command} of a network in code", references)
        with imported_once(references, options):
            return bill_of(a, unchanged, convention), bill_of(references[1], options, convention, suffix)
    from mfprofile.spec.load import load

    before = load(a, unchanged.assignments)  # load it once: it may be standard input
    after = load(before if b is None else b, options.assignments)
    return _count(before, convention, options.training), _count(after, convention, options.training, suffix)


def _spec_and_network(
    command: str, references: Sequence[str], options: Options, convention: Counting
) -> tuple[Bill, Bill]:
    """Return the bills of a spec and a network in code or in a file. Images have the size of --input in both."""
    target = next(reference for reference in references if is_target(reference))
    if is_model_file(target):
        refuse_code_options(target, arg=options.arguments)
    need_extra(f"{command} of a network in code", [target])
    changes = {False: options.settings, True: options.arguments}
    options = replace(configured(options), sizes=_size(options.inputs))

    def bill(reference: str) -> Bill:
        given = changes[is_target(reference)]
        suffix = printable(f" with {', '.join(given)}") if given else ""
        return bill_of(reference, options, convention, suffix)

    with imported_once(references, options):
        return bill(references[0]), bill(references[1])


def _size(shapes: Sequence[str]) -> Sequence[str]:
    """Return the size of a single image, such as 192x160 of 3x192x160, as the input of a spec; else nothing."""
    sides = shapes[0].replace("×", "x").split("x") if len(shapes) == 1 else []
    return ["x".join(sides[-2:])] if len(sides) == 3 and sides[0].isdecimal() else []
