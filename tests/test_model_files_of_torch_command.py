"""Test TorchScript files and pickles as targets: without --trust nothing of them runs."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import run

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.audit import traced  # noqa: E402
from mfprofile.trace.parse import inputs  # noqa: E402
from mfprofile.trace.trust import trusted  # noqa: E402

COMMANDS = ("audit {}", "check {} --max-madds 1G", "diff {} {}", "memory {}", "verify {}")
REFUSAL = "which can run any code when it is loaded, so it is not loaded; add --trust if you trust its source"


class Evil:
    """A value that makes a folder when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        """Return the call that unpickling makes."""
        return os.mkdir, (str(self.marker),)


def small() -> nn.Module:
    """Return a network with 3·27·64 and 192·10 products."""
    return nn.Sequential(nn.Conv2d(3, 3, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(192, 10)).eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small network as a script and as a pickle, beside malicious and damaged files."""
    with warnings.catch_warnings(action="ignore"):  # torch.jit is deprecated
        torch.jit.script(small()).save(tmp_path / "net.ts")
    torch.save(small(), tmp_path / "whole.pt")
    torch.save(small().state_dict(), tmp_path / "weights.pth")
    torch.save(Evil(tmp_path / "ran"), tmp_path / "evil.pt")
    torch.save(Evil(tmp_path / "ran"), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "cut.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:-40])
    (tmp_path / "text.pt").write_text("hello", encoding="utf-8")
    (tmp_path / "empty.ts").write_bytes(b"")
    (tmp_path / "pointer.pt").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as archive:
        archive.writestr("a/readme", "x")
    return tmp_path


@pytest.mark.parametrize("file", ["net.ts", "whole.pt", "evil.pt", "old.pt"])
@pytest.mark.parametrize("command", COMMANDS)
def test_without_trust_nothing_of_a_file_is_loaded(file: str, command: str, folder: Path) -> None:
    """Every command refuses it, and says why and what to do."""
    done = run(*command.format(file, file).split(), cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    sort = "a TorchScript file" if file == "net.ts" else "a pickle"
    assert done.stderr.endswith(f"error: {file}: is {sort}, {REFUSAL}\n")
    assert not (folder / "ran").exists()


def test_with_trust_a_file_does_what_its_author_wants(folder: Path) -> None:
    """So the tests above do test something: the same pickle makes its folder now. A folder's name is not a network."""
    done = run("audit", "evil.pt", "--trust", cwd=folder)
    assert done.returncode == 2
    assert (
        done.stderr
        == "error: evil.pt: does not hold a network: it is of type NoneType; save the whole network or its export, or count the network in code\n"
    )
    assert (folder / "ran").exists()


@pytest.mark.parametrize("file", ["net.ts", "whole.pt"])
def test_scripts_and_whole_networks_are_counted(file: str, folder: Path) -> None:
    """With the options of networks in code."""
    with trusted():
        trace = traced(str(folder / file), inputs(["3x16x16"]))
    assert trace.bill("core").madds == 3 * 27 * 64 + 192 * 10
    assert (trace.bill("core").params, trace.uncovered, trace.frozen) == (84 + 1930, (), 0)
    done = run("check", file, "--trust", "--input", "3x16x16", "--max-madds", "7k", cwd=folder)
    assert done.returncode == 1
    done = run("memory", file, "--trust", "--input", "3x16x16", cwd=folder)
    assert done.returncode == 0
    done = run("verify", file, "--trust", "--input", "3x16x16", "--counter", "torch", cwd=folder)
    assert (done.returncode, "all explained" in done.stdout) == (0, True)
    done = run("diff", file, "whole.pt", "--trust", "--input", "3x16x16", cwd=folder)
    assert "MAdds unchanged, params unchanged" in done.stdout


@pytest.mark.parametrize("is_trusted", [False, True])
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("cut.pt", "is cut off or damaged; save it again"),
        ("text.pt", "is not a model file of torch"),
        ("empty.ts", "is not a model file of torch"),
        ("pointer.pt", "is a pointer of Git LFS; fetch the file with 'git lfs pull'"),
        ("other.pt", "is an archive without a network"),
        ("gone.pt", "no such file"),
        ("nets.ts", "no such file; did you mean 'net.ts'?"),
    ],
)
def test_damaged_files_are_messages(file: str, message: str, is_trusted: bool, folder: Path) -> None:
    """With and without --trust."""
    done = run("audit", file, *(["--trust"] if is_trusted else []), cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {file}: {message}\n")


def test_an_entry_that_claims_to_be_huge_is_not_read(folder: Path) -> None:
    """A header can say any size. Only names are read, and torch does not read past the end of the file."""
    file = folder / "bomb.pt"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"x")
        archive.writestr("a/version", "3")
    raw = bytearray(file.read_bytes())
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    file.write_bytes(raw)
    assert REFUSAL in run("audit", "bomb.pt", cwd=folder).stderr
    done = run("audit", "bomb.pt", "--trust", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: bomb.pt: cannot be loaded: ")


def test_weights_alone_and_arguments_are_refused(folder: Path) -> None:
    """A state dict is not a network, and a network of a file is made already."""
    done = run("audit", "weights.pth", "--trust", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: weights.pth: holds weights without a network: it is of type OrderedDict; save "
    )
    done = run("audit", "net.ts", "--trust", "--arg", "width=3", cwd=folder)
    assert done.stderr == "error: net.ts: is already a network and takes no arguments; remove --arg width\n"


def test_trust_is_of_model_files_alone(folder: Path) -> None:
    """A spec and an ONNX file are data. Trust ends with the command."""
    for place, why in (("mf26m", "a spec is data"), ("net.onnx", "a model file is read, not run")):
        done = run("check", place, "--trust", "--max-madds", "1G", cwd=folder)
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    run("audit", "net.ts", "--trust", "--input", "3x16x16", cwd=folder)
    with pytest.raises(InputError, match="add --trust"):
        traced(str(folder / "net.ts"), inputs(["3x16x16"]))


def test_a_pickle_of_classes_of_a_file_beside_it_is_counted(folder: Path) -> None:
    """Its classes are imported from its folder. Without them, it is a message."""
    (folder / "mine.py").write_text("from torch import nn\n\n\nclass Net(nn.Linear):\n    pass\n", encoding="utf-8")
    saved = run("audit", "mine.py:Net", "--arg", "in_features=3", "--arg", "out_features=4", "--input", "3", cwd=folder)
    assert saved.returncode == 0
    code = "import torch, mine; torch.save(mine.Net(3, 4), 'own.pt')"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    done = run("audit", "own.pt", "--trust", "--input", "3", "--json", cwd=folder)
    bill = json.loads(done.stdout)
    assert (bill["madds"], bill["params"]) == (12, 16)
    (folder / "mine.py").unlink()
    done = run("audit", "own.pt", "--trust", "--input", "3", cwd=folder)
    assert done.stderr == "error: own.pt: cannot be loaded: ModuleNotFoundError: No module named 'mine'\n"
