"""Train every variant of `digits.yaml` with three seeds, and draw accuracy against multiply-adds.

    python examples/digits_study.py                       # train what digits.csv does not have yet
    python examples/digits_study.py --plot examples/digits.svg
    python examples/digits_study.py --table

A training is one line of `digits.csv`. It is written when it ends, so a study that was stopped goes on where it was.
Several processes may share the work by their seeds.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise, product
from pathlib import Path
from statistics import mean
from typing import Any

from digits import train

from mfprofile import Spec, SpecError, count, load
from mfprofile.errors import MfprofileError
from mfprofile.explore.space import read_space, with_values
from mfprofile.spec.content import content_of
from mfprofile.view.plots.axes import logarithmic, madds_label, percent, write_legend
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture, save
from mfprofile.view.plots.titles import write_title

HERE = Path(__file__).parent
SPACE, RESULTS = HERE / "digits.yaml", HERE / "digits.csv"
SEEDS = (0, 1, 2)
SORTS = {
    ("yes", "dy-relu"): ("with Former, DY-ReLU", "former", "o"),
    ("yes", "relu"): ("with Former, ReLU6", "former", "s"),
    ("no", "relu"): ("without Former, ReLU6", "mobile", "^"),
}
"""The label, colour and marker of each sort of variant in the picture."""

NOTES = (
    "Markers: mean over three seeds; lines: lowest to highest. 500 test images of 8×8 pixels: one image is 0.2 points. "
    "A toy data set: it says nothing about ImageNet.",
)
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


def accuracies() -> list[dict[str, Any]]:
    """Return a record for each variant of `digits.csv`: its multiply-adds, and its test accuracies in percent."""
    records: dict[str, dict[str, Any]] = {}
    for line in results():
        named = {key: line[key] for key in ("content", "former", "activation", "madds")}
        records.setdefault(line["content"], {**named, "test": []})["test"].append(round(100 * line["test"], 2))
    return sorted(records.values(), key=lambda record: record["madds"])


def table() -> str:
    """Return Markdown: the mean test accuracy of the variants with Former and without, by their multiply-adds."""
    lines = ["| multiply-adds | with Former | without |", "| --: | --: | --: |"]
    for least, most in pairwise((0, 100, 200, 400, 1000)):
        part = [record for record in accuracies() if least * 1000 <= record["madds"] < most * 1000]
        cells = []
        for former in ("yes", "no"):
            means = [mean(record["test"]) for record in part if record["former"] == former]
            cells.append(f"{mean(means):.1f} % ({len(means)} variants)")
        lines.append(f"| {least}k to {most}k | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def picture(look: Look) -> Picture:
    """Draw the mean test accuracy of each variant against its multiply-adds, with a line over its seeds."""
    records, title = accuracies(), "Test accuracy of small Mobile-Formers on scikit-learn's digits"
    with look.applied():
        figure = look.figure(3.6)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        for (former, activation), (label, color, marker) in SORTS.items():
            sort = [record for record in records if (record["former"], record["activation"]) == (former, activation)]
            madds, tests = [record["madds"] for record in sort], [record["test"] for record in sort]
            means = [mean(test) for test in tests]
            axes.vlines(madds, [min(t) for t in tests], [max(t) for t in tests], color=look.colors[color], lw=0.6)
            style = {"color": look.colors[color], "linestyle": "none", "markeredgewidth": 0}
            axes.plot(madds, means, marker=marker, label=label, **style)
        logarithmic(axes, "x", records[0]["madds"], records[-1]["madds"])
        axes.set_ylabel("test accuracy (%)")
        percent(axes.yaxis)
        axes.set_xlabel(madds_label("core", "MAdds, log scale"))
        write_legend(figure, look, 3 if look.columns == 2 else 1, NOTES)
    return Picture(title, figure, records, "core")


def main() -> int:
    """Train, or draw what was trained."""
    parser = argparse.ArgumentParser(description="Train the variants of digits.yaml, or draw their accuracy.")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N", help="train with these seeds alone")
    parser.add_argument("--table", action="store_true", help="print accuracies by multiply-adds instead, as Markdown")
    parser.add_argument("--plot", metavar="FILE", help="draw digits.csv instead: .png, .svg or .pdf")
    given = parser.parse_args()
    try:
        if given.table:
            print(table())
        elif given.plot:
            save(picture(Look()), given.plot, Look())
        else:
            study(given.seeds)
    except MfprofileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
