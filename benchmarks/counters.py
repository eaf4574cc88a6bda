"""Time `mfprofile count mf294m` against scripts that build the same model in torch and count it with other tools.

Run as `python benchmarks/counters.py`, with mfprofile's extra `torch` and ptflops installed. Each script imports only
what it needs. In process, the model and the image exist already, and only the count is timed.
"""

from __future__ import annotations

import copy
import statistics
import sys
from collections.abc import Callable

from measuring import ONE_THREAD, Usage, in_turn, machine, median_ratio, seconds

import mfprofile

BUILT = "import torch; torch.set_num_threads(1); from mfprofile.nn import build; model = build('mf294m').eval(); "
IMAGE = "image = torch.zeros(1, 3, 224, 224); "
SCRIPTS = {
    "fvcore": "from fvcore.nn import FlopCountAnalysis; print(FlopCountAnalysis(model, image).total())",
    "thop": "import thop; print(thop.profile(model, (image,), verbose=False))",
    "ptflops (aten)": "import ptflops; print(ptflops.get_model_complexity_info(model, (3, 224, 224), backend='aten', "
    "as_strings=False, print_per_layer_stat=False))",
    "FlopCounterMode": "from torch.utils.flop_counter import FlopCounterMode\n"
    "with FlopCounterMode(display=False) as mode: model(image)\nprint(mode.get_total_flops())",
}
OURS = "mfprofile count mf294m"


def processes(runs: int) -> None:
    """Print the CPU time and memory of whole processes, and their ratios to ours."""
    commands = {name: [sys.executable, "-W", "ignore", "-c", BUILT + IMAGE + code] for name, code in SCRIPTS.items()}
    used = in_turn({OURS: [sys.executable, "-m", "mfprofile", "count", "mf294m"], **commands}, runs)
    print("| process | CPU, s | times ours | memory, MiB | times ours |\n| :-- | --: | --: | --: | --: |")
    for name, usages in used.items():
        theirs, ours = _cpu_and_memory(usages), _cpu_and_memory(used[OURS])
        ratios = [median_ratio(over, under) for over, under in zip(theirs, ours, strict=True)]
        medians = [statistics.median(values) for values in theirs]
        print(f"| {name} | {medians[0]:.2f} | {ratios[0]:.1f} | {medians[1]:.0f} | {ratios[1]:.1f} |")


def _cpu_and_memory(usages: list[Usage]) -> tuple[list[float], list[float]]:
    return [each.cpu for each in usages], [each.memory for each in usages]


def in_process(runs: int) -> None:
    """Print the time of one count in process, and its ratio to ours."""
    import logging
    import warnings

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    spec = mfprofile.load("mf294m")
    ours = seconds(lambda: mfprofile.count(spec).madds, loops=200)
    print("\n| in process | ms | times ours |\n| :-- | --: | --: |")
    print(f"| `mfprofile.count(spec).madds` | {1000 * ours:.2f} | 1 |")
    for name, call in _calls().items():
        theirs = seconds(call, loops=1, runs=runs)
        print(f"| {name} | {1000 * theirs:.0f} | {theirs / ours:.0f} |")


def _calls() -> dict[str, Callable[[], object]]:
    import torch

    torch.set_num_threads(1)
    import ptflops
    import thop
    from fvcore.nn import FlopCountAnalysis
    from torch.utils.flop_counter import FlopCounterMode

    from mfprofile.nn import build

    model, image = build("mf294m").eval(), torch.zeros(1, 3, 224, 224)
    options = {"backend": "aten", "as_strings": False, "print_per_layer_stat": False}

    def flop_counter_mode() -> int:
        with FlopCounterMode(display=False) as mode:
            model(image)
        return mode.get_total_flops()

    return {  # thop and ptflops add hooks or buffers and do not remove them, so each call gets a copy
        "fvcore": lambda: FlopCountAnalysis(model, image).total(),
        "thop": lambda: thop.profile(copy.deepcopy(model), (image,), verbose=False),
        "ptflops (aten)": lambda: ptflops.get_model_complexity_info(copy.deepcopy(model), (3, 224, 224), **options),
        "FlopCounterMode": flop_counter_mode,
    }


def main(runs: int = 5) -> None:
    """Print both tables as Markdown."""
    print(f"{machine()}; median of {runs} rounds\n")
    processes(runs)
    in_process(runs)


if __name__ == "__main__":
    import os

    os.environ.update(ONE_THREAD)
    main()
