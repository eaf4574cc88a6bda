"""`check`: exit codes, exact comparisons, the sources of limits, and invalid input."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from running import ROOT, run

from mfprofile.budget.baseline import SCHEMAS
from mfprofile.budget.config import matches
from mfprofile.budget.limits import Limit, in_force, shown_amount
from mfprofile.errors import InputError
from mfprofile.spec.problems import Mark
from mfprofile.view.head import SCHEMA

MADDS, PARAMS, ACTIVATIONS = 286_732_160, 11_422_648, 14_205_592
MEMORY_BYTES = 4_014_080
FORMER, BRIDGE_PARAMS = 14_750_208, 1_142_112
NO_LIMIT = (
    "no limit is given; use a flag such as --max-madds 300M, a map 'budget: {max: {madds: 300M}}' in the spec, "
    "or one under [tool.mfprofile.budgets] in pyproject.toml"
)


EXACT = """\
input: 64
stem: 8
former: none
mobile: {activation: relu}
head: {fc: 2}
classes: 6
blocks: [{block: lite, exp: 8, out: 8}]
"""
"""A spec whose head has 600 of its 1,000 params."""


def checked(*arguments: str, cwd: Path) -> tuple[int, str]:
    """Run `check` without problems. Return the exit code and the output."""
    done = run("check", *arguments, cwd=cwd)
    assert done.stderr == ""
    return done.returncode, done.stdout


def refused(*arguments: str, cwd: Path) -> str:
    """Run `check` on invalid input. Return the message."""
    done = run("check", *arguments, cwd=cwd)
    assert done.returncode == 2
    return done.stderr


def limits(output: str) -> list[tuple[str, str, int, bool, str]]:
    """Return the quantity, bound, limit, verdict and source of each limit in the JSON of one spec."""
    (spec,) = json.loads(output)["specs"]
    return [
        (one["quantity"], one["bound"], one["limit"], one["holds"], one["given"]["source"]) for one in spec["limits"]
    ]


@pytest.mark.parametrize(
    ("flag", "amount", "most"),
    [
        (["--max-madds", "{}"], MADDS, True),
        (["--min-madds", "{}"], MADDS, False),
        (["--max-params", "{}"], PARAMS, True),
        (["--max-activations", "{}"], ACTIVATIONS, True),
        (["--max-memory", "{}"], MEMORY_BYTES, True),
        (["--min", "memory={}", "--batch", "3", "--dtype", "int8"], MEMORY_BYTES // 4 * 3, False),
        (["--max", "madds={}"], MADDS, True),
        (["--max", "former.madds={}"], FORMER, True),
        (["--min", "bridge.params={}"], BRIDGE_PARAMS, False),
        (["--max-madds", "{}", "--convention", "paper"], 294_051_584, True),
    ],
)
def test_a_limit_holds_at_the_amount_and_not_one_beyond(
    flag: list[str], amount: int, most: bool, tmp_path: Path
) -> None:
    """Limits are compared exactly: one unit inside the limit, at it, and one beyond."""
    beyond = 1 if most else -1
    for step, code in ((beyond, 0), (0, 0), (-beyond, 1)):
        exit_code, output = checked("mf294m", *(part.format(amount + step) for part in flag), cwd=tmp_path)
        assert exit_code == code, output
        line = " ".join(output.splitlines()[4].split())
        relation = {True: "≤>", False: "≥<"}[most][code]
        assert f" {amount:,} {relation} {amount + step:,} " in line
        assert line.endswith({0: "within", 1: "OVER" if most else "UNDER"}[code])


@pytest.mark.parametrize(
    ("flag", "share", "code"),
    [
        ("--max", "59.999999999999999999999999999%", 1),
        ("--max", "60%", 0),
        ("--max", "60.000000000000000000000000001%", 0),
        ("--min", "59.999999999999999999999999999%", 0),
        ("--min", "60%", 0),
        ("--min", "60.000000000000000000000000001%", 1),
    ],
)
def test_a_share_is_compared_exactly(flag: str, share: str, code: int, tmp_path: Path) -> None:
    """The head has 600 of 1,000 params, 60 %. The 27th digit after the point decides."""
    (tmp_path / "exact.yaml").write_text(EXACT, encoding="utf-8")
    assert checked("exact.yaml", flag, f"head.params={share}", cwd=tmp_path)[0] == code


@pytest.mark.parametrize(
    ("growth", "madds", "params", "code"),
    [
        (None, MADDS, PARAMS, 0),
        (None, MADDS - 1, PARAMS, 1),
        (None, MADDS, PARAMS - 1, 1),
        (None, MADDS + 1, PARAMS + 1, 0),
        ("0%", MADDS - 1, PARAMS, 1),
        ("0.00000035%", MADDS - 1, PARAMS, 0),
        ("0.00000034%", MADDS - 1, PARAMS, 1),
        ("1000", MADDS - 1000, PARAMS, 0),
        ("0.999k", MADDS - 1000, PARAMS, 1),
        ("250%", MADDS // 2, PARAMS // 2, 0),
    ],
)
def test_growth_is_compared_exactly(growth: str | None, madds: int, params: int, code: int, tmp_path: Path) -> None:
    """Growth over an earlier bill of that name: a percentage, an amount, or by default none."""
    bill = {"schema": 1, "name": "mf294m", "convention": "core", "madds": madds, "params": params}
    (tmp_path / "counts.json").write_text(json.dumps(bill), encoding="utf-8")
    flags = [] if growth is None else ["--max-growth", growth]
    assert checked("mf294m", "--baseline", "counts.json", *flags, cwd=tmp_path)[0] == code


def test_what_count_prints_is_a_baseline(tmp_path: Path) -> None:
    """A baseline is one bill or a list. The limit says how it was computed."""
    (tmp_path / "counts.json").write_text(run("count", "mf26m", "mf294m", "--json").stdout, encoding="utf-8")
    code, output = checked("mf294m", "--baseline", "counts.json", "--max-growth", "1%", "--json", cwd=tmp_path)
    assert code == 0
    assert limits(output) == [
        ("madds", "max", MADDS * 101 // 100, True, "counts.json"),
        ("params", "max", PARAMS * 101 // 100, True, "counts.json"),
    ]
    assert json.loads(output)["specs"][0]["limits"][0]["given"]["about"] == "286,732,160 in counts.json + 1 %"
    assert SCHEMA in SCHEMAS


def test_a_file_of_the_first_schema_is_a_baseline_too() -> None:
    """Its input is a height and a width. Its amounts are compared as usual."""
    file = ROOT / "tests" / "data" / "baseline_schema1_spec.json"
    assert json.loads(file.read_bytes())["schema"] == 1
    assert checked("mf26m", "--baseline", str(file), cwd=ROOT)[0] == 0
    assert checked("mf26m", "--baseline", str(file), "--set", "stem=12", cwd=ROOT)[0] == 1


BILL = {"schema": 1, "name": "mf294m", "convention": "core", "madds": MADDS, "params": PARAMS}
WRITE = "write it with 'mfprofile count SPEC… --json'"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", f"counts.json: is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1); {WRITE}"),
        ("[]", f"counts.json: has no bill of 'mfprofile count --json'; {WRITE}"),
        ("[1]", f"counts.json: has no bill of 'mfprofile count --json'; {WRITE}"),
        ('{"name": "mf294m"}', f"counts.json: has no bill of 'mfprofile count --json'; {WRITE}"),
        (json.dumps({**BILL, "schema": 3}), f"counts.json: mf294m: has schema 3, not 1 or 2; {WRITE}"),
        (json.dumps({**BILL, "convention": "paper"}), "counts.json: mf294m: was counted in convention 'paper', not 'core'; omit --convention, or count it again with --convention core"),
        (json.dumps({**BILL, "madds": 1.5}), f"counts.json: mf294m: madds = 1.5: must be a whole number; {WRITE}"),
        (json.dumps({**BILL, "convention": None}), f"counts.json: mf294m: was counted in convention null, which is unknown; {WRITE}"),
        (json.dumps({**BILL, "params": None}), f"counts.json: mf294m: params = null: must be a whole number; {WRITE}"),
        (json.dumps([BILL, {**BILL, "madds": 3}]), "counts.json: has two different bills of 'mf294m'; keep one of them"),
        (json.dumps({**BILL, "name": "mf294"}), "mf294m: counts.json: has no bill of 'mf294m'; did you mean 'mf294'? For a new network, use --allow-new"),
        (json.dumps({**BILL, "name": "other"}), "mf294m: counts.json: has no bill of 'mf294m'; use other; for a new network, use --allow-new"),
    ],
)  # fmt: skip
def test_an_invalid_baseline_is_refused(content: str, message: str, tmp_path: Path) -> None:
    """One line says what is wrong and what to do."""
    (tmp_path / "counts.json").write_text(content, encoding="utf-8")
    assert refused("mf294m", "--baseline", "counts.json", "--convention", "core", cwd=tmp_path) == f"error: {message}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-growth", "1%"], "--max-growth needs --baseline; give it the file of an earlier 'mfprofile count SPEC… --json'"),
        (["--baseline", "counts.json", "--max-growth", "1"], "--max-growth 1: has no unit; write 1% for percent, or 0.001k for an amount"),
        (["--baseline", "counts.json", "--max-growth", "0.5"], "--max-growth '0.5': is not a whole number; use an amount such as 300M, 0.3G or 300_000_000, or a percentage such as 1%"),
        (["--allow-new"], "--allow-new needs --baseline; give it the file of an earlier 'mfprofile count SPEC… --json'"),
        (["--baseline", "none.json"], "none.json: cannot be read: No such file or directory"),
        (["--max-madds", "many"], "--max-madds 'many': must be an amount such as 300M, 0.3G or 300_000_000"),
        (["--max-madds", "300MFLOPs"], "--max-madds 300MFLOPs: 1 multiply-add is 2 FLOPs, but some papers call multiply-adds FLOPs; write 150M if products and sums were counted, 300M if multiply-adds were counted"),
        (["--max-madds", "10%"], "--max-madds '10%': only a pillar can have a share, as in former.madds: the whole network has 100 % of its madds"),
        (["--max", "former.madds"], "--max former.madds: must be NAME=AMOUNT, as in former.madds=10% or bridge.params=2M"),
        (["--max", "former.madds=101%"], "--max former.madds '101%': a pillar's share cannot be more than 100 %"),
        (["--max", "form.madds=3"], "--max form.madds=3: unknown quantity 'form.madds'; did you mean 'former.madds'?"),
        (["--max", "madds=3", "--max-madds", "4"], "--max-madds and --max madds both set the maximum of madds; use one of them"),
        (["--max-madds", "3", "--min-madds", "4"], "madds cannot be at least 4 and at most 3, as --min-madds and --max-madds require; change one of them"),
        (["--max", "former.madds=3%", "--min", "former.madds=4.5%"], "former.madds cannot be at least 4.5 % and at most 3 %, as --min former.madds and --max former.madds require; change one of them"),
        (["--format", "githib", "--max-madds", "3"], "unknown format 'githib'; did you mean 'github'?"),
        (["--json", "--format", "github"], "--json and --format github cannot be combined; use one of them"),
        (["--max-madds", "3M", "--convention", "papr"], "unknown convention 'papr'; did you mean 'paper'?"),
        (["--max-memory", "3X"], "--max-memory '3X': 'X' is not a unit; use an amount such as 12MB, 1.5MiB or 12_000_000"),
        (["--max-memory", "3MB", "--batch", "0"], "--batch 0: must be 1 or more"),
        (["--max-memory", "3MB", "--dtype", "float31"], "unknown dtype 'float31'; did you mean 'float32'?"),
        (["--config", "none.toml"], "none.toml: cannot be read: No such file or directory"),
        ([], f"mf294m: {NO_LIMIT}"),
    ],
)  # fmt: skip
def test_wrong_flags_are_refused(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Exit code 2, with exactly this message."""
    assert refused("mf294m", *arguments, cwd=tmp_path) == f"error: {message}\n"


def test_the_budget_of_a_spec_can_be_inherited_and_changed(tmp_path: Path) -> None:
    """`extends` merges budgets, `--set` changes them, `none` removes a limit. Each limit has its file and line."""
    base = "extends: mf294m\nbudget:\n  max: {madds: 300M, former: {madds: 10%}}\n  min: {madds: 280M}\n"
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "extends: base.yaml\nbudget: {max: {madds: 250M}, min: none}\n", encoding="utf-8"
    )
    code, output = checked("mine.yaml", "--json", cwd=tmp_path)
    assert code == 1
    assert limits(output) == [
        ("madds", "max", 250_000_000, False, "mine.yaml"),
        ("former.madds", "max", MADDS // 10, True, "base.yaml"),
    ]
    given = [one["given"] for one in json.loads(output)["specs"][0]["limits"]]
    assert [(one["line"], one["column"]) for one in given] == [(2, 23), (3, 38)]
    changed = ["--set", "budget.max.madds=290M", "--set", "budget.max.former=none", "--set", "budget.min.params=1k"]
    assert limits(checked("mine.yaml", "--json", *changed, cwd=tmp_path)[1]) == [
        ("madds", "max", 290_000_000, True, "--set budget.max.madds=290M"),
        ("params", "min", 1000, True, "--set budget.min.params=1k"),
    ]


PYPROJECT = """\
[project]
name = "madds"

[tool.mfprofile.budgets."mf2*"]
max.madds = "280M"
# max.params = "1"
max.former.madds = "10%"

[tool.mfprofile.budgets]
"nets/**/*.yaml" = {min = {madds = "1M"}, max = {"params" = 12_000_000}}
"mf508m" = {max = {madds = 3}}
"""


def test_pyproject_gives_limits_by_globs(tmp_path: Path) -> None:
    """Globs match names and paths from the file's folder. All that match apply, each limit with its line."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    below = tmp_path / "nets" / "small"
    below.mkdir(parents=True)
    (below / "mf2x.yaml").write_text("extends: mf294m\nbudget: {max: {madds: 300M}}\n", encoding="utf-8")
    file = "../../pyproject.toml"
    code, output = checked("mf2x.yaml", "--json", cwd=below)
    assert code == 1
    records = json.loads(output)["specs"][0]["limits"]
    places = [
        (each["quantity"], each["limit"], Path(each["given"]["source"]).name, each["given"]["line"]) for each in records
    ]
    assert places == [
        ("madds", 300_000_000, "mf2x.yaml", 2),
        ("madds", 280_000_000, "pyproject.toml", 5),
        ("former.madds", MADDS // 10, "pyproject.toml", 7),
        ("madds", 1_000_000, "pyproject.toml", 10),
        ("params", 12_000_000, "pyproject.toml", 10),
    ]
    assert checked("mf2x.yaml", "--json", "--config", file, "--max-madds", "290M", cwd=below)[0] == 0
    assert refused("mf96m", cwd=below) == f"error: mf96m: {NO_LIMIT}\n"


def test_a_glob_without_a_match_is_noted(tmp_path: Path) -> None:
    """It may be misspelled and limit nothing. It is not an error, since a file may come later."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets]\n"mf26m" = {max = {madds = "300M"}}\n"spec/*.yaml" = {max = {madds = "1M"}}\n',
        encoding="utf-8",
    )
    done = run("check", "mf26m", cwd=tmp_path)
    note = "note: tool.mfprofile.budgets has limits for 'spec/*.yaml', which matches no file and no shipped spec\n"
    assert (done.returncode, done.stderr) == (0, note)


def test_a_pyproject_without_our_table_is_skipped(tmp_path: Path) -> None:
    """A pyproject.toml without [tool.mfprofile] is skipped, valid or not, and the search goes on above it."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mfprofile.budgets]\n"*" = {max = {madds = "300M"}}\n', encoding="utf-8"
    )
    inner = tmp_path / "inner"
    inner.mkdir()
    for text in ("[project]\nname = 'x'\n", "[project\n", "[project]\nname = 'mfprofile'\n"):
        (inner / "pyproject.toml").write_text(text, encoding="utf-8")
        assert checked("mf294m", cwd=inner)[0] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.mfprofile\n", "1:16: is not TOML: Expected ']' at the end of a table declaration"),
        ("[tool.mfprofile.budget]\n", "1:17: tool.mfprofile.budget: unknown key; did you mean 'budgets'?"),
        (
            "[tool.mfprofile]\nx = 1\n",
            "2:1: tool.mfprofile.x: unknown key; use one of budgets, targets, convention, latency-model",
        ),
        (
            "[tool.mfprofile]\nbudgets = 1\n",
            "2:1: tool.mfprofile.budgets: must be a table of globs or names, each with its limits",
        ),
        ("tool.mfprofile = 3\n", "1:1: tool.mfprofile: must be a table with 'budgets' or 'targets'"),
        ("tool = 3  # mfprofile\n", " tool: must be a table"),
    ],
)
def test_an_invalid_pyproject_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """Otherwise its limits would be ignored."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert refused("mf294m", "--max-madds", "300M", cwd=tmp_path) == f"error: pyproject.toml:{message}\n"


def test_every_problem_of_a_pyproject_is_reported_at_its_line(tmp_path: Path) -> None:
    """Each message has the file, line, column and key."""
    text = '[tool.mfprofile.budgets."*"]\nmax.parms = 3\nmin = {former = {madds = "110%"}}\n[tool.mfprofile.budgets]\n"x" = 3\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert refused("mf294m", cwd=tmp_path).splitlines() == [
        "error: pyproject.toml:2:5: tool.mfprofile.budgets.\"*\".max.parms: unknown key; did you mean 'params'?",
        "error: pyproject.toml:3:18: tool.mfprofile.budgets.\"*\".min.former.madds = '110%': a pillar's share cannot be more than 100 %",
        'error: pyproject.toml:5:1: tool.mfprofile.budgets."x" = 3: must be a table of limits, as in \'{max = {madds = "300M"}}\'',
    ]


def test_a_problem_of_several_specs_is_reported_once(tmp_path: Path) -> None:
    """An invalid `--set`, or an invalid spec that they extend. Each of them counts as not judged."""
    done = run("check", "mf26m", "mf52m", "--max-madds", "30M", "--set", "stm=8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --set stm=8: stm: unknown key; did you mean 'stem'?\n"
    (tmp_path / "base.yaml").write_text("extends: mf26m\nstem: 0\n", encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    done = run("check", "a.yaml", "b.yaml", "mf26m", "--max-madds", "30M", cwd=tmp_path)
    assert done.stdout.endswith("\nFAILED: 2 not judged; the 1 limit met in convention 'core'\n")
    assert done.stderr == "error: base.yaml:2:7: stem = 0: must be at least 1\n"


@pytest.mark.parametrize("form", ["table", "github"])
def test_a_files_name_cannot_write_lines_of_its_own(form: str, tmp_path: Path) -> None:
    """Line ends and escapes in a path are replaced, since a workflow would run such a line."""
    name = "a\n::error::b\x1b[31m.yaml"
    (tmp_path / name).write_text("extends: mf26m\nbudget: {max: {madds: 20M}}\n", encoding="utf-8")
    done = run("check", name, "--format", form, cwd=tmp_path)
    assert done.returncode == 1
    assert "  given by a�::error::b�[31m.yaml:2:23\n" in done.stdout
    assert "\x1b" not in done.stdout.replace("file=a%0A%3A%3Aerror%3A%3Ab\x1b", "")
    assert not [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    done = run("check", "mf26m", "--baseline", name, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\x1b")) == (2, 0)


def test_every_spec_is_judged_and_every_problem_reported(tmp_path: Path) -> None:
    """Globs are expanded, each spec is judged once, and invalid specs do not hide the others."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("extends: mf26m\nstm: 3\nhead: {fc: 0}\n", encoding="utf-8")
    code, output = checked("?.yaml", "a.yaml", "mf26*", "--max-madds", "30M", "--json", cwd=tmp_path)
    assert (code, [spec["name"] for spec in json.loads(output)["specs"]]) == (0, ["a", "b", "mf26m"])
    done = run("check", "*.yaml", "no*.yaml", "mf26n", "--max-madds", "20M", cwd=tmp_path)
    assert done.returncode == 2
    assert [line.split()[0] for line in done.stdout.splitlines() if "OVER" in line] == ["a", "b"]
    assert "FAILED: 2 of 2 limits not met in convention 'core'; 3 not judged" in done.stdout
    assert done.stderr.splitlines() == [
        "error: no*.yaml: matches no file and no shipped spec",
        "error: wrong.yaml:2:1: stm: unknown key; did you mean 'stem'?",
        "error: wrong.yaml:3:12: head.fc = 0: must be at least 1",
        "error: mf26n: no shipped spec and no file has this name; did you mean 'mf26m'?",
    ]


def test_exit_zero_prints_the_same_and_ends_well(tmp_path: Path) -> None:
    """It turns exit code 1 into 0. Invalid input still exits with 2."""
    failing = checked("mf26m", "--max-madds", "20M", cwd=tmp_path)
    assert checked("mf26m", "--max-madds", "20M", "--exit-zero", cwd=tmp_path) == (0, failing[1])
    assert failing[0] == 1
    refused("mf26n", "--max-madds", "20M", "--exit-zero", cwd=tmp_path)


def test_standard_input_can_be_judged(tmp_path: Path) -> None:
    """Its budget applies."""
    done = run("check", "-", stdin="extends: mf26m\nbudget: {max: {madds: 20M}}\n", cwd=tmp_path)
    assert (done.returncode, "given by <stdin>:2:23" in done.stdout) == (1, True)


def test_a_flag_replaces_only_the_same_limit_in_the_same_direction() -> None:
    """Limits in the other direction and on other quantities stay."""
    elsewhere = [Limit(name, most, 5, Mark("x")) for name in ("madds", "params") for most in (True, False)]
    flag = Limit("madds", True, 7, Mark("--max-madds"))
    assert in_force([flag], elsewhere) == [flag, *elsewhere[1:]]
    with pytest.raises(
        InputError, match="madds cannot be at least 5 and at most 4, as x and --max-madds require; change one of them"
    ):
        in_force([Limit("madds", True, 4, Mark("--max-madds"))], elsewhere)


@pytest.mark.parametrize(
    ("path", "glob", "answer"),
    [
        ("a.yaml", "*.yaml", True),
        ("a/b.yaml", "*.yaml", False),
        ("a/b.yaml", "a/*.yaml", True),
        ("a/b/c.yaml", "a/*.yaml", False),
        ("a/b/c.yaml", "a/**/*.yaml", True),
        ("a/c.yaml", "a/**/*.yaml", True),
        ("a/c.yaml", "**", True),
        ("a/c.yaml", "a", False),
        ("a/c.yaml", "./a/[cd].y?ml", True),
    ],
)
def test_a_glob_matches_whole_paths(path: str, glob: str, answer: bool) -> None:
    """`*` matches within a folder, `**` across any number of folders."""
    assert matches(Path(path), glob) == answer


@pytest.mark.parametrize("text", ["10", "12.5", "0.001", "100", "33.333333333333333333333333333"])
def test_a_share_is_shown_as_it_was_written(text: str) -> None:
    """The text is exact to the last digit."""
    assert shown_amount(Limit("former.madds", True, Fraction(text) / 100, Mark("x"))) == f"{text} %"
