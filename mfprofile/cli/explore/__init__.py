"""The commands that query a space of variants."""

HELP = """Query a space of variants exactly, without trying each one.

Examples:
    mfprofile explore count mf294m-stages --madds 290M:300M
    mfprofile explore best mf294m-tokens --maximize params --madds :300M

A space is a spec with lists or ranges as values: [16, 24] or {from: 16, to: 48, step: 8}. 'mfprofile explore spaces'
lists those that come with mfprofile.
"""
