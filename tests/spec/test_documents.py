"""How YAML is read, and which documents are refused."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from running import run

from mfprofile.errors import SpecError
from mfprofile.spec import document, load
from mfprofile.spec.document import parse, plain, scalar
from mfprofile.spec.sources import is_target


@pytest.fixture(autouse=True)
def _inside_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in the folder of its files, so that messages name them without a folder."""
    monkeypatch.chdir(tmp_path)


def message(source: Any, settings: tuple[str, ...] = ()) -> str:
    """Return the message of `load` for an invalid source."""
    with pytest.raises(SpecError) as caught:
        load(source, settings)
    return str(caught.value)


def refused(content: str | bytes) -> str:
    """Return the message of `load` for a file with this content."""
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
    """Whole numbers, decimals, true, false and null are converted. Other scalars that YAML 1.1 converts stay text."""
    monkeypatch.setattr(document, "_LOADER", getattr(yaml, reader))
    root, problems = parse(f"key: {text}", "net.yaml")
    result = root.value["key"].value if isinstance(root.value, dict) else None
    assert (result, type(result), problems) == (value, type(value), [])


def test_an_unknown_scalar_stays_text() -> None:
    """The length does not matter."""
    assert scalar("1" * 5000) == "1" * 5000


@pytest.mark.parametrize("empty", ["", " \n\n", "# nothing\n", "\ufeff"])
def test_an_empty_file_is_refused(empty: str) -> None:
    """Spaces, comments and a byte order mark are not a value."""
    assert "net.yaml:" in (text := refused(empty))
    assert text.endswith("is empty; a spec is a map of keys such as 'stem' and 'blocks'")


@pytest.mark.parametrize(
    "content, expected",
    [
        ("---\n", "net.yaml:2:1: null: must be a map of keys such as 'stem' and 'blocks'"),
        ("mf294m\n", "net.yaml:1:1: 'mf294m': must be a map of keys such as 'stem' and 'blocks'"),
        ("- a\n- b\n", "net.yaml:1:1: ['a', 'b']: must be a map of keys such as 'stem' and 'blocks'"),
        ("--- {stem: 3}\n--- {stem: 4}\n", "net.yaml:2:1: has a second document; put each spec in its own file"),
        (b"stem: 16\nfc: \xff\xfe\n", "net.yaml:2:1: is not UTF-8 text"),
        ("stem: 16".encode("utf-16"), "net.yaml:1:1: is not UTF-8 text"),
        ("stem: \0", "net.yaml: is not valid YAML: unacceptable character #x0000: control characters are not allowed"),
        ("stem: 16\n  blocks: 3\n", "net.yaml:2:9: is not valid YAML: mapping values are not allowed in this context"),
        (
            "a: &x [1]\nb: *x\n",
            "net.yaml:1:4: a: anchors and aliases are not supported; write the value itself, or use 'extends'",
        ),
        ("&x a: 1\n", "net.yaml:1:1: anchors and aliases are not supported; write the value itself, or use 'extends'"),
        ("a: !!str 3\n", "net.yaml:1:4: a: the tag tag:yaml.org,2002:str is not supported; remove it"),
        ("!spec\na: 3\n", "net.yaml:1:1: the tag !spec is not supported; remove it"),
        ("? {a: 1}\n: 2\n", "net.yaml:1:3: a key must be a single word"),
        ("[" * 100_000, "net.yaml:1:14: 1.1.1.1…: is nested deeper than 12 levels"),
        ("- " * 100_000, "net.yaml:1:27: 1.1.1.1…: is nested deeper than 12 levels"),
        ("{a: " * 100_000, "net.yaml:1:53: a.a.a.a…: is nested deeper than 12 levels"),
        ("".join(" " * n + "a:\n" for n in range(900)), "net.yaml:14:14: a.a.a.a…: is nested deeper than 12 levels"),
        ("a: " + "x" * (1 << 20), "net.yaml: is larger than 1 MiB"),
    ],
    ids=range(18),
)
def test_only_a_single_plain_map_is_accepted(content: str | bytes, expected: str) -> None:
    """Words, lists, several documents, other encodings, anchors, tags, deep nesting and large files are refused."""
    assert refused(content) == expected


def test_a_billion_laughs_attack_is_refused_at_the_first_anchor() -> None:
    """The reader stops before it expands anything."""
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    expected = "net.yaml:1:5: a0: anchors and aliases are not supported; write the value itself, or use 'extends'"
    assert refused(laughs) == expected  # expanded, it would have 9^29 words


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    """Editors on Windows write such files."""
    Path("net.yaml").write_bytes(b"\xef\xbb\xbfextends: mf294m\r\nstem: 32\r\nblocks: {1: {exp: 32}}\r\n")
    assert load("net.yaml").stem == 32


def test_a_file_of_exactly_one_mebibyte_is_read() -> None:
    """Most of it is a comment."""
    start = "extends: mf26m\n#"
    Path("net.yaml").write_text(start + "x" * ((1 << 20) - len(start)))
    assert load("net.yaml").groups == 4


@pytest.mark.parametrize("value", ["x", "1", "[", "a: 1", "- a\n", "? ", "#", "'", "\\", "\t"])
def test_a_large_invalid_file_is_refused(value: str) -> None:
    """It has one line or thousands of lines, nested or flat."""
    for content in (value * ((1 << 17) // len(value)), f"stem: {value * 50_000}"):
        assert refused(content)


def test_a_folder_is_refused() -> None:
    """The message names a spec in it."""
    Path("net.yaml").mkdir()
    Path("plain").mkdir()
    Path("plain/b.yml").touch()
    Path("base.yaml").write_text("extends: plain\n")
    assert message("net.yaml") == "net.yaml: is a folder, not a spec; name a spec's file"
    assert message("plain") == "plain: is a folder, not a spec; name a file in it, as in plain/b.yml"
    assert message("base.yaml").startswith(
        "base.yaml:1:10: extends = 'plain': is a folder, not a spec; name a file in it"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_refused() -> None:
    """The message contains the error of the system."""
    Path("net.yaml").write_text("stem: 3")
    Path("net.yaml").chmod(0)
    assert message("net.yaml") == "net.yaml: cannot be read: Permission denied; check who may read it"


def test_a_file_that_fails_while_it_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains the error of the system."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("net.yaml").write_text("stem: 3")
    monkeypatch.setattr(Path, "open", fail)
    assert message("net.yaml") == "net.yaml: cannot be read: Permission denied; check who may read it"


@pytest.mark.parametrize(
    "reference, expected",
    [
        ("mf294", "mf294: no shipped spec and no file has this name; did you mean 'mf294m'?"),
        ("MF52M", "MF52M: no shipped spec and no file has this name; did you mean 'mf52m'?"),
        ("resnet", "resnet: no shipped spec and no file has this name; 'mfprofile list' shows the shipped specs"),
        ("", "'': no shipped spec and no file has this name; 'mfprofile list' shows the shipped specs"),
        ("x/qqq.yaml", "x/qqq.yaml: no such file; 'mfprofile list' shows the shipped specs"),
        ("a\0b", "a�b: no shipped spec and no file has this name; 'mfprofile list' shows the shipped specs"),
        ("q" * 5000, "q" * 5000 + ": no shipped spec and no file has this name; 'mfprofile list' shows the shipped specs"),
        ("q" * 5000 + ".yaml", "q" * 5000 + ".yaml: no such file; 'mfprofile list' shows the shipped specs"),
    ],
    ids=range(8),
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_most_similar_one(reference: str, expected: str) -> None:
    """It names neither a shipped spec nor a file."""
    assert message(reference) == expected


RENAME = "is not a spec: its name does not end in .yaml or .yml; rename it to"
NO_NAME = "no shipped spec and no file has this name"


@pytest.mark.parametrize(
    "reference, expected",
    [
        ("lean.txt", f"{RENAME} lean.yaml if it is one"),
        (
            "lean.json",
            "is JSON, not a spec; if it is a bill of an earlier count, compare with it by 'mfprofile check SPEC "
            "--baseline lean.json'",
        ),
        ("UPPER.YAML", f"{RENAME} UPPER.yaml if it is one"),
        ("net.py", "is Python code, not a spec; name a network in it, as in 'mfprofile audit net.py:Net'"),
        ("bad.py", "is Python code, not a spec; name a network in it, as in 'mfprofile audit bad.py:NAME'"),
        ("net.py:", "has no name after the colon; use 'mfprofile audit net.py:Net' for a network in code"),
        ("net.py:Net", "is not a spec; use 'mfprofile audit' for a network in code"),
        ("timm:resnt50", "is not a spec; use 'mfprofile audit' for a network in code"),
        ("http://x/y.yaml", "is an address, not a file; download the file, and give its path"),
        ("broken", "is a broken link to nowhere; mend the link, or name the file itself"),
        ("smal.yaml", "no such file; did you mean 'small.yml'?"),
        ("small.yaml", "no such file; did you mean 'small.yml'?"),
        ("small", f"{NO_NAME}; did you mean 'small.yml'?"),
        ("mf294m.yml", "no such file; did you mean 'mf294m'?"),
        ("gone.py", "no such file; 'mfprofile list' shows the shipped specs"),
        ("in\\inner.yaml", "no such file; did you mean 'in/inner.yaml'?"),
        ("C:\\specs\\mine.yaml", "no such file; write the path with '/'"),
    ],
    ids=range(17),
)  # fmt: skip
@pytest.mark.skipif(os.sep != "/", reason="a backslash is in a name")
def test_a_reference_that_is_not_a_spec_is_refused_with_what_it_is(reference: str, expected: str) -> None:
    """Also if a spec extends it, and by each command that reads a spec."""
    for name in ("lean.txt", "lean.json", "UPPER.YAML", "small.yml"):
        Path(name).touch()
    Path("net.py").write_text("import nothing\n\nclass Net:\n    pass\n")
    Path("bad.py").write_text("class (:\n")
    Path("broken").symlink_to("nowhere")
    Path("in").mkdir()
    Path("in/inner.yaml").touch()
    assert message(reference) == f"{reference}: {expected}"
    Path("base.yaml").write_text(f"extends: '{reference}'\n")
    rule = expected.partition(";")[0]
    assert message("base.yaml").startswith(f"base.yaml:1:10: extends = {reference!r}: {rule}; ")
    assert "audit" not in message("base.yaml")
    if not is_target(reference):
        for command in (["count"], ["check", "--max-madds", "1M"], ["diff", "mf26m"], ["memory"], ["explore", "count"]):
            done = run(*command, reference, cwd=Path.cwd())
            of_spaces = expected.replace("list' shows the shipped specs", "explore spaces' shows the shipped spaces")
            own = of_spaces if command[0] == "explore" else expected
            assert (done.returncode, done.stderr.strip()) == (2, f"error: {reference}: {own}")


def test_links_are_followed_and_circular_links_refused() -> None:
    """A broken link is named, at the key that names it."""
    Path("there.yaml").write_text("extends: mf26m\n")
    Path("link.yaml").symlink_to("there.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("lost.yaml").symlink_to("gone.yaml")
    Path("net.yaml").write_text("extends: loop.yaml\n")
    assert load("link.yaml").groups == 4
    assert message("loop.yaml") == "loop.yaml: is a broken link to loop.yaml; mend the link, or name the file itself"
    assert (
        message("net.yaml")
        == "net.yaml:1:10: extends = 'loop.yaml': is a broken link to loop.yaml; mend the link, or name the file itself"
    )
    assert message("lost.yaml") == "lost.yaml: is a broken link to gone.yaml; mend the link, or name the file itself"


def test_a_file_name_that_is_not_utf8_can_be_used() -> None:
    """The file is read. In the name, other bytes are shown as `�`."""
    name = os.fsdecode(b"net\xff.yaml")
    try:
        Path(name).write_text("extends: mf26m\n")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert load(name).name == "net�"
    Path(name).write_text("stem: 3\nstem: 4\n")
    assert message(name).encode()


def test_standard_input_is_a_spec_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as bytes, its name in messages is `<stdin>`, and paths are relative to the working directory."""
    Path("base.yaml").write_text("extends: mf26m\n")
    for text in ("extends: mf26m", "extends: base.yaml"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert load("-").groups == 4
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"stem: \xff")))
    assert message("-") == "<stdin>:1:1: is not UTF-8 text"


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint32, np.array])
def test_integers_of_numpy_are_whole_numbers(kind: Any) -> None:
    """A search loop may pass such values."""
    spec = load({"extends": "mf294m", "tokens": {"count": kind(3)}, "blocks": {kind(8).item(): {"out": kind(112)}}})
    assert spec.tokens is not None
    assert (spec.tokens.count, type(spec.tokens.count)) == (3, int)
    assert (spec.blocks[7].out, type(spec.blocks[7].out)) == (112, int)


def test_other_scalars_of_numpy_become_python_values() -> None:
    """A switch, a width and a word are accepted, and integers as keys."""
    mapping = {"bridge": {"gate": np.bool_(False)}, "width": np.float64(0.5), "attention": np.str_("mlp")}
    spec = load({"extends": "mf294m", **mapping, "blocks": {np.int64(8): {"out": 112}}})
    assert (spec.bridge.gate, spec.width, spec.attention, spec.blocks[7].out) == (False, 0.5, "mlp", 112)


def test_a_mapping_that_contains_itself_is_refused() -> None:
    """The limit of depth is the same as for files, in a map and in a list."""
    inner: dict[str, Any] = {"extends": "mf294m"}
    inner["budget"] = inner
    nested: list[Any] = []
    nested.append(nested)
    assert message(inner) == "spec: budget.budget.budget.budget…: is nested deeper than 12 levels"
    assert message({"stem": nested}) == "spec: stem.1.1.1…: is nested deeper than 12 levels"


@pytest.mark.parametrize(
    "mapping, expected",
    [
        ({"stem": object()}, "spec: stem: a spec cannot contain a value of type object"),
        ({"blocks": [{"out": {1, 2}}]}, "spec: blocks.1.out: a spec cannot contain a value of type set"),
        ({"stem": b"16"}, "spec: stem: a spec cannot contain a value of type bytes"),
        ({"stem": np.array([1, 2])}, "spec: stem: a spec cannot contain a value of type ndarray"),
        ({"stem": 10**5000}, "spec: stem: has more than 30 digits"),
        ({"stem": -(10**30)}, "spec: stem: has more than 30 digits"),
        ({"attention": "\ud800"}, "spec: attention: is not UTF-8 text"),
        ({"\ud800": 3}, "spec: has a key that is not UTF-8 text"),
        ({"blocks": {8: {"out": 1}, "8": {"out": 2}}}, "spec: blocks: has a key both as a number and as text"),
    ],
    ids=range(9),
)
def test_values_that_a_file_cannot_contain_are_refused(mapping: dict[str, Any], expected: str) -> None:
    """The message has the place; there is no traceback."""
    assert message(mapping) == expected


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300, 16.0, 10**29])
def test_unusual_numbers_in_a_mapping_are_refused(number: float) -> None:
    """They are refused as channels and as a width."""
    for key in ("stem", "width"):
        if (key, number) != ("width", 16.0):
            assert f"spec: {key} = " in message({"extends": "mf294m", key: number})


def test_messages_never_contain_control_characters() -> None:
    """Keys and values are cleaned, and each problem is one line."""
    text = message({"extends": "mf294m", "a\x1b[31m\nb": 3, "attention": "x\ry\u2028z"})
    assert [line.isprintable() for line in text.split("\n")] == [True, True]
    assert "a�[31m�b" in text


def test_a_tree_becomes_plain_values() -> None:
    """The values have no places, and empty keys are skipped."""
    root, problems = parse("a: [1, {b: ~, c: x}]\nd:\n", "net.yaml")
    assert (plain(root), problems) == ({"a": [1, {"c": "x"}]}, [])
