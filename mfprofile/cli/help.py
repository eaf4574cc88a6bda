"""The layout of help: examples right below the summary, options and commands under headings, no line cut.

Typer's own layout differs between its versions, and its groups of commands need rich, which is slow to import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from types import MappingProxyType
from typing import Any

from typer.core import TyperCommand, TyperGroup

from mfprofile.errors import InputError

SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Windows": ("--madds", "--params", "--activations", "--latency", "--within"),
        "Change the network": ("--set", "--input", "--arg"),
        "Networks in code": ("--inputs", "--batch", "--no-batch", "--value", "--handles", "--trust"),
        "What is counted": ("--convention", "--training", "--causal", "--latency-model", "--allow-unpriced"),
        "Machine and runtime": ("--runtime", "--on", "--threads", "--dtype", "--sweeps"),
        "Resources": ("--workers", "--dask", "--resume", "--ram"),
        "Output": (
            *("--format", "--json", "--csv", "--markdown", "--latex", "--caption", "--label", "--exact", "--span"),
            *("--columns", "--sort", "--dark", "--title", "--no-title", "--labels", "--xlim", "--ylim", "-h"),
        ),
    }
)
"""The headings of options that several commands share. The other options of a command come first."""
_BRACKETS = re.compile(r"\[(?:default: ([^\]]*?))?(?:; )?((?:-?\d+<=)?x(?:[<>]=-?\d+))?\]$")
"""What typer writes at the end of an option's help: its default, and the range of a number."""
_FEWEST = 12
"""The options from which on a help has these headings."""


def laid_out(text: str) -> str:
    r"""Return a docstring as the text of a help, with the lines of its examples kept as they are.

    >>> print(laid_out("Count.\n\nExamples:\n    mfprofile count mf26m").replace("\b", "<b>"))
    Count.
    <BLANKLINE>
    <b>
    Examples:
      mfprofile count mf26m
    """
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(
        "\b\n" + each.replace("\n    ", "\n  ") if each.startswith("Examples:") else each for each in paragraphs
    )


class Command(TyperCommand):
    """A command whose help has headings, and whose arguments are written as in most other programs.

    An option is refused if it is given twice and only the last value would count.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raise `InputError` for an option that is given twice and is not repeatable."""
        if not ctx.resilient_parsing:
            *_, given = self.make_parser(ctx).parse_args(list(args))
            _refuse_repeated(given)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words after the command in the line of its usage."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        return ["[OPTIONS]", *(_placeholder(each) for each in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options under their headings."""
        parameters = self.get_params(ctx)
        arguments = [each for each in parameters if each.param_type_name == "argument"]
        _write(formatter, "Arguments", [(_name(each), getattr(each, "help", "") or "") for each in arguments])
        options = [each for each in parameters if each.param_type_name == "option"]
        for title, members in _sections(options):
            records = filter(None, (each.get_help_record(ctx) for each in members))
            _write(formatter, title, [(name, _in_words(name, text)) for name, text in records])


def _refuse_repeated(given: Sequence[Any]) -> None:
    for each in given:
        is_single = each.param_type_name == "option" and not (each.multiple or each.is_flag or each.count)
        if is_single and given.count(each) > 1:
            raise InputError(f"{_option(each)} is given {given.count(each)} times, but has one value; give it once")


def _option(parameter: Any) -> str:
    """Return the long name of an option."""
    return str(max(parameter.opts, key=len))


class CommandGroup(TyperGroup):
    """A group of commands whose help lists them under headings, each with the whole first sentence of its help."""

    headings: Mapping[str, Sequence[str]] = MappingProxyType({})

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, which a reader looks for, then the options."""
        self.format_commands(ctx, formatter)
        Command.format_options(self, ctx, formatter)  # type: ignore[arg-type]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands under their headings, one below the other across them."""
        width = max(map(len, self.commands))
        for title, names in self.headings.items():
            commands = {name: self.get_command(ctx, name) for name in names}
            rows = [(name.ljust(width), each.get_short_help_str(1000)) for name, each in commands.items() if each]
            _write(formatter, title, rows)


def _in_words(name: str, text: str) -> str:
    """Return the help of an option with one pair of brackets: its range, unless its name lists the values; its default.

    >>> _in_words("--span 1|2", "Width.  [default: 2; 1<=x<=2]"), _in_words("-n N", "Number.  [default: 10; x>=1]")
    ('Width.  [default: 2]', 'Number.  [at least 1; default: 10]')
    >>> _in_words("--seed N", "Seed.  [0<=x<=9]"), _in_words("--of NAME", "Of.  [default: (as in the file)]")
    ('Seed.  [0 to 9]', 'Of.  [default: as in the file]')
    """
    brackets = _BRACKETS.search(text)
    if brackets is None:
        return text
    default, range_ = (part or "" for part in brackets.groups())
    least, _, most = range_.partition("<=x<=")
    spelled = f"{least} to {most}" if most else range_.replace("x>=", "at least ").replace("x<=", "at most ")
    default = default[1:-1] if default.startswith("(") and default.endswith(")") else default
    parts = [*filter(None, ["" if "|" in name else spelled, default and f"default: {default}"])]
    return text[: brackets.start()] + f"[{'; '.join(parts)}]" if parts else text[: brackets.start()].rstrip()


def group_class(headings: Mapping[str, Sequence[str]]) -> type[CommandGroup]:
    """Return the class of a group with these headings, each with its commands."""
    return type("CommandGroup", (CommandGroup,), {"headings": headings})


def _placeholder(argument: Any) -> str:
    """Return an argument as it is in the usage: `SPEC`, `[SPEC]`, or with `...` if it can be repeated."""
    name = _name(argument)
    return name if argument.required else f"[{name}]"


def _name(argument: Any) -> str:
    return f"{argument.metavar or argument.name.upper()}{'' if argument.nargs == 1 else '...'}"


def _sections(options: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the options under their headings, or all under one if they are few."""
    if len(options) < _FEWEST:
        yield "Options", list(options)
        return
    titles = {name: title for title, names in SECTIONS.items() for name in names}
    of_option = [titles.get(next((name for name in each.opts if name in titles), ""), "Options") for each in options]
    alone = {title for title in of_option if of_option.count(title) == 1}
    of_option = ["Options" if title in alone else title for title in of_option]
    for title in dict.fromkeys(("Options", *SECTIONS)):
        members = [each for each, of in zip(options, of_option, strict=True) if of == title]
        if members:
            yield title, members


def _write(formatter: Any, title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Write a heading with its rows, if there are any."""
    if written := list(rows):
        with formatter.section(title):
            formatter.write_dl(written)
