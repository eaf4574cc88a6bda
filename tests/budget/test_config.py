"""`[tool.mfprofile]` of a pyproject.toml: named budgets, the convention of limits without one, checks without a SPEC."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import need, run

from mfprofile.cli.completion import budgets

CONFIG = """
[project]
name = "mfprofile"

[tool.mfprofile]
convention = "paper"

[tool.mfprofile.budgets]
"specs/*.yaml" = {max = {params = "11.5M"}}

[tool.mfprofile.budgets.phone]
specs = ["mf26m", "specs/lean.yaml"]
max.madds = "200M"

[tool.mfprofile.budgets.watch]
specs = []
convention = "core"
max.madds = "24M"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a pyproject.toml and two specs."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "specs" / "lean.yaml").write_text("extends: mf294m\nwidth: 0.75\n", encoding="utf-8")
    (tmp_path / "specs" / "wide.yaml").write_text("extends: mf294m\n", encoding="utf-8")
    return tmp_path


def _limits(*arguments: str, cwd: Path, code: int = 0) -> list[tuple[str, str, int, str]]:
    """Run `check` and return each limit: the reference of its network, quantity, amount and convention."""
    done = run("check", *arguments, "--json", cwd=cwd)
    assert (done.returncode, done.stderr) == (code, "")
    return [
        (spec["spec"], limit["quantity"], limit["limit"], limit["convention"])
        for spec in json.loads(done.stdout)["specs"]
        for limit in spec["limits"]
    ]


LEAN, WIDE = "specs/lean.yaml", "specs/wide.yaml"


def test_without_a_spec_all_networks_of_the_budgets_are_checked(folder: Path) -> None:
    """Each once, with the limits of all budgets that name it, in the convention of the file."""
    assert _limits(cwd=folder) == [
        (LEAN, "params", 11_500_000, "paper"),
        (LEAN, "madds", 200_000_000, "paper"),
        (WIDE, "params", 11_500_000, "paper"),
        ("mf26m", "madds", 200_000_000, "paper"),
    ]


def test_a_budget_is_chosen_by_its_name(folder: Path) -> None:
    """It is then the only one of the file, for its own specs or for those that are given."""
    assert _limits("--budget", "phone", cwd=folder) == [
        ("mf26m", "madds", 200_000_000, "paper"),
        (LEAN, "madds", 200_000_000, "paper"),
    ]
    assert _limits("mf52m", "--budget", "phone", cwd=folder) == [("mf52m", "madds", 200_000_000, "paper")]
    assert _limits("mf26m", "--budget", "watch", cwd=folder) == [("mf26m", "madds", 24_000_000, "core")]
    both = _limits("mf26m", "--budget", "watch", "--budget", "phone", cwd=folder)
    assert [amount for _, _, amount, _ in both] == [24_000_000, 200_000_000]
    assert _limits(WIDE, "--budget", "phone", cwd=folder, code=1) == [(WIDE, "madds", 200_000_000, "paper")]


def test_a_glob_can_be_chosen_too(folder: Path) -> None:
    """It is the name of its budget."""
    assert _limits("mf26m", "--budget", "specs/*.yaml", cwd=folder) == [("mf26m", "params", 11_500_000, "paper")]


def test_flags_and_the_own_budget_of_a_spec_stay_beside_a_chosen_one(folder: Path) -> None:
    """A flag replaces the limits on its quantity, as always."""
    (folder / LEAN).write_text("extends: mf294m\nwidth: 0.75\nbudget: {max: {params: 12M}}\n", encoding="utf-8")
    limits = _limits(LEAN, "--budget", "phone", "--max-madds", "190M", cwd=folder)
    assert [(name, amount) for _, name, amount, _ in limits] == [("madds", 190_000_000), ("params", 12_000_000)]


def test_the_convention_of_the_file_yields_to_those_of_options_budgets_and_specs(folder: Path) -> None:
    """`--convention` settles it; a budget and a spec keep their own."""
    assert {each[3] for each in _limits("mf26m", "--max-madds", "1G", cwd=folder)} == {"paper"}
    assert {each[3] for each in _limits("mf26m", "--max-madds", "1G", "--convention", "torch", cwd=folder)} == {"torch"}
    (folder / "own.yaml").write_text("extends: mf26m\nbudget: {convention: core, max: {madds: 1G}}\n", encoding="utf-8")
    assert {each[3] for each in _limits("own.yaml", cwd=folder)} == {"core"}
    assert {each[3] for each in _limits("mf26m", "--budget", "watch", cwd=folder)} == {"core"}


def test_a_check_works_from_a_folder_below(folder: Path) -> None:
    """Paths are those of the file's folder, and results the same."""
    assert [each[1:] for each in _limits("--budget", "phone", cwd=folder / "specs")] == [
        each[1:] for each in _limits("--budget", "phone", cwd=folder)
    ]


def test_targets_are_checked_too(folder: Path) -> None:
    """A glob of targets names those in [tool.mfprofile.targets]."""
    need("torch")
    (folder / "net.py").write_text(
        "from torch import nn\n\n\ndef Net():\n    return nn.Linear(4, 2)\n", encoding="utf-8"
    )
    more = (
        '[tool.mfprofile.budgets."net.py:*"]\nmax.madds = "8"\n[tool.mfprofile.targets."net.py:Net"]\ninput = ["4"]\n'
    )
    (folder / "pyproject.toml").write_text(f"[tool.mfprofile]\n{more}", encoding="utf-8")
    assert _limits(cwd=folder) == [("net.py:Net", "madds", 8, "core")]


def test_without_networks_the_message_says_what_to_give(tmp_path: Path) -> None:
    """With no file, and with one whose budgets name nothing."""
    message = (
        "error: no SPEC is given, and no pyproject.toml names one in [tool.mfprofile.budgets]; "
        "give one, as in 'mfprofile check mf294m --max-madds 300M'\n"
    )
    done = run("check", "--max-madds", "1M", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.mfprofile.budgets.a]\nspecs = []\nmax.madds = 3\n", encoding="utf-8"
    )
    assert run("check", cwd=tmp_path).stderr == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('convention = "papr"', "2:1: tool.mfprofile.convention = 'papr': must be the name of a convention; did you mean 'paper'?"),
        ("convention = 3", "2:1: tool.mfprofile.convention = 3: must be the name of a convention; use one of core, paper, "),
        ("conventon = 'core'", "2:1: tool.mfprofile.conventon: unknown key; did you mean 'convention'?"),
        ("[tool.mfprofile.budgets.phone]\nspecs = 'mf26m'", "3:1: tool.mfprofile.budgets.\"phone\".specs = 'mf26m': must be a list of names, paths and globs of specs"),
        ("[tool.mfprofile.budgets.phone]\nspecs = ['mf26m', 3]", "3:1: tool.mfprofile.budgets.\"phone\".specs = ['mf26m', 3]: must be a list of names, paths and globs of specs"),
        ("budgets = 3", "2:1: tool.mfprofile.budgets: must be a table of globs or names, each with its limits"),
        ("[tool.mfprofile.budgets]\nphone = {max = {mads = 3}}", "3:17: tool.mfprofile.budgets.\"phone\".max.mads: unknown key; did you mean 'madds'?"),
        ("[tool.mfprofile.budgets]\nmf294m = {madds = '300M'}", "3:11: tool.mfprofile.budgets.\"mf294m\".madds: unknown key; write it as 'max = {madds = \"300M\"}', or put it under 'min'"),
        ("[tool.mfprofile.budgets]\n'net.py:Net' = {input = '3x8x8', max = {madds = 3}}", "3:17: tool.mfprofile.budgets.\"net.py:Net\".input: unknown key; put it into [tool.mfprofile.targets.\"net.py:Net\"], as in 'input = \"3x64x64\"'"),
        ("[tool.mfprofile.budgets]\nmf294m = {min-params = 3}", "3:11: tool.mfprofile.budgets.\"mf294m\".min-params: unknown key; write it as 'min = {params = 3}'"),
        ("[tool.mfprofile.budgets]\nmf294m = {max = '300M'}", "3:11: tool.mfprofile.budgets.\"mf294m\".max = '300M': must be a table of limits, as in '{madds = \"300M\"}'"),
        ("[tool.mfprofile.budgets.mf294m.max]\n'former.madds' = '10%'", "3:1: tool.mfprofile.budgets.\"mf294m\".max.former.madds: unknown key; write it as 'former = {madds = \"10%\"}'"),
        ("[tool.mfprofile.budgets.mf294m.max]\nformer = '10%'", "3:1: tool.mfprofile.budgets.\"mf294m\".max.former = '10%': must be a table (madds, params, activations, latency), as in '{madds = \"10%\"}'"),
        ("[tool.mfprofile.budgets.mf294m]\nlimit = 3", "3:1: tool.mfprofile.budgets.\"mf294m\".limit: unknown key; put limits under 'max' and 'min', as in '{max = {madds = \"300M\", former = {madds = \"10%\"}}, min = {madds = \"280M\"}}'"),
        ("x = [", "3:1: is not TOML: "),
    ],
    ids=range(15),
)  # fmt: skip
def test_each_problem_has_its_line_and_column(text: str, message: str, tmp_path: Path) -> None:
    """Exit code 2, before anything is counted."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.mfprofile]\n{text}\n", encoding="utf-8")
    done = run("check", "mf26m", "--max-madds", "1G", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: pyproject.toml:{message}")


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    """Of all tables, in the order of the file."""
    text = '[tool.mfprofile]\nconvention = "x"\ny = 1\n[tool.mfprofile.budgets]\na = 3\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    lines = run("check", "mf26m", cwd=tmp_path).stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["pyproject.toml:2:1", "pyproject.toml:3:1", "pyproject.toml:5:1"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("phon", "--budget phon: tool.mfprofile.budgets has no such budget; did you mean 'phone'?"),
        ("zzz", "--budget zzz: tool.mfprofile.budgets has no such budget; use one of specs/*.yaml, phone, watch"),
    ],
)
def test_an_unknown_budget_has_the_similar_one(name: str, message: str, folder: Path) -> None:
    """Or all of them."""
    done = run("check", "mf26m", "--budget", name, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_pattern_that_matches_nothing_is_noted(folder: Path) -> None:
    """Also one of `specs`; not the name of a budget that is chosen."""
    text = "[tool.mfprofile.budgets.a]\nspecs = ['gone/*.yaml', 'mf26m']\nmax.madds = '1G'\n"
    more = "[tool.mfprofile.budgets.b]\nmax.madds = '1G'\n"
    (folder / "pyproject.toml").write_text(text + more, encoding="utf-8")
    note = "note: tool.mfprofile.budgets has limits for '{}', which matches no file and no shipped spec\n"
    assert run("check", cwd=folder).stderr == note.format("gone/*.yaml") + note.format("b")
    assert run("check", "mf26m", "--budget", "b", cwd=folder).stderr == ""


def test_the_budgets_of_the_file_are_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None if it cannot be read."""
    monkeypatch.chdir(folder)
    assert budgets() == ["specs/*.yaml", "phone", "watch"]
    (folder / "pyproject.toml").write_text("[tool.mfprofile\n", encoding="utf-8")
    assert budgets() == []
