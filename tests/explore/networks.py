"""A second arithmetic of networks for brute force, in plain Python on plain YAML documents: nothing of mfprofile.

`network_of` applies the rules and lays a document's blocks out. `figures_of` counts the network in convention core:
convolutions, Linear and the products of attention, one multiply-add each. Norms have two parameters a channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

Data = dict[str, Any]
PILLARS = ("mobile", "former", "bridge", "head")


class Laid(NamedTuple):
    """A block that is laid out: its stride, channels and kernel, and the height and width of its output."""

    kind: str
    stride: int
    inputs: int
    exp: int
    out: int
    exp2: int
    kernel: int
    height: int
    width: int


@dataclass(frozen=True)
class Settings:
    """The values that some part of a network reads; None for those that none reads."""

    groups: int
    activation: str | None = None
    tokens: tuple[int, int] | None = None
    final: bool | None = None
    attention: str | None = None
    gate: bool | None = None
    projections: bool | None = None
    bridge_heads: int | None = None
    ffn: bool | None = None
    former_heads: int | None = None


@dataclass(frozen=True)
class Network:
    """A network. Documents that make equal ones are the same variant.

    `entries` has the blocks of each entry of the document's `blocks`, and `head` the hidden width and the classes.
    """

    sides: tuple[int, int]
    stem: int
    entries: tuple[tuple[Laid, ...], ...]
    head: tuple[int, int] | None
    settings: Settings

    @property
    def blocks(self) -> list[Laid]:
        """Return the blocks of all entries."""
        return [block for entry in self.entries for block in entry]


def sides_of(value: Any) -> tuple[int, int]:
    """Return the height and the width of an input, `64` or `64x48`."""
    if isinstance(value, str):
        height, width = value.split("x")
        return int(height), int(width)
    return value, value


def rounded(channels: int, factor: Fraction) -> int:
    """Return MobileNet's rounding of a scaled width; a factor of 1 changes nothing."""
    if factor == 1:
        return channels
    multiple, wanted = (8 if factor > 1 else 4), channels * factor
    result = max(multiple, int((wanted + Fraction(multiple, 2)) // multiple) * multiple)
    return result if result >= wanted * Fraction(9, 10) else result + multiple


def in_ratio(channels: int, before: int, after: int, factor: Fraction) -> int:
    """Return channels that keep their ratio to a width that became another one; halves are rounded up."""
    return channels if factor == 1 else max(1, int(Fraction(channels * after, before) + Fraction(1, 2)))


def network_of(data: Data) -> tuple[Network, bool]:
    """Return the network of a document without choices, and whether it keeps all rules."""
    factor = Fraction(str(data.get("width", 1)))
    kernel = data.get("mobile", {}).get("kernel", 3)
    sides = sides_of(data.get("input", 224))
    image, plain, channels = (_half(sides[0]), _half(sides[1])), data["stem"], rounded(data["stem"], factor)
    stem, entries = channels, []
    for keys in data["blocks"]:
        out = plain if keys["out"] == "same" else keys["out"]
        laid: list[Laid] = []
        for _ in range(keys.get("repeat", 1)):
            block = _laid_out(keys, (plain, channels), (out, rounded(out, factor)), image, kernel, factor)
            laid.append(block._replace(exp=laid[0].exp) if laid and "exp" in keys else block)
            image, channels = (block.height, block.width), block.out
        plain = out if laid else plain
        entries.append(tuple(laid))
    head = None if data["head"] == "none" else (data["head"]["fc"], data.get("classes", 1000))
    settings = _settings(data, [block for entry in entries for block in entry])
    network = Network(sides, stem, tuple(entries), head, settings)
    return network, _keeps_rules(data, network)


def _half(side: int) -> int:
    return (side + 1) // 2


def _laid_out(
    keys: Data, before: tuple[int, int], after: tuple[int, int], image: tuple[int, int], kernel: int, factor: Fraction
) -> Laid:
    """Return a block of an entry; `before` and `after` are its input and output channels, as written and scaled."""
    kind, exp2 = keys["block"], 0
    stride = 2 if kind == "mf-down" else keys.get("stride", 1)
    if kind == "mf-down":
        exp2 = in_ratio(keys["exp2"], *after, factor) if "exp2" in keys else 4 * after[1]
    return Laid(
        kind,
        stride,
        before[1],
        keys["expand"] * before[1] if "expand" in keys else in_ratio(keys["exp"], *before, factor),
        after[1],
        exp2,
        keys.get("kernel", 3 if kind == "lite" else kernel),
        *(_half(side) if stride == 2 else side for side in image),
    )


def _settings(data: Data, blocks: list[Laid]) -> Settings:
    """Return the settings that are read: those of tokens, of both bridges and of the blocks with tokens."""
    with_tokens = any(block.kind != "lite" for block in blocks)
    activation = data.get("mobile", {}).get("activation", "dy-relu") if with_tokens else None
    if data.get("former") == "none":
        return Settings(data.get("groups", 1), activation)
    former = {"ffn": True, "heads": 4} | data.get("former", {})
    bridge = {"heads": 2, "gate": True, "final": True, "projections": False} | data.get("bridge", {})
    bridged = with_tokens or bridge["final"]
    attention = data.get("attention", "mha") if bridged else None
    return Settings(
        data.get("groups", 1),
        activation,
        (data["tokens"]["count"], data["tokens"]["dim"]),
        bridge["final"],
        attention,
        bridge["gate"] if bridged else None,
        bridge["projections"] if bridged else None,
        bridge["heads"] if attention == "mha" else None,
        former["ffn"] if with_tokens else None,
        former["heads"] if with_tokens and attention == "mha" else None,
    )


def _keeps_rules(data: Data, network: Network) -> bool:
    """Return whether a network keeps the rules of specs; some also hold for values that nothing reads."""
    mobile, blocks, groups = data.get("mobile", {}), network.blocks, network.settings.groups
    kernels = [mobile.get("kernel", 3), *(keys.get("kernel", 3) for keys in data["blocks"])]
    rules = [bool(blocks), *(kernel % 2 == 1 for kernel in kernels)]
    rules += [len(entry) < 2 or entry[0].stride == 1 for entry in network.entries]
    rules.append(min(network.sides) > 2 ** sum(block.stride == 2 for block in blocks))
    for block in blocks:
        rules.append(block.kind == "mf" or block.exp % block.inputs == 0)
        rules.append(block.exp2 % block.out == 0)
        widths = [block.exp, block.out, block.exp2, block.inputs if block.kind == "mf" else 0]
        rules += [width % groups == 0 for width in widths]
        rules.append("require" not in data or block.out >= block.inputs)
    if data.get("former") == "none":
        return all(rules) and mobile.get("activation", "dy-relu") == "relu"
    dim, uses_heads = data["tokens"]["dim"], data.get("attention", "mha") == "mha"
    rules.append(dim % 4 == 0 and not (uses_heads and dim % data.get("former", {}).get("heads", 4)))
    read = [width for block in blocks if block.kind != "lite" for width in (block.inputs, block.out)]
    read += [blocks[-1].out] if network.settings.final and blocks else []
    heads = data.get("bridge", {}).get("heads", 2)
    return all(rules) and not (uses_heads and any(width % heads for width in read))


def figures_of(network: Network) -> dict[str, int]:
    """Return multiply-adds and parameters of a network, in total and by pillar: `madds`, `former.params`."""
    settings, tokens = network.settings, network.settings.tokens
    pixels = _half(network.sides[0]) * _half(network.sides[1])
    costs = [("mobile", _conv(27, network.stem, pixels))]
    if tokens:
        costs.append(("former", (0, tokens[0] * tokens[1])))
    for block in network.blocks:
        before, pixels = pixels, block.height * block.width
        costs += [("mobile", cost) for cost in _mobile(settings, block, pixels)]
        if block.kind != "lite" and tokens:
            costs += [("bridge", cost) for cost in _to_former(settings, tokens, block.inputs, before)]
            costs += [("former", cost) for cost in _former(settings, tokens)]
            costs += [("bridge", cost) for cost in _to_mobile(settings, tokens, block.out, pixels)]
    last = network.blocks[-1].out
    if tokens and settings.final:
        costs += [("bridge", cost) for cost in _to_former(settings, tokens, last, pixels)]
    if network.head:
        costs += [("head", cost) for cost in _head(network, network.head, last, pixels)]
    figures = {}
    for prefix, pillars in {"": PILLARS, **{f"{pillar}.": (pillar,) for pillar in PILLARS}}.items():
        for at, name in enumerate(("madds", "params")):
            figures[prefix + name] = sum(cost[at] for pillar, cost in costs if pillar in pillars)
    return figures


def _conv(taps: int, out: int, pixels: int) -> tuple[int, int]:
    """Return the cost of a convolution without bias and of its BatchNorm; each output value reads `taps` values."""
    return taps * out * pixels, taps * out + 2 * out


def _linear(rows: int, inputs: int, outputs: int) -> tuple[int, int]:
    return rows * inputs * outputs, inputs * outputs + outputs


def _product(*sides: int) -> tuple[int, int]:
    return prod(sides), 0


def _norm(dim: int) -> tuple[int, int]:
    return 0, 2 * dim


def _mobile(settings: Settings, block: Laid, pixels: int) -> list[tuple[int, int]]:
    """Return the costs of a block's convolutions, and of θ for its two dynamic activations."""
    square, groups = block.kernel**2, settings.groups
    depthwise, squeeze = _conv(square, block.exp, pixels), _conv(block.exp // groups, block.out, pixels)
    if block.kind == "lite":
        return [depthwise, squeeze]
    hidden = (block.exp, block.exp2) if block.kind == "mf-down" else (block.exp, block.exp)
    costs = [depthwise, squeeze]
    if block.kind == "mf-down":
        costs += [_conv(square, block.exp2, pixels), _conv(block.exp2 // groups, block.out, pixels)]
    else:
        costs.append(_conv(block.inputs // groups, block.exp, pixels))
    if settings.activation == "dy-relu" and settings.tokens:
        dim = settings.tokens[1]
        costs += [cost for size in hidden for cost in (_linear(1, dim, dim // 4), _linear(1, dim // 4, 2 * size))]
    return costs


def _former(settings: Settings, tokens: tuple[int, int]) -> list[tuple[int, int]]:
    count, dim = tokens
    if settings.attention == "mlp":
        mix = [_linear(dim, count, 4 * count), _linear(dim, 4 * count, count)]
    else:
        mix = [_linear(count, dim, dim), _product(count, count, dim), _product(count, count, dim)]
    ffn = [_linear(count, dim, 2 * dim), _linear(count, 2 * dim, dim), _norm(dim)] if settings.ffn else []
    return [*mix, _linear(count, dim, dim), _norm(dim), *ffn]


def _to_former(settings: Settings, tokens: tuple[int, int], channels: int, pixels: int) -> list[tuple[int, int]]:
    count, dim = tokens
    projections = [(channels**2 * pixels, channels**2)] if settings.projections else []
    if settings.attention == "mlp":
        mix = [*projections, _linear(channels, pixels, count)]
    else:
        attend = [_product(count, channels, pixels)] * 2
        mix = [*projections * 2, _linear(count, dim, channels), *attend]
    gate = [_linear(count, dim, channels)] if settings.gate else []
    return [*mix, *gate, _linear(count, channels, dim), _norm(dim)]


def _to_mobile(settings: Settings, tokens: tuple[int, int], channels: int, pixels: int) -> list[tuple[int, int]]:
    count, dim = tokens
    projections = [(channels**2 * pixels, channels**2)] if settings.projections else []
    if settings.attention == "mlp":
        return [*projections, _linear(count, dim, channels), _linear(channels, count, pixels)]
    attend = [_product(pixels, channels, count)] * 2
    return [*projections * 2, *[_linear(count, dim, channels)] * 2, *attend]


def _head(network: Network, head: tuple[int, int], channels: int, pixels: int) -> list[tuple[int, int]]:
    hidden, classes = head
    pooled = 6 * channels + (network.settings.tokens[1] if network.settings.tokens else 0)
    return [
        _conv(channels // network.settings.groups, 6 * channels, pixels),
        _linear(1, pooled, hidden),
        _norm(hidden),
        _linear(1, hidden, classes),
    ]
