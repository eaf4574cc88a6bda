"""The option --handles, and what the commands say about counts that are not mfprofile's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import need, run

torch = pytest.importorskip("torch")

LIBRARY = torch.library.Library("mfprofile_handles", "DEF")
LIBRARY.define("attend(Tensor q, Tensor k) -> Tensor")
LIBRARY.impl("attend", lambda q, k: q @ k.transpose(-1, -2), "CompositeExplicitAutograd")
LIBRARY.define("project(Tensor x, Tensor weight) -> Tensor")
LIBRARY.impl("project", lambda x, weight: torch.nn.functional.linear(x, weight), "CompositeImplicitAutograd")

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layer = nn.Linear(8, width)

    def forward(self, x):
        y = self.layer(x)
        return torch.ops.mfprofile_handles.attend(y, y)

class Project(Net):
    def forward(self, x):
        return torch.ops.mfprofile_handles.project(x, self.layer.weight)
"""
HANDLES = """
import mfprofile

print("imported")

@mfprofile.handle("mfprofile_handles::attend")
def attended(out, q, k):
    return q.numel() * k.shape[-2]
"""
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a function that runs the command line in a folder with a network and its handles."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "handles.py").write_text(HANDLES)
    return lambda *arguments: run(*arguments, cwd=tmp_path)


def test_a_bill_names_whose_formula_counted_an_operator(here: Here) -> None:
    """In text, in the rows and under `formulas` in JSON; without the file, the operator is not counted."""
    options = ("net.py:Net", "--input", "5x8")
    plain = here("audit", *options, "--strict")
    assert (plain.returncode, "  mfprofile_handles::attend: 1 time, 25 elements" in plain.stdout.splitlines()) == (
        1,
        True,
    )
    done = here("audit", *options, "--handles", "handles.py", "--strict")
    line = "mfprofile_handles::attend is counted by your formula, attended at handles.py:6: 1 time, 200 multiply-adds"
    assert (done.returncode, done.stderr, line in done.stdout.splitlines()) == (0, "imported\n", True)
    document = json.loads(here("audit", *options, "--handles", "handles.py", "--json").stdout)
    assert document["madds"] == 320 + 200
    assert [row["madds"] for row in document["rows"] if row["role"] == "own"] == [200]
    assert document["remarks"] == [line]
    assert document["formulas"] == [
        {
            "operator": "mfprofile_handles::attend",
            "source": "own",
            "function": "attended",
            "place": "handles.py:6",
            "calls": 1,
            "madds": 200,
            "free": 0,
            "odd": 0,
            "replaces": False,
        }
    ]
    assert here("audit", *options, "--handles", "handles.py", "--csv").stderr == f"imported\n{line}\n"


def test_formulas_of_a_file_apply_to_one_run(here: Here) -> None:
    """The next command does not have them."""
    options = ("audit", "net.py:Net", "--input", "5x8", "--json")
    counts = [json.loads(here(*options, *more).stdout)["madds"] for more in ((), ("--handles", "handles.py"), ())]
    assert counts == [320, 520, 320]


def test_check_and_diff_take_handles(here: Here) -> None:
    """They note on stderr whose formula it was. Both networks of a difference have them."""
    done = here("check", "net.py:Net", "--input", "5x8", "--max-madds", "500", "--handles", "handles.py")
    assert done.returncode == 1
    note = "note: net.py:Net: mfprofile_handles::attend is counted by your formula, attended at handles.py:6: 1 time, 200 multiply-adds"
    assert done.stderr.splitlines() == ["imported", note]
    done = here("diff", "net.py:Net", "--arg", "width=4", "--input", "5x8", "--handles", "handles.py", "--json")
    madds = json.loads(done.stdout)["madds"]
    assert [madds[side] for side in "ab"] == [520, 160 + 100]


def test_a_network_may_register_its_own_handles(here: Here, tmp_path: Path) -> None:
    """Also if its file is given as --handles: it is imported once."""
    (tmp_path / "own.py").write_text(f"{NET}{HANDLES}")
    for more in ((), ("--handles", "own.py")):
        done = here("audit", "own.py:Net", "--input", "5x8", "--json", *more)
        assert (done.stderr, json.loads(done.stdout)["madds"]) == ("imported\n", 520)


@pytest.mark.parametrize("target", ["Net", "Project"])
def test_verify_predicts_counters_without_the_formulas(here: Here, tmp_path: Path, target: str) -> None:
    """Also of an operator that counters take apart: they count what is in it. `audit --verify` does the same."""
    more = HANDLES.split("@")[1].replace("attend", "project")
    with (tmp_path / "handles.py").open("a") as file:
        file.write(f"\n@{more}")
    file_names = ("--handles", "handles.py", "--input", "5x8")
    done = here("verify", f"net.py:{target}", *file_names, "--counter", "torch", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    [torchs] = document["counters"]
    assert torchs["printed"] == 640
    if target == "Net":
        assert document["madds"] == 520
        assert (torchs["core"], torchs["misses"], torchs["adds"]) == (1040, {"formula": 400}, {})
    else:
        assert document["madds"] == 40 * 8
        assert (torchs["core"], torchs["misses"], torchs["adds"]) == (640, {"formula": 640}, {"linear": 640})
    assert [each["operator"].partition("::")[0] for each in document["formulas"]] == ["mfprofile_handles"]
    text = here("audit", f"net.py:{target}", *file_names, "--counter", "torch", "--strict")
    assert text.returncode == 0
    assert "no counter knows your formulas (" in text.stdout
    assert "so each total is predicted without them" in text.stdout


def test_each_counter_is_explained_beside_a_formula(here: Here) -> None:
    """None of them knows it: each total is the same as without the file."""
    need("fvcore", "thop", "ptflops", "torchinfo")
    options = ("verify", "net.py:Net", "--input", "5x8", "--json")
    plain, own = (json.loads(here(*options, *more).stdout) for more in ((), ("--handles", "handles.py")))
    assert plain["holds"] and own["holds"]
    assert (plain["madds"], own["madds"]) == (320, 520)
    for one, other in zip(plain["counters"], own["counters"], strict=True):
        assert (one["printed"], one["predicted"]) == (other["printed"], other["predicted"])
        assert other["misses"]["formula"] == 200 * (2 if one["unit"] == "FLOPs" else 1)


def test_verify_takes_specs_and_targets(here: Here) -> None:
    """The results are in the order of the arguments; what is not counted is noted."""
    done = here(
        "verify", "net.py:Net", "mf26m", "--input", "float32:5x8", "--input", "192", "--counter", "torch", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in json.loads(done.stdout)] == ["net.py:Net", "mf26m"]
    assert [each["input"][0]["shape"] for each in json.loads(done.stdout)] == [[1, 5, 8], [1, 3, 192, 192]]
    assert "note: net.py:Net:   mfprofile_handles::attend: 1 time, 25 elements" in done.stderr.splitlines()
    done = here("verify", "net.py:Net", "--arg", "width=4", "--input", "5x8", "--counter", "torch")
    assert (done.returncode, "160 core MAdds" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("-3", "returned -3 (int); return the multiply-adds as a whole number of 0 or more, a Cost, or None for"),
        ("4 / 2", "returned 2.0 (float); use // to divide whole numbers; return the multiply-adds"),
        ("float('nan')", "returned nan (float); use // to divide"),
        ("True", "returned true (bool); return the multiply-adds"),
        ("'7'", "returned a value of type str; return the multiply-adds"),
        ("out", "returned a value of type Tensor; return the multiply-adds"),
        ("[7]", "returned a value of type list; return the multiply-adds"),
        ("1 // 0", "raised ZeroDivisionError: "),
        ("__import__('sys').exit(3)", "raised SystemExit: 3 (at handles.py:"),
        ("q.nothing", "raised AttributeError: 'Tensor' object has no attribute 'nothing' (at handles.py:"),
        ("Cost('relu', (5,), 3, 5)", "returned a Cost('relu'); ops of kind relu have no multiply-adds; use a kind"),
        ("Cost('relx', (5,), 3, 5)", "returned a Cost('relx'); use a kind of mfprofile.cost.kinds"),
        ("Cost('unused', (5,), 0, 5)", "returned a Cost('unused'); use a kind of mfprofile.cost.kinds"),
        ("Cost('matmul', (5,), 1.5, 5)", "returned a Cost('matmul'); its madds must be a whole number of 0 or more"),
        ("Cost('matmul', (5,), 1, -5)", "returned a Cost('matmul'); its elements must be a whole number of 0 or more"),
        ("Cost('matmul', [5], 1, 5)", "returned a Cost('matmul'); its out must be a tuple of whole numbers, the shape"),
    ],
)
def test_a_wrong_result_is_a_message(here: Here, tmp_path: Path, result: str, message: str) -> None:
    """It has the file and the line of the function, and the exit code is 2."""
    text = HANDLES.replace("print", "from mfprofile.cost.ops import Cost\nprint")
    (tmp_path / "handles.py").write_text(text.replace("q.numel() * k.shape[-2]", result))
    done = here("audit", "net.py:Net", "--input", "5x8", "--handles", "handles.py")
    assert (done.returncode, done.stdout) == (2, "")
    printed, error = done.stderr.splitlines()
    assert printed == "imported"
    assert error.startswith(f"error: handles.py:7: the formula of mfprofile_handles::attend {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file: handle.py; did you mean 'handles.py'?"),
        ("x = 1", 'has no formula; write @mfprofile.handle("namespace::operator") above a function in it'),
        ("1 // 0", "cannot be imported: ZeroDivisionError: "),
        ("def f(:", "cannot be imported: SyntaxError: "),
        ("import mfprofile\nmfprofile.handle('attend')", "handle: 'attend' is not the name of an operator; write"),
        ("import mfprofile\nmfprofile.handle(print)", "handle: it is not the name of an operator; write @handle("),
        (
            "import mfprofile\nfor value in (1, 2):\n    mfprofile.handle('a::b')(eval(f'lambda *_: {value}'))\n"
            "@mfprofile.handle('a::b')\ndef again(*_): ...",
            "handle.py:4: a::b has a formula already, at <string>:1; remove one of them",
        ),
    ],
)
def test_a_wrong_file_is_a_message(here: Here, tmp_path: Path, text: str | None, message: str) -> None:
    """It names the file."""
    if text is not None:
        (tmp_path / "handle.py").write_text(text)
    done = here("audit", "net.py:Net", "--input", "5x8", "--handles", "handle.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: --handles handle.py: {message}")


def test_other_wrong_uses_are_messages(here: Here, tmp_path: Path) -> None:
    """Two files for one operator, what is not a Python file, and specs."""
    (tmp_path / "package.py").mkdir()
    folder = here("audit", "net.py:Net", "--handles", "package.py")
    assert folder.stderr == "error: --handles package.py: is not a file\n"
    done = here("audit", "net.py:Net", "--handles", "net.yaml")
    assert done.stderr == (
        "error: --handles net.yaml: is not a Python file; give the path of a file that ends in .py\n"
    )
    for command in ("check", "diff", "verify"):
        done = here(command, "mf26m", "mf52m", "--handles", "handles.py")
        assert (done.returncode, done.stderr) == (
            2,
            "error: --handles needs a network in code, such as net.py:Net; all ops of a spec are known\n",
        )


def test_two_files_with_a_formula_for_one_operator_are_refused(here: Here, tmp_path: Path) -> None:
    """The same file twice is one file."""
    (tmp_path / "more.py").write_text(HANDLES)
    options = ("audit", "net.py:Net", "--input", "5x8", "--handles", "handles.py", "--handles")
    done = here(*options, "more.py")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "error: --handles more.py: more.py:6: mfprofile_handles::attend has a formula already, at handles.py:6; remove one of them",
    )
    assert here(*options, str(tmp_path / "handles.py")).returncode == 0
