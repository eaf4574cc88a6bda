"""The error of a latency model is claimed for networks of the kind that it was tested on, and for no other network."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from odd_devices import odd_device, write_device
from running import run

from mfprofile.cost import count, tested
from mfprofile.cost.device_file import read_device
from mfprofile.cost.tested import Sums, about, accuracy, is_tested, kinds_of, sums_of
from mfprofile.explore.space import read_space
from mfprofile.explore.unpriced import kinds_in
from mfprofile.paper.claims import MODELS

MODEL = "example-onnxruntime"
CLAIM = "mean error 3.0 % on 24 held-out networks"
NOT_KNOWN = "fitted to variants of mf294m-stages; its error on other networks is not known"
OTHER = """import torch
class Other(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
    def forward(self, x):
        return self.conv(x)
"""


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Return a network in code."""
    pytest.importorskip("torch")
    (tmp_path / "other.py").write_text(OTHER, encoding="utf-8")
    return str(tmp_path / "other.py:Other")


def out(*command: str) -> str:
    """Return what a command prints, with all space as single blanks."""
    return " ".join(run(*command, "--latency-model", MODEL).stdout.replace("% ", "").split())


@pytest.mark.parametrize("device", [MODEL, "example-torch"])
def test_the_error_of_the_example_models_holds_for_the_models_of_the_benchmark(device: str) -> None:
    """They were measured; it does not hold for a network without Former, without attention, or with a large image."""
    known = read_device(device)
    assert kinds_of(count(name, device=known) for name in MODELS) == dict.fromkeys(MODELS, True)
    others = ("mf294m-mobile", "mf294m-mlp", "mf294m-coco")
    assert kinds_of(count(name, device=known) for name in others) == dict.fromkeys(others, False)


def test_it_does_not_hold_for_a_network_with_ops_without_a_price() -> None:
    """Part of its time is then left out. Nor does it hold without a model."""
    whole = read_device(MODEL)
    few = replace(whole, rates={key: rate for key, rate in whole.rates.items() if key[0] != "gelu"})
    assert is_tested(count("mf294m", device=whole))
    assert not is_tested(count("mf294m", device=few.with_unpriced()))
    assert not is_tested(count("mf294m"))


def test_the_ends_are_a_quarter_and_four_times_those_of_the_tested_networks() -> None:
    """At an end a network is of the tested kind; one beyond it, in any of the six sums, it is not."""
    sums = [sums_of(count(name).parts) for name in ("mf52m", "mf96m")]
    known = tested.tested_on(["a", "b", "a"], sums)
    assert known.spaces == ("a", "b")
    assert known.least.params == min(each.params for each in sums)
    assert known.most.products == max(each.products for each in sums)
    for at, (low, high) in enumerate(zip(*known.ends, strict=True)):
        for end, beyond in ((low, low - 1), (high, high + 1)):
            inside = list(sums[0])
            inside[at] = end
            assert known.has(Sums(*inside))
            inside[at] = beyond
            assert not known.has(Sums(*inside))


def test_a_batch_is_compared_with_networks_of_that_batch() -> None:
    """Products and elements are those of the whole batch, parameters and calls are shared."""
    sums = sums_of(count("mf26m").parts, 8)
    known = replace(odd_device(batch=8), tested=tested.tested_on(["mf26m"], [sums]))
    assert is_tested(count("mf26m", device=known))
    assert not is_tested(count("mf26m", device=replace(known, batch=1)))


def test_the_text_names_the_networks_without_a_known_error() -> None:
    """If they are few; else it has their number."""
    device = read_device(MODEL)
    assert accuracy(device, {"a": True, "b": True}) == CLAIM
    assert accuracy(device, {"a": False, "b": False}) == NOT_KNOWN
    assert accuracy(device, {"a": True, "b": False}) == f"{CLAIM}, variants of mf294m-stages; not known for b"
    many = {"a": True, **dict.fromkeys("bcde", False)}
    assert accuracy(device, many) == f"{CLAIM}, variants of mf294m-stages; not known for 4 of the 5 networks here"
    assert accuracy(replace(device, errors=None), {"a": False}) == "error not known"
    older = replace(device, tested=None)
    assert accuracy(older, {"a": False}) == "fitted to other networks; its error on such networks is not known"
    assert (
        about(odd_device(), {}) == "'abacus' (by hand 1.0, 1 thread, abacus, mean error 3.1 % on 40 held-out networks)"
    )


def test_the_error_holds_for_the_space_of_the_model_and_for_spaces_like_it() -> None:
    """A space is judged by its name or its first variant."""
    device = read_device(MODEL)
    for name, holds in (("mf294m-stages", True), ("mf294m-tokens", True), ("mf294m-mobile", False)):
        assert kinds_in(read_space(name), device) == {name: holds}
    assert kinds_in(read_space("mf294m-tokens"), None) == {}
    strange = replace(device, tested=tested.Tested(("mf294m-mobile",), Sums(*[0] * 6), Sums(*[0] * 6)))
    assert kinds_in(read_space("mf294m-mobile"), strange) == {"mf294m-mobile": True}


def test_a_file_has_what_the_model_was_tested_on(tmp_path: Path) -> None:
    """A file of an earlier version lacks it; its error holds for specs, and not for networks in code."""
    device = replace(odd_device(), tested=tested.Tested(("tiny",), Sums(1, 2, 3, 4, 5, 6), Sums(7, 8, 9, 10, 11, 12)))
    file = write_device(device, tmp_path)
    assert json.loads(file.read_text())["tested"]["least"]["calls"] == 6
    assert read_device(file).tested == device.tested
    older = read_device(write_device(odd_device(), tmp_path, "older.json"))
    assert older.tested is None
    assert is_tested(count("mf294m-mobile", device=older))


@pytest.mark.parametrize(
    ("command", "claimed"),
    [
        (("count", "mf294m"), True),
        (("count", "mf294m-mobile"), False),
        (("count", "mf294m-mobile", "--markdown"), False),
        (("count", "mf294m-mobile", "--latex"), False),
        (("explore", "best", "mf294m-stages", "--maximize", "madds", "--latency", ":15ms"), True),
        (("explore", "best", "mf294m-mobile", "--minimize", "latency"), False),
        (("explore", "count", "mf294m-mobile", "--latency", ":15ms"), False),
        (("explore", "histogram", "mf294m-mobile", "--quantity", "latency"), False),
    ],
)
def test_tables_claim_the_error_for_tested_networks_alone(command: tuple[str, ...], claimed: bool) -> None:
    """As text, Markdown and LaTeX; of networks and of spaces."""
    printed = out(*command)
    assert ("mean error" in printed) is claimed
    assert ("its error on other networks is not known" in printed) is not claimed


def test_a_table_of_both_kinds_names_those_without_a_known_error() -> None:
    """The error of the others is claimed."""
    printed = out("count", "mf294m", "mf294m-mobile")
    assert "on 24 held-out networks, variants of mf294m-stages; not known for mf294m-mobile" in printed


def test_json_says_whether_the_error_applies(other: str) -> None:
    """The errors of the model are in all."""
    for command, applies in (
        (("count", "mf294m"), True),
        (("count", "mf294m-mobile"), False),
        (("audit", other), False),
    ):
        model = json.loads(run(*command, "--json", "--latency-model", MODEL).stdout)["latency_model"]
        assert (model["errors_apply"], model["fitted_to"], model["errors"]["nets"]) == (applies, ["mf294m-stages"], 24)
    both = json.loads(run("diff", "mf294m", "mf294m-mobile", "--json", "--latency-model", MODEL).stdout)
    assert both["latency_model"]["errors_apply"] is False


def test_check_says_beside_the_verdict_that_it_can_be_wrong(other: str) -> None:
    """As text and as JSON; not for a network of the tested kind."""
    remark = f": the verdict on latency can be wrong: the latency model is {NOT_KNOWN}"
    printed = out("check", other, "--max-latency", "12ms")
    assert f"{other}{remark}" in printed
    assert "mean error" not in printed
    report = json.loads(run("check", other, "--max-latency", "12ms", "--json", "--latency-model", MODEL).stdout)
    assert '"errors_apply": false' in json.dumps(report)
    assert "can be wrong" not in out("check", "mf294m", "--max-latency", "12ms")


def test_a_network_in_code_has_no_claimed_error(other: str) -> None:
    """Whatever its size."""
    printed = out("audit", other)
    assert NOT_KNOWN in printed
    assert "mean error" not in printed


def test_a_variant_that_is_written_says_whether_the_error_holds_for_it(tmp_path: Path) -> None:
    """In the comment of its file."""
    for space, text in (("mf294m", CLAIM), ("mf294m-mobile", NOT_KNOWN)):
        folder = tmp_path / space
        done = run("explore", "best", space, "--minimize", "latency", "-o", str(folder), "--latency-model", MODEL)
        assert done.returncode == 0, done.stderr
        (file,) = folder.iterdir()
        assert text in file.read_text(encoding="utf-8")


def test_captions_of_pictures_claim_the_error_for_tested_networks_alone(other: str, tmp_path: Path) -> None:
    """The picture of latency, the roofline, the blocks, accuracy, and detection, where all inputs are large."""
    pytest.importorskip("matplotlib")
    for command, claimed in (
        (("latency", other), False),
        (("latency", "mf294m"), True),
        (("roofline", "mf294m-mobile"), False),
        (("roofline", "mf294m"), True),
        (("blocks", "mf294m-mobile"), False),
        (("accuracy", "--quantity", "latency"), True),
        (("detection", "--quantity", "latency"), False),
    ):
        file = tmp_path / "picture.svg"
        done = run("plot", *command, "-o", str(file), "--latency-model", MODEL)
        assert done.returncode == 0, (command, done.stderr)
        words = " ".join(re.findall(r"<!-- (.*?) -->", file.read_text(encoding="utf-8"))).split()
        text = " ".join(words)
        assert ("mean error 3.0 %" in text) is claimed, (command, text)
        assert ("its error on other networks is not known" in text) is not claimed, (command, text)
        file.unlink()
