"""What `check` demands: the limits of flags, the settings of a pyproject.toml, the growth over a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfprofile.cli.options import notify
from mfprofile.errors import InputError
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.budget.checks import Growth
    from mfprofile.budget.config import Config
    from mfprofile.budget.limits import Limit
    from mfprofile.budget.verdicts import Terms


def flag_limits(flags: dict[str, str | None], most: list[str] | None, least: list[str] | None) -> list[Limit]:
    """Return the limits of flags, of `--max` and of `--min`. Raise `InputError` for an invalid one."""
    from mfprofile.budget.limits import flag_limit, in_force, named_limit

    limits = [flag_limit(flag, flag[6:], text) for flag, text in flags.items() if text is not None]
    limits += [named_limit("--max", text) for text in most or ()]
    limits += [named_limit("--min", text) for text in least or ()]
    return in_force(limits, ())


def config_of(file: str | None, budgets: list[str] | None = None) -> Config | None:
    """Return the settings of a pyproject.toml, by default the nearest one, with these budgets chosen.

    Notes on stderr what matches nothing. Raises `InputError` for a budget that the file does not have.
    """
    from mfprofile.budget.config_file import nearest_config, read_config
    from mfprofile.spec.reading import file_named

    config = nearest_config() if file is None else read_config(file_named(file, "--config"))
    if budgets:
        if config is None:
            raise InputError(f"--budget {printable(budgets[0])}: no pyproject.toml here or above has [tool.mfprofile]")
        config = config.choosing(budgets)
    for glob in config.unmatched() if config is not None else ():
        name = printable(glob)
        notify(f"note: tool.mfprofile.budgets has limits for {name!r}, which matches no file and no shipped spec")
    for target in config.unmatched_targets() if config is not None else ():
        notify(f"note: tool.mfprofile.targets has options for {printable(target)!r}, which matches no file")
    return config


def networks_of(specs: list[str] | None, config: Config | None) -> list[str]:
    """Return the networks to check: those of the command line, else those that the budgets of the file name."""
    if specs:
        return specs
    references = [] if config is None else config.references()
    if not references:
        rule = "no SPEC is given, and no pyproject.toml names one in [tool.mfprofile.budgets]"
        raise InputError(f"{rule}; give one, as in 'mfprofile check mf294m --max-madds 300M'")
    return references


def growth_of(file: str | None, most: str | None, allow_new: bool, terms: Terms) -> Growth | None:
    """Return the allowed growth over a file of earlier bills, or None without one."""
    from mfprofile.budget.baseline import growth, read_baseline
    from mfprofile.budget.checks import Growth
    from mfprofile.spec.reading import file_named

    if file is not None:
        allowed = growth("0%" if most is None else most)
        path = file_named(file, "--baseline")
        earlier = read_baseline(path, terms.convention.name if terms.required else None, terms.mode)
        return Growth(path, earlier, allowed, allow_new)
    if most is not None or allow_new:
        flag = "--allow-new" if most is None else "--max-growth"
        raise InputError(f"{flag} needs --baseline; give it the file of an earlier 'mfprofile count SPEC… --json'")
    return None
