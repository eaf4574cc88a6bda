"""Count operators by formulas that are not mfprofile's: those of the user, and those in torch's registry."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

from torch._ops import OpOverload

from mfprofile.cost.conventions import CORE
from mfprofile.cost.kinds import FORMULA, KINDS, ODD, OWN, PARAMETERS, REGISTERED
from mfprofile.cost.ops import Cost, elementwise
from mfprofile.errors import FormulaError, InputError
from mfprofile.spec.words import in_one_line, raised, shown
from mfprofile.trace.overloads import Operator
from mfprofile.trace.own import Formula, formula_of, formulas
from mfprofile.trace.places import place
from mfprofile.trace.uses import Use
from mfprofile.trace.ways import Failure

Costs = list[tuple[str, Cost]]
"""Roles and costs of the ops that an operator is counted as."""

_MOST_BITS = 256
"""The length of the longest number that a formula may return. Python refuses to write sums of very long numbers."""
_RESULT = "return the multiply-adds as a whole number of 0 or more, a Cost, or None for nothing to count"


class Formulas:
    """The formulas that count the operators of one run, and what they counted.

    A formula of the user comes before all other rules. torch's registry (`torch.utils.flop_counter`) is for operators
    that mfprofile has no rule for and that torch does not decompose. `error` is the first error of a formula.
    """

    def __init__(self) -> None:
        self._own = formulas()
        self._uses: dict[tuple[str, str], Use] = {}
        self.error: InputError | None = None

    @property
    def failure(self) -> Failure:
        """Return the first error as the failure of a run; only a wrong result is final, since values can be missing."""
        assert self.error is not None
        return Failure(self.error, "", "counted", final=isinstance(self.error, FormulaError))

    def own(self, function: Any) -> Formula | None:
        """Return the user's formula of an operator, or None."""
        if not self._own or not isinstance(function, OpOverload):
            return None
        name = str(function._schema.name)
        return self._own.get(f"{name}.{function._overloadname}") or self._own.get(name)

    @property
    def uses(self) -> Sequence[Use]:
        """Return what each formula counted, in the order of its first use."""
        return tuple(self._uses.values())

    @property
    def unused(self) -> Sequence[Formula]:
        """Return the formulas of the user whose operator did not run."""
        return tuple(each for name, each in self._own.items() if (name, OWN) not in self._uses)

    def own_costs(
        self, formula: Formula, operator: Operator, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> Costs:
        """Return the costs of a call of an operator by a formula of the user.

        Raises `FormulaError` for a result of another form, and `InputError` for what the formula raises.
        """
        result = self._call(formula, lambda: formula.function(out, *args, **options))
        cost = self._checked(formula, result, operator.size(out, args, options))
        replaces = operator.handle is not None or operator.free
        self._note(formula, OWN, 0 if cost is None else cost.madds, free=int(cost is None), replaces=replaces)
        return [] if cost is None else [(OWN, cost)]

    def registered_costs(
        self, operator: Operator, function: Any, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> Costs | None:
        """Return the costs of a call of an operator by its formula in torch's registry, or None if it has none.

        Such a formula gives FLOPs: 2 for a multiply-add. An odd number is rounded down; the rest is a row of its own,
        which only FlopCounterMode counts. A formula of torch itself that fails is no formula. Errors are those of
        `own_costs`.
        """
        formula = _registered(function)
        if formula is None:
            return None
        try:
            flops = self._call(formula, lambda: formula.function(*args, **options, out_val=out))
        except InputError:
            if not str(getattr(formula.function, "__module__", "")).startswith("torch."):
                raise
            self.error = None
            return None
        if not _is_amount(flops):
            self._refuse(formula, flops, "return the FLOPs as a whole number of 0 or more")
        madds, odd = divmod(int(flops), 2)
        self._note(formula, REGISTERED, madds, odd=odd)
        whole = _sized(madds, operator.size(out, args, options))
        return [(REGISTERED, whole), *([(ODD, Cost(FORMULA, (), 0, 0))] if odd else [])]

    def _call(self, formula: Formula, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # all that the user's code raises becomes a message of one line
            where = place(error)
            at = f" (at {where})" if where else ""
            self.error = InputError(f"{_subject(formula)} raised {raised(error)}{at}")
            raise self.error from error

    def _checked(self, formula: Formula, result: Any, size: tuple[int, ...]) -> Cost | None:
        """Return the result of a user's formula as a cost, or None; raises `FormulaError` for any other result."""
        if isinstance(result, Cost):
            for problem in _problems(result):
                self._refuse(formula, result, problem)
            return result
        if result is not None and not _is_amount(result):
            hint = "use // to divide whole numbers; " if isinstance(result, float) else ""
            self._refuse(formula, result, f"{hint}{_RESULT}")
        return None if result is None else _sized(int(result), size)

    def _refuse(self, formula: Formula, result: Any, remedy: str) -> None:
        what = f"a Cost({result.kind!r})" if isinstance(result, Cost) else _described(result)
        self.error = FormulaError(f"{_subject(formula)} returned {what}; {remedy}")
        raise self.error

    def _note(
        self, formula: Formula, source: str, madds: int, free: int = 0, odd: int = 0, replaces: bool = False
    ) -> None:
        key = formula.operator, source
        name = getattr(formula.function, "__name__", type(formula.function).__name__)
        use = self._uses.get(key) or Use(formula.operator, source, str(name), formula.place, replaces=replaces)
        self._uses[key] = replace(
            use, calls=use.calls + 1, madds=use.madds + madds, free=use.free + free, odd=use.odd + odd
        )


def _subject(formula: Formula) -> str:
    return f"{formula.place}: the formula of {formula.operator}"


def _registered(function: Any) -> Formula | None:
    """Return the formula of an operator in torch's registry, or None."""
    if not isinstance(function, OpOverload):
        return None
    registry = importlib.import_module("torch.utils.flop_counter").flop_registry
    known = registry.get(function._overloadpacket)
    return None if known is None else formula_of(str(function._schema.name), known)


def _sized(madds: int, size: tuple[int, ...]) -> Cost:
    """Return the cost of an operator whose output has a size."""
    plain = elementwise(FORMULA, *size)
    return Cost(FORMULA, plain.out, madds, plain.elements)


def _is_amount(value: Any) -> bool:
    """Return whether a value is a whole number of 0 or more, of Python or numpy; a truth or a huge number is not."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    return is_whole and int(value) >= 0 and int(value).bit_length() <= _MOST_BITS


def _described(result: Any) -> str:
    """Return a wrong result as text: a number itself, of other values the type."""
    if isinstance(result, bool | int | float):
        return f"{in_one_line(shown(result), 40)} ({type(result).__name__})"
    return f"a value of type {type(result).__name__}"


def _problems(cost: Cost) -> Iterator[str]:
    """Yield what is wrong with a cost that a formula returns, each with the remedy."""
    if cost.kind not in KINDS or cost.kind in PARAMETERS:
        yield f"use a kind of mfprofile.cost.kinds, such as linear, matmul or {FORMULA}"
    elif cost.madds and not CORE.weight(cost.kind, OWN).products:
        yield f"ops of kind {cost.kind} have no multiply-adds; use a kind of products, such as matmul or {FORMULA}"
    for name in ("madds", "elements", "weights", "biases"):
        if not _is_amount(getattr(cost, name)):
            yield f"its {name} must be a whole number of 0 or more"
    if not isinstance(cost.out, tuple) or not all(map(_is_amount, cost.out)):
        yield "its out must be a tuple of whole numbers, the shape of the output without the batch"
