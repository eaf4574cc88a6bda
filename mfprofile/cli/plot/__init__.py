"""The commands that draw a picture each."""

HELP = (
    "Draw pictures for a paper or a report: PNG, SVG or PDF by the file's ending. They need no display and, but "
    "for attention, no torch; each carries its numbers, as JSON in its metadata."
)
