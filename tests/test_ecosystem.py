"""The GitHub action and the pre-commit hook: their files have all required keys, and they run as documented."""

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
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
SHOWN = [yaml.safe_load(block) for block in YAML.findall(PAGE)]
EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
WITHIN = {"specs": "mine/a.yaml", "max-madds": "290M"}


def _expressions(value: Any) -> list[str]:
    """Return all expressions in a part of the action, without ${{ and }}."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [expression for part in parts for expression in _expressions(part)]
    return EXPRESSION.findall(str(value))


def _step(name: str, folder: Path, values: dict[str, str], **environment: str) -> tuple[int, str, dict[str, str]]:
    """Run a step like a GitHub runner, and return its exit code, its printed text and its outputs."""
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
    """Run the step "check" in a folder with a spec, with these inputs and the defaults of all others."""
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "a.yaml").write_text("extends: mf294m\n", encoding="utf-8")
    command = command or shutil.which("mfprofile", path=surroundings()["PATH"]) or ""
    inputs = {name: given.get(name, about.get("default", "")) for name, about in ACTION["inputs"].items()}
    values = {f"inputs.{name}": value for name, value in inputs.items()}
    values["steps.install.outputs.command"] = command
    return _step("check", folder, values, GITHUB_STEP_SUMMARY=str(folder / "summary.md"))


def test_the_action_has_the_keys_that_github_requires() -> None:
    """It has a name, a description and steps; inputs have descriptions, outputs have values, scripts have shells."""
    assert ACTION["name"]
    assert ACTION["description"]
    assert ACTION["runs"]["using"] == "composite"
    assert all(about["description"] for about in ACTION["inputs"].values())
    assert all(about["description"] and about["value"] for about in ACTION["outputs"].values())
    for step in STEPS:
        assert ("uses" in step) != ("run" in step)
        assert ("shell" in step) == ("run" in step)
    assert len({step["id"] for step in STEPS}) == len(STEPS)


def test_the_action_uses_each_of_its_inputs_and_no_others() -> None:
    """An expression with an unknown input or step is empty, and there is no error."""
    used = set(_expressions(ACTION["runs"]))
    inputs = {f"inputs.{name}" for name in ACTION["inputs"]}
    assert {name for name in used if name.startswith("inputs.")} == inputs
    assert used - inputs == {"steps.python.outputs.python-path", "steps.install.outputs.command"}
    assert _expressions(ACTION["outputs"]) == ["steps.check.outputs.exit-code"]


def test_no_script_of_the_action_contains_an_expression() -> None:
    """The value of an input would be run as shell code."""
    assert not [step["id"] for step in STEPS if "${{" in step.get("run", "")]


def test_the_action_passes_a_spec_within_its_limits(tmp_path: Path) -> None:
    """The exit code and the output are 0, and the job summary has the table."""
    code, text, outputs = _checked(tmp_path, **WITHIN)
    assert (code, outputs) == (0, {"exit-code": "0"})
    assert "the 1 limit met in convention 'core'" in text
    assert "| a " in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_the_action_fails_for_a_spec_over_its_limits(tmp_path: Path) -> None:
    """The exit code is 1, and an annotation has the file of the spec."""
    code, text, outputs = _checked(tmp_path, **{**WITHIN, "max-madds": "280M"})
    assert (code, outputs) == (1, {"exit-code": "1"})
    assert "::error file=mine/a.yaml,line=1,col=1,title=a%3A madds over its limit::" in text


def test_the_action_passes_each_input_to_the_command(tmp_path: Path) -> None:
    """Specs and further arguments are split at spaces and newlines; an empty input is not passed."""
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


def test_the_action_accepts_new_networks_and_chooses_budgets(tmp_path: Path) -> None:
    """Without specs, the budget's own are checked. `allow-new: false` is as if it were not given."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets.phone]\nspecs = ["mine/*.yaml", "mf26m"]\nmax.madds = "300M"\n', encoding="utf-8"
    )
    (tmp_path / "before.json").write_text(
        '{"schema": 1, "name": "mf26m", "convention": "core", "madds": 26000000, "params": 3232788}', encoding="utf-8"
    )
    code, text, _ = _checked(tmp_path, budget="phone", baseline="before.json", **{"allow-new": "true"})
    assert code == 0, text
    assert "all 4 limits met in convention 'core'; 1 new" in text
    code, text, _ = _checked(tmp_path, budget="phone", baseline="before.json", **{"allow-new": "false"})
    assert (code, "1 not judged" in text) == (2, True)


@pytest.mark.parametrize("name", [name for name in ACTION["inputs"] if name not in ("python-version", "extras")])
def test_an_input_of_the_action_is_never_run(name: str, tmp_path: Path) -> None:
    """An input with shell code is still one argument, or several."""
    code, _, outputs = _checked(tmp_path, **{**WITHIN, name: '"; touch hacked; `touch hacked` $(touch hacked) #'})
    assert (code, outputs) == (2, {"exit-code": "2"})
    assert not list(tmp_path.rglob("hacked*"))


def test_a_spec_that_looks_like_an_option_is_a_spec(tmp_path: Path) -> None:
    """A name that begins with a hyphen is read as a name."""
    assert _checked(tmp_path, specs="--exit-zero", **{"max-madds": "1M"})[0] == 2


@pytest.mark.parametrize(
    ("extras", "target"), [("", "/a b"), ("torch,onnx", "/a b[torch,onnx]"), ("$(x)", "/a b[$(x)]")]
)
def test_the_action_installs_the_extras_that_are_asked_for(extras: str, target: str, tmp_path: Path) -> None:
    """They are one argument of pip, whatever they hold."""
    python = tmp_path / "python"
    fake = (
        '#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; else printf "%s\\n" "$@"; fi\n'
    )
    python.write_text(fake, encoding="utf-8")
    python.chmod(0o755)
    values = {"steps.python.outputs.python-path": str(python), "inputs.extras": extras}
    code, text, _ = _step("install", tmp_path, values, RUNNER_TEMP=str(tmp_path / "temp"), GITHUB_ACTION_PATH="/a b")
    assert (code, text.splitlines()) == (0, ["-m", "pip", "install", "--quiet", target])


@pytest.mark.slow
def test_the_action_installs_its_own_checkout(tmp_path: Path) -> None:
    """The step "install" creates a new environment, and the step "check" runs its command."""
    values = {"steps.python.outputs.python-path": sys.executable, "inputs.extras": ""}
    runner = {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_ACTION_PATH": str(ROOT), "PYTHONPATH": ""}
    code, text, outputs = _step("install", tmp_path, values, **runner)
    assert code == 0, text
    assert Path(outputs["command"]).is_relative_to(tmp_path)
    code, text, _ = _checked(tmp_path, outputs["command"], **WITHIN)
    assert (code, "286,732,160" in text) == (0, True)


def test_the_hook_has_the_keys_that_pre_commit_requires() -> None:
    """Each hook has the four required keys, and the package installs its command."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook)
        script, command = hook["entry"].split()
        assert script in scripts
        assert command in COMMANDS


@pytest.mark.parametrize(
    ("file", "matches"),
    [
        ("specs/a.yaml", True),
        ("models/specs/deep/a.yml", True),
        (".github/workflows/ci.yml", False),
        ("myspecs/a.yaml", False),
        ("specs.yaml", False),
    ],
)
def test_the_hook_checks_only_specs(file: str, matches: bool) -> None:
    """Other YAML files, such as a workflow, would be reported as invalid specs."""
    (hook,) = HOOKS
    assert bool(re.search(hook["files"], file)) == matches
    assert hook["types"] == ["yaml"]


def test_the_page_uses_the_action_as_it_is() -> None:
    """Its workflow and its steps use only existing inputs, and the page mentions every input."""
    workflow = next(block for block in SHOWN if "jobs" in block)
    steps = [step for block in SHOWN if isinstance(block, list) for step in block]
    uses = [step for step in (workflow["jobs"]["check"]["steps"][-1], *steps) if "uses" in step]
    assert [step["uses"].startswith("OWNER/mfprofile@") for step in uses] == [True, True]
    given = uses[1]["with"]
    assert set(given) <= set(ACTION["inputs"])
    assert not [name for name in ACTION["inputs"] if name not in given and f"`{name}`" not in PAGE]
    assert not [name for name in ACTION["outputs"] if f"`{name}`" not in PAGE]


def test_the_page_uses_the_hook_as_it_is() -> None:
    """Its examples use only existing hooks."""
    shown = [repo["hooks"] for block in SHOWN if "repos" in block for repo in block["repos"]]
    shown += [block for block in SHOWN if isinstance(block, list) and "id" in block[0]]
    assert len(shown) == 2
    assert {hook["id"] for hooks in shown for hook in hooks} <= {hook["id"] for hook in HOOKS}
