"""A spec written as a mapping and as YAML, from which `load` makes the same spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Mapping, spec_mappings

from mfprofile.cost import count
from mfprofile.errors import InputError, OutputError, SpecError
from mfprofile.files import save
from mfprofile.spec import Spec, load
from mfprofile.spec.content import content_of
from mfprofile.spec.document import parse, plain
from mfprofile.spec.model import BlockSpec, TokensSpec
from mfprofile.spec.names import COUNTED, PILLARS
from mfprofile.spec.sources import shipped
from mfprofile.spec.writing import mapping, yaml_text


def reread(spec: Spec) -> Spec:
    """Return the spec loaded from its own YAML."""
    root, problems = parse(spec.to_yaml(), "written")
    assert problems == []
    data = plain(root)
    assert isinstance(data, dict)
    return load(data)


def assert_same(one: Spec, other: Spec) -> None:
    """Check that two specs are equal but for their names, and have the same content and costs, op by op."""
    assert replace(one, name="") == replace(other, name="")
    assert mapping(one) == mapping(other)
    assert content_of(one) == content_of(other)
    assert count(one).records() == count(other).records()


@pytest.mark.parametrize("name", shipped())
def test_shipped_specs_can_be_written_and_read_again(name: str, tmp_path: Path) -> None:
    """They are written as a mapping, as YAML and as a file."""
    spec = load(name)
    file = tmp_path / "again.yaml"
    file.write_text(yaml_text(spec), encoding="utf-8")
    for again in (load(mapping(spec)), reread(spec), load(file), load(spec)):
        assert_same(again, spec)
    assert (load(file).name, load(spec).name) == ("again", name)


AMOUNTS = st.one_of(st.integers(0, 10**9), st.sampled_from(("300M", "0.3 G", "300_000_000", "1.50k")))
SHARES = st.one_of(AMOUNTS, st.sampled_from(("10%", "0.125 %", "100%")))
TIMES = st.sampled_from(("12ms", "0.5 s", "850us", "1.50µs", 0))
PILLAR = st.fixed_dictionaries({}, optional={**dict.fromkeys(COUNTED, SHARES), "latency": TIMES | st.just("10%")})
BUDGETS = st.dictionaries(
    st.sampled_from(("max", "min")),
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(COUNTED, AMOUNTS),
            "latency": TIMES,
            "memory": st.sampled_from(("12MB", "1.5 MiB", 3)),
            **dict.fromkeys(PILLARS, PILLAR),
        },
    ),
)


@given(spec_mappings(), BUDGETS)
def test_any_spec_can_be_written_and_read_again(source: Mapping, budget: Mapping) -> None:
    """The spec has any switches and any limits."""
    spec = load({**source, "budget": budget})
    assert_same(load(mapping(spec)), spec)
    assert_same(reread(spec), spec)
    assert_same(spec.replace(), spec)
    assert spec.budget == budget


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(spec_mappings(), st.floats(1e-6, 3))
def test_any_width_can_be_written_and_read_again(source: Mapping, width: float) -> None:
    """Small widths are written without an exponent."""
    try:
        spec = load({**source, "width": width})
    except SpecError:
        return
    assert_same(reread(spec), spec)


def test_every_default_is_written_out() -> None:
    """Defaults of sections are included. `width` is written only if it is not 1."""
    text = yaml_text(load("mf26m"))
    assert text.splitlines()[:5] == [
        "input: 224",
        "classes: 1000",
        "tokens: {count: 3, dim: 128}",
        "stem: 8",
        "blocks:",
    ]
    assert text.splitlines()[-6:] == [
        "head: {fc: 1024}",
        "groups: 4",
        "attention: mha",
        "mobile: {kernel: 3, activation: dy-relu}",
        "former: {ffn: true, heads: 4}",
        "bridge: {heads: 2, gate: true, final: true, projections: false}",
    ]
    assert yaml_text(load("mf26m", ["width=0.5"])).endswith("width: 0.5\n")


def test_each_block_has_its_number_in_a_comment() -> None:
    """It is the number of `--set`. The numbers of a bill are added where a repeat makes them others."""
    text = yaml_text(load("mf26m", ["blocks.4.repeat=3", "blocks.6.repeat=0"]))
    comments = [line.partition("  # ")[2] for line in text.splitlines() if line.startswith("- ")]
    assert comments == [
        "1", "2", "3", "4: blocks 4 to 6", "5: block 7", "6: no block", "7: block 8", "8: block 9", "9: block 10",
    ]  # fmt: skip


def test_values_with_a_special_word_are_written_as_that_word() -> None:
    """These are `none` for head and Former, `same` for an output, and a rectangle for an input."""
    spec = load("mf294m-mobile", ["head=none", "input=225x321", "blocks.3.out=same", "blocks.4.repeat=1"])
    data = mapping(spec)
    assert (data["head"], data["former"], data["input"]) == ("none", "none", "225x321")
    assert data["blocks"][2] == {"out": "same", "block": "mf", "exp": 96}
    assert data["blocks"][3] == {"block": "mf-down", "exp": 144, "out": 48}
    assert_same(reread(spec), spec)


@pytest.mark.parametrize("name", shipped())
def test_a_saved_spec_is_loaded_as_an_equal_one(name: str, tmp_path: Path) -> None:
    """The file has what `show` prints. With a file of the same name, the specs are equal, name included."""
    spec = load(name)
    save(spec, tmp_path / f"{name}.yaml")
    again = load(tmp_path / f"{name}.yaml")
    assert (again, hash(again), content_of(again)) == (spec, hash(spec), content_of(spec))
    assert again.to_yaml() == spec.to_yaml() == yaml_text(spec)


def test_a_spec_is_saved_only_under_a_name_that_load_takes(tmp_path: Path) -> None:
    """Otherwise nobody could read it back."""
    with pytest.raises(InputError, match=r"mine\.json: must end in \.yaml or \.yml$"):
        save(load("mf26m"), tmp_path / "mine.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": {"count": 3}, "blocks": {8: {"out": 112}}},
        {"width": 0.75, "classes": 100},
        {"input": "225x321", "head": "none"},
        {"detector": "retinanet", "head": "none", "bridge": {"final": False}},
        {"attention": "mlp", "bridge": {"gate": False, "projections": True}},
        {"budget": {"max": {"madds": "300M", "latency": "12ms", "former": {"madds": "10%"}}, "min": {"params": 1}}},
        {"require": {"widths": "nondecreasing"}, "blocks": {3: {"repeat": 0}, 12: {"repeat": 4}}},
    ],
)
def test_a_changed_spec_is_loaded_as_an_equal_one(change: Mapping, tmp_path: Path) -> None:
    """A budget, a rectangle, a detector and a width are all in the file."""
    spec = load("mf294m").replace(change)
    save(spec, tmp_path / "mf294m.yaml")
    assert load(tmp_path / "mf294m.yaml") == spec
    assert_same(reread(spec), spec)


def test_a_spec_that_cannot_be_loaded_again_is_not_written(tmp_path: Path) -> None:
    """Arrays and broken rules are named. A file that was there stays as it was."""
    file = tmp_path / "a.yaml"
    file.write_text("before", encoding="utf-8")
    spec = load("mf294m")
    many = replace(spec, tokens=TokensSpec(np.arange(1, 4), 192))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"^mf294m: tokens.count: a spec cannot contain a value of type ndarray$"):
        many.to_yaml()
    odd = replace(spec, blocks=(*spec.blocks[:-1], BlockSpec("mf", 191, exp=1152)))
    with pytest.raises(SpecError, match="must be a multiple of the bridge's 2 heads; use 190 or 192"):
        save(odd, file)
    assert file.read_text(encoding="utf-8") == "before"
    with pytest.raises(OutputError):
        save(spec, tmp_path / "missing" / "a.yaml")


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    """A loop over an array puts its elements into a spec."""
    spec = replace(load("mf26m"), tokens=TokensSpec(np.int64(4), np.int64(128)))  # type: ignore[arg-type]
    assert "tokens: {count: 4, dim: 128}\n" in spec.to_yaml()
