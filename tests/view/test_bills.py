"""From four specs on, each has a line of its own."""

from __future__ import annotations

from pathlib import Path

from running import run
from yaml import safe_dump

from mfprofile.cost.bill import count
from mfprofile.view.bills import lines_table
from mfprofile.view.numbers import share

NAMES = ["mf294m", "mf96m", "mf26m", "mf508m"]


def test_three_specs_are_side_by_side_and_four_have_a_line_each() -> None:
    """So a table grows downwards."""
    beside = run("count", *NAMES[:3]).stdout
    assert [line.split()[0] for line in beside.splitlines()[7:11]] == ["mobile", "former", "bridge", "head"]
    lines = run("count", *NAMES).stdout.splitlines()
    assert [line.split()[0] for line in lines[5:9]] == NAMES
    assert lines[0].startswith("4 specs: input 224×224; MAdds in convention 'core'")


def test_a_line_has_the_sums_the_differences_and_the_shares_of_the_pillars() -> None:
    """They are those of the bill."""
    bills = list(map(count, NAMES))
    table = lines_table(bills)
    for bill, row in zip(bills, table.data, strict=True):
        shares = [share(bill.pillars[pillar].madds, bill.madds) for pillar in ("mobile", "former", "bridge", "head")]
        sums = [bill.madds, (bill.madds, 286_732_160), bill.params, (bill.params, 11_422_648)]
        assert row == [bill.name, *sums, *shares, bill.under("paper").madds]


def test_an_axis_has_a_column_for_each_part() -> None:
    """Their MAdds sum to those of the spec; a spec without a part has an empty cell."""
    bills = list(map(count, NAMES))
    table = lines_table(bills, "block")
    headings = [column.heading for column in table.columns]
    first, last = headings.index("tokens"), headings.index("head") + 1
    for bill, row in zip(bills, table.data, strict=True):
        assert sum(filter(None, row[first:last])) == bill.madds
    assert table.data[2][headings.index("12")] is None


def test_the_csv_of_several_specs_keeps_its_columns() -> None:
    """It has a line for each pillar, and columns for each spec, however many they are."""
    lines = run("count", *NAMES, "--csv").stdout.splitlines()
    names = [f"{name}.{measure}" for measure in ("madds", "params") for name in NAMES]
    assert lines[0].split(",") == ["pillar", *names]
    assert [line.split(",")[0] for line in lines[1:]] == ["mobile", "former", "bridge", "head"]


def test_two_specs_have_a_line_each_if_their_names_are_asked_for() -> None:
    """In every form, CSV too, and with exact numbers."""
    asked = ("count", "mf294m", "mf96m", "--columns", "name,madds,params")
    csv = "name,madds,params\nmf294m,286732160,11422648\nmf96m,92017040,4585252\n"
    assert run(*asked, "--csv").stdout == csv
    assert (
        "\nname & {MAdds (M)} & {params (M)} \\\\\n\\midrule\nmf294m & 286.73 & 11.42 \\\\\n"
        in run(*asked, "--latex").stdout
    )


def test_a_hundred_specs_are_a_readable_table(tmp_path: Path) -> None:
    """There are no more lines than specs, apart from a few, and none is wider than the terminal."""
    files = [f"s{number:03}.yaml" for number in range(100)]
    for number, file in enumerate(files):
        (tmp_path / file).write_text(safe_dump({"extends": "mf26m", "head": {"fc": 512 + 8 * number}}))
    for options in ([], ["--by", "kind"]):
        lines = run("count", *files, *options, cwd=tmp_path, COLUMNS="80").stdout.splitlines()
        assert max(map(len, lines)) <= 80
        if not options:
            assert len(lines) < 110
