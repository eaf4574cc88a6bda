"""The command schema."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    pyproject: Annotated[
        bool, typer.Option("--pyproject", help="Print that of [tool.mfprofile] in pyproject.toml.")
    ] = False,
) -> None:
    """Print the JSON Schema of specs, for editors.

    Examples:
        mfprofile schema > mfprofile.schema.json
        mfprofile schema --pyproject > mfprofile.pyproject.json
    """
    from mfprofile.view.tables import dumps, show

    if pyproject:
        from mfprofile.budget.config_schema import config_schema as json_schema
    else:
        from mfprofile.spec.schema import json_schema
    show(dumps(json_schema()))
