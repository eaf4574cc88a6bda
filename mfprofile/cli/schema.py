"""The command schema."""

from __future__ import annotations


def command() -> None:
    """Print the JSON Schema of specs, for editors.

    Examples:
        mfprofile schema
        mfprofile schema > mfprofile.schema.json
    """
    from mfprofile.spec.schema import json_schema
    from mfprofile.view.tables import dumps, show

    show(dumps(json_schema()))
