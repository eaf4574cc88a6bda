"""Names of files and modules can hold anything. No output lets them act: on a terminal, a spreadsheet, a runner, a page."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock

import pytest
from effort import one_in
from running import need, run

from mfprofile.spec import load
from mfprofile.view.escape import json_text, markdown_block
from mfprofile.view.tables import Column, Table, render

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file names there cannot have these characters")
NAMES = [
    "=1+1", "@x", "-1+2", "+x", "::error::b", "##[error]b", "a\x1b[31m", "a\nb", "a\r::error::b", "a|b`c`",
    "<script>alert(1)", "[x](y)", "![x](y)", "a\u202eb", "a\x9bb", "$x$", "a%0Ab", "\udcff", "a]]>--b", "* _a_ &lt;", "# a",
    "```",
]  # fmt: skip
MARKUP = [name for name in NAMES if re.search(r"[<>&\x1b$]", name)]
VALUE = re.compile(r"[-+]?\d+(\.\d+)?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a spec of each name, and with a network whose modules have these names."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in NAMES:
        (folder / f"{name}.yaml").write_text("extends: mf26m\nbudget: {max: {madds: 20M}}\n", encoding="utf-8")
    modules = [name for name in NAMES if name != "\udcff"]
    text = (
        "import torch\nclass Net(torch.nn.Module):\n    def __init__(self, width=4):\n        super().__init__()\n"
        f"        for name in {modules!r}:\n            self.add_module(name, torch.nn.Linear(4, 4))\n"
        "        self.last = torch.nn.Linear(4, width)\n"
        "    def forward(self, x):\n        for each in self.children():\n            x = each(x)\n        return x\n"
    )
    (folder / "net.py").write_text(text, encoding="utf-8")
    return folder


def checked(*arguments: str, folder: Path, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command. Return its output, after the checks that hold for each output."""
    done = run(*arguments, cwd=folder, GITHUB_STEP_SUMMARY="")
    assert done.returncode in codes, done.stderr
    whole = done.stdout + done.stderr
    assert [letter for letter in whole if letter != "\n" and not letter.isprintable()] == []
    commands = [line for line in whole.split("\n") if line.lstrip().startswith("::")]
    assert [line for line in commands if not line.startswith("::error ")] == []
    assert "github" in arguments or not commands
    assert "##[" not in whole
    return done.stdout


def check_csv(output: str) -> None:
    """Check that no cell begins a formula, and that all lines have as many cells."""
    rows = list(csv.reader(io.StringIO(output), strict=True))
    assert len({len(row) for row in rows}) == 1
    assert [cell for row in rows for cell in row if cell[:1] in "=+-@\t" and cell and not VALUE.fullmatch(cell)] == []


def check_markdown(output: str) -> None:
    """Check that markup of the names is escaped, and that all lines of a table have as many cells."""
    assert re.findall(r"<(?!br>)[A-Za-z/!]|(?<!\\)\[|(?<!\\)\]|(?<!\\)`|&lt;$", output) == []
    tables = [part for part in output.split("\n\n") if part.startswith("|")]
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().split("\n")}) == 1


FORMS = {"--csv": check_csv, "--json": json.loads, "--markdown": check_markdown}
OF_SPECS = {
    "count": lambda name: ("count", name),
    "count of two": lambda name: ("count", name, "mf26m"),
    "diff": lambda name: ("diff", name, "mf52m"),
    "memory": lambda name: ("memory", name),
    "explore sample": lambda name: ("explore", "sample", name, "--workers", "1"),
    "explore count": lambda name: ("explore", "count", name, "--madds", ":9G", "--workers", "1"),
}
OF_NETWORKS = {
    "audit": ("audit", "net.py:Net"),
    "audit by op": ("audit", "net.py:Net", "--by", "op"),
    "diff of networks": ("diff", "net.py:Net", "--arg", "width=8"),
}


@pytest.mark.parametrize("command", one_in(2, OF_SPECS))
@pytest.mark.parametrize("form", one_in(2, ["", *FORMS]))
def test_the_name_of_a_spec_does_nothing(command: str, form: str, folder: Path) -> None:
    """In each form of each command that prints it."""
    for name in NAMES:
        output = checked(*OF_SPECS[command](f"./{name}.yaml"), *([form] if form else []), folder=folder)
        FORMS.get(form, str)(output)


@pytest.mark.parametrize("command", OF_NETWORKS)
@pytest.mark.parametrize("form", ["", *FORMS])
def test_the_names_of_modules_do_nothing(command: str, form: str, folder: Path) -> None:
    """They are those of a network in code."""
    need("torch")
    output = checked(*OF_NETWORKS[command], "--input", "4", *([form] if form else []), folder=folder)
    FORMS.get(form, str)(output)


@pytest.mark.parametrize("form", ["table", "json", "github", "junit"])
def test_a_check_obeys_no_name(form: str, folder: Path) -> None:
    """With the workflow commands it has one for each spec, and nothing else that a runner obeys."""
    names = [f"./{name}.yaml" for name in NAMES]
    output = checked("check", *names, "--format", form, folder=folder, codes=(1,))
    assert form != "github" or output.count("\n::error ") == len(NAMES)
    done = run("check", *names, "--baseline", names[0], "--config", names[1], "--format", form, cwd=folder)
    assert (done.returncode, [line for line in done.stderr.split("\n") if not line.startswith("error: ")]) == (2, [""])


def test_a_check_of_modules_obeys_no_name(folder: Path) -> None:
    """The reasons name the heaviest modules."""
    need("torch")
    for form in ("table", "json", "github", "junit"):
        checked("check", "net.py:Net", "--input", "4", "--max-params", "1", "--format", form, folder=folder, codes=(1,))


def test_a_job_summary_shows_names_as_they_are(folder: Path, tmp_path: Path) -> None:
    """No name is markup, and none ends the block of code that shows the reasons."""
    summary = tmp_path / "summary.md"
    names = [f"./{name}.yaml" for name in NAMES]
    run("check", *names, "--format", "github", cwd=folder, GITHUB_STEP_SUMMARY=str(summary))
    text = re.sub(r"(?ms)^(````*)text\n.*?^\1$", "", summary.read_text(encoding="utf-8"))
    table, *folded = re.split(r"<details><summary>(.*)</summary>\n\n\n\n</details>\n", text)
    check_markdown(table.split("\n", 4)[4])
    assert len([each for each in folded if each.strip()]) == len(NAMES)
    text = table + "".join(folded)
    assert re.findall(r"<[A-Za-z/!]", text) == []
    assert markdown_block(["a", "````", "```b"]) == ["`````text", "a", "````", "```b", "`````"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser gives both
        self.scripts += tag == "script"


@pytest.mark.parametrize("name", MARKUP)
def test_a_page_shows_a_name_and_does_not_run_it(name: str, folder: Path, tmp_path: Path) -> None:
    """It has the scripts of every page and no other."""
    checked("page", f"./{name}.yaml", "-o", str(tmp_path / "page.html"), folder=folder)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert tags.scripts == 3
    assert "<" not in name or name not in text


def test_a_picture_is_valid_xml_with_the_names_as_text(folder: Path, tmp_path: Path) -> None:
    """In its axis and its data."""
    names = [f"./{name}.yaml" for name in MARKUP]
    checked("plot", "pillars", *names, "-o", str(tmp_path / "x.svg"), folder=folder)
    description = next(ET.parse(tmp_path / "x.svg").iter("{http://purl.org/dc/elements/1.1/}description")).text
    records = json.loads(description or "")["data"]
    shown = {"".join(letter if letter.isprintable() else "�" for letter in name) for name in MARKUP}
    assert shown <= {value for record in records for value in record.values() if isinstance(value, str)}


@pytest.mark.parametrize("name", one_in(4, NAMES))
def test_yaml_with_a_name_is_read_back(name: str, folder: Path, tmp_path: Path) -> None:
    """The comment of a scaled spec, and of a variant, stays a comment."""
    texts = [checked("scale", f"./{name}.yaml", "--to-madds", "20M", folder=folder)]
    texts.append(checked("show", f"./{name}.yaml", folder=folder))
    checked("explore", "sample", f"./{name}.yaml", "-o", str(tmp_path / "new"), folder=folder)
    (tmp_path / "x.yaml").write_text(texts[0], encoding="utf-8")
    assert load(tmp_path / "x.yaml").width < 1
    (variant,) = (tmp_path / "new").iterdir()
    assert load(variant) == load("mf26m") or load(variant).blocks == load("mf26m").blocks


def test_a_terminal_shows_a_name_and_does_not_obey_it() -> None:
    """Rich lays out the table there; the name has no codes of its own."""
    table = Table([Column("a\x1b[31m\nb", "a")], [["x\x1b]0;title\x07"], ["a\nb"]], above=["c\x1b[2J"], below=["d\x9b"])
    with mock.patch.object(sys.stdout, "isatty", lambda: True), mock.patch.dict("os.environ", {"TERM": "dumb"}):
        output = render(table)
    codes = re.sub(r"\x1b\[[0-9;]*m", "", output.replace("\x1b[31m", "RED"))
    assert "RED" not in codes
    assert [letter for letter in codes if letter != "\n" and not letter.isprintable()] == []


def test_json_keeps_each_name(folder: Path) -> None:
    """As escapes, so that a program reads the name and a terminal shows it."""
    need("torch")
    assert json.loads(json_text(NAMES)) == NAMES
    assert json_text("\udcff\U000e0001é") == '"\\udcff\\udb40\\udc01é"'
    bill = json.loads(checked("audit", "net.py:Net", "--input", "4", "--json", folder=folder))
    assert set(NAMES) - {"\udcff"} <= {module["path"] for module in bill["modules"]}


def test_what_is_written_is_reported_in_one_line(tmp_path: Path) -> None:
    """The name of the file cannot write to the terminal."""
    done = run("page", "mf26m", "-o", "a\x1b[31m\n::error::b.html", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote a�[31m�::error::b.html\n")
    done = run("plot", "pillars", "mf26m", "-o", "\u202e##[x].svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote �## [x].svg\n")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "\udcff"])
@pytest.mark.parametrize(
    "words",
    [("count", "mf26m", "--{}"), ("{}",), ("explore", "{}"), ("explore", "sample", "tiny", "--seed", "{}"), ("-{}",)],
    ids=["option", "command", "inner command", "number", "letter"],
)
def test_an_invalid_option_or_command_cannot_act(words: tuple[str, ...], name: str, tmp_path: Path) -> None:
    """These messages are typer's. Their first lines stay as they are."""
    if name.startswith(("-", "--")) and words == ("-{}",):
        name = name.lstrip("-")
    arguments = [word.format(name) for word in words]
    output = checked(*arguments, folder=tmp_path, codes=(2,))
    assert output == ""


def test_the_usage_of_an_invalid_option_stays_in_lines() -> None:
    """Usage, the hint, and the error."""
    done = run("count", "mf26m", "--\u202eqq")
    assert done.stderr.split("\n")[1:] == ["Try 'mfprofile count -h' for help.", "", "error: No such option: --�qq", ""]
    assert done.stderr.startswith("Usage: mfprofile count [OPTIONS] ")
