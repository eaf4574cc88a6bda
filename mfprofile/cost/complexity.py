"""Compare the complexities that the paper states (Section 3.3) with the arithmetic on a generic block.

The block has L positions, C input and output channels, E·C hidden channels, M tokens of dimension d and 3×3 kernels.
All else is as released. The last two cases are not covered by the paper's formula: they have O output channels. In the
very last case, L is the number of positions after downsampling.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sympy

from mfprofile.cost.bridge import former_to_mobile, mobile_to_former
from mfprofile.cost.conventions import CORE
from mfprofile.cost.former import former
from mfprofile.cost.mobile import mobile, mobile_down
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.network import Block, FeatureMap, Network, Tokens

L, E, C, M, d, OUT = sympy.symbols("L E C M d O", integer=True, positive=True)
LETTERS = (L, E, C, M, d, OUT)
MOBILE = 2 * L * E * C**2 + 9 * L * E * C


@dataclass(frozen=True, slots=True)
class Complexity:
    """One complexity: as stated, and as derived from the counted products.

    `derived` counts the ops that the statement covers, `other_terms` all other ops. `exact` is whether the coefficients
    are equal. If not, `terms_agree` is whether the terms are the same, which is all that O() claims.
    """

    name: str
    stated: Any
    derived: Any
    other_terms: dict[str, Any]

    @property
    def exact(self) -> bool:
        """Return whether the stated and the derived polynomial are equal, coefficient by coefficient."""
        return bool(sympy.expand(self.stated - self.derived) == 0)

    @property
    def terms_agree(self) -> bool:
        """Return whether the stated and the derived polynomial have the same monomials."""
        stated, derived = (set(sympy.Poly(each, *LETTERS).monoms()) for each in (self.stated, self.derived))
        return stated == derived

    @property
    def constants(self) -> dict[str, int]:
        """Return the derived coefficient of each stated monomial."""
        derived = sympy.Poly(self.derived, *LETTERS)
        monomials = [sympy.prod(power) for power in _powers(self.stated)]
        return {str(term): int(derived.coeff_monomial(term)) for term in monomials}


def _powers(expression: Any) -> list[list[Any]]:
    terms = sympy.Poly(expression, *LETTERS).monoms()
    return [[letter**power for letter, power in zip(LETTERS, term, strict=True)] for term in terms]


def complexities() -> list[Complexity]:
    """Return the four complexities that the paper states, and two cases of Mobile that it does not cover."""
    network, tokens, image, block = _generic()
    wider = dataclasses.replace(
        block, outputs=FeatureMap(OUT, L, 1, OUT / 2), residual=False, expanded2_per_group=4 * OUT
    )
    down = dataclasses.replace(wider, kind="mf-down", stride=2, expanded2=4 * OUT)
    stated: list[tuple[str, Any, Ops, dict[str, str]]] = [
        ("Mobile", MOBILE, mobile(network, block), {"θ": "theta"}),
        ("Former", M**2 * d + M * d**2, former(network, tokens), {}),
        (
            "Mobile→Former",
            L * M * C + M * d * C,
            mobile_to_former(network, tokens, image),
            {"the gate": "gate"},
        ),
        ("Mobile←Former", L * M * C + M * d * C, former_to_mobile(network, tokens, image), {}),
        ("Mobile, C ≠ out", MOBILE, mobile(network, wider), {"θ": "theta"}),
        ("Mobile, downsampling", MOBILE, mobile_down(network, down), {"θ": "theta"}),
    ]
    return [_compared(name, expression, ops, separate) for name, expression, ops, separate in stated]


def _compared(name: str, stated: Any, ops: Ops, separate: dict[str, str]) -> Complexity:
    other_terms = {label: _core([op for op in ops if op[1] == role]) for label, role in separate.items()}
    return Complexity(name, stated, _core([op for op in ops if op[1] not in separate.values()]), other_terms)


def _core(ops: Ops) -> Any:
    return sympy.expand(sum(CORE.weigh([Part("1", 1, "mobile", "", ops)])))


def _generic() -> tuple[Network, Tokens, FeatureMap, Block]:
    image = FeatureMap(C, L, 1, C / 2)
    tokens = Tokens(M, d, d / 4, 4, d / 4)
    block = Block(
        number=1, entry=1, kind="mf", kernel=3, stride=1, stage=2, inputs=image, outputs=image, expanded=E * C,
        expanded2=4 * C, inputs_per_group=C, expanded_per_group=E * C, expanded2_per_group=4 * C, residual=True,
    )  # fmt: skip
    network = Network(
        name="generic", height=L, width=1, stem=image, blocks=(block,), head=None, tokens=tokens, groups=1,
        attention="mha", activation="dy-relu", ffn=True, bridge_heads=2, gate=True, final=False, projections=False,
    )  # fmt: skip
    return network, tokens, image, block
