"""Formulas for operators that are not mfprofile's, for JSON and as remarks on other counters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mfprofile.cost.kinds import OWN, REGISTERED
from mfprofile.spec.words import listed
from mfprofile.trace.uses import Use
from mfprofile.view.values import MOST_NAMED


def formulas_json(uses: Sequence[Use]) -> list[Mapping[str, Any]]:
    """Return what each formula counted. `source` is the role of its ops: `own` or `registered`."""
    return [asdict(use) for use in uses]


def unknown_formulas(uses: Sequence[Use]) -> Iterator[str]:
    """Yield a line for the formulas of the user, and one for those in torch's registry: which counters know them."""
    own, registered = (_operators(uses, source) for source in (OWN, REGISTERED))
    if own:
        yield (
            f"no counter knows your formulas ({own}), so each total is predicted without them; "
            "fvcore has set_op_handle, thop custom_ops and torch register_flop_formula"
        )
    if registered:
        yield f"only torch knows the formulas in its registry ({registered})"


def _operators(uses: Sequence[Use], source: str) -> str:
    return listed([use.operator for use in uses if use.source == source], MOST_NAMED)
