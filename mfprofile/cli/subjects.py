"""Specs and networks in code on one command line: which options apply to which, and their bills."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from mfprofile.cli.groups import Group
from mfprofile.cli.options import (
    ArgumentsOption,
    CausalOption,
    FillOption,
    InputOption,
    InputsOfEither,
    SettingsOption,
    TrainingOption,
    assignments,
    checked_specs,
    need_torch,
    notify,
)
from mfprofile.errors import InputError
from mfprofile.spec.merge import Setting
from mfprofile.spec.sources import is_target
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.budget.config import Config
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.model import Spec
    from mfprofile.trace.mode import Mode
    from mfprofile.trace.parse import Inputs

T = TypeVar("T")
_LIBRARIES = ("timm:", "torchvision:")
_SIZE = re.compile(r"\s*[0-9]+([x×][0-9]+)?\s*")
"""An input of specs: pixels, or height and width."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options that describe networks.

    `--set` is for specs, `--arg` and `--inputs` (`fill`) for networks in code, `--input` for both. `sizes` are the
    inputs of specs if they are not those of networks in code. `config` has more options of networks in code. With
    `training`, a forward and a backward pass are counted. `causal` says what of causal attention is counted.
    """

    settings: Sequence[str] = ()
    inputs: Sequence[str] = ()
    arguments: Sequence[str] = ()
    fill: str | None = None
    sizes: Sequence[str] | None = None
    config: Config | None = None
    training: bool = False
    causal: str | None = None

    @property
    def mode(self) -> Mode:
        """Return how networks in code are counted. Raise `InputError` for an unknown `--causal`."""
        from mfprofile.trace.mode import Mode

        return Mode(self.training, self.causal or "all").checked()

    @property
    def changes(self) -> Sequence[str]:
        """Return the options that change the network of a reference."""
        return (*self.settings, *self.arguments)

    @property
    def assignments(self) -> list[Setting]:
        """Return the assignments to a spec, that of `--input` last."""
        sizes = self.inputs if self.sizes is None else self.sizes
        return assignments(list(self.settings), sizes[0] if sizes else None)

    def divided(self, references: Sequence[str]) -> Options:
        """Return the options with the inputs of specs apart, if the references are specs and networks in code.

        Raises `InputError` if the specs have several.
        """
        if len({is_target(reference) for reference in references}) < 2:
            return self
        sizes = [text for text in self.inputs if _SIZE.fullmatch(text)]
        if len(sizes) > 1:
            raise InputError(f"--input {sizes[1]}: the specs have the input {sizes[0]} already; use one of them")
        return replace(self, inputs=[text for text in self.inputs if text not in sizes], sizes=sizes)


def _options(
    settings: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    input_size: str | None = None,
    fill: str | None = None,
    training: bool = False,
    causal: str | None = None,
) -> Options:
    """Return the options that describe networks."""
    shapes = inputs or ([] if input_size is None else [input_size])
    return Options(settings or (), shapes, arguments or (), fill, training=training, causal=causal)


NetworkOptions = Annotated[
    Options,
    Group(
        {
            "settings": (SettingsOption, None),
            "inputs": (InputsOfEither, None),
            "arguments": (ArgumentsOption, None),
            "fill": (FillOption, None),
            "training": (TrainingOption, False),
            "causal": (CausalOption, None),
        },
        _options,
    ),
]
"""The options for specs and networks in code."""
SpecOptions = Annotated[
    Options, Group({"settings": (SettingsOption, None), "input_size": (InputOption, None)}, _options)
]
"""The options for specs."""


def refuse_misplaced(references: Sequence[str], options: Options, is_mixed_allowed: bool = False) -> None:
    """Raise `InputError` for options that apply to none of the references, or that specs and code read differently.

    Also raise it if standard input is given twice.
    """
    checked_specs(list(references))
    targets = [reference for reference in references if is_target(reference)]
    if not targets and options.arguments:
        raise InputError("--arg needs a network in code, such as net.py:Net; use --set to change a spec")
    if not targets and options.fill is not None:
        raise InputError("--inputs needs a network in code, such as net.py:Net; a spec is counted without inputs")
    if not targets and options.causal is not None:
        raise InputError("--causal needs a network in code, such as net.py:Net; a spec has no causal attention")
    if not targets and len(options.inputs) > 1:
        raise InputError("--input is given twice, but a spec has one input; use 192 or HEIGHTxWIDTH")
    if targets and len(targets) < len(references) and options.inputs and not is_mixed_allowed:
        raise InputError("--input is in pixels for a spec but a shape for a network in code; run the command for each")
    if targets and len(targets) == len(references) and options.settings:
        raise InputError(f"--set changes a spec, but {targets[0]} is a network in code; use --arg for its factory")


def configured(options: Options) -> Options:
    """Return the options with what the nearest pyproject.toml says about networks in code."""
    from mfprofile.budget.config import nearest_config

    return replace(options, config=nearest_config())


def need_extra(command: str, references: Sequence[str]) -> None:
    """Raise `InputError` with the command that installs what the networks need, unless torch is installed."""
    need_torch(command, "baselines" if any(each.startswith(_LIBRARIES) for each in references) else "torch")


def imported_once(references: Sequence[str]) -> AbstractContextManager[None]:
    """Return a block in which each file of several networks in code is imported once."""
    if not any(map(is_target, references)):
        return nullcontext()
    from mfprofile.trace.imports import shared_imports

    return shared_imports()


def bill_of(reference: str, options: Options, convention: str, suffix: str = "") -> Bill:
    """Return the bill of a spec or of a network in code. Note on stderr which operators are not counted.

    `suffix` is added to its name. Raises `InputError` for a network that cannot be loaded, run or counted.
    """
    if is_target(reference):
        return _trace(reference, options, convention, suffix)
    from mfprofile.spec.load import load

    return _count(load(reference, options.assignments), convention, options.training, suffix)


def _count(spec: Spec, convention: str, training: bool, suffix: str = "") -> Bill:
    from mfprofile.cost.bill import count

    return count(replace(spec, name=spec.name + suffix), convention, training=training)


def _trace(reference: str, options: Options, convention: str, suffix: str) -> Bill:
    from mfprofile.trace.audit import traced
    from mfprofile.view.coverage import notes

    trace = traced(reference, *inputs_and_arguments(reference, options), mode=options.mode)
    bill = replace(trace, name=trace.name + suffix).bill(convention)
    texts = [f"note: {reference}: {line}" for line in notes(bill)]
    if texts:
        notify("\n".join(texts))
    return bill


def inputs_and_arguments(reference: str, options: Options) -> tuple[Inputs, dict[str, Any]]:
    """Return the inputs and the arguments of a network in code, from its options and from a pyproject.toml.

    The inputs of the options replace those of the file, and each argument replaces that of the same key.
    """
    from mfprofile.budget.code_options import NO_OPTIONS
    from mfprofile.trace.parse import arguments, inputs

    more = NO_OPTIONS if options.config is None else options.config.options(reference)
    texts, places = (options.inputs, {}) if options.inputs else (list(more.inputs), more.inputs)
    read = _anchored(partial(inputs, fill=options.fill), texts, "--input", places)
    return read, _anchored(arguments, more.arguments_with(options.arguments), "--arg", more.arguments)


def _anchored(read: Callable[[Sequence[str]], T], texts: Sequence[str], option: str, places: Mapping[str, str]) -> T:
    """Return the texts as they are read. An error about a text of a pyproject.toml names its place there."""
    try:
        return read(texts)
    except InputError as error:
        message = str(error)
        place = next((places[text] for text in places if message.startswith(f"{option} {text}:")), None)
        raise InputError(message if place is None else message.replace(option, place, 1)) from None


def bills_to_compare(command: str, a: str, b: str | None, options: Options, convention: str) -> tuple[Bill, Bill]:
    """Return the bills of two networks to compare. Without B, the second network is A changed by --set or --arg.

    Raises `InputError` if there is no second network, and for a spec and a network in code.
    """
    references = [a, b or a]
    targets = [reference for reference in references if is_target(reference)]
    if len(targets) == 1:
        spec = next(reference for reference in references if reference not in targets)
        raise InputError(
            f"{spec} is a spec and {targets[0]} is a network in code; compare two specs or two networks in code"
        )
    if b is None and not options.changes:
        raise InputError(f"B is missing; give a second network, or change A with {'--arg' if targets else '--set'}")
    suffix = printable(f" with {', '.join(options.changes)}") if options.changes else ""
    if targets:
        options = configured(options)
    unchanged = replace(options, settings=(), arguments=())
    if targets:
        need_extra(f"{command} of a network in code", references)
        with imported_once(references):
            return bill_of(a, unchanged, convention), bill_of(references[1], options, convention, suffix)
    from mfprofile.spec.load import load

    before = load(a, unchanged.assignments)  # load it once: it may be standard input
    after = load(before if b is None else b, options.assignments)
    return _count(before, convention, options.training), _count(after, convention, options.training, suffix)
