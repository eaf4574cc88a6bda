"""What is read as YAML, and what is refused before it is read."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from mfprofile.spec import SpecError, document, load
from mfprofile.spec.document import parse, plain, scalar


@pytest.fixture(autouse=True)
def _inside_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test where its files are named without a folder."""
    monkeypatch.chdir(tmp_path)


def message(source: Any, settings: tuple[str, ...] = ()) -> str:
    """Return what `load` says of a source that it refuses."""
    with pytest.raises(SpecError) as caught:
        load(source, settings)
    return str(caught.value)


def refused(content: str | bytes) -> str:
    """Return what `load` says of a file with this content."""
    Path("net.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    return message("net.yaml")


@pytest.mark.parametrize("reader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(
    "text, value",
    [
        ("16", 16),
        ("-16", -16),
        ("+3", 3),
        ("0", 0),
        ("300_000", 300_000),
        ("3_0", "3_0"),
        ("0.75", 0.75),
        (".5", 0.5),
        ("-1.25", -1.25),
        ("3.0", 3.0),
        ("3.", "3."),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("n", "n"),
        ("null", None),
        ("~", None),
        ("Null", "Null"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        ("3:30", "3:30"),
        ("294e6", "294e6"),
        ("1.5e3", "1.5e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2024-01-01", "2024-01-01"),
        ("'16'", "16"),
        ('"16"', "16"),
        ("''", ""),
        ('"null"', "null"),
        ("'true'", "true"),
        ("225x321", "225x321"),
        ("9" * 30, int("9" * 30)),
        ("9" * 31, "9" * 31),
    ],
)
def test_scalars_are_read_as_written(reader: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers, decimals, true, false and null; everything else that YAML 1.1 would turn is a word."""
    monkeypatch.setattr(document, "_LOADER", getattr(yaml, reader))
    root, problems = parse(f"key: {text}", "net.yaml")
    found = root.value["key"].value if isinstance(root.value, dict) else None
    assert (found, type(found), problems) == (value, type(value), [])


def test_an_unknown_scalar_stays_text() -> None:
    """Whatever its length."""
    assert scalar("1" * 5000) == "1" * 5000


@pytest.mark.parametrize("empty", ["", " \n\n", "# nothing\n", "\ufeff"])
def test_an_empty_file_is_refused(empty: str) -> None:
    """Spaces, comments and a byte order mark are nothing."""
    assert "net.yaml:" in (found := refused(empty))
    assert found.endswith("is empty; a spec is a mapping of keys such as 'stem' and 'blocks'")


@pytest.mark.parametrize(
    "content, expected",
    [
        ("---\n", "net.yaml:2:1: null: must be a map of keys such as 'stem' and 'blocks'"),
        ("mf294m\n", "net.yaml:1:1: 'mf294m': must be a map of keys such as 'stem' and 'blocks'"),
        ("- a\n- b\n", "net.yaml:1:1: ['a', 'b']: must be a map of keys such as 'stem' and 'blocks'"),
        ("--- {stem: 3}\n--- {stem: 4}\n", "net.yaml:2:1: holds a second document; put each spec in a file of its own"),
        (b"stem: 16\nfc: \xff\xfe\n", "net.yaml:2:1: is not UTF-8 text"),
        ("stem: 16".encode("utf-16"), "net.yaml:1:1: is not UTF-8 text"),
        ("stem: \0", "net.yaml: is not YAML: unacceptable character #x0000: control characters are not allowed"),
        ("stem: 16\n  blocks: 3\n", "net.yaml:2:9: is not YAML: mapping values are not allowed in this context"),
        (
            "a: &x [1]\nb: *x\n",
            "net.yaml:1:4: a: anchors and aliases are not read; write the value out, or use 'extends'",
        ),
        ("&x a: 1\n", "net.yaml:1:1: anchors and aliases are not read; write the value out, or use 'extends'"),
        ("a: !!str 3\n", "net.yaml:1:4: a: the tag tag:yaml.org,2002:str is not read; leave it away"),
        ("!spec\na: 3\n", "net.yaml:1:1: the tag !spec is not read; leave it away"),
        ("? {a: 1}\n: 2\n", "net.yaml:1:3: a key must be a single word"),
        ("[" * 100_000, "net.yaml:1:14: 1.1.1.1…: is deeper than 12 levels"),
        ("- " * 100_000, "net.yaml:1:27: 1.1.1.1…: is deeper than 12 levels"),
        ("{a: " * 100_000, "net.yaml:1:53: a.a.a.a…: is deeper than 12 levels"),
        ("".join(" " * n + "a:\n" for n in range(900)), "net.yaml:14:14: a.a.a.a…: is deeper than 12 levels"),
        ("a: " + "x" * (1 << 20), "net.yaml: is larger than 1 MiB"),
    ],
    ids=range(18),
)
def test_what_is_no_single_plain_map_is_refused(content: str | bytes, expected: str) -> None:
    """Words, lists, several documents, other encodings, anchors, tags, depth, size."""
    assert refused(content) == expected


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    """An anchor stops the reader before anything is multiplied."""
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    start = time.perf_counter()
    expected = "net.yaml:1:5: a0: anchors and aliases are not read; write the value out, or use 'extends'"
    assert refused(laughs) == expected
    assert time.perf_counter() - start < 5


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    """As editors on Windows write them."""
    Path("net.yaml").write_bytes(b"\xef\xbb\xbfextends: mf294m\r\nstem: 32\r\nblocks: {1: {exp: 32}}\r\n")
    assert load("net.yaml").stem == 32


def test_just_a_mebibyte_is_read() -> None:
    """A comment of that size does no harm."""
    start = "extends: mf26m\n#"
    Path("net.yaml").write_text(start + "x" * ((1 << 20) - len(start)))
    assert load("net.yaml").groups == 4


@pytest.mark.parametrize("value", ["x", "1", "[", "a: 1", "- a\n", "? ", "#", "'", "\\", "\t"])
def test_a_large_file_of_anything_is_refused_without_a_hang(value: str) -> None:
    """One line or thousands, nested or flat."""
    for content in (value * ((1 << 17) // len(value)), f"stem: {value * 50_000}"):
        start = time.perf_counter()
        assert refused(content)
        assert time.perf_counter() - start < 20


def test_a_folder_is_refused() -> None:
    """With the system's own words."""
    Path("net.yaml").mkdir()
    Path("plain").mkdir()
    assert message("net.yaml") == "net.yaml: cannot be read: Is a directory"
    assert message("plain") == "plain: cannot be read: Is a directory"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_refused() -> None:
    """With the system's own words."""
    Path("net.yaml").write_text("stem: 3")
    Path("net.yaml").chmod(0)
    assert message("net.yaml") == "net.yaml: cannot be read: Permission denied"


def test_a_file_that_fails_while_it_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system says, and if it says nothing but its kind."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("net.yaml").write_text("stem: 3")
    monkeypatch.setattr(Path, "open", fail)
    assert message("net.yaml") == "net.yaml: cannot be read: Permission denied"


@pytest.mark.parametrize(
    "reference, expected",
    [
        ("mf294", "mf294: no such spec ships with mfprofile, nor is there such a file; did you mean 'mf294m'?"),
        ("MF52M", "MF52M: no such spec ships with mfprofile, nor is there such a file; did you mean 'mf52m'?"),
        ("resnet", "resnet: no such spec ships with mfprofile, nor is there such a file; 'mfprofile list' shows those that ship"),
        ("", "'': no such spec ships with mfprofile, nor is there such a file; 'mfprofile list' shows those that ship"),
        ("x/qqq.yaml", "x/qqq.yaml: no such file; 'mfprofile list' shows those that ship"),
        ("a\0b", "a�b: no such spec ships with mfprofile, nor is there such a file; 'mfprofile list' shows those that ship"),
        ("q" * 5000, "q" * 5000 + ": no such spec ships with mfprofile, nor is there such a file; 'mfprofile list' shows those that ship"),
        ("q" * 5000 + ".yaml", "q" * 5000 + ".yaml: no such file; 'mfprofile list' shows those that ship"),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_name_of_nothing_is_refused_with_the_nearest(reference: str, expected: str) -> None:
    """Neither a shipped spec nor a file."""
    assert message(reference) == expected


def test_links_are_followed_and_circles_of_them_refused() -> None:
    """A link that goes nowhere is a file that cannot be read."""
    Path("there.yaml").write_text("extends: mf26m\n")
    Path("link.yaml").symlink_to("there.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("lost.yaml").symlink_to("gone.yaml")
    Path("net.yaml").write_text("extends: loop.yaml\n")
    assert load("link.yaml").groups == 4
    assert message("loop.yaml") == "loop.yaml: cannot be read: Too many levels of symbolic links"
    assert message("net.yaml") == "loop.yaml: cannot be read: Too many levels of symbolic links"
    assert message("lost.yaml") == "lost.yaml: cannot be read: No such file or directory"


def test_a_name_that_is_no_text_is_shown_as_far_as_it_is() -> None:
    """A file of another encoding's name can be read, and its name printed."""
    name = os.fsdecode(b"net\xff.yaml")
    try:
        Path(name).write_text("extends: mf26m\n")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert load(name).name == "net�"
    Path(name).write_text("stem: 3\nstem: 4\n")
    assert message(name).encode()


def test_standard_input_is_a_spec_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as bytes, named `<stdin>` in messages, relative to the working directory."""
    Path("base.yaml").write_text("extends: mf26m\n")
    for text in ("extends: mf26m", "extends: base.yaml"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert load("-").groups == 4
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"stem: \xff")))
    assert message("-") == "<stdin>:1:1: is not UTF-8 text"


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint32, np.array])
def test_numpys_integers_are_whole_numbers(kind: Any) -> None:
    """As a search loop gives them."""
    spec = load({"extends": "mf294m", "tokens": {"count": kind(3)}, "blocks": {kind(8).item(): {"out": kind(112)}}})
    assert spec.tokens is not None
    assert (spec.tokens.count, type(spec.tokens.count)) == (3, int)
    assert (spec.blocks[7].out, type(spec.blocks[7].out)) == (112, int)


def test_numpys_other_scalars_are_pythons() -> None:
    """A switch, a width, a word; and whole numbers as keys."""
    mapping = {"bridge": {"gate": np.bool_(False)}, "width": np.float64(0.5), "attention": np.str_("mlp")}
    spec = load({"extends": "mf294m", **mapping, "blocks": {np.int64(8): {"out": 112}}})
    assert (spec.bridge.gate, spec.width, spec.attention, spec.blocks[7].out) == (False, 0.5, "mlp", 112)


def test_a_mapping_that_holds_itself_is_refused() -> None:
    """In a map or in a list, at the depth that files may have."""
    inner: dict[str, Any] = {"extends": "mf294m"}
    inner["budget"] = inner
    nested: list[Any] = []
    nested.append(nested)
    assert message(inner) == "spec: budget.budget.budget.budget…: is deeper than 12 levels"
    assert message({"stem": nested}) == "spec: stem.1.1.1…: is deeper than 12 levels"


@pytest.mark.parametrize(
    "mapping, expected",
    [
        ({"stem": object()}, "spec: stem: holds a object, which no spec can hold"),
        ({"blocks": [{"out": {1, 2}}]}, "spec: blocks.1.out: holds a set, which no spec can hold"),
        ({"stem": b"16"}, "spec: stem: holds a bytes, which no spec can hold"),
        ({"stem": np.array([1, 2])}, "spec: stem: holds a ndarray, which no spec can hold"),
        ({"stem": 10**5000}, "spec: stem: has more than 30 digits"),
        ({"stem": -(10**30)}, "spec: stem: has more than 30 digits"),
        ({"attention": "\ud800"}, "spec: attention: is not UTF-8 text"),
        ({"\ud800": 3}, "spec: has a key that is not UTF-8 text"),
        ({"blocks": {8: {"out": 1}, "8": {"out": 2}}}, "spec: blocks: has a key both as a number and as text"),
    ],
    ids=range(9),
)
def test_a_mapping_of_what_no_file_can_hold_is_refused(mapping: dict[str, Any], expected: str) -> None:
    """With the place, and without a traceback."""
    assert message(mapping) == expected


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300, 16.0, 10**29])
def test_odd_numbers_of_a_mapping_are_refused(number: float) -> None:
    """As channels and as a width."""
    for key in ("stem", "width"):
        if (key, number) != ("width", 16.0):
            assert f"spec: {key} = " in message({"extends": "mf294m", key: number})


def test_messages_never_hold_control_characters() -> None:
    """Neither of keys, nor of values, nor of names: each problem is one line."""
    found = message({"extends": "mf294m", "a\x1b[31m\nb": 3, "attention": "x\ry\u2028z"})
    assert [line.isprintable() for line in found.split("\n")] == [True, True]
    assert "a�[31m�b" in found


def test_a_tree_can_be_read_back() -> None:
    """Values without their places, and without empty keys."""
    root, problems = parse("a: [1, {b: ~, c: x}]\nd:\n", "net.yaml")
    assert (plain(root), problems) == ({"a": [1, {"c": "x"}]}, [])
