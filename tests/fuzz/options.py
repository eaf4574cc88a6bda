"""The options and arguments of each command, read from the program itself, and random command lines of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import typer

from fuzz import networks
from fuzz.texts import NASTY, Dice
from fuzz.values import VALUES, Value, one_of, output
from mfprofile.cli import program

LEFT_OUT = frozenset({"--recount", "--help", "--install-completion", "--show-completion"})
"""Options that take minutes, or that write outside the folder of a test."""
_FORMS = ("--json", "--csv", "--markdown")
_OF_CODE = frozenset({"--arg", "--inputs"})
_NEEDS = {"--max-growth": "--baseline", "--allow-new": "--baseline", "--counter": "--verify", "--output": "--recount"}
"""Options that need another one; the last two in `audit` and `paper` only."""
_RARE = frozenset({"--dask", "--convention"})
MEASURING = ("measure", "calibrate", "plot latency")
"""Commands that run networks again and again: they work for long unless a line gives a small number of sweeps."""


class Parameter(NamedTuple):
    """An option, or an argument if it has no name; a flag has no value."""

    name: str
    metavar: str
    value: Value | None
    required: bool
    many: bool


@lru_cache(maxsize=1)
def commands() -> Mapping[str, Sequence[Parameter]]:
    """Return the parameters of every command of the program, without those that are left out."""
    tree = typer.main.get_command(program._all_commands())
    return {" ".join(path): [*_parameters(" ".join(path), inner)] for path, inner in _inner(tree, ())}


def _inner(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _inner(inner, (*path, name))
    if path and not hasattr(command, "commands"):
        yield path, command


def _parameters(command: str, read: Any) -> Iterator[Parameter]:
    for each in read.params:
        name = each.opts[-1] if each.param_type_name == "option" else ""
        if name in LEFT_OUT:
            continue
        value = (
            output(command)
            if name == "--output"
            else VALUES.get(name) or VALUES.get(each.metavar) or one_of(("1", "x"))
        )
        if command in ("check", "diff") and not name:
            value = _spec_or_code(value)
        many = bool(getattr(each, "multiple", False)) or each.nargs != 1
        required = bool(each.required) or (command, each.name) in (("diff", "b"), ("plot waterfall", "b"))
        yield Parameter(name, each.metavar or "", None if getattr(each, "is_flag", False) else value, required, many)


def _spec_or_code(spec: Value) -> Value:
    """Return a function that chooses a network in code if the dice are loaded so, else a spec."""
    return lambda dice: networks.target(dice) if dice.code else spec(dice)


def arguments(dice: Dice, command: str) -> list[str]:
    """Return arguments for a command: what it requires, nearly always, and some options."""
    texts: list[str] = []
    parameters = commands()[command]
    dice.code = command == "audit" or (command in ("check", "diff") and dice.code)
    for parameter in parameters:
        for _ in range(_times(dice, parameter, 2.5 / len(parameters))):
            texts += _written(dice, parameter)
    if command == "check" and not dice.odd(0.3):
        texts += ["--max-madds", "3M"]
    if command == "scale" and not dice.odd(0.2):
        texts += [f"--to-{dice.choice(('madds', 'params'))}", dice.choice(("1M", "100k", "20M", "1"))]
    if command in MEASURING and not any(text.startswith("--sweeps") for text in texts):
        texts += ["--sweeps", "1"]
    if not dice.odd(0.4):
        texts = [*_sensible(command, texts, dice.code)]
    return [*_disturbed(dice, texts)] if dice.odd(0.15) else texts


def _times(dice: Dice, parameter: Parameter, share: float) -> int:
    """Return how often a parameter is given."""
    times = dice.choice((1, 1, 1, 2, 3)) if parameter.many and (parameter.name != "--input" or dice.odd(0.2)) else 1
    if parameter.required:
        return 0 if dice.odd(0.03) else times
    if parameter.name == "--input" and dice.code:
        return times if dice.random() < 0.92 else 0
    share = 0.5 if not parameter.name else share / 5 if parameter.name in _RARE else min(0.5, share)
    return times if dice.random() < share else 0


def _written(dice: Dice, parameter: Parameter) -> list[str]:
    if parameter.value is None:
        return [parameter.name]
    value = parameter.value(dice)
    if parameter.name == "--input" and dice.code:
        value = one_of(networks.INPUTS)(dice)
    if not parameter.name:
        return [value]
    is_joined = parameter.name.startswith("--") and (dice.random() < 0.3 or value.startswith("-"))
    return [f"{parameter.name}={value}"] if is_joined else [parameter.name, value]


def _sensible(command: str, texts: Sequence[str], code: bool) -> Iterator[str]:
    """Yield the arguments without options that do not fit together: several forms, and those of the other networks."""
    forms = [text for text in texts if text in _FORMS]
    skipped = {"--set"} if code else _OF_CODE if command in ("check", "diff") else set()
    skips_value = False
    for at, text in enumerate(texts):
        name, joined, _ = text.partition("=")
        needs = _NEEDS.get(name, "")
        is_alone = (
            bool(needs) and not any(each.startswith(needs) for each in texts) and command in ("check", "audit", "paper")
        )
        if skips_value:
            skips_value = False
        elif name in skipped or is_alone or (text in forms and text != forms[0]):
            skips_value = not joined and text not in (*_FORMS, "--allow-new")
        elif text not in texts[:at] or text != (forms or [""])[0]:
            yield text


def _disturbed(dice: Dice, texts: list[str]) -> list[str]:
    """Delete, repeat, swap or insert an argument."""
    inserted = (
        "--",
        "-",
        "-h",
        "--help",
        "--nosuch",
        "-x",
        "--js",
        "--json=1",
        "--set",
        "--version",
        "mine.yaml",
        *NASTY[:20],
    )
    if not texts or dice.randrange(4) == 0:
        return [*texts, dice.choice(inserted)]
    one, other = dice.randrange(len(texts)), dice.randrange(len(texts))
    match dice.randrange(3):
        case 0:
            del texts[one]
        case 1:
            texts.insert(other, texts[one])
        case _:
            texts[one], texts[other] = texts[other], texts[one]
    return texts
