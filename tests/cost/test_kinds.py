"""Kinds and roles are closed sets: a misspelled name is an error, and never has the weight 0."""

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
def test_a_convention_with_an_unknown_name_is_refused(key: tuple[str, str]) -> None:
    """The name is neither a declared kind nor a declared role."""
    with pytest.raises(ValueError, match=r"^convention 'mine' weighs .*: not in cost/kinds\.py$"):
        Convention("mine", "", "", {key: Weight(products=1)})


@pytest.mark.parametrize(("kind", "role"), [("relu7", "hidden"), ("relu", "hiden"), ("", "hidden")])
def test_an_op_with_an_unknown_kind_or_role_cannot_be_weighed(kind: str, role: str) -> None:
    """Otherwise it would count 0 in every convention."""
    part = Part("1", 1, "mobile", "blocks.1", [("op", role, elementwise(kind, 3))])
    for convention in CONVENTIONS.values():
        with pytest.raises(ValueError, match=r": not declared in cost/kinds\.py$"):
            convention.weigh([part])


def test_an_uncovered_op_may_have_any_kind() -> None:
    """Its kind is the name of its operator, which can be anything."""
    check("somebodys::operator", UNCOVERED)


def test_each_name_that_is_used_is_declared() -> None:
    """Mobile-Former's ops and other sets of kinds use declared names only."""
    rows = [row for name in shipped() for row in count(name).rows]
    assert {row.kind for row in rows} <= KINDS
    assert {row.role for row in rows} <= ROLES
    assert IN_PLACE <= KINDS
    assert REDUCTIONS <= KINDS


def test_each_kind_of_the_tracer_is_declared() -> None:
    """These are the kinds of the operators in its tables, and of operators that own parameters."""
    pytest.importorskip("torch")
    from mfprofile.trace.operators import ELEMENTWISE, OWNERS
    from mfprofile.trace.operators import REDUCTIONS as READING
    from mfprofile.trace.recurrent import CELLS, LAYERS

    assert {*ELEMENTWISE.values(), *READING.values(), *LAYERS.values(), *CELLS.values()} <= KINDS
    assert set(READING.values()) == REDUCTIONS
    assert OWNERS <= KINDS


def test_a_convention_declares_only_kinds_that_exist_and_what_it_can_see() -> None:
    """A typo would silently count too much."""
    with pytest.raises(
        ValueError, match=r"^convention 'mine' misses parameters of \['bacth-norm'\]: not in cost/kinds"
    ):
        Convention("mine", "", "", {}, uncounted_params=frozenset({"bacth-norm"}))
    with pytest.raises(ValueError, match=r"^convention 'mine' sees 'opps': must be one of the four constants$"):
        Convention("mine", "", "", {}, sees="opps")
