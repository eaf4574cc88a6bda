"""The command formula: its forms, and the same polynomials in each style."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from running import run

FREE = ("formula", "mf294m", "--free", "M,d")


def test_each_style_has_the_same_terms_in_the_same_order() -> None:
    """Python's terms are those of the plain form; LaTeX's too, with its fractions before the letters."""
    plain, latex, python = (_total(style) for style in ("plain", "latex", "python"))
    assert plain == "22·M²·d + 66·M·d² + 5,888·M·d + 11/2·d² + 1,768,704·M + 7,608·d + 252,923,264"
    assert latex == (
        r"22 M^{2} d + 66 M d^{2} + 5{,}888 M d + \frac{11}{2} d^{2} + 1{,}768{,}704 M + 7{,}608 d + 252{,}923{,}264"
    )
    assert python == "(44*M**2*d + 132*M*d**2 + 11776*M*d + 11*d**2 + 3537408*M + 15216*d + 505846528)//2"
    assert eval(python, {"M": 6, "d": 192}) == 286_732_160


def _total(style: str) -> str:
    rows = list(csv.DictReader(StringIO(run(*FREE, "--style", style, "--csv").stdout)))
    assert rows[-1]["pillar"] == "total"
    return rows[-1]["madds"]


@pytest.mark.parametrize("style", ["latex", "python"])
def test_a_formula_to_copy_is_one_line(style: str) -> None:
    """At 40 columns too, each formula of LaTeX and Python is whole, below its name."""
    lines = run(*FREE, "--style", style, COLUMNS="40").stdout.splitlines()
    assert lines[lines.index("total, MAdds:") + 1] == _total(style)
    assert lines[-2:] == ["M = tokens.count", "d = tokens.dim, a multiple of 4"]


def test_the_columns_of_formulas_to_copy_can_be_chosen() -> None:
    """`--columns` leaves the others out."""
    text = run(*FREE, "--style", "python", "--columns", "pillar,params").stdout
    assert "bridge, params:\n5924*d + 4704\n" in text
    assert "MAdds:" not in text


def test_markdown_has_math_in_dollars_without_escapes() -> None:
    """GitHub renders `$…$`; a doubled backslash would break the line there."""
    text = run("formula", "mf294m", "--free", "d,C8", "--style", "latex", "--markdown").stdout
    (mobile,) = [line for line in text.splitlines() if line.startswith("| mobile")]
    assert r"$\frac{11}{2} d^{2} + 1{,}346 C_{8} + \frac{11{,}387}{2} d + 1{,}628{,}432$ |" in mobile
    assert "\\\\" not in text


@pytest.mark.parametrize("style", ["plain", "latex", "python"])
def test_latex_has_math_whichever_style(style: str) -> None:
    """The cells are LaTeX, not text that shows its commands; long ones are in a column that breaks lines."""
    text = run(*FREE, "--style", style, "--latex").stdout
    assert "textbackslash" not in text
    assert r"former & $22 M^{2} d + 66 M d^{2}$ & $M d + 66 d^{2} + 99 d$ \\" in text
    assert r"& $11 d^{2} / 2 + 11{,}387 d / 2 + 1{,}800{,}720$ \\" in text
    assert text.count(r">{\raggedright\arraybackslash}p{") == 2
    assert run(*FREE, "--style", "tex", "--latex").returncode == 2


def test_a_table_of_formulas_fits_the_page(tmp_path: Path) -> None:
    """The log of pdflatex has no box that is too wide."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    tables = "\n\n".join(run(*FREE, "--by", axis, "--latex", "--caption", "x").stdout for axis in ("pillar", "stage"))
    start = "\\documentclass{article}\\usepackage{booktabs,siunitx}\\begin{document}"
    page = f"{start}\n{tables}\\end{{document}}\n"
    (tmp_path / "a.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "a.tex"], cwd=tmp_path, capture_output=True)
    assert (done.returncode, re.findall("Overfull.*", done.stdout.decode("utf-8", "replace"))) == (0, [])


def test_the_first_line_names_the_keys_for_which_the_formula_is_exact() -> None:
    """It is not exact for another structure."""
    assert run(*FREE).stdout.splitlines()[0].endswith("exact for every valid M and d")
    assert "exact for every valid M, d and C8\n" in run("formula", "mf294m", "--free", "M,d,C8").stdout
    assert "exact for every valid M\n" in run("formula", "mf294m", "--free", "M").stdout


def test_json_has_the_formulas_as_text() -> None:
    """A program gets the same text as the table has."""
    rows = json.loads(run(*FREE, "--json").stdout)
    assert rows[1] == {"pillar": "former", "madds": "22·M²·d + 66·M·d²", "params": "M·d + 66·d² + 99·d"}


@pytest.mark.parametrize(
    ("key", "keys"),
    [
        ("tokens", "tokens.count (M), tokens.dim (d)"),
        ("blocks.8", "blocks.8.out (C8), blocks.8.exp (E8)"),
        ("head", "head.fc (F)"),
    ],
)
def test_a_group_cannot_be_free(key: str, keys: str) -> None:
    """The message names its keys with their symbols."""
    done = run("formula", "mf294m", "--free", key)
    assert (done.returncode, done.stderr) == (2, f"error: {key} is a group; free one of its keys: {keys}\n")
