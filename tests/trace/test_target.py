"""Targets: how a network in code is found and made, and the messages if it is not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from running import need

torch = pytest.importorskip("torch")

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.named import LIBRARIES  # noqa: E402
from mfprofile.trace.parse import arguments, inputs  # noqa: E402
from mfprofile.trace.target import opened, parsed  # noqa: E402
from mfprofile.trace.trace import Input  # noqa: E402

SOURCE = """
import torch
from torch import nn
from parts import WIDTH

class Net(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.layer = nn.Linear(3, width)
        if width > 99:
            raise ValueError("too wide\\nand more")

    def forward(self, x):
        return self.layer(x)

def stubborn():
    return nn.Linear(3, int(torch.ones(1).item()))

class Makers:
    make = staticmethod(lambda: nn.ReLU())

made = nn.Linear(2, 2)
number = 3
def none():
    return {}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a module, a package, and the modules that both import."""
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "parts.py").write_text("WIDTH = 5", encoding="utf-8")
    (tmp_path / "many.py").write_text("".join(f"def n{at}(): ...\n" for at in range(11)), encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "pack" / "inner.py").write_text("from . import other\nfrom net import Net\n", encoding="utf-8")
    (tmp_path / "pack" / "other.py").write_text("", encoding="utf-8")
    (tmp_path / "broken.py").write_text("import torch\n1 / 0\n", encoding="utf-8")
    (tmp_path / "leaving.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    (tmp_path / "lacking.py").write_text("import no_such_thing\n", encoding="utf-8")
    (tmp_path / "wrong.py").write_text("def (:\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        ("package.module:factory", "package.module", "factory"),
        ("nets/small.py:Small.make", "nets/small.py", "Small.make"),
        ("C:/nets/small.py:Small", "C:/nets/small.py", "Small"),
        ("timm:resnet50.a1_in1k", "timm", "resnet50.a1_in1k"),
        ("torchvision:resnet18", "torchvision", "resnet18"),
        ("transformers:xlm-roberta", "transformers", "xlm-roberta"),
        ("timm.models:resnet18", "timm.models", "resnet18"),
    ],
)
def test_a_target_is_parsed(text: str, source: str, name: str) -> None:
    """It is a module or a file and a name in it, or a library, whose names can have any letters."""
    assert parsed(text)[1:] == (source, name)


@pytest.mark.parametrize("text", ["net.py", ":Net", "a-b:Net", "net.py:a b", "nets/net:Net", ""])
def test_another_form_is_refused_and_the_valid_forms_are_listed(text: str) -> None:
    """No module is imported."""
    with pytest.raises(
        InputError, match=r"does not name a network in code; write package.module:factory, path/file.py:Class"
    ):
        parsed(text)


def test_the_message_for_a_spec_names_the_command_count() -> None:
    """A user who audits a spec needs another command."""
    for text in ("mf294m", "specs/mine.yaml"):
        with pytest.raises(InputError, match="'mfprofile count' counts specs"):
            parsed(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("net.py:Net", "Net"),
        ("net:Net", "Net"),
        ("net.py:made", "Linear"),
        ("net.py:Makers.make", "ReLU"),
        ("pack.inner:Net", "Net"),
        ("net.py:stubborn", "Linear"),
    ],
)
def test_classes_functions_and_networks_are_found(folder: Path, text: str, kind: str) -> None:
    """They are in a file that imports its neighbours, in a module, or in a package that imports from its own folder."""
    with opened(text) as model:
        assert type(model).__name__ == kind
        assert str(folder) in sys.path


def test_a_network_is_made_on_meta_tensors_if_possible_and_not_real(folder: Path) -> None:
    """If a factory reads a value, real tensors are used. Arguments go to the factory."""
    for text, real, device in (
        ("net.py:Net", False, "meta"),
        ("net.py:Net", True, "cpu"),
        ("net.py:stubborn", False, "cpu"),
    ):
        with opened(text, real=real) as model:
            assert {parameter.device.type for parameter in model.parameters()} == {device}, folder
    with opened("net.py:Net", {"width": 7}) as model:
        assert next(model.parameters()).shape == (7, 3)


def test_the_state_is_restored(folder: Path) -> None:
    """The import path, the imported modules of the folder and torch's random state do not change."""
    path, state = list(sys.path), torch.random.get_rng_state()
    modules = set(sys.modules)
    with opened("net.py:Net", real=True), opened("pack.inner:Net", real=True):
        assert "parts" in sys.modules
    assert sys.path == path
    assert {name for name in set(sys.modules) - modules if not name.startswith("torch.")} == set()
    assert modules <= set(sys.modules)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert folder.exists()


def test_two_files_of_the_same_name_import_their_own_neighbours(folder: Path) -> None:
    """A module that the first file imported is not used for the second."""
    other = folder / "other"
    other.mkdir()
    (other / "net.py").write_text(SOURCE, encoding="utf-8")
    (other / "parts.py").write_text("WIDTH = 11", encoding="utf-8")
    widths = []
    for text in ("net.py:Net", "other/net.py:Net", "net:Net"):
        with opened(text) as model:
            widths.append(next(model.parameters()).shape[0])
    assert widths == [5, 11, 5]


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("gone.py:Net", {}, "gone.py:Net: no such file: gone.py"),
        ("nets.py:Net", {}, "nets.py:Net: no such file: nets.py; did you mean 'net.py'?"),
        ("n" * 300 + ".py:Net", {}, f"{'n' * 300}.py:Net: no such file: {'n' * 300}.py"),
        ("net.py", {}, "net.py: is Python code; name a network in it, as in net.py:Net"),
        ("net.py:", {}, "net.py:: has no name after the colon; write net.py:Net"),
        ("timm:", {}, "timm:: has no name of a network; write timm:NAME"),
        ("pack", {}, "pack: is a folder; write package.module:factory, path/file.py:Class, timm:NAME, torchvision:NAME or transformers:NAME"),
        ("gone:Net", {}, "gone:Net: module 'gone' is neither in this folder nor installed"),
        ("pack.gone:Net", {}, "pack.gone:Net: module 'pack.gone' is neither in this folder nor installed"),
        ("gone.inner:Net", {}, "gone.inner:Net: module 'gone' (of gone.inner) is neither in this folder nor installed"),
        ("broken:Net", {}, "broken:Net: cannot import broken: ZeroDivisionError: division by zero (broken.py:2)"),
        ("broken.py:Net", {}, "broken.py:Net: cannot import broken.py: ZeroDivisionError: division by zero (broken.py:2)"),
        ("leaving.py:Net", {}, "leaving.py:Net: cannot import leaving.py: SystemExit: 3 (leaving.py:1)"),
        ("lacking:Net", {}, "lacking:Net: cannot import lacking: ModuleNotFoundError: No module named 'no_such_thing' (lacking.py:1)"),
        ("net.py:Nett", {}, "net.py:Nett: net.py has no 'Nett'; did you mean 'Net'?"),
        ("net.py:x", {}, "net.py:x: net.py has no 'x'; use one of Net, stubborn, Makers, made, none"),
        ("torch.nn:Lineer", {}, "torch.nn:Lineer: torch.nn has no 'Lineer'; did you mean 'Linear'?"),
        ("many.py:Net", {}, "many.py:Net: many.py has no 'Net'; use one of n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, …"),
        ("parts.py:Net", {}, "parts.py:Net: parts.py has no 'Net'; it has no network"),
        ("net.py:number", {}, "net.py:number: is of type int; use a torch.nn.Module, or a class or function that makes one"),
        ("net.py:none", {}, "net.py:none: makes a value of type dict, not a torch.nn.Module"),
        ("net.py:Net", {"width": 100}, "net.py:Net: cannot be made: ValueError: too wide and more (net.py:11)"),
        ("net.py:Net", {"wdth": 3}, "net.py:Net: cannot be made: TypeError: Net.__init__() got an unexpected keyword argument 'wdth'; did you mean 'width'?"),
        ("net.py:made", {"width": 3}, "net.py:made: is already a network and takes no arguments; remove --arg width"),
    ],
)  # fmt: skip
def test_an_error_is_reported_in_one_line(folder: Path, text: str, given: dict[str, int], message: str) -> None:
    """The line has the target, the action that failed, and the place in the user's code."""
    with pytest.raises(InputError) as caught, opened(text, given):
        pass
    assert str(caught.value) == message
    assert str(folder) not in sys.path


def test_the_place_of_an_error_may_be_in_another_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the innermost line of the user's own code, as of an error in forward."""
    lib = tmp_path_factory.mktemp("lib")
    (lib / "far_away.py").write_text("def size():\n    raise ValueError('no size')\n", encoding="utf-8")
    (folder / "near.py").write_text("import far_away\n\n\nNet = far_away.size\nfar_away.size()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(lib)
    monkeypatch.chdir(lib.parent)
    with pytest.raises(InputError) as caught, opened(f"{folder}/near.py:Net"):
        pass
    assert str(caught.value).endswith(f"near.py: ValueError: no size ({lib.name}/far_away.py:2)")


def test_the_message_for_a_file_with_relative_imports_has_its_dotted_name(folder: Path) -> None:
    """A relative import works only if the module is imported by its dotted name."""
    (folder / "inner").mkdir()
    (folder / "inner" / "part.py").write_text("from .other import x\n", encoding="utf-8")
    message = r"relative import with no known parent package \(inner/part.py:1\); for a file in a package, write inner.part:Net$"
    with pytest.raises(InputError, match=message), opened("inner/part.py:Net"):
        pass
    with pytest.raises(InputError, match=r"package \(inner/part.py:1\)$"), opened(f"{folder}/inner/part.py:Net"):
        pass


def test_a_syntax_error_is_reported_with_its_line(folder: Path) -> None:
    """The message is Python's."""
    with (
        pytest.raises(InputError, match=r"^wrong.py:Net: cannot import wrong.py: SyntaxError: .*line 1") as caught,
        opened("wrong.py:Net"),
    ):
        pass
    assert "\n" not in str(caught.value), folder


def test_a_missing_library_is_reported_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """All libraries have the same message."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for library in LIBRARIES:
        with pytest.raises(InputError) as caught, opened(f"{library}:resnet18"):
            pass
        assert str(caught.value) == f"{library} is not installed; install it with pip install '.[baselines]'"


def test_weights_are_never_downloaded() -> None:
    """An argument that asks for weights is refused before anything is imported."""
    for library, key in (("timm", "pretrained"), ("torchvision", "weights"), ("torchvision", "weights_backbone")):
        with (
            pytest.raises(InputError, match=f"--arg {key}: weights are never downloaded; remove it"),
            opened(f"{library}:resnet18", {key: True}),
        ):
            pass


@pytest.mark.slow
@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_a_network_of_a_library_is_made_by_name(library: str) -> None:
    """It takes arguments. The message for an unknown name has the most similar one."""
    need(library)
    with opened(f"{library}:resnet18", {"num_classes": 10}) as model:
        assert sum(parameter.numel() for parameter in model.parameters()) == 11_181_642
    with pytest.raises(InputError, match="did you mean 'resnet18'"), opened(f"{library}:resnt18"):
        pass


def test_inputs_are_read() -> None:
    """An input is a shape, with an optional dtype before it and an optional name before both; the default is an image."""
    parsed_inputs = inputs(["3x32x64", "int64:7", "mask=bool:2×3", "step=float16:"])
    assert parsed_inputs.ordered == [Input((3, 32, 64)), Input((7,), torch.int64)]
    assert parsed_inputs.named == {"mask": Input((2, 3), torch.bool), "step": Input((), torch.float16)}
    assert inputs([]).ordered == [Input((3, 224, 224))]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["3xx4"], "--input 3xx4: must be [NAME=][TYPE:]SHAPE, for example 3x224x224, int64:128 (128 values of that type) or mask=bool:128 (for the argument mask)"),
        (["0x3"], "--input 0x3: must be"),
        ([""], "--input : must be"),
        (["=3"], "--input =3: must be"),
        (["a=b=3"], "--input a=b=3: must be"),
        (["a-b=3"], "--input a-b=3: 'a-b' is not a valid argument name"),
        (["flot32:3"], "--input flot32:3: unknown dtype 'flot32'; did you mean 'float32'?"),
        (["128:int64"], "--input 128:int64: unknown dtype '128'; write the dtype first: int64:128"),
        (["128:3"], "--input 128:3: unknown dtype '128'; use one of float32"),
        (["a=3", "a=4"], "--input: two inputs have the same name"),
    ],
)  # fmt: skip
def test_an_invalid_input_is_reported(texts: list[str], message: str) -> None:
    """The message shows the valid form."""
    with pytest.raises(InputError) as caught:
        inputs(texts)
    assert str(caught.value).startswith(message)


def test_arguments_are_yaml() -> None:
    """Values can be numbers, also with powers of ten, lists, YAML's constants, and text."""
    values = arguments(["a=1", "b=[1, 2.5]", "c=null", "d=1e-3", "e=", "f={x: true}", "g='3'", "h=a=b"])
    assert values == {"a": 1, "b": [1, 2.5], "c": None, "d": 0.001, "e": "", "f": {"x": True}, "g": "3", "h": "a=b"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a"], "--arg a: must be KEY=VALUE, for example num_classes=10 or depths=[2,2,6,2]"),
        (["a b=1"], "--arg a b=1: must be KEY=VALUE"),
        (["a=1", "a=2"], "--arg a=2: a is given twice"),
        (["a=[1"], "--arg a=[1: is not valid YAML"),
        (["a={b: 1, b: 2}"], "--arg a={b: 1, b: 2}: duplicate key"),
    ],
)
def test_an_invalid_argument_is_reported(texts: list[str], message: str) -> None:
    """The message shows the valid form."""
    with pytest.raises(InputError) as caught:
        arguments(texts)
    assert str(caught.value).startswith(message)
