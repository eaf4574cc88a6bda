"""A number that Python refuses to read or write, or a value that is not a number, is a wrong input: exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import need, run

from mfprofile.budget.config import matches
from mfprofile.errors import InputError
from mfprofile.spec import load
from mfprofile.spec.quantities import quantity
from mfprofile.spec.words import shown

LONG = "9" * 4400
VERDICT = "Exceeds the limit"
AMOUNT = "must be an amount such as 300M, 0.3G or 300_000_000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a spec."""
    (tmp_path / "net.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (f"max.madds = {LONG}", "pyproject.toml:2:13: has a number that is too long to read; use a smaller number"),
        (f"max.madds = 5\n[other]\nx = [1, {LONG}]", "pyproject.toml:4:9: has a number that is too long to read; use a smaller number"),
        ("max.madds = " + "9" * 4000, f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = a number of about 4,000 digits: {AMOUNT}'),
        ("max.madds = 0x" + "f" * 6000, f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = a number of about 7,225 digits: {AMOUNT}'),
        ("max.madds = nan", f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = nan: {AMOUNT}'),
        ("max.madds = -inf", f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = -inf: {AMOUNT}'),
        ("max.madds = 1e999999", f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = inf: {AMOUNT}'),
        ("max.madds = 2020-01-01", f'pyproject.toml:2:5: tool.mfprofile.budgets."*.yaml".max.madds = 2020-01-01: {AMOUNT}'),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_budget_with_an_impossible_number_is_refused(budget: str, message: str, folder: Path) -> None:
    """In any table of the file, also in hexadecimal, which Python reads at any length."""
    (folder / "pyproject.toml").write_text(f'[tool.mfprofile.budgets."*.yaml"]\n{budget}\n', encoding="utf-8")
    done = run("check", "net.yaml", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


@pytest.mark.parametrize("value", [f"{'[' * 3000}{']' * 3000}", f"{'{a=' * 3000}1{'}' * 3000}"], ids=range(2))
def test_a_deeply_nested_budget_is_refused(value: str, folder: Path) -> None:
    """Python's reader stops at its own depth."""
    (folder / "pyproject.toml").write_text(
        f'[tool.mfprofile.budgets."*.yaml"]\nmax.madds = {value}\n', encoding="utf-8"
    )
    done = run("check", "net.yaml", cwd=folder)
    assert (done.returncode, done.stderr[:36]) == (2, "error: pyproject.toml: is not TOML: ")


def test_a_glob_of_any_length_is_matched(folder: Path) -> None:
    """Without recursion, and in a time that does not grow with each `**`."""
    glob = "x/" * 3000 + "*"
    (folder / "pyproject.toml").write_text(
        f'[tool.mfprofile.budgets."{glob}"]\nmax.madds = "1M"\n[tool.mfprofile.budgets."*.yaml"]\nmax.madds = "1M"\n',
        encoding="utf-8",
    )
    assert run("check", "net.yaml", cwd=folder).returncode == 1
    path = Path("/".join("abcdefghijklmnopqrstuvwxyz"))
    assert matches(path, "**/a/**/**/*/" * 6 + "z") is False
    assert matches(path, "**/*/" * 20 + "z") is True
    assert matches(Path("a"), "**/a") is matches(Path("a"), "**") is matches(Path("a/b"), "a/**") is True
    assert matches(Path("a/b"), "a/*/**/c") is matches(Path("a/b"), "a") is False


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (LONG, "b.json: has a number that is too long to read"),
        ("9" * 4299, "b.json: net: madds = a number of about 4,299 digits: is too large for a count"),
        ("1" + "0" * 24, "b.json: net: madds = 1000000000000000000000000: is too large for a count"),
        ("NaN", "b.json: net: madds = nan: must be a whole number"),
        ("1e999999", "b.json: net: madds = inf: must be a whole number"),
        ("-1", "b.json: net: madds = -1: must be a whole number"),
    ],
    ids=range(6),
)
def test_a_baseline_with_an_impossible_number_is_refused(amount: str, message: str, folder: Path) -> None:
    """Also one that can be read, but not be written after a growth."""
    bill = '{"schema": 2, "name": "net", "convention": "core", "madds": AMOUNT, "params": 5}'
    (folder / "b.json").write_text(bill.replace("AMOUNT", amount), encoding="utf-8")
    done = run("check", "net.yaml", "--baseline", "b.json", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {message}; write it with 'mfprofile count SPEC… --json'\n"


@pytest.mark.parametrize("value", [LONG, "9" * 31, "1" + "_000" * 1500, "1e999999", "nan", "inf"], ids=range(6))
@pytest.mark.parametrize(
    "command",
    [
        "check mf26m --max-madds VALUE",
        "check mf26m --max former.madds=VALUE",
        "check mf26m --max-memory 1MB --batch VALUE",
        "check mf26m --set budget.max.madds=VALUE",
        "count mf26m --set stem=VALUE",
        "count mf26m --set width=VALUE",
        "count mf26m --input VALUE",
        "memory mf26m --batch VALUE",
        "explore count mf26m --madds VALUE:",
        "explore count mf26m --within VALUE*madds=:3M",
        "explore count mf26m --set stem=[8,VALUE]",
        "explore count mf26m --set stem={from:8,to:VALUE}",
        "scale mf26m --by width --to-madds VALUE",
        "plot contour mf26m --x tokens.count=1:VALUE --y tokens.dim -o x.png",
    ],
)
def test_an_impossible_number_in_an_option_is_refused(command: str, value: str, folder: Path) -> None:
    """It is neither a crash nor a number that was cut."""
    if command.startswith("plot"):
        need("matplotlib")
    done = run(*(word.replace("VALUE", value) for word in command.split()), cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert VERDICT not in done.stderr


def test_numbers_of_the_library_have_any_length() -> None:
    """They are named by the number of their digits."""
    assert shown(10**5000) == shown(-(10**5000)) == "a number of about 5,000 digits"
    assert shown(10**200 - 1, limit=400) == "9" * 200
    with pytest.raises(InputError, match=f"^a number of about 5,000 digits: {AMOUNT}$"):
        quantity(10**5000)
    with pytest.raises(InputError, match=r"^spec: stem: has more than 30 digits$"):
        load({"extends": "mf26m", "stem": 10**5000})
    with pytest.raises(InputError, match=r"^spec: budget\.max\.madds: has more than 30 digits$"):
        load({"extends": "mf26m", "budget": {"max": {"madds": -(10**5000)}}})
