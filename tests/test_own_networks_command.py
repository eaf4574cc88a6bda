"""Commands on networks with own ways: files that can be imported once, errors in the forward, remarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from running import process, run

torch = pytest.importorskip("torch")

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.audit import traced  # noqa: E402
from mfprofile.trace.parse import inputs  # noqa: E402

ONCE = """
import torch
from torch import nn
import once_parts

print("imported")
library = torch.library.Library("mfprofile_once_%s", "DEF")
library.define("twice(Tensor x) -> Tensor")
library.impl("twice", lambda x: x * 2, "CompositeImplicitAutograd")

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(3, width)

    def forward(self, x):
        if float(x.sum()) == 0:
            return self.layer(torch.ops.mfprofile_once_%s.twice(x))
        return x

class Wide(Net):
    def __init__(self):
        super().__init__(8)
"""
OWN = """
import torch
from torch import nn
import failing

class Wrong(nn.Module):
    def forward(self, x):
        x = nn.functional.relu(x)
        return failing.product(x)

class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(Wrong())

    def forward(self, x):
        return self.inner(x)

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 4)]

    def forward(self, x):
        return self.layers[0](x)

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.LazyLinear(4)

    def forward(self, x):
        return self.layer(x)

class Grouped(nn.Linear):
    def parameters(self, *_):
        return [{"params": [], "lr": 0.1}]

    named_modules = named_parameters = None

    def train(self, mode=True):
        super().train(mode)

def grouped():
    return Grouped(3, 4)

def script():
    return torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.ReLU()))

class Attending(nn.Module):
    def forward(self, x):
        from torch.nn.attention.flex_attention import flex_attention

        heads = x.reshape(1, 2, 32, 8)
        return flex_attention(heads, heads, heads)

def broken():
    raise ValueError("no")
"""
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Return a function that runs the command line in a folder with files of networks."""
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "failing.py").write_text("def product(x):\n    return x @ x\n", encoding="utf-8")
    (tmp_path / "once_parts.py").write_text("print('parts')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run(*arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("audit", ["audit", "once_audit.py:Net", "--input", "3"]),
        ("check", ["check", "once_check.py:Net", "once_check.py:Wide", "--input", "3", "--max-madds", "24"]),
        ("diff", ["diff", "once_diff.py:Net", "once_diff.py:Wide", "--input", "3"]),
        ("changed", ["diff", "once_changed.py:Net", "--arg", "width=5", "--input", "3"]),
        ("module", ["check", "once_module:Net", "once_module.py:Wide", "--input", "3", "--max-madds", "24"]),
    ],
)
def test_a_file_is_imported_once_in_a_command(here: Here, name: str, arguments: list[str]) -> None:
    """It registers operators, which can be done once, and its networks need values, so meta tensors fail first."""
    Path(f"once_{name}.py").write_text(ONCE % (name, name), encoding="utf-8")
    done = here(*arguments)
    assert (done.returncode, done.stderr.count("imported\n"), done.stderr.count("parts\n")) == (0, 1, 1), done.stderr


def test_a_file_is_imported_once_for_both_ways_of_the_library(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    """The next call imports it again, because it may have changed."""
    assert here is not None
    Path("simple.py").write_text("import torch\nprint('imported')\nfrom own import Plain as Net\n", encoding="utf-8")
    assert traced("simple.py:Net", inputs(["3"])).bill().madds == 12
    assert capsys.readouterr().err == "imported\n"
    Path("simple.py").write_text("from torch import nn\nNet = lambda: nn.Linear(3, 5)\n", encoding="utf-8")
    assert traced("simple.py:Net", inputs(["3"])).bill().madds == 15


@pytest.mark.parametrize(("name", "module"), [("Wrong", ""), ("Deep", "in inner.0 ")])
def test_an_error_in_the_forward_has_its_file_and_line(here: Here, name: str, module: str) -> None:
    """It is the innermost line of the user's code, here in a function of another file."""
    done = here("audit", f"own.py:{name}", "--input", "3x5")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: own.py:{name} cannot be run: RuntimeError: ")
    assert done.stderr.endswith(f" ({module}at failing.py:2 on inputs 1×3×5 float32)\n")


@pytest.mark.parametrize("name", ["Wrong", "broken"])
def test_a_traceback_is_shown_on_request(here: Here, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The exit code and the message are the same."""
    plain = here("audit", f"own.py:{name}", "--input", "3x5")
    monkeypatch.setenv("MFPROFILE_DEBUG", "1")
    done = here("audit", f"own.py:{name}", "--input", "3x5")
    assert done.returncode == plain.returncode == 2
    assert "Traceback" not in plain.stderr
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith(plain.stderr)


def test_remarks_are_shown_and_strict_fails_on_what_is_left_out(here: Here) -> None:
    """They are in the text, in JSON, on stderr for CSV and for `check`."""
    text = (
        "layers[0] (Linear) is not registered: its 16 parameters are not counted; keep layers in nn.ModuleList or "
        "nn.ModuleDict"
    )
    audit = ("audit", "own.py:Plain", "--input", "3")
    named = f"NOT counted, so the total is a lower bound:\n  {text}\n"
    for output in (here(*audit).stdout, here(*audit, "--csv").stderr):
        assert output.endswith(named)
        assert output.count(text) == 1
        assert "every operator is counted" not in output
    result = json.loads(here(*audit, "--json").stdout)
    assert result["remarks"] == [text]
    coverage = result["coverage"]
    assert (coverage["complete"], coverage["uncovered"], coverage["gaps"]) == (False, [], [text])
    assert [here(*audit, *strict).returncode for strict in ((), ("--strict",))] == [0, 1]
    check = ("check", "own.py:Plain", "--input", "3", "--max-madds", "12")
    done = here(*check, "--strict")
    assert (here(*check).returncode, done.returncode) == (0, 1)
    notes = [line.removeprefix("note: own.py:Plain: ") for line in done.stderr.splitlines()]
    assert notes == named.splitlines()
    assert f"own.py:Plain: --strict: not counted: {text}" in done.stdout.splitlines()


def test_lazy_layers_get_a_remark_that_strict_allows(here: Here) -> None:
    """Their shapes are those of this input."""
    done = here("audit", "own.py:Lazy", "--input", "3", "--strict")
    lazy = "lazy layers have the shapes that this input gives them"
    assert done.stdout.splitlines()[-2:] == ["every operator is counted", lazy]
    assert done.returncode == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_is_a_target(here: Here) -> None:
    """Its forward has no signature. Other counters may fail on it."""
    done: Any = json.loads(here("audit", "own.py:script", "--input", "3", "--json").stdout)
    assert (done["madds"], done["params"], done["coverage"]["uncovered"]) == (12, 16, [])


@pytest.mark.slow
def test_a_network_that_imports_the_compiler_in_its_forward_is_run_again(here: Here, tmp_path: Path) -> None:
    """Only a compiler that is imported can be turned off, and flex attention cannot be compiled during a trace."""
    pytest.importorskip("torch.nn.attention.flex_attention")
    assert here is not None
    done = process("audit", "own.py:Attending", "--input", "32x16", "--device", "cpu", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert (result["coverage"]["uncovered"], result["madds"]) == ([], 2 * (2 * 32 * 32 * 8))


def test_overridden_methods_are_no_fault_of_ours_in_a_verification(here: Here) -> None:
    """Other counters call these methods, and one that fails is listed with its error."""
    done: Any = json.loads(here("audit", "own.py:grouped", "--input", "3", "--counter", "torch", "--json").stdout)
    assert (done["madds"], done["params"]) == (12, 16)
    assert "verification" in done


def test_the_cause_of_an_error_is_kept(here: Here) -> None:
    """A caller of the library can look at the exception of the network."""
    assert here is not None
    with pytest.raises(InputError) as caught:
        traced("own.py:broken", inputs(["3"]))
    assert isinstance(caught.value.__cause__, ValueError)
