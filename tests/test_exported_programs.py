"""Test exported programs as targets: `.pt2` files, read as data or loaded, and programs of code."""

from __future__ import annotations

import io
import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from running import need, run

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from versions import VERSION, since  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.nn.model import build  # noqa: E402
from mfprofile.spec.layout import resolve  # noqa: E402
from mfprofile.spec.load import load  # noqa: E402
from mfprofile.trace.audit import traced  # noqa: E402
from mfprofile.trace.exported.values import UnreadableError, operator_named  # noqa: E402
from mfprofile.trace.parse import inputs  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.trace.trust import trusted  # noqa: E402


class Mixed(nn.Module):
    """A network with a constant, a layer that is called twice, a parameter as a matrix, and a size that is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.acts, self.twice = nn.Conv2d(3, 8, 3), nn.ModuleList([nn.ReLU()]), nn.Linear(8, 8)

    def forward(self, image: Tensor) -> Tensor:
        """Return 8 values for each image."""
        x = self.acts[0](self.acts[0](self.conv(image))).mean((2, 3))
        left, right = self.twice(self.twice(x)).split(4, 1)
        x = torch.cat([right, left], 1) @ self.twice.weight + torch.zeros(x.shape[0], 8, device=x.device)
        return x + torch.tensor([1.0, 2, 3, 4, 5, 6, 7, 8])


GRAPH, WEIGHTS = re.compile(r"models/model\.json$|program\.json$"), re.compile(r"/data/|\.pt$")
"""Entries of an archive, as torch names them now, and as it did in its old layout."""
MIXED = 216 * 196 * 2 + 3 * 64 * 2
"""Products of two images: 3·9·8 at 14×14 places, and three matrices of 8×8."""


def saved(model: nn.Module, file: Path, *given: Tensor, **options: Any) -> Any:
    """Export a network to a file, and return the program."""
    with warnings.catch_warnings(action="ignore"):
        program = torch.export.export(model.eval(), given, **options)
        torch.export.save(program, file)
    return program


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return a file whose program takes any number of images of 16×16; it was exported with two."""
    batch = {"image": {0: torch.export.Dim("n", max=99)}}
    saved(Mixed(), tmp_path / "mixed.pt2", torch.rand(2, 3, 16, 16), dynamic_shapes=batch, strict=False)
    return tmp_path / "mixed.pt2"


def ops(result: Any) -> list[tuple[str, str, int, int]]:
    """Return the ops that multiply or have parameters, with their paths."""
    return [
        (each.name, each.kind, each.madds, each.params)
        for each in result.bill("core").rows
        if each.madds or each.params
    ]


@pytest.mark.parametrize("is_trusted", [False, True])
def test_a_program_is_counted_by_module_with_the_inputs_of_its_export(is_trusted: bool, mixed: Path) -> None:
    """It has the ops of the network in code at the same paths; torch's counter agrees."""
    with trusted(is_trusted):
        result = traced(str(mixed), inputs([]))
    network = Mixed().eval()
    names = slice(None) if VERSION >= (2, 6) else slice(1, None)  # older files do not separate two calls of a layer
    assert [each[names] for each in ops(result)] == [
        each[names] for each in ops(trace(network, torch.rand(2, 3, 16, 16)))
    ]
    with FlopCounterMode(display=False) as counter:
        network(torch.rand(2, 3, 16, 16))
    assert result.bill("core").madds == MIXED == counter.get_total_flops() // 2
    assert (result.device, result.batch, result.uncovered, result.outside) == ("meta", 2, (), ())
    assert [module.kind for module in result.modules.values() if module.kind not in ("Exported", "Module")] == [
        "Conv2d",
        "ReLU",
        "Linear",
    ]


@pytest.mark.parametrize("name", ["mf26m", pytest.param("mf294m", marks=pytest.mark.slow)])
def test_a_mobile_former_as_a_file_has_the_count_of_its_spec(name: str, tmp_path: Path) -> None:
    """At every path, read as data."""
    model = build(resolve(load(name)), seed=0)
    saved(model, tmp_path / "net.pt2", torch.rand(1, 3, 224, 224))
    result, code = traced(str(tmp_path / "net.pt2"), inputs([])), trace(model, (3, 224, 224))
    assert sorted(ops(result)) == sorted(ops(code))
    assert result.bill("core").madds == code.bill("core").madds
    assert result.bill("core").params == code.bill("core").params
    assert result.uncovered == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenetv3_small_100", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"]
)
def test_networks_of_timm_as_files_have_the_count_of_their_code(name: str, tmp_path: Path) -> None:
    """Read as data, and loaded."""
    need("timm")
    from mfprofile.trace.target import opened

    with opened(f"timm:{name}", real=True) as model:
        code = trace(model, (3, 224, 224))
        saved(model, tmp_path / "net.pt2", torch.rand(1, 3, 224, 224))
    for is_trusted in (False, True):
        with trusted(is_trusted):
            result = traced(str(tmp_path / "net.pt2"), inputs([]))
        assert (result.bill("core").madds, result.bill("core").params) == (
            code.bill("core").madds,
            code.bill("core").params,
        )
        assert result.uncovered == ()


def test_other_inputs_are_given_as_for_code_and_must_fit(mixed: Path) -> None:
    """An open size may change, a fixed one may not."""
    assert traced(str(mixed), inputs([], batch=5)).bill("core").madds == MIXED // 2 * 5
    assert traced(str(mixed), inputs(["image=3x16x16"])).bill("core").madds == MIXED // 2
    with pytest.raises(InputError, match="does not fit the program, which was exported for image=2×3×16×16 float32"):
        traced(str(mixed), inputs(["3x32x32"]))
    with pytest.raises(InputError, match=r"the program takes 1 inputs \(image\), but gets 2"):
        traced(str(mixed), inputs(["3x16x16", "3"]))


def test_a_program_of_code_is_a_target(tmp_path: Path) -> None:
    """A variable, and what a factory returns. A program with branches is torch's module of it, with one root."""
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\n\n\n"
        "def make(width=4):\n    return torch.export.export(nn.Linear(3, width), (torch.rand(2, 3),))\n\n\n"
        "net = make()\n",
        encoding="utf-8",
    )
    for target, madds in ((["net.py:net"], 24), (["net.py:make", "--arg", "width=5"], 30)):
        done = run("audit", *target, "--json", cwd=tmp_path)
        assert (done.returncode, json.loads(done.stdout)["madds"]) == (0, madds), done.stderr


class Branching(nn.Module):
    """A network with a graph inside its graph."""

    def forward(self, x: Tensor) -> Any:
        """Return one of two products."""
        return torch.cond(x.sum() > 0, lambda x: x @ x, lambda x: x @ x @ x, (x,))


@since(2, 9, "torch.cond cannot be exported so")
def test_a_program_with_inner_graphs_needs_trust(tmp_path: Path) -> None:
    """Then torch's own module of it runs."""
    saved(Branching(), tmp_path / "net.pt2", torch.rand(4, 4))
    done = run("audit", "net.pt2", cwd=tmp_path)
    assert done.returncode == 2
    assert "net.pt2: can only be read by torch's loader, which can run any code of the file: it " in done.stderr
    done = run("audit", "net.pt2", "--trust", "--input", "4x4", "--no-batch", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["madds"]) == (0, 128), done.stderr


def test_arguments_without_kinds_are_those_of_the_schema(mixed: Path) -> None:
    """So torch wrote its files before arguments had kinds: those that can be left out have their names."""

    def change(name: str, raw: bytes) -> bytes:
        if not GRAPH.search(name):
            return raw
        graph = json.loads(raw)
        for each in graph["graph_module"]["graph"]["nodes"]:
            each["inputs"] = [{"name": one["name"], "arg": one["arg"]} for one in each["inputs"]]
        return json.dumps(graph).encode()

    assert traced(str(rewritten(mixed, change)), inputs([])).bill("core").madds == MIXED


class Evil:
    """A value that makes a folder when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        """Return the call that unpickling makes."""
        import os

        return os.mkdir, (str(self.marker),)


def rewritten(file: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Return a copy of an archive, with the content of each entry changed."""
    other = file.with_name(f"evil{file.suffix}")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return other


def pickles(marker: Path) -> Iterator[bytes]:
    """Yield a malicious pickle, plain and as torch writes it."""
    yield pickle.dumps(Evil(marker))
    stream = io.BytesIO()
    torch.save(Evil(marker), stream)
    yield stream.getvalue()


def test_without_trust_no_pickle_in_an_archive_is_loaded(mixed: Path) -> None:
    """Weights, constants and sample inputs are pickles here. With --trust, torch does load them."""
    marker = mixed.parent / "ran"
    for content in pickles(marker):

        def change(name: str, raw: bytes, content: bytes = content) -> bytes:
            if name.endswith("json"):
                return raw.replace(b'"use_pickle": false', b'"use_pickle": true')
            return content if WEIGHTS.search(name) else raw

        evil = rewritten(mixed, change)
        done = run("audit", evil.name, "--json", cwd=evil.parent)
        assert (done.returncode, json.loads(done.stdout)["madds"]) == (0, MIXED)
        assert not marker.exists()
    run("audit", "evil.pt2", "--trust", cwd=mixed.parent)
    assert marker.exists()


@pytest.mark.parametrize(
    "target",
    [
        *(
            "os.system",
            "torch.load",
            "torch.hub.load",
            "_operator.methodcaller",
            "_operator.attrgetter",
            "_operator.pow",
        ),
        *("torch.ops.aten.save.default", "torch.ops.aten.from_file.default", "torch.ops.aten.open.default"),
        *("torch.ops.aten.__class__.mro", "torch.ops.load_library", "torch.ops.mylib.op.default", "builtins.eval"),
        *("torch.ops.higher_order.cond", "torch.ops.aten.conv2d", "torch.ops.aten.nothing.default", "", 7),
    ],
)
def test_only_operators_that_compute_are_called(target: Any, mixed: Path) -> None:
    """Any other in a graph is refused before anything runs."""
    with pytest.raises(UnreadableError):
        operator_named(target)

    def change(name: str, raw: bytes) -> bytes:
        if not GRAPH.search(name):
            return raw
        graph = json.loads(raw)
        graph["graph_module"]["graph"]["nodes"][1]["target"] = target
        return json.dumps(graph).encode()

    done = run("audit", "evil.pt2", cwd=rewritten(mixed, change).parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert "it calls" in done.stderr
    assert "--trust" in done.stderr


def test_expressions_of_a_file_are_not_evaluated(mixed: Path) -> None:
    """Sizes are taken from their hints; the text beside them is ignored. torch would evaluate it."""
    marker = mixed.parent / "ran"
    code = f"__import__('os').mkdir({str(marker)!r})"

    def change(_: str, raw: bytes) -> bytes:
        return re.sub(rb'("expr_str": ?")[^"]*', rb"\1" + code.encode(), raw) if raw[:1] == b"{" else raw

    done = run("audit", "evil.pt2", "--json", cwd=rewritten(mixed, change).parent)
    assert done.returncode == 0
    assert code.encode() in (mixed.parent / "evil.pt2").read_bytes()
    assert not marker.exists()


@pytest.mark.parametrize(
    "graph",
    [
        *(b"", b"[]", b"{}", b"nonsense", b'{"graph_module": 3}', b'{"graph_module": {"graph": {}}}', b"[" * 100_000),
        b'{"graph_module": {"graph": {"nodes": [], "outputs": []}, "signature": {"input_specs": [{}]}}}',
        b'{"graph_module": {"graph": {"nodes": [], "outputs": []}, "signature": {"input_specs": [{"token": {"arg": {"name": "x"}}}]}}}',
    ],
)
def test_a_graph_that_is_not_valid_is_a_message(graph: bytes, mixed: Path) -> None:
    """No traceback, whatever is in it."""
    evil = rewritten(mixed, lambda name, raw: graph if GRAPH.search(name) else raw)
    done = run("audit", evil.name, cwd=evil.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: evil.pt2: ")


def test_a_file_that_is_cut_off_or_too_large_is_a_message(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is a graph that unpacks to more than the limit, whatever its header says."""
    whole = mixed.read_bytes()
    for length in range(1, len(whole), 997):  # some of them end with the archive of an inner file
        (mixed.parent / "cut.pt2").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut.pt2: (is|has)"):
            traced(str(mixed.parent / "cut.pt2"), inputs([]))
    (mixed.parent / "cut.pt2").write_bytes(whole[:2000])
    assert run("audit", "cut.pt2", cwd=mixed.parent).stderr == "error: cut.pt2: is cut off or damaged; save it again\n"
    (mixed.parent / "text.pt2").write_bytes(b"hello")
    assert run("audit", "text.pt2", cwd=mixed.parent).stderr == "error: text.pt2: is not a model file of torch\n"
    (mixed.parent / "pickle.pt2").write_bytes(pickle.dumps(3))
    assert "pickle.pt2: is a pickle, which can run any code" in run("audit", "pickle.pt2", cwd=mixed.parent).stderr
    monkeypatch.setattr("mfprofile.trace.exported.archive.MOST_BYTES", 1 << 20)
    with zipfile.ZipFile(mixed.parent / "bomb.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/models/model.json", b" " * (64 << 20))
    done = run("audit", "bomb.pt2", cwd=mixed.parent)
    assert "its graph is larger than 1 MiB" in done.stderr
    assert done.returncode == 2


def test_a_program_that_needs_values_asks_for_trust(mixed: Path) -> None:
    """Read as data, it has none, so it cannot run on a CPU."""
    done = run("audit", mixed.name, "--device", "cpu", cwd=mixed.parent)
    assert done.returncode == 2
    assert "it was read without its values, so it cannot run on a CPU; add --trust to load them" in done.stderr
    assert run("audit", mixed.name, "--device", "cpu", "--trust", cwd=mixed.parent).returncode == 0
