"""`check --baseline`: what changed since the baseline is named, by block or module, and annotated where the network is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import need, run

NET = """\
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.body = nn.Sequential({body})
        self.fc = nn.Linear(8, {classes})

    def forward(self, x):
        return self.fc(self.body(self.stem(x)).mean((2, 3)))
"""
BEFORE = NET.format(body="nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1)", classes=10)
AFTER = NET.format(body="nn.Conv2d(8, 8, 3, padding=1), nn.Identity(), nn.Conv2d(8, 8, 1)", classes=100)


LONG = [{"block": "1", "madds": int("9" * 4300), "params": 1}] * 3
MODULES = [{"module": "", "madds": 23_550_208, "params": 3_231_500}]
NEGATIVE = [{"block": "a", "madds": 23_550_209, "params": 1}, {"block": "b", "madds": -1, "params": 1}]


def reason(*arguments: str, cwd: Path) -> list[str]:
    """Return the lines of `check` that say what changed."""
    done = run("check", *arguments, "--baseline", "before.json", cwd=cwd, COLUMNS="200")
    assert (done.returncode, done.stderr) == (1, "")
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("  changed")]


def test_the_modules_that_changed_are_named(tmp_path: Path) -> None:
    """Also those that became smaller, are new or removed: by hand, body.0 has 9 x 64 weights instead of 64."""
    need("torch")
    target = ("net.py:Net", "--input", "3x32x32")
    (tmp_path / "net.py").write_text(BEFORE)
    (tmp_path / "before.json").write_text(run("audit", *target, "--json", cwd=tmp_path).stdout)
    (tmp_path / "net.py").write_text(AFTER)
    madds, params = reason(*target, cwd=tmp_path)
    weights = 64 * 16 * 16  # the multiply-adds of 8 x 8 weights at 16 x 16 places
    assert madds == (
        f"changed since the baseline: body.1 -{9 * weights:,} (was {9 * weights:,}, removed), "
        f"body.0 +{8 * weights:,} (was {weights:,}), body.2 +{weights:,} (new) and 1 other"
    )
    assert (
        params
        == "changed since the baseline: fc +810 (was 90), body.1 -584 (was 584, removed), body.0 +512 (was 72) and 1 other"
    )


def test_the_blocks_of_a_spec_that_changed_are_named(tmp_path: Path) -> None:
    """They are the differences of what `count --json` prints, and in the JSON of the check."""
    now = run("count", "mf26m", "--set", "width=1.1", "--json", cwd=tmp_path).stdout
    (tmp_path / "before.json").write_text(run("count", "mf26m", "--json", cwd=tmp_path).stdout)
    text = run("check", "mf26m", "--set", "width=1.1", "--baseline", "before.json", "--json", cwd=tmp_path).stdout
    (spec,) = json.loads(text)["specs"]
    for limit in spec["limits"]:
        changes = {one["name"]: (one["earlier"], one["now"]) for one in limit["changes"]}
        then, after = (by_block(text, limit["quantity"]) for text in ((tmp_path / "before.json").read_text(), now))
        assert changes == {name: (then[name], after[name]) for name in then if then[name] != after[name]}
        assert len(changes) > 5


def by_block(text: str, key: str) -> dict[str, int]:
    """Return the sums of the rows of a bill in JSON."""
    sums: dict[str, int] = {}
    for row in json.loads(text)["rows"]:
        sums[row["block"]] = sums.get(row["block"], 0) + row[key]
    return sums


@pytest.mark.parametrize(
    "rows", ["absent", None, 3, [3], [{"block": "1"}], [{"block": 1, "madds": 2}], [{}], LONG, MODULES, NEGATIVE]
)
def test_a_baseline_without_known_rows_names_no_part(rows: object, tmp_path: Path) -> None:
    """Totals alone are enough for the verdict."""
    bill = json.loads(run("count", "mf26m", "--json", cwd=tmp_path).stdout)
    bill = {key: value for key, value in bill.items() if key != "rows"} | ({} if rows == "absent" else {"rows": rows})
    (tmp_path / "before.json").write_text(json.dumps(bill))
    assert reason("mf26m", "--set", "stem=12", cwd=tmp_path) == []


def test_bills_that_differ_in_their_rows_alone_are_one(tmp_path: Path) -> None:
    """Their totals are what is judged."""
    bill = json.loads(run("count", "mf26m", "--json", cwd=tmp_path).stdout)
    short = {key: value for key, value in bill.items() if key != "rows"}
    (tmp_path / "before.json").write_text(json.dumps([bill, short]))
    assert run("check", "mf26m", "--baseline", "before.json", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("reference", ["mine.yaml", "net.py:Net", "mf26m"])
def test_github_annotates_the_network_that_grew(reference: str, tmp_path: Path) -> None:
    """A spec's file, a class, or the baseline for a spec that is shipped: its file is not in the repository."""
    if ":" in reference:
        need("torch")
    counted = ["audit", reference, "--input", "3x32x32"] if ":" in reference else ["count", reference]
    (tmp_path / "mine.yaml").write_text("extends: mf26m\n")
    (tmp_path / "net.py").write_text(BEFORE)
    (tmp_path / "before.json").write_text(run(*counted, "--json", cwd=tmp_path).stdout)
    (tmp_path / "mine.yaml").write_text("extends: mf26m\nstem: 12\n")
    (tmp_path / "net.py").write_text(AFTER)
    options = counted[2:] or (["--set", "stem=12"] if reference == "mf26m" else [])
    files = {"GITHUB_WORKSPACE": str(tmp_path), "GITHUB_STEP_SUMMARY": ""}
    line = ["check", reference, *options, "--baseline", "before.json", "--format", "github"]
    places = {
        text.partition(",title")[0] for text in run(*line, cwd=tmp_path, **files).stdout.splitlines() if "::" in text
    }
    expected = {"mine.yaml": "mine.yaml,line=1,col=1", "net.py:Net": "net.py,line=3,col=1", "mf26m": "before.json"}
    assert places == {f"::error file={expected[reference]}"}
