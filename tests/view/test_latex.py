"""Tables in LaTeX: they compile, their rows are whole, their numbers are those of the bill."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from effort import nightly_but
from running import run

from mfprofile.view.form import Form
from mfprofile.view.latex import latex_of
from mfprofile.view.tables import Column, Table

COMMANDS = (
    "list",
    "count mf294m",
    "count mf26m --by op",
    "count mf294m mf96m",
    "count mf294m mf96m mf26m mf508m",
    "memory mf26m",
    "sensitivity mf26m",
    "diff mf151m mf96m",
    "paper 4",
    "paper claims",
    "paper baselines",
    "complexity",
    "formula mf294m --free tokens.count,tokens.dim",
    "explain mf26m --block 3",
    "explore count tiny --madds 2M:4M",
    "explore front tiny --madds :2M",
    "explore best tiny --maximize params --madds :2M -n 2",
    "explore histogram tiny --quantity madds",
    "list --exact",
    "paper 4 --exact",
)
NAME = r"50%_of #1 & {a} ^2 ~b \x <T> | -- `c` “d” 3² 2×4 → [e]"
DOCUMENT = r"""\documentclass{article}
\usepackage[paperwidth=60in,paperheight=60in]{geometry}
\usepackage{booktabs,siunitx}
\begin{document}
%s
\end{document}
"""


def _rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.endswith(r" \\")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_is_whole(command: str) -> None:
    """Each row has a cell for each column, braces are balanced, rules are those of booktabs, nothing is not ASCII."""
    text = run(*command.split(), "--latex").stdout
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert text.startswith(("% needs \\usepackage{booktabs,siunitx}\n", "% mf151m → mf96m"))
    assert body.isascii()
    bare = re.sub(r"\\[{}&]", "", body)
    assert bare.count("{") == bare.count("}")
    for tabular in re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", bare, re.DOTALL):
        kinds = re.findall(r"S\[[^]]*]|>\{[^}]*\}p\{[^}]*\}|[lr]", tabular.splitlines()[0].partition("tabular}")[2])
        spans = re.compile(r"\\multicolumn\{(\d+)\}")
        more = {row: sum(int(number) - 1 for number in spans.findall(row)) for row in _rows(tabular)}
        assert {row.count("&") + 1 + more[row] for row in more} == {len(kinds)}
        for rule in ("toprule", "midrule", "bottomrule"):
            assert f"\\{rule}\n" in tabular


@pytest.mark.slow
def test_tables_compile(tmp_path: Path) -> None:
    """LaTeX has no error in any of them, whatever a caption and names hold."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    texts = [run(*command.split(), "--latex", "--caption", NAME, "--label", "tab:x").stdout for command in COMMANDS]
    names = Table([Column("name"), Column(NAME, right=True)], [[NAME, 1.5], ["[x]", NAME], ["*", None]])
    pages = "\n\\clearpage\n".join([*texts, latex_of(names, Form("latex"))])
    (tmp_path / "a.tex").write_text(DOCUMENT % pages, encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "a.tex"], cwd=tmp_path, capture_output=True)
    errors = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith("!")]
    assert (done.returncode, errors) == (0, [])


def test_numbers_have_the_unit_of_their_column() -> None:
    """It is the greatest in which no number but 0 is rounded to nothing; with --exact, numbers are whole."""
    rounded = run("count", "mf294m", "--latex").stdout
    assert "block & kind & output & {MAdds (M)} & {\\%} & {params (k)} & {\\%} \\\\\n" in rounded
    assert "\ntokens & table & 6$\\times$192 & 0 & 0.0 & 1.15 & 0.0 \\\\\n" in rounded
    assert "\ntotal &  &  & 286.73 & 100.0 & 11422.65 & 100.0 \\\\\n" in rounded
    exact = run("count", "mf294m", "--latex", "--exact").stdout
    assert "\ntotal &  &  & 286732160 & 100.0 & 11422648 & 100.0 \\\\\n" in exact
    assert "S[table-format=9.0]" not in exact
    assert "S[table-format=9]" in exact


def test_a_caption_or_a_label_makes_a_table_that_floats() -> None:
    """Without a caption of its own, it says in a sentence what was counted, and in which convention."""
    assert "\\begin{table}" not in run("count", "mf26m", "--latex").stdout
    labelled = run("count", "mf26m", "--latex", "--label", "tab:costs").stdout
    about = "convolutions, linear layers and matrix products of attention; 25.92M in the paper's convention"
    caption = f"\\caption{{Cost of mf26m, input 224$\\times$224; MAdds in convention `core' ({about}).}}"
    assert f"\\begin{{table}}\n\\centering\n{caption}\n\\label{{tab:costs}}\n" in labelled
    own = run("count", "mf26m", "--latex", "--caption", "Costs of 100 %").stdout
    assert "\\caption{Costs of 100 \\%}\n" in own
    assert "% mf26m: input 224×224, 3 tokens of 128; MAdds in convention 'core'\n" in own


def _table_of(command: str) -> tuple[list[str], list[str]]:
    """Return the kinds of the columns and the rows of the last table that a command prints."""
    tabular = run(*command.split(), "--latex").stdout.rpartition("\\begin{tabular}")[2]
    return re.findall(r"S\[[^]]*]|>\{[^}]*\}p\{[^}]*\}|[lr]", tabular.splitlines()[0]), _rows(tabular)


def test_the_list_has_units_in_its_heading() -> None:
    """Its unit is one in which small networks keep their digits; with --exact, numbers are those of `count`."""
    kinds, rows = _table_of("list")
    assert kinds[:3] == ["l", "S[table-format=6.2]", "S[table-format=2.2]"]
    assert rows[0] == r"name & {MAdds (M)} & {params (M)} & about \\"
    assert rows[1].startswith("mf26m & 23.55 & 3.23 & ")
    kinds, rows = _table_of("list --exact")
    assert kinds[:3] == ["l", "S[table-format=12]", "S[table-format=8]"]
    assert rows[1].startswith("mf26m & 23550208 & 3232788 & ")


def test_figures_of_the_paper_and_ours_are_numbers() -> None:
    """Each figure that the paper prints keeps its digits; our count and its difference have a column each."""
    text = run("paper", "4", "--latex").stdout
    above, below = re.findall(r"\\begin\{tabular\}\{l (.*?)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL)
    assert [kinds.count("S[") for kinds, _ in (above, below)] == [9, 9]
    assert "\nMobile-Former-151M & 34.2 & 53.4 & 36.0 & 19.9 & 36.8 & 45.3 & 2.4 & 2.44 & +1.47 \\\\\n" in above[1]
    assert "\nMobile-Former-151M & 161 & 160.75 & -0.16 & 4.9 & 4.88 & -0.45 & 14.4 & 14.36 & -0.31 \\\\\n" in below[1]
    assert [part.count("{printed} & {coco} &") for _, part in (above, below)] == [1, 3]
    assert "model & {(G)} & {(G)} & {\\%} & {(M)} & {(M)} & {\\%} & {(M)} & {(M)} & {\\%} \\\\\n" in below[1]
    exact = run("paper", "4", "--latex", "--exact").stdout
    assert "\nMobile-Former-151M & 2.4 & 2435160000 & +1.47 & 161 & 160747249600 & -0.16 \\\\\n" in exact


def test_a_table_that_is_too_wide_is_continued_below() -> None:
    """Each part has the first column again; the columns of a group, or a formula with its number, stay together."""
    text = run("count", "mf26m", "mf52m", "mf508m", "--latex", "--exact").stdout
    parts = re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", text, re.DOTALL)
    assert [len(re.findall(r"\\multicolumn\{\d\}", part)) for part in parts] == [1, 1]
    firsts = [[row.partition(" & ")[0] for row in _rows(part)] for part in parts]
    assert firsts[0] == firsts[1]
    assert [heading for heading in ("MAdds", "Params") if heading in parts[0]] == ["MAdds"]
    assert "\n\n\\medskip\n\\noindent\n" in text
    assert "\\tiny" not in text
    explained = run("explain", "mf26m", "--block", "3", "--latex").stdout
    assert "\nop & params & {number} \\\\\n" in explained


def test_recounted_networks_are_numbers() -> None:
    """A sign marks a figure that would be printed differently, in front of its number."""
    text = run("paper", "baselines", "--latex").stdout
    assert (
        "\nShuffleNetV2 1.0$\\times$ & 2.2 & {\\llap{$\\neq$\\,}} 2.28 & +3.57 & 138 & {\\llap{$\\neq$\\,}} 144.91 & +5.01 "
        in text
    )
    assert all(" r " not in line for line in text.splitlines() if line.startswith("\\begin{tabular}"))


def test_what_changed_is_in_numbers() -> None:
    """The second table of a difference has the amount and its percentage in two columns, as integers with --exact."""
    kinds, rows = _table_of("diff mf26m mf52m")
    assert [kind[0] for kind in kinds] == ["l", "l", ">", *"SSSS"]
    assert rows[0].endswith(r"what changed & {MAdds change (M)} & {\%} & {params change (k)} & {\%} \\")
    assert rows[-1] == r"total &  &  & +25.74 & +109.3 & +236.30 & +7.3 \\"
    assert _table_of("diff mf26m mf52m --exact")[1][-1] == r"total &  &  & +25740288 & +109.3 & +236304 & +7.3 \\"


@pytest.mark.parametrize("query", ["best tiny --minimize madds", "front tiny --madds :2M", "sample tiny -n 3 --seed 1"])
def test_only_exact_answers_are_whole_numbers(query: str) -> None:
    """Variants of a space have the units of `count`."""
    kinds, rows = _table_of(f"explore {query}")
    assert "{MAdds (M)}" in rows[0]
    assert all("." in kind for kind in kinds[1:3])
    kinds, rows = _table_of(f"explore {query} --exact")
    assert "{MAdds}" in rows[0]
    assert not any("." in kind for kind in kinds[1:3])


def test_bars_are_left_out_and_every_number_of_an_explanation_has_a_heading() -> None:
    """Bars are drawn with letters, for a terminal; one that is asked for is printed."""
    assert "\\#" not in run("explore", "histogram", "tiny", "--quantity", "madds", "--latex").stdout
    assert (
        "\\#" in run("explore", "histogram", "tiny", "--quantity", "madds", "--latex", "--columns", "over,bar").stdout
    )
    rows = _rows(run("explain", "mf26m", "--block", "3", "--latex").stdout)
    assert rows[:2] == [r" &  &  & {MAdds,} \\", r"op & MAdds & in numbers & {number} \\"]


def test_tables_with_one_caption_say_what_each_has() -> None:
    """A caption of the user has the words of the table behind it; that of one table alone stays as it is."""
    text = run("diff", "mf26m", "mf52m", "--latex", "--caption", "C").stdout
    assert re.findall(r"\\caption\{(.*)\}", text) == ["C: by pillar", "C: by block"]
    own = run("diff", "mf26m", "mf52m", "--latex", "--label", "t").stdout
    assert "\\caption{mf26m $\\rightarrow$ mf52m by block.}\n\\label{t-2}" in own
    text = run("paper", "4", "5", "--latex", "--caption", "C").stdout
    captions = re.findall(r"\\caption\{(.*)\}", text)
    assert captions[0] == "C: Table 4: RetinaNet on COCO, by backbone"
    assert captions[1].startswith("C: Table 5: ")


def test_letters_that_need_another_latex_are_named() -> None:
    """A comment has each letter once; letters of Latin need none."""
    table = Table([Column("name"), Column("n", right=True)], [["网络网", 1.5], ["Größe – “x” λ", 2.5]])
    assert latex_of(table, Form("latex")).splitlines()[1] == "% needs XeLaTeX or LuaLaTeX for: 网 络 λ"
    assert "XeLaTeX" not in latex_of(table._replace(data=[["Größe – “x” µ", 2.5]]), Form("latex"))


def test_several_tables_have_different_labels() -> None:
    """Otherwise LaTeX could not refer to them."""
    text = run("diff", "mf26m", "mf52m", "--latex", "--label", "tab:d").stdout
    assert re.findall(r"\\label\{(.*)\}", text) == ["tab:d", "tab:d-2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--latex --markdown", "--markdown and --latex cannot be combined; use one of them"),
        ("--caption x", "--caption needs --latex"),
        ("--csv --label x", "--label needs --latex"),
        ("--exact", "--exact needs --latex"),
        ("--markdown --span 1", "--span needs --latex"),
        ("--latex --label a}b", "--label 'a}b': use letters, digits and : - . _ only, such as tab:variants"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: str, message: str) -> None:
    """The message names both."""
    done = run("count", "mf26m", *options.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


ARTICLE = r"""\documentclass{article}
\usepackage{booktabs,siunitx}
\hfuzz=0.2pt %% siunitx rounds the width of a number in small letters by so much
\begin{document}
%s
\end{document}
"""
WIDE = (
    "count mf214m mf294m --by pillar",
    "count mf26m mf294m --by pillar --exact",
    "count mf26m mf508m --latency-model devices/example-torch.json",
    "count mf26m mf52m mf508m",
    "count mf26m mf52m mf508m --exact",
    "count mf26m mf52m mf96m mf294m",
    "diff mf151m mf96m --columns pillar,madds.before,madds.after,madds.gained,params.before,params.gained",
    "explore front tiny --minimize madds --maximize former.params --madds :2M",
    "explore best mf294m-tokens --maximize params --madds :290M -n 3",
)


@pytest.mark.parametrize("span", nightly_but(2, ["", "--span=2", "--span=1"]))
def test_tables_fit_the_text_of_an_article(span: str, tmp_path: Path) -> None:
    """Nothing runs over the margin: columns are closer, words are wrapped, or columns are continued below.

    So it is in one column, and in one or two columns of a page that has two. Paths of modules do not fit into one of
    those, which a comment says.
    """
    commands = dict.fromkeys([*WIDE, *COMMANDS])
    texts = [
        run(*command.split(), "--latex", "--label", f"t:{at}", *span.split()).stdout
        for at, command in enumerate(commands)
    ]
    wide = [command for command, text in zip(commands, texts, strict=True) if "\n% is wider than the text; " in text]
    assert wide == (["count mf26m --by op", "explain mf26m --block 3"] if span == "--span=1" else [])
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    texts = [text for command, text in zip(commands, texts, strict=True) if command not in wide]
    article = ARTICLE.replace("{article}", "[twocolumn]{article}") if span else ARTICLE
    (tmp_path / "a.tex").write_text(article % "\n\\clearpage\n".join(texts), encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "a.tex"], cwd=tmp_path, capture_output=True)
    lines = done.stdout.decode(errors="replace").splitlines()
    assert (done.returncode, [line for line in lines if line.startswith(("!", "Overfull"))]) == (0, [])


def test_two_columns_of_a_page_are_a_wide_float() -> None:
    """Other tables are in their column."""
    for span, name in (("1", "table"), ("2", "table*")):
        text = run("paper", "4", "--latex", "--label", "tab:x", "--span", span).stdout
        assert re.findall(r"\\(?:begin|end)\{(table\*?)\}", text) == [name, name]
    assert "\\begin{table*}\n" in run("count", "mf26m", "mf52m", "--latex", "--span", "2").stdout
    assert "{table" not in run("count", "mf26m", "mf52m", "--latex", "--span", "1").stdout


def test_a_comparison_has_a_heading_for_each_quantity() -> None:
    """Its networks are below it, with their unit once, and a difference of nothing is a number too."""
    text = run("count", "mf294m", "mf508m", "--by", "pillar", "--latex").stdout
    assert (
        " & \\multicolumn{3}{c}{MAdds (M)} & \\multicolumn{3}{c}{Params (M)} \\\\\n\\cmidrule(lr){2-4}\\cmidrule(lr){5-7}"
        in text
    )
    assert "pillar & {mf294m} & {mf508m} & {$\\Delta$ (\\%)} & {mf294m} & {mf508m} & {$\\Delta$ (\\%)} \\\\\n" in text
    assert "\nformer & 14.75 & 14.75 & 0.0 & 2.45 & 2.45 & 0.0 \\\\\n" in text
    exact = run("count", "mf294m", "mf508m", "--by", "pillar", "--latex", "--exact").stdout
    assert "\nformer & 14750208 & 14750208 & 0.0 & 2453184 & 2453184 & 0.0 \\\\\n" in exact
    assert "," not in "".join(_rows(exact))


def test_a_latency_is_in_milliseconds() -> None:
    """It has no other unit beside them."""
    model = ("--latency-model", "devices/example-torch.json")
    text = run("count", "mf26m", "mf52m", *model, "--latex", "--columns", "pillar,mf26m.latency,mf52m.latency").stdout
    assert " & \\multicolumn{2}{c}{Latency (ms)} \\\\\n" in text


def test_the_caption_of_a_comparison_is_short() -> None:
    """It is one sentence with the quotes of LaTeX, and the amounts that a reader of the paper knows."""
    text = run("count", "mf294m", "mf508m", "--by", "pillar", "--latex", "--label", "tab:x").stdout
    caption = next(line for line in text.splitlines() if line.startswith("\\caption"))
    assert caption.startswith(
        "\\caption{Cost of mf294m and mf508m by pillar, input 224$\\times$224; MAdds in convention `core' ("
    )
    assert caption.endswith("; 294.05M and 508.68M in the paper's convention).}")


def test_choices_are_wrapped_and_amounts_have_units() -> None:
    """The rest of the line is for the choices."""
    text = run("explore", "front", "tiny", "--maximize", "former.params", "--minimize", "madds", "--latex").stdout
    assert r"p{\dimexpr\linewidth-" in text
    assert " & {MAdds (M)} & {params (k)} & {former.params (k)} & choices \\\\\n" in text
    exact = run("explore", "front", "tiny", "--madds", ":1455000", "--latex", "--exact").stdout
    assert "\n1 & 1454912 & 23602 & input 64" in exact
