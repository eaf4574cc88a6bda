"""Helps: they fit, list every command under a heading, and begin with examples that work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer
from effort import NIGHTLY
from running import ROOT, need, run, surroundings
from timings import measurement, timed_specs, written

from mfprofile.cli.program import COMMANDS, HEADINGS, _one_command

GROUPS = [name for name, inner in COMMANDS.items() if inner]
PATHS = [f"{name} {each}".strip() for name, inner in COMMANDS.items() for each in inner or [""]]
EXAMPLE = re.compile(r"^    (mfprofile .*)$", re.MULTILINE)
NEEDS = {
    "audit": ("torch", "timm"),
    "verify": ("torch", "timm", "fvcore", "thop", "ptflops"),
    "export": ("torch", "onnx", "onnxruntime"),
    "measure": ("torch", "onnx", "onnxruntime", "timm"),
    "plot attention": ("torch", "matplotlib"),
    "plot": ("matplotlib",),
    "report": ("matplotlib",),
    "explore search": ("optuna",),
}
"""The packages that examples need, by their first words; the first that fits."""
SLOW = re.compile(
    r"audit|verify|export|measure|report|plot (attention|histogram|front)|explore (search|histogram|list|spaces)|.*mf294m-tokens"
)
"""Examples that are never run by default. Of all examples, the last of three is run every night only; those of `calibrate`
measure for minutes and are only parsed."""


@cache
def _help(path: str, columns: int = 80) -> str:
    return run(*path.split(), "--help", COLUMNS=str(columns)).stdout


def _examples(path: str) -> list[str]:
    return EXAMPLE.findall(_help(path))


def _runs() -> list[object]:
    """Return every example but those of `calibrate`, without its first word. Most are slow tests."""
    lines = dict.fromkeys(line.removeprefix("mfprofile ") for path in ["", *GROUPS, *PATHS] for line in _examples(path))
    return [
        pytest.param(line, marks=NIGHTLY if at % 3 == 2 else pytest.mark.slow if at % 3 or SLOW.match(line) else ())
        for at, line in enumerate(lines)
        if not line.startswith("calibrate")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the examples name."""
    here = tmp_path_factory.mktemp("examples")
    (here / "specs").mkdir()
    for name in ("mf26m", "mf294m"):
        shutil.copy(ROOT / "specs" / f"{name}.yaml", here / "specs")
    shutil.copy(ROOT / "devices" / "example-onnxruntime.json", here / "model.json")
    (here / "train.py").write_text("def accuracy(spec):\n    return float(spec.tokens.dim)\n", encoding="utf-8")
    (here / "net.py").write_text(
        "from torch import nn\n\n\ndef Net(width=16):\n    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())\n",
        encoding="utf-8",
    )
    trials = [
        {"number": at, "values": {"accuracy": at}, "madds": 9 - at, "choices": {"tokens.count": at}} for at in (1, 2)
    ]
    search = {"goals": {"accuracy": "maximize"}, "trials": trials}
    (here / "trials.json").write_text(json.dumps(search), encoding="utf-8")
    (here / "sample.csv").write_text("madds,params\n8,9\n7,6\n", encoding="utf-8")
    (here / "mine.csv").write_text("name,top1,spec\nmine,76.1,mf214m\n", encoding="utf-8")
    return here


def _prepare(words: str, folder: Path) -> None:
    """Skip the example of a library that is not installed. Write the files for it that only a library can write."""
    need(*next((packages for start, packages in NEEDS.items() if words.startswith(start)), ()))
    if "horse.jpg" in words:
        from PIL import Image

        Image.new("RGB", (256, 256), (90, 120, 60)).save(folder / "horse.jpg")
    if "mf26m.pth" in words:
        import mfprofile.nn

        mfprofile.nn.save_checkpoint(mfprofile.nn.build(mfprofile.load("mf26m")), folder / "mf26m.pth")
    if "--measured desk.json" in words:
        written(measurement(timed_specs("mf26m", "mf294m")), folder, "desk.json")


@pytest.mark.parametrize("path", ["", *GROUPS, *PATHS])
def test_a_help_fits_its_terminal(path: str) -> None:
    """No line is wider than 80 columns, or than 60 but for the examples, which a shell reads. None is cut."""
    assert max(map(len, _help(path).splitlines())) <= 80
    narrow = [line for line in _help(path, 60).splitlines() if not EXAMPLE.match(line)]
    assert max(map(len, narrow)) <= 60
    _, _, below = EXAMPLE.sub("", _help(path)).partition("\n\n")
    assert not re.search(r"[a-z]\.\.\.$", below, re.MULTILINE)


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_group_lists_every_command_under_one_heading_in_one_line(group: str) -> None:
    """With the first sentence of its own help, whole at 80 columns."""
    text = _help(group)
    listed = dict(re.findall(r"^  ([a-z]+) {2,}(.+)$", text, re.MULTILINE))
    names = [name for inner in HEADINGS[group].values() for name in inner]
    assert len(set(names)) == len(names)
    for title in HEADINGS[group]:
        assert f"\n{title}:\n" in text
    for name in names:
        summary = _help(f"{group} {name}").splitlines()[2].strip()
        assert listed[name] == summary
        assert summary.endswith(".")


def test_every_file_of_a_command_is_in_a_heading() -> None:
    """A command that no heading names would not exist."""
    files = [file for file in (ROOT / "mfprofile" / "cli").rglob("*.py") if "\ndef command(" in file.read_text("utf-8")]
    named = {" ".join(file.relative_to(ROOT / "mfprofile" / "cli").with_suffix("").parts) for file in files}
    assert named == set(PATHS)


@pytest.mark.parametrize("path", ["", *GROUPS, *PATHS])
def test_a_help_begins_with_its_summary_and_two_examples(path: str) -> None:
    """The common one first, below the summary."""
    usage, _, rest = _help(path).partition("\n\n")
    summary, examples, *_ = rest.split("\n\n")
    assert usage.startswith(f"Usage: {' '.join(['mfprofile', *path.split()])} ")
    assert len(summary.splitlines()) <= 2
    lines = examples.splitlines()
    assert lines[0] == "  Examples:"
    assert len(EXAMPLE.findall(examples)) == len(lines) - 1 == 2
    assert len(_examples(path)) == 2
    assert len(set(_examples(path))) == 2
    start = "" if path in ("", *GROUPS) else f"mfprofile {path}"
    assert all(line.startswith(start) for line in _examples(path))


@pytest.mark.parametrize("path", PATHS)
def test_the_options_of_the_examples_exist(path: str) -> None:
    """Their values have the right types, and all that is required is given."""
    command = typer.main.get_command(_one_command(*path.split()))
    for line in _examples(path):
        words = shlex.split(re.split(r" [|>] ", line)[0])[1 + len(path.split()) :]
        with command.make_context(path, words) as context:
            assert context.params


@pytest.mark.parametrize("words", _runs())
def test_an_example_works(words: str, folder: Path) -> None:
    """It exits with 0, and prints something or writes a file. What measures does so for a short time."""
    words = re.sub(r"^measure\b", "measure --sweeps 2", words)
    _prepare(words, folder)
    files = set(folder.iterdir())
    if re.search(r" [|>] ", words):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"mfprofile {words}"],
            capture_output=True, text=True, check=False, cwd=folder, env=surroundings(), timeout=300,
        )  # fmt: skip
    else:
        done = run(*shlex.split(words), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout or "wrote" in done.stderr or set(folder.iterdir()) != files
