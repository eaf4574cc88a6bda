"""Variants that were trained, with counted and measured figures, as tables, CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mfprofile.cost.weights import Counting
from mfprofile.explore.measured import Figure, Results, Trained, counted
from mfprofile.explore.nearest_trained import NearestTrained
from mfprofile.explore.results import Row
from mfprofile.explore.space import Space
from mfprofile.spec.words import listed, printable, several
from mfprofile.view import tables
from mfprofile.view.asked import Asked
from mfprofile.view.prediction import amount
from mfprofile.view.tables import Column, Form, Table, dumps, render
from mfprofile.view.variants import counted_in, variant_json, variants_table, write_variants


def show(
    trained: Sequence[Trained], asked: Asked, source: str, convention: Counting, form: Form, folder: str | None
) -> None:
    """Print trained variants in one of the forms, with the counted and measured figures that were asked for.

    With a `folder`, also write each variant into it as a spec. Each of the two is done whatever becomes of the other.
    """
    try:
        if folder is not None and trained:
            write_variants([each.variant for each in trained], convention, folder)
    finally:
        if form.name == "json":
            tables.show(dumps([trained_json(each, convention, asked.names) for each in trained]))
        else:
            tables.show(render(trained_table(trained, asked, source, convention, form), form))


def trained_json(trained: Trained, convention: Counting, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return a trained variant for JSON: as `variant_json`, with its measured figures and where they are from."""
    figures = {
        name: {"mean": float(each.mean), "std": each.deviation, "values": [float(value) for value in each.values]}
        for name, each in trained.measured.items()
    }
    about = counted_in(trained.variant.space, convention)
    shown = variant_json(trained.variant, names)
    return {**about, **shown, "measured": figures, "rows": [row.where for row in trained.rows]}


def trained_table(trained: Sequence[Trained], asked: Asked, source: str, convention: Counting, form: Form) -> Table:
    """Return the table of the variants with a column for each measured figure; in CSV three of them."""
    table = variants_table([each.variant for each in trained], convention, form, asked)
    columns = [name for name in asked.names if counted(name) is None]
    if form.name == "csv":
        more = [Column(name, key) for name in columns for key in (name, f"{name}.std", f"{name}.runs")]
        cells = [[cell for name in columns for cell in _record(each.measured.get(name))] for each in trained]
    else:
        more = [Column(printable(name), name, right=True) for name in columns]
        cells = [[in_words(each.measured.get(name)) for name in columns] for each in trained]
    last = len(table.columns) - 1
    runs = sum(len(each.rows) for each in trained)
    about = f"measured: {several(runs, 'result')} of {printable(source)}; mean ± standard deviation (results)"
    return table._replace(
        columns=[*table.columns[:last], *more, *table.columns[last:]],
        data=[[*row[:last], *own, *row[last:]] for row, own in zip(table.data, cells, strict=True)],
        above=[*table.above, about],
    )


def in_words(figure: Figure | None) -> str:
    """Return a measured figure as text: its mean and, of several results, their deviation and number."""
    if figure is None:
        return ""
    mean = f"{float(figure.mean):.6g}"
    return mean if figure.deviation is None else f"{mean} ± {figure.deviation:.2g} ({len(figure.values)})"


def _record(figure: Figure | None) -> list[Any]:
    if figure is None:
        return [None, None, None]
    return [float(figure.mean), figure.deviation, len(figure.values)]


def left_out(space: Space, source: str, results: Results) -> Iterator[str]:
    """Yield a line on the results of networks outside the space, and one on variants that lack a figure."""
    every = len(results.others) + sum(len(each.rows) for each in (*results.trained, *results.unmeasured))
    if results.others:
        number = f"{len(results.others):,} of {several(every, 'result')}"
        names = listed(dict.fromkeys(map(_name, results.others)))
        yield f"{printable(source)}: skipped {number}, not of variants of {space.name}: {names}"
    if results.unmeasured:
        names = listed(_name(each.rows[0]) for each in results.unmeasured)
        number = several(len(results.unmeasured), "variant")
        yield f"{printable(source)}: skipped {number} without a figure in each column that is needed: {names}"


def nearest_lines(near: Sequence[NearestTrained]) -> Iterator[str]:
    """Yield a line on the trained variants closest to each window."""
    for each in near:
        sides = [
            f"{_figure(one, each.name)} ({_name(one.rows[0])})" for one in (each.below, each.above) if one is not None
        ]
        place = f"nearest in {printable(each.name)}{' within the other windows' if each.others else ''}"
        yield f"{place}: {' and '.join(sides)}"


def _figure(trained: Trained, name: str) -> str:
    """Return a counted or a measured figure as text."""
    if name in trained.measured:
        return in_words(trained.measured[name])
    return amount(name, trained.variant.figures[name])


def _name(row: Row) -> str:
    """Return the name of a row's network, with its line in a CSV."""
    line = row.where.rpartition(":")[2]
    return f"{row.name} (line {line})" if line.isdigit() else row.name
