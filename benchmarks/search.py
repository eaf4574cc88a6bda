"""Time the repair of a proposal, beside what Optuna itself needs to propose it.

Run as `python benchmarks/search.py`, with mfprofile's extra `search` installed. Everything runs on one thread.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from measuring import ONE_THREAD, machine

if TYPE_CHECKING:
    from mfprofile.explore.space import Space

QUESTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "10^10": ("mf294m-stages", {"madds": ":300M"}),
    "10^10, two windows": ("mf294m-stages", {"madds": "290M:300M", "params": "10M:12M"}),
    "4·10^13": ("mf294m-blocks", {"madds": ":300M"}),
    "4·10^13, two windows": ("mf294m-blocks", {"madds": "290M:300M", "params": "10M:12M"}),
    "4·10^13, three windows": (
        "mf294m-blocks",
        {"madds": "290M:300M", "params": "10M:12M", "former.madds": "10M:12M"},
    ),
    "4·10^13, a window of 0.001 %": ("mf294m-blocks", {"madds": "299_997k:300M"}),
}
PROPOSALS, TRIALS = 100, 100


def main() -> None:
    """Print one table as Markdown."""
    print(f"{machine()}; {PROPOSALS} random proposals each; CPU times\n")
    print("| space, windows | setup, s | repair, ms: median | 95 % | choices changed | of Optuna's | nearest |")
    print("| :-- | --: | --: | --: | --: | --: | --: |")
    for name, (space, limits) in QUESTIONS.items():
        print(f"| {name} {_row(space, limits)}")


def _row(name: str, limits: Mapping[str, str]) -> str:
    from mfprofile.explore.feasible import Feasible
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import window

    space, source = read_space(name), random.Random(1)
    start = time.process_time()
    feasible = Feasible(space, [(quantity_of(quantity), window(text)) for quantity, text in limits.items()])
    setup = time.process_time() - start
    answers, times = [], []
    for seed in range(PROPOSALS):
        proposal = {choice.name: source.choice(choice.values) for choice in space.choices}
        start = time.process_time()
        answers.append(feasible.repaired(proposal, seed))
        times.append(1000 * (time.process_time() - start))
    changed = statistics.mean(answer.changed for answer in answers if answer is not None)
    nearest = sum(answer is not None and answer.exact for answer in answers)
    median, high = statistics.median(times), sorted(times)[95 * PROPOSALS // 100]
    ratio = median / _optuna(space)
    return f"| {setup:.2f} | {median:.1f} | {high:.1f} | {changed:.1f} | {ratio:.2f} | {nearest} of {PROPOSALS} |"


def _optuna(space: Space) -> float:
    """Return the milliseconds in which Optuna's TPE proposes one trial, after `TRIALS` others; the median of 20."""
    import optuna

    from mfprofile.explore.studies import Parameter

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parameters: dict[str, Any] = {each.name: each.distribution for each in map(Parameter, space.choices)}
    study, source, times = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1)), random.Random(2), []
    for number in range(TRIALS + 20):
        start = time.process_time()
        trial = study.ask(parameters)
        times += [1000 * (time.process_time() - start)] if number >= TRIALS else []
        study.tell(trial, source.random())
    return statistics.median(times)


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)
    main()
