"""The commands that each draw a picture."""

HELP = """Draw a picture for a paper or a report.

Examples:
    mfprofile plot accuracy
    mfprofile plot blocks mf294m --span 1 --dark -o blocks.svg

The file's ending selects PNG, SVG or PDF. No display is needed, and only 'attention' needs torch. Each picture has its
numbers as JSON in its metadata.
"""
