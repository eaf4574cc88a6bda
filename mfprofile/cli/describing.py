"""The options that describe networks, as groups that commands declare as one parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from mfprofile.cli.code import CODE, Code, code
from mfprofile.cli.groups import Group
from mfprofile.cli.options import (
    ArgumentsOption,
    CausalOption,
    FillOption,
    InputOption,
    InputsOfEither,
    InputsOption,
    RunBatchOption,
    RunFillOption,
    SettingsOption,
    TrainingOption,
    assignments,
)
from mfprofile.errors import InputError
from mfprofile.spec.merge import Setting
from mfprofile.spec.sources import is_target

if TYPE_CHECKING:
    from mfprofile.budget.code_options import CodeOptions
    from mfprofile.budget.config import Config
    from mfprofile.trace.mode import Mode

_SIZE = re.compile(r"\s*[0-9]+([x×][0-9]+)?\s*")
"""An input of specs: pixels, or height and width."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options that describe networks.

    `--set` is for specs, `--arg` and `--inputs` (`fill`) for networks in code, `--input` for both. `sizes` are the
    inputs of specs if they are not those of networks in code. `code` are further options of networks in code, and
    `config` has more of them. With `training`, a forward and a backward pass are counted. `causal` says what of causal
    attention is counted.
    """

    settings: Sequence[str] = ()
    inputs: Sequence[str] = ()
    arguments: Sequence[str] = ()
    fill: str | None = None
    sizes: Sequence[str] | None = None
    config: Config | None = None
    code: Code = field(default_factory=Code)
    training: bool = False
    causal: str | None = None

    @property
    def mode(self) -> Mode:
        """Return how networks in code are counted. Raise `InputError` for an unknown `--causal`."""
        from mfprofile.trace.mode import Mode

        return Mode(self.training, "all" if self.causal is None else self.causal).checked()

    @property
    def changes(self) -> Sequence[str]:
        """Return the options that change the network of a reference."""
        return (*self.settings, *self.arguments)

    @property
    def as_given(self) -> CodeOptions:
        """Return the options of networks in code, each with its name as its place."""
        from mfprofile.budget.code_options import CodeOptions, Given

        code = self.code
        return CodeOptions(
            [Given(text, "--input") for text in self.inputs],
            [Given(text, "--arg") for text in self.arguments],
            None if self.fill is None else Given(self.fill, "--inputs"),
            [Given(text, "--value") for text in code.values],
            None if code.batch is None else Given(code.batch, "--batch"),
            Given(True, "--no-batch") if code.no_batch else None,
        )

    def given(self, without: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
        """Yield the options of networks in code alone that are given, except `without`, and what a spec has."""
        if self.arguments:
            yield "--arg", "use --set to change a spec"
        if self.fill is not None:
            yield "--inputs", "a spec is counted without inputs"
        yield from self.code.given(without)
        if self.causal is not None:
            yield "--causal", "a spec has no causal attention"

    def of_code(self, without: Sequence[str] = ()) -> dict[str, object]:
        """Return the options that a model file does not have, by name, except those `without` which."""
        given = {name.removeprefix("--"): True for name, _ in self.given(without)}
        return {**given, "training": self.training}

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
    **further: Any,
) -> Options:
    """Return the options that describe networks."""
    given = inputs or ([] if input_size is None else [input_size])
    options = Options(settings or (), given, arguments or (), fill, code=code(**further))
    options = replace(options, training=training, causal=causal)
    if causal is not None:
        _ = options.mode  # an unknown way is refused, also for specs
    return options


def refuse_pairs(options: Options, command: str) -> None:
    """Raise `InputError` if `--causal pairs` meets a comparison with other counters."""
    if options.causal == "pairs":
        raise InputError(
            f"--causal pairs and {command} cannot be combined: other counters count all rows × columns; omit --causal"
        )


_MODE = {"training": (TrainingOption, False), "causal": (CausalOption, None)}
_FOR_CODE = {"arguments": (ArgumentsOption, None), "fill": (FillOption, None), **CODE}
_FOR_EITHER = {"settings": (SettingsOption, None), "inputs": (InputsOfEither, None), **_FOR_CODE}
_RUN = {"fill": (RunFillOption, None), "batch": (RunBatchOption, None)}
NetworkOptions = Annotated[Options, Group({**_FOR_EITHER, **_MODE}, _options)]
"""The options for specs and networks in code."""
InferenceOptions = Annotated[Options, Group(_FOR_EITHER, _options)]
"""The options for specs and networks in code of which one inference is counted."""
MeasureOptions = Annotated[Options, Group({**_FOR_EITHER, **_RUN}, _options)]
"""The options for specs and networks in code that are run to be timed."""
TargetOptions = Annotated[Options, Group({"inputs": (InputsOption, None), **_FOR_CODE, **_MODE}, _options)]
"""The options for networks in code."""
SpecOptions = Annotated[
    Options, Group({"settings": (SettingsOption, None), "input_size": (InputOption, None)}, _options)
]
"""The options for specs."""
