"""The command show."""

from __future__ import annotations

from mfprofile.cli.options import AsJson, Changes, Spec


def command(spec: Spec, *, changes: Changes, as_json: AsJson = False) -> None:
    """Print a spec as YAML, with every default filled in.

    Examples:
        mfprofile show mf26m
        mfprofile show mf294m --set width=0.5 > mine.yaml

    What it extends, --set and width are applied. The result needs no other file.
    """
    from mfprofile.spec.load import load
    from mfprofile.spec.width import scaled
    from mfprofile.spec.writing import mapping, yaml_text
    from mfprofile.view.tables import dumps, show

    resolved = scaled(load(spec, changes))
    show(dumps(mapping(resolved)) if as_json else yaml_text(resolved))
