"""Old names of options and parameters work for one more release, with a warning."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from running import run

import mfprofile
from mfprofile.budget.scale import scale
from mfprofile.budget.sensitivity import sensitivity
from mfprofile.cli.groups import with_group_options
from mfprofile.cli.renamed import RENAMED
from mfprofile.cost.formulas import formulas


def test_an_old_option_works_with_a_warning() -> None:
    """It also works with a value after =, and the output is the same."""
    new = run("explore", "count", "tiny", "--ram", "1G")
    old = run("explore", "count", "tiny", "--memory", "1G")
    assert (old.returncode, old.stdout) == (0, new.stdout)
    assert old.stderr == "warning: --memory is now --ram; the old name will not work in the next release\n"
    assert run("explore", "count", "tiny", "--memory=1G").stdout == new.stdout


def flags(command: str) -> set[str]:
    """Return the names of a command's options."""
    function = with_group_options(import_module(f"mfprofile.cli.{command.replace(' ', '.')}").command)
    infos = [
        info
        for parameter in inspect.signature(function).parameters.values()
        for info in getattr(parameter.annotation, "__metadata__", ())
    ]
    return {name for info in infos for name in (info.default, *(info.param_decls or ())) if isinstance(name, str)}


@pytest.mark.parametrize("command", RENAMED)
def test_each_new_option_exists_and_no_old_one_does(command: str) -> None:
    """The table must not have an option that the command does not have."""
    names = flags(command)
    for old, new in RENAMED[command].items():
        assert new in names
        assert old not in names


@pytest.mark.parametrize(
    "call",
    [
        lambda **old: mfprofile.count("mf26m", **old).madds,
        lambda **old: formulas(mfprofile.load("mf26m"), ["classes"], **old).total.madds,
        lambda **old: scale(mfprofile.load("mf26m"), "madds", 20_000_000, **old).largest.madds,
        lambda **old: sensitivity(mfprofile.load("mf26m"), **old).bill.madds,
    ],
)
def test_an_old_parameter_works_with_a_warning(call: object) -> None:
    """`convention_name` is `convention`."""
    assert callable(call)
    with pytest.warns(FutureWarning, match=r"\(convention_name=…\) is now convention=…"):
        old = call(convention_name="paper")
    assert old == call(convention="paper") != call()


def test_both_names_at_once_are_refused() -> None:
    """One of the two values would be lost."""
    with pytest.raises(
        TypeError, match=r"^count\(\) got convention_name=… and convention=…, its new name; remove conv"
    ):
        mfprofile.count("mf26m", convention_name="paper", convention="core")  # type: ignore[call-arg]
