"""Measured latency as people and programs read it, of times that are given."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from mfprofile.measure.environment import Environment, environment, processor
from mfprofile.measure.measurement import Latency, Measurement, Timed
from mfprofile.measure.setup import Setup
from mfprofile.view.form import Form
from mfprofile.view.measurement import measurement_text, notes

ABOUT = Environment(
    "Fast 9000", 8, "Linux x86_64", "", "onnxruntime", {"onnxruntime": "1.32", "python": "3.11"}, "cpu", 1, "float32", 1,
    "CPU time", 600, 6, 0, "2026-01-02T03:04:05+00:00",
)  # fmt: skip
NET = Timed("net", 200_000_000, [20e6, 22e6, 21e6, 20e6, 22e6, 21e6])
REFERENCE = Timed("ref", 25_000_000, [5e6, 5e6, 5e6, 5e6, 5e6, 5e6])
PEAK = Timed("64×64 product", 64**3, [10_000.0] * 6)
PARTS = (
    Timed("mobile", 150_000_000, [12e6, 12e6, 12e6, 12e6, 12e6, 12e6]),
    Timed("former", 50_000_000, [10e6, 9e6, 10e6, 9e6, 10e6, 9e6]),
)


def measurement(parts: tuple[Timed, ...] = (), net: Timed = NET) -> Measurement:
    """Return a measurement of one network beside a reference."""
    return Measurement(ABOUT, (Latency(net, parts),), REFERENCE, PEAK)


def test_a_measurement_has_its_interval_its_noise_and_its_machine() -> None:
    """20 to 22 ms against 5 are 4.2 times; 200M in 21 ms are 9.52 GMAdds/s, of a peak of 26.2."""
    assert (
        measurement_text(measurement(), None, Form("text"))
        == """\
measured on Fast 9000, 8 cores; onnxruntime 1.32; 1 thread, float32, batch 1
CPU time: median of 6 sweeps with its 96.9 % interval; × ref: in the same sweeps

 network    ms  ms from–to  × ref    MAdds  ms/100M  GMAdds/s  % of peak
 ───────────────────────────────────────────────────────────────────────
 ref      5.00   5.00–5.00   1.00   25.00M     20.0      5.00       19.1
 net      21.0   20.0–22.0   4.20  200.00M     10.5      9.52       36.3

peak: 26.2 GMAdds/s in a 64×64 product (0.0100 ms)
noise 0.0 %; the reference became 0.0 % faster during the sweeps
"""
    )


def test_parts_have_a_line_for_what_they_do_not_add_up_to() -> None:
    """In the sweeps it is -2, 1, -1, -1, 0 and 0 ms. A part without multiply-adds has no rate."""
    text = measurement_text(measurement(PARTS), "pillar", Form("text")).partition("\n\nnet: ")[2]
    assert (
        text
        == """\
each pillar by itself, in the same sweeps

 pillar      ms     ms from–to      %    MAdds  ms/100M  GMAdds/s  % of peak
 ───────────────────────────────────────────────────────────────────────────
 mobile    12.0      12.0–12.0   57.1  150.00M     8.00      12.5       47.7
 former    9.50      9.00–10.0   45.2   50.00M     19.0      5.26       20.1
 (rest)  -0.500  -2.00 to 1.00   -2.4        0

 whole     21.0      20.0–22.0  100.0  200.00M     10.5      9.52       36.3

(rest): what the parts, each run by itself, do not add up to
"""
    )


def test_json_has_every_sweep_in_nanoseconds() -> None:
    """And the environment, the noise, the reference and the peak."""
    document = json.loads(measurement_text(measurement(PARTS), "pillar", Form("json")))
    assert document["schema"] == 2
    assert document["environment"]["processor"] == "Fast 9000"
    assert document["environment"]["overhead_ns"] == 600
    assert document["noise"] == 0
    (network,) = document["networks"]
    assert network["sweeps_ns"] == [20e6, 22e6, 21e6, 20e6, 22e6, 21e6]
    assert (network["median_ns"], network["low_ns"], network["high_ns"], network["coverage"]) == (
        21e6,
        20e6,
        22e6,
        0.96875,
    )
    assert network["times_reference"]["median"] == 4.2
    assert network["parts"]["totals"][-1]["sweeps_ns"] == [-2e6, 1e6, -1e6, -1e6, 0, 0]
    assert document["peak"]["madds"] == 64**3


def test_markdown_and_csv_have_the_same_lines() -> None:
    """CSV has milliseconds as they are, and the parts instead of the networks."""
    assert "| net | 21.0 | 20.0–22.0 | 4.20 | 200.00M | 10.5 | 9.52 | 36.3 |" in measurement_text(
        measurement(), None, Form("markdown")
    )
    header, reference, net = measurement_text(measurement(), None, Form("csv")).splitlines()
    assert header == "name,median_ms,low_ms,high_ms,times_reference,madds,ms_per_100m,gmadds_per_s,share_of_peak"
    assert reference.startswith("ref,5.0,5.0,5.0,1.0,25000000,20.0,5.0,0.19")
    assert net.startswith("net,21.0,20.0,22.0,4.2,200000000,10.5,9.52")
    lines = measurement_text(measurement(PARTS), "pillar", Form("csv")).splitlines()
    assert [line.partition(",12.0")[0] for line in lines[1:2]] == ["net,mobile"]
    assert lines[-1] == "net,(rest),-0.5,-2.0,1.0,-2.4,0,,,"


@pytest.mark.parametrize(("last", "wanted"), [(21, []), (22, ["9.5 %"])])
def test_a_note_says_when_the_noise_is_large(last: int, wanted: list[str]) -> None:
    """Above 5 %: 20 and 21 are apart by 4.9 % of their mean, 20 and 22 by 9.5 %. Here one network is the reference."""
    net = Timed("net", 1, [20, last] * 3)
    one = Measurement(ABOUT, (Latency(net),), net, PEAK)
    remedy = "smaller differences mean nothing; end other programs, or use more --sweeps"
    assert notes(one) == [f"note: the noise is {noise}: {remedy}" for noise in wanted]


def test_the_environment_names_machine_software_and_setup() -> None:
    """The date is in UTC, whatever the zone of the machine."""
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    about = environment(
        Setup("torch", threads=2, dtype="float16", batch=None), {"torch": "2.13"}, "", "wall time", 70, 14, 0, now
    )
    document = about.document()
    assert document["date"] == "2026-01-02T01:04:05+00:00"
    assert (document["runtime"], document["threads"], document["dtype"], document["batch"]) == (
        "torch",
        2,
        "float16",
        None,
    )
    assert document["versions"].keys() == {"torch", "python", "mfprofile"}
    assert document["processor"]
    assert document["cores"] >= 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor : 0\nmodel name\t: Fast 9000 @ 2 GHz\n\nprocessor : 1\nmodel name : Slow\n", "Fast 9000 @ 2 GHz"),
        ("processor : 0\nBogoMIPS : 50\n\nHardware : BCM2835\nModel : Raspberry Pi 4\n", "Raspberry Pi 4"),
    ],
)
def test_the_processor_has_the_name_that_linux_gives_it(tmp_path: Path, text: str, name: str) -> None:
    """That of the first one. ARM machines have another key."""
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert processor(file) == name
    file.write_text("")
    assert processor(file)
    assert processor(tmp_path / "missing")
