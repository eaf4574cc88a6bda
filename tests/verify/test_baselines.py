"""The baselines: the committed counts, the networks that the libraries build now, and how both are shown."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from running import need, run, surroundings  # noqa: E402
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.paper.baselines import COLUMNS, FILE, baselines, recounts  # noqa: E402
from mfprofile.paper.tables import table  # noqa: E402
from mfprofile.trace.libraries import library  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.baselines import RECIPES, Call, Recipe, recount, traced  # noqa: E402
from mfprofile.view.baselines import recount_baselines, recounts_csv  # noqa: E402

LIBRARIES = ("timm", "torchvision", "transformers")
MISSING = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
needs_libraries = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

KNOWN = {  # parameters and multiply-adds, counted with other tools
    ("2", "MobileNetV3 Small 1.0×", "160"): ("2.54M", "29.85M"),
    ("2", "MobileNetV3 Small 1.0×", "224"): ("2.54M", "56.51M"),
    ("2", "MobileNetV3 1.0×", "160"): ("5.48M", "112.47M"),
    ("2", "MobileNetV3 1.0×", "224"): ("5.48M", "216.59M"),
    ("2", "MobileNetV3 0.75×", "224"): ("3.99M", "154.56M"),
    ("2", "MobileNetV3 1.25×", "224"): ("7.55M", "355.22M"),
    ("2", "EfficientNet-B0", "224"): ("5.29M", "385.81M"),
    ("2", "ShuffleNetV2 1.0×", "224"): ("2.28M", "144.91M"),
    ("2", "ShuffleNetV2 1.5×", "224"): ("3.50M", "295.76M"),
    ("2", "ShuffleNetV2 2×", "224"): ("7.39M", "583.25M"),
    ("3", "DeiT-Tiny", "224"): ("5.72M", "1.254G"),
    ("3", "ConViT-Tiny", "224"): ("5.71M", "1.252G"),
    ("3", "ConViT-Tiny+", "224"): ("9.97M", "2.131G"),
    ("3", "CoaT-Lite Tiny", "224"): ("5.72M", "1.589G"),
    ("3", "CoaT-Lite Mini", "224"): ("11.01M", "1.987G"),
    ("3", "PVT-Tiny", "224"): ("13.23M", "1.933G"),
}


def rounded(amount: int, text: str) -> str:
    """Return an amount in the unit of a text, with as many digits."""
    digits = len(text.partition(".")[2]) - 1
    return f"{amount / {'M': 1e6, 'G': 1e9}[text[-1]]:.{digits}f}{text[-1]}"


def label(recipe: Recipe) -> str:
    """Return a recipe's row, for a test's name."""
    return f"{recipe.table}-{recipe.model}-{recipe.input}"


def test_each_recount_belongs_to_a_different_row_of_a_table() -> None:
    """The recounts are in the order of the paper, and their amounts are not zero."""
    rows = [(row.table, row.model, row.input) for row in baselines()]
    recounted = [(each.table, each.model, each.input) for each in recounts()]
    assert recounted == [row for row in rows if row in recounted]
    assert len(set(recounted)) == len(recounted) == 30
    assert all(each.params > 0 and each.madds > 0 for each in recounts())
    assert len(rows) == sum(not line.spec for number in "234" for line in table(number).lines)


def test_the_file_has_the_form_that_the_command_writes() -> None:
    """Each row belongs to a recipe and has the call that builds it. `--recount` would write the same file."""
    assert [(each.table, each.model, each.input, each.library, each.recipe) for each in recounts()] == [
        (recipe.table, recipe.model, recipe.input, "paper" if recipe.paper else recipe.call.library, str(recipe))
        for recipe in RECIPES
    ]
    assert FILE.read_text(encoding="utf-8") == recounts_csv(recounts())
    assert FILE.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)


@pytest.mark.parametrize("row", KNOWN, ids="-".join)
def test_the_committed_counts_equal_known_ones(row: tuple[str, str, str]) -> None:
    """The known ones were counted without the tracer, and are rounded."""
    [recounted] = [each for each in recounts() if (each.table, each.model, each.input) == row]
    params, madds = KNOWN[row]
    assert (rounded(recounted.params, params), rounded(recounted.madds, madds)) == (params, madds)


@pytest.mark.slow
@needs_libraries
def test_a_new_recount_equals_the_committed_one() -> None:
    """Every integer of the file is the same, for any version of the libraries."""
    assert [astuple(replace(each, version="")) for each in recount()] == [
        astuple(replace(each, version="")) for each in recounts()
    ]


@pytest.mark.slow
@needs_libraries
@pytest.mark.parametrize("recipe", RECIPES, ids=label)
def test_a_baseline_is_counted_as_torch_counts_it(recipe: Recipe) -> None:
    """The core is half of FlopCounterMode's total with decomposed attention; parameters are of distinct tensors."""
    result, model = traced(recipe), recipe.build().eval()
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as mode:
        model(torch.zeros(1, *recipe.shape, device="meta"))
    assert (2 * result.bill().madds, result.device) == (mode.get_total_flops(), "meta")
    assert result.bill().params == sum(parameter.numel() for parameter in model.parameters())
    assert (result.uncovered, result.unused) == ((), {})


@pytest.mark.slow
@needs_libraries
def test_levit_is_the_305m_of_the_text() -> None:
    """LeViT-128S is in no table."""
    with torch.device("meta"):
        model = Call("timm.create_model", ("levit_128s",)).made()
    assert rounded(trace(model, (3, 224, 224)).bill().madds, "304.66M") == "304.66M"


@pytest.mark.slow
@needs_libraries
def test_no_single_image_size_gives_the_figures_of_table_4() -> None:
    """The figures here are those of the documentation on the paper."""
    four = {recipe.model: recipe for recipe in RECIPES if recipe.table == "4"}
    small = {name: traced(replace(recipe, input="800x1280")) for name, recipe in four.items()}
    amounts = {name: (small[name].bill().madds, small[name].bill("fvcore").madds) for name in ("ResNet50", "PVT-Tiny")}
    texts = {name: tuple(rounded(amount, "0.00G") for amount in both) for name, both in amounts.items()}
    assert texts == {"ResNet50": ("83.41G", "83.87G"), "PVT-Tiny": ("69.50G", "69.74G")}
    others = [rounded(small[name].bill().madds, "0.00G") for name in ("MobileNetV3", "ResNet18")]
    assert others == ["4.19G", "37.01G"]
    assert rounded(traced(four["PVT-Tiny"]).bill("paper-coco").madds, "0.00G") == "4.10G"
    model = four["PVT-Tiny"].build()
    tables = sum(tensor.numel() for name, tensor in model.named_parameters() if name.endswith("position_embeddings"))
    assert rounded(small["PVT-Tiny"].bill().params - tables, "0.00M") == "12.33M"


def test_the_text_of_a_call_is_its_code() -> None:
    """It has the full name, and calls as arguments."""
    call = Call("torch.nn.Sequential", (Call("torch.nn.Linear", (2, 3), {"bias": False}),))
    assert str(call) == "torch.nn.Sequential(torch.nn.Linear(2, 3, bias=False))"
    assert call.made()[0].weight.shape == (3, 2)


def test_modules_that_a_recipe_removes_are_not_counted() -> None:
    """The network is built on meta tensors, without the removed module."""
    recipe = Recipe("4", "any", Call("torch.nn.Sequential", (Call("torch.nn.Conv2d", (3, 8, 3)),)), "10x12")
    assert recipe.build()[0].weight.is_meta
    assert traced(recipe).bill().madds == 8 * 27 * 8 * 10
    assert traced(replace(recipe, without=("0",))).bill().madds == 0
    assert str(replace(recipe, without=("0",))).endswith("(torch.nn.Conv2d(3, 8, 3)), without 0")


def test_a_missing_library_is_reported_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported before any network is built."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    message = r"^timm is not installed; install it with pip install '\.\[baselines\]'$"
    with pytest.raises(InputError, match=message):
        list(recount())


IMPORTS = """
from mfprofile.trace.libraries import library
print(library("user").__name__)
"""
COUNTS = """
import torch
from mfprofile.verify.counters import measure
print(measure("ptflops", torch.nn.Linear(3, 4, bias=False), torch.zeros(1, 3)).total)
"""
VISION = """
import torch
print("noise")
from torchvision.shapes import nms
"""
SHAPES = """
import torch
@torch.library.register_fake("torchvision::{}")
def nms(dets, scores, threshold): return dets
"""


def _run_with_broken_torchvision(operator: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code with a torchvision that registers shapes for an operator of its compiled part, which is missing."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(VISION)
    (folder / "torchvision" / "shapes.py").write_text(SHAPES.format(operator))
    path = {**surroundings(), "PYTHONPATH": f"{folder}:{surroundings().get('PYTHONPATH', '')}"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path, check=False)


@pytest.mark.parametrize(("operator", "output"), one_in(2, [("nms", "user\n"), ("other", "")]))
def test_torchvision_is_imported_without_its_compiled_part(operator: str, output: str, tmp_path: Path) -> None:
    """It works if torchvision fails at `nms`, and in a library that imports it; other errors are not hidden."""
    (tmp_path / "user.py").write_text("import torchvision.shapes")
    done = _run_with_broken_torchvision(operator, IMPORTS, tmp_path)
    assert (done.stdout, "operator torchvision::other does not exist" in done.stderr) == (output, not output)


def test_ptflops_counts_with_a_torchvision_without_its_compiled_part(tmp_path: Path) -> None:
    """It imports an installed torchvision, and would fail with it."""
    need("ptflops")
    done = _run_with_broken_torchvision("nms", COUNTS, tmp_path)
    assert done.stdout == "12\n", done.stderr


def test_recounts_are_written_only_to_a_file_that_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file inside the package is read, and never written."""
    monkeypatch.setattr("mfprofile.verify.baselines.recount", lambda _: iter(recounts()))
    before = FILE.read_bytes()
    messages = list[str]()
    assert recount_baselines(messages.append) == list(recounts())
    assert messages == []
    done = run("paper", "baselines", "--recount", "-o", "kept.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote kept.csv\n")
    assert done.stdout == run("paper", "baselines").stdout
    assert (tmp_path / "kept.csv").read_bytes() == before == FILE.read_bytes()


def test_a_file_that_cannot_be_written_is_refused_before_the_recount(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The networks are built and counted for minutes."""
    started = list[object]()
    monkeypatch.setattr("mfprofile.view.baselines.recount_baselines", started.append)
    done = run("paper", "baselines", "--recount", "-o", "missing/kept.csv", cwd=tmp_path)
    message = "error: missing/kept.csv: cannot be written: No such file or directory\n"
    assert (done.returncode, done.stdout, done.stderr, started) == (74, "", message, [])


def test_records_have_both_amounts_of_each_row() -> None:
    """CSV and JSON have exact integers. A row that was not recounted has the reason."""
    rows = list(csv.DictReader(io.StringIO(run("paper", "baselines", "--csv").stdout)))
    records = json.loads(run("paper", "Baselines", "--json").stdout)
    assert [row["model"] for row in rows] == [record["model"] for record in records]
    assert len(records) == 2 * len(list(baselines())) == 68
    [one] = [each for each in records if (each["model"], each["column"]) == ("ConViT-Tiny", "madds")]
    assert one == {
        "table": "3", "model": "ConViT-Tiny", "input": "224", "column": "madds", "printed": "1.0G",
        "recounted": 1_252_360_320, "convention": "core", "difference_percent": 25.236, "within": False,
        "library": "timm", "version": one["version"], "recipe": "timm.create_model('convit_tiny')", "reason": None,
    }  # fmt: skip
    other = next(row for row in rows if row["model"] == "Swin-1G")
    assert (other["recounted"], other["within"], other["reason"]) == ("", "", "widths are not published")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("7 --recount", "--recount needs 'baselines'; use mfprofile paper baselines --recount"),
        ("baselines -o recounted.csv", "-o needs --recount; without it nothing is counted again"),
        (
            "baselines --recount -o -",
            "-o -: the counts cannot be written to stdout; use the name of a file",
        ),
        ("baselines --recount -o ./", "./: is the name of a folder; give the name of a file"),
        ("baselines --convention core", "baselines are recounted in core; remove --convention"),
        ("baselines 7 --csv", "baselines and tables have different columns; request them separately in JSON and CSV"),
        (
            "claims baselines --json",
            "claims and baselines have different columns; request them separately in JSON and CSV",
        ),
    ],
)
def test_a_combination_without_meaning_is_refused(arguments: str, message: str) -> None:
    """The exit code is 2, and the message is one line."""
    done = run("paper", *arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_baselines_and_tables_can_be_printed_together() -> None:
    """As text, one command can print all of them."""
    done = run("paper", "7", "baselines", "claims")
    assert done.returncode == 0
    assert (
        done.stdout.index("Table 7") < done.stdout.index("of 27 claims") < done.stdout.index("widths are not published")
    )


def test_an_installed_library_is_returned() -> None:
    """It is imported by its name."""
    assert library("torch") is torch
