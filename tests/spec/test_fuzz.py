"""For any input, `load` returns a spec that can be counted, or raises `SpecError` with printable lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from effort import part_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Mapping, spec_mappings

from mfprofile.cost import count
from mfprofile.errors import InputError
from mfprofile.spec import document, load
from mfprofile.spec.sources import shipped

FEW = settings(max_examples=100, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=part_of(10_000))
TEXTS = [file.read_text(encoding="utf-8") for file in shipped().values()]
WORDS = [
    "extends",
    "input",
    "classes",
    "tokens",
    "count",
    "dim",
    "stem",
    "blocks",
    "block",
    "lite",
    "mf",
    "mf-down",
    "exp",
    "exp2",
    "expand",
    "out",
    "same",
    "stride",
    "kernel",
    "repeat",
    "head",
    "fc",
    "none",
    "groups",
    "attention",
    "mha",
    "mlp",
    "mobile",
    "activation",
    "relu",
    "dy-relu",
    "former",
    "ffn",
    "heads",
    "bridge",
    "gate",
    "final",
    "projections",
    "width",
    "budget",
    "max",
    "min",
    "madds",
    "300M",
    "10%",
    "detector",
    "retinanet",
    "require",
    "name",
    "mf294m",
    "mf26m",
]
NASTY = [
    "", "~", "null", "true", "no", "3.0", "0", "-1", "1", "2", "3", "4", "7", "010", "0x10", "3:30", "294e6", ".nan", ".inf", "1e999",
    "'16'", '"\\u0007"', '"\\ud83d"', "9" * 30, "9" * 31, "9" * 5000, "65536", "65537", "[16, 24]", "{from: 1, to: 2}", "[]", "{}",
    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "&a 3", "*a", "!!int 3", "!x", "<<", "none", "same", "225x321", "1x1", "é", "\u2028", "\x00",
    "\x1b[31m", "- 3", ": 3", "#", "|", ">", "%", "@", "`", "? x", "---", "...", "{", "]", "'", "__class__", "0.75", "1e-3", "0.000001",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70_000),
    st.integers(),
    st.just(10**4000),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(st.characters(), max_size=8),
)
KEYS = st.one_of(st.sampled_from(WORDS), st.integers(-1, 14), st.text(st.characters(), max_size=4))
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))
TOP = st.sampled_from(
    [
        "input",
        "classes",
        "tokens",
        "stem",
        "blocks",
        "head",
        "groups",
        "attention",
        "mobile",
        "former",
        "bridge",
        "width",
        "budget",
    ]
)


def survives(read: Callable[[], Any]) -> None:
    """Check that a spec can be counted, or is refused with printable lines."""
    try:
        spec = read()
    except InputError as error:
        assert str(error)
        assert all(line.isprintable() for line in str(error).split("\n"))
        return
    bill = count(spec)
    assert type(bill.madds) is int
    assert type(bill.params) is int
    assert min(bill.madds, bill.params, *bill.row_madds) >= 0


def survives_as_file(content: bytes, folder: Path) -> None:
    """Check a file with this content, as `survives` does."""
    file = folder / "net.yaml"
    file.write_bytes(content)
    survives(lambda: load(file))


def damage(spec: Any, value: Any, data: st.DataObject) -> None:
    """Put `value` somewhere into a nested spec, or remove something from it."""
    at = spec
    while True:
        places = list(range(len(at))) if isinstance(at, list) else list(at)
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        if not isinstance(at[place], dict | list) or data.draw(st.booleans()):
            break
        at = at[place]
    if data.draw(st.booleans()):
        at[place] = value
    else:
        del at[place]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for the files of all examples of a test."""
    return tmp_path_factory.mktemp("fuzz")


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """Return a shipped spec with a few lines, words or bytes changed."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from((_lines, _words, _characters)))(text, draw)
    raw = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(raw)))
        raw = raw[:place] + draw(st.binary(min_size=1, max_size=4)) + raw[place:]
    return raw


def _lines(text: str, draw: st.DrawFn) -> str:
    """Delete, repeat, swap or indent a line."""
    lines = text.splitlines(keepends=True) or ["\n"]
    one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    match draw(st.sampled_from(("delete", "repeat", "swap", "indent"))):
        case "delete":
            del lines[one]
        case "repeat":
            lines.insert(other, lines[one])
        case "swap":
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            lines[one] = draw(st.sampled_from((" ", "  ", "\t"))) + lines[one]
    return "".join(lines)


def _words(text: str, draw: st.DrawFn) -> str:
    """Replace a word (a key or a value) by an invalid value or by another key."""
    words = text.split(" ")
    place = draw(st.integers(0, len(words) - 1))
    end = words[place][-1:] if words[place][-1:] in (",", "}", ":") else ""
    words[place] = draw(st.sampled_from(NASTY) | st.sampled_from(WORDS)) + end
    return " ".join(words)


def _characters(text: str, draw: st.DrawFn) -> str:
    """Insert any character, and remove up to three."""
    place = draw(st.integers(0, len(text)))
    inserted = draw(st.sampled_from("{}[]:,-#&*!|>'\"%@`~\n\t \0é") | st.characters())
    return text[:place] + inserted + text[place + draw(st.integers(0, 3)) :]


@FEW
@given(NESTED)
def test_no_data_breaks_load(data: Any) -> None:
    """The data is any nesting of any values, as a mapping."""
    survives(lambda: load(data if isinstance(data, dict) else {"blocks": data}))


@FEW
@given(st.dictionaries(TOP | KEYS, NESTED, max_size=4))
def test_no_patch_breaks_load_or_replace(data: Mapping) -> None:
    """The patch puts any values over a shipped spec."""
    survives(lambda: load({"extends": "mf26m", **data}))
    survives(lambda: load("mf26m").replace(data))


@FEW
@given(spec_mappings(), st.data(), NESTED)
def test_no_value_in_a_valid_spec_breaks_load(spec: Mapping, data: st.DataObject, value: Any) -> None:
    """One value of a valid spec is replaced by anything, or removed."""
    damage(spec, value, data)
    survives(lambda: load(spec))


@FEW
@given(NESTED)
def test_no_yaml_of_data_breaks_load(folder: Path, data: Any) -> None:
    """PyYAML writes the data with tags, escapes and complex keys."""
    survives_as_file(_written(data).encode("utf-8", "surrogatepass"), folder)


def _written(data: Any) -> str:
    """Return data as YAML, if Python can write its numbers and PyYAML its characters."""
    try:
        return str(yaml.safe_dump(data, allow_unicode=True))
    except (ValueError, yaml.YAMLError):
        return "unwritable"


@FEW
@given(st.text(st.characters(), max_size=60) | st.text("ab:{}[],-&*!|>?'\"# \n\t%@0", max_size=60))
def test_no_text_breaks_load(folder: Path, text: str) -> None:
    """The text is used as a file, and as a value of `--set`."""
    survives_as_file(text.encode("utf-8", "surrogatepass"), folder)
    survives(lambda: load("mf26m", [text]))
    survives(lambda: load("mf26m", [f"stem={text}"]))
    survives(lambda: load("mf26m", [f"{text}=3"]))


@FEW
@given(st.binary(max_size=60))
def test_no_bytes_break_load(folder: Path, content: bytes) -> None:
    """The bytes are the content of a file."""
    survives_as_file(content, folder)


@settings(FEW, max_examples=500)
@given(mutants())
def test_no_mutant_of_a_shipped_spec_breaks_load(folder: Path, content: bytes) -> None:
    """A mutant has lines deleted, repeated or swapped, words replaced, and characters and bytes inserted."""
    survives_as_file(content, folder)


@settings(FEW, max_examples=300)
@given(mutants())
def test_no_mutant_breaks_load_with_pyyamls_own_reader(folder: Path, content: bytes) -> None:
    """The test simulates a PyYAML without libyaml."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "_LOADER", yaml.SafeLoader)
        survives_as_file(content, folder)


@FEW
@given(st.text(st.characters(), max_size=12) | st.sampled_from(WORDS))
def test_no_name_breaks_load(name: str) -> None:
    """The name is used as a reference and in `extends`."""
    if name != "-":
        survives(lambda: load(name))
    survives(lambda: load({"extends": name}))


@pytest.mark.parametrize("name", ["~\ud800", "~\ud800/net.yaml", "~a\0b"])
def test_a_home_that_no_locale_can_write_is_no_file(name: str) -> None:
    """In an ASCII locale, `~é` is one as well."""
    with pytest.raises(InputError, match=r"no shipped spec and no file has this name|no such file"):
        load(name)


@pytest.mark.parametrize(
    "setting", [f"{key}={value}" for key in ("stem", "tokens.dim", "blocks.3.exp", "width") for value in NASTY]
)
def test_no_invalid_setting_breaks_load(setting: str) -> None:
    """Each invalid value is given to several keys."""
    survives(lambda: load("mf26m", [setting]))


@pytest.mark.slow
@MANY
@given(spec_mappings(), st.data(), NESTED)
def test_no_value_in_a_valid_spec_breaks_load_many_times(spec: Mapping, data: st.DataObject, value: Any) -> None:
    """The same test with 10,000 examples."""
    damage(spec, value, data)
    survives(lambda: load(spec))


@pytest.mark.slow
@settings(MANY, max_examples=part_of(30_000))
@given(mutants())
def test_no_mutant_of_a_shipped_spec_breaks_load_many_times(folder: Path, content: bytes) -> None:
    """The same test with 30,000 examples."""
    survives_as_file(content, folder)


@pytest.mark.slow
@MANY
@given(st.dictionaries(TOP | KEYS, NESTED, max_size=4))
def test_no_patch_breaks_load_or_replace_many_times(data: Mapping) -> None:
    """The same test with 10,000 examples."""
    survives(lambda: load({"extends": "mf26m", **data}))
    survives(lambda: load("mf26m").replace(data))
