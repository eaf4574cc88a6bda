"""The option --measured: answers from variants that were trained, with figures that the user measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from mfprofile.cli.explore.options import WINDOW_OPTIONS, windows_of
from mfprofile.cli.groups import Group
from mfprofile.cli.options import notify, report_specs
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.view.form import Form

if TYPE_CHECKING:
    from mfprofile.explore.measured import Aim, Limit, Results, Trained
    from mfprofile.explore.space import Space

Measured = Annotated[
    str | None,
    typer.Option(
        "--measured",
        metavar="FILE",
        help="Only variants that were trained: a CSV with spec or content and your figures, or an Optuna study, "
        "sqlite:///study.db.",
    ),
]


def _either(
    madds: str | None,
    params: str | None,
    activations: str | None,
    latency: str | None,
    within: list[str] | None,
    measured: str | None = None,
) -> list[Any]:
    """Return the windows of the options; with `measured`, --within may also name a column, which has a range."""
    if measured is None:
        return list(windows_of(madds, params, activations, latency, within))
    from mfprofile.explore.measured import counted, range_of

    own: dict[str, Any] = {}
    others = []
    for text in within or ():
        name, equals, limits = (part.strip() for part in text.rpartition("="))
        if not equals or not name or counted(name) is not None:
            others.append(text)
        elif name in own:
            raise InputError(f"--within {text}: {name} already has a window; give one for each column")
        else:
            try:
                own[name] = range_of(limits)
            except InputError as error:
                raise InputError(f"--within {text} {error}") from None
    return [*windows_of(madds, params, activations, latency, others), *own.items()]


EitherWindows = Annotated[list[Any], Group(WINDOW_OPTIONS, _either, reads=("measured",))]
"""The windows of variants; with --measured, also pairs of a column and its range."""


def trained_front(
    space: Space,
    measured: str,
    minimize: list[str] | None,
    maximize: list[str] | None,
    limits: Sequence[Any],
    convention: Counting,
) -> tuple[list[Trained], list[Trained], Results, list[Aim]]:
    """Return the front of the trained variants within the windows, all that are within them, the results, the aims.

    Without a second quantity, madds are minimized.
    """
    from mfprofile.explore.measured import Aim, join_results, measured_front, within

    aims = _aims(minimize, maximize)
    if len(aims) == 1 and aims[0].name != "madds":
        aims.insert(0, Aim("madds"))
    if len(aims) < 2 or len({aim.name for aim in aims}) < len(aims):
        raise InputError("a front of measured figures needs --maximize or --minimize with a column, such as top1")
    windows = _limits(limits)
    results = join_results(space, measured, _names(aims, windows), convention)
    inside = within(results.trained, windows)
    return measured_front(inside, aims), inside, results, aims


def show_trained(
    space: Space,
    measured: str,
    minimize: list[str] | None,
    maximize: list[str] | None,
    limits: Sequence[Any],
    convention: Counting,
    form: Form,
    folder: str | None,
    number: int = 0,
) -> None:
    """Print the best `number` of the trained variants within the windows, or with 0 their front.

    Rows that do not belong to the space are named on stderr. Without an answer, exits with 1.
    """
    from mfprofile.explore.measured import join_results, measured_best, within
    from mfprofile.view.asked import Asked, Goal
    from mfprofile.view.trained import show

    if number:
        aims, windows = _aims(minimize, maximize), _limits(limits)
        if len(aims) != 1:
            raise InputError("one quantity is needed; give --minimize or --maximize once")
        results = join_results(space, measured, _names(aims, windows), convention)
        points = measured_best(within(results.trained, windows), aims[0], number)
    else:
        points, _, results, aims = trained_front(space, measured, minimize, maximize, limits, convention)
    report(space, measured, results)
    asked = Asked([Goal(*aim) for aim in aims], [name for name, _ in _limits(limits)], number)
    if points or form.name in ("json", "csv"):
        show(points, asked, measured, convention, form, folder)
    if not points:
        end_without_trained(space, measured, limits, results)
    report_specs(folder, len(points))


def list_trained(space: Space, measured: str, limits: Sequence[Any], convention: Counting) -> None:
    """Print all trained variants within the windows as CSV, with every column of the file that has only numbers."""
    from mfprofile.explore.measured import join_results, within
    from mfprofile.explore.results import number_columns, read_results
    from mfprofile.view.asked import Asked
    from mfprofile.view.trained import show

    windows = _limits(limits)
    columns = number_columns(read_results(measured, space), space)
    needed = _names([], windows)
    results = join_results(space, measured, needed, convention, more=columns)
    points = within(results.trained, windows)
    report(space, measured, results)
    show(points, Asked(limited=[*needed, *columns]), measured, convention, Form("csv"), None)
    if not points:
        end_without_trained(space, measured, limits, results)


def report(space: Space, measured: str, results: Results) -> None:
    """Say on stderr which results are left out, and why."""
    from mfprofile.view.trained import left_out

    for line in left_out(space, measured, results):
        notify(line)


def end_without_trained(space: Space, measured: str, limits: Sequence[Any], results: Results) -> NoReturn:
    """Say on stderr that no trained variant is within the windows, name the nearest, and end with exit code 1."""
    from mfprofile.explore.nearest_trained import nearest_trained
    from mfprofile.view.trained import nearest_lines

    where = " within the windows" if limits and results.trained else ""
    notify(f"{space.name}: {measured} has no result of a variant{where}")
    for line in nearest_lines(nearest_trained(results.trained, _limits(limits))):
        notify(line)
    raise typer.Exit(1)


def _aims(minimize: list[str] | None, maximize: list[str] | None) -> list[Aim]:
    from mfprofile.explore.measured import Aim

    return [
        *(Aim(name.strip(), most=False) for name in minimize or ()),
        *(Aim(name.strip(), most=True) for name in maximize or ()),
    ]


def _limits(limits: Sequence[Any]) -> list[Limit]:
    return [(quantity if isinstance(quantity, str) else quantity.name, window) for quantity, window in limits]


def _names(aims: Sequence[Aim], windows: Sequence[Limit]) -> list[str]:
    return [*(aim.name for aim in aims), *(name for name, _ in windows)]
