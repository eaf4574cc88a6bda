"""The trials of a search, as a table and for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mfprofile.explore.search import Search
from mfprofile.explore.unpriced import kinds_in
from mfprofile.explore.variant import Variant
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import several
from mfprofile.view.head import SCHEMA
from mfprofile.view.numbers import grouped, milliseconds
from mfprofile.view.prediction import predicted_by
from mfprofile.view.tables import Column, Form, Table
from mfprofile.view.variants import asked_choices, choice_columns, counted_in, device_of, hint_of, in_words

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_COUNTED = ("madds", "params", LATENCY)  # they have columns of their own
_MOST = 20  # trials of a front that are named


def search_json(search: Search) -> dict[str, Any]:
    """Return a search for JSON: its goals, its trials, and the numbers of the best or of the front."""
    return {
        "schema": SCHEMA,
        "space": search.space.name,
        **counted_in(search.space, search.convention),
        "study": search.study.study_name,
        "goals": {goal.name: "maximize" if goal.most else "minimize" for goal in search.goals},
        "trials": [_trial_json(search, trial) for trial in search.trials()],
        "best": [trial.number for trial in search.best()],
    }


def _trial_json(search: Search, trial: FrozenTrial) -> dict[str, Any]:
    stored = trial.user_attrs
    names = ("seed", "content", *_COUNTED, "pillars", "choices", "changed", "nearest", "reason", "spec")
    return {
        "number": trial.number,
        "state": _state(trial),
        "values": _values(search, trial) or None,
        **{name: stored[name] for name in names if name in stored},
    }


def search_table(search: Search, form: Form) -> Table:
    """Return a table with one line for each trial, and the best or the front below it; CSV has a column per choice."""
    trials, device = search.trials(), device_of(search.convention)
    own = [goal.name for goal in search.goals if goal.name not in _COUNTED]
    columns = [Column("trial", "number", str, right=True), Column("state", "state")]
    columns += [Column(name, name, "{:.6g}".format, right=True) for name in own]
    columns += [Column("MAdds", "madds", grouped, right=True), Column("params", "params", grouped, right=True)]
    columns += [] if device is None else [Column("ms", LATENCY, milliseconds, right=True)]
    data = [_line(search, trial, own, device is not None) for trial in trials]
    above = [_about(search, trials), *predicted_by(device, kinds_in(search.space, device))]
    names = [choice.name for choice in search.space.choices]
    shown = names if form.name == "csv" else asked_choices(names, form)
    chosen = [trial.user_attrs["choices"] for trial in trials]
    columns += choice_columns(shown, chosen)
    data = [[*cells, *(each.get(name) for name in shown)] for cells, each in zip(data, chosen, strict=True)]
    if form.name == "csv":
        rows = [[*cells, trial.user_attrs["content"]] for cells, trial in zip(data, trials, strict=True)]
        return Table([*columns, Column("content", "content")], rows, (), above)
    columns.append(Column("choices", wraps=True, pairs=True))
    rows = [[*cells, in_words(_variant(search, trial))] for cells, trial in zip(data, trials, strict=True)]
    return Table(columns, rows, (), above, _below(search), hint=hint_of(names))


def _line(search: Search, trial: FrozenTrial, own: list[str], is_timed: bool) -> list[Any]:
    values, stored = _values(search, trial), trial.user_attrs
    counted = [stored["madds"], stored["params"], *([stored.get(LATENCY)] if is_timed else [])]
    return [trial.number, _state(trial), *(values.get(name) for name in own), *counted]


def _state(trial: FrozenTrial) -> str:
    return {"fail": "failed"}.get(trial.state.name.lower(), trial.state.name.lower())


def _values(search: Search, trial: FrozenTrial) -> Mapping[str, float]:
    """Return the figures of a complete trial by goal, and an empty map for any other."""
    if trial.state.name != "COMPLETE":
        return {}
    return dict(zip((goal.name for goal in search.goals), trial.values, strict=True))


def _variant(search: Search, trial: FrozenTrial) -> Variant:
    choices = {tuple(name.split(".")): value for name, value in trial.user_attrs["choices"].items()}
    return Variant(search.space, choices, {}, {})


def _about(search: Search, trials: list[FrozenTrial]) -> str:
    states = Counter(map(_state, trials))
    each = ", ".join(f"{number:,} {state}" for state, number in states.items() if len(states) > 1)
    what = f"{search.space.name}: {several(len(trials), 'trial')}{f' ({each})' if each else ''}"
    return f"{what}; MAdds in convention '{search.convention}'"


def _below(search: Search) -> list[str]:
    """Return the line on the best trial, or on the front."""
    best = search.best()
    if not best:
        return []
    if len(search.goals) == 1:
        goal = search.goals[0]
        figure = f"{_values(search, best[0])[goal.name]:.6g}"
        return [f"best: trial {best[0].number}, {'most' if goal.most else 'least'} {goal.name}: {figure}"]
    numbers = sorted(trial.number for trial in best)
    more = f" and {len(numbers) - _MOST:,} more" if len(numbers) > _MOST else ""
    return [f"front: trials {', '.join(map(str, numbers[:_MOST]))}{more}"]
