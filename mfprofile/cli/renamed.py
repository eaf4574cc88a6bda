"""Renamed options. An old name works for one more release, with a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from mfprofile.cli.options import notify

_RAM = {"--memory": "--ram"}
_OUT = {"--out": "--output"}
_OF = {"--of": "--quantity"}
_PLOT = {"--columns": "--span"}
RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "explore count": _RAM,
        "explore histogram": _OF,
        "plot histogram": _OF,
        "explore sample": _OUT,
        "explore best": {**_RAM, **_OUT},
        "explore front": {**_RAM, **_OUT},
        **dict.fromkeys(("plot attention", "plot blocks", "plot contour", "plot ablation"), _PLOT),
        **dict.fromkeys(("plot pillars", "plot residuals"), _PLOT),
        "plot accuracy": {**_PLOT, "--csv": "--measured", "--against": "--quantity"},
        "plot detection": {**_PLOT, "--against": "--quantity"},
        "plot waterfall": {**_PLOT, **_OF},
        "plot front": {**_PLOT, **_RAM},
        "plot sensitivity": {**_PLOT, "--of": "--sort"},
    }
)
"""The new name of each old option, by command."""


def with_new_names(command: str, arguments: Sequence[str]) -> Iterator[str]:
    """Yield the arguments of a command with old option names replaced. Arguments after `--` are not options."""
    names, ended = RENAMED.get(command, {}), False
    for argument in arguments:
        ended = ended or argument == "--"
        name, equals, value = argument.partition("=")
        if ended or name not in names:
            yield argument
        else:
            notify(f"warning: {name} is now {names[name]}; the old name will not work in the next release")
            yield f"{names[name]}{equals}{value}"
