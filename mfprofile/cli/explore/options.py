"""Options that the commands of `explore` share: the space, windows, what is optimized, where variants are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.completion import quantities, spaces, windows
from mfprofile.cli.groups import Group
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.explore.front import Objective
    from mfprofile.explore.quantity import Quantity
    from mfprofile.spec.quantities import Window

SpaceName = Annotated[
    str,
    typer.Argument(
        metavar="SPACE",
        help="A name of 'mfprofile explore spaces', a path, or - for stdin.",
        autocompletion=spaces,
    ),
]


def objectives(minimize: list[str] | None, maximize: list[str] | None) -> list[Objective]:
    """Return the quantities to minimize, then those to maximize."""
    from mfprofile.explore.front import Objective
    from mfprofile.explore.quantity import quantity_of

    return [
        Objective(quantity_of(name), most)
        for names, most in ((minimize, False), (maximize, True))
        for name in names or ()
    ]


def goals_of_front(minimize: list[str] | None, maximize: list[str] | None) -> list[Objective]:
    """Return the two or three quantities of a front. By default, madds are minimized and params are maximized."""
    goals = objectives(minimize, maximize) or objectives(["madds"], ["params"])
    if len(goals) not in (2, 3):
        raise InputError(
            f"a front needs two or three quantities, not {len(goals)}; give --minimize or --maximize that often in all"
        )
    for at, goal in enumerate(goals):
        if any(goal.quantity.terms == earlier.quantity.terms for earlier in goals[:at]):
            raise InputError(f"{goal.quantity.name} is given twice; the quantities of a front must be different")
    return goals


def windows_of(
    madds: str | None, params: str | None, activations: str | None, latency: str | None, within: list[str] | None
) -> list[tuple[Quantity, Window]]:
    """Return the windows of the options. Raise `InputError` for an invalid one, and for a quantity given twice."""
    from mfprofile.explore.quantity import check_duplicates, quantity_of
    from mfprofile.spec.quantities import window

    given = [("madds", madds, "--madds"), ("params", params, "--params"), ("activations", activations, "--activations")]
    given += [("latency", latency, "--latency")]
    for text in within or ():
        name, equals, limits = text.rpartition("=")
        if not equals:
            raise InputError(f"--within {text}: must be QUANTITY=LEAST:MOST, as in former.madds=:20M")
        given.append((name, limits, f"--within {text}"))
    windows: list[tuple[Quantity, Window]] = []
    for name, limits_text, option in given:
        if limits_text is None:
            continue
        try:
            quantity = quantity_of(name)
            entry = quantity, window(limits_text, "time" if quantity.is_timed else "count", signed=True)
        except InputError as error:
            raise InputError(f"{option}: {error}" if name in option else f"{option} {error}") from None
        windows.append(entry)
    check_duplicates(windows)
    return windows


WINDOW_OPTIONS = {
    "madds": (
        Annotated[
            str | None, typer.Option("--madds", metavar="LEAST:MOST", help="Window, such as 290M:300M or :0.3G.")
        ],
        None,
    ),
    "params": (
        Annotated[str | None, typer.Option("--params", metavar="LEAST:MOST", help="Window, such as :12M.")],
        None,
    ),
    "activations": (
        Annotated[
            str | None,
            typer.Option("--activations", metavar="LEAST:MOST", help="Window on the output values of all ops."),
        ],
        None,
    ),
    "latency": (
        Annotated[
            str | None,
            typer.Option(
                "--latency", metavar="LEAST:MOST", help="Window on the predicted latency, such as :12ms or 8ms:12ms."
            ),
        ],
        None,
    ),
    "within": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--within",
                metavar="QUANTITY=LEAST:MOST",
                help="Window on any quantity or sum, such as 'former.madds + bridge.madds=:30M'. Repeatable.",
                autocompletion=windows,
            ),
        ],
        None,
    ),
}
Windows = Annotated[list[Any], Group(WINDOW_OPTIONS, windows_of)]
"""The windows that variants must lie in, as pairs of a quantity and its window."""


def _output_folder(output: str | None) -> str | None:
    """Return the folder. Raise `InputError` or `OutputError`, before the query, for one that cannot be written."""
    from mfprofile.folders import check_new_folder

    if output == "-":
        raise InputError("-o -: variants cannot be written to stdout as files; use a folder, or --json for their specs")
    if output is not None:
        check_new_folder(output)
    return output


OutputFolder = Annotated[
    str | None,
    Group(
        {
            "output": (
                Annotated[
                    str | None,
                    typer.Option(
                        "-o", "--output", metavar="DIR", help="Write each variant as a YAML spec into this new folder."
                    ),
                ],
                None,
            )
        },
        _output_folder,
    ),
]
"""The folder for the variants, or None."""
Minimize = Annotated[
    list[str] | None,
    typer.Option(
        "--minimize",
        metavar="QUANTITY",
        help="Minimize this quantity: madds, former.params, or a sum.",
        autocompletion=quantities,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="QUANTITY", help="Maximize this quantity.", autocompletion=quantities),
]
