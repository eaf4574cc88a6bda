"""Every call that README and docs/ write as `name(parameter, other=value)` has the signature of the function."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from running import ROOT, need

import mfprofile

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CALL = re.compile(r"`([A-Za-z_][\w.]*)\(([^`]*)\)`")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_OURS = {".half", "half", "create_model", "data_ptr", "float", "nonzero", "torch.empty"} | {
    *("ActivationCountAnalysis", "FlopCountAnalysis", "FlopCounterMode", "clever_format", "flop_count_table"),
    *("get_model_complexity_info", "loss.backward", "profile", "register_flop_formula", "summary"),
}
"""Calls of torch, timm, Python and other counters."""
METHODS = {
    "replace": "Spec",
    "to_yaml": "Spec",
    "records": "Bill",
    "frame": "Bill",
    "by": "Bill",
    "amount": "Bill",
    "under": "Bill",
}


def documented() -> list[tuple[str, str, str]]:
    """Return the page, the name and the parameters of each call in running text or in a table."""
    texts = {page.name: re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S) for page in PAGES}
    calls = [(page, *match.groups()) for page, text in texts.items() for match in _CALL.finditer(text)]
    return [call for call in calls if call[1] not in NOT_OURS]


def function(name: str) -> Callable[..., Any]:
    """Return the function, class or method that pages call by this name."""
    name = name.removeprefix("bill.")
    if name in METHODS:
        return getattr(getattr(mfprofile, METHODS[name]), name)  # type: ignore[no-any-return]
    if name in mfprofile.__all__:
        return getattr(mfprofile, name)  # type: ignore[no-any-return]
    if name in (imported := _imported()):
        return getattr(import_module(imported[name]), name)  # type: ignore[no-any-return]
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)  # type: ignore[no-any-return]


@functools.cache
def _imported() -> dict[str, str]:
    """Return the modules of the names that the pages' Python code imports, and of the functions that pages name."""
    names = {"trace": "mfprofile.trace.trace"}
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text("utf-8")):
            for module, names_of in re.findall(r"^from (mfprofile[\w.]*) import ([\w, ]+)$", block, re.MULTILINE):
                names |= dict.fromkeys(names_of.split(", "), module)
    return names


def parameters(text: str) -> tuple[list[ast.expr], dict[str, ast.expr]]:
    """Return the positional arguments and the keywords of a call; `…` leaves some out."""
    call = ast.parse(f"f({text.replace('…', '...')})", mode="eval").body
    assert isinstance(call, ast.Call)
    return call.args, {keyword.arg or "": keyword.value for keyword in call.keywords}


def problems(name: str, text: str) -> Iterator[str]:
    """Yield each difference between a written call and the signature of its function."""
    known = [each for each in inspect.signature(function(name)).parameters.values() if each.name != "self"]
    values, keywords = parameters(text)
    if any(isinstance(value, ast.Constant) and value.value is ... for value in values):
        values = []
    if all(isinstance(value, ast.Name) for value in values) and values:  # a signature, not a call with values
        yield from _differences(f"{name}({text})", [value.id for value in values], keywords, known)  # type: ignore[attr-defined]
    elif missing := set(keywords) - {each.name for each in known}:
        yield f"{name}({text}) has no parameter {', '.join(missing)}"


def _differences(
    call: str, positional: list[str], keywords: dict[str, ast.expr], known: list[inspect.Parameter]
) -> Iterator[str]:
    """Yield each difference between a written signature and the parameters of a function."""
    written = [*positional, *keywords]
    if written != [each.name for each in known[: len(written)]]:
        yield f"{call} has the parameters {', '.join(each.name for each in known)}"
    for each in known[len(written) :]:
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            yield f"{call} lacks {each.name}"
    for each in known:
        if each.name in keywords and ast.literal_eval(keywords[each.name]) != each.default:
            yield f"{call}: the default of {each.name} is {each.default!r}"


@pytest.mark.parametrize(("page", "name", "text"), documented())
def test_a_documented_call_has_the_signature_of_its_function(page: str, name: str, text: str) -> None:
    """The names, their order and the defaults."""
    if name in ("build", "trace", "nn.load_checkpoint") or "nn." in name or "verify." in name:
        need("torch")
    assert list(problems(name, text)) == [], page


def test_every_public_function_is_documented_with_its_signature() -> None:
    """In the table of docs/library.md."""
    need("torch")
    written = {name for page, name, _ in documented() if page == "library.md"}
    public = {name for name in mfprofile.__all__ if inspect.isfunction(getattr(mfprofile, name))}
    spaces = {"read_space", "quantity_of", "window", "count_space", "sample_space", "front"}
    of_specs = {"load", "count", "resolve", "peak_memory", "build", "handle", "read_device", "save"}
    assert public == of_specs | spaces <= written


@pytest.mark.parametrize("block", [block for page in PAGES for block in _BLOCK.findall(page.read_text("utf-8"))])
def test_calls_in_the_code_of_pages_have_known_keywords(block: str) -> None:
    """No keyword is an old name, which works for one release only."""
    names = set(_imported()) | set(mfprofile.__all__)
    for call in (node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call) and node.keywords):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        module = getattr(getattr(call.func, "value", None), "id", "mfprofile")
        if name in names and module == "mfprofile" and not Path(name).suffix:
            if name in ("build", "trace", "audit", "verify"):
                need("torch")
            known = inspect.signature(function(name)).parameters
            assert {keyword.arg for keyword in call.keywords} <= set(known), name


def test_a_wrong_signature_is_reported() -> None:
    """A wrong name, order, default, keyword, or a parameter that is left out."""
    assert next(problems("count", "spec, convention_name='core'")).endswith(
        "has the parameters spec, convention, training, device"
    )
    assert next(problems("count", "convention, spec")).endswith("has the parameters spec, convention, training, device")
    assert list(problems("count", "spec, convention='paper'")) == [
        "count(spec, convention='paper'): the default of convention is 'core'"
    ]
    assert list(problems("count", "'mf294m', conventions='core'")) == [
        "count('mf294m', conventions='core') has no parameter conventions"
    ]
    assert list(problems("peak_memory", "bill, batch=1")) == []
