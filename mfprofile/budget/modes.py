"""Refuse what cannot be judged: in training, limits on one inference and bills of the other mode; latency alone."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from mfprofile.budget.latency import KEY
from mfprofile.budget.limits import Limit
from mfprofile.cost.bill import Bill
from mfprofile.cost.training import INFERENCE, TRAINING
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.names import LATENCY, MEMORY
from mfprofile.spec.problems import Problem
from mfprofile.spec.words import shown


def refuse_limits_of_inference(limits: Iterable[Limit], flags: Container[Limit]) -> None:
    """Raise `SpecError` for limits that a check of training cannot judge.

    The limits of files are on the multiply-adds of one inference, and only those of flags are on training. Memory and
    latency are those of one inference.
    """
    problems = [
        *(
            Problem(limit.given, limit.name, f"its limit is on the {what} of one inference", remedy="omit --training")
            for limit in limits
            if (what := limit.name.rpartition(".")[2]) in (MEMORY, LATENCY)
        ),
        *(
            Problem(
                limit.given,
                limit.name,
                "its limit is on one inference",
                remedy=f"omit --training, or use {_flag(limit)}",
            )
            for limit in limits
            if limit.name.rpartition(".")[2] == "madds" and limit not in flags
        ),
    ]
    if problems:
        raise SpecError(problems)


def refuse_latency_without_model(limits: Iterable[Limit], convention: Convention) -> None:
    """Raise `SpecError` for limits on latency if no latency model predicts it."""
    problems = [
        Problem(limit.given, limit.name, "its limit needs a latency model", remedy=_MODEL)
        for limit in limits
        if limit.name.rpartition(".")[2] == LATENCY and convention.device is None
    ]
    if problems:
        raise SpecError(problems)


_MODEL = f"use --latency-model FILE, or name it in pyproject.toml: {KEY} = 'FILE' under [tool.mfprofile]"


def _flag(limit: Limit) -> str:
    return f"--{'max' if limit.most else 'min'} {limit.name}=AMOUNT"


def check_mode_of(file: Path, name: str, mode: object, required: str | None) -> str:
    """Return the mode of an earlier bill. Raise `InputError` for another mode than required; None allows both.

    A bill without a mode is of inference: it was written before there was another.
    """
    if mode not in (None, INFERENCE, TRAINING):
        raise InputError(f"{file}: {name}: was counted in mode {shown(mode)}, which is unknown; count it again")
    known = INFERENCE if mode is None else str(mode)
    if required is not None and known != required:
        remedy = "omit --training" if required == TRAINING else "add --training"
        again = f"count it again {'with' if required == TRAINING else 'without'} --training"
        raise InputError(f"{file}: {name}: was counted in mode '{known}', not '{required}'; {remedy}, or {again}")
    return known


def check_causal_of(file: Path, bill: Bill, earlier: str) -> None:
    """Raise `InputError` if causal attention of an earlier bill was counted in another way than now."""
    now = bill.subject.causal
    if now and earlier and now != earlier:
        rule = f"counted '{earlier}' of causal attention, not '{now}'"
        raise InputError(f"{file}: {bill.name}: {rule}; use --causal {earlier}, or count it again")
