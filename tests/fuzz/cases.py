"""One random input: a command line, the files of its folder, and standard input. It depends on a seed and a number only."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType

from fuzz import files, networks, options, specs
from fuzz.texts import Dice

RARE: Mapping[str, int] = MappingProxyType(
    {"report": 1, "schema": 2, "complexity": 2, "list": 3, "explore spaces": 2, "verify": 6, "export": 4, "measure": 4}
)
OFTEN: Mapping[str, int] = MappingProxyType(
    {"check": 40, "audit": 40, "count": 24, "diff": 24, "show": 20, "plot accuracy": 16}
)
USUALLY = 12
"""How often a command is tried, in one turn through all of them."""
LINKS: Mapping[str, str] = MappingProxyType(
    {
        "link.yaml": "mine.yaml",
        "link.py": "net.py",
        "link.svg": "old.svg",
        "loop.yaml": "loop.yaml",
        "dangling.yaml": "nosuch.yaml",
    }
)
"""The symbolic links of the folder, with what they name."""
OLD = b"an old file\n"


@dataclass(frozen=True)
class Case:
    """A command line, with the content of the files in its folder."""

    seed: str
    number: int
    command: str
    arguments: Sequence[str]
    files: Mapping[str, bytes]
    stdin: str

    @property
    def line(self) -> list[str]:
        """Return all arguments of the program."""
        return [*self.command.split(), *self.arguments]

    def write(self, folder: Path) -> None:
        """Write the files and the links into a folder."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        for name, place in LINKS.items():
            (folder / name).symlink_to(place)

    def __str__(self) -> str:
        """Return what is needed to repeat the input."""
        shown = {name: content for name, content in self.files.items() if content != OLD and len(content) < 5_000}
        parts = [
            f"MFPROFILE_FUZZ_SEED={self.seed} MFPROFILE_FUZZ_INPUT={self.number} pytest -n 0 -m slow tests/test_fuzz.py"
        ]
        parts.append(f"mfprofile {shlex.join(self.line)}")
        parts += [
            f"--- {name}: {json.dumps(content.decode(errors='backslashreplace'))}" for name, content in shown.items()
        ]
        return os.linesep.join([*parts, f"--- standard input: {json.dumps(self.stdin)}"])


def names() -> list[str]:
    """Return the commands, each as often as it is tried in one turn, well mixed."""
    all_names = [name for name in options.commands() for _ in range(RARE.get(name, OFTEN.get(name, USUALLY)))]
    Random(0).shuffle(all_names)
    return all_names


def case(seed: str, number: int) -> Case:
    """Return the input with this number."""
    dice = Dice(f"{seed}/{number}")
    turn = names()
    command = turn[number % len(turn)]
    arguments = options.arguments(dice, command)
    stdin = specs.spec_file(dice).decode("utf-8", "replace") if "-" in arguments else ""
    return Case(seed, number, command, arguments, _files(dice, arguments), stdin)


def _files(dice: Dice, arguments: Sequence[str]) -> dict[str, bytes]:
    """Return the files that nearly all inputs have, and the larger ones of those that read them."""
    named = " ".join(arguments)
    made = {
        "small.yaml": specs.SMALL.encode(),
        "mine.yaml": specs.spec_file(dice),
        "space.yaml": specs.space_file(dice),
        "net.py": networks.network_file(dice),
        "folder/inner.yaml": OLD,
        "full/old.txt": OLD,
        "old.svg": OLD,
        "old.html": OLD,
    }
    for name, make in _READ.items():
        if name in named:
            made[name] = make(dice)
    if dice.random() < 0.15:
        made["pyproject.toml"] = files.toml_file(dice)
    return made


_READ = MappingProxyType(
    {
        "base.json": files.json_file,
        "own.toml": files.toml_file,
        "points.csv": files.csv_file,
        "results.csv": files.results_file,
        "image.png": files.image_file,
        "small.pth": files.weights_file,
    }
)
