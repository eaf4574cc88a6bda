"""The commands that ask a space of variants."""

HELP = (
    "Ask a space of variants how many fit a budget, for samples, the front, the extremes: exactly, without a try. "
    "A space is a spec in which values are lists or ranges, [16, 24] or {from: 16, to: 48, step: 8}."
)
