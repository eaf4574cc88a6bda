"""Give each op its role and the parameters that it is the first to multiply by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mfprofile.cost.kinds import PACKED
from mfprofile.cost.ops import Cost
from mfprofile.trace import recurrent
from mfprofile.trace.calls import Calls
from mfprofile.trace.operators import OWNERS
from mfprofile.trace.overloads import Operator
from mfprofile.trace.owners import Owners, tensors_in
from mfprofile.trace.quantized import Packed
from mfprofile.trace.roles import role_of
from mfprofile.trace.training import Training


class Claims:
    """The parameters of a network as its ops claim them. `packed` are those of quantized layers, which torch packs."""

    def __init__(self, owners: Owners, calls: Calls, training: Training) -> None:
        self.owners, self.calls, self.training = owners, calls, training
        self.packed = Packed()

    def attributed(
        self, operator: Operator, cost: Cost, given: Mapping[str, Any], alone: bool, padding_is_string: bool
    ) -> tuple[str, Cost]:
        """Return an op's role, and its cost with the parameters that it claims; `alone` is a product by itself."""
        role = role_of(operator, cost, given, _operands(operator, given), padding_is_string, self.training)
        owned = self.owned(operator, cost, given, alone)
        if role != PACKED or not cost.weights:
            return role, owned
        call = self.calls.current
        weights, biases = self.packed.claim(call.path, call.names.total(), cost)
        return role, owned.changed(weights=weights, biases=biases)

    def owned(self, operator: Operator, cost: Cost, given: Mapping[str, Any], alone: bool) -> Cost:
        """Return an op's cost with the parameters that it claims."""
        bias, operands = given.get(operator.bias), _operands(operator, given)
        kind, weights, biases = cost.kind, 0, 0
        if kind == "matmul" and alone and any(map(self.owners.holds, operands)):
            kind = "linear"
        if kind in OWNERS:
            vectors = [each for each in operands if cost.layer is not None and each.dim() == 1]
            biases = sum(map(self.owners.claim, [*vectors, *tensors_in([bias])]))
            weights = sum(map(self.owners.claim, operands))
        layer = recurrent.as_called(cost, self.calls.current.rank)
        return cost.changed(kind=kind, weights=weights, biases=biases, layer=layer)


def _operands(operator: Operator, given: Mapping[str, Any]) -> list[Tensor]:
    """Return the tensors among an operator's arguments, without its bias."""
    return list(tensors_in(value for name, value in given.items() if name != operator.bias))
