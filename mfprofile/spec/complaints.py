"""Translate pydantic's errors into messages of this project, with remedies for common YAML mistakes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mfprofile.spec import limits, model
from mfprofile.spec.document import Node, locate
from mfprofile.spec.problems import Problem, dotted
from mfprofile.spec.words import nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECTIONS: dict[str, type[Any]] = {
    "": model.Spec,
    "tokens": model.TokensSpec,
    "blocks": model.BlockSpec,
    "head": model.HeadSpec,
    "mobile": model.MobileSpec,
    "former": model.FormerSpec,
    "bridge": model.BridgeSpec,
    "require": model.RequireSpec,
}
_LIMITS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
}
_EXACT = 2**53  # above this, a float may not equal the whole number that was written
# Text that looks like a number, as a pattern, and its remedy. The first pattern that matches is used.
_LOOKS_LIKE_A_NUMBER = {
    r"[-+]?[0-9]{31,}": "use a smaller number",
    r"0[0-9]{1,30}": "write {whole} without the leading zero: YAML 1.1 reads a leading zero as octal",
    r"[-+]?[0-9]+(\.[0-9]+)?": "write {text} without quotes",
    r"[0-9.]+[eE][-+]?[0-9]{1,3}": "write it without an exponent: some YAML readers take an exponent as text",
    r"[0-9]+(:[0-9]+)+": "write it without a colon: YAML 1.1 reads a colon as base 60",
}
_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def complaint(error: ErrorDetails, root: Node) -> Problem:
    """Return the problem for one error that pydantic reports about the tree's values."""
    path, kind = error["loc"], error["type"]
    name = dotted(path)
    if kind == "missing":
        return Problem(locate(root, path), name, "is missing")
    if path == ("extends",):
        rule = "is only allowed in the spec itself, not in a change to it"
        return Problem(locate(root, path, at_key=True), name, rule, remedy="load the other spec instead")
    if kind == "unexpected_keyword_argument":
        remedy = nearest(str(path[-1]), keys(str(path[0]) if len(path) > 1 else ""))
        return Problem(locate(root, path, at_key=True), name, "unknown key", remedy=remedy)
    value = error["input"]
    rule, remedy = _rule(kind, value, error.get("ctx", {}), error["msg"], path)
    return Problem(locate(root, path), name, rule, value, remedy)


def keys(section: str) -> list[str]:
    """Return the valid keys of a section of a spec; the section '' is the spec itself."""
    extra = ["extends"] if not section else []
    return extra + [field.name for field in fields(_SECTIONS[section]) if section or field.name != "name"]


def _rule(kind: str, value: object, limits: dict[str, Any], message: str, path: Sequence[int | str]) -> tuple[str, str]:
    if kind in _LIMITS:
        name, text = _LIMITS[kind]
        limit = limits[name]
        return f"{text} {int(limit) if limit == int(limit) else limit}", ""
    match kind:
        case "int_type" | "float_type" | "finite_number":
            return "must be a whole number" if kind == "int_type" else "must be a number", _number_remedy(value)
        case "literal_error":
            return _literal_rule(value, limits)
        case "bool_type":
            written = _BOOLEANS.get(str(value).lower())
            return "must be true or false", f"write {written}" if written else _choice_remedy(value)
        case "dataclass_type" | "dict_type":
            return _map_rule(value, path)
        case "tuple_type":
            return "must be a list of blocks, as in '- {block: mf, exp: 96, out: 24}'", ""
    return message, _choice_remedy(value) or (_number_remedy(value) if kind == "resolution" else "")


def _literal_rule(value: object, limits: dict[str, Any]) -> tuple[str, str]:
    allowed = re.findall(r"'([^']*)'", limits["expected"])
    return f"must be {limits['expected']}", _choice_remedy(value) or nearest(str(value), allowed)


def _map_rule(value: object, path: Sequence[int | str]) -> tuple[str, str]:
    section = str(path[0])
    names = (
        ", ".join(keys(section))
        if section in _SECTIONS
        else "max, min, convention"
        if section == "budget"
        else "limits"
    )
    rule = f"must be a map ({names})"
    if section == "budget":
        return f"{rule}, {limits.EXAMPLE}", ""
    return (f"{rule} or 'none'", "") if section in ("head", "former") else (rule, _choice_remedy(value))


def _choice_remedy(value: object) -> str:
    if isinstance(value, list) or (isinstance(value, dict) and {"from", "to"} & set(value)):
        return "give one value: lists and ranges are only allowed in a space"
    return ""


def _number_remedy(value: object) -> str:
    if isinstance(value, bool):
        return "use digits instead of true or false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return f"write {int(value)}"
    if not isinstance(value, str):
        return _choice_remedy(value)
    text = value.strip().replace("_", "")
    remedies = (remedy for pattern, remedy in _LOOKS_LIKE_A_NUMBER.items() if re.fullmatch(pattern, text))
    return next(remedies, "").format(text=text, whole=text.lstrip("0") or "0")
