"""A budget with its own convention, networks that a baseline does not have, and specs beside networks in code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import need, run

from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.spec import names

IN_CORE, IN_PAPER = 286_732_160, 294_051_584
"""The MAdds of mf294m."""
LEAN = "extends: mf294m\nbudget: {convention: paper, max: {madds: 294M}}\n"
NET = """\
from torch import nn

SIDE = 3


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, SIDE, padding=1)

    def forward(self, x):
        return self.conv(x)


def wide():
    return Net(32)
"""
PYPROJECT = """\
[tool.mfprofile.budgets]
"net.py:*" = {max = {madds = "1M"}}

[tool.mfprofile.targets."net.py:Net"]
input = ["3x64x64"]
arg = ["width=16"]
"""


def write(folder: Path, **files: str) -> None:
    """Write files whose names have an underscore for the dot."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


def judged(*arguments: str, cwd: Path) -> dict[str, Any]:
    """Return the JSON of a check."""
    answer: dict[str, Any] = json.loads(run("check", *arguments, "--json", cwd=cwd).stdout)
    return answer


def limits(check: dict[str, Any]) -> list[tuple[str, str, str, int, bool]]:
    """Return each limit of a check: the network, the quantity, the convention, the count, and whether it holds."""
    return [
        (spec["name"], each["quantity"], each["convention"], each["counted"], each["holds"])
        for spec in check["specs"]
        for each in spec["limits"]
    ]


def test_the_names_of_conventions_in_specs_are_those_that_exist() -> None:
    """A spec is checked without the conventions themselves."""
    assert tuple(CONVENTIONS) == names.CONVENTIONS


def test_a_budget_is_judged_in_its_own_convention(tmp_path: Path) -> None:
    """294M is met in core and missed in paper. Flags without --convention are in the convention of the spec."""
    write(tmp_path, lean_yaml=LEAN)
    check = judged("lean.yaml", "--max-params", "12M", cwd=tmp_path)
    assert limits(check) == [
        ("lean", "params", "paper", 11_422_648, True),
        ("lean", "madds", "paper", IN_PAPER, False),
    ]
    assert (check["convention"], check["holds"]) == ("paper", False)
    text = run("check", "lean.yaml", cwd=tmp_path).stdout
    assert text.startswith("Limits in convention 'paper'\n")
    assert "lean: madds 294,051,584 > 294,000,000 (+51,584, +0.02 %), in convention 'paper'\n" in text
    assert "    tokens.count 6 → 5:        288,992,768\n" in text
    assert text.endswith("FAILED: 1 of 1 limit not met in convention 'paper'\n")
    assert run("check", "lean.yaml", "--convention", "paper", cwd=tmp_path).stdout == text


def test_limits_in_several_conventions_name_theirs(tmp_path: Path) -> None:
    """Spec, pyproject.toml and baseline each have their own. JSON has no common one."""
    write(
        tmp_path,
        lean_yaml=LEAN,
        pyproject_toml='[tool.mfprofile.budgets]\n"lean*" = {convention = "core", max = {madds = "286M"}}\n'
        '"mf26m" = {convention = "paper", max = {madds = "26M"}}\n',
        counts_json=json.dumps({"schema": 2, "name": "lean", "convention": "torch", "madds": 10**9, "params": 10**9}),
    )
    check = judged("lean.yaml", "mf26m", "--baseline", "counts.json", "--allow-new", cwd=tmp_path)
    assert limits(check) == [
        ("lean", "madds", "paper", IN_PAPER, False),
        ("lean", "madds", "core", IN_CORE, False),
        ("lean", "madds", "torch", 2 * IN_CORE, True),
        ("lean", "params", "torch", 11_422_648, True),
        ("mf26m", "madds", "paper", 25_916_544, True),
    ]
    assert (check["convention"], check["unit"]) == (None, None)
    text = run("check", "lean.yaml", cwd=tmp_path).stdout
    assert text.splitlines()[0] == "Limits in conventions 'paper' and 'core'"
    assert " lean  madds in paper  294,051,584  >  294,000,000     +0.02 %  OVER\n" in text
    assert " lean  madds in core   286,732,160  >  286,000,000      +0.3 %  OVER\n" in text
    assert text.endswith("FAILED: 2 of 2 limits not met in conventions 'paper' and 'core'\n")


def test_another_convention_on_the_command_line_is_refused(tmp_path: Path) -> None:
    """A limit means nothing in another convention. A flag that replaces the limit may have any."""
    write(tmp_path, lean_yaml=LEAN)
    done = run("check", "lean.yaml", "--convention", "core", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: lean.yaml:2:42: madds: its limit is in convention 'paper', but --convention is 'core'; "
        "omit --convention, then each limit is judged in its own\n"
    )
    replaced = judged("lean.yaml", "--convention", "core", "--max-madds", "294M", cwd=tmp_path)
    assert limits(replaced) == [("lean", "madds", "core", IN_CORE, True)]


def test_limits_contradict_each_other_only_in_one_convention(tmp_path: Path) -> None:
    """At least 290M in paper and at most 287M in core can both be met."""
    write(
        tmp_path,
        lean_yaml="extends: mf294m\nbudget: {convention: paper, min: {madds: 290M}}\n",
        pyproject_toml='[tool.mfprofile.budgets]\n"*" = {convention = "core", max = {madds = "287M"}}\n',
    )
    assert judged("lean.yaml", cwd=tmp_path)["holds"]


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("{convention: papr}", "budget.convention = 'papr': must be the name of a convention; did you mean 'paper'?"),
        ("{convention: 3}", "budget.convention = 3: must be the name of a convention; use one of core, paper, paper-coco, torch, fvcore, thop, ptflops, ptflops-pytorch, torchinfo, ultralytics-thop, calflops, deepspeed, torchlens"),
        ("{conventon: paper}", "budget.conventon: unknown key; did you mean 'convention'?"),
    ],
)  # fmt: skip
def test_an_unknown_convention_of_a_budget_is_refused(budget: str, message: str, tmp_path: Path) -> None:
    """It is an error of the spec, for all commands. In a pyproject.toml it is one too."""
    write(tmp_path, own_yaml=f"extends: mf26m\nbudget: {budget}\n")
    done = run("count", "own.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.partition(": ")[2].partition(": ")[2] == f"{message}\n"
    write(tmp_path, pyproject_toml='[tool.mfprofile.budgets]\n"*" = {convention = "papr"}\n')
    error = run("check", "mf26m", cwd=tmp_path).stderr
    assert error.startswith("error: pyproject.toml:2:8: tool.mfprofile.budgets.\"*\".convention = 'papr': must be")


def test_a_network_that_a_baseline_does_not_have_can_be_allowed(tmp_path: Path) -> None:
    """It is reported as new. Its other limits still apply, and networks of the baseline are still compared."""
    write(tmp_path, counts_json=run("count", "mf26m", "--json").stdout, lean_yaml=LEAN)
    baseline = ("--baseline", "counts.json")
    assert run("check", "mf26m", "mf52m", *baseline, cwd=tmp_path).returncode == 2
    done = run("check", "mf26m", "mf52m", *baseline, "--allow-new", cwd=tmp_path)
    assert done.returncode == 0
    assert ["mf52m", "–", "new"] in [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.endswith("all 2 limits met in convention 'core'; 1 new\n")
    only = run("check", "mf52m", *baseline, "--allow-new", cwd=tmp_path)
    assert (only.returncode, only.stdout.splitlines()[-1]) == (0, "no limit to meet in convention 'core'; 1 new")
    check = judged("mf26m", "mf52m", "lean.yaml", *baseline, "--allow-new", cwd=tmp_path)
    assert [spec["new"] for spec in check["specs"]] == [False, True, True]
    assert not check["holds"]
    assert run("check", "mf26m", *baseline, "--allow-new", "--set", "stem=12", cwd=tmp_path).returncode == 1


def test_specs_and_networks_in_code_fit_into_one_check(tmp_path: Path) -> None:
    """The input and the arguments of the network in code are in pyproject.toml, and so is one of its limits."""
    need("torch")
    write(tmp_path, net_py=NET, pyproject_toml=PYPROJECT)
    check = judged("mf294m", "net.py:Net", "--max-params", "12M", cwd=tmp_path)
    assert limits(check) == [
        ("mf294m", "params", "core", 11_422_648, True),
        ("net.py:Net", "params", "core", 27 * 16 + 16, True),
        ("net.py:Net", "madds", "core", 27 * 16 * 64 * 64, False),
    ]
    write(
        tmp_path,
        counts_json=json.dumps(
            [
                json.loads(run(*one, "--json", cwd=tmp_path).stdout)
                for one in (("count", "mf294m"), ("audit", "net.py:Net"))
            ]
        ),
    )
    grown = run("check", "mf294m", "net.py:Net", "--max", "madds=1G", "--baseline", "counts.json", cwd=tmp_path)
    assert (grown.returncode, grown.stdout.splitlines()[-1]) == (0, "all 6 limits met in convention 'core'")


def test_each_input_is_that_of_specs_or_of_networks_in_code_by_its_form(tmp_path: Path) -> None:
    """Pixels are those of specs. A shape with three sides, and one with a type, is that of networks in code."""
    need("torch")
    write(tmp_path, net_py=NET)
    both = ("mf294m", "net.py:wide", "--max-madds", "1G")
    check = judged(*both, "--input", "192", "--input", "3x32x32", cwd=tmp_path)
    assert [spec["input"][0]["shape"] for spec in check["specs"]] == [[1, 3, 192, 192], [1, 3, 32, 32]]
    assert [count for _, _, _, count, _ in limits(check)] == [217_910_784, 27 * 32 * 32 * 32]
    done = run("check", *both, "--input", "192", "--input", "224", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --input 224: the specs have the input 192 already; use one of them\n"


def test_options_replace_those_of_pyproject(tmp_path: Path) -> None:
    """`--input` replaces the inputs, and `--arg` the argument of its key. `audit` and `diff` read the file too."""
    need("torch")
    write(tmp_path, net_py=NET, pyproject_toml=PYPROJECT)

    def audited(*more: str) -> int:
        return int(json.loads(run("audit", "net.py:Net", *more, "--json", cwd=tmp_path).stdout)["madds"])

    assert audited() == 27 * 16 * 64 * 64
    assert audited("--input", "3x8x8") == 27 * 16 * 8 * 8
    assert audited("--arg", "width=2") == 27 * 2 * 64 * 64
    done = run("diff", "net.py:Net", "--arg", "width=2", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert str(27 * 16 * 64 * 64) in done.stdout
    assert str(27 * 2 * 64 * 64) in done.stdout


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('"net.py:Net" = 3', "1: tool.mfprofile.targets.\"net.py:Net\" = 3: must be a table of 'input' and 'arg', as in '{input = [\"3x224x224\"], arg = [\"width=32\"]}'"),
        ('"net.py:Net" = {shapes = "3x8x8"}', "17: tool.mfprofile.targets.\"net.py:Net\".shapes: unknown key; use one of input, arg, inputs, value, batch, no-batch, as in '{input = [\"3x224x224\"], arg = [\"width=32\"]}'"),
        ('"net.py:Net" = {inpt = "3x8x8"}', "17: tool.mfprofile.targets.\"net.py:Net\".inpt: unknown key; did you mean 'input'?"),
        ('"net.py:Net" = {input = 3}', "17: tool.mfprofile.targets.\"net.py:Net\".input = 3: must be a list of strings, as in '{input = [\"3x224x224\"], arg = [\"width=32\"]}'"),
        ('"net.py:Net" = {arg = ["width"]}', "17: tool.mfprofile.targets.\"net.py:Net\".arg = 'width': must be KEY=VALUE, as in arg = [\"width=32\"]"),
        ('"mf294m" = {input = "192"}', '1: tool.mfprofile.targets."mf294m": is not a network in code; write path/file.py:Class, package.module:factory or timm:NAME'),
    ],
)  # fmt: skip
def test_wrong_options_in_pyproject_are_refused(table: str, message: str, tmp_path: Path) -> None:
    """The place is a line and a column, and the text says what to write."""
    write(tmp_path, pyproject_toml=f"[tool.mfprofile.targets]\n{table}\n")
    done = run("check", "mf294m", "--max-madds", "1G", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: pyproject.toml:2:{message}\n")


def test_a_wrong_shape_in_pyproject_is_reported_with_its_place(tmp_path: Path) -> None:
    """It is read only when it is used, as torch is needed for it."""
    need("torch")
    write(tmp_path, net_py=NET, pyproject_toml=PYPROJECT.replace("3x64x64", "3xx64"))
    done = run("check", "net.py:Net", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        'pyproject.toml:5:1: tool.mfprofile.targets."net.py:Net".input 3xx64: must be [NAME=][TYPE:]SHAPE'
        in done.stderr
    )


def test_options_for_a_file_that_does_not_exist_are_noted(tmp_path: Path) -> None:
    """The target is most likely misspelled."""
    write(tmp_path, pyproject_toml='[tool.mfprofile.targets]\n"nte.py:Net" = {input = "3x8x8"}\n')
    done = run("check", "mf26m", "--max-madds", "1G", cwd=tmp_path)
    note = "note: tool.mfprofile.targets has options for 'nte.py:Net', which matches no file\n"
    assert (done.returncode, done.stderr) == (0, note)
