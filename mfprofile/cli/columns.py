"""The columns of the tables of each command, for completion, and to check them before a command that takes long.

Those that a spec's own name begins are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.spec.names import AXES, PILLARS

if TYPE_CHECKING:
    from mfprofile.view.form import Form

_COST = ("madds", "params", "latency")
_COSTS = tuple(name for cost in _COST for name in (cost, f"{cost}.share"))
_CHANGES = tuple(f"{cost}.{when}" for cost in _COST for when in ("before", "after", "gained"))
_MEMORY = ("madds", "activations", "moved_bytes", "madds_per_byte", "live_bytes")
_VERIFIED = (
    *("name", "tool", "version", "printed", "unit", "core", "adds", "misses", "predicted", "unexplained", "params"),
    "unexplained_params",
)
_VARIANTS = ("number", *_COST, "choices")
_GROUPS = tuple(axis for axis in AXES if axis != "op")
_OPS = ("role", "elements", "activations")

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "list": ("name", "madds", "params", "about"),
        "count": (
            *("name", *_GROUPS, "out", *_COSTS),
            *(f"{cost}.to_first" for cost in _COST),
            *(f"{pillar}.share" for pillar in PILLARS),
            *("paper.madds", *_OPS),
        ),
        "audit": (
            "module",
            "class",
            *_GROUPS,
            "name",
            "out",
            *_OPS,
            *_COSTS,
            "leaf",
            *(name for name in _VERIFIED if name != "params"),
        ),
        "explain": ("name", "madds_formula", "madds_numbers", "madds", "params_formula", "params"),
        "diff": (
            *("pillar", "block", "module", "class", "kind", *_CHANGES, "changed"),
            *("a", "b", "status", *(f"{side}{cost}" for side in ("", "a_", "b_") for cost in _COST)),
        ),
        "memory": ("name", *_GROUPS, "module", "class", "out", *_MEMORY, "at", "params_bytes", "total_bytes"),
        "formula": (*_GROUPS, "madds", "params"),
        "verify": _VERIFIED,
        "check": (
            *("name", "quantity", "counted", "relation", "limit", "difference", "verdict"),
            *("spec", "convention", "bound", "excess", "given"),
        ),
        "scale": ("variant", "value", *_COST, "excess"),
        "sensitivity": (
            *("knob", "from", "to", "note", *_COST, "elasticity"),
            *(f"{pillar}.madds" for pillar in PILLARS),
        ),
        "measure": (
            *("name", "median_ms", "low_ms", "high_ms", "times_reference", "madds", "ms_per_100m", "gmadds_per_s"),
            *("share_of_peak", "device_ms", "pillar", "block", "module", "share"),
        ),
        "paper": (
            *("model", "input", "params", "params.paper", "params.recounted", "madds", "madds.paper"),
            *("madds.recounted", "built_by", "top1", "section", "claim", "printed", "core", "core_holds", "paper"),
            "paper_holds",
        ),
        "complexity": ("pillar", "stated", "counted", "agrees", "left_out"),
        "explore spaces": ("name", "variants", "about"),
        "explore count": ("window", "within", "share", "excluded"),
        "explore histogram": ("over", "up_to", "variants", "share", "share_up_to", "bar", "kind", "percent"),
        "explore best": _VARIANTS,
        "explore front": _VARIANTS,
        "explore sample": _VARIANTS,
        "explore search": ("number", "state", "value", *_COST, "choices"),
    }
)
"""The names by command. Which of them a table has depends on the other options."""
SLOW = frozenset(
    (
        *("audit", "diff", "memory", "verify", "check", "measure"),
        *("explore count", "explore histogram", "explore best", "explore front", "explore sample", "explore search"),
    )
)
"""The commands that can take long. Their columns are checked before the work, as far as they are known then."""
OF_VARIANTS = frozenset(("explore best", "explore front", "explore sample", "explore search"))
"""Commands whose tables also have columns that the user names: quantities, figures, and the choices of a space."""
_OPTIONS = frozenset(("columns", "sort", "caption", "label"))


def check_columns(command: str, form: Form, options: Mapping[str, Any]) -> None:
    """Raise `InputError` for a column that no answer of a command can have.

    What depends on the answer passes, and is checked with it: columns with the name of a network, quantities,
    everything that another option names, and the choices of a space.
    """
    from mfprofile.view.choosing import unknown_column

    names = COLUMNS.get(command)
    if names is None or (command in OF_VARIANTS and form.name == "csv"):
        return
    named = _words(options) if command in OF_VARIANTS else frozenset()
    for name in (*form.columns, *filter(None, [form.sort.removeprefix("-")])):
        if name not in names and name not in named and not _is_open(command, name):
            raise unknown_column(name, names)


def _is_open(command: str, name: str) -> bool:
    if command not in OF_VARIANTS:
        return False
    from dataclasses import fields

    from mfprofile.spec.model import Spec
    from mfprofile.spec.names import SUMS

    return "." in name or name in SUMS or name in {field.name for field in fields(Spec)}


def _words(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in the values of options: `top1` in `--maximize top1` and in `--within top1=70:`."""
    texts = (value for option, value in options.items() if option not in _OPTIONS)
    every = (each for value in texts for each in (value if isinstance(value, list) else [value]))
    return frozenset(each.rpartition("=")[0].strip() or each.strip() for each in every if isinstance(each, str))
