"""Time queries of `mfprofile explore` in latency against the same queries in multiply-adds, in pairs.

Run as `python benchmarks/latency_windows.py`. The latency model is made up: the cost of a query depends on how many
different sums there are, and not on what was measured.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ONE_THREAD, in_turn, machine, median_ratio

from mfprofile.cost.device import Device, Rate
from mfprofile.cost.device_file import device_json
from mfprofile.cost.kinds import KINDS
from mfprofile.cost.weights import ANY

EXPLORE = [sys.executable, "-m", "mfprofile", "explore"]
ALONE = ["--workers", "1", "--json"]
DEPTHWISE = Rate(product=69_127, element=414_203, param=332_011, call=5_600_000_023)
ANY_OTHER = Rate(product=14_011, element=414_157, param=332_009, call=5_600_000_011)
QUERIES = {  # the two windows of a pair let about the same share of the variants through
    "count mf294m-stages": (["--madds", "290M:300M"], ["--latency", "17ms:17.5ms"]),
    "front mf294m-stages": (
        ["--minimize", "madds", "--maximize", "params"],
        ["--minimize", "latency", "--maximize", "params"],
    ),
    "count mf294m-depth": (["--madds", "290M:300M"], ["--latency", "14ms:16ms"]),
}


def write_model(folder: Path) -> Path:
    """Write a made-up latency model, which has a rate for every kind of op. Return its file."""
    rates = {(kind, ANY): DEPTHWISE if kind == "depthwise" else ANY_OTHER for kind in sorted(KINDS)}
    file = folder / "made-up.json"
    file.write_text(json.dumps(device_json(Device("made-up", rates))), encoding="utf-8")
    return file


def main(runs: int = 9) -> None:
    """Print the table as Markdown."""
    print(f"{machine()}; median of {runs} rounds\n")
    print("| query | MAdds, CPU s | latency, CPU s | ratio | within, MAdds | latency |")
    print("| :-- | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as folder:
        model = ["--latency-model", str(write_model(Path(folder)))]
        for name, (in_madds, in_latency) in QUERIES.items():
            query = [*EXPLORE, *name.split()]
            commands = {"madds": [*query, *in_madds, *ALONE], "latency": [*query, *in_latency, *model, *ALONE]}
            used = {key: [each.cpu for each in usages] for key, usages in in_turn(commands, runs).items()}
            madds, latency = (statistics.median(used[key]) for key in commands)
            ratio, answers = median_ratio(used["latency"], used["madds"]), map(_answer, commands.values())
            print(f"| {name} | {madds:.2f} | {latency:.2f} | {ratio:.2f} | {' | '.join(answers)} |")


def _answer(command: list[str]) -> str:
    """Return the share of the variants within the window, or the number of variants of a front."""
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return f"{100 * answer['lower'] / answer['size']:.1f} %" if "size" in answer else f"{len(answer)} variants"


if __name__ == "__main__":
    import os

    os.environ.update(ONE_THREAD)
    main()
