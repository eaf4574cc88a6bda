"""Variants of a space as tables, JSON and YAML specs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device
from mfprofile.cost.measures import usual
from mfprofile.cost.tested import about, kinds_of
from mfprofile.cost.weights import Counting
from mfprofile.explore.measured import counted
from mfprofile.explore.space import Place, Space
from mfprofile.explore.unpriced import kinds_in, unpriced
from mfprofile.explore.variant import Variant
from mfprofile.files import named
from mfprofile.folders import write_folder
from mfprofile.spec.load import load
from mfprofile.spec.names import LATENCY, PILLARS, SUMS
from mfprofile.spec.problems import dotted
from mfprofile.spec.words import shown
from mfprofile.spec.writing import yaml_text
from mfprofile.view.asked import NOTHING, Asked
from mfprofile.view.captions import meaning
from mfprofile.view.escape import line
from mfprofile.view.head import model_json
from mfprofile.view.numbers import grouped, human, milliseconds
from mfprofile.view.prediction import is_timed, no_ranking, not_priced, predicted_by, writer
from mfprofile.view.tables import Column, Form, Table, dumps, render, show


def variant_json(variant: Variant, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return a variant for JSON: its cost, its choices, its content hash and its full spec.

    `names` are the quantities that were asked for. They are beside the usual ones, by their names.
    """
    figures, measures = variant.figures, _measures(variant.figures)
    pillars = {pillar: {measure: figures[f"{pillar}.{measure}"] for measure in measures} for pillar in PILLARS}
    usual = {*measures, *(f"{pillar}.{measure}" for pillar in PILLARS for measure in measures)}
    more = {name: figure for name, figure in figures.items() if name not in usual or ("." in name and name in names)}
    return {
        **{measure: figures[measure] for measure in measures},
        "pillars": pillars,
        **({"quantities": more} if more else {}),
        "choices": variant.choices,
        "content": variant.content,
        "spec": variant.spec(),
    }


def _measures(figures: Mapping[str, int]) -> list[str]:
    """Return the sums that a variant is shown with: latency is one of them if a model predicts it."""
    return ["madds", "params", *([LATENCY] if f"head.{LATENCY}" in figures else [])]


def device_of(convention: Counting) -> Device | None:
    """Return the latency model beside a convention, or None."""
    return find_convention(convention).device


def counted_in(space: Space, convention: Counting) -> dict[str, Any]:
    """Return the convention for JSON and, if there is one, the latency model with the kinds without a price."""
    device = device_of(convention)
    if device is None:
        return {"convention": str(convention)}
    model = {**model_json(device, kinds_in(space, device)), "unpriced": unpriced(space, device)}
    return {"convention": str(convention), "latency_model": model}


def show_variants(
    variants: Sequence[Variant],
    convention: Counting,
    form: Form,
    folder: str | None = None,
    asked: Asked = NOTHING,
) -> None:
    """Print the variants that were asked for in one of the forms. With a `folder`, also write each into it as a spec.

    Each of the two is done whatever becomes of the other.
    """
    try:
        if folder is not None:
            write_variants(variants, convention, folder)
    finally:
        if form.name == "json":
            about = counted_in(variants[0].space, convention) if variants else {}
            show(dumps([{**about, **variant_json(variant, asked.names)} for variant in variants]))
        else:
            show(render(variants_table(variants, convention, form, asked), form))


def variants_table(variants: Sequence[Variant], convention: Counting, form: Form, asked: Asked = NOTHING) -> Table:
    """Return a table with one line for each variant: its cost and its choices, in CSV one column for each choice.

    Its cost is its multiply-adds and parameters (and its latency), and each quantity that was asked for, or that the
    form names. If variants are ranked by a latency, a note says how many of them the model cannot rank.
    """
    device = device_of(convention)
    kinds = kinds_in(variants[0].space, device) if variants else {}
    figures = (
        variants[0].figures if variants else dict.fromkeys([*usual(find_convention(convention)), *_counted(asked)], 0)
    )
    names = _shown_quantities(figures, asked, form)
    columns = [Column("", "number", str, right=True)]
    columns += [_amounts(name, convention, form) for name in names]
    costs: list[list[Any]] = [
        [at, *(variant.figures[name] for name in names)] for at, variant in enumerate(variants, 1)
    ]
    above = [f"{asked.head(len(variants))}; MAdds in convention '{convention}'", *predicted_by(device, kinds)]
    below = not_priced(unpriced(variants[0].space, device)) if variants else []
    for name in (name for name in asked.ranking if name in figures and is_timed(name)):
        below += no_ranking([variant.figures[name] for variant in variants], device, kinds)
    choices = list(dict.fromkeys(name for variant in variants for name in variant.choices))
    shown = choices if form.name == "csv" else asked_choices(choices, form)
    columns += choice_columns(shown, [variant.choices for variant in variants])
    costs = [
        [*cells, *(variant.choices.get(name) for name in shown)] for cells, variant in zip(costs, variants, strict=True)
    ]
    if form.name == "csv":
        data = [[*cells, variant.content] for cells, variant in zip(costs, variants, strict=True)]
        return Table([*columns, Column("content", "content")], data, (), above)
    columns.append(Column("choices", wraps=True, pairs=True))
    data = [[*cells, in_words(variant)] for cells, variant in zip(costs, variants, strict=True)]
    caption = f"{above[0][0].upper()}{above[0][1:]} ({meaning(convention)})."
    return Table(columns, data, (), above, below, caption, hint=hint_of(choices))


def asked_choices(choices: Sequence[str], form: Form) -> list[str]:
    """Return the choices that a form names as columns, or sorts by."""
    wanted = {*form.columns, form.sort.removeprefix("-")}
    return [name for name in choices if name in wanted]


def choice_columns(names: Sequence[str], values: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return a column for each choice, on the right if it is of numbers."""

    def are_numbers(name: str) -> bool:
        return all(isinstance(plain_value(each.get(name, 0)), int | float) for each in values)

    return [Column(name, name, _choice, right=are_numbers(name), record=plain_value) for name in names]


def _choice(value: Any) -> str:
    return str(plain_value(value))


def hint_of(choices: Sequence[str]) -> str:
    """Return what an error for an unknown column adds, or ''."""
    return f"each choice is a column, too, such as {choices[0]}" if choices else ""


def _counted(asked: Asked) -> list[str]:
    """Return the names of counted quantities among those that were asked for."""
    return [name for name in asked.names if counted(name) is not None]


def _shown_quantities(figures: Mapping[str, int], asked: Asked, form: Form) -> list[str]:
    """Return the quantities that have a column: sums of the network, then those that were asked for."""
    wanted = [*asked.names, *form.columns, form.sort.removeprefix("-")]
    return list(
        dict.fromkeys(
            [*_measures(figures), *(name for name in wanted if name in figures), *filter(_is_requested, figures)]
        )
    )


def _amounts(name: str, convention: Counting, form: Form) -> Column:
    """Return the column of a quantity. Its human units are for LaTeX alone: neighbours on a front are often close."""
    short = human if form.name == "latex" and not is_timed(name) else None
    return Column(_heading(name, convention), name, writer(name), right=True, short=short)


def _heading(name: str, convention: Counting) -> str:
    """Return the heading of a quantity's column. That of the latency is its unit."""
    if name == "madds":
        return find_convention(convention).unit
    return "ms" if name == LATENCY else f"{name}\nms" if is_timed(name) else name


def _is_requested(name: str) -> bool:
    """Return whether a quantity is shown only on request, so not one of those that every variant has."""
    return name not in SUMS or name == "activations" or name.endswith(".activations")


def in_words(variant: Variant) -> str:
    """Return the choices in one line, those of each block together: `tokens.count 6, blocks.8 exp 576 out 128`.

    The number of a block is that of `--set`.
    """
    return choices_in_words(variant.assignment)


def choices_in_words(choices: Mapping[Place, Any]) -> str:
    """Return choices in one line, as `in_words` does."""
    by_place: dict[str, list[str]] = {}
    for path, value in choices.items():
        is_of_block = path[0] == "blocks" and len(path) > 2
        place, key = (dotted(path[:2]), f"{dotted(path[2:])} ") if is_of_block else (dotted(path), "")
        by_place.setdefault(place, []).append(key + shown(value).strip("'"))
    return ", ".join(f"{place} {' '.join(values)}" for place, values in by_place.items())


def plain_value(value: Any) -> Any:
    """Return the value of a choice as a cell of CSV: a number or text, or as YAML writes it: `true`, a section."""
    is_plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return value if is_plain or value is None else shown(value)


def write_variants(variants: Sequence[Variant], convention: Counting, folder: str) -> None:
    """Write each variant as a YAML spec into a new folder, either all of them or none.

    A link is followed. Raises `InputError` if the folder is in use or not empty, and `OutputError` if it cannot be
    written.
    """
    digits = max(4, len(str(len(variants))))
    texts = (
        (named(variant.space.name, f"-{number:0{digits}}.yaml"), _variant_yaml(variant, convention))
        for number, variant in enumerate(variants, start=1)
    )
    write_folder(folder, texts)


def _variant_yaml(variant: Variant, convention: Counting) -> str:
    figures = variant.figures
    head = (
        f"# A variant of {line(variant.space.name)}: {grouped(figures['madds'])} MAdds in convention '{convention}', "
        f"{grouped(figures['params'])} params.\n"
    )
    if (device := device_of(convention)) is not None:
        model = line(about(device, kinds_of([count(variant.spec(), device=device)])))
        head += f"# Latency: {milliseconds(figures[LATENCY])} ms, predicted by latency model {model}.\n"
    return f"{head}# Content: {variant.content}\n" + yaml_text(load(variant.spec()))
