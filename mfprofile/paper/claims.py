"""The paper's numeric claims about cost in its text, each checked in the conventions `core` and `paper`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from mfprofile.cost.bill import Bill, count
from mfprofile.paper.cells import bill_of
from mfprofile.paper.printed import printed
from mfprofile.paper.tables import table
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.writing import mapping

MODELS = ("mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m")
OF_TABLE_10 = MODELS[:-1]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Our count for a claim, as text, and whether the claim holds (None if it states no figure to compare)."""

    counted: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A number in the text: the section, the claim in short, the figure, and the function that judges it.

    `judge` takes the name of a convention.
    """

    section: str
    summary: str
    printed: str
    judge: Callable[[str], Judgement]


def claims() -> Iterator[Claim]:
    """Yield the claims in the order of the paper."""
    yield Claim("Abstract", "the 294M needs 17 % less computation than MobileNetV3 with 356M", "17 %", _saved)
    for model in MODELS:
        summary = f"Former and bridge need less than 20 % of the total computation: {model}"
        yield Claim("1, 3.3", summary, "< 20 %", partial(_below_a_fifth, model))
    yield Claim(
        "3.2",
        "savings in the 294M's bridge because Mobile's side has no projections (its output neither)",
        "–",
        _projections,
    )
    yield Claim("3.3", "the term M²d of Former can be ignored in the 294M", "ignorable", _square_of_tokens)
    yield Claim("3.3", "Mobile needs the most computation in all seven models", "the most", _mobile)
    yield Claim("3.4", "the seven models need 26M to 508M", "26M to 508M", _range)
    yield Claim("3.4, A", "number of Mobile-Former blocks, 508M to 26M", "11 11 11 11 8 8 8", _blocks)
    yield Claim("A", "channels after pooling, 508M to 52M (Table 10)", "1440 1152 960 768 768 576", _widths("expanded"))
    yield Claim("A", "channels after concatenation, 508M to 52M", "1632 1344 1152 960 896 704", _widths("features"))
    yield Claim("A", "width of the first FC layer, 508M to 52M", "1920 1920 1600 1280 1280 1024", _widths("fc"))
    yield Claim("A", "the 26M is the 52M with 4 groups", "groups 4", _groups)
    yield Claim("4.1", "the 151M needs slightly more than ShuffleNetV2 with 138M and 141M", "151M > 141M", _shufflenet)
    for model, range_of in (("mf294m", ("0", "1.5G")), ("mf508m", ("1.6G", "4.3G"))):
        summary = f"3 to 4 times less than the ViTs in its group of Table 3: {model}"
        yield Claim("4.1", summary, "3–4 times", partial(_vits, model, *range_of))
    yield Claim("4.1", "the 294M needs less than LeViT with 305M", "294M < 305M", _levit)
    yield Claim("4.2", "ResNet-50, PVT-Tiny and ConT-M need 7 times the 508M's backbone", "7 times", _backbones)
    yield Claim("5.1", "Former and bridge are 10.6 % of Table 5's second row", "10.6 %", _former_and_bridge)
    yield Claim("5.2", "Former and bridge are 35M, as the 294M minus Mobile alone", "35M", _difference)
    yield Claim("5.2", "the same are 12 % of the 294M", "12 %", _difference_share)
    yield Claim("5.2", "Former and bridge are 35M, as the sum of the two pillars", "35M", _pillars)
    yield Claim("5.4", "the head has 4.6M of the 294M's parameters", "4.6M", _head)
    yield Claim("5.4", "the head has 40 % of the 294M's parameters", "40 %", _head_share)
    yield Claim("5.4", "the head's two fully connected layers alone have 4.6M", "4.6M", _two_layers)


def _percent(text: str, share: Fraction) -> Judgement:
    """Return whether a share rounds to a figure such as `10.6 %`."""
    figure = printed(text.removesuffix(" %"))
    return Judgement(f"{float(100 * share):.1f} %", figure.holds(100 * share))


def _millions(text: str, amount: int) -> Judgement:
    return Judgement(f"{amount:,}", printed(text).holds(amount))


def _share(bill: Bill, *pillars: str) -> Fraction:
    return Fraction(sum(bill.pillars[pillar].madds for pillar in pillars), bill.madds)


def _saved(name: str) -> Judgement:
    return _percent("17 %", 1 - bill_of("mf294m", name).madds / printed("356M").value)


def _below_a_fifth(model: str, name: str) -> Judgement:
    share = _share(bill_of(model, name), "former", "bridge")
    return Judgement(f"{float(100 * share):.1f} %", share < Fraction(1, 5))


def _projections(name: str) -> Judgement:
    standard = count(load("mf294m", ["bridge.projections=true"]), name)
    ours = bill_of("mf294m", name)
    saved = standard.madds - ours.madds
    params = standard.params - ours.params
    text = f"{saved:,} MAdds of {standard.madds:,} ({100 * saved / standard.madds:.1f} %), {params:,} params"
    return Judgement(text, None)


def _square_of_tokens(name: str) -> Judgement:
    bill = bill_of("mf294m", name)
    former = [row for row in bill.rows if row.pillar == "former"]
    square = sum(row.madds for row in former if row.kind == "matmul")
    share = Fraction(square, bill.pillars["former"].madds)
    return Judgement(f"{float(100 * share):.1f} % of Former", None)


def _mobile(name: str) -> Judgement:
    bills = [bill_of(model, name) for model in MODELS]
    least = min(_share(bill, "mobile") for bill in bills)
    most = all(max(bill.pillars.values(), key=lambda total: total.madds).name == "mobile" for bill in bills)
    return Judgement(f"{float(100 * least):.1f} % or more", most)


def _range(name: str) -> Judgement:
    least, greatest = (bill_of(model, name).madds for model in (MODELS[-1], MODELS[0]))
    holds = printed("26M").holds(least) and printed("508M").holds(greatest)
    return Judgement(f"{least:,} to {greatest:,}", holds)


def _shufflenet(name: str) -> Judgement:
    ours = bill_of("mf151m", name).madds
    return Judgement(f"{ours:,}", ours > printed("141M").value)


def _blocks(_: str) -> Judgement:
    numbers = " ".join(str(sum(block.kind != "lite" for block in resolve(load(model)).blocks)) for model in MODELS)
    return Judgement(numbers, numbers == "11 11 11 11 8 8 8")


def _widths(field: str) -> Callable[[str], Judgement]:
    printed_widths = {
        "expanded": "1440 1152 960 768 768 576",
        "features": "1632 1344 1152 960 896 704",
        "fc": "1920 1920 1600 1280 1280 1024",
    }[field]

    def judge(_: str) -> Judgement:
        heads = [resolve(load(model)).head for model in OF_TABLE_10]
        widths = " ".join(str(getattr(head, field)) for head in heads)
        return Judgement(widths, widths == printed_widths)

    return judge


def _groups(_: str) -> Judgement:
    small, large = mapping(load("mf26m")), mapping(load("mf52m"))
    holds = small == {**large, "groups": 4}
    return Judgement("all other keys are the same" if holds else "other keys differ too", holds)


def _vits(model: str, least: str, most: str, name: str) -> Judgement:
    ours = bill_of(model, name).madds
    others = [printed(line.cells["madds"]).value for line in table("3").lines if not line.spec]
    group = [other for other in others if printed(least).value <= other <= printed(most).value]
    ratios = sorted(other / ours for other in group)
    holds = all(3 - Fraction(1, 2) <= ratio <= 4 + Fraction(1, 2) for ratio in ratios)  # rounded to whole numbers
    return Judgement(f"{float(ratios[0]):.1f} to {float(ratios[-1]):.1f} times", holds)


def _levit(name: str) -> Judgement:
    ours = bill_of("mf294m", name).madds
    return Judgement(f"{ours:,}", ours < printed("305M").value)


def _backbones(name: str) -> Judgement:
    ours = bill_of("mf508m-coco", "paper-coco" if name == "paper" else name).madds
    lines = {line.model: line.cells["backbone_madds"] for line in table("4").lines}
    ratios = sorted(printed(lines[other]).value / ours for other in ("ResNet50", "PVT-Tiny", "ConT-M"))
    holds = all(printed("7").holds(ratio) for ratio in ratios)
    return Judgement(f"{float(ratios[0]):.1f} to {float(ratios[-1]):.1f} times", holds)


def _former_and_bridge(name: str) -> Judgement:
    alone, both = bill_of("mf294m-mobile", name).madds, bill_of("mf294m-relu", name).madds
    return _percent("10.6 %", Fraction(both - alone, both))


def _difference(name: str) -> Judgement:
    return _millions("35M", bill_of("mf294m", name).madds - bill_of("mf294m-mobile", name).madds)


def _difference_share(name: str) -> Judgement:
    ours = bill_of("mf294m", name).madds
    return _percent("12 %", Fraction(ours - bill_of("mf294m-mobile", name).madds, ours))


def _pillars(name: str) -> Judgement:
    pillars = bill_of("mf294m", name).pillars
    return _millions("35M", pillars["former"].madds + pillars["bridge"].madds)


def _head(_: str) -> Judgement:
    return _millions("4.6M", bill_of("mf294m", "core").pillars["head"].params)


def _two_layers(_: str) -> Judgement:
    rows = bill_of("mf294m", "core").rows
    return _millions("4.6M", sum(row.params for row in rows if row.name in ("head.fc1", "head.fc2")))


def _head_share(_: str) -> Judgement:
    bill = bill_of("mf294m", "core")
    return _percent("40 %", Fraction(bill.pillars["head"].params, bill.params))
