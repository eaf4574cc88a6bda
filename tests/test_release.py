"""A release: one version everywhere, notes from the changelog, and workflows that run what the repository has."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import ROOT, need, run

import mfprofile

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = {
    file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / ".github/workflows").iterdir()
}
RELEASE = WORKFLOWS["release.yml"]
EVENTS = {"push", "pull_request", "schedule", "workflow_dispatch"}
SCRIPT = re.compile(r"(?:^|\s)(\.ci/[\w/.]+)")
HEADING = re.compile(r"^## (\S+) - (\S+)$", re.MULTILINE)


def notes(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `.ci/notes` of a repository."""
    return subprocess.run(
        [sys.executable, root / ".ci" / "notes", *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def jobs(workflow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the jobs of a workflow with their names."""
    return list(workflow["jobs"].items())


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    return [step for _, job in jobs(workflow) for step in job["steps"]]


def test_every_file_has_the_version_of_the_package() -> None:
    """The changelog's first heading with a date, the citation, and what people copy from the pages."""
    version = mfprofile.__version__
    released, day = HEADING.findall(CHANGELOG)[0]
    assert released == version
    assert (CITATION["version"], CITATION["date-released"]) == (version, day)
    assert date.fromisoformat(day)
    pages = "\n".join(page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    named = re.findall(r"mfprofile@v([\d.]+\d)|rev: v([\d.]+\d)|tags/v([\d.]+\d)", pages)
    assert len(named) >= 3
    assert {"".join(each) for each in named} == {version}
    assert run("--version").stdout == f"mfprofile {version}\n"


def test_the_notes_of_a_release_are_its_part_of_the_changelog() -> None:
    """All of it, without its heading and without other versions."""
    done = notes(f"v{mfprofile.__version__}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() in CHANGELOG
    assert done.stdout.startswith("The first release.")
    assert "\n## " not in done.stdout


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (None, ["v9.9.9"], "v9.9.9: is not the tag of version 1.2.3 (mfprofile/__init__.py); use v1.2.3\n"),
        (None, ["1.2.3"], "1.2.3: is not the tag of version 1.2.3 (mfprofile/__init__.py); use v1.2.3\n"),
        (
            None,
            ["v1.2.3", "other/mfprofile"],
            "pyproject.toml: urls.Source = https://github.com/OWNER/mfprofile: is not this repository; "
            "replace OWNER (CONTRIBUTING.md)\n",
        ),
        ("## Unreleased\n\ntext\n", ["v1.2.3"], "CHANGELOG.md: has no '## 1.2.3 - YYYY-MM-DD' with text below it\n"),
        ("## 1.2.3\n\ntext\n", ["v1.2.3"], "CHANGELOG.md: has no '## 1.2.3 - YYYY-MM-DD' with text below it\n"),
        ("## 1.2.3 - 2026-01-01\n\n## 1.2.2 - 2025-01-01\n\ntext\n", ["v1.2.3"], "CHANGELOG.md: has no"),
    ],
)
def test_nothing_is_published_that_is_not_ready(
    change: str | None, arguments: list[str], message: str, tmp_path: Path
) -> None:
    """Another tag, another repository, and a version without notes or without a date stop the workflow."""
    for name in (".ci", "mfprofile"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / ".ci" / "notes", tmp_path / ".ci" / "notes")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "mfprofile" / "__init__.py").write_text('__version__ = "1.2.3"\n', encoding="utf-8")
    good = "# Changelog\n\n## 1.2.3 - 2026-01-01\n\nNew.\n\n## 1.2.2 - 2025-01-01\n\nOld.\n"
    (tmp_path / "CHANGELOG.md").write_text(good if change is None else change, encoding="utf-8")
    done = notes(*arguments, root=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    (tmp_path / "CHANGELOG.md").write_text(good, encoding="utf-8")
    assert notes("v1.2.3", "OWNER/mfprofile", root=tmp_path).stdout == "New.\n"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_the_keys_that_github_requires(name: str) -> None:
    """Events, jobs with a system, a limit of time and steps, and needs that are jobs before."""
    workflow = WORKFLOWS[name]
    assert set(workflow) <= {"name", True, "permissions", "concurrency", "jobs", "env"}  # YAML 1.1 reads `on` as True
    assert set(workflow[True]) <= EVENTS
    assert workflow["permissions"] == {"contents": "read"}  # a job that needs more says so itself
    known: set[str] = set()
    for job_name, job in jobs(workflow):
        assert job["runs-on"]
        assert 0 < job["timeout-minutes"] <= 90
        needs = job.get("needs", [])
        assert {needs} if isinstance(needs, str) else set(needs) <= known
        known.add(job_name)
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1)", step.get("uses", "actions/checkout@v4"))


@pytest.mark.parametrize(("schema", "files"), [("workflows", ".github/workflows/*.yml"), ("actions", "action.yml")])
def test_the_published_schemas_of_github_accept_the_files(schema: str, files: str) -> None:
    """No key is misspelled, and no value has a wrong type."""
    need("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{schema}"]
    done = subprocess.run([*command, *ROOT.glob(files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_runs_scripts_that_exist(name: str) -> None:
    """They can be executed, and bash or Python reads each without an error."""
    for step in steps(WORKFLOWS[name]):
        for script in SCRIPT.findall(step.get("run", "")):
            file = ROOT / script
            if f"python {script}" not in step["run"]:
                assert os.access(file, os.X_OK), script
            first = file.read_text(encoding="utf-8").split("\n", 1)[0]
            check = (
                ["bash", "-n"]
                if "bash" in first
                else [sys.executable, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"]
            )
            assert subprocess.run([*check, str(file)], check=False).returncode == 0


def test_a_release_runs_no_text_of_an_event_as_code() -> None:
    """Values of the event come from the environment, quoted."""
    for step in steps(RELEASE):
        assert "${{" not in step.get("run", "")
        for word in shlex.split(step.get("run", "")):
            assert not word.startswith("$") or word in ("$GITHUB_REF_NAME", "$GITHUB_REPOSITORY")


def test_a_release_is_built_once_tried_and_then_published_without_a_token() -> None:
    """Each job needs the one before. Only the job that publishes can prove to PyPI which workflow it is."""
    assert RELEASE[True] == {"push": {"tags": ["v[0-9]*"]}}
    assert {name: job.get("needs") for name, job in jobs(RELEASE)} == {
        "build": None, "try": "build", "publish": "try", "announce": "publish",
    }  # fmt: skip
    assert {name: job.get("permissions") for name, job in jobs(RELEASE)} == {
        "build": None, "try": None, "publish": {"id-token": "write"}, "announce": {"contents": "write"},
    }  # fmt: skip
    assert RELEASE["jobs"]["publish"]["environment"]["name"] == "pypi"
    assert "secrets." not in str(RELEASE)
    assert [step["run"] for step in RELEASE["jobs"]["build"]["steps"] if "run" in step] == [
        '.ci/notes "$GITHUB_REF_NAME" "$GITHUB_REPOSITORY" > notes.md',
        ".ci/release",
    ]


def test_a_release_is_tried_on_every_python_that_it_claims() -> None:
    """The first in the job that builds it, the others in their own."""
    claimed = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    built = next(step["with"] for step in RELEASE["jobs"]["build"]["steps"] if "with" in step)["python-version"]
    assert [built, *RELEASE["jobs"]["try"]["strategy"]["matrix"]["python"]] == claimed
    assert PROJECT["requires-python"] == f">={claimed[0]}"
