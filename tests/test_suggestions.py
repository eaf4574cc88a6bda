"""Wrong words at the door: each message says what to write instead."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from running import ROOT, need, run, surroundings

TYPER = tuple(map(int, metadata.version("typer").split(".")[:2]))


@pytest.mark.skipif(TYPER < (0, 29), reason="older versions of typer have other words")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("conut mf26m", "No such command 'conut'. Did you mean 'count'?"),
        ("explore cuont tiny", "No such command 'cuont'. Did you mean 'count', 'front'?"),
        ("histogram tiny", "No such command 'histogram'. Did you mean 'explore histogram' or 'plot histogram'?"),
        ("explore waterfall", "No such command 'waterfall'. Did you mean 'plot waterfall'?"),
        ("nonsense", "No such command 'nonsense'."),
        ("scale mf26m --convetion core", "No such option: --convetion. Did you mean --caption, --convention?"),
        ("check mf26m --max-mads 3M", "No such option: --max-mads. Did you mean --max-madds, --max-params, --min-madds?"),
        ("count mf26m --zzz", "No such option: --zzz"),
    ],
)  # fmt: skip
def test_an_unknown_command_or_option_has_the_similar_ones(line: str, message: str) -> None:
    """The last line has them; exit code 2."""
    done = run(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"error: {message}"


@pytest.mark.parametrize("line", ["explore count {}", "explore best {} --maximize params", "plot histogram {}"])
def test_an_unknown_space_has_the_command_that_lists_spaces(line: str) -> None:
    """And a similar one, where there is one."""
    rule = "no shipped spec and no file has this name"
    done = run(*line.format("resnet").split())
    assert done.stderr == f"error: resnet: {rule}; 'mfprofile explore spaces' shows the shipped spaces\n"
    done = run(*line.format("mf294m-stage").split())
    assert (done.returncode, done.stderr) == (2, f"error: mf294m-stage: {rule}; did you mean 'mf294m-stages'?\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("explore best tiny --maximize parms", "unknown quantity 'parms'; did you mean 'params'?"),
        ("explore count tiny --within formr.madds=:3M", "--within formr.madds=:3M: unknown quantity 'formr.madds'; did you mean 'former.madds'?"),
        ("check mf26m --max maddds=3M", "--max maddds=3M: unknown quantity 'maddds'; did you mean 'madds'?"),
    ],
)  # fmt: skip
def test_an_unknown_quantity_has_a_similar_one(line: str, message: str) -> None:
    """It is on one line."""
    done = run(*line.split())
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")


def test_a_space_without_variants_has_each_broken_rule_once(tmp_path: Path) -> None:
    """`count` names the rule that the first combination breaks, and the number of invalid ones."""
    text = "extends: mf26m\nrequire: {widths: nondecreasing}\nblocks: {3: {out: [400, 800]}}\n"
    (tmp_path / "wide.yaml").write_text(text, encoding="utf-8")
    lines = run("explore", "count", "wide.yaml", cwd=tmp_path).stdout.splitlines()
    assert lines[:2] == ["wide: 0 variants", "2 invalid combinations are skipped"]
    assert [line[:36] for line in lines if "nondecreasing" in line] == ["the first combination breaks a rule:"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("foo", "it is not a URL"),
        ("sqlite:study.db", "it is not a URL"),
        ("nobase://host/trials", "its kind of database is unknown"),
        ("sqlite:////nowhere/study.db", "unable to open database file"),
        ("nowhere/study.log", "No such file or directory"),
    ],
)
def test_a_study_that_cannot_be_opened_has_a_reason_in_plain_words(url: str, reason: str, tmp_path: Path) -> None:
    """Without those of SQLAlchemy, and with what can be given."""
    need("optuna")
    (tmp_path / "train.py").write_text("def score(spec):\n    return 1.0\n", encoding="utf-8")
    done = run("explore", "search", "tiny", "--objective", "train.py:score", "--study", url, cwd=tmp_path)
    hint = "give a URL such as sqlite:///study.db, or a file such as study.log"
    assert (done.returncode, done.stderr) == (2, f"error: --study {url}: cannot be opened: {reason}; {hint}\n")


@pytest.mark.parametrize(
    ("module", "package", "extra"), [("mfprofile.nn", "torch", "torch"), ("mfprofile.nn.timm", "timm", "timm")]
)
def test_an_import_without_its_package_names_the_extra(module: str, package: str, extra: str) -> None:
    """It is the error that Python raises, with what to install."""
    need("torch")
    code = f"import sys; sys.modules[{package!r}] = None; import {module}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=surroundings()
    )
    message = f"ModuleNotFoundError: {module} needs {package}; install it with pip install '.[{extra}]'"
    assert done.stderr.splitlines()[-1] == message
