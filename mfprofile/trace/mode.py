"""How a network is counted: one inference or training, and all or only the visible pairs of causal attention."""

from __future__ import annotations

from typing import NamedTuple

from mfprofile.spec.problems import unknown

CAUSAL = ("all", "pairs")
"""What is counted of causal attention: all rows × columns, or the pairs whose key is not after the query."""


class Mode(NamedTuple):
    """How a network is counted. With `training`, it is run in training mode, with the products of a backward pass."""

    training: bool = False
    causal: str = "all"

    def checked(self) -> Mode:
        """Return the mode. Raise `InputError` for an unknown way to count causal attention."""
        if self.causal not in CAUSAL:
            raise unknown("--causal", str(self.causal), CAUSAL)
        return self


PLAIN = Mode()
"""One inference, with all rows × columns of causal attention."""
