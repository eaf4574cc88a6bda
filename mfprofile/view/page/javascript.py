"""The forms as JavaScript: each op's amounts as polynomials in the fields of a resolved network."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from mfprofile.cost.cost import Cost
from mfprofile.cost.device import Rate, femtoseconds
from mfprofile.view.page.forms import BLOCK_SWITCHES, FRAME_SWITCHES, Form, Layouts, Op, layouts


class _Printer(StrPrinter):  # type: ignore[misc]
    """Writes a polynomial as JavaScript does; a symbol as the local variable that holds its field."""

    def _print_Symbol(self, expr: Any) -> str:  # noqa: N802 - as sympy calls it
        return _local(expr.name)

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:  # noqa: ARG002, N802 - as sympy calls it
        base, exponent = self._print(expr.base), int(expr.exp)
        return "*".join([f"({base})" if expr.base.is_Add else base] * exponent)


_AMOUNTS = ("products", "elements", "params", "calls")
"""What an op's time depends on."""


def _local(name: str) -> str:
    """Return the name of a field's variable: inputs_channels for `block.inputs.channels`."""
    return name.partition(".")[2].replace(".", "_").replace("[", "_").replace("]", "")


def forms_text() -> str:
    """Return the forms and layouts as JavaScript: FORMS, LAYOUTS and the names of their switches.

    A form's `ops` is a function of network and block; it returns an array for each op, in the order of `Op`.
    """
    every = layouts()
    forms = ",\n".join(_form(form) for form in every.forms)
    return f"const FORMS = [\n{forms},\n];\n{_layouts(every)}"


def _layouts(every: Layouts) -> str:
    tables = {"blocks": every.blocks, "before": every.before, "after": every.after}
    lines = [f"  {name}: {compact(table)}," for name, table in tables.items()]
    names = {"BLOCK_SWITCHES": BLOCK_SWITCHES, "FRAME_SWITCHES": FRAME_SWITCHES}
    switches = [f"const {name} = {compact(value)};" for name, value in names.items()]
    return "\n".join(["const LAYOUTS = {", *lines, "};", *switches, ""])


def latency_text() -> str:
    """Return the time of an op on a device as JavaScript: `femtoseconds` of BigInts, before it is rounded."""
    products, elements, params, calls, images = (sympy.Symbol(f"op.{name}") for name in (*_AMOUNTS, "images"))
    rates = Rate(*(sympy.Symbol(f"rate.{name}") for name in Rate._fields))
    cost = Cost("", (), products, elements, params, calls=calls)
    time = _Printer({"order": "lex"}).doprint(sympy.expand(femtoseconds(cost, rates, images)))
    return f"const femtoseconds = ([{','.join(_AMOUNTS)}], [{','.join(Rate._fields)}], images) => {time};\n"


def compact(value: Any) -> str:
    """Return a value as JSON without spaces, its keys in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _form(form: Form) -> str:
    shared = _Shared(form.ops)
    ops = [f"      {_op(op, shared)}," for op in form.ops]
    place = {"block": form.block, "pillar": form.pillar, "path": form.path}
    stage = "null" if form.stage is None else str(form.stage)
    lines = [
        f"  {{place: {compact(place)}, stage: (block) => {stage}, ops: (network, block) => {{",
        *shared.declarations(),
        *["    return [", *ops, "    ];"],
        "  }}",
    ]
    return "\n".join(lines)


class _Shared:
    """The local variables of a form: its fields, and each amount that occurs in it more than once."""

    def __init__(self, ops: Iterable[Op]) -> None:
        amounts = [sympy.sympify(amount) for op in ops for amount in _amounts(op)]
        times = Counter(amount for amount in amounts if not amount.is_Atom)
        repeated = [amount for amount, number in times.items() if number > 1]
        self.printer = _Printer({"order": "lex"})
        self.fields = sorted({symbol.name for amount in amounts for symbol in amount.free_symbols})
        self.names = {amount: f"n{number}" for number, amount in enumerate(repeated, start=1)}

    def declarations(self) -> Iterator[str]:
        """Yield the lines that declare the variables."""
        fields = [f"{_local(name)} = {name}" for name in self.fields]
        amounts = [f"{name} = {self._polynomial(amount)}" for amount, name in self.names.items()]
        yield from (f"    const {', '.join(each)};" for each in (fields, amounts) if each)

    def written(self, amount: Any) -> str:
        """Return an amount in terms of the variables."""
        expression = sympy.sympify(amount)
        return self.names.get(expression) or self._polynomial(expression)

    def _polynomial(self, expression: Any) -> str:
        return str(self.printer.doprint(expression)).replace(" ", "")


def _amounts(op: Op) -> list[Any]:
    return [*op.out, op.products, op.elements, op.outputs, op.params, op.activations, op.calls]


def _op(op: Op, shared: _Shared) -> str:
    names = [json.dumps(text) for text in (op.name, op.kind, op.role)]
    shape = ",".join(shared.written(side) for side in op.out)
    amounts = [shared.written(amount) for amount in _amounts(op)[len(op.out) :]]
    return f"[{','.join([*names, f'[{shape}]', *amounts])}]"
