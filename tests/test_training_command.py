"""`--training` of `count`, `check` and `diff` on specs: figures, modes in JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import run

LEAN = "extends: mf294m\nbudget: {max: {madds: 294M, params: 12M}}\n"


def test_count_prints_a_bill_of_training_by_block_and_pillar() -> None:
    """The heading says what is counted; the paper's convention, which has no training, is not shown below."""
    result = run("count", "mf294m", "--training")
    assert result.returncode == 0, result.stderr
    assert "MAdds of training (forward and backward) in convention 'core'" in result.stdout
    assert " former                                     44,250,624   44.25M    5.2   2,453,184" in result.stdout
    assert "854,777,472" in result.stdout
    assert "paper" not in result.stdout


def test_json_says_the_mode() -> None:
    """A reader need not guess whether a count is of an inference or of training."""
    trained, plain = (json.loads(run("count", "mf26m", "--json", *more).stdout) for more in (["--training"], []))
    assert (trained["mode"], trained["madds"]) == ("training", 67_941_120)
    assert (plain["mode"], plain["madds"]) == ("inference", 23_550_208)
    assert sum(row["madds"] for row in trained["rows"]) == trained["madds"]


@pytest.mark.parametrize("command", [["count", "mf26m"], ["diff", "mf26m", "mf52m"]])
def test_other_conventions_are_refused(command: list[str]) -> None:
    """Only core and torch have a rule for a backward pass."""
    result = run(*command, "--training", "--convention", "fvcore")
    assert result.returncode == 2
    assert "convention 'fvcore' cannot count training" in result.stderr


def test_diff_compares_two_variants_in_training() -> None:
    """The FFNs have three times the products that they have in an inference."""
    result = json.loads(run("diff", "mf294m", "mf294m-no-ffn", "--training", "--json").stdout)
    assert (result["mode"], result["madds"]["difference"]) == ("training", -29_196_288)


def test_check_judges_training_and_counts_its_remedies_in_training() -> None:
    """A remedy's result is what `count --training` says of it."""
    result = json.loads(run("check", "mf294m", "--training", "--max-madds", "800M", "--json").stdout)
    [limit] = result["specs"][0]["limits"]
    width = next(remedy for remedy in limit["remedies"] if remedy["knob"] == "width")
    assert (result["mode"], limit["counted"]) == ("training", 854_777_472)
    again = json.loads(run("count", "mf294m", "--training", "--set", *width["set"], "--json").stdout)
    assert again["madds"] == width["counted"]


def test_a_limit_of_a_file_on_madds_is_refused_in_training(tmp_path: Path) -> None:
    """It is on one inference; a flag replaces it, and limits on parameters hold in both modes."""
    (tmp_path / "lean.yaml").write_text(LEAN)
    refused = run("check", "lean.yaml", "--training", cwd=tmp_path)
    assert refused.returncode == 2
    assert "lean.yaml:2:" in refused.stderr
    assert "its limit is on one inference; omit --training, or use --max madds=AMOUNT" in refused.stderr
    given = run("check", "lean.yaml", "--training", "--max", "madds=900M", cwd=tmp_path)
    assert given.returncode == 0, given.stderr
    assert "12,000,000" in given.stdout


def test_a_memory_limit_is_refused_in_training() -> None:
    """The memory of an inference says nothing on training."""
    result = run("check", "mf26m", "--training", "--max-memory", "10MB")
    assert result.returncode == 2
    assert "memory: its limit is on the memory of one inference; omit --training" in result.stderr


@pytest.mark.parametrize(("written", "read"), [([], ["--training"]), (["--training"], [])])
def test_a_baseline_of_the_other_mode_is_refused(written: list[str], read: list[str], tmp_path: Path) -> None:
    """Its growth would be that of counting something else."""
    (tmp_path / "baseline.json").write_text(run("count", "mf26m", "--json", *written).stdout)
    same = run("check", "mf26m", "--baseline", "baseline.json", *written, cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    other = run("check", "mf26m", "--baseline", "baseline.json", *read, cwd=tmp_path)
    modes = ("training", "inference") if written else ("inference", "training")
    remedy = "add --training, or count it again without" if written else "omit --training, or count it again with"
    assert other.returncode == 2
    assert f"baseline.json: mf26m: was counted in mode '{modes[0]}', not '{modes[1]}'; {remedy}" in other.stderr


def test_a_baseline_without_a_mode_is_of_inference(tmp_path: Path) -> None:
    """Files of earlier versions have no mode, and an unknown one is refused."""
    bill = json.loads(run("count", "mf26m", "--json").stdout)
    (tmp_path / "old.json").write_text(json.dumps({key: value for key, value in bill.items() if key != "mode"}))
    assert run("check", "mf26m", "--baseline", "old.json", cwd=tmp_path).returncode == 0
    (tmp_path / "odd.json").write_text(json.dumps(bill | {"mode": "tuning"}))
    odd = run("check", "mf26m", "--baseline", "odd.json", cwd=tmp_path)
    assert odd.returncode == 2
    assert "was counted in mode 'tuning', which is unknown; count it again" in odd.stderr
