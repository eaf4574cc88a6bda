"""Latency of networks in code and in ONNX files: audit, check and diff, against each row priced apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from odd_devices import nanoseconds, odd_device, write_device
from running import run

torch = pytest.importorskip("torch")

from mfprofile.cost.bill import Bill  # noqa: E402
from mfprofile.cost.conventions import CORE  # noqa: E402
from mfprofile.cost.tree import branches, tree  # noqa: E402
from mfprofile.trace.audit import traced  # noqa: E402
from mfprofile.trace.parse import inputs  # noqa: E402

DEVICE = odd_device()
SOURCE = """
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8, odd=False):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1), nn.BatchNorm2d(width), nn.ReLU())
        self.last = nn.ELU() if odd else nn.ReLU()
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(self.last(self.body(x)).mean((2, 3)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the network and two latency models: one of batch 4, and one that never saw an ELU."""
    (tmp_path / "net.py").write_text(SOURCE)
    write_device(DEVICE, tmp_path, "desk.json")
    write_device(odd_device("four", batch=4), tmp_path, "four.json")
    write_device(odd_device("poor", without=("elu",)), tmp_path, "poor.json")
    return tmp_path


def bill_of(folder: Path, batch: int = 1) -> Bill:
    """Return the bill of the network in an input of 32 pixels."""
    return traced(str(folder / "net.py:Net"), inputs(["3x32x32"], None, batch)).bill()


def priced(bill: Bill) -> int:
    """Return the nanoseconds of all rows, each priced apart."""
    return sum(nanoseconds(DEVICE, row) for row in bill.rows)


def audited(*arguments: str, cwd: Path) -> Any:
    """Return the JSON of an audit of the network."""
    done = run("audit", "net.py:Net", "--input", "3x32x32", *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_audit_has_the_latency_of_each_module(folder: Path) -> None:
    """Modules include their submodules, and the ops that each runs itself sum to the whole."""
    whole = priced(bill_of(folder))
    result = audited("--latency-model", "desk.json", cwd=folder)
    modules = {each["path"]: each for each in result["modules"]}
    assert result["latency"] == modules[""]["latency"] == whole
    assert sum(each["self"]["latency"] for each in result["modules"] if each["self"]) == whole
    assert modules["body"]["latency"] == sum(modules[f"body.{at}"]["latency"] for at in range(3))
    root = tree(traced(str(folder / "net.py:Net"), inputs(["3x32x32"], None, 1)).bill(CORE.on(DEVICE)))
    assert {each.path: each.total.latency for each in branches(root)} == {
        path: each["latency"] for path, each in modules.items()
    }


@pytest.mark.parametrize("axis", ["module", "kind", "op"])
def test_the_lines_of_an_audit_sum_to_its_latency(axis: str, folder: Path) -> None:
    """Also the ops that the network runs itself, which have neither products nor parameters."""
    command = ("audit", "net.py:Net", "--input", "3x32x32", "--latency-model", "desk.json", "--by", axis, "--csv")
    head, *lines = [line.split(",") for line in run(*command, "--depth", "1", cwd=folder).stdout.splitlines()]
    at = head.index("latency")
    assert sum(int(line[at]) for line in lines) == priced(bill_of(folder))


def test_a_kind_without_a_price_is_an_error_or_shown_as_such(folder: Path) -> None:
    """Never 0: its line has no latency."""
    command = ("--latency-model", "poor.json", "--arg", "odd=true")
    done = run("audit", "net.py:Net", "--input", "3x32x32", *command, cwd=folder)
    assert done.returncode == 2
    assert "latency model 'poor' never saw ops of kind elu (1)" in done.stderr
    text = run("audit", "net.py:Net", "--input", "3x32x32", *command, "--allow-unpriced", "--by", "kind", cwd=folder)
    assert "Not in the latency, because the model never saw them: elu (1)" in text.stdout
    assert next(line for line in text.stdout.splitlines() if line.startswith(" elu")).split()[-1] == "0.0"
    assert text.returncode == 0
    strict = run("audit", "net.py:Net", "--input", "3x32x32", *command, "--allow-unpriced", "--strict", cwd=folder)
    assert strict.returncode == 1
    assert audited(*command, "--allow-unpriced", cwd=folder)["latency_model"]["unpriced"] == {"elu": 1}


def test_check_judges_the_latency_of_a_network_in_code(folder: Path) -> None:
    """The heaviest modules are those of brute force."""
    bill = bill_of(folder)
    flags = ("--latency-model", "desk.json", "--max-latency", f"{priced(bill) - 1}ns")
    done = run("check", "net.py:Net", "--input", "3x32x32", *flags, "--json", cwd=folder)
    (limit,) = json.loads(done.stdout)["specs"][0]["limits"]
    assert (done.returncode, limit["counted"]) == (1, priced(bill))
    by_module: dict[str, int] = {}
    for row in bill.rows:
        by_module[row.part.path] = by_module.get(row.part.path, 0) + nanoseconds(DEVICE, row)
    assert limit["modules"] == dict(sorted(by_module.items(), key=lambda item: -item[1])[:3])


def test_the_heaviest_modules_of_a_batch_sum_to_its_latency(folder: Path) -> None:
    """A model of batch 4 prices a network that was run on a batch of 4 as it is."""
    command = ("net.py:Net", "--input", "3x32x32", "--batch", "4", "--latency-model", "four.json")
    (limit,) = json.loads(run("check", *command, "--max-latency", "1ns", "--json", cwd=folder).stdout)["specs"][0][
        "limits"
    ]
    modules = audited(*command[3:], cwd=folder)["modules"]
    own = {each["path"]: each["self"]["latency"] for each in modules if each["self"]}
    assert limit["modules"] == dict(sorted(own.items(), key=lambda item: -item[1])[:3])
    assert limit["counted"] == sum(own.values())


def test_diff_of_networks_in_code_has_the_latency_of_each_module(folder: Path) -> None:
    """Their parts sum to the whole, also those of modules without products and parameters."""
    command = ("diff", "net.py:Net", "--input", "3x32x32", "--arg", "width=16", "--latency-model", "desk.json")
    result = json.loads(run(*command, "--json", cwd=folder).stdout)
    assert result["latency"]["a"] == priced(bill_of(folder))
    assert sum(part["latency"]["difference"] for part in result["modules"]) == result["latency"]["difference"]
    assert {part["b"]: part["status"] for part in result["modules"]}["last"] == "changed"


def test_a_spec_and_a_network_in_code_have_the_latency_of_the_whole(folder: Path) -> None:
    """Their parts have none."""
    command = ("diff", "mf26m", "net.py:Net", "--input", "3x32x32", "--latency-model", "desk.json")
    result = json.loads(run(*command, "--json", cwd=folder).stdout)
    assert result["latency"]["b"] == priced(bill_of(folder))
    assert "latency" not in result["strides"][0]
    text = run(*command, cwd=folder)
    assert text.returncode == 0
    assert ", ms -" in text.stdout.splitlines()[0]


def test_an_onnx_file_has_a_latency(folder: Path) -> None:
    """Audit, check and diff of a file predict what its ops take."""
    onnx = pytest.importorskip("onnx")
    from onnx_files import model_of, saved

    from mfprofile.trace.onnx.trace import traced as read

    node = onnx.helper.make_node
    nodes = [node("Conv", ["x", "stem.weight"], ["c"], name="/stem/Conv"), node("Relu", ["c"], ["y"], name="/act/Relu")]
    file = saved(model_of(nodes, {"x": [1, 3, 8, 8]}, {"stem.weight": (8, 3, 3, 3)}), folder)
    whole = priced(read(file, []).bill())
    flags = ("--latency-model", "desk.json", "--json")
    assert json.loads(run("audit", "net.onnx", *flags, cwd=folder).stdout)["latency"] == whole
    judged = json.loads(run("check", "net.onnx", "--max-latency", "1s", *flags, cwd=folder).stdout)
    assert judged["specs"][0]["limits"][0]["counted"] == whole
    both = json.loads(run("diff", "net.onnx", "net.py:Net", "--input", "3x8x8", *flags, cwd=folder).stdout)
    assert both["latency"]["a"] == whole
