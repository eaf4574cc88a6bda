"""The JSON Schema for editors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from running import ROOT, run

from mfprofile.budget.config_file import _KEYS
from mfprofile.budget.config_schema import config_schema
from mfprofile.spec.schema import json_schema
from mfprofile.spec.sources import shipped


def test_every_shipped_spec_is_valid_by_the_schema() -> None:
    """Editors show no errors in our own files."""
    checker = jsonschema.Draft202012Validator(json_schema())
    for file in shipped().values():
        assert list(checker.iter_errors(_as_json(file.read_text(encoding="utf-8")))) == []


def _as_json(text: str) -> object:
    """Return YAML text as a JSON value, in which every key is a string, as editors do."""
    return json.loads(json.dumps(yaml.safe_load(text)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"extends": "mf294m", "stm": 3},
        {"extends": "mf294m", "stem": "16"},
        {"extends": "mf294m", "stem": 0},
        {"extends": "mf294m", "head": {"fcc": 3}},
        {"extends": "mf294m", "blocks": {"0": {"out": 16}}},
        {"extends": "mf294m", "blocks": {"3": {"outs": 16}}},
        {"extends": "mf294m", "blocks": [{"block": "mf"}]},
        {"extends": "mf294m", "former": "nothing"},
        {"extends": "mf294m", "budget": {"madds": "300M"}},
        {"extends": "mf294m", "budget": {"max": {"former": "10%"}}},
        {"extends": "mf294m", "budget": {"max": {"madds": "10%"}}},
        {"extends": "mf294m", "budget": {"max": {"former": {"memory": 12}}}},
        {"extends": "mf294m", "budget": {"min": {"madds": -3}}},
        {"stem": 16},
    ],
)
def test_mistakes_are_refused_by_the_schema(wrong: dict[str, object]) -> None:
    """Editors can show unknown keys, wrong types, missing keys and numbers out of range."""
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(wrong)


@pytest.mark.parametrize("right", [{"former": "none"}, {"head": "none"}, {"input": "225x321"}, {"width": 0.75},
                                   {"blocks": {"3": {"out": "same"}}}, {"budget": {"max": {"madds": "300M", "memory": 12, "former": {"params": "1.5 %"}}}}])  # fmt: skip
def test_the_schema_accepts_valid_specs(right: dict[str, object]) -> None:
    """Words in place of maps, patches and limits are valid."""
    assert jsonschema.Draft202012Validator(json_schema()).is_valid({"extends": "mf294m", **right})


def test_defaults_are_valid_values() -> None:
    """An editor offers each default as a value, so it must be valid."""
    checker = jsonschema.Draft202012Validator(json_schema())
    given = {key: each["default"] for key, each in json_schema()["properties"].items() if "default" in each}
    assert given["input"] == 224
    assert list(checker.iter_errors({"extends": "mf294m", **given})) == []


def test_the_command_prints_the_schema() -> None:
    """`mfprofile schema` prints the same schema."""
    assert json.loads(run("schema").stdout) == json_schema()


CONFIGS = {
    "convention = 'paper'\nlatency-model = 'desk.json'": True,
    "[budgets]\n'specs/*.yaml' = {max = {madds = '300M', former = {madds = '10%'}}, min = {params = 3}}": True,
    "[budgets.phone]\nspecs = ['mf26m']\nconvention = 'core'\nmax.latency = '12ms'": True,
    "[targets.'net.py:Net']\ninput = ['3x8x8']\narg = 'width=3'\nbatch = 2\nno-batch = false\ninputs = 'random'": True,
    "convention = 'papr'": False,
    "conventon = 'core'": False,
    "[budgets.phone]\nspecs = 'mf26m'": False,
    "[budgets.phone]\nmax.mads = 3": False,
    "[targets.'net.py:Net']\nshape = '3'": False,
    "[targets.'net.py:Net']\nbatch = 0": False,
}
"""Tables of [tool.mfprofile], and whether they are valid."""


@pytest.mark.parametrize("text", CONFIGS)
def test_the_schema_of_the_table_agrees_with_check(text: str, tmp_path: Path) -> None:
    """It accepts and refuses what `check` does."""
    table = tomllib.loads(text)
    checker = jsonschema.Draft202012Validator(config_schema())
    assert checker.is_valid(table) == CONFIGS[text]
    own = text.replace("[", "[tool.mfprofile.", 1) if text.startswith("[") else f"[tool.mfprofile]\n{text}"
    (tmp_path / "pyproject.toml").write_text(own, encoding="utf-8")
    (tmp_path / "desk.json").write_text((ROOT / "devices" / "example-torch.json").read_text("utf-8"), encoding="utf-8")
    done = run("check", "mf294m", "--max-madds", "1G", cwd=tmp_path)
    assert (done.returncode == 0) == CONFIGS[text], done.stderr


def test_the_schema_of_the_table_has_all_its_keys() -> None:
    """And is what `mfprofile schema --pyproject` prints."""
    assert set(config_schema()["properties"]) == set(_KEYS)
    assert json.loads(run("schema", "--pyproject").stdout) == config_schema()
