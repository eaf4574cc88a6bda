"""The columns of the tables of each command, for completion. Those that a spec's own name begins are left out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_COST = ("madds", "params", "latency")
_COSTS = tuple(name for cost in _COST for name in (cost, f"{cost}.share"))
_CHANGES = tuple(f"{cost}.{when}" for cost in _COST for when in ("before", "after", "gained"))
_MEMORY = ("madds", "activations", "moved_bytes", "madds_per_byte", "live_bytes")
_VERIFIED = (
    *("tool", "version", "printed", "unit", "core", "adds", "misses", "predicted", "unexplained", "params"),
    "unexplained_params",
)
_PILLARS = ("mobile", "former", "bridge", "head")
_VARIANTS = ("number", *_COST, "choices")
_GROUPS = ("block", "stage", "pillar", "kind")

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "list": ("name", "madds", "params", "about"),
        "count": (
            *("name", *_GROUPS, "out", *_COSTS),
            *(f"{cost}.to_first" for cost in _COST),
            *(f"{pillar}.share" for pillar in _PILLARS),
            "paper.madds",
        ),
        "audit": ("module", "class", "kind", *_COSTS, "leaf", *(name for name in _VERIFIED if name != "params")),
        "explain": ("name", "madds_formula", "madds_numbers", "madds", "params_formula", "params"),
        "diff": ("pillar", "block", "module", "class", "kind", *_CHANGES, "changed"),
        "memory": ("name", *_GROUPS, "module", "class", "out", *_MEMORY, "at", "params_bytes", "total_bytes"),
        "formula": (*_GROUPS, "madds", "params"),
        "verify": _VERIFIED,
        "sensitivity": (
            *("knob", "from", "to", "note", *_COST, "elasticity"),
            *(f"{pillar}.madds" for pillar in _PILLARS),
        ),
        "measure": (
            *("name", "median_ms", "low_ms", "high_ms", "times_reference", "madds", "ms_per_100m", "gmadds_per_s"),
            *("share_of_peak", "pillar", "share"),
        ),
        "paper": (
            *("model", "input", "params", "params.paper", "params.recounted", "madds", "madds.paper"),
            *("madds.recounted", "built_by", "top1", "section", "claim", "printed", "core", "core_holds", "paper"),
            "paper_holds",
        ),
        "complexity": ("pillar", "stated", "counted", "agrees", "left_out"),
        "explore spaces": ("name", "variants", "about"),
        "explore count": ("window", "within", "share", "excluded"),
        "explore histogram": ("over", "up_to", "variants", "share", "share_up_to", "bar"),
        "explore best": _VARIANTS,
        "explore front": _VARIANTS,
        "explore sample": _VARIANTS,
        "explore search": ("number", "state", "value", *_COST, "choices"),
    }
)
"""The names by command. Which of them a table has depends on the other options."""
