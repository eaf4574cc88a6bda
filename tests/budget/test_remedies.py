"""Remedies of a limit: each is counted, and is the first step that meets the limit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction

import pytest
from effort import one_in
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from odd_devices import odd_device
from running import run
from strategies import Mapping, spec_mappings

from mfprofile.budget.halving import first_true
from mfprofile.budget.knobs import knobs
from mfprofile.budget.limits import Limit
from mfprofile.budget.reasons import reason
from mfprofile.budget.remedies import Remedy, Trials, remedies
from mfprofile.budget.verdicts import Terms, Verdict, judged
from mfprofile.cost.bill import count
from mfprofile.cost.conventions import CORE, PAPER
from mfprofile.errors import SpecError
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import Mark

MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
FLAG = Mark("--max")
IN_CORE = Terms(CORE)
TIMED = Terms(CORE.on(odd_device()))
MOST_TIME = 6_000_000
"""A latency below that of mf294m by the made-up model."""


def verdict(spec: Spec, *limits: Limit, terms: Terms = IN_CORE) -> Verdict:
    """Return the verdict on a spec."""
    return judged(spec.name, spec, count(spec, terms.convention), limits, terms)


def after(spec: Spec, settings: Sequence[str], limits: Sequence[Limit], terms: Terms) -> Verdict | None:
    """Return the verdict on a spec after assignments read as by `--set`, or None if the spec is invalid."""
    try:
        return verdict(load(spec, settings), *limits, terms=terms)
    except SpecError:
        return None


def assert_first(spec: Spec, remedy: Remedy, limits: Sequence[Limit], terms: Terms = IN_CORE) -> None:
    """Check that the settings of a remedy give its finding, meet the limit and break no other, and the step before does not."""
    turned = after(spec, remedy.step.settings, limits, terms)
    assert turned is not None
    assert turned.findings[0] == remedy.finding
    assert turned.findings[0].holds
    before_it = verdict(spec, *limits, terms=terms).findings
    assert all(new.holds for old, new in zip(before_it, turned.findings, strict=True) if old.holds)
    steps = next(way for way in (remedy.knob.down, remedy.knob.up) if remedy.step.value in [step.value for step in way])
    at = [step.value for step in steps].index(remedy.step.value)
    if at:
        before = after(spec, steps[at - 1].settings, limits, terms)
        assert before is not None
        assert not before.findings[0].holds


CASES = {
    "madds": ([Limit("madds", True, 280_000_000, FLAG)], Terms(CORE)),
    "paper": ([Limit("madds", True, 294_000_000, FLAG)], Terms(PAPER)),
    "least": ([Limit("madds", False, 300_000_000, FLAG)], Terms(CORE)),
    "params": ([Limit("params", True, 11_000_000, FLAG), Limit("madds", False, 283_000_000, FLAG)], Terms(CORE)),
    "activations": ([Limit("activations", True, 14_000_000, FLAG)], Terms(CORE)),
    "memory": ([Limit("memory", True, 4_000_000, FLAG)], Terms(CORE)),
    "half": ([Limit("memory", True, 15_000_000, FLAG)], Terms(CORE, batch=8, dtype="float16")),
    "latency": ([Limit("latency", True, MOST_TIME, FLAG)], TIMED),
    "bridge latency": ([Limit("bridge.latency", True, Fraction(1, 13), FLAG)], TIMED),
    "bridge": ([Limit("bridge.params", True, 1_000_000, FLAG)], Terms(CORE)),
    "share": ([Limit("former.madds", True, Fraction(1, 20), FLAG)], Terms(CORE)),
    "least share": ([Limit("former.madds", False, Fraction(6, 100), FLAG)], Terms(CORE)),
}


@pytest.mark.parametrize("case", one_in(2, CASES))
def test_each_remedy_is_the_first_step_that_meets_the_limit(case: str) -> None:
    """Its count is exactly that of the changed spec."""
    limits, terms = CASES[case]
    spec = load("mf294m")
    judged = verdict(spec, *limits, terms=terms)
    assert not judged.findings[0].holds
    meeting, nearest = remedies(Trials(judged), judged.findings[0])
    assert meeting
    assert nearest == []
    for remedy in meeting:
        assert_first(spec, remedy, limits, terms)


@pytest.mark.parametrize("name", one_in(4, MODELS))
def test_every_model_has_remedies(name: str) -> None:
    """For a tenth less of each quantity, and for a tenth more."""
    spec, bill = load(name), count(name)
    for quantity, amount in (("madds", bill.madds), ("params", bill.params)):
        for most, limit in ((True, amount * 9 // 10), (False, amount * 11 // 10)):
            limits = [Limit(quantity, most, limit, FLAG)]
            judged = verdict(spec, *limits)
            meeting, _ = remedies(Trials(judged), judged.findings[0])
            assert "width" in {remedy.knob.name for remedy in meeting}
            for remedy in meeting:
                assert_first(spec, remedy, limits)


@configured(max_examples=25)
@given(spec_mappings(), st.sampled_from(("madds", "params", "activations", "memory")), st.integers(1, 12))
def test_remedies_of_any_spec_meet_the_limit(source: Mapping, quantity: str, twelfths: int) -> None:
    """With any switches. If there are no remedies, the nearest step of each knob has the right count."""
    spec, terms = load(source), Terms(CORE)
    amount = terms.amount(quantity, count(spec, CORE))
    limits = [Limit(quantity, True, amount * (twelfths - 1) // 12, FLAG)]
    judged = verdict(spec, *limits)
    if judged.holds:
        return
    meeting, nearest = remedies(Trials(judged), judged.findings[0])
    assert not (meeting and nearest)
    for remedy in meeting:
        assert_first(spec, remedy, limits)
    for remedy in nearest:
        changed = after(spec, remedy.step.settings, limits, terms)
        assert changed is not None
        assert changed.findings[0] == remedy.finding
        assert not remedy.finding.holds


def smallest(spec: Spec, limit: Limit, suffix: str) -> list[tuple[Fraction, str, str]]:
    """Return the change, name and value of each such knob's first step down that meets a limit, by trying all steps."""
    steps = []
    for knob in knobs(spec):
        if knob.name.endswith(suffix):
            tried = ((step, after(spec, step.settings, [limit], IN_CORE)) for step in knob.down)
            step = next((step for step, result in tried if result is not None and result.holds), None)
            if step is not None:
                steps.append((1 - Fraction(step.value) / Fraction(knob.value), knob.name, step.value))
    return sorted(steps)


def listed(spec: Spec, limit: Limit, suffix: str) -> list[tuple[Fraction, str, str]]:
    """Return the same for the listed remedies."""
    judged = verdict(spec, limit)
    meeting, _ = remedies(Trials(judged), judged.findings[0])
    return [(each.change, each.knob.name, each.step.value) for each in meeting if each.knob.name.endswith(suffix)]


@pytest.mark.parametrize("knob", ["width", "tokens.count", "tokens.dim", "head.fc", "input", "stem"])
def test_knobs_of_the_whole_network_are_turned_no_further_than_needed(knob: str) -> None:
    """Compared with trying each step in turn."""
    limit = Limit("madds", True, 45_000_000, FLAG)
    assert listed(load("mf52m"), limit, knob) == smallest(load("mf52m"), limit, knob)


@pytest.mark.parametrize("key", [".exp", ".out", ".repeat"])
def test_the_listed_blocks_are_those_changed_least(key: str) -> None:
    """Of all blocks whose key alone would meet the limit, the two with the smallest relative change."""
    limit = Limit("madds", True, 280_000_000, FLAG)
    every = smallest(load("mf294m"), limit, key)
    shown = listed(load("mf294m"), limit, key)
    assert set(shown) <= set(every)
    assert [change for change, _, _ in shown] == [change for change, _, _ in every[:2]]


def test_a_step_that_breaks_another_limit_is_not_a_remedy() -> None:
    """It is listed among the nearest steps, with the limit that it breaks."""
    limits = [Limit("madds", True, 280_000_000, FLAG), Limit("madds", False, 280_000_000, Mark("--min"))]
    judged = verdict(load("mf294m"), *limits)
    meeting, nearest = remedies(Trials(judged), judged.findings[0])
    assert meeting == []
    assert all(remedy.breaks == [limits[1]] or not remedy.finding.holds for remedy in nearest)
    assert any(remedy.breaks for remedy in nearest)


def test_if_no_knob_is_enough_the_output_says_so() -> None:
    """It shows how near each gets."""
    output = run("check", "mf26m", "--max-madds", "3M").stdout
    assert "  no single knob meets the limit; the nearest result of each:\n" in output
    assert re.search(r"tokens\.count 3 → 1: +20,345,600\n", output)
    assert count("mf26m").madds > 20_345_600 == count(load("mf26m", ["tokens.count=1"])).madds


def test_a_knob_that_gets_no_nearer_is_not_listed() -> None:
    """The input changes no params. For a share, only the direction that gets nearer is listed."""
    few = run("check", "mf26m", "--min", "params=1T").stdout
    assert "  no single knob, turned up to 4 times its value, meets the limit; the nearest result of each:\n" in few
    assert "    input " not in few
    assert "    width 1 → 4.0:" in few
    share = run("check", "mf26m", "--max", "former.madds=0.001%").stdout
    assert re.search(r"\n    tokens\.count 3 → 1: ", share)
    assert "tokens.count 3 → 12" not in share
    assert "width 1 → 0.01" not in share


def test_if_no_knob_gets_nearer_the_output_says_so() -> None:
    """No step gives a Former to a network without one."""
    output = run("check", "mf294m-mobile", "--min", "former.madds=1%").stdout
    assert output.endswith(
        "  no single knob, turned up to 4 times its value, meets the limit or comes nearer\n\n"
        "FAILED: 1 of 1 limit not met in convention 'core'\n"
    )


def test_a_remedy_is_listed_wherever_scale_has_a_member() -> None:
    """`scale` finds a width for the least possible cost, and so does the reason (0.01 costs the same)."""
    least = count(load("mf294m", ["width=0.01"])).madds
    output = run("check", "mf294m", "--max-madds", str(least)).stdout
    assert f"width 1 → 0.02: {least:,}\n" in re.sub(" +", " ", output)
    assert "no knob alone" not in output


def test_the_text_has_the_remedies_of_the_json() -> None:
    """Each remedy has its assignment."""
    done = run("check", "mf294m", "--max-madds", "280M", "--json")
    (limit,) = json.loads(done.stdout)["specs"][0]["limits"]
    assert limit["pillars"] == {name: total.madds for name, total in count("mf294m").pillars.items()}
    counts = {tuple(remedy["set"]): remedy["counted"] for remedy in limit["remedies"]}
    assert counts["tokens.count=4",] == 275_983_232
    for settings, counted in counts.items():
        assert count(load("mf294m", settings)).madds == counted <= 280_000_000
    text = run("check", "mf294m", "--max-madds", "280M").stdout
    assert all(f"{counted:,}" in text for counted in counts.values())


def test_blocks_and_pillars_are_listed_heaviest_first() -> None:
    """All pillars, and three blocks. For a quantity of a pillar, the blocks by their share of it."""
    judged = verdict(load("mf294m"), Limit("madds", True, 1, FLAG), Limit("former.params", True, 1, FLAG))
    trials = Trials(judged)
    whole, former = (reason(trials, finding) for finding in judged.findings)
    bill = count("mf294m")
    assert dict(whole.pillars) == {name: total.madds for name, total in bill.pillars.items()}
    assert [name for name, _ in whole.pillars] == ["mobile", "bridge", "head", "former"]
    blocks = sorted(bill.by("block"), key=lambda total: -total.madds)[:3]
    assert whole.parts == [(total.name, total.madds) for total in blocks]
    assert (former.pillars, len(former.parts)) == ([], 3)
    own = sum(row.params for row in bill.rows if row.pillar == "former" and row.block == "2")
    assert former.parts[0] == ("2", own)


@given(st.lists(st.sampled_from((True, False, None)), max_size=40))
def test_halving_ends_at_a_step_that_holds_after_one_that_does_not(answers: list[bool | None]) -> None:
    """For any answers in between. Steps without an answer are skipped."""
    last = len(answers)
    step = first_true(last + 1, lambda at: True if at == last else answers[at])
    assert step == last or answers[step]
    before = [answer for answer in answers[:step] if answer is not None]
    assert not before or before[-1] is False


def test_remedies_are_printed_with_the_nearest_to_the_limit_first() -> None:
    """Whatever their knob; channels that `width` scales are marked as those before it."""
    lines = run("check", "mf294m", "--max-madds", "280M").stdout.splitlines()
    start = lines.index("  any one of these meets the limit, the nearest to it first:") + 1
    texts = [line.split(": ")[1].partition(", with")[0] for line in lines[start : lines.index("", start)]]
    counts = [int(text.replace(",", "")) for text in texts]
    assert len(counts) == 11
    assert counts == sorted(counts, reverse=True)
    assert "    blocks.10.out 192 → 152: 279,908,640" in lines
    narrow = run("check", "mf294m", "--set", "width=0.9", "--max-madds", "240M").stdout
    assert "blocks.9.exp 768 → " in narrow
    assert re.search(r"  blocks\.9\.exp 768 → \d+ \(before width\): +2[34]\d,", narrow)
    assert re.search(r"  tokens\.dim 192 → \d+: ", narrow)
