"""An empty value, such as that of an unset variable of a shell, is refused: it is never the default, nor a folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fuzz.options import Parameter, commands
from running import need, run

NETWORK = "from torch import nn\ndef Net():\n    return nn.Linear(4, 4)\n"
VALID = {
    "TARGET": "net.py:Net", "SPACE": "tiny", "KEY,...": "tokens.dim", "NUMBER|NAME": "1", "FILE": "image.png", "--x": "tokens.dim",
    "--y": "tokens.count", "B": "mf52m", "--output": "new.onnx",
}  # fmt: skip
"""Valid values of what commands require; all others are specs."""
MORE = {
    "scale": ("--to-madds", "20M"),
    "check": ("--max-madds", "1M"),
    "check --max-growth": ("--baseline", "base.json"),
    "diff --arg": ("net.py:Net", "net.py:Net"),
    "paper --output": ("baselines", "--recount"),
}
CASES = [
    (command, parameter)
    for command, parameters in commands().items()
    for parameter in parameters
    if parameter.value is not None
]


def _required(command: str, but: Parameter) -> list[str]:
    """Return valid arguments for all that a command requires, except one."""
    texts = []
    for each in commands()[command]:
        if each.required and each != but:
            value = VALID.get(each.name) or VALID.get(each.metavar, "mf26m")
            texts += [each.name, value] if each.name else [value]
    return texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a network in code, a bill and an image."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("empty")
    (folder / "net.py").write_text(NETWORK, encoding="utf-8")
    (folder / "base.json").write_text(run("count", "mf26m", "--json").stdout, encoding="utf-8")
    Image.new("RGB", (32, 32)).save(folder / "image.png")
    return folder


@pytest.mark.parametrize(
    ("command", "parameter"), CASES, ids=[f"{name} {each.name or each.metavar}" for name, each in CASES]
)
def test_an_empty_value_is_refused(command: str, parameter: Parameter, folder: Path) -> None:
    """Of every option and argument of every command, with a message that begins with a name."""
    if command in ("audit", "verify", "plot attention"):
        need("torch")
    before = sorted(folder.iterdir())
    empty = [f"{parameter.name}=" if parameter.name.startswith("--") else ""]
    more = MORE.get(f"{command} {parameter.name}", MORE.get(command, ()))
    done = run(*command.split(), *_required(command, parameter), *more, *empty, cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(r"(?m)^error: [^\s:]", done.stderr), done.stderr
    assert sorted(folder.iterdir()) == before
