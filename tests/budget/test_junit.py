"""`check --format junit`: XML by the rules of JUnit's readers, with what a person needs to mend the build."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import need, run

from mfprofile.view.escape import lines

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time", "file", "line"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}
"""The elements of the schema that Jenkins, GitLab and Surefire share, with the attributes that they read."""
CHILDREN = {
    "testsuites": "(testsuite )*",
    "testsuite": "(properties )?(testcase )*(system-out )?(system-err )?",
    "properties": "(property )+",
    "testcase": "(skipped |error |failure )?(system-out )?(system-err )?",
}
"""The order of their children, as expressions over the names."""


def _report(*arguments: str, cwd: Path | None = None, code: int = 0) -> Element:
    """Run `check --format junit` and return the root of its report, which the rules of the schema hold for."""
    done = run("check", *arguments, "--format", "junit", **({} if cwd is None else {"cwd": cwd}))
    assert done.returncode == code, done.stderr
    root = fromstring(done.stdout)
    for element in root.iter():
        _check(element)
    return root


def _check(element: Element) -> None:
    """Check an element by the rules: known attributes, the order of children, true numbers, distinct names."""
    assert set(element.attrib) <= ATTRIBUTES[element.tag]
    children = "".join(f"{child.tag} " for child in element)
    assert re.fullmatch(CHILDREN.get(element.tag, ""), children), children
    if element.tag in ("testsuites", "testsuite"):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.attrib[name]) == len(element.findall(f".//{tag}"))
        names = [(case.get("classname"), case.get("name")) for case in element.findall("testcase")]
        assert len(set(names)) == len(names)
    if element.tag == "testcase":
        assert element.attrib["name"]
        assert float(element.attrib["time"]) >= 0


def _cases(root: Element) -> Iterator[tuple[str, str, str]]:
    """Yield each test: its suite, its name and its result."""
    for suite in root:
        for case in suite.findall("testcase"):
            result = next((child.tag for child in case if child.tag != "system-out"), "passed")
            yield suite.attrib["name"], case.attrib["name"], result


def test_a_limit_is_a_test_of_the_suite_of_its_network() -> None:
    """Its name has the limit, and not what is counted, so that readers can follow it from build to build."""
    root = _report("mf294m", "mf26m", "--max-madds", "280M", "--max", "former.madds=6%", code=1)
    assert list(_cases(root)) == [
        ("mf294m", "madds ≤ 280,000,000 in core", "failure"),
        ("mf294m", "former.madds ≤ 6 % in core", "passed"),
        ("mf26m", "madds ≤ 280,000,000 in core", "passed"),
        ("mf26m", "former.madds ≤ 6 % in core", "failure"),
    ]
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("4", "2", "0")


def test_a_failure_has_the_message_and_the_remedies_of_the_table() -> None:
    """The attribute is the first line, the text the rest."""
    failure = _report("mf26m", "--max-madds", "23.5M", code=1).find(".//failure")
    assert failure is not None
    table = run("check", "mf26m", "--max-madds", "23.5M").stdout.splitlines()
    start = table.index(f"{failure.attrib['message']}")
    lines = [line.removeprefix("  ") for line in table[start + 1 : start + 16]]
    assert str(failure.text).splitlines() == lines[: len(str(failure.text).splitlines())]
    assert "  width 1 → 0.97:         23,262,352" in str(failure.text)


def test_the_properties_have_exact_counts_and_the_convention_explained() -> None:
    """As in JSON. A test that passes says what was counted."""
    arguments = ("mf26m", "--max-madds", "1G", "--convention", "paper")
    root = _report(*arguments)
    [suite] = root
    properties = {each.attrib["name"]: each.attrib["value"] for each in suite.findall("properties/property")}
    [spec] = json.loads(run("check", *arguments, "--json").stdout)["specs"]
    assert (properties["convention"], properties["reference"], properties["mode"]) == ("paper", "mf26m", "inference")
    assert int(properties["madds"]) == spec["limits"][0]["counted"]
    assert properties["counted"].startswith("core without the gate")
    assert suite.findtext("testcase/system-out") == f"counted {int(properties['madds']):,} in convention 'paper'"


def test_what_cannot_be_judged_is_an_error(tmp_path: Path) -> None:
    """Each reference has its suite, also one whose problem is that of another."""
    (tmp_path / "base.yaml").write_text("extends: mf26m\nstem: 0\n", encoding="utf-8")
    (tmp_path / "more.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    root = _report("base.yaml", "more.yaml", "mf26m", "--max-madds", "1G", cwd=tmp_path, code=2)
    results = list(_cases(root))
    assert results[0] == ("mf26m", "madds ≤ 1,000,000,000 in core", "passed")
    assert results[1:] == [("base.yaml", "can be judged", "error"), ("more.yaml", "can be judged", "error")]
    first, second = root.findall(".//error")
    assert first.attrib["message"] == "base.yaml:2:7: stem = 0: must be at least 1"
    assert second.attrib["message"]
    assert [case.get("file") for case in root.findall(".//testcase")] == [None, "base.yaml", "more.yaml"]


def test_the_same_limit_from_two_places_is_two_tests(tmp_path: Path) -> None:
    """Readers join tests of one name."""
    (tmp_path / "mine.yaml").write_text("extends: mf26m\nbudget: {max: {madds: 30M}}\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets]\n"*.yaml" = {max = {madds = "30M"}}\n', encoding="utf-8"
    )
    names = [name for _, name, _ in _cases(_report("mine.yaml", cwd=tmp_path))]
    assert names == ["madds ≤ 30,000,000 in core", "madds ≤ 30,000,000 in core (2)"]


def test_a_new_network_is_skipped(tmp_path: Path) -> None:
    """A baseline has no bill of it, and --allow-new accepts it."""
    (tmp_path / "counts.json").write_text(run("count", "mf26m", "--json").stdout, encoding="utf-8")
    root = _report("mf26m", "mf52m", "--baseline", "counts.json", "--allow-new", cwd=tmp_path)
    assert list(_cases(root))[-1] == ("mf52m", "is in the baseline", "skipped")


def test_a_network_in_code_has_its_file_and_line(tmp_path: Path) -> None:
    """What is not counted in it is a failure with --strict."""
    need("torch")
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.a = nn.Linear(4, 2)\n\n    def forward(self, x):\n"
        "        return torch.linalg.inv(self.a(x)[:, :, None] @ self.a(x)[:, None, :])\n",
        encoding="utf-8",
    )
    root = _report("net.py:Net", "--input", "4", "--max-madds", "1M", "--strict", cwd=tmp_path, code=1)
    assert [(name, result) for _, name, result in _cases(root)][-1] == ("all is counted", "failure")
    assert {(case.get("file"), case.get("line")) for case in root.iter("testcase")} == {("net.py", "5")}


@given(st.text())
def test_any_text_can_be_in_a_report(text: str) -> None:
    """Characters that XML cannot hold are replaced, since they cannot be printed; all others come back."""
    element = Element("failure")
    element.text = lines(text)
    assert (fromstring(tostring(element, encoding="unicode")).text or "") == lines(text)


@pytest.mark.parametrize("form", ["json", "junit"])
def test_a_report_is_written_into_a_file_beside_the_table(form: str, tmp_path: Path) -> None:
    """`-o` prints the table; the file has what would be printed without it."""
    arguments = ("check", "mf26m", "--max-madds", "20M")
    done = run(*arguments, "--format", form, "-o", "report", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "wrote report\n")
    assert done.stdout == run(*arguments).stdout
    assert (tmp_path / "report").read_text(encoding="utf-8") == run(*arguments, "--format", form).stdout
    assert run(*arguments, "--format", form, "-o", "-").stdout == run(*arguments, "--format", form).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "junti"], "unknown format 'junti'; did you mean 'junit'?"),
        (["--format", "junit", "--json"], "--json and --format junit cannot be combined; use one of them"),
        (["--format", "github", "-o", "x"], "-o and --format github cannot be combined: a runner reads annotations on stdout"),
        (["--format", "table", "-o", "x"], "-o needs --format json, junit, markdown, latex or csv: the table is printed beside the file"),
        (["-o", "x"], "-o needs --format json, junit, markdown, latex or csv: the table is printed beside the file"),
        (["--format", "junit", "-o", ""], "the name of the output file is empty; give a name"),
    ],
)  # fmt: skip
def test_formats_that_contradict_each_other_are_refused(arguments: list[str], message: str) -> None:
    """Before anything is counted."""
    done = run("check", "mf26m", "--max-madds", "20M", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_report_that_cannot_be_written_is_exit_code_74(tmp_path: Path) -> None:
    """Nothing is judged in vain."""
    done = run("check", "mf26m", "--max-madds", "20M", "--format", "junit", "-o", "no/report.xml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (74, "")
