r"""Text that may hold names of users, made safe for each kind of reader. Each kind has its one function here.

Names of files, networks and modules can hold anything: line ends, codes of terminals, markup, formulas, commands. Text
for people and CSV show a character that cannot be printed as `�`; JSON keeps it, as `\u001b`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from mfprofile.spec.words import printable

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""The characters with which a spreadsheet lets a formula begin."""
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?( ?%)?")
# for Markdown alone, so they are compiled on first use
_TAG = r"<(?=[A-Za-z/!?])"
_ENTITY = r"&(?=#?\w+;)"
_MARKUP = r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|(?<=:)//)"
_OPENING = r"^(\s*)(>|#(?=#{0,5}(?:\s|$))|[+-](?=\s|$)|[-=](?=[-= ]*$)|\d+(?=[.)](?:\s|$)))"
_COMMAND = re.compile(r"^(\s*):(?=:)")


def line(text: str) -> str:
    r"""Return text as one line for people, without codes for terminals and commands for GitHub's runner.

    The runner obeys `::` at the start of a line, after any spaces, and `##[` anywhere.

    >>> line("a\x1b[31m\nb"), line(" ::error::b"), line("##[error]b")
    ('a�[31m�b', ' : :error::b', '## [error]b')
    """
    return _COMMAND.sub(r"\1: ", printable(text)).replace("##[", "## [")


def lines(text: str) -> str:
    """Return text of several lines, each made safe as by `line`."""
    return "\n".join(map(line, text.split("\n")))


def csv_line(values: Iterable[Any]) -> str:
    """Return a line of CSV without its end. An apostrophe marks text that a spreadsheet would take for a formula.

    >>> csv_line(["=1+1", "-conv", -3, "+3.5 %", None])
    "'=1+1,'-conv,-3,+3.5 %,"
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([_csv_cell(value) for value in values])
    return stream.getvalue()


def _csv_cell(value: Any) -> Any:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return f"'{line(value)}" if value.startswith(_FORMULA) or value.lstrip().startswith("::") else line(value)


def json_text(value: object, indent: int | None = None, in_ascii: bool = False) -> str:
    r"""Return a value as JSON, in which every character that cannot be printed is an escape.

    >>> json_text("é\x9b\u202e##[")
    '"é\\u009b\\u202e#\\u0023["'
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=in_ascii, indent=indent, separators=separators)
    parts = (part if part.isprintable() else "".join(map(_json_letter, part)) for part in text.split("\n"))
    return "\n".join(parts).replace("##[", "#\\u0023[")


def _json_letter(letter: str) -> str:
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def markdown(text: str) -> str:
    r"""Return text as Markdown that shows it as it is: no markup, no HTML, no link, no cell's end.

    >>> markdown("a|b `c` <script> [d](https://e) _f_ g_h 3 < 4")
    'a\\|b \\`c\\` &lt;script> \\[d\\](https:\\/\\/e) \\_f\\_ g_h 3 < 4'
    """
    text = re.sub(_ENTITY, "&amp;", line(text))
    return re.sub(_TAG, "&lt;", re.sub(_MARKUP, lambda match: "".join(f"\\{each}" for each in match[0]), text))


def markdown_paragraph(text: str) -> str:
    r"""Return text as a paragraph of Markdown, which is no heading, quotation or list.

    >>> markdown_paragraph("# a"), markdown_paragraph("1. b")
    ('\\# a', '1\\. b')
    """
    return re.sub(_OPENING, _escaped_opening, markdown(text))


def _escaped_opening(opening: re.Match[str]) -> str:
    return f"{opening[1]}{opening[2]}\\" if opening[2].isdecimal() else f"{opening[1]}\\{opening[2]}"


def markdown_code(text: str) -> str:
    r"""Return text as code within a line or a cell of Markdown.

    >>> markdown_code("f(a|b)"), markdown_code("a`b")
    ('`f(a\\|b)`', '`` a`b ``')
    """
    text = line(text).replace("|", "\\|")
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def markdown_block(texts: Sequence[str]) -> list[str]:
    """Return lines of text as a block of code in Markdown, which nothing in them can end."""
    texts = [line(text) for text in texts]
    fence = "`" * max(3, 1 + max(map(_longest_run, texts), default=0))
    return [f"{fence}text", *texts, fence]


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def command_data(text: str) -> str:
    """Return the message of a GitHub workflow command. Its lines stay lines; other controls are shown as `�`."""
    text = "\n".join(map(printable, text.split("\n"))).replace("##[", "## [")
    return text.replace("%", "%25").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Return the value of a property of a GitHub workflow command, such as its title."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")
