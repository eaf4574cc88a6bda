"""Groups of options that several commands share. A group is declared once and is one parameter of a command.

A parameter annotated with a `Group`, such as `form: FormOptions`, becomes the group's options on the command line. The
function receives the value that the group makes from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Group:
    """Options by parameter name, each with its typer annotation and default, and the function that combines them.

    A command that has an option of such a name keeps its own, and the function gets none. The function also receives
    the options `reads` of the command, if it has them, which stay its own.

    `around` returns a context that the command runs in, from the value of the group, the words of the command, and all
    options. It gives the value that the command receives.
    """

    options: Mapping[str, tuple[Any, Any]]
    combine: Callable[..., Any]
    reads: tuple[str, ...] = ()
    around: Callable[[Any, str, Mapping[str, Any]], AbstractContextManager[Any]] | None = None

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Return the options as parameters of a function."""
        kind = inspect.Parameter.KEYWORD_ONLY
        return [
            inspect.Parameter(name, kind, annotation=annotation, default=default)
            for name, (annotation, default) in self.options.items()
        ]


def with_group_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with each group replaced by its options, so that typer can read it."""
    signature = inspect.signature(command, eval_str=True)
    groups = {name: group for name, each in signature.parameters.items() if (group := _group_of(each)) is not None}
    own = signature.parameters.keys() - groups.keys()
    words = command.__module__.removeprefix("mfprofile.cli.").replace(".", " ")
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if name in groups:
            parameters += [each for each in groups[name].parameters if each.name not in own]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    def run(**values: Any) -> None:
        given = dict(values)
        for name, group in groups.items():
            also = {option: given[option] for option in group.reads if option in given}
            options = {option: values.pop(option) for option in group.options if option not in own}
            values[name] = group.combine(**options, **also)
        with ExitStack() as stack:
            for name, group in groups.items():
                if group.around is not None:
                    values[name] = stack.enter_context(group.around(values[name], words, given))
            command(**values)

    run.__doc__ = command.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(run)["__signature__"] = signature.replace(parameters=parameters)
    return run


def _group_of(parameter: inspect.Parameter) -> Group | None:
    metadata = getattr(parameter.annotation, "__metadata__", ())
    return next((each for each in metadata if isinstance(each, Group)), None)
