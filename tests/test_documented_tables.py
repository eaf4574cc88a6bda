"""The tables of README and docs/ that no command prints say what the code and the benchmarks say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from typing import Any

from running import ROOT

import mfprofile
from mfprofile.cli.program import COMMANDS
from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.cost.nodes import Node
from mfprofile.cost.onnx_tool import RULES as ONNX_RULES
from mfprofile.cost.weights import Weight
from mfprofile.spec.schema import json_schema

SECTIONS = {
    "tokens": "TokensSpec",
    "head": "HeadSpec",
    "mobile": "MobileSpec",
    "former": "FormerSpec",
    "bridge": "BridgeSpec",
    "require": "RequireSpec",
}
ROWS = {
    "convolution": "conv:stem depthwise:hidden,lite pointwise:hidden,output,lite,head",
    "Linear": "linear:attention,bridge,ffn,head,theta",
    "matrix product of attention": "matmul:attention,bridge",
    "Linear of Mobile→Former's gate": "linear:gate",
    "Linear of the final Mobile→Former": "linear:final",
    "matrix product of the final one": "matmul:final",
    "BatchNorm": "batch-norm:hidden,output,stem,lite,head",
    "LayerNorm": "layer-norm:token,bridge,final",
    "DY-ReLU": "dy-relu:hidden",
    "ReLU6 of Mobile's hidden layers": "relu6:hidden",
    "ReLU6 of stem and lite block": "relu6:stem,lite",
    "ReLU6 of the head": "relu6:head",
    "ReLU of θ": "relu:theta",
    "GELU of the FFN": "gelu:ffn",
    "pooling of the head": "pool:head",
    "softmax, h-sigmoid, h-swish, addition, multiplication": "softmax:attention,bridge,final multiply:gate,final "
    "h-sigmoid:gate,final,theta h-swish:head add:bridge,final,lite,output,token,detector",
    "ReLU of a detector": "relu:detector",
    "upsampling of a detector": "upsample:detector",
}
WITH_BIAS = {("conv", "detector"), ("pointwise", "detector")}
NETWORKS = ("mf294m", "mf294m-relu", "mf294m-retinanet")
COUNTERS = {"mfprofile": "core", "FlopCounterMode": "torch"}
TIMED = {"mfprofile": "mfprofile count mf294m", "ptflops": "ptflops (aten)"}


def _tables(page: str) -> list[list[list[str]]]:
    """Return each Markdown table of a page: its rows' cells, headings first, without the rule below them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    tables = re.findall(r"((?:^\|.*\|\n)+)", text, re.MULTILINE)
    rows = [[[cell.strip() for cell in line.strip("|").split("|")] for line in one.splitlines()] for one in tables]
    return [[one[0], *one[2:]] for one in rows]


def _table(page: str, first: str) -> list[list[str]]:
    """Return the table whose first heading, or else a later one, is `first`."""
    return next(table for table in _tables(page) if first in table[0])


def _keys() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each key of a spec and its JSON Schema."""
    schema = json_schema()
    for key, item in schema["properties"].items():
        inner = schema["$defs"][SECTIONS[key]]["properties"] if key in SECTIONS else {}
        if not inner or key in ("head", "former"):  # which may be `none`
            yield key, {} if inner else item
        yield from ((f"{key}.{name}", below) for name, below in inner.items())


def _holds(cells: list[str], item: dict[str, Any]) -> None:
    """Assert that a row gives the default and the range of its key."""
    default = item.get("default")
    if type(default) in (int, bool, str):
        assert cells[2] == f"`{str(default).lower()}`", cells
    if "minimum" in item:
        assert f"{item['minimum']} {'or' if item['maximum'] == 2 else 'to'} {item['maximum']}" in cells[3], cells


def test_the_page_on_specs_has_every_key() -> None:
    """Its two tables name the keys of a spec and of a block, each with its default and its range."""
    tables = [table for table in _tables("docs/specs.md") if table[0][0] == "key"]
    known = [dict(_keys()), json_schema()["$defs"]["BlockSpec"]["properties"]]
    for table, keys in zip(tables, known, strict=True):
        assert sorted(cells[0] for cells in table[1:]) == sorted(f"`{key}`" for key in keys)
        for cells in table[1:]:
            _holds(cells, keys[cells[0].strip("`")])


def _weight(weight: Weight) -> str:
    amounts = zip((weight.products, weight.elements, weight.outputs, weight.params), ("", "e", "o", "p"), strict=True)
    terms = [f"{amount}{letter}" if amount > 1 or not letter else letter for amount, letter in amounts if amount]
    return " + ".join(terms) or "–"


def _places() -> dict[str, set[tuple[str, str]]]:
    """Return the kinds and roles that each row of the table means."""
    parts = {label: [one.split(":") for one in text.split()] for label, text in ROWS.items()}
    return {label: {(kind, role) for kind, roles in part for role in roles.split(",")} for label, part in parts.items()}


def test_the_page_on_conventions_has_every_weight() -> None:
    """Each cell of its table is the convention's weight of each kind and role that the row means."""
    headings, *rows = _table("docs/conventions.md", "operation")
    names, weights = [heading.strip("`") for heading in headings[1:]], {cells[0]: cells[1:] for cells in rows}
    assert names == list(CONVENTIONS)
    bias = [_weight(CONVENTIONS[name].weight("conv", "detector")._replace(products=0)) for name in names]
    assert weights.pop("bias of a detector's convolution") == bias
    assert list(weights) == list(ROWS)
    for label, places in _places().items():
        for place in places:
            assert weights[label] == [_weight(CONVENTIONS[name].weight(*place)) for name in names], (label, place)


def test_the_page_on_conventions_has_every_operator_of_onnx() -> None:
    """A table has those that cost something for each value of an output, and the text below all others with a rule."""
    _, *rows = _table("docs/conventions.md", "it counts for each value of the output")
    sized = {name: int(times) for times, names in rows for name in re.findall(r"`(\w+)`", names)}
    for name, times in sized.items():
        assert ONNX_RULES[name](Node("", name, "", "", {}, (), ((2, 3),))) == 6 * times, name
    text = (
        (ROOT / "docs/conventions.md").read_text("utf-8").partition("### A counter of files")[2].partition("\n## ")[0]
    )
    costly = {name for name, rule in ONNX_RULES.items() if rule is not ONNX_RULES["Erf"]}
    assert costly <= set(re.findall(r"`(\w+)`", text))


def test_the_page_on_conventions_has_every_operation() -> None:
    """Its table leaves out no operation that occurs: a learned table, which is read, is none."""
    occurring = {(row.kind, row.role) for name in NETWORKS for row in mfprofile.count(name).rows}
    assert set().union(*_places().values()) | WITH_BIAS == occurring - {("table", "table")}


def test_the_page_on_the_library_has_every_public_name() -> None:
    """Its table names all that `import mfprofile` offers."""
    named = {name for cells in _table("docs/library.md", "name")[1:] for name in re.findall(r"`(\w+)", cells[0])}
    assert named == set(mfprofile.__all__)


def _about(name: str) -> str:
    """Return the first line of a command's help."""
    module = import_module(f"mfprofile.cli.{name}")
    return str(module.HELP if COMMANDS[name] else getdoc(module.command)).splitlines()[0]


def test_the_index_of_pages_has_every_command() -> None:
    """Its table gives each command with the first sentence of its help."""
    cells = dict(_table("docs/README.md", "command")[1:])
    assert list(cells) == [f"`{name}`" for name in COMMANDS]
    for name in COMMANDS:
        assert _about(name).startswith(cells[f"`{name}`"])


def test_the_index_of_pages_has_every_page() -> None:
    """Each page of docs/ is linked from its index."""
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    names = {file.name for file in (ROOT / "docs").glob("*.md")}
    assert names - {"README.md"} == set(re.findall(r"\]\(([\w-]+\.md)\)", text))


def test_the_page_of_other_counters_has_their_totals() -> None:
    """The figures in its comparison are our counts in each tool's convention, which `verify` holds against the tool."""
    headings, *rows = _table("docs/coming-from.md", "FlopCounterMode")
    row = next(cells for cells in rows if cells[0].startswith("MAdds"))
    totals = [f"{mfprofile.count('mf294m', COUNTERS.get(tool, tool)).madds:,}" for tool in headings[1:]]
    assert [cell.split(" ")[0] for cell in row[1:]] == totals


def test_the_page_of_other_counters_has_the_benchmarks_figures() -> None:
    """CPU time and memory of each process are those in benchmarks/README.md, or a dash where there are none."""
    headings, *rows = _table("docs/coming-from.md", "FlopCounterMode")
    times, memory = (next(cells[1:] for cells in rows if cells[0].startswith(label)) for label in ("CPU", "its memory"))
    measured = {cells[0]: (cells[1], cells[3]) for cells in _table("benchmarks/README.md", "times ours")[1:]}
    rows = list(zip(times, memory, strict=True))
    assert rows == [measured.get(TIMED.get(tool, tool), ("–", "–")) for tool in headings[1:]]
