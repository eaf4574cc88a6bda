"""Files of latency models: written and read again, and a message for every file that is not one."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from devices import odd_device, write_device
from running import run

from mfprofile.cost.device_file import device_json, read_device
from mfprofile.errors import InputError, SpecError

GOOD = device_json(odd_device())
RATE = "rates.conv.call"
KINDS = "must be a kind of op, or KIND/ROLE"


@pytest.mark.parametrize("device", [odd_device(), odd_device("eight", batch=8, errors=None)], ids=["one", "eight"])
def test_a_model_is_read_as_it_was_written(tmp_path: Path, device: Any) -> None:
    """All fields are the same, and two loads of one file are equal, also after pickling."""
    file = write_device(device, tmp_path)
    first, second = read_device(file), read_device(str(file))
    assert first == second == device == pickle.loads(pickle.dumps(first))
    assert device_json(first) == json.loads(file.read_text(encoding="utf-8")) == device_json(device)


def test_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    """A new field does not change what the others mean."""
    (file := tmp_path / "new.json").write_text(json.dumps({**GOOD, "rows": []}), encoding="utf-8")
    assert read_device(file) == odd_device()


def _changed(path: str, value: Any) -> str:
    """Return the text of a file with another value of one field; `...` removes it."""
    data = copy.deepcopy(GOOD)
    *places, last = path.split(".")
    inner: Any = data
    for place in places:
        inner = inner[place]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (RATE, -1, "= -1: must be at least 0"),
        (RATE, 1.5, "= 1.5: must be a whole number"),
        (RATE, float("nan"), "= nan: must be a whole number"),
        (RATE, float("inf"), "= inf: must be a whole number"),
        (RATE, True, "= true: must be a whole number"),
        (RATE, "12", "= '12': must be a whole number"),
        (RATE, None, "= null: must be a whole number"),
        (RATE, [[[[]]]], "must be a whole number"),
        (RATE, 10**15 + 1, "must be at most 1000000000000000"),
        (RATE, ..., "is missing; use a file of 'mfprofile calibrate'"),
        ("rates.conv", None, "must be a map"),
        ("rates", ..., "is missing"),
        ("rates", {}, "must not be empty"),
        ("rates", [], "must be a map"),
        ("rates.convv", GOOD["rates"]["conv"], f"{KINDS}; did you mean 'conv'?"),
        ("rates.linear/haed", GOOD["rates"]["conv"], f"{KINDS}; did you mean 'head'?"),
        ("rates.conv/", GOOD["rates"]["conv"], KINDS),
        ("rates.conv/*", GOOD["rates"]["conv"], KINDS),
        ("rates.*", GOOD["rates"]["conv"], KINDS),
        ("rates.conv/head/head", GOOD["rates"]["conv"], KINDS),
        ("type", "checkpoint", "must be 'latency-model'"),
        ("schema", 2, "must be 1"),
        ("schema", ..., "is missing"),
        ("name", "", "must not be empty"),
        ("name", "x" * 201, "must have at most 200 characters"),
        ("name", 3, "must be text"),
        ("conditions", {"runtime": 3}, "must be text"),
        ("batch", 0, "must be at least 1"),
        ("batch", 10**7, "must be at most 1000000"),
        ("errors.mean", float("nan"), "must be at most 100.0"),
        ("errors.mean", "0.1", "must be a number"),
        ("errors.mean", -0.1, "must be at least 0.0"),
        ("errors.tau", 1.5, "must be at most 1.0"),
        ("errors.within_10", 1.1, "must be at most 1.0"),
        ("errors", ..., "is missing"),
    ],
    ids=range(35),
)
def test_each_wrong_field_is_a_message_with_the_file_and_the_field(
    tmp_path: Path, path: str, value: Any, rule: str
) -> None:
    """Its place, its value, the rule, and the most similar name."""
    (file := tmp_path / "wrong.json").write_text(_changed(path, value), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_device(file)
    text = str(caught.value)
    place = path if path != "conditions" else "conditions.runtime"
    assert text.startswith(f"{file}: {place}")
    assert rule in text


def test_all_problems_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    """One line for each."""
    rates = {**GOOD["rates"], "conv": {**GOOD["rates"]["conv"], "call": -1, "param": 0.5}}
    (file := tmp_path / "wrong.json").write_text(json.dumps({**GOOD, "rates": rates, "batch": 0}), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_device(file)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"stem: 8", b"\xff\xfe\x00", b"[" * 100_000, b'{"rates": ' + b"9" * 5000 + b"}"],
    ids=["empty", "half", "yaml", "bytes", "deep", "digits"],
)
def test_a_file_that_is_not_json_is_a_message(tmp_path: Path, raw: bytes) -> None:
    """Neither a traceback nor a hint at Python."""
    (file := tmp_path / "wrong.json").write_bytes(raw)
    with pytest.raises(InputError, match=r"wrong\.json: is not JSON; use a file of 'mfprofile calibrate'"):
        read_device(file)


@pytest.mark.parametrize("raw", ["[]", "null", "3", '"x"', "[" * 900 + "]" * 900])
def test_json_of_another_type_is_a_message(tmp_path: Path, raw: str) -> None:
    """Valid JSON, but not a map."""
    (file := tmp_path / "wrong.json").write_text(raw, encoding="utf-8")
    with pytest.raises(InputError, match="must be a map"):
        read_device(file)


def test_a_wrong_file_ends_a_command_with_exit_code_2(tmp_path: Path) -> None:
    """A file that is missing, a folder, a spec, and half a surrogate."""
    (tmp_path / "half.json").write_text(_changed("name", "a\ud800b"), encoding="utf-8")
    for name in ("none.json", ".", "half.json"):
        done = run("explore", "count", "tiny", "--latency-model", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        assert str(tmp_path) in done.stderr
