"""What `check` prints: small differences are visible, JSON is exact, GitHub can read the annotations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import need, run

from mfprofile.view.numbers import relative

PROPERTY = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def commands(output: str) -> list[tuple[dict[str, str], str]]:
    """Return the properties and the message of each `::error` line, parsed as GitHub's runner does."""
    parsed = []
    for line in output.splitlines():
        if line.startswith("::"):
            match = re.fullmatch(r"::error ([^:]*)::(.*)", line)
            assert match, line
            pairs = (pair.partition("=") for pair in match[1].split(","))
            parsed.append(
                ({key: _unescaped(value, PROPERTY) for key, _, value in pairs}, _unescaped(match[2], PROPERTY))
            )
    return parsed


def _unescaped(text: str, codes: dict[str, str]) -> str:
    return re.sub("|".join(codes), lambda code: codes[code[0]], text)


def check_github(*arguments: str, cwd: Path, **environment: str) -> list[tuple[dict[str, str], str]]:
    """Run `check --format github` and return its annotations."""
    surroundings = {"GITHUB_STEP_SUMMARY": "", "GITHUB_WORKSPACE": "", **environment}
    return commands(run("check", *arguments, "--format", "github", cwd=cwd, **surroundings).stdout)


@given(st.integers(-(10**12), 10**12).filter(bool), st.integers(1, 10**12))
def test_a_difference_is_never_printed_as_zero(difference: int, to: int) -> None:
    """Even a tiny one. It is the percentage rounded to that many digits."""
    text = relative(difference, to).removesuffix(" %").replace(",", "")
    assert float(text) != 0
    assert (float(text) > 0) == (difference > 0)
    digits = len(text.partition(".")[2])
    assert 2 * abs(round(float(text) * 10**digits) * to - difference * 10 ** (digits + 2)) <= to * 1.000001


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        (286_732_159, "mf294m madds 286,732,160 > 286,732,159 +0.0000003 % OVER"),
        (286_720_000, "mf294m madds 286,732,160 > 286,720,000 +0.004 % OVER"),
        (286_732_160, "mf294m madds 286,732,160 ≤ 286,732,160 0 % within"),
        (286_732_161, "mf294m madds 286,732,160 ≤ 286,732,161 -0.0000003 % within"),
        (100_000, "mf294m madds 286,732,160 > 100,000 +286,632.2 % OVER"),
        (0, "mf294m madds 286,732,160 > 0 +286,732,160 OVER"),
    ],
)
def test_the_table_shows_how_far_the_amount_is_from_the_limit(limit: int, line: str) -> None:
    """It has as many digits as needed."""
    output = run("check", "mf294m", "--max-madds", str(limit)).stdout
    assert line in [" ".join(row.split()) for row in output.splitlines()]


def test_the_verdict_names_the_convention() -> None:
    """A budget of 294M is met in core but not in paper."""
    core = run("check", "mf294m", "--max-madds", "294M").stdout
    paper = run("check", "mf294m", "--max-madds", "294M", "--convention", "paper").stdout
    assert core.splitlines()[-1] == "the 1 limit met in convention 'core'"
    assert paper.splitlines()[-1] == "FAILED: 1 of 1 limit not met in convention 'paper'"
    assert "mf294m: madds 294,051,584 > 294,000,000 (+51,584, +0.02 %), in convention 'paper'" in paper
    assert "madds in FLOPs" in run("check", "mf294m", "--max-madds", "1G", "--convention", "torch").stdout


def test_the_annotation_of_a_network_in_code_is_at_its_class(tmp_path: Path) -> None:
    """The file and the line are read without an import, also if the network cannot be judged."""
    need("torch")
    code = "from torch import nn\n\n\nclass Net(nn.Linear):\n    def __init__(self):\n        super().__init__(8, 8)\n"
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.py").write_text(code, encoding="utf-8")
    for target in ("nets/small.py:Net", "nets.small:Net"):
        missed, *_ = check_github(target, "--input", "8", "--max-madds", "63", cwd=tmp_path)
        refused, *_ = check_github(target, "--input", "7", "--max-madds", "63", cwd=tmp_path)
        for properties, _ in (missed, refused):
            assert [properties.get(key) for key in ("file", "line", "col")] == ["nets/small.py", "4", "1"]
        assert missed[0]["title"] == f"{target}: madds over its limit"
        assert refused[0]["title"] == "not judged"


def test_json_is_exact_and_whole(tmp_path: Path) -> None:
    """It has integers, sources of limits, the heaviest parts, and the problems of other specs."""
    (tmp_path / "net.yaml").write_text("extends: mf26m\nbudget:\n  max: {former: {madds: 10%}}\n", encoding="utf-8")
    done = run("check", "net.yaml", "mf26n", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert done.returncode == 2
    assert {key: document[key] for key in ("schema", "convention", "unit", "batch", "dtype", "holds")} == {
        "schema": 2,
        "convention": "core",
        "unit": "MAdds",
        "batch": 1,
        "dtype": "float32",
        "holds": False,
    }
    (spec,), (problem,) = document["specs"], document["problems"]
    assert (spec["name"], spec["spec"], spec["input"][0]["shape"], spec["holds"]) == (
        "net",
        "net.yaml",
        [1, 3, 224, 224],
        False,
    )
    (limit,) = spec["limits"]
    assert (limit["quantity"], limit["bound"], limit["share"]) == ("former.madds", "max", "10 %")
    assert (limit["counted"], limit["limit"], limit["whole"], limit["excess"]) == (
        2_377_728,
        2_355_020,
        23_550_208,
        22_708,
    )
    assert limit["given"] == {"source": "net.yaml", "line": 3, "column": 25, "about": ""}
    assert limit["blocks"] == {"2": 297_216, "3": 297_216, "4": 297_216}
    assert (problem["source"], problem["line"]) == ("mf26n", None)
    assert problem["message"].startswith("mf26n: no shipped spec and no file has this name")


def test_an_annotation_points_at_the_line_that_gives_the_limit(tmp_path: Path) -> None:
    """In the spec, in the spec that it extends, or in pyproject.toml, by its path from the repository root."""
    folder = tmp_path / "a, b: 100%"
    folder.mkdir()
    (folder / "base.yaml").write_text("extends: mf26m\nbudget:\n  max:\n    madds: 20M\n", encoding="utf-8")
    (folder / "net.yaml").write_text("# mine\nextends: base.yaml\nbudget: {max: {params: 1M}}\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets."net"]\nmax.former.madds = "1%"\n', encoding="utf-8"
    )
    annotations = check_github("net.yaml", cwd=folder, GITHUB_WORKSPACE=str(tmp_path))
    assert [(each["file"], each["line"], each["col"], each["title"]) for each, _ in annotations] == [
        ("a, b: 100%/base.yaml", "4", "12", "net: madds over its limit"),
        ("a, b: 100%/net.yaml", "3", "24", "net: params over its limit"),
        ("pyproject.toml", "2", "12", "net: former.madds over its limit"),
    ]
    assert annotations[0][1].splitlines()[:2] == [
        "net: madds 23,550,208 > 20,000,000 (+3,550,208, +17.8 %), in convention 'core'",
        "  given by base.yaml:4:12",
    ]


def test_an_annotation_of_a_flag_points_at_the_spec(tmp_path: Path) -> None:
    """It points at the first line. A shipped spec is not a file of the repository."""
    (tmp_path / "net.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    annotations = check_github("net.yaml", "mf26m", "--min-madds", "30M", cwd=tmp_path)
    assert [properties for properties, _ in annotations] == [
        {"file": "net.yaml", "line": "1", "col": "1", "title": "net: madds under its limit"},
        {"title": "mf26m: madds under its limit"},
    ]
    assert annotations[0][1].startswith(
        "net: madds 23,550,208 < 30,000,000 (-6,449,792, -21.5 %), in convention 'core'\n"
    )


@pytest.mark.parametrize("name", ["::error::b", "::add-mask::1", "##[error]b"])
def test_a_specs_name_is_not_run_as_a_workflow_command(name: str, tmp_path: Path) -> None:
    """Neither in the table nor at the start of a reason: a runner ignores spaces before `::`."""
    (tmp_path / f"{name}.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    done = run("check", f"{name}.yaml", "--max-madds", "20M", "--format", "github", cwd=tmp_path)
    assert done.returncode == 1
    commands_run = [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")]
    assert [line.partition(" ")[0] for line in commands_run] == ["::error"]
    assert "##[" not in "".join(line for line in done.stdout.splitlines() if line not in commands_run)


def test_invalid_specs_are_annotated_too(tmp_path: Path) -> None:
    """The annotation is at the line of the problem, and the exit code is 2."""
    (tmp_path / "net.yaml").write_text("extends: mf26m\nstem: 0\nbudget: {max: {madds: 5 %}}\n", encoding="utf-8")
    assert check_github("net.yaml", cwd=tmp_path) == [
        (
            {"file": "net.yaml", "line": "2", "col": "7", "title": "not judged"},
            "net.yaml:2:7: stem = 0: must be at least 1",
        ),
        (
            {"file": "net.yaml", "line": "3", "col": "23", "title": "not judged"},
            "net.yaml:3:23: budget.max.madds = '5 %': only a pillar can have a share, as in former.madds: the whole network has 100 % of its madds",
        ),
    ]


def test_a_job_summary_is_appended(tmp_path: Path) -> None:
    """It is Markdown and comes after the existing text. Without the variable nothing is written."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    arguments = ("check", "mf26m", "--max-madds", "20M", "--max-params", "4M", "--format", "github")
    done = run(*arguments, cwd=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", "### ❌ 1 of 2 limits not met in convention 'core'"]
    assert lines[3].startswith("`mfprofile check`: Limits in convention 'core' (*core* counts convolutions, Linear, ")
    assert "| mf26m | madds | 23,550,208 | > | 20,000,000 | +17.8 % | ❌ OVER |" in lines
    assert "| mf26m | params | 3,232,788 | ≤ | 4,000,000 | -19.2 % | ✅ within |" in lines
    missed = "mf26m: madds 23,550,208 &gt; 20,000,000 (+3,550,208, +17.8 %), in convention 'core'"
    assert f"<details><summary>{missed}</summary>" in lines
    assert lines[lines.index("```text") + 1] == "given by --max-madds"
    assert lines[-3:] == ["```", "", "</details>"]
    run(*arguments[:-2], cwd=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text(encoding="utf-8").splitlines() == lines


def test_a_job_summary_begins_with_the_verdict(tmp_path: Path) -> None:
    """A sign says whether all is met. What could not be judged is in a list."""
    summary = tmp_path / "summary.md"
    run("check", "mf26m", "--max-madds", "30M", "--format", "github", cwd=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text(encoding="utf-8").startswith("### ✅ the 1 limit met in convention 'core'\n")
    assert "<details>" not in summary.read_text(encoding="utf-8")
    summary.unlink()
    (tmp_path / "net.yaml").write_text("extends: mf26m\nstem: 0\n", encoding="utf-8")
    run("check", "net.yaml", "--max-madds", "30M", "--format", "github", cwd=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "### ❌ 1 not judged"
    assert lines[2] == "- ❌ not judged: net.yaml:2:7: stem = 0: must be at least 1"


def test_a_job_summary_that_cannot_be_written_is_exit_code_74(tmp_path: Path) -> None:
    """The verdict is printed first."""
    done = run(
        "check", "mf26m", "--max-madds", "30M", "--format", "github", GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "x")
    )
    assert done.returncode == 74
    assert done.stdout.endswith("the 1 limit met in convention 'core'\n")
    assert done.stderr == f"error: {tmp_path / 'no' / 'x'}: cannot be written: No such file or directory\n"
