"""Latency as a quantity of budgets: limits, differences, knobs. Judged by each row, priced apart with decimals."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from odd_devices import nanoseconds, odd_device, write_device
from running import run

import mfprofile
from mfprofile.budget.difference import difference
from mfprofile.budget.limits import Limit
from mfprofile.budget.reasons import reason
from mfprofile.budget.remedies import Trials
from mfprofile.budget.sensitivity import sensitivity
from mfprofile.budget.verdicts import Terms, judged
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import CORE, PAPER
from mfprofile.cost.rows import Row
from mfprofile.errors import InputError
from mfprofile.spec.load import load
from mfprofile.spec.names import PILLARS
from mfprofile.spec.problems import Mark
from mfprofile.view.plots.blocks import block_records
from mfprofile.view.verdict_latency import remarks_on

DEVICE = odd_device()
TIMED = CORE.on(DEVICE)
NO_MODEL = (
    "its limit needs a latency model; use --latency-model FILE, or name it in pyproject.toml: "
    "latency-model = 'FILE' under [tool.mfprofile]"
)


def priced(bill: Bill, chosen: Callable[[Row], bool] = bool) -> int:
    """Return the nanoseconds of the rows of a bill, each priced apart."""
    return sum(nanoseconds(DEVICE, row) for row in bill.rows if chosen(row))


def of_pillar(name: str) -> Callable[[Row], bool]:
    """Return whether a row is of a pillar."""
    return lambda row: row.pillar == name


def checked(*arguments: str, cwd: Path, code: int = 0) -> Any:
    """Return the JSON of `check`, which must end with an exit code."""
    done = run("check", *arguments, "--json", cwd=cwd)
    assert (done.returncode, done.stderr) == (code, "")
    return json.loads(done.stdout)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Return the file of the made-up latency model."""
    return str(write_device(DEVICE, tmp_path))


def test_a_limit_holds_at_the_predicted_nanosecond_and_not_one_below(model: str, tmp_path: Path) -> None:
    """The amount is the sum over all rows. JSON has the exact nanoseconds and the model."""
    exact = priced(count("mf26m"))
    for most, code in ((exact, 0), (exact - 1, 1)):
        outcome = checked("mf26m", "--latency-model", model, "--max-latency", f"{most}ns", cwd=tmp_path, code=code)
        (spec,) = outcome["specs"]
        (limit,) = spec["limits"]
        assert (limit["quantity"], limit["counted"], limit["limit"]) == ("latency", exact, most)
        assert spec["latency"] == exact
        assert (spec["latency_model"]["name"], spec["latency_model"]["errors"]["mean"]) == ("abacus", 0.031)
        assert spec["latency_model"]["unpriced"] == {}


def test_limits_on_pillars_and_shares_are_exact(model: str, tmp_path: Path) -> None:
    """A share is of the predicted latency of the whole."""
    bill = count("mf26m")
    bridge, whole = priced(bill, of_pillar("bridge")), priced(bill)
    flags = ("--max", "bridge.latency=1%", "--min", "former.latency=1ns")
    outcome = checked("mf26m", "--latency-model", model, *flags, cwd=tmp_path, code=1)
    share, least = outcome["specs"][0]["limits"]
    assert (share["counted"], share["whole"], share["limit"]) == (bridge, whole, whole // 100)
    assert (least["counted"], least["holds"]) == (priced(bill, of_pillar("former")), True)


def test_the_verdict_names_the_device_its_error_and_the_heaviest(model: str, tmp_path: Path) -> None:
    """Amounts are in milliseconds. The pillars and the blocks are those of brute force."""
    done = run("check", "mf26m", "--latency-model", model, "--max-latency", "1ms", cwd=tmp_path)
    bill = count("mf26m")
    about = "latency model 'abacus' (by hand 1.0, 1 thread, abacus, mean error 3.1 % on 40 held-out networks)"
    assert f"Limits in convention 'core', latency predicted by {about}" in done.stdout
    assert f"latency, ms {priced(bill) / 1e6:.3f} > 1.000 (" in done.stdout
    mobile = priced(bill, of_pillar("mobile"))
    assert f"pillars: mobile {mobile / 1e6:.3f} ms ({100 * mobile / priced(bill):.1f} %)" in done.stdout
    blocks = {row.block: priced(bill, lambda each, name=row.block: each.block == name) for row in bill.rows}
    (name, most), *_ = sorted(blocks.items(), key=lambda item: -item[1])
    assert f"heaviest: {'block ' if name.isdecimal() else ''}{name} {most / 1e6:.3f} ms" in done.stdout
    github = run("check", "mf26m", "--latency-model", model, "--max-latency", "1ms", "--format", "github", cwd=tmp_path)
    assert "title=mf26m%3A latency over its limit::mf26m: latency, ms" in github.stdout
    assert about.replace("%", "%25") in github.stdout.splitlines()[-1]


def test_amounts_that_differ_by_less_than_a_microsecond_do_not_read_alike(model: str, tmp_path: Path) -> None:
    """Three decimals would show the same number twice. The remark says that the model errs by more."""
    exact = priced(count("mf26m"))
    done = run("check", "mf26m", "--latency-model", model, "--max-latency", f"{exact - 7}ns", cwd=tmp_path)
    assert f"latency, ms {exact / 1e6:.6f} > {(exact - 7) / 1e6:.6f} (+0.000007" in done.stdout
    assert "mf26m: latency is nearer to its limit than the model's mean error" in done.stdout


def test_a_limit_without_a_model_is_refused_at_its_place(tmp_path: Path) -> None:
    """Each spec is judged by itself: one without such a limit still is."""
    (tmp_path / "timed.yaml").write_text("extends: mf26m\nbudget: {max: {latency: 12ms, bridge: {latency: 20%}}}\n")
    (tmp_path / "plain.yaml").write_text("extends: mf26m\nbudget: {max: {madds: 300M}}\n")
    done = run("check", "timed.yaml", "plain.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert f"timed.yaml:2:25: latency: {NO_MODEL}" in done.stderr
    assert f"timed.yaml:2:49: bridge.latency: {NO_MODEL}" in done.stderr
    assert "plain" in done.stdout
    assert run("check", "mf26m", "--max-latency", "1ms", cwd=tmp_path).stderr.count(NO_MODEL) == 1


def test_pyproject_names_the_model_and_the_limits(tmp_path: Path) -> None:
    """The model's file is relative to the pyproject.toml, also with --config, and the limits may be of any spec."""
    (tmp_path / "models").mkdir()
    (tmp_path / "below").mkdir()
    write_device(DEVICE, tmp_path / "models", "desk.json")
    text = '[tool.mfprofile]\nlatency-model = "models/desk.json"\n[tool.mfprofile.budgets]\nmf26m = {max = {latency = "1us"}}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    for folder, arguments in ((tmp_path / "below", ()), (Path("/"), ("--config", str(tmp_path / "pyproject.toml")))):
        outcome = checked("mf26m", *arguments, cwd=folder, code=1)
        (limit,) = outcome["specs"][0]["limits"]
        assert (limit["counted"], limit["given"]["line"]) == (priced(count("mf26m")), 4)
    assert json.loads(run("count", "mf26m", "--json", cwd=tmp_path).stdout)["latency"] == priced(count("mf26m"))


@pytest.mark.parametrize(
    "value, message",
    [
        ("12", "pyproject.toml:2:1: tool.mfprofile.latency-model = 12: must be the name of a file"),
        ('""', "pyproject.toml:2:1: tool.mfprofile.latency-model = '': must be the name of a file"),
        ('"none.json"', "none.json: cannot be read: No such file or directory"),
        ('"pyproject.toml"', "pyproject.toml: is not JSON; use a file of 'mfprofile calibrate'"),
    ],
)
@pytest.mark.parametrize("command", [("check", "--max-madds", "1"), ("count",)])
def test_a_wrong_model_in_a_pyproject_is_refused_at_its_line(
    value: str, message: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    """A message about the named file also says where it is named."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.mfprofile]\nlatency-model = {value}\n")
    name, *flags = command
    done = run(name, "mf26m", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert "pyproject.toml:2:1: tool.mfprofile.latency-model" in done.stderr
    assert message in done.stderr


def test_a_batch_for_memory_is_not_that_of_the_latency(model: str, tmp_path: Path) -> None:
    """A note says so, unless both are the same or no latency is limited."""
    limits = ("mf26m", "--max-latency", "1s", "--latency-model", model)
    note = "note: --batch 4 is for memory; the latency of a spec is that of the model's batch, 1"
    assert note in run("check", *limits, "--batch", "4", cwd=tmp_path).stderr
    assert run("check", *limits, "--batch", "1", cwd=tmp_path).stderr == ""
    other = ("mf26m", "--max-memory", "1G", "--latency-model", model, "--batch", "4")
    assert run("check", *other, cwd=tmp_path).stderr == ""


def test_training_has_no_latency(model: str, tmp_path: Path) -> None:
    """A limit or a model that is asked for is refused. One of a pyproject.toml is not read."""
    refused = run("check", "mf26m", "--training", "--latency-model", model, "--max", "madds=1G", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--latency-model: a latency model is of one inference; use it without --training" in refused.stderr
    limit = run("check", "mf26m", "--training", "--max-latency", "1ms", cwd=tmp_path)
    assert "latency: its limit is on the latency of one inference; omit --training" in limit.stderr
    (tmp_path / "pyproject.toml").write_text(f'[tool.mfprofile]\nlatency-model = "{model}"\n')
    for command in (("check", "mf26m", "--max", "madds=1G"), ("count", "mf26m"), ("diff", "mf26m", "mf52m")):
        done = run(*command, "--training", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "ms" not in done.stdout.split()


def test_ops_that_the_model_never_saw_are_an_error_or_said(tmp_path: Path) -> None:
    """With --allow-unpriced the verdict names them, and --strict fails on them."""
    without = odd_device("poor", without=("dy-relu", "softmax"))
    command = ("check", "mf26m", "--latency-model", str(write_device(without, tmp_path)), "--max-latency", "1s")
    bill = count("mf26m")
    numbers = {kind: sum(row.kind == kind for row in bill.rows) for kind in ("dy-relu", "softmax")}
    kinds = ", ".join(f"{kind} ({number})" for kind, number in numbers.items())
    refused = run(*command, cwd=tmp_path)
    assert refused.returncode == 2
    assert f"latency model 'poor' never saw ops of kind {kinds}" in refused.stderr
    allowed = run(*command, "--allow-unpriced", cwd=tmp_path)
    assert (allowed.returncode, allowed.stderr) == (0, "")
    assert f"mf26m: not in the latency, because the model never saw them: {kinds}" in allowed.stdout
    strict = run(*command, "--allow-unpriced", "--strict", cwd=tmp_path)
    assert strict.returncode == 1
    assert f"mf26m: --strict: not in the latency, because the model never saw them: {kinds}" in strict.stdout
    (spec,) = checked(*command[1:], "--allow-unpriced", cwd=tmp_path)["specs"]
    assert spec["latency_model"]["unpriced"] == numbers
    assert spec["latency"] == priced(bill, lambda row: row.kind not in numbers)
    assert run(*command[:4], "--max-madds", "1G", "--strict", cwd=tmp_path).returncode == 0


BARE = {
    "input": 64,
    "stem": 8,
    "tokens": {"count": 2, "dim": 32},
    "blocks": [{"block": "lite", "exp": 8, "out": 8}, {"block": "mf", "exp": 16, "out": 8, "repeat": 0}],
    "head": {"fc": 64},
    "classes": 6,
}
"""A spec without a DY-ReLU; one more block of its second kind would bring some."""


@pytest.mark.parametrize("without", [(), ("dy-relu",)])
def test_no_remedy_leaves_out_what_the_model_never_saw(without: tuple[str, ...]) -> None:
    """A step whose ops have no price would look faster than it is, so it is not tried."""
    timed = CORE.on(odd_device(without=without).with_unpriced())
    bill, limit = count(BARE, timed), Limit("latency", False, count(BARE, timed).latency + 1000, Mark("--min"))
    assert bill.unpriced == {}
    verdict = judged("bare", load(BARE), bill, [limit], Terms(timed))
    result = reason(Trials(verdict), verdict.findings[0])
    assert result.remedies
    assert ("blocks.2.repeat" in [remedy.knob.name for remedy in result.remedies]) == (not without)
    assert list(remarks_on(verdict))


def test_a_convention_of_a_budget_keeps_the_model(model: str, tmp_path: Path) -> None:
    """Latency is the same in each convention."""
    budget = "{convention: paper, max: {madds: 1G, latency: 1s}}"
    (tmp_path / "a.yaml").write_text(f"extends: mf26m\nbudget: {budget}\n")
    limits = checked("a.yaml", "--latency-model", model, cwd=tmp_path)["specs"][0]["limits"]
    assert [limit["counted"] for limit in limits] == [count("mf26m", PAPER).madds, priced(count("mf26m"))]


def test_a_baseline_limits_madds_and_params_alone(model: str, tmp_path: Path) -> None:
    """A bill with a latency is a baseline as any other. Its latency is no limit: the model may be another one."""
    bill = json.loads(run("count", "mf26m", "--latency-model", model, "--json", cwd=tmp_path).stdout)
    (tmp_path / "bill.json").write_text(json.dumps({**bill, "latency": 1}))
    limits = checked("mf26m", "--latency-model", model, "--baseline", "bill.json", cwd=tmp_path)["specs"][0]["limits"]
    assert [limit["quantity"] for limit in limits] == ["madds", "params"]


def test_a_difference_has_the_latency_of_each_part() -> None:
    """Pillars and blocks sum to the whole, exactly."""
    a, b = (count(name, TIMED) for name in ("mf26m", "mf52m"))
    result = difference(a, b)
    assert result.whole.latency == priced(b) - priced(a)
    for parts in (result.pillars, result.parts):
        assert sum(part.latency or 0 for part in parts) == priced(b) - priced(a)
    for part in result.pillars:
        name = part.piece.name
        assert part.latency == priced(b, of_pillar(name)) - priced(a, of_pillar(name))
    with pytest.raises(InputError, match="different latency models"):
        difference(a, count("mf52m", CORE.on(odd_device("other"))))


def test_diff_prints_the_change_of_latency(model: str, tmp_path: Path) -> None:
    """In the headline, in both tables, in CSV and in JSON."""
    command = ("diff", "mf26m", "mf52m", "--latency-model", model)
    before, after = priced(count("mf26m")), priced(count("mf52m"))
    text = run(*command, cwd=tmp_path).stdout
    assert f", ms +{(after - before) / 1e6:.3f} (" in text.splitlines()[0]
    assert "ms: predicted by latency model 'abacus'" in text
    as_json = json.loads(run(*command, "--json", cwd=tmp_path).stdout)
    assert as_json["latency"] == {"a": before, "b": after, "difference": after - before}
    assert as_json["latency_model"]["unpriced"] == {"a": {}, "b": {}}
    lines = list(csv.DictReader(io.StringIO(run(*command, "--csv", cwd=tmp_path).stdout)))
    assert sum(int(line["latency"]) for line in lines) == after - before
    assert sum(int(line["a_latency"] or 0) for line in lines) == before


def test_an_activation_alone_changes_a_block() -> None:
    """It has no products and no parameters, but takes time."""
    result = difference(count("mf26m", TIMED), count(load("mf26m", ["mobile.activation=relu"]), TIMED))
    assert result.whole.latency
    assert all(part.status == "changed" for part in result.parts if part.latency)


def test_sensitivity_has_the_latency_of_two_counts() -> None:
    """Of the whole and of each pillar. Sorted by it, the knob that changes it most comes first."""
    result = sensitivity(load("mf26m"), TIMED, "latency")
    before = count("mf26m")
    weights = [lever.weight("latency") for lever in result.levers]
    assert weights == sorted(weights, reverse=True)
    for lever in result.levers[:6]:
        for effect in lever.effects:
            after = count(effect.step.spec)
            change = priced(after) - priced(before)
            assert (effect.after.latency, effect.change.latency) == (priced(after), change)
            assert effect.turn is None or effect.elasticity("latency") == Fraction(change, priced(before)) / effect.turn
            for name in PILLARS:
                gained = priced(after, of_pillar(name)) - priced(before, of_pillar(name))
                assert (effect.pillars[name].latency or 0) == gained


def test_sensitivity_prints_milliseconds(model: str, tmp_path: Path) -> None:
    """In the table, and as nanoseconds in JSON and CSV. Without a model there is nothing to sort by."""
    command = ("sensitivity", "mf26m", "--sort", "latency")
    timed = (*command, "--latency-model", model)
    text = run(*timed, cwd=tmp_path).stdout
    assert f" params, {priced(count('mf26m')) / 1e6:.3f} ms. " in text
    assert "The knob that changes latency most comes first" in text
    knobs = json.loads(run(*timed, "--json", cwd=tmp_path).stdout)["knobs"]
    change = (knobs[0]["up"] or knobs[0]["down"])["change"]["latency"]
    assert any(str(change) in line for line in run(*timed, "--csv", cwd=tmp_path).stdout.splitlines()[1:3])
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 2
    assert "latency: needs a latency model; use --latency-model FILE" in done.stderr


def test_scale_finds_the_largest_within_a_latency(model: str, tmp_path: Path) -> None:
    """The spec that it prints meets the budget, and the next step up does not."""
    command = ("scale", "mf294m", "--to-latency", "5ms", "--latency-model", model)
    as_json = json.loads(run(*command, "--json", cwd=tmp_path).stdout)
    found, above = (priced(count(load("mf294m", as_json[name]["settings"]))) for name in ("found", "next"))
    assert (as_json["found"]["latency"], as_json["next"]["latency"]) == (found, above)
    assert found <= 5_000_000 < above
    text = run(*command, cwd=tmp_path).stdout
    assert "to at most 5.000 ms, predicted by latency model 'abacus'" in text
    assert f"{found / 1e6:.3f}" in text
    least = run("scale", "mf294m", "--to-latency", "1us", "--latency-model", model, cwd=tmp_path)
    assert (least.returncode, "meets the budget of 0.001 ms" in least.stderr) == (1, True)
    assert run("scale", "mf294m", "--to-latency", "5ms", cwd=tmp_path).returncode == 2
    assert "has no unit" in run("scale", "mf294m", "--to-latency", "5", cwd=tmp_path).stderr


def test_the_name_of_a_model_stays_in_its_comment(tmp_path: Path) -> None:
    """A line break in it would end the comment of a scaled spec."""
    model = str(write_device(odd_device("bad\nwidth: 2\x1b[31m"), tmp_path, "bad.json"))
    done = run("scale", "mf26m", "--to-latency", "1s", "--latency-model", model, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert all(line.startswith(("#", "extends: ", "width: ")) for line in done.stdout.splitlines())
    assert "\nwidth: 2" not in done.stdout


def test_the_library_counts_on_a_device(model: str) -> None:
    """`read_device` and `count(…, device=…)` are public names."""
    bill = mfprofile.count("mf26m", "paper", device=mfprofile.read_device(model))
    assert (bill.latency, bill.convention.name) == (priced(bill), "paper")
    assert sum(total.latency or 0 for total in bill.by("block")) == bill.latency


def pictures(model: str, folder: Path) -> Iterable[tuple[list[str], str]]:
    """Yield a command for each picture that shows latency, and its file."""
    for name, arguments in {
        "blocks": ["mf26m"],
        "pillars": ["mf26m", "mf52m"],
        "sensitivity": ["mf26m", "--sort", "latency", "--top", "3"],
        "waterfall": ["mf26m", "mf52m", "--quantity", "latency"],
    }.items():
        file = str(folder / f"{name}.svg")
        yield ["plot", name, *arguments, "--latency-model", model, "-o", file], file


def test_pictures_name_the_model(model: str, tmp_path: Path) -> None:
    """Each picture that shows a predicted latency says by which model, and how far it errs."""
    pytest.importorskip("matplotlib")
    for command, file in pictures(model, tmp_path):
        assert run(*command, cwd=tmp_path).returncode == 0
        text = Path(file).read_text()
        assert "latency" in text
        assert "abacus" in text


def test_the_records_of_blocks_sum_to_the_latency() -> None:
    """By block and pillar."""
    records = block_records(count("mf26m", TIMED))
    assert sum(sum(record["latency"].values()) for record in records) == priced(count("mf26m"))


def test_latency_of_a_waterfall_needs_a_model(tmp_path: Path) -> None:
    """It is wrong input."""
    pytest.importorskip("matplotlib")
    done = run("plot", "waterfall", "mf26m", "mf52m", "--quantity", "latency", "-o", "a.svg", cwd=tmp_path)
    assert (done.returncode, "needs a latency model" in done.stderr) == (2, True)
