"""Groups of options that several commands have: declared once, and one parameter of a command's function.

A parameter that is annotated with a `Group`, as `form: FormChosen`, stands for the group's options on the command line;
the function gets what the group makes of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Group:
    """Options by the names of their values, each with its annotation for typer and its default; and what they make."""

    options: Mapping[str, tuple[Any, Any]]
    combine: Callable[..., Any]

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Return the options as parameters of a function."""
        kind = inspect.Parameter.KEYWORD_ONLY
        return [
            inspect.Parameter(name, kind, annotation=annotation, default=default)
            for name, (annotation, default) in self.options.items()
        ]


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of its groups in place of their parameters, as typer reads it."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Group] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        about = getattr(parameter.annotation, "__metadata__", ())
        group = next((each for each in about if isinstance(each, Group)), None)
        if group is None:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        else:
            groups[name] = group
            parameters += group.parameters

    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group.combine(**{option: values.pop(option) for option in group.options})
        command(**values)

    run.__doc__ = command.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(run)["__signature__"] = signature.replace(parameters=parameters)
    return run
