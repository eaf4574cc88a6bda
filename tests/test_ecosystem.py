"""The GitHub action and the pre-commit hook: what their hosts demand of the files, and what they do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import ROOT, surroundings

from mfprofile.cli.program import COMMANDS

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SHOWN = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
WITHIN = {"specs": "mine/a.yaml", "max-madds": "290M"}


def _expressions(value: Any) -> list[str]:
    """Return all expressions in a part of the action."""
    if isinstance(value, dict | list):
        return [found for one in (value.values() if isinstance(value, dict) else value) for found in _expressions(one)]
    return EXPRESSION.findall(str(value))


def _step(name: str, folder: Path, values: dict[str, str], **environment: str) -> tuple[int, str, dict[str, str]]:
    """Run a step as a runner does; return its exit code, all that it printed and its outputs."""
    step = next(step for step in STEPS if step["id"] == name)
    given = {key: EXPRESSION.sub(lambda match: values[match[1]], text) for key, text in step["env"].items()}
    script, outputs = folder / f"{name}.sh", folder / f"{name}.outputs"
    script.write_text(step["run"], encoding="utf-8")
    outputs.write_text("", encoding="utf-8")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        check=False, cwd=folder, timeout=600, env=surroundings(**given, GITHUB_OUTPUT=str(outputs), **environment),
    )  # fmt: skip
    lines = outputs.read_text(encoding="utf-8").splitlines()
    return done.returncode, done.stdout, dict(line.split("=", 1) for line in lines)


def _checked(folder: Path, command: str = "", **given: str) -> tuple[int, str, dict[str, str]]:
    """Run the step that checks in a folder that has a spec, with these inputs and the defaults of all others."""
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "a.yaml").write_text("extends: mf294m\n", encoding="utf-8")
    command = command or shutil.which("mfprofile", path=surroundings()["PATH"]) or ""
    inputs = {name: given.get(name, about.get("default", "")) for name, about in ACTION["inputs"].items()}
    values = {f"inputs.{name}": value for name, value in inputs.items()}
    values["steps.install.outputs.command"] = command
    return _step("check", folder, values, GITHUB_STEP_SUMMARY=str(folder / "summary.md"))


def test_the_action_has_what_github_demands() -> None:
    """Name, description and steps; each input described, each output with a value, each script with its shell."""
    assert ACTION["name"]
    assert ACTION["description"]
    assert ACTION["runs"]["using"] == "composite"
    assert all(about["description"] for about in ACTION["inputs"].values())
    assert all(about["description"] and about["value"] for about in ACTION["outputs"].values())
    for step in STEPS:
        assert ("uses" in step) != ("run" in step)
        assert ("shell" in step) == ("run" in step)
    assert len({step["id"] for step in STEPS}) == len(STEPS)


def test_each_input_of_the_action_is_used_and_no_other() -> None:
    """An expression that names no input and no step before it would be empty, silently."""
    used = set(_expressions(ACTION["runs"]))
    inputs = {f"inputs.{name}" for name in ACTION["inputs"]}
    assert {one for one in used if one.startswith("inputs.")} == inputs
    assert used - inputs == {"steps.python.outputs.python-path", "steps.install.outputs.command"}
    assert _expressions(ACTION["outputs"]) == ["steps.check.outputs.exit-code"]


def test_no_expression_stands_in_a_script_of_the_action() -> None:
    """What a caller gives would be run as shell code."""
    assert not [step["id"] for step in STEPS if "${{" in step.get("run", "")]


def test_the_action_passes_what_is_within(tmp_path: Path) -> None:
    """The exit code is 0, an output too, and the job summary has the table."""
    code, text, outputs = _checked(tmp_path, **WITHIN)
    assert (code, outputs) == (0, {"exit-code": "0"})
    assert "the 1 limit met in convention 'core'" in text
    assert "| a " in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_the_action_fails_on_what_is_over(tmp_path: Path) -> None:
    """The exit code is 1, and an annotation names the spec's file."""
    code, text, outputs = _checked(tmp_path, **{**WITHIN, "max-madds": "280M"})
    assert (code, outputs) == (1, {"exit-code": "1"})
    assert "::error file=mine/a.yaml,line=1,col=1,title=a%3A madds over its limit::" in text


def test_the_action_hands_on_each_of_its_inputs(tmp_path: Path) -> None:
    """Specs and further arguments are split at blanks and line ends; an empty input is no option."""
    (tmp_path / "before.json").write_text(
        '[{"schema": 1, "name": "a", "convention": "paper", "madds": 294051584, "params": 11422648},'
        ' {"schema": 1, "name": "mf26m", "convention": "paper", "madds": 26000000, "params": 3232788}]',
        encoding="utf-8",
    )
    code, text, _ = _checked(
        tmp_path, **{
            "specs": "mine/*.yaml\nmf26m", "max-madds": "300M", "min-madds": "1M", "max-params": "12M",
            "max-activations": "100M", "max-memory": "100MB", "baseline": "before.json", "max-growth": "5%",
            "convention": "paper", "args": "--max former.madds=20%\n  --min former.madds=1%",
        },
    )  # fmt: skip
    assert code == 0, text
    assert "all 18 limits met in convention 'paper'" in text


@pytest.mark.parametrize("name", [name for name in ACTION["inputs"] if name != "python-version"])
def test_what_the_action_is_given_is_never_run(name: str, tmp_path: Path) -> None:
    """An input is one argument or several, whatever shell code it holds."""
    code, _, outputs = _checked(tmp_path, **{**WITHIN, name: '"; touch hacked; `touch hacked` $(touch hacked) #'})
    assert (code, outputs) == (2, {"exit-code": "2"})
    assert not list(tmp_path.rglob("hacked*"))


def test_a_spec_given_to_the_action_is_no_option(tmp_path: Path) -> None:
    """A name that begins with a hyphen stays a name."""
    assert _checked(tmp_path, specs="--exit-zero", **{"max-madds": "1M"})[0] == 2


@pytest.mark.slow
def test_the_action_installs_its_own_checkout(tmp_path: Path) -> None:
    """The step that installs makes an environment of its own, whose command then checks."""
    values = {"steps.python.outputs.python-path": sys.executable}
    runner = {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_ACTION_PATH": str(ROOT), "PYTHONPATH": ""}
    code, text, outputs = _step("install", tmp_path, values, **runner)
    assert code == 0, text
    assert Path(outputs["command"]).is_relative_to(tmp_path)
    code, text, _ = _checked(tmp_path, outputs["command"], **WITHIN)
    assert (code, "286,732,160" in text) == (0, True)


def test_the_hook_has_what_pre_commit_demands() -> None:
    """Each hook has the four keys that must be there, and its command is one that installing provides."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook)
        script, command = hook["entry"].split()
        assert script in scripts
        assert command in COMMANDS


@pytest.mark.parametrize(
    ("file", "taken"),
    [
        ("specs/a.yaml", True),
        ("models/specs/deep/a.yml", True),
        (".github/workflows/ci.yml", False),
        ("myspecs/a.yaml", False),
        ("specs.yaml", False),
    ],
)
def test_the_hook_takes_only_specs(file: str, taken: bool) -> None:
    """pre-commit searches for the pattern in each file's path; a workflow, say, would be refused as no spec."""
    (hook,) = HOOKS
    assert bool(re.search(hook["files"], file)) == taken
    assert hook["types"] == ["yaml"]


def test_the_page_uses_the_action_as_it_is() -> None:
    """Its workflow gives only inputs that there are, and every input is named somewhere on the page."""
    workflow = next(block for block in SHOWN if "jobs" in block)
    *_, step = workflow["jobs"]["check"]["steps"]
    assert step["uses"].startswith("OWNER/mfprofile@")
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert not [name for name in ACTION["inputs"] if name not in step["with"] and f"`{name}`" not in PAGE]
    assert not [name for name in ACTION["outputs"] if f"`{name}`" not in PAGE]


def test_the_page_uses_the_hook_as_it_is() -> None:
    """Its examples name hooks that there are."""
    shown = [repo["hooks"] for block in SHOWN if "repos" in block for repo in block["repos"]]
    shown += [block for block in SHOWN if isinstance(block, list)]
    assert len(shown) == 2
    assert {hook["id"] for hooks in shown for hook in hooks} <= {hook["id"] for hook in HOOKS}
