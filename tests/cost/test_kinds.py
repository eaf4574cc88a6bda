"""Kinds and roles are closed sets: a misspelt name is refused, and never weighs 0 in silence."""

from __future__ import annotations

import pytest

from mfprofile import CONVENTIONS, count
from mfprofile.cost.kinds import KINDS, REDUCTIONS, ROLES, UNCOVERED, check
from mfprofile.cost.memory import IN_PLACE
from mfprofile.cost.ops import elementwise
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import ANY, Convention, Weight
from mfprofile.spec.sources import shipped


@pytest.mark.parametrize("key", [("batchnorm", ANY), (ANY, "hiden"), ("relu", "hiden"), ("", "")])
def test_a_convention_that_weighs_an_unknown_name_cannot_be_made(key: tuple[str, str]) -> None:
    """Neither a kind nor a role may be one that no op has."""
    with pytest.raises(ValueError, match=r"^convention 'mine' weighs .*: not in cost/kinds\.py$"):
        Convention("mine", "", "", {key: Weight(products=1)})


@pytest.mark.parametrize(("kind", "role"), [("relu7", "hidden"), ("relu", "hiden"), ("", "hidden")])
def test_an_op_of_an_unknown_name_cannot_be_weighed(kind: str, role: str) -> None:
    """It would be nothing in every convention."""
    part = Part("1", 1, "mobile", "blocks.1", [("op", role, elementwise(kind, 3))])
    for convention in CONVENTIONS.values():
        with pytest.raises(ValueError, match=r": not declared in cost/kinds\.py$"):
            convention.weigh([part])


def test_what_is_not_counted_has_its_operators_name() -> None:
    """Its kind is open, since nobody knows the operators to come."""
    check("somebodys::operator", UNCOVERED)


def test_each_name_that_is_used_is_declared() -> None:
    """By Mobile-Former's ops, and by what is said of kinds elsewhere."""
    rows = [row for name in shipped() for row in count(name).rows]
    assert {row.kind for row in rows} <= KINDS
    assert {row.role for row in rows} <= ROLES
    assert IN_PLACE <= KINDS
    assert REDUCTIONS <= KINDS


def test_each_kind_of_the_tracer_is_declared() -> None:
    """Of each operator in its tables, and of those to which parameters belong."""
    pytest.importorskip("torch")
    from mfprofile.trace.operators import ELEMENTWISE, OWNERS, RECURRENT
    from mfprofile.trace.operators import REDUCTIONS as READING

    assert {*ELEMENTWISE.values(), *READING.values(), *RECURRENT.values()} <= KINDS
    assert set(READING.values()) == REDUCTIONS
    assert OWNERS <= KINDS
