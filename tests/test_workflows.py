"""The workflows that the pages show for GitHub are valid, and their steps do what the pages say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from running import ROOT, need, surroundings

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
RECIPES = (ROOT / "docs" / "how-do-i.md").read_text(encoding="utf-8")
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
SHARED = ("git config --global user.name a", "git config --global user.email a@example.org")


def _workflows(text: str) -> list[str]:
    return [block for block in YAML.findall(text) if "\njobs:" in block]


def _runs(workflow: str) -> list[str]:
    """Return what the steps of a workflow run."""
    return [step["run"] for step in yaml.safe_load(workflow)["jobs"]["check"]["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", [*_workflows(PAGE), *_workflows(RECIPES)])
def test_a_workflow_of_the_pages_is_valid(workflow: str, tmp_path: Path) -> None:
    """GitHub's schema accepts it."""
    need("check_jsonschema")
    (tmp_path / "shown.yml").write_text(workflow, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "shown.yml"]
    assert subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).returncode == 0


def test_both_pages_run_the_same_commands() -> None:
    """What a step of the recipe runs is also a step of the page on CI."""
    (recipe,) = _workflows(RECIPES)
    assert len(_workflows(PAGE)) == 2
    assert len(_runs(recipe)) == 2
    assert all(f"- run: {line}\n" in PAGE for line in _runs(recipe))


def _bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = surroundings(
        HOME=str(folder.parent), GITHUB_BASE_REF="main", RUNNER_TEMP=str(folder.parent / "temporary")
    )
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=600,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tokens", "code", "verdict"),
    [
        (4, 0, "all 2 limits met in convention 'core'; 1 new"),
        (5, 1, "FAILED: 1 of 2 limits not met in convention 'core'; 1 new"),
    ],
)
def test_a_pull_request_is_compared_with_its_base_branch(tokens: int, code: int, verdict: str, tmp_path: Path) -> None:
    """The steps of the page run in a shallow clone, where a spec grows by 1.9 % or not at all and another one is new."""
    installing, base, check = _runs(_workflows(PAGE)[1])
    assert installing.startswith("pip install ")
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for folder in (origin, tmp_path / "temporary"):
        folder.mkdir()
    made = f"""
        {"; ".join(SHARED)}; git init -q -b main . ; mkdir specs
        printf 'extends: mf294m\\ntokens: {{count: 4}}\\n' > specs/mine.yaml
        git add . ; git commit -qm base; git switch -qc change
        printf 'extends: mf294m\\ntokens: {{count: {tokens}}}\\n' > specs/mine.yaml
        printf 'extends: mf508m\\n' > specs/new.yaml
        git add . ; git commit -qm change; git clone -q --depth 1 --branch change "file://$PWD" {clone}"""
    assert _bash(made, origin).returncode == 0
    assert _bash(base, clone).returncode == 0
    done = _bash(check, clone)
    assert done.returncode == code
    assert verdict in done.stdout
