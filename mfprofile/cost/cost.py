"""The cost of one op, as the functions of `ops` return it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from mfprofile.spec.dimension import D_co, Size

if TYPE_CHECKING:
    from mfprofile.cost.recurrent import Recurrence


class Cost(Generic[D_co]):
    """The cost of one op.

    `kind` says what the op is. `out` is the shape of its output, without the batch dimension. `madds` is the number of
    its products, which may be 0. `elements` is the number of its output values (for `REDUCTIONS`, of its input values).
    `weights` and `biases` are the numbers of parameters that it owns. `layer` has the sizes of a recurrent layer.
    `groups` are those of a convolution. `calls` is how often it is called: once, or not at all for a residual
    connection that a variant does not have. `windows` is the number of values in all windows of an average pooling.
    """

    __slots__ = ("biases", "calls", "elements", "groups", "kind", "layer", "madds", "out", "weights", "windows")

    def __init__(
        self,
        kind: str,
        out: tuple[Size[D_co], ...],
        madds: Size[D_co],
        elements: Size[D_co],
        weights: Size[D_co] = 0,
        biases: Size[D_co] = 0,
        layer: Recurrence[D_co] | None = None,
        groups: Size[D_co] = 1,
        calls: Size[D_co] = 1,
        windows: Size[D_co] = 0,
    ) -> None:
        self.kind = kind
        self.out = out
        self.madds = madds
        self.elements = elements
        self.weights = weights
        self.biases = biases
        self.layer = layer
        self.groups = groups
        self.calls = calls
        self.windows = windows

    def changed(self, **fields: Any) -> Cost[D_co]:
        """Return the cost with other values of some fields."""
        return Cost(**{name: getattr(self, name) for name in self.__slots__} | fields)
