"""`Spec`, a variant as written in YAML, and the valid values of each field.

The classes are plain frozen dataclasses. Pydantic checks the annotations only when `load` validates a mapping. So a
sweep or a formula can put an int64 array or a symbol into a field with `dataclasses.replace`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.equality import equal, hash_of

MAX_CHANNELS = 1 << 16
MAX_PIXELS = 1 << 14
MAX_TOKENS = 1 << 12
MAX_CLASSES = 10_000_000
MAX_KERNEL = 31
MAX_HEADS = 1 << 10
MAX_REPEAT = 100
MAX_BLOCKS = 500
MAX_WIDTH = 64

_STRICT = ConfigDict(extra="forbid")


def _size(most: int, least: int = 1) -> Any:
    return Field(strict=True, ge=least, le=most)


Channels: TypeAlias = Annotated[int, _size(MAX_CHANNELS)]
Heads: TypeAlias = Annotated[int, _size(MAX_HEADS)]
Kernel: TypeAlias = Annotated[int, _size(MAX_KERNEL)]
Switch: TypeAlias = Annotated[bool, Field(strict=True)]


@dataclass(frozen=True, slots=True)
class Resolution:
    """An image's height and width in pixels."""

    height: int
    width: int

    def __str__(self) -> str:
        return str(self.height) if self.height == self.width else f"{self.height}x{self.width}"


def _resolution(value: object) -> object:
    if isinstance(value, Resolution):
        return value
    sides = [value, value] if type(value) is int else None
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,30}x[1-9][0-9]{0,30}", value):
        sides = [int(side) for side in value.split("x")]
    if sides is None:
        raise PydanticCustomError("resolution", "must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321")
    if not all(1 <= side <= MAX_PIXELS for side in sides):
        raise PydanticCustomError("resolution", "must be between 1 and {most} pixels", {"most": MAX_PIXELS})
    return Resolution(*sides)


def _or(word: str, kind: Any) -> BeforeValidator:
    """Return a validator that reads `word` as None. Empty values are reported earlier."""
    return BeforeValidator(lambda value: None if value == word else value, json_schema_input_type=kind | Literal[word])


Input: TypeAlias = Annotated[
    Resolution,
    BeforeValidator(_resolution),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_PIXELS},
                {"type": "string", "pattern": "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"},
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True)
class TokensSpec:
    """Former's tokens: their count (the paper's M) and their dimension (d)."""

    __pydantic_config__ = _STRICT
    count: Annotated[int, _size(MAX_TOKENS)]
    dim: Annotated[int, _size(MAX_CHANNELS)]


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """One entry of `blocks`. Widths are in channels; `expand` is a ratio to the input channels; `out` may be `same`."""

    __pydantic_config__ = _STRICT
    block: Literal["lite", "mf", "mf-down"]
    out: Annotated[Channels | None, _or("same", Channels)]
    exp: Channels | None = None
    expand: Annotated[int, _size(MAX_CHANNELS)] | None = None
    exp2: Channels | None = None
    stride: Annotated[int, _size(2)] | None = None
    kernel: Kernel | None = None
    repeat: Annotated[int, _size(MAX_REPEAT, least=0)] = 1

    @property
    def halves(self) -> bool:
        """Return whether the block has stride 2."""
        return self.block == "mf-down" or self.stride == 2


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """The classification head; `fc` is the width of its hidden layer."""

    __pydantic_config__ = _STRICT
    fc: Channels


@dataclass(frozen=True, slots=True)
class MobileSpec:
    """Settings of all Mobile sub-blocks: the kernel of the depthwise convolutions and the activation."""

    __pydantic_config__ = _STRICT
    kernel: Kernel = 3
    activation: Literal["dy-relu", "relu"] = "dy-relu"


@dataclass(frozen=True, slots=True)
class FormerSpec:
    """Settings of all Former sub-blocks: whether they have an FFN, and the number of attention heads."""

    __pydantic_config__ = _STRICT
    ffn: Switch = True
    heads: Heads = 4


@dataclass(frozen=True, slots=True)
class BridgeSpec:
    """Settings of both bridges: heads, Mobile→Former's gate, the final Mobile→Former, and standard projections."""

    __pydantic_config__ = _STRICT
    heads: Heads = 2
    gate: Switch = True
    final: Switch = True
    projections: Switch = False


@dataclass(frozen=True, slots=True)
class RequireSpec:
    """Rules between blocks. `nondecreasing`: from the stem on, no block has fewer channels than the one before."""

    __pydantic_config__ = _STRICT
    widths: Literal["nondecreasing"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spec:
    """A validated Mobile-Former variant. `width` is not applied yet (see `scaled`).

    Specs with equal fields, the name included, are equal.
    """

    __pydantic_config__ = _STRICT
    stem: Channels
    blocks: tuple[BlockSpec, ...]
    head: Annotated[HeadSpec | None, _or("none", HeadSpec)]
    tokens: TokensSpec | None = None
    input: Input = Resolution(224, 224)
    classes: Annotated[int, _size(MAX_CLASSES)] = 1000
    groups: Channels = 1
    attention: Literal["mha", "mlp"] = "mha"
    mobile: MobileSpec = MobileSpec()
    former: Annotated[FormerSpec | None, _or("none", FormerSpec)] = FormerSpec()
    bridge: BridgeSpec = BridgeSpec()
    width: Annotated[float, Field(strict=True, gt=0, le=MAX_WIDTH, allow_inf_nan=False)] = 1
    budget: dict[str, Any] | None = None
    detector: Literal["retinanet"] | None = None
    require: RequireSpec | None = None
    name: str = ""

    @property
    def dim_multiple(self) -> int:
        """Return the number that must divide `tokens.dim`: θ's hidden width is a quarter of it, and heads split it."""
        heads = self.former.heads if self.former is not None and self.attention == "mha" else 1
        return lcm(4, heads)

    def replace(self, changes: Mapping[str, Any] | None = None, /, **more: Any) -> Spec:
        """Return the validated variant with changes merged in, as in a file that `extends` this variant.

        >>> from mfprofile import load
        >>> load("mf294m").replace(tokens={"count": 3}, blocks={8: {"out": 112}}).tokens
        TokensSpec(count=3, dim=192)
        """
        from mfprofile.spec.load import replaced

        return replaced(self, {**(changes or {}), **more})

    def to_yaml(self) -> str:
        """Return the spec as YAML with every default and without `extends`. `load` makes an equal spec from it.

        The name is not in it, because a spec has the name of its file. Raises `SpecError` for what `load` refuses:
        arrays, symbols and broken rules, which only `dataclasses.replace` can put into a spec.

        >>> from mfprofile import load
        >>> print(load("mf26m").replace(tokens={"count": 4}).to_yaml()[:53])
        input: 224
        classes: 1000
        tokens: {count: 4, dim: 128}
        """
        from mfprofile.spec.load import load
        from mfprofile.spec.writing import yaml_text

        return yaml_text(load(self))

    def __repr__(self) -> str:
        tokens = "none" if self.tokens is None else f"{in_short(self.tokens.count)}×{in_short(self.tokens.dim)}"
        blocks = sum(block.repeat for block in self.blocks)
        return f"Spec({in_short(self.name) or 'unnamed'}, input={self.input}, tokens={tokens}, blocks={blocks})"

    _repr_html_ = shown_as("spec")

    __eq__ = equal
    __hash__ = hash_of
