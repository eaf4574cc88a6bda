"""The commands that query a space of variants."""

HELP = (
    "Query a space of variants exactly, without trying each one. Count the variants within a budget, draw samples, or "
    "find the front or the best. A space is a spec with lists or ranges as values: [16, 24] or {from: 16, to: 48, "
    "step: 8}."
)
