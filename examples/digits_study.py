"""Train every variant of `digits.yaml` with three seeds, and draw accuracy against multiply-adds.

    python examples/digits_study.py            # train what digits.csv does not have yet, and append it
    python examples/digits_study.py --plot digits.svg

A training is one line of `digits.csv`. It is written when it ends, so a study that was stopped goes on where it was.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

from digits import train

from mfprofile import Spec, SpecError, count, load
from mfprofile.explore.space import read_space, with_values
from mfprofile.spec.content import content_of

HERE = Path(__file__).parent
SPACE, RESULTS = HERE / "digits.yaml", HERE / "digits.csv"
SEEDS = (0, 1, 2)
WHOLE, REAL = ("seed", "madds", "params"), ("validation", "test")


def variants() -> Iterator[Spec]:
    """Yield the spec of each variant of the space."""
    space = read_space(str(SPACE))
    paths = [choice.path for choice in space.choices]
    for values in product(*(choice.values for choice in space.choices)):
        with suppress(SpecError):  # DY-ReLU without Former
            yield load(with_values(space.data, dict(zip(paths, values, strict=True))))


def described(spec: Spec) -> dict[str, Any]:
    """Return the first columns of a line: the content hash of a variant, and its choices."""
    sort = {"former": "no" if spec.former is None else "yes", "activation": spec.mobile.activation}
    return {"content": content_of(spec), "width": spec.width, **sort, "repeat": spec.blocks[2].repeat}


def results() -> list[dict[str, Any]]:
    """Return the lines of `digits.csv`, with its numbers as numbers."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return [{key: _value(key, text) for key, text in line.items()} for line in csv.DictReader(file)]


def _value(key: str, text: str) -> Any:
    return int(text) if key in WHOLE else float(text) if key in REAL else text


def study(seeds: Sequence[int] = SEEDS) -> None:
    """Train what is missing, first all variants with the first seed, and append a line for each."""
    done = {(line["content"], line["seed"]) for line in results()}
    missing = [(spec, seed) for seed in seeds for spec in variants() if (content_of(spec), seed) not in done]
    for at, (spec, seed) in enumerate(missing, 1):
        bill, trained = count(spec), train(spec, seed)
        measured = {"validation": f"{trained.validation:.4f}", "test": f"{trained.test:.4f}"}
        line = {**described(spec), "seed": seed, "madds": bill.madds, "params": bill.params, **measured}
        append(line)
        print(f"{at} of {len(missing)}: {', '.join(map(str, line.values()))}", file=sys.stderr)


def append(line: Mapping[str, Any]) -> None:
    """Write a line at the end of `digits.csv`, after the names of the columns if it is the first."""
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(line), lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(line)


if __name__ == "__main__":
    study([int(seed) for seed in sys.argv[1:]] or SEEDS)
