"""Each command that takes several networks expands globs, as a shell would: of files, else of shipped specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from running import need, run

from mfprofile.cli.program import _all_commands
from mfprofile.spec.sources import shipped

EXPANDING = {"check", "count", "memory", "verify", "measure", "plot accuracy", "plot latency", "plot pillars"}


def test_no_command_is_forgotten() -> None:
    """Those that take several specs or networks are found in the program."""
    tree = typer.main.get_command(_all_commands())
    inner = {
        f"{name} {each}".strip(): command
        for name, group in tree.commands.items()  # type: ignore[attr-defined]
        for each, command in getattr(group, "commands", {"": group}).items()
    }
    several = {
        path
        for path, command in inner.items()
        for each in command.params
        if each.param_type_name == "argument" and each.nargs == -1 and each.metavar.startswith(("SPEC", "[SPEC"))
    }
    assert several == EXPANDING


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder with two specs."""
    for name, stem in (("second", 8), ("first", 12)):
        (tmp_path / f"{name}.yaml").write_text(f"extends: mf26m\nstem: {stem}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", ["count", "memory"])
def test_a_glob_is_all_its_files_in_order(command: str, here: Path) -> None:
    """As if they were given one by one."""
    assert run(command, "*.yaml", cwd=here).stdout == run(command, "first.yaml", "second.yaml", cwd=here).stdout


def test_a_glob_without_a_file_is_of_shipped_specs(here: Path) -> None:
    """Files come first."""
    names = [bill["name"] for bill in json.loads(run("count", "mf294m-tok*", "mf26m", "--json", cwd=here).stdout)]
    assert names == [*(name for name in shipped() if name.startswith("mf294m-tok")), "mf26m"]


def test_pictures_and_verdicts_take_globs(here: Path) -> None:
    """Each network is drawn, or explained."""
    need("matplotlib")
    for command, *options in (("accuracy",), ("pillars",), ("latency", "--latency-model", "example-torch")):
        done = run("plot", command, "*.yaml", *options, "-o", "x.svg", cwd=here)
        assert done.returncode == 0
        drawn = (here / "x.svg").read_text(encoding="utf-8")
        assert "first" in drawn
        assert "second" in drawn
    need("torch", "fvcore", "thop", "ptflops")
    outcomes = json.loads(run("verify", "*.yaml", "--counter", "torch", "--json", cwd=here).stdout)
    assert [outcome["name"] for outcome in outcomes] == ["first", "second"]


def test_all_globs_without_a_match_are_named_at_once(here: Path) -> None:
    """As by `check`."""
    done = run("count", "mf26m", "nosuch*", "other?", cwd=here)
    rule = "matches no file and no shipped spec"
    assert done.stderr.splitlines() == [f"error: nosuch*: {rule}", f"error: other?: {rule}"]


def test_a_network_in_a_folder_with_brackets_is_no_glob(here: Path) -> None:
    """A file with letters of globs is itself."""
    need("torch")
    (here / "[x]").mkdir()
    (here / "[x]" / "net.py").write_text("from torch import nn\nnet = nn.Linear(2, 3)\n", encoding="utf-8")
    done = run("memory", "[x]/net.py:net", "--input", "2", "--json", cwd=here)
    assert (done.returncode, json.loads(done.stdout)["name"]) == (0, "[x]/net.py:net")


@pytest.mark.parametrize("command", sorted(EXPANDING - {"check"}))
def test_a_glob_without_a_match_is_refused(command: str, here: Path) -> None:
    """The message names it."""
    done = run(*command.split(), "nosuch*.yaml", cwd=here)
    assert (done.returncode, done.stderr) == (2, "error: nosuch*.yaml: matches no file and no shipped spec\n")
