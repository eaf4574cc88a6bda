"""The file and the line of a network in code, without an import."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfprofile.spec.problems import Mark
from mfprofile.view.code_places import place_in_code

CODE = """\
raise SystemExit("imported")
from other import Other as Another
class Net:
    pass
class Net:
    class Inner:
        pass
    def make(self):
        pass
async def factory(): ...
model: object = Net()
first = second = Net()
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Net", 5), ("Net.Inner", 6), ("Net.make", 8), ("Net.absent", 5), ("factory", 10), ("model", 11), ("second", 12),
        ("Another", 2), ("Other", 1), ("absent", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["nets/small.py", "nets.small"])
def test_the_line_is_that_of_the_last_definition(
    source: str, name: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of a path and of a dotted module in the working directory is read, and its code is not run."""
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    Path("nets/small.py").write_text(CODE, encoding="utf-8")
    assert place_in_code(f"{source}:{name}") == Mark("nets/small.py", line, 1)


def test_a_package_is_its_init_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if it is installed from a folder inside the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "src")
    package = tmp_path / "src" / "placed_nets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("x = 1\nnet = 2\n", encoding="utf-8")
    assert place_in_code("placed_nets:net") == Mark(str(Path("src/placed_nets/__init__.py")), 2, 1)


@pytest.mark.parametrize("target", ["timm:resnet50", "json:loads", "absent.py:Net", "a b:c", "\0.py:x", "..:x"])
def test_a_target_without_a_file_here_has_only_its_text(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of a library is not a place that a user can mend."""
    monkeypatch.chdir(tmp_path)
    assert place_in_code(target) == Mark(target)


def test_a_file_that_is_not_python_has_its_first_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of its import says more."""
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("class Net(:\n", encoding="utf-8")
    assert place_in_code("net.py:Net") == Mark("net.py", 1, 1)
