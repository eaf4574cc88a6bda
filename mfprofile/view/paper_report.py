"""The report on the paper: its tables, claims and complexities compared with our counts, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from mfprofile.cost.conventions import CONVENTIONS
from mfprofile.cost.formulas import formulas
from mfprofile.paper.baselines import CONVENTION, baselines, recounts
from mfprofile.paper.cells import COCO, IMAGENET, cells, score
from mfprofile.paper.tables import TITLES, table
from mfprofile.spec.load import load
from mfprofile.view.baselines import baselines_tables, recipes_table
from mfprofile.view.formula import complexity_table, formula_table
from mfprofile.view.paper import claims_table, paper_table, summary
from mfprofile.view.tables import MARKDOWN, render


def paper_report() -> str:
    """Return the paper's tables, claims and complexities compared with our counts, as Markdown."""
    return "\n".join([_opening(), *_conventions(), *_tables(), *_baselines(), *_claims(), *_complexities()])


def _opening() -> str:
    return (
        "# The paper, cell by cell\n\n"
        "The tables of *Mobile-Former: Bridging MobileNet and Transformer* (Chen et al., CVPR 2022), and the claims "
        "of its text about cost, as printed and as counted from the specs in this repository. Written by "
        "`mfprofile report`, not by hand.\n"
    )


def _conventions() -> Iterator[str]:
    printed = [cell for number in TITLES if number != "4" for cell in cells(table(number))]
    madds = score(cell for cell in printed if cell.column == "madds")
    yield "## What the paper counts\n"
    yield (
        f"The paper does not say. Two conventions were inferred from its tables. `{IMAGENET}`: "
        f"{CONVENTIONS[IMAGENET].about}. It reproduces {madds.distinct_holding} of the {madds.distinct} distinct "
        "ImageNet MAdds cells within rounding. It does not reproduce the 508M model: the count is 508.68M, which would "
        "be printed as 509M. Other mixtures of weights fit equally well: of 1,990,656 that were tried, none reproduces "
        "all 19 cells, and 44 reproduce 18 (studies/README.md). This convention is the simplest of those 44.\n"
    )
    yield f"`{COCO}`, for Table 4: {CONVENTIONS[COCO].about}. It is {CONVENTIONS[COCO].source}.\n"


def _tables() -> Iterator[str]:
    everything = []
    for number in TITLES:
        yield f"## Table {number}\n"
        yield render(paper_table(table(number), "core"), MARKDOWN)
        everything += [cell for name in (None, "core") for cell in cells(table(number), name)]
    yield "## In sum\n"
    yield "\n".join(f"- {line}" for line in summary(everything)) + "\n"


def _baselines() -> Iterator[str]:
    yield "## Baselines, recounted\n"
    yield (
        "The other networks in Tables 2 to 4. The paper takes their figures from other papers. Networks that a library "
        f"builds are counted like ours, in `{CONVENTION}`, from the ops that they run. The others are as printed.\n"
    )
    for each in baselines_tables(list(baselines())):
        yield render(each, MARKDOWN)
    yield "How they are built:\n"
    yield render(recipes_table(recounts()), MARKDOWN)


def _claims() -> Iterator[str]:
    yield "## Claims in the text\n"
    yield render(claims_table(), MARKDOWN)


def _complexities() -> Iterator[str]:
    yield "## Complexities\n"
    yield render(complexity_table(), MARKDOWN)
    yield "The 294M model by the number M and the dimension d of its tokens, which gives each cell of Tables 7 and 8:\n"
    by_tokens = formulas(load("mf294m"), ["tokens.count", "tokens.dim"])
    yield render(formula_table(by_tokens, "plain", "mf294m", "pillar", "core"), MARKDOWN)
