"""The latency on a page, predicted by the model that it was given: the nanoseconds and verdicts of the command line."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import opened
from running import run
from strategies import Mapping, spec_mappings

from mfprofile.cost import Bill, count
from mfprofile.cost.device import Device
from mfprofile.cost.device_file import device_json, read_device
from mfprofile.cost.tested import about, is_tested
from mfprofile.paper.claims import MODELS
from mfprofile.spec import load
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping
from mfprofile.view.numbers import milliseconds
from mfprofile.view.page.script import device_data

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
DEVICES = ("example-onnxruntime", "example-torch")
AXES = ("block", "stage", "pillar", "kind", "op")
PREDICTED = """([specs, device, axes]) => specs.map((spec) => {
  const bill = mfprofile.bill(spec, "core", device);
  const by = axes.map((axis) => bill.by(axis).map((total) => [total.name, total.latency]));
  return { latency: bill.latency, rows: bill.rows.map((row) => row.latency), by };
})"""


def by_python(bill: Bill) -> dict[str, Any]:
    """Return a bill's nanoseconds as `PREDICTED` gives them."""
    by = [[[total.name, total.latency] for total in bill.by(axis)] for axis in AXES]
    return {"latency": bill.latency, "rows": list(bill.row_latencies), "by": by}


@pytest.fixture(scope="module")
def page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a page with a latency model, for its engine."""
    with opened(
        chromium, tmp_path_factory.mktemp("pages"), load("mf26m"), device=read_device(DEVICES[0])
    ) as opened_page:
        yield opened_page


def assert_same_latency(page: Page, specs: list[Mapping], device: Device) -> None:
    """Check the nanoseconds of specs: in all, of each op and along each axis."""
    from mfprofile.view.page.script import device_data

    answers = page.evaluate(PREDICTED, [specs, device_data(device), AXES])
    assert answers == [by_python(count(load(spec), device=device)) for spec in specs]


@pytest.mark.parametrize("name", DEVICES)
def test_every_shipped_spec_takes_the_same_time(page: Page, name: str) -> None:
    """All nanoseconds are those of Python; so they are for a model of a batch of 8."""
    specs = [mapping(load(spec)) for spec in shipped()]
    assert_same_latency(page, specs, read_device(name).with_unpriced())
    assert_same_latency(page, specs[:3], replace(read_device(name), batch=8))


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(specs=st.lists(spec_mappings(), min_size=4, max_size=4))
def test_random_specs_take_the_same_time(page: Page, specs: list[Mapping]) -> None:
    """With every switch and small sizes."""
    assert_same_latency(page, specs, read_device(DEVICES[0]))


READ = """(changes) => {
  document.getElementById("reset").click();
  for (const [key, value] of changes) turn(key, value);
  const shown = page.problems.length ? null : document.getElementById("latency").textContent;
  const pillars = page.counted.by("pillar").map((total) => [total.name, milliseconds(total.latency)]);
  return [shown, shown && Object.fromEntries(pillars)];
}"""
SETTINGS = {"tokens.count": (1, 3, 9), "tokens.dim": (64, 256), "width": (0.5, 1.3), "input": (192, 320), "former.ffn": (False,), "attention": ("mlp",),
            "blocks.3.exp": (96, 144), "blocks.5.repeat": (0, 3), "bridge.gate": (False,), "mobile.kernel": (5,), "classes": (10,)}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["mf294m", *(pytest.param(each, marks=pytest.mark.slow) for each in MODELS if each != "mf294m")]
)
def test_turned_knobs_show_the_digits_of_count(chromium: Browser, tmp_path: Path, name: str) -> None:
    """The total and the pillars of random settings have the printed digits of `count --latency-model`."""
    dice = random.Random(name)
    drawn = [{key: dice.choice(SETTINGS[key]) for key in dice.sample(list(SETTINGS), 3)} for _ in range(12)]
    with opened(chromium, tmp_path, load(name), device=read_device(DEVICES[0])) as page:
        shown = [page.evaluate(READ, list(changes.items())) for changes in drawn]
    assert sum(total is not None for total, _ in shown) > 6
    for changes, (total, pillars) in zip(drawn, shown, strict=True):
        options = [
            word for key, value in changes.items() for word in ("--set", f"{key}={json.dumps(value).strip(chr(34))}")
        ]
        done = run("count", name, *options, "--latency-model", DEVICES[0])
        assert (done.returncode == 0) is (total is not None), (changes, done.stderr)
        if total is None:
            continue
        printed = {words[0]: words for words in map(str.split, done.stdout.splitlines()) if words}
        assert printed["total"][-2] == total, changes
        for pillar, text in pillars.items():
            row = next(line.split() for line in done.stdout.splitlines()[8:] if re.match(rf" {pillar} +[0-9,]+ ", line))
            assert row[-2] == text, (changes, pillar)


def test_the_model_and_its_error_are_on_the_page(chromium: Browser, tmp_path: Path) -> None:
    """Without a model, there is no latency, and no limit on it."""
    device = read_device(DEVICES[0])
    done = run("page", "mf26m", "--latency-model", DEVICES[0], "-o", str(tmp_path / "written.html"))
    assert done.returncode == 0
    with opened(chromium, tmp_path, load("mf26m"), device=device) as page:
        assert (tmp_path / "written.html").read_bytes() == (tmp_path / "mf26m.html").read_bytes()
        assert page.inner_text("#about-model") == f"ms: predicted by latency model {about(device, {'': True})}"
        assert "mean error 3.0 % on 24 held-out networks" in page.inner_text("#about-model")
        assert page.inner_text("#latency-error") == "± 3.0 %"
        with page.expect_download() as download:
            page.click("#download-csv")
        header = Path(download.value.path()).read_text(encoding="utf-8").splitlines()[0]
        assert header == "name,kind,role,out,madds,elements,params,activations,latency,block,stage,pillar"
    with opened(chromium, tmp_path, load("mf26m")) as page:
        assert not page.is_visible("#about-model")
        assert not page.is_visible("#latency")
        assert page.query_selector("#knob-budget\\.max\\.latency") is None


@pytest.mark.parametrize("fragment", ["", "#tokens.count=3&A.blocks.3.repeat=2&A.input=1024&input=960"])
def test_the_bill_with_milliseconds_fits_on_paper(chromium: Browser, tmp_path: Path, fragment: str) -> None:
    """On A4 with its margins, also compared with A, no column is cut, and nothing speaks of what paper cannot do."""
    options: dict[str, Any] = {"viewport": {"width": 703, "height": 900}}
    with opened(chromium, tmp_path, load("mf294m"), fragment, read_device(DEVICES[0]), **options) as page:
        assert page.is_visible("#bill-hint")
        page.emulate_media(media="print")
        assert page.eval_on_selector("#bill", "node => node.scrollWidth <= node.clientWidth + 1")
        assert not page.is_visible("#bill-hint")


def test_the_bill_with_milliseconds_fits_on_a_notebook(chromium: Browser, tmp_path: Path) -> None:
    """From 900 pixels on, the table does not scroll sideways; from 1100 on also not if it is compared with A."""
    with opened(chromium, tmp_path, load("mf294m"), device=read_device(DEVICES[0])) as page:
        for width in (900, 1000, 1080):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.eval_on_selector("#bill", "node => node.scrollWidth <= node.clientWidth + 1"), width
    with opened(chromium, tmp_path, load("mf294m"), "#tokens.count=3&A.input=512", read_device(DEVICES[0])) as page:
        for width in (1100, 1200, 1400):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.eval_on_selector("#bill", "node => node.scrollWidth <= node.clientWidth + 1"), width


def test_the_page_claims_the_error_while_the_network_is_of_the_tested_kind(chromium: Browser, tmp_path: Path) -> None:
    """It is that of Python for every shipped spec; turned to attention by an MLP, a network loses it."""
    device = read_device(DEVICES[0])
    with opened(chromium, tmp_path, load("mf294m"), device=device) as page:
        names = list(shipped())
        code = "([specs, device]) => specs.map((spec) => mfprofile.bill(spec, 'core', device).is_tested)"
        known = page.evaluate(code, [[mapping(load(name)) for name in names], device_data(device)])
        assert known == [is_tested(count(name, device=device)) for name in names]
        assert {True, False} == set(known)
        assert page.inner_text("#latency-error") == "± 3.0 %"
        page.select_option("#knob-attention", "mlp")
        assert page.inner_text("#latency-error") == "error not known"
        assert page.inner_text("#about-model") == f"ms: predicted by latency model {about(device, {'': False})}"
        page.fill("#knob-budget\\.max\\.latency", "1s")
        assert page.inner_text("#limits strong").endswith(", by a model whose error on such networks is not known")


def test_no_time_reads_as_zero(chromium: Browser, tmp_path: Path) -> None:
    """A time below half a microsecond is "<0.001", and a difference has digits until one is not zero."""
    times = [0, 1, 499, 500, 501, 1499, 13_205_432]
    with opened(chromium, tmp_path, load("mf214m"), "#tokens.count=4&A=original", read_device(DEVICES[0])) as page:
        assert page.evaluate("(times) => times.map(timed)", times) == [
            "0.000", "<0.001", "<0.001", *(milliseconds(time) for time in times[3:]),
        ]  # fmt: skip
        assert page.evaluate("(times) => times.map(timeApart)", times) == [
            "0.000", "0.000001", "0.0005", *(milliseconds(time) for time in times[3:]),
        ]  # fmt: skip
        row = page.locator(".side:nth-of-type(3) tr", has=page.locator("th:text-is('tokens')"))
        assert row.locator("td .exact").all_inner_texts() == ["0.001", "<0.001", "−0.0002"]


def test_a_limit_on_latency_has_the_verdict_of_check(chromium: Browser, tmp_path: Path) -> None:
    """It turns red a nanosecond above, and says when the model's error could change the verdict."""
    device = read_device(DEVICES[0])
    latency = count("mf26m", device=device).latency
    with opened(chromium, tmp_path, load("mf26m"), device=device) as page:
        for limit, verdict in (
            (latency, "within: exactly, nearer than the model’s mean error"),
            (latency - 1, "over: +0.000001 ms (+0.00002 %), nearer than the model’s mean error"),
            (2 * latency, f"within: −{milliseconds(latency)} ms (−50.0 %)"),
        ):
            page.fill("#knob-budget\\.max\\.latency", f"{limit}ns")
            assert page.inner_text("#limits strong") == verdict
            done = run("check", "mf26m", "--latency-model", DEVICES[0], "--max-latency", f"{limit}ns")
            assert (done.returncode == 0) is verdict.startswith("within")
            assert ("nearer to its limit than the model's mean error" in done.stdout) is ("nearer" in verdict)
        page.fill("#knob-budget\\.max\\.latency", "12")
        assert "must be an amount such as 12ms" in page.inner_text("#error-budget\\.max\\.latency")


def test_ops_without_a_price_are_handled_as_by_count(chromium: Browser, tmp_path: Path) -> None:
    """No page is written for a spec with such ops unless they are allowed; then both name them, and leave them out."""
    whole = read_device(DEVICES[0])
    few = replace(whole, name="few", rates={key: rate for key, rate in whole.rates.items() if key[0] != "softmax"})
    file = tmp_path / "few.json"
    file.write_text(json.dumps(device_json(few)), encoding="utf-8")
    asked = ("mf26m", "--latency-model", str(file))
    refused = [run(*command, *asked) for command in (("count",), ("page", "-o", str(tmp_path / "a.html")))]
    assert refused[0].returncode == refused[1].returncode == 2
    assert refused[0].stderr == refused[1].stderr
    assert not (tmp_path / "a.html").exists()
    with opened(chromium, tmp_path, load("mf26m"), device=few.with_unpriced()) as page:
        printed = run("count", *asked, "--allow-unpriced").stdout.splitlines()
        assert page.inner_text("#about-model").endswith(printed[-1][0] + printed[-1][1:])
        assert page.inner_text("#latency") == next(line for line in printed if line.startswith(" total")).split()[-2]
    with opened(chromium, tmp_path, load("mf26m", ["attention=mlp"]), device=few) as page:
        assert page.inner_text("#latency") == milliseconds(count(load("mf26m", ["attention=mlp"]), device=few).latency)
        page.select_option("#knob-attention", "mha")
        assert page.inner_text("#latency") == "–"
        assert "There is no latency, because the model never saw ops of kind softmax (" in page.inner_text(
            "#about-model"
        )
        assert page.inner_text("#madds").replace(",", "") == str(count("mf26m").madds)
