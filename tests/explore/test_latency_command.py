"""The explore commands with a latency model: figures in ms or whole nanoseconds, the model's name, and its error."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from odd_devices import CONDITIONS, ERRORS, nanoseconds, odd_device, write_device
from running import run

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.spec.load import load

DEVICE = odd_device()
CORE = find_convention("core").on(DEVICE)
PREDICTED = (
    "ms: predicted by latency model 'abacus' (by hand 1.0, 1 thread, abacus, mean error 3.1 % on 40 held-out networks)"
)


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    """Return the option with a latency model in a file."""
    return ["--latency-model", str(write_device(DEVICE, tmp_path))]


def _latency(spec: object) -> int:
    return sum(nanoseconds(DEVICE, row) for row in count(load(spec)).rows)  # type: ignore[arg-type]


def test_a_count_shows_windows_in_ms_and_who_predicts(model: list[str]) -> None:
    """In text; in JSON a window has whole nanoseconds, and the model's name, conditions and error."""
    query = ["explore", "count", "tiny", *model, "--latency", "0.06ms:80us", "--within", "bridge.latency=:0.05ms"]
    done = run(*query)
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[:2] == ["tiny: 1,280 variants; MAdds in convention 'core'", PREDICTED]
    assert any(line.startswith(" latency 0.06ms:0.08ms ") for line in lines)
    assert any(line.startswith(" bridge.latency :0.05ms ") for line in lines)
    counted = json.loads(run(*query, "--json").stdout)
    assert (counted["convention"], counted["latency_model"]["name"]) == ("core", "abacus")
    assert counted["latency_model"]["errors"] == ERRORS._asdict()
    assert counted["latency_model"]["conditions"] == CONDITIONS
    assert (counted["windows"]["latency"]["least"], counted["windows"]["latency"]["most"]) == (60_000, 80_000)


def test_variants_have_a_column_in_ms_and_whole_nanoseconds_in_records(model: list[str]) -> None:
    """The same variants as text, CSV and JSON; the latency is that of each spec, priced by itself."""
    query = ["explore", "sample", "tiny", "-n", "3", *model, "--latency", "0.03ms:30ms"]
    variants = json.loads(run(*query, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(run(*query, "--csv").stdout)))
    text = run(*query).stdout
    assert PREDICTED in text
    assert [heading.strip() for heading in text.splitlines()[3].split()] == ["MAdds", "params", "ms", "choices"]
    for variant, row in zip(variants, rows, strict=True):
        assert variant["convention"] == "core"
        assert variant["latency_model"]["name"] == "abacus"
        latency = _latency(variant["spec"])
        assert variant["latency"] == int(row["latency"]) == latency
        assert sum(pillar["latency"] for pillar in variant["pillars"].values()) == latency
        assert f" {latency / 10**6:.3f} " in text


def test_the_fastest_variant_is_priced_as_by_count(model: list[str]) -> None:
    """`count` of its spec, with the same model, has the same latency."""
    (fastest,) = json.loads(run("explore", "best", "tiny", *model, "--minimize", "latency", "--json").stdout)
    counted = json.loads(run("count", "-", *model, "--json", stdin=yaml.safe_dump(fastest["spec"])).stdout)
    assert counted["latency"] == fastest["latency"]
    assert counted["latency_model"]["name"] == "abacus"


@pytest.mark.parametrize("objective", ["latency", "latency + 2*bridge.latency"])
def test_sums_with_a_latency_are_columns_in_ms(model: list[str], objective: str) -> None:
    """The sum is in nanoseconds in CSV."""
    query = ["explore", "best", "tiny", *model, "--minimize", objective, "-n", "2"]
    rows = list(csv.DictReader(io.StringIO(run(*query, "--csv").stdout)))
    sums = [int(row[objective]) for row in rows]
    assert sums == sorted(sums)
    text = run(*query).stdout
    assert all(f" {each / 10**6:.3f} " in text for each in sums)


def test_a_list_has_the_latency_of_every_variant(model: list[str]) -> None:
    """In whole nanoseconds, in total and by pillar."""
    rows = list(csv.DictReader(io.StringIO(run("explore", "list", "tiny", *model, "--latency", ":0.055ms").stdout)))
    assert len(rows) > 3
    for row in rows:
        assert int(row["latency"]) <= 55_000
        pillars = ("mobile", "former", "bridge", "head")
        assert sum(int(row[f"{pillar}.latency"]) for pillar in pillars) == int(row["latency"])


def test_what_is_finer_than_the_error_is_called_no_ranking(tmp_path: Path) -> None:
    """For a front and for several best variants, and not for a sample, nor for an order in other quantities."""
    models = {
        "rough": odd_device("rough"),
        "exact": odd_device("exact", errors=ERRORS._replace(mean=0.0)),
        "unknown": odd_device("unknown", errors=None),
    }
    files = {name: ["--latency-model", str(write_device(device, tmp_path))] for name, device in models.items()}
    front = ["explore", "front", "tiny", "--minimize", "latency", "--maximize", "params"]
    best = ["explore", "best", "tiny", "--minimize", "latency", "-n", "3"]
    points = [int(row["latency"]) for row in csv.DictReader(io.StringIO(run(*front, *files["rough"], "--csv").stdout))]
    close = sum(after - before < 0.031 * after for before, after in pairwise(points))
    note = f"No ranking: {close} of {len(points) - 1} differences between neighbours in latency are below"
    assert close
    assert note in run(*front, *files["rough"]).stdout
    for query in (front, best):
        assert "below the model's error of 3.1 %" in run(*query, *files["rough"]).stdout
        assert "No ranking" not in run(*query, *files["exact"]).stdout
        assert "No ranking: the error of the latency model is not known" in run(*query, *files["unknown"]).stdout
    for query in (["explore", "sample", "tiny"], ["explore", "best", "tiny", "--minimize", "madds", "-n", "3"]):
        assert "No ranking" not in run(*query, *files["rough"]).stdout


def test_without_a_variant_the_nearest_is_named_in_ms(model: list[str]) -> None:
    """On stderr, with the model; CSV is its header."""
    query = ["explore", "sample", "tiny", *model, "--latency", ":1us"]
    done = run(*query, "--csv")
    assert (done.returncode, done.stdout) == (1, "number,madds,params,latency,content\n")
    first, second, third = done.stderr.splitlines()
    assert (first, second) == ("tiny: no variant is within the window; MAdds in convention 'core'", PREDICTED)
    fastest = json.loads(run("explore", "best", "tiny", *model, "--minimize", "latency", "--json").stdout)[0]
    assert third.startswith(f"nearest in latency: {fastest['latency'] / 10**6:.3f} ms (input 64")
    assert third in run("explore", "count", "tiny", *model, "--latency", ":1us").stdout.splitlines()


def test_specs_in_a_folder_say_that_their_latency_is_predicted(model: list[str], tmp_path: Path) -> None:
    """In a comment, which names the model and its error."""
    folder = tmp_path / "variants"
    done = run("explore", "sample", "tiny", "-n", "2", *model, "-o", str(folder))
    assert done.returncode == 0, done.stderr
    for file in sorted(folder.iterdir()):
        _, second, *_ = file.read_text(encoding="utf-8").splitlines()
        model_line = PREDICTED.removeprefix("ms: ")
        assert second == f"# Latency: {_latency(str(file)) / 10**6:.3f} ms, {model_line}."


def test_kinds_without_a_price_are_named_everywhere(tmp_path: Path) -> None:
    """Without --allow-unpriced the query is refused; with it, the kinds that are left out are named."""
    file = str(write_device(odd_device(without=("gelu", "softmax")), tmp_path))
    query = ["tiny", "--latency-model", file]
    refused = run("explore", "best", *query, "--minimize", "latency")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "never saw ops of kind" in refused.stderr
    allowed = [*query, "--allow-unpriced"]
    note = "Not in the latency, because the model never saw them: gelu, softmax"
    assert note in run("explore", "best", *allowed, "--minimize", "latency").stdout
    assert note in run("explore", "count", *allowed, "--latency", ":4ms").stdout
    (best,) = json.loads(run("explore", "best", *allowed, "--minimize", "latency", "--json").stdout)
    assert best["latency_model"]["unpriced"] == ["gelu", "softmax"]


def test_a_sum_of_times_and_counts_is_refused(model: list[str]) -> None:
    """Such a sum has no unit."""
    done = run("explore", "best", "tiny", "--minimize", "latency + madds", *model)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'latency + madds': adds times to counts; use latencies alone, or none" in done.stderr


def test_a_latency_without_a_model_is_refused_with_the_option(tmp_path: Path) -> None:
    """As a window, an objective and a part of a sum."""
    for query in (
        ["count", "tiny", "--latency", ":4ms"],
        ["count", "tiny", "--within", "head.latency + latency=:4ms"],
        ["best", "tiny", "--minimize", "latency"],
        ["front", "tiny", "--minimize", "bridge.latency", "--maximize", "params"],
        ["list", "tiny", "--latency", ":4ms"],
    ):
        done = run("explore", *query, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), query
        assert "latency: needs a latency model; use --latency-model FILE" in done.stderr


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ("12ms", "'12ms': must be LEAST:MOST, as in 8ms:12ms, :12ms or 8ms:"),
        (":12", "'12': has no unit; use an amount such as 12ms, 850us or 0.5s"),
        ("12ms:8ms", "'12ms:8ms': is empty: 12ms is more than 8ms"),
        (":12M", "'M' is not a unit; use an amount such as 12ms, 850us or 0.5s"),
        (":0.5ns", "is not a whole number"),
    ],
)
def test_a_wrong_window_of_latency_is_a_message_about_times(model: list[str], window: str, message: str) -> None:
    """With examples of times, not of counts."""
    done = run("explore", "count", "tiny", *model, "--latency", window)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_query_reads_the_model_that_pyproject_names(tmp_path: Path) -> None:
    """As `count` does."""
    write_device(DEVICE, tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.mfprofile]\nlatency-model = "abacus.json"\n', encoding="utf-8")
    assert PREDICTED in run("explore", "best", "tiny", "--minimize", "latency", cwd=tmp_path).stdout
