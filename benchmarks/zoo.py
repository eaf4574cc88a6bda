"""Trace hundreds of networks, and compare each with FlopCounterMode, in counts and time, and with other counters.

Run as `python benchmarks/zoo.py`, with mfprofile's extras `torch` and `baselines`, fvcore, thop, ptflops and torchinfo
installed. It takes most of an hour. `--only TEXT` runs the networks with that text in their name. `--folder PATH` keeps
the results, so that a second run measures only what is missing. Some networks at a time run in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from measuring import ONE_THREAD, machine

Result = dict[str, Any]
AT_A_TIME = 12
LIBRARIES = ("timm", "torchvision", "transformers")


def main() -> None:
    """Measure what is missing, and print all tables as Markdown."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="a text in the names of the networks to measure")
    options.add_argument("--folder", type=Path, help="where results are kept (default: a temporary folder)")
    options.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if given.measure:
            measure(given.measure, folder)
        else:
            show(results(given.only, folder))


def measure(names: Sequence[str], folder: Path) -> None:
    """Measure networks in this process, and write each result, or the error that it ended with, into the folder."""
    import torch
    from zoo_measures import measured
    from zoo_networks import networks

    torch.set_num_threads(1)
    known = networks()
    for name in names:
        try:
            result = asdict(measured(known[name]))
        except Exception as error:
            result = {"name": name, "error": f"{type(error).__name__}: {error}"}
        _file(folder, name).write_text(json.dumps(result, indent=1))


def results(only: str, folder: Path) -> list[Result]:
    """Return the results of all networks with a text in their name; those that the folder lacks are measured."""
    from zoo_networks import networks

    names = [name for name in networks() if only in name]
    missing = [name for name in names if not _file(folder, name).exists()]
    for start in range(0, len(missing), AT_A_TIME):
        some = missing[start : start + AT_A_TIME]
        command = [sys.executable, "-W", "ignore", __file__, "--folder", str(folder), "--measure", *some]
        subprocess.run(command, check=True, env={**os.environ, **ONE_THREAD})
        print(f"{start + len(some)} of {len(missing)}", file=sys.stderr)
    return [json.loads(_file(folder, name).read_text()) for name in names]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(':', '.').replace(' ', '-')}.json"


def show(every: Sequence[Result]) -> None:
    """Print the tables, and at their end the networks that are exceptions, by name and with the reason."""
    import torch

    broken = [each for each in every if "error" in each]
    done = [each for each in every if "error" not in each]
    print(f"{machine()}, torch {torch.__version__}; {len(done)} networks; median of 5 rounds\n")
    _show_flops(done)
    _show_tools(done)
    _show_times(done)
    _show_exceptions(done, broken)


def _show_flops(done: Sequence[Result]) -> None:
    print(
        "| networks of | number | on meta | all counted | FlopCounterMode equal | less | more | unexplained | fails |"
    )
    _rule(9)
    for title, some in _by_family(done):
        verdicts, on_meta = Counter(map(_verdict, some)), sum(one["device"] == "meta" for one in some)
        counts = [verdicts[key] for key in ("equal", "less", "more", "unexplained", "fails")]
        whole = sum(not one["not_counted"] for one in some)
        print(f"| {title} | {len(some)} | {on_meta} | {whole} | {' | '.join(map(str, counts))} |")


def _rule(columns: int) -> None:
    print("| :-- |" + " --: |" * (columns - 1))


def _by_family(done: Sequence[Result]) -> Iterable[tuple[str, list[Result]]]:
    """Yield each family and its networks, those without a library last, and then all of them."""
    for family in (*LIBRARIES, "made by hand"):
        some = [one for one in done if _family(one) == family]
        if some:
            yield family, some
    yield "all", list(done)


def _family(one: Result) -> str:
    library, colon, _ = one["name"].partition(":")
    return library if colon else "made by hand"


def _verdict(one: Result) -> str:
    """Return how FlopCounterMode's total is to ours; it is less or more only if our rows predict it to the unit."""
    ours, theirs = 2 * one["madds"], one["flops"]
    if one["failure"]:
        return "fails"
    if theirs != one["predicted"]:
        return "unexplained"
    return "equal" if theirs == ours else "less" if theirs < ours else "more"


def _show_tools(done: Sequence[Result]) -> None:
    print("\n| counter | totals | explained | share, % | at each path too | parameters too | fails |")
    _rule(7)
    for tool in done[0]["tools"]:
        totals = [one["tools"][tool] for one in done]
        ran = [each for each in totals if not each["failure"]]
        exact = [each for each in ran if not each["unexplained"]]
        paths, params = (sum(not each[key] for each in exact) for key in ("paths", "unexplained_params"))
        share = f"{100 * len(exact) / len(ran):.1f}"
        print(f"| {tool} | {len(ran)} | {len(exact)} | {share} | {paths} | {params} | {len(totals) - len(ran)} |")


def _show_times(done: Sequence[Result]) -> None:
    print("\n| networks of | number | less time | share, % | median ratio | lowest | ours, ms | FlopCounterMode, ms |")
    _rule(8)
    for title, some in _by_family([one for one in done if one["device"] == "meta" and not one["failure"]]):
        ratios = [one["theirs"] / one["ours"] for one in some]
        less = sum(ratio > 1 for ratio in ratios)
        ours, theirs = (1000 * median(one[key] for one in some) for key in ("ours", "theirs"))
        times = f"{median(ratios):.1f} | {min(ratios):.1f} | {ours:.0f} | {theirs:.0f}"
        print(f"| {title} | {len(some)} | {less} | {100 * less / len(some):.1f} | {times} |")


def _show_exceptions(done: Sequence[Result], broken: Sequence[Result]) -> None:
    _list("Operators that are not counted", ((text, one["name"]) for one in done for text in one["not_counted"]))
    _list(
        "FlopCounterMode counts less: operators without a rule of its own, or fused",
        (
            (f"{100 * (1 - one['flops'] / 2 / one['madds']):.1f} % less", one["name"])
            for one in done
            if _verdict(one) == "less"
        ),
    )
    for key in ("more", "unexplained"):
        _list(
            f"FlopCounterMode: {key}",
            ((f"{one['flops'] - 2 * one['madds']:,}", one["name"]) for one in done if _verdict(one) == key),
        )
    _list("FlopCounterMode fails", ((one["failure"], one["name"]) for one in done if one["failure"]))
    for tool in done[0]["tools"]:
        _list(
            f"{tool}: unexplained",
            (
                (f"{one['tools'][tool]['unexplained']:,} of {one['tools'][tool]['total']:,}", one["name"])
                for one in done
                if one["tools"][tool]["unexplained"]
            ),
        )
        _list(
            f"{tool} fails",
            ((one["tools"][tool]["failure"], one["name"]) for one in done if one["tools"][tool]["failure"]),
        )
    slower = [one for one in done if one["device"] == "meta" and one["ours"] >= one["theirs"] and not one["failure"]]
    _list("FlopCounterMode takes less time", ((f"{one['theirs'] / one['ours']:.2f}", one["name"]) for one in slower))
    _list("Could not be measured", ((one["error"], one["name"]) for one in broken))


def _list(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Print each text with the names that it is for, if there are any."""
    names: dict[str, list[str]] = {}
    for text, name in pairs:
        names.setdefault(text.splitlines()[0][:140], []).append(name)
    if names:
        print(f"\n{title}:\n")
    for text, some in names.items():
        print(f"- {text}: {', '.join(dict.fromkeys(some))}")


if __name__ == "__main__":
    main()
