"""Test the command audit, and the commands check and diff with networks in code, from the user's side."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from effort import nightly_but
from running import ROOT, need, run

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from zoo import ZOO, Lambda  # noqa: E402

from mfprofile.budget.difference import difference  # noqa: E402
from mfprofile.cost.tree import Branch, branches, lines, tree  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace import parse  # noqa: E402
from mfprofile.trace.audit import traced  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.audit import audit  # noqa: E402
from mfprofile.verify.verify import chosen, verified  # noqa: E402

MOST = ("torch", "fvcore", "thop", "ptflops")
"""The tools with a rule for all that they count. The others depend on how code is written, or on a first axis."""

SOURCE = """
import sys

import torch
from torch import nn

print("hello")

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(width, width, 3, padding=1, groups=width), nn.BatchNorm2d(width)
        self.scale, self.act = nn.Parameter(torch.ones(width, 1, 1)), nn.ReLU()

    def forward(self, x):
        return self.act(x + self.scale * self.norm(self.conv(x)))

class Net(nn.Module):
    def __init__(self, width=8, blocks=2):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, 2, 1, bias=False)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))

class Odd(Net):
    def __init__(self):
        super().__init__()
        self.spare, self.memory = nn.Linear(3, 4), nn.LSTM(10, 2)

    def forward(self, x):
        return self.memory(torch.linalg.svd(super().forward(x), full_matrices=False)[2][None])[0]

class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.head = nn.LSTM(8, 4, bidirectional=True, batch_first=True), nn.Linear(8, 3, bias=False)

    def forward(self, x):
        return self.head(self.memory(x)[0])

class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.first, self.second = nn.Sequential(layer), nn.Sequential(layer)

    def forward(self, x):
        return self.second(self.first(x))

class Shaped(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.other = nn.Conv2d(3, 3, 3, bias=False), nn.Conv2d(3, 2, 3, bias=False)

    def forward(self, x):
        return self.layer(x).new_zeros(self.other(x).shape)

class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.layer = nn.Embedding(20, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, ids, bias):
        return self.layer(self.table(ids) + bias)

class Asking(nn.Module):
    def forward(self, x):
        return x + 1 if float(x.sum()) == 0 else x

class Exits(nn.Module):
    def forward(self, x):
        raise SystemExit(0)

class Optional(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x, mask=None, bias=None, *, scale=1, after=None):
        return self.layer(x) + bias

class Alone(Optional):
    def forward(self):
        return self.layer(torch.ones(2, 4))

class Loud(nn.Module):
    def forward(self, x):
        sys.stderr.write("heard\\n")
        if x.is_meta:
            return x
        raise ValueError("several\\nlines")
"""
Here = Callable[..., "CompletedProcess[str]"]
MEMORY = 4 * 2 * (10 + 2)  # Odd's LSTM on one vector
CORE = 3 * 9 * 8 * 64 + 2 * 8 * 9 * 64 + 80
PARAMS = 216 + 2 * (80 + 16 + 8) + 90


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a file of networks."""
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def here(folder: Path) -> Here:
    """Return a function that runs the command line in that folder."""
    return lambda *arguments: run(*arguments, cwd=folder)


def _traced(text: str, *inputs: str, **arguments: Any) -> Any:
    return traced(text, parse.inputs(inputs or ["3x16x16"]), arguments)


def _root(text: str, convention: str = "core") -> Branch:
    traced_network = _traced(text)
    return tree(traced_network.bill(convention))


def test_the_bill_is_listed_by_module(folder: Path) -> None:
    """The text is indented, with a line for a module's own ops, and with the device."""
    done = run("audit", "net.py:Net", "--input", "3x16x16", "--depth", "3", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "hello\n")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.startswith("net.py:Net: input 1×3×16×16 float32; MAdds in convention 'core'\n")
    assert ["blocks", "Sequential", f"{2 * 8 * 9 * 64:,}", "9.22k", "39.9", "208", "208", "40.5"] in rows
    assert ["(self)", "0", "0", "0.0", "8", "8", "1.6"] in rows
    assert ["total", "Net", f"{CORE:,}", "23.12k", "100.0", str(PARAMS), str(PARAMS), "100.0"] in rows
    assert done.stdout.endswith(
        "\ncounted on meta tensors: without weights and without compute\nevery operator is counted\n"
    )


@pytest.mark.parametrize("convention", ["core", "fvcore", "torchinfo"])
@pytest.mark.parametrize("network", ["net.py:Net", "net.py:Odd"])
def test_the_lines_below_a_module_sum_to_it(folder: Path, network: str, convention: str) -> None:
    """At every node, its modules and its own ops sum to its total."""
    root = _root(network, convention)
    every = {branch.path: branch for branch in branches(root)}
    assert folder.exists()
    for path, branch in every.items():
        below = [line.total for line in lines(branch, branch.level + 1)]
        for key in ("madds", "params", "activations"):
            if branch.children:
                assert sum(getattr(total, key) for total in below) == getattr(branch.total, key), (path, key)
            else:
                assert not below
                assert getattr(branch.own, key) == getattr(branch.total, key)
    assert root.total.params == sum(each.numel() for each in _module(network).parameters())


def _module(text: str) -> nn.Module:
    from mfprofile.trace.target import opened

    with opened(text) as model:
        return model


def test_json_holds_every_module_and_op(here: Here) -> None:
    """The figures are integers. Rows, groups and the root have the same sums."""
    done = here("audit", "net.py:Odd", "--input", "3x16x16", "--by", "kind", "--json")
    result = json.loads(done.stdout)
    assert (result["schema"], result["name"], result["input"], result["device"]) == (
        2,
        "net.py:Odd",
        [{"shape": [1, 3, 16, 16], "dtype": "float32"}],
        "meta",
    )
    root = result["modules"][0]
    for key in ("madds", "params", "activations"):
        assert sum(row[key] for row in result["rows"]) == result[key] == root[key]
        assert sum(group[key] for group in result["groups"]["totals"]) == result[key]
    assert result["madds"] == CORE + MEMORY
    assert result["unused"] == {"spare.weight": 12, "spare.bias": 4}
    uncovered = {one["operator"]: (one["count"], one["recurrent"]) for one in result["coverage"]["uncovered"]}
    assert uncovered == {"_linalg_svd": (1, False)}
    assert root["class"] == "Odd"


def test_csv_has_a_line_for_each_module_and_stderr_has_what_is_not_counted(here: Here) -> None:
    """Only paths and integers are on stdout. The first level below the root sums to the total."""
    done = here("audit", "net.py:Odd", "--input", "3x16x16", "--csv", "--depth", "3")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {"blocks.0.conv", "blocks.0.(self)", "memory"} <= {row["module"] for row in rows}
    top = [row for row in rows if "." not in row["module"]]
    assert sum(int(row["madds"]) for row in top) == CORE + MEMORY
    assert "NOT counted" in done.stderr
    assert "  _linalg_svd: 1 time, 12 elements\n" in done.stderr


def test_operators_that_are_not_counted_fail_only_with_strict(here: Here) -> None:
    """They are listed in both cases."""
    for options, code in (((), 0), (("--strict",), 1)):
        done = here("audit", "net.py:Odd", "--input", "3x16x16", *options)
        assert done.returncode == code
        assert "\nNOT counted, so the total is a lower bound:\n  _linalg_svd: 1 time, " in done.stdout
        assert "\nparameters that no op reads: 16 (spare.weight 12, spare.bias 4)\n" in done.stdout
    assert here("audit", "net.py:Net", "--input", "3x16x16", "--strict").returncode == 0


@pytest.mark.parametrize("axis", ["kind", "op"])
def test_the_bill_is_listed_by_kind_and_op_as_markdown(here: Here, axis: str) -> None:
    """The tables have the form of `count`."""
    table = here("audit", "net.py:Net", "--input", "3x16x16", "--by", axis, "--markdown").stdout
    assert f"| {'conv' if axis == 'kind' else 'stem'} |" in table
    assert f"| total | {'' if axis == 'kind' else ' |  |  | '}{CORE:,} |" in table


def test_a_network_that_reads_values_runs_on_a_cpu(here: Here) -> None:
    """The output has the reason. With `--device meta`, the network is refused."""
    done = here("audit", "net.py:Asking", "--input", "3")
    assert "\nrun on a CPU, because it cannot run on meta tensors: " in done.stdout
    assert done.returncode == 0
    with pytest.raises(InputError, match=r"^net.py:Asking cannot be run: "):
        traced("net.py:Asking", parse.inputs(["3"]), device="meta")
    assert traced("net.py:Net", parse.inputs(["3x16x16"]), device="cpu").device == "cpu"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("audit net.py:Nett", "hello\nerror: net.py:Nett: net.py has no 'Nett'; did you mean 'Net'?\n"),
        ("audit net.py:Net --by modle", "error: cannot count by 'modle'; did you mean 'module'?\n"),
        ("audit net.py:Net --depth -1", "error: --depth -1: must be 0 or more\n"),
        ("audit net.py:Net --device gpu", "error: unknown device 'gpu'; did you mean 'cpu'?\n"),
        ("audit net.py:Net --counter fvcor", "error: unknown counter 'fvcor'; did you mean 'fvcore'?\n"),
        ("audit net.py:Net --convention cor", "error: unknown convention 'cor'; did you mean 'core'?\n"),
        ("audit net.py:Net --json --csv", "error: --json and --csv cannot be combined; use one of them\n"),
        ("audit net.py:Net --input 999999999x999999999x4", "hello\nerror: net.py:Net cannot be given its inputs: RuntimeError: Storage size calculation overflowed with sizes=[1, 999999999, 999999999, 4] (on inputs 1×999999999×999999999×4 float32)\n"),
        (
            "count net.py:Net",
            "error: net.py:Net: use 'mfprofile audit' for it alone; or add another network, or --columns "
            "name,madds,params\n",
        ),
        ("check net.py:Net", "hello\nerror: net.py:Net: no limit is given; use a flag such as --max-madds 300M, a map 'budget: {max: {madds: 300M}}' in the spec, or one under [tool.mfprofile.budgets] in pyproject.toml\n"),
        ("check net.py:Net --max former.madds=10%", "hello\nerror: net.py:Net: former.madds: a network in code has no pillars; use madds\n"),
        ("check net.py:Net --max-memory 1MB --dtype int8", "hello\nerror: net.py:Net: memory: dtype is for specs; net.py:Net is a network in code, which has the batch, the types and the operators in place that it runs with; remove it\n"),
        ("check net.py:Net --max-memory 1MB --batch 0", "error: --batch 0: must be 1 or more\n"),
        ("check net.py:Net --max-madds 1M --set stem=8", "error: --set changes a spec, but net.py:Net is a network in code; use --arg for its factory\n"),
        ("check mf26m --max-madds 1M --arg width=8", "error: --arg needs a network in code, such as net.py:Net; use --set to change a spec\n"),
        ("check mf26m net.py:Net --max-madds 1M --input 192 --input 224", "error: --input 224: the specs have the input 192 already; use one of them\n"),
        ("check mf26m --max-madds 1M --input 192 --input 224", "error: --input is given twice, but a spec has one input; use 192 or HEIGHTxWIDTH\n"),
        ("diff net.py:Net", "error: B is missing; give a second network, or change A with --arg\n"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_clear_line_and_exit_code_2(here: Here, arguments: str, message: str) -> None:
    """The line is on stderr, after the output of the user's own code."""
    done = here(*arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.parametrize(
    "command", ["audit net.py:Exits", "check net.py:Exits --max-madds 1", "diff net.py:Exits net.py:Net"]
)
def test_a_network_that_exits_is_an_error(here: Here, command: str) -> None:
    """If its exit code 0 ended the command, a failing check would pass."""
    done = here(*command.split(), "--input", "4")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("cannot be run: SystemExit: 0 (at net.py:75 on inputs 1×4 float32)")


LAZY = """
from torch import nn

def net():
    return nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))

class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.LazyLinear(5)

    def forward(self, *, x):
        return self.layer(x)

class Exits(nn.LazyLinear):
    def __init__(self):
        super().__init__(5)

    def forward(self, x):
        raise SystemExit(0)
"""


def test_lazy_layers_get_their_shapes_from_the_input(here: Here) -> None:
    """The bill and other counters have the shapes. An input that does not fit is reported."""
    Path("lazy.py").write_text(LAZY, encoding="utf-8")
    result = json.loads(here("audit", "lazy.py:net", "--input", "3x10x10", "--json", "--counter", "thop").stdout)
    assert (result["madds"], result["params"]) == (27 * 8 * 64 + 512 * 5, 224 + 16 + 2565)
    named = json.loads(here("audit", "lazy.py:Named", "--input", "x=7", "--json").stdout)
    assert (named["madds"], named["params"], named["input"]) == (
        7 * 5,
        40,
        [{"name": "x", "shape": [1, 7], "dtype": "float32"}],
    )
    refused = here("audit", "lazy.py:net", "--input", "3")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert refused.stderr.startswith("error: lazy.py:net: cannot initialize its lazy layers: RuntimeError: ")
    exits = here("audit", "lazy.py:Exits", "--input", "3")
    assert (exits.returncode, exits.stderr) == (
        2,
        "error: lazy.py:Exits: cannot initialize its lazy layers: SystemExit: 0 (at lazy.py:20); use --input 3x3x3\n",
    )


def test_inputs_that_need_too_much_memory_are_refused(here: Here) -> None:
    """Counters refuse them too, even if the network could run on meta tensors."""
    for options in (("--device", "cpu"), ("--counter", "torch")):
        done = here("audit", "net.py:Asking", "--input", "1000000x1000000x1000", *options)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 2
        assert "error: net.py:Asking cannot be " in done.stderr


def test_the_message_for_shapes_that_do_not_fit_has_the_module(here: Here) -> None:
    """The message has the network's name once, also in `check`."""
    for command in (("audit",), ("check", "--max-madds", "1M")):
        done = here(command[0], "net.py:Net", *command[1:], "--input", "1x16x16")
        assert done.returncode == 2
        assert done.stderr.count("net.py:Net") == 1
        assert done.stderr.endswith("(in stem at net.py:26 on inputs 1×1×16×16 float32)\n")


def test_a_network_is_not_changed(folder: Path) -> None:
    """Its state, its mode, its hooks, the import path and the random state are the same afterwards."""
    sys.path.insert(0, str(folder))
    try:
        import net
    finally:
        sys.path.remove(str(folder))
    net.ready = model = net.Net().train()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    path, numbers = list(sys.path), torch.random.get_rng_state()
    audited = audit("net:ready", parse.inputs(["3x16x16"]), counters=["torch", "fvcore", "thop"])
    assert audited.holds
    assert model.training
    assert all(module.training for module in model.modules())
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in state.items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert sys.path == path
    assert torch.equal(torch.random.get_rng_state(), numbers)
    del sys.modules["net"]


def test_each_counters_total_is_explained(here: Here) -> None:
    """Convolutions, norms and a head are explained to the last unit, at each module path, as in `verify`."""
    need("ptflops", "torchinfo")
    done = here("audit", "net.py:Net", "--input", "3x16x16", "--verify", "--json", "--strict")
    verification = json.loads(done.stdout)["verification"]
    totals = {one["tool"]: one["printed"] for one in verification["counters"]}
    norms = 2 * 8 * 64
    assert totals["torch"] == 2 * CORE
    assert totals["fvcore"] == CORE + 2 * norms
    assert totals["thop"] == CORE + 4 * norms
    assert totals["ptflops"] == CORE + norms + 10  # the bias of the depthwise convolutions, and of the head
    assert all(one["unexplained"] == one["unexplained_params"] == 0 for one in verification["counters"])
    assert all(one["holds"] for one in verification["counters"])
    assert verification["holds"]
    assert done.returncode == 0


def test_counters_get_a_named_input_by_position(here: Here) -> None:
    """They get the defaults before it too. A keyword-only input is refused."""
    for tool in ("torch", "thop"):
        line = ("audit", "net.py:Optional", "--input", "4", "--counter", tool, "--strict", "--input")
        assert here(*line, "bias=3").returncode == 0
        assert here(*line, "after=3", "--input", "bias=3").stderr.endswith(
            "error: other counters pass inputs by position, and some of these inputs are keyword-only\n"
        )


@pytest.mark.parametrize("forward", ["def forward(self, x, y): return x", "forward = None"])
def test_counters_need_a_forward_that_takes_the_inputs(here: Here, forward: str) -> None:
    """A network whose own `__call__` takes them is counted, but other counters call `forward`."""
    text = f"from torch import nn\nclass Odd(nn.Module):\n    def __call__(self, x): return x\n    {forward}\n"
    Path("odd.py").write_text(text, encoding="utf-8")
    assert here("audit", "odd.py:Odd", "--input", "4").returncode == 0
    done = here("audit", "odd.py:Odd", "--input", "4", "--counter", "torch")
    assert done.returncode == 2
    assert done.stderr.startswith("error: other counters pass inputs to forward, which cannot take them: ")


def test_a_network_without_inputs_gets_no_default_image(here: Here) -> None:
    """With an input on the command line, it fails."""
    line = ("audit", "net.py:Alone", "--counter", "torch", "--counter", "fvcore", "--counter", "ptflops", "--strict")
    done = here(*line, "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["input"], result["madds"]) == (0, [], 2 * 4 * 3)
    assert here(*line, "--input", "4").returncode == 2


def test_a_network_that_holds_a_lock_is_audited(here: Here) -> None:
    """It was made for the audit, so it can run itself. Other counters can run it too."""
    Path("lock.py").write_text(
        "import threading\nfrom net import Net\n\nclass Locked(Net):\n    def __init__(self):\n"
        "        super().__init__()\n        self.locks = [threading.Lock()]\n",
        encoding="utf-8",
    )
    done = here("audit", "lock.py:Locked", "--input", "3x16x16", "--counter", "torch", "--counter", "thop", "--strict")
    assert (done.returncode, "all explained" in done.stdout) == (0, True)


def test_counters_that_fail_are_reported_on_stderr_with_a_csv(here: Here) -> None:
    """The line has the whole reason, also if the tool prints it. Other output of the tool is hidden."""
    pytest.importorskip("thop")
    options = [each for tool in ("thop", "ptflops", "torch") for each in ("--counter", tool)]
    done = here("audit", "net.py:Loud", "--input", "4", "--csv", *options)
    assert done.stdout == (
        "name,tool,version,printed,unit,core,adds,misses,predicted,unexplained,params,unexplained_params\n"
    )
    assert done.stderr.splitlines()[-3:] == [
        "thop could not be run: ValueError: several lines",
        "ptflops could not be run: RuntimeError: ValueError: several lines",
        "torch could not be run: ValueError: several lines",
    ]
    assert done.stderr.count("heard") == 1
    assert "Traceback" not in done.stderr


def _counters(here: Here, network: str, *inputs: str) -> dict[str, Any]:
    options = [each for tool in ("torch", "fvcore", "thop") for each in ("--counter", tool)]
    given = [each for one in inputs for each in ("--input", one)]
    verification = json.loads(here("audit", network, *given, *options, "--json").stdout)["verification"]
    return {each["tool"]: each for each in verification["counters"]} | {"holds": verification["holds"]}


def test_a_fused_attention_is_explained(here: Here) -> None:
    """FlopCounterMode and fvcore do not count inside it. thop does not count attention at all, nor its layers."""
    inside, around = 2 * 5 * 5 * 8, 5 * 8 * 24 + 5 * 8 * 8
    counters = _counters(here, "net.py:Words", "ids=int64:5", "bias=5x8")
    assert counters["torch"]["misses"] == {"matmul": 2 * inside}
    assert counters["fvcore"]["misses"] == {"matmul": inside}
    assert counters["thop"]["misses"] == {"linear": around, "matmul": inside}
    assert counters["holds"]


def test_what_no_convention_explains_is_shown(here: Here) -> None:
    """The example is a layer of whose result only the shape is used. torch.jit's tracing leaves it, so fvcore counts it.

    It fails with --strict.
    """
    counters = _counters(here, "net.py:Shaped", "3x16x16")
    assert counters["fvcore"]["unexplained"] == 9 * 3 * 2 * 14 * 14
    assert [counters[tool]["unexplained"] for tool in ("torch", "thop")] == [0, 0]
    assert not counters["holds"]
    line = ("audit", "net.py:Shaped", "--input", "3x16x16", "--counter")
    assert here(*line, "fvcore", "--strict").returncode == 1


def test_a_layer_in_two_blocks_is_explained(here: Here) -> None:
    """Thop hooks it twice, and adds it for both."""
    counters = _counters(here, "net.py:Shared", "3x16x16")
    assert [counters[tool]["unexplained"] for tool in ("torch", "fvcore", "thop")] == [0, 0, 0]
    assert counters["thop"]["adds"] == {"conv": (8 - 2) * (9 * 3 * 3 * 16 * 16)}


def test_every_counter_is_explained_on_a_network_with_an_lstm(here: Here) -> None:
    """Torch runs the LSTM in one kernel, and fvcore has no rule for it; thop adds its gates."""
    done = here("audit", "net.py:Memory", "--input", "5x8", "--verify", "--strict", "--json")
    result = json.loads(done.stdout)
    counters = {each["tool"]: each for each in result["verification"]["counters"]}
    assert (done.returncode, result["verification"]["holds"]) == (0, True)
    assert {each["unexplained"] for each in counters.values()} == {0}
    core = 5 * 2 * 16 * (8 + 4) + 5 * 8 * 3
    assert (result["madds"], counters["torch"]["misses"]) == (core, {"lstm": 2 * (core - 120)})
    assert (counters["thop"]["adds"], counters["thop"]["misses"]) == ({"lstm": 5 * 8 * 16}, {})


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("norm", ["batch", "group", "instance", "layer"])
def test_norms_are_explained(norm: str, affine: bool) -> None:
    """Fvcore, thop, ptflops and torchinfo treat norms with and without parameters in different ways."""
    norms = {
        "batch": lambda: nn.BatchNorm2d(4, affine=affine),
        "group": lambda: nn.GroupNorm(2, 4, affine=affine),
        "instance": lambda: nn.InstanceNorm2d(4, affine=affine),
        "layer": lambda: nn.LayerNorm(6, elementwise_affine=affine),
    }
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3), norms[norm]()))


@pytest.mark.parametrize("affine", [True, False])
def test_a_norm_by_the_batchs_statistics_is_explained(affine: bool) -> None:
    """A BatchNorm without running statistics uses them in eval too. Fvcore then counts 5 or 4 for each value."""
    _explained(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=affine, track_running_stats=False)), tools=MOST
    )


ATTENTIONS = {
    "fused": lambda q: (q, q, q),
    "without heads": lambda q: (q[0], q[0], q[0]),
    "windows": lambda q: (q[None], q[None], q[None]),
    "shared heads": lambda q: (q, q[:, :2], q[:, :2], None, 0.0, False),
    "fewer channels": lambda q: (q, q, q[..., :3]),
    "transposed": lambda q: (q.mT, q.mT, q.mT),
    "masked": lambda q: (q, q, q, q[0, 0] @ q[0, 0].mT),
    "masked by head": lambda q: (q, q, q, q[0] @ q[0].mT),
    "masked by all": lambda q: (q, q, q, q @ q.mT),
    "dropout": lambda q: (q, q, q, None, 0.5),
}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_is_explained_whether_torch_fuses_it_or_not(name: str) -> None:
    """If not, FlopCounterMode and ptflops see the products, and fvcore does not count inside the operator."""
    if name == "shared heads" and torch.__version__.startswith("2.4."):
        pytest.skip("torch 2.4 has no enable_gqa")
    options = {"enable_gqa": True} if name == "shared heads" else {}
    attention = Lambda(lambda q: functional.scaled_dot_product_attention(*ATTENTIONS[name](q), **options))
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3), attention), tools=MOST)


@pytest.mark.parametrize(
    "layer",
    [
        *(nn.ReLU(), nn.ReLU6(), nn.GELU(), nn.SiLU(), nn.LeakyReLU(), nn.Hardswish(), nn.PReLU(4)),
        *(nn.AvgPool2d(2), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Dropout(), nn.Flatten()),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_outside_mobile_former_are_explained(layer: nn.Module) -> None:
    """They are activations and pooling that no Mobile-Former has."""
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3), layer))


@pytest.mark.parametrize(
    "mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "linear", "trilinear", "flat", "deep"]
)
def test_upsampling_is_explained_in_every_mode(mode: str) -> None:
    """Fvcore and thop weigh some modes, fvcore only in 2 dimensions. Flat and deep are nearest in 1 and 3 dimensions."""
    sides = {"linear": 1, "flat": 1, "trilinear": 3, "deep": 3}.get(mode, 2)
    layer = nn.Upsample(scale_factor=2, mode={"flat": "nearest", "deep": "nearest"}.get(mode, mode))
    _explained(nn.Sequential((nn.Conv1d, nn.Conv2d, nn.Conv3d)[sides - 1](3, 4, 3), layer), 3, *[6] * sides, tools=MOST)


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d])
def test_pooling_is_explained_in_any_number_of_dimensions(pool: type[nn.Module]) -> None:
    """Fvcore knows only pooling in 2 dimensions."""
    sides = int(pool.__name__[-2])
    _explained(
        nn.Sequential((nn.Conv1d, nn.Conv2d, nn.Conv3d)[sides - 1](3, 4, 3), pool(2)), 3, *[6] * sides, tools=MOST
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "groups"), [(4, 2, 1), (3, 1, 2), (2, 3, 4)])
def test_transposed_convolutions_are_explained(kernel: int, stride: int, groups: int, bias: bool) -> None:
    """Thop and torchinfo count the weights at each output position, and the output is larger than the input."""
    layer = nn.ConvTranspose2d(4, 8, kernel, stride, groups=groups, bias=bias)
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3), layer), tools=[*MOST, "torchinfo"])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_padding_that_is_a_word_is_explained(padding: str, bias: bool) -> None:
    """Torch has a separate operator for it, which fvcore does not know."""
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3, padding=padding, bias=bias), nn.Conv2d(4, 4, 1, bias=bias)), tools=MOST)


def test_a_bias_that_is_added_separately_is_explained() -> None:
    """If vectors are not contiguous, torch does not fuse the bias into the product, and ptflops does not count it."""
    layer = nn.Linear(8, 5)
    _explained(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Lambda(lambda image: image.mT), layer), tools=["ptflops"])
    _explained(
        nn.Sequential(nn.Flatten(2), Lambda(lambda rows: rows[..., :8].permute(2, 1, 0)[:8]), nn.Linear(1, 5)),
        tools=["ptflops"],
    )


def test_grid_sampling_is_explained() -> None:
    """Fvcore counts it as bilinear."""
    _explained(
        Lambda(lambda image: functional.grid_sample(image, image[:, :2].permute(0, 2, 3, 1), align_corners=False))
    )


VECTORS = {
    "matrix × vector": lambda x: x[0] @ x[0, 0],
    "batch × vector": lambda x: x @ x[0, 0],
    "a batch in pieces × vector": lambda x: x.mT @ x[0, :, 0],
    "vector × matrix": lambda x: x[0, 0] @ x[0].mT,
    "vector × batch": lambda x: x[0, :, 0] @ x,
    "vector × a transposed batch": lambda x: x[0, 0] @ x.mT,
    "vector × vector": lambda x: x[0, 0] @ x[0, 1],
    "of two vectors": lambda x: torch.outer(x[0, 0], x[0, 1]) + torch.vdot(x[0, 0], x[0, 1]),
    "added": lambda x: torch.addmv(x[0, 0], x[0, :8], x[0, 1]) + torch.addr(x[0, :8], x[0, 0], x[0, 1]),
    "summed": lambda x: torch.addbmm(x[0, :8, :8], x[:, :8], x.mT[:, :, :8]),
    "einsum that sums nothing": lambda x: torch.einsum("bi,bj->bij", x[:, 0], x[:, 1]),
    "bilinear": lambda x: functional.bilinear(x, x[..., :5], x.new_ones(3, 8, 5)),
    "of integers": lambda x: torch._int_mm(x[0, :32].to(torch.int8), x[0, :8].to(torch.int8)),
    "a layer of one output": lambda x: functional.linear(x, x[0, 0]),
}


@pytest.mark.parametrize("name", VECTORS)
def test_products_with_vectors_are_explained(name: str) -> None:
    """Torch has separate operators for them, for which FlopCounterMode and ptflops have no rule."""
    model = nn.Sequential(nn.Flatten(2), nn.Linear(64, 8), nn.Linear(8, 8), Lambda(VECTORS[name]))
    _explained(model, 8, 8, 8, tools=["torch", "ptflops"])


def test_a_vector_that_is_a_parameter_is_explained() -> None:
    """Spectral norm has two of those products. Fvcore raises an error for `@` with a vector."""
    vector = Lambda(lambda rows, weight: rows @ weight, weight=torch.ones(8))
    norm = nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8))
    _explained(nn.Sequential(norm, vector), tools=["torch", "ptflops"])
    _explained(nn.Sequential(nn.Linear(8, 8), vector), tools=["ptflops-pytorch"])
    _explained(nn.Sequential(norm, nn.Linear(8, 4)), tools=["fvcore", "thop"])


class Pairing(nn.Module):
    """A network with torch's bilinear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Bilinear(8, 8, 5)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        vectors = self.first(vectors)
        return self.second(vectors, vectors)


def test_a_bilinear_layer_is_explained() -> None:
    """Only torchinfo knows it, and counts its parameters."""
    _explained(Pairing())


UNEXPLAINED = {"norms": "thop"}
"""The tool that is not explained, by network: thop does not know a norm that pools."""


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_is_explained(name: str) -> None:
    """Each tool is explained on each network, except those of `UNEXPLAINED`."""
    model, sides = ZOO[name].make().eval(), ZOO[name].inputs
    inputs = tuple(each if isinstance(each, torch.Tensor) else torch.zeros(1, *each) for each in sides)
    bill = trace(model, inputs).bill()
    for tool in MOST:
        verification = verified(bill, model, [tool], lambda _: None, inputs)
        assert verification.holds != (tool == UNEXPLAINED.get(name)), tool


def _explained(model: nn.Module, *shape: int, tools: Sequence[str] | None = None) -> None:
    """Compare each tool's total and parameters, and its figures by module if it has them, with the trace."""
    sides = shape or (3, 8, 8)
    verification = verified(trace(model, sides).bill(), model, chosen(tools), lambda _: None, (torch.zeros(1, *sides),))
    assert not verification.failures
    unexplained = {one.measured.tool: (one.unexplained, one.unexplained_params) for one in verification.explanations}
    assert unexplained == dict.fromkeys(chosen(tools), (0, 0))
    assert verification.holds


class OwnLinear(nn.Linear):
    """A layer of a custom class, which tools with a table of classes do not know."""


class OwnNorm(nn.BatchNorm2d):
    """A norm of a custom class with another module inside, as in timm."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.act(super().forward(image))


class Functions(nn.Module):
    """A network whose products and norms are torch functions, with parameters outside of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.scale = nn.Parameter(torch.ones(5, 8)), nn.Parameter(torch.ones(8))
        self.inner = nn.Linear(8, 8)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        image = nn.functional.layer_norm(self.inner(image), (8,), self.scale)
        return nn.functional.linear(image, self.weight).softmax(-1).mean((-1, -2))


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(OwnLinear(8, 4), nn.Linear(4, 3)),
        nn.Sequential(nn.Conv2d(3, 4, 3), OwnNorm(4)),
        Functions(),
        nn.Sequential(nn.Linear(8, 8), nn.Softmax(-1)),
        nn.Sequential(nn.Flatten(1, 2), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)),
    ],
    ids=["layer-of-a-class-of-its-own", "norm-with-a-module-within", "functions", "softmax", "attention"],
)
def test_ops_that_tools_of_modules_do_not_see_are_explained(model: nn.Module) -> None:
    """These tools know torch's own layers by class, or modules without children, and do not see functions."""
    _explained(model, 3, 8, 8, tools=["thop", "torchinfo"])


class Chance(nn.Module):
    """A layer that is called as often as a random number says."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(int(torch.randint(1, 1000, ()))):
            x = self.layer(x)
        return x


def test_counters_have_the_random_numbers_of_the_trace() -> None:
    """So what random numbers decide is the same for all."""
    _explained(Chance(), 8, tools=["torch", "thop", "ptflops"])


class Biased(nn.Module):
    """Scores of vectors with one another, added to a bias in the same operator, as in a language model."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        vectors = self.project(x)
        return torch.zeros(len(x), 5, 5, device=x.device).baddbmm(vectors, vectors.mT)


def test_products_that_are_added_to_a_bias_are_explained() -> None:
    """FlopCounterMode has a rule for `baddbmm`; fvcore and ptflops have none."""
    _explained(Biased(), 5, 8, tools=["torch", "fvcore", "thop", "ptflops"])


@pytest.mark.parametrize(
    "norm", [nn.LayerNorm(8, bias=False), nn.LayerNorm(8), nn.LayerNorm(8, elementwise_affine=False)]
)
def test_norms_with_a_weight_and_no_bias_are_explained(norm: nn.Module) -> None:
    """The weight alone decides what tools count."""
    _explained(nn.Sequential(nn.Linear(8, 8), norm), 5, 8, tools=["torch", "fvcore", "thop", "ptflops"])


@pytest.mark.parametrize(
    "target",
    nightly_but(
        2,
        [
            *("torchvision:shufflenet_v2_x1_0", "torchvision:mobilenet_v3_large", "torchvision:vit_b_16"),
            *("timm:mobilenetv3_large_100", "timm:efficientnet_b0", "timm:resnet50", "timm:convnext_tiny"),
            *("timm:vit_tiny_patch16_224", "timm:deit_tiny_patch16_224", "timm:swin_tiny_patch4_window7_224"),
            *("torchvision:deeplabv3_mobilenet_v3_large", "timm:mobilenetv4_conv_small", "timm:mobilevit_s"),
            *("timm:nest_tiny", "timm:mixer_s32_224", "timm:nfnet_l0"),
        ],
    ),
)
def test_networks_of_libraries_are_explained(target: str) -> None:
    """Four tools with three ways to count are explained, to the unit and at each module path."""
    library = target.partition(":")[0]
    need(library)
    audited = audit(target, parse.inputs([]), counters=["torch", "fvcore", "thop", "ptflops"])
    assert audited.verification is not None
    assert {one.measured.tool: one.unexplained for one in audited.verification.explanations} == dict.fromkeys(
        ["torch", "fvcore", "thop", "ptflops"], 0
    )
    assert audited.holds


def test_check_takes_networks_in_code_and_specs(here: Here) -> None:
    """It lists the heaviest modules and suggests no knobs. The exit code is 1 if a limit is not met."""
    options = ("--max-params", "4M", "--max-activations", "9M", "--max-madds", "24M")
    done = here("check", "net.py:Net", "mf26m", *options)
    assert (done.returncode, done.stderr) == (0, "hello\n")
    done = here("check", "net.py:Net", "--input", "3x16x16", "--max-madds", "20k")
    assert done.returncode == 1
    assert f"net.py:Net: madds {CORE:,} > 20,000" in done.stdout
    assert (
        "\n  heaviest: stem 13.82k (59.8 %), blocks.0.conv 4.61k (19.9 %), blocks.1.conv 4.61k (19.9 %)\n\nFAILED"
        in done.stdout
    )
    done = here("check", "net.py:Net", "--input", "3x16x16", "--arg", "width=4", "--max-madds", "20k", "--json")
    result = json.loads(done.stdout)["specs"][0]
    assert (done.returncode, result["name"], result["input"]) == (
        0,
        "net.py:Net",
        [{"shape": [1, 3, 16, 16], "dtype": "float32"}],
    )


def test_budgets_and_baselines_work_for_networks_in_code(folder: Path, here: Here) -> None:
    """Budgets are by name in pyproject.toml, and a baseline is an earlier `audit --json`."""
    (folder / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets]\n"net.py:*" = {max = {madds = "20k"}}\n', encoding="utf-8"
    )
    done = here("check", "net.py:Net", "--input", "3x16x16")
    assert (done.returncode, done.stderr) == (1, "hello\n")
    assert "given by pyproject.toml:2:22" in done.stdout
    (folder / "pyproject.toml").unlink()
    (folder / "main.json").write_text(
        here("audit", "net.py:Net", "--input", "3x16x16", "--json").stdout, encoding="utf-8"
    )
    for width, code in (("8", 0), ("9", 1)):
        options = ("--baseline", "main.json", "--arg", f"width={width}")
        assert here("check", "net.py:Net", "--input", "3x16x16", *options).returncode == code


def test_an_option_that_applies_to_no_network_is_refused_also_with_a_baseline_on_stdin(folder: Path) -> None:
    """The dash of the baseline is not a spec that the option could apply to."""
    line = ["check", "net.py:Net", "--input", "3x16x16", "--baseline", "-"]
    bill = run("audit", "net.py:Net", "--input", "3x16x16", "--json", cwd=folder).stdout
    assert run(*line, stdin=bill, cwd=folder).returncode == 0
    done = run(*line, "--set", "stem=8", stdin=bill, cwd=folder)
    message = "error: --set changes a spec, but net.py:Net is a network in code; use --arg for its factory\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
    twice = run("check", "-", "--baseline", "-", stdin=bill, cwd=folder)
    assert (twice.returncode, twice.stderr) == (2, "error: -: standard input can be read only once\n")


def test_a_baseline_on_other_inputs_is_refused(folder: Path, here: Here) -> None:
    """A baseline in another convention is refused too: growth between the two has no meaning."""
    whole = here("audit", "net.py:Net", "--input", "3x16x16", "--json").stdout
    (folder / "main.json").write_text(whole, encoding="utf-8")
    done = here("check", "net.py:Net", "--input", "3x8x8", "--baseline", "main.json")
    assert (done.returncode, done.stderr) == (
        2, "hello\nerror: net.py:Net: main.json: was counted on input 1×3×16×16 float32, not 1×3×8×8 float32; use that --input, or count it again\n",
    )  # fmt: skip
    given = {key: value for key, value in json.loads(whole).items() if key != "input"}
    (folder / "main.json").write_text(json.dumps(given), encoding="utf-8")
    assert here("check", "net.py:Net", "--input", "3x8x8", "--baseline", "main.json").returncode == 0


def test_the_inputs_of_a_baseline_of_the_first_schema_are_compared(folder: Path) -> None:
    """That schema has them as text. The same inputs are accepted, others are refused."""
    (folder / "net.py").write_text(
        "from torch import nn\n\ndef Net():\n"
        "    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))\n",
        encoding="utf-8",
    )
    line = ["check", "net.py:Net", "--baseline", str(ROOT / "tests" / "data" / "baseline_schema1_code.json")]
    assert run(*line, "--input", "3x8x8", cwd=folder).returncode == 0
    other = run(*line, "--input", "3x9x9", cwd=folder)
    assert (other.returncode, "was counted on input 1×3×8×8 float32, not 1×3×9×9 float32" in other.stderr) == (2, True)


def test_check_fails_with_strict_if_a_network_is_not_fully_counted(here: Here) -> None:
    """It fails in every format. Without --strict, only the limits decide, and JSON still lists what is not counted."""
    line = ("check", "net.py:Odd", "net.py:Net", "--input", "3x16x16", "--max-madds", "1M")
    for options, code in (((), 0), (("--strict",), 1), (("--strict", "--exit-zero"), 0)):
        done = here(*line, *options, "--json")
        result = json.loads(done.stdout)
        odd, net = result["specs"]
        assert (done.returncode, result["holds"], odd["holds"]) == (code, not options, not options)
        assert [one["operator"] for one in odd["coverage"]["uncovered"]] == ["_linalg_svd"]
        assert (net["holds"], net["coverage"]["uncovered"], net["coverage"]["uncovered_elements"]) == (True, [], 0)
    message = "net.py:Odd: --strict: not counted: _linalg_svd"
    table = here(*line, "--strict").stdout
    assert table.endswith(
        f"\n{message}\n\nFAILED: 1 network not fully counted; all 2 limits met in convention 'core'\n"
    )
    over = here(*line[:-1], "1k", "--strict", "--format", "github").stdout
    assert f",title=net.py%3AOdd%3A not fully counted::{message}\n" in over
    assert "FAILED: 2 of 2 limits not met in convention 'core'; 1 network not fully counted\n" in over
    assert here(line[0], *line[2:], "--strict").returncode == 0


def test_check_lists_what_it_could_not_count(here: Here) -> None:
    """The list is on stderr. The limits apply to the rest."""
    done = here("check", "net.py:Odd", "--input", "3x16x16", "--max-madds", "1M", "--format", "github")
    assert done.returncode == 0
    assert "note: net.py:Odd:   _linalg_svd: 1 time, 12 elements\n" in done.stderr


def test_diff_lists_the_changes_by_module(here: Here) -> None:
    """It lists modules that only one network has or whose class differs. Unchanged ones are in one line."""
    done = here("diff", "net.py:Net", "--arg", "blocks=3", "--input", "3x16x16")
    assert (done.returncode, done.stderr) == (0, "hello\n")
    assert done.stdout.startswith(
        "net.py:Net → net.py:Net with blocks=3: MAdds +4,608 (+19.9 %), params +104 (+20.2 %)\n"
    )
    assert re.search(r"\n blocks\.2 +Block +added +\+4,608 +\+104\n", done.stdout)
    assert re.search(r"\n +stem, blocks\.0, blocks\.1, head unchanged +=", done.stdout)


@pytest.mark.parametrize("depth", [0, 1, 2, 9])
def test_the_modules_of_a_difference_sum_to_it(folder: Path, depth: int) -> None:
    """The sum is the same at each depth and in both directions."""
    pairs = [("net.py:Net", "net.py:Odd"), ("net.py:Odd", "net.py:Net"), ("net.py:Net", "net.py:Net")]
    for a, b in pairs:
        changes = difference(_traced(a).bill(), _traced(b, **({"width": 6} if a == b else {})).bill(), depth)
        assert sum(part.madds for part in changes.parts) == changes.whole.madds == changes.b.madds - changes.a.madds
        assert sum(part.params for part in changes.parts) == changes.whole.params == changes.b.params - changes.a.params
    assert folder.exists()


def test_diff_in_other_forms(here: Here) -> None:
    """JSON, CSV and Markdown have the same data."""
    line = ("diff", "net.py:Net", "net.py:Odd", "--input", "3x16x16")
    result = json.loads(here(*line, "--json").stdout)
    assert result["params"] == {"a": PARAMS, "b": PARAMS + 16 + 112, "difference": 128}
    status = {part["b"]: part["status"] for part in result["modules"]}
    assert status == {
        "stem": "unchanged",
        "blocks": "unchanged",
        "head": "unchanged",
        "spare": "added",
        "memory": "added",
        "(self)": "unchanged",
    }
    rows = list(csv.DictReader(io.StringIO(here(*line, "--csv").stdout)))
    assert {row["b"]: int(row["params"]) for row in rows if row["status"] == "added"} == {
        "spare": 16,
        "memory": 112,
    }
    assert here(*line, "--markdown").stdout.startswith("### net.py:Net → net.py:Odd: MAdds +96 (+0.4 %), params +128")


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("audit net.py:Net", "torch"),
        ("audit timm:resnet18", "baselines"),
        ("check net.py:Net mf26m --max-madds 1G", "torch"),
        ("check mf26m torchvision:resnet18 --max-madds 1G", "baselines"),
        ("diff timm:resnet18 timm:resnet34", "baselines"),
    ],
)
def test_without_torch_the_message_has_the_command_that_installs_all_extras(
    command: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra of the libraries includes torch."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    done = run(*command.split())
    message = f" needs torch; install it with pip install '.[{extra}]'\n"
    assert (done.returncode, done.stderr.endswith(message)) == (2, True)
