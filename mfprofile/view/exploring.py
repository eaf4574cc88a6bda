"""What queries of a space found, as tables, JSON and specs."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mfprofile.cost.conventions import convention
from mfprofile.cost.measures import MEASURES
from mfprofile.cost.rows import PILLARS
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import Counted, Number, count_space
from mfprofile.explore.nearest import Nearest
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import Place, Space, read_space
from mfprofile.explore.stream import blocks
from mfprofile.explore.variant import Variant
from mfprofile.explore.work import Question
from mfprofile.spec.load import load
from mfprofile.spec.problems import InputError, dotted, shown
from mfprofile.spec.quantities import Window
from mfprofile.spec.sources import about, shipped
from mfprofile.spec.writing import yaml_text
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Column, Form, OutputError, Table, dumps, render, show

LISTED = 10**8
"""So many variants, at most, are listed."""

_LITTLE = 64 << 20  # bytes for counting what is to be listed: a bound will do

Windows = Sequence[tuple[Quantity, Window]]


def spaces_table() -> Table:
    """Return the spaces that ship, with how many variants they have."""
    columns = [Column("space", "name"), Column("variants", "variants", grouped, right=True), Column("", "about")]
    data = [[name, count_space(read_space(name)).size, about(file)] for name, file in shipped("spaces").items()]
    return Table(columns, data)


def counted_json(
    name: str, counted: Counted, windows: Windows, counted_by: str, near: Mapping[str, Nearest]
) -> dict[str, Any]:
    """Return a count as JSON has it: exact figures, null where there are only bounds."""
    nearest = {
        quantity: {"below": _nullable(sides.below), "above": _nullable(sides.above), "known": sides.known}
        for quantity, sides in near.items()
    }
    return {
        "space": name,
        "convention": counted_by,
        "size": counted.size,
        "left_out": counted.left_out,
        **_number(counted.within),
        "windows": {
            quantity.name: {
                "least": window.least,
                "most": window.most,
                **_number(counted.alone[quantity.name]),
                "excludes": _excludes(counted.size, counted.alone[quantity.name]),
            }
            for quantity, window in windows
        },
        **({"nearest": nearest} if near else {}),
    }


def _nullable(variant: Variant | None) -> dict[str, Any] | None:
    return None if variant is None else variant_json(variant)


def _number(number: Number) -> dict[str, Any]:
    within = number.lower if number.exact else None
    return {"within": within, "exact": number.exact, "lower": number.lower, "upper": number.upper}


def _excludes(size: int, within: Number) -> dict[str, Any]:
    return {"lower": size - within.upper, "upper": size - within.lower}


def counted_table(name: str, counted: Counted, windows: Windows, counted_by: str, near: Mapping[str, Nearest]) -> Table:
    """Return a count as people read it: a line for each window alone, then all of them together."""
    columns = [
        Column("window", "window"),
        Column("variants within", "within", _bounds, right=True, record=_recorded),
        Column("%", right=True),
        Column("excluded by it alone", "excluded", _bounds, right=True, record=_recorded),
    ]
    data = []
    for quantity, window in windows:
        within = counted.alone[quantity.name]
        data.append([f"{quantity.name} {window}", *_line(within, counted.size)])
    whole = ["all together" if windows else "all", *_line(counted.within, counted.size)]
    above = [
        f"{name}: {grouped(counted.size)} {_variants(counted.size)}; MAdds in convention '{counted_by}'",
        *(
            [f"{grouped(counted.left_out)} combinations more are left out: no rule allows them"]
            * bool(counted.left_out)
        ),
    ]
    below = [] if counted.within.exact else ["bounds: what is exact would take more than --memory"]
    below += [_nearest_line(quantity, sides, len(near) > 1) for quantity, sides in near.items()]
    return Table(columns, data, [[whole]], above, below)


def _variants(number: int) -> str:
    return "variant" if number == 1 else "variants"


def _nearest_line(quantity: str, sides: Nearest, others: bool) -> str:
    """Return what comes closest to a window in which nothing is."""
    held = ", the other windows held" if others else ""
    if not sides.known:
        return f"nearest in {quantity}{held}: not known, it would take more than --memory"
    found = [
        f"{grouped(variant.figures[quantity])} ({_in_words(variant)})"
        for variant in (sides.below, sides.above)
        if variant is not None
    ]
    return f"nearest in {quantity}{held}: {' and '.join(found) or 'none'}"


def _line(within: Number, size: int) -> list[Any]:
    return [within, _percent(within, size), Number(size - within.upper, size - within.lower)]


def _bounds(number: Number) -> str:
    return grouped(number.lower) if number.exact else f"{grouped(number.lower)} to {grouped(number.upper)}"


def _recorded(number: Number) -> Any:
    return number.lower if number.exact else f"{number.lower}:{number.upper}"


def _percent(within: Number, size: int) -> str:
    """Return the share to three digits, so that a very small one is not told as none."""
    if not size:
        return "–"
    low, high = (f"{100 * part / size:.3g}" for part in (within.lower, within.upper))
    return low if low == high else f"{low}–{high}"


def variant_json(variant: Variant) -> dict[str, Any]:
    """Return a variant as JSON has it: what it costs, its choices and its full spec."""
    figures = variant.figures
    pillars = {
        pillar: {measure: figures[f"{pillar}.{measure}"] for measure in ("madds", "params")} for pillar in PILLARS
    }
    told = {"madds", "params", *(f"{pillar}.{measure}" for pillar in PILLARS for measure in ("madds", "params"))}
    more = {name: figure for name, figure in figures.items() if name not in told}
    return {
        "madds": figures["madds"],
        "params": figures["params"],
        "pillars": pillars,
        **({"quantities": more} if more else {}),
        "choices": variant.choices,
        "spec": variant.spec(),
    }


def show_variants(variants: Sequence[Variant], counted_by: str, form: Form, folder: str | None = None) -> None:
    """Print variants in one of the forms and, where a folder is named, write each into it as a spec first."""
    if folder is not None:
        write_variants(variants, counted_by, Path(folder))
    if form == "json":
        show(dumps([{"convention": counted_by, **variant_json(variant)} for variant in variants]))
    else:
        show(render(variants_table(variants, counted_by, form), form))


def variants_table(variants: Sequence[Variant], counted_by: str, form: Form) -> Table:
    """Return variants as a line each: what they cost, and their choices, which in CSV have a column each."""
    figures = variants[0].figures if variants else {"madds": 0, "params": 0}
    told = ["madds", "params", *(name for name in figures if _is_asked(name))]
    unit = convention(counted_by).unit
    columns = [Column("", "number", str, right=True)]
    columns += [Column(unit if name == "madds" else name, name, grouped, right=True) for name in dict.fromkeys(told)]
    costs = [[at, *(variant.figures[name] for name in dict.fromkeys(told))] for at, variant in enumerate(variants, 1)]
    above = [f"{len(variants)} {_variants(len(variants))}; MAdds in convention '{counted_by}'"]
    if form != "csv":
        columns.append(Column("choices", wraps=True))
        data = [[*line, _in_words(variant)] for line, variant in zip(costs, variants, strict=True)]
        return Table(columns, data, (), above)
    choices = list(dict.fromkeys(name for variant in variants for name in variant.choices))
    columns += [Column(name, name, record=_plain) for name in choices]
    data = [
        [*line, *(variant.choices.get(name) for name in choices)] for line, variant in zip(costs, variants, strict=True)
    ]
    return Table(columns, data, (), above)


def _is_asked(name: str) -> bool:
    """Return whether a quantity is none of those told of every variant, so that somebody has asked for it."""
    return name not in MEASURES or name == "activations" or name.endswith(".activations")


def _in_words(variant: Variant) -> str:
    """Return the choices in a line, those of the blocks by key: `tokens.count 6, out 24 48 96, exp 96 192`."""
    found: dict[str, list[str]] = {}
    for path, value in variant.assignment.items():
        name = str(path[-1]) if path[0] == "blocks" else dotted(path)
        found.setdefault(name, []).append(shown(value).strip("'"))
    return ", ".join(f"{name} {' '.join(values)}" for name, values in found.items())


def listed(space: Space, windows: Windows, counted_by: str) -> Iterator[str]:
    """Yield CSV of every variant within the windows, some lines at a time: its choices, what they cost.

    Raises `InputError` where there are too many.
    """
    most = count_space(space, windows, counted_by, _LITTLE).within.upper
    if most > LISTED:
        raise InputError(
            f"{space.name}: up to {most:,} variants are within, more than the {LISTED:,} that are listed: narrow the "
            "windows, or draw from them with 'explore sample'"
        )
    names = [quantity.name for quantity, _ in windows]
    told = [name for name in MEASURES if name not in names and not name.endswith("activations")]
    question = Question(space, (*(quantity for quantity, _ in windows), *map(quantity_of, told)), counted_by)
    columns = [choice.path for choice in space.choices]
    yield _csv_line([*map(dotted, columns), *names, *told]) + "\n"
    for chain in question.every():
        yield from _listed_chain(chain, columns, [window for _, window in windows])


def _listed_chain(chain: Chain, columns: Sequence[Place], windows: Sequence[Window]) -> Iterator[str]:
    """Yield the lines of one chain; the columns are those of the globals, then those of each link."""
    on_links = [[path for path in columns if any(path in option for option in link.options)] for link in chain.links]
    outer = [path for path in columns if not any(path in paths for paths in on_links)]
    start = [_csv_line([_plain(chain.values.get(path)) for path in outer])] if outer else []
    texts = [
        [_csv_line([_plain(option.get(path)) for path in paths]) for option in link.options]
        for link, paths in zip(chain.links, on_links, strict=True)
    ]
    for block in blocks(chain, windows):
        chosen = block.within(windows)
        edges = block.edges(chosen)
        parts = [
            [text[option] for option in link.option[edges[:, at]].tolist()]
            for at, (link, text, paths) in enumerate(zip(chain.links, texts, on_links, strict=True))
            if paths
        ]
        figures = block.figures(chosen).tolist()
        yield "".join(",".join([*start, *map(str, line)]) + "\n" for line in zip(*parts, *figures, strict=True))


def _csv_line(values: Sequence[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(values)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) or value is None else shown(value)


def write_variants(variants: Sequence[Variant], counted_by: str, folder: Path) -> None:
    """Write each variant as a YAML spec into a new folder, all of them or none.

    A link is followed. Raises `InputError` where the folder has anything in it, `OutputError` where it cannot be
    written.
    """
    named, folder = folder, Path(os.path.realpath(folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{named}: is there already, and not empty: name a new folder")
    digits = max(4, len(str(len(variants))))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for number, variant in enumerate(variants, start=1):
                file = made / f"{variant.space.name}-{number:0{digits}}.yaml"
                file.write_text(_variant_yaml(variant, counted_by), encoding="utf-8")
            made.chmod(0o755)
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{named}: cannot be written: {error.strerror or error}") from None


def _variant_yaml(variant: Variant, counted_by: str) -> str:
    figures = variant.figures
    about = (
        f"# A variant of {variant.space.name}: {grouped(figures['madds'])} MAdds in convention '{counted_by}', "
        f"{grouped(figures['params'])} params.\n"
    )
    return about + yaml_text(load(variant.spec()))
