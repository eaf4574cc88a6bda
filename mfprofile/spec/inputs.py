"""The inputs of a network: the shape and the type of each one."""

from __future__ import annotations

from typing import Any, NamedTuple


class InputShape(NamedTuple):
    """One input: its shape with the batch dimension, its dtype, and its name if it is passed by name.

    >>> str(InputShape((1, 3, 224, 224))), str(InputShape((1, 128), "bool", "mask"))
    ('1×3×224×224 float32', 'mask=1×128 bool')
    """

    shape: tuple[Any, ...]
    dtype: str = "float32"
    name: str = ""

    def __str__(self) -> str:
        shape = "×".join(map(str, self.shape)) or "scalar"
        return f"{self.name}={shape} {self.dtype}" if self.name else f"{shape} {self.dtype}"
