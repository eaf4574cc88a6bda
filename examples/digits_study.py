"""Train every variant of `digits.yaml` with three seeds, and draw accuracy against multiply-adds.

    python examples/digits_study.py            # train what digits.csv does not have yet, and append it
    python examples/digits_study.py --plot digits.svg

A training is one line of `digits.csv`. It is written when it ends, so a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from digits import train

from mfprofile import InputError, Spec, SpecError, count, load
from mfprofile.explore.space import read_space, with_values

HERE = Path(__file__).parent
SPACE, RESULTS = HERE / "digits.yaml", HERE / "digits.csv"
SEEDS = (0, 1, 2)
COLUMNS = ("variant", "seed", "madds", "params", "validation", "test")


def variants() -> Iterator[tuple[str, Spec]]:
    """Yield each variant of the space: its choices in one text, and its spec."""
    space = read_space(str(SPACE))
    for values in product(*(choice.values for choice in space.choices)):
        try:
            spec = load(with_values(space.data, dict(zip((c.path for c in space.choices), values, strict=True))))
        except SpecError:  # DY-ReLU without Former
            continue
        yield name_of(spec), spec


def name_of(spec: Spec) -> str:
    """Return a short name: `former, dy-relu` with the width multiplier and the repeats of the third entry."""
    sort = "no former" if spec.former == "none" else f"former, {spec.mobile.activation}"
    return f"{sort}, width {spec.width:g}, repeat {spec.blocks[2].repeat}"


def results() -> list[dict[str, Any]]:
    """Return the lines of `digits.csv`, with numbers as numbers."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    whole, real = ("seed", "madds", "params"), ("validation", "test")
    return [
        {**line, **{key: int(line[key]) for key in whole}, **{key: float(line[key]) for key in real}} for line in lines
    ]


def study(seeds: Sequence[int] = SEEDS) -> None:
    """Train what is missing, first all variants with the first seed, and append a line for each."""
    done = {(line["variant"], line["seed"]) for line in results()}
    missing = [(name, spec, seed) for seed in seeds for name, spec in variants() if (name, seed) not in done]
    if not RESULTS.exists():
        RESULTS.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    for at, (name, spec, seed) in enumerate(missing, 1):
        bill, trained = count(spec), train(spec, seed)
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            line = (name, seed, bill.madds, bill.params, f"{trained.validation:.4f}", f"{trained.test:.4f}")
            csv.writer(file, lineterminator="\n").writerow(line)
        print(f"{at} of {len(missing)}: {name}, seed {seed}: {trained.test:.1%}", file=sys.stderr)


if __name__ == "__main__":
    study([int(seed) for seed in sys.argv[1:]] or SEEDS)
