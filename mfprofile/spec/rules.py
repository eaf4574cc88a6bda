"""What the keys of a spec demand of one another, each rule with its own message.

The rules read the plain mapping, not `Spec`, so that a file with a wrong type in one block still hears of the rules
that another breaks: a value of the wrong type is unknown (None) here, and no rule speaks of unknown values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import lcm
from typing import Any, NamedTuple

from mfprofile.spec.detector import BACKBONE_STAGES
from mfprofile.spec.model import MAX_BLOCKS, MAX_CHANNELS, MAX_PIXELS, BridgeSpec, FormerSpec, MobileSpec

Path = tuple[str | int, ...]


class Breach(NamedTuple):
    """A broken rule: the key's path (list entries from 0), its value, the rule, the remedy."""

    path: Path
    value: object
    rule: str
    remedy: str = ""


class _Entry(NamedTuple):
    """A block of `blocks` as far as it is known: its keys, where it stands, its input and output channels."""

    path: Path
    keys: Mapping[str, Any]
    inputs: int | None
    outputs: int | None

    @property
    def kind(self) -> object:
        return self.keys.get("block")

    @property
    def is_laid_out(self) -> bool:
        return self.keys.get("repeat") != 0

    @property
    def halves(self) -> bool:
        return self.is_laid_out and (self.kind == "mf-down" or (self.kind == "lite" and self.keys.get("stride") == 2))

    @property
    def input_widths(self) -> list[int]:
        """The known input channels of each block that this entry lays out: the first's, and its repetitions'."""
        repeat = _whole(self.keys.get("repeat", 1))
        widths = {self.inputs, self.outputs} if repeat and repeat > 1 else {self.inputs}
        return sorted(filter(None, widths))


def breaches(data: Mapping[str, Any]) -> Iterator[Breach]:
    """Yield every rule that a spec's mapping breaks (`extends` followed, `width` applied)."""
    entries = list(_chain(data))
    for entry in entries:
        yield from _keys(entry)
        yield from _steps(entry)
    laid_out = [entry for entry in entries if entry.is_laid_out]
    for entry in laid_out:
        yield from _expansions(entry)
        yield from _groups(entry, data)
        yield from _limits(entry)
    yield from _required(data, laid_out)
    yield from _bridged(data, laid_out)
    yield from _former(data)
    yield from _resolution(data, laid_out)
    yield from _detector(data, laid_out)
    layout = sum(_whole(entry.keys.get("repeat", 1)) or 0 for entry in entries)
    if (entries or data.get("blocks") == []) and not 1 <= layout <= MAX_BLOCKS:
        yield Breach(("blocks",), layout, f"must lay out between 1 and {MAX_BLOCKS} blocks, counted after 'repeat'")


def _whole(value: object) -> int | None:
    return value if type(value) is int and value >= 1 else None


def _map(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _chain(data: Mapping[str, Any]) -> Iterator[_Entry]:
    inputs = _whole(data.get("stem"))
    blocks = data.get("blocks")
    for index, keys in enumerate(blocks if isinstance(blocks, list) else []):
        if not isinstance(keys, dict):
            inputs = None
            continue
        outputs = inputs if keys.get("out") == "same" else _whole(keys.get("out"))
        yield _Entry(("blocks", index), keys, inputs, outputs)
        inputs = inputs if keys.get("repeat") == 0 else outputs


def _keys(entry: _Entry) -> Iterator[Breach]:
    keys, path, kind = entry.keys, entry.path, entry.kind
    if "exp" in keys and "expand" in keys:
        yield Breach((*path, "expand"), keys["expand"], "'exp' is given as well", "give one of the two")
    if "exp" not in keys and "expand" not in keys:
        yield Breach(path, keys, "needs 'exp' (channels) or 'expand' (a ratio to its input channels)")
    if "exp2" in keys and kind in ("lite", "mf"):
        yield Breach((*path, "exp2"), keys["exp2"], f"only mf-down has a second expansion, not {kind}")


def _steps(entry: _Entry) -> Iterator[Breach]:
    """Check stride, kernel and repeat."""
    keys, path, kind = entry.keys, entry.path, entry.kind
    stride, kernel = _whole(keys.get("stride")), _whole(keys.get("kernel"))
    if kind == "mf" and stride == 2:
        yield Breach((*path, "stride"), 2, "an mf block has stride 1", "use mf-down to downsample")
    if kind == "mf-down" and stride == 1:
        yield Breach((*path, "stride"), 1, "an mf-down block has stride 2", "use mf for stride 1")
    if kernel and kernel % 2 == 0:
        yield Breach((*path, "kernel"), kernel, "must be odd, so that the padding keeps the resolution")
    repeat = _whole(keys.get("repeat"))
    if repeat and repeat > 1 and (kind == "mf-down" or (kind == "lite" and stride == 2)):
        yield Breach((*path, "repeat"), repeat, "only a block of stride 1 can be repeated")


def _expansions(entry: _Entry) -> Iterator[Breach]:
    """Check that the depthwise convolutions which expand have a whole number of filters a channel."""
    keys, path = entry.keys, entry.path
    expanded, second = _whole(keys.get("exp")), _whole(keys.get("exp2"))
    if entry.kind in ("lite", "mf-down") and expanded:
        for inputs in entry.input_widths:
            if expanded % inputs:
                rule = f"must be a multiple of the {inputs} input channels: its depthwise convolution expands them"
                yield Breach((*path, "exp"), expanded, rule, _multiples(expanded, lcm(*entry.input_widths)))
    if entry.kind == "mf-down" and second and entry.outputs and second % entry.outputs:
        rule = f"must be a multiple of its {entry.outputs} output channels: a depthwise convolution expands them"
        yield Breach((*path, "exp2"), second, rule, _multiples(second, entry.outputs))


def _multiples(value: int, of: int) -> str:
    below = value // of * of
    return f"{below} and {below + of} are" if below else f"{of} is"


def _groups(entry: _Entry, data: Mapping[str, Any]) -> Iterator[Breach]:
    """Check that the groups divide each width that enters or leaves a 1×1 convolution of this block."""
    groups = _whole(data.get("groups", 1))
    for path, name, channels in _pointwise_widths(entry):
        if groups and channels % groups:
            rule = f"its {channels} {name} channels cannot be split into the {groups} groups of a 1×1 convolution"
            value = entry.keys.get(str(path[-1]))
            yield Breach(path, value, rule, _multiples(channels, groups) if value == channels else "")


def _limits(entry: _Entry) -> Iterator[Breach]:
    """Check the widths that come of a ratio or of the width multiplier, which no key's own limit holds."""
    for path, name, channels in _pointwise_widths(entry):
        if channels > MAX_CHANNELS and name != "input":
            yield Breach(path, entry.keys.get(str(path[-1])), f"its {channels} {name} channels exceed {MAX_CHANNELS}")


def _pointwise_widths(entry: _Entry) -> Iterator[tuple[Path, str, int]]:
    """Yield path of the key, name and channels of each width of a 1×1 convolution."""
    keys, path = entry.keys, entry.path
    expanded, ratio = _whole(keys.get("exp")), _whole(keys.get("expand"))
    if entry.kind == "mf" and entry.inputs:
        yield path, "input", entry.inputs
    if expanded:
        yield (*path, "exp"), "expanded", expanded
    if ratio:
        yield from (((*path, "expand"), "expanded", ratio * inputs) for inputs in entry.input_widths)
    if entry.outputs:
        yield (*path, "out"), "output", entry.outputs
    if second := _whole(keys.get("exp2")):
        yield (*path, "exp2"), "second expanded", second


def _required(data: Mapping[str, Any], entries: list[_Entry]) -> Iterator[Breach]:
    """Check what the spec itself requires of its widths."""
    if _map(data, "require").get("widths") != "nondecreasing":
        return
    for entry in entries:
        if entry.inputs and entry.outputs and entry.outputs < entry.inputs:
            rule = f"is less than its {entry.inputs} input channels, and 'require: {{widths: nondecreasing}}' is given"
            yield Breach((*entry.path, "out"), entry.outputs, rule)


def _bridged(data: Mapping[str, Any], entries: list[_Entry]) -> Iterator[Breach]:
    """Check that the bridge's heads divide each width that a bridge meets, before or after a block."""
    heads = _whole(_map(data, "bridge").get("heads", BridgeSpec().heads))
    if heads is None or data.get("former") == "none" or data.get("attention", "mha") != "mha":
        return
    final = _map(data, "bridge").get("final", BridgeSpec().final)
    kinds = [None, *(entry.kind for entry in entries), "mf" if final else None]
    widths = [(("stem",), _whole(data.get("stem"))), *(((*entry.path, "out"), entry.outputs) for entry in entries)]
    for (path, channels), before, after in zip(widths, kinds, kinds[1:], strict=False):
        meets = before in ("mf", "mf-down") or after in ("mf", "mf-down")
        if meets and channels and channels % heads:
            rule = f"cannot be split among the bridge's {heads} heads"
            yield Breach(path, channels, rule, _multiples(channels, heads))


def _former(data: Mapping[str, Any]) -> Iterator[Breach]:
    activation = _map(data, "mobile").get("activation", MobileSpec().activation)
    if data.get("former") == "none":
        if activation == "dy-relu":
            rule = "DY-ReLU takes its parameters from Former's first token, and there is none"
            yield Breach(("mobile", "activation"), activation, rule, "give 'mobile: {activation: relu}' as well")
        return
    if "tokens" not in data:
        yield Breach(("tokens",), None, "is missing: Former works on tokens", "give it, or 'former: none'")
    dimension = _whole(_map(data, "tokens").get("dim"))
    heads = _whole(_map(data, "former").get("heads", FormerSpec().heads))
    if dimension and dimension % 4:
        rule = "must be divisible by 4: DY-ReLU's θ squeezes the token to a quarter"
        yield Breach(("tokens", "dim"), dimension, rule, _multiples(dimension, 4))
    elif dimension and heads and data.get("attention", "mha") == "mha" and dimension % heads:
        rule = f"cannot be split among Former's {heads} heads"
        yield Breach(("tokens", "dim"), dimension, rule, _multiples(dimension, lcm(4, heads)))


def _resolution(data: Mapping[str, Any], entries: list[_Entry]) -> Iterator[Breach]:
    """Check that each layer of stride 2 finds two pixels to halve, and the depthwise kernels' default."""
    kernel = _whole(_map(data, "mobile").get("kernel"))
    if kernel and kernel % 2 == 0:
        yield Breach(("mobile", "kernel"), kernel, "must be odd, so that the padding keeps the resolution")
    halvings = 1 + sum(entry.halves for entry in entries)
    sides = _sides(data.get("input", 224))
    least = 2 ** (min(halvings, MAX_PIXELS) - 1) + 1
    if sides and 0 < min(sides) < least:
        rule = f"the last of its {halvings} layers of stride 2 would find a single pixel, and shrink it below 1"
        remedy = f"each side must have {least} pixels or more" if least <= MAX_PIXELS else "take some of them away"
        yield Breach(("input",), data.get("input"), rule, remedy)


def _detector(data: Mapping[str, Any], entries: list[_Entry]) -> Iterator[Breach]:
    """Check that a detector stands on a backbone that has maps of strides 8, 16 and 32."""
    if data.get("detector") != "retinanet":
        return
    if isinstance(data.get("head"), dict):
        yield Breach(("detector",), data["detector"], "a detector takes the head's place", "give 'head: none' as well")
    if data.get("former") != "none" and _map(data, "bridge").get("final", BridgeSpec().final) is True:
        rule = "the final Mobile→Former would feed nothing"
        yield Breach(("detector",), data["detector"], rule, "give 'bridge: {final: false}' as well")
    stage = 1 + sum(entry.halves for entry in entries)
    if entries and stage != BACKBONE_STAGES[-1]:
        rule = (
            f"takes the maps of strides 8, 16 and 32: the blocks must end at stage {BACKBONE_STAGES[-1]}, not {stage}"
        )
        yield Breach(("detector",), data["detector"], rule)


def _sides(value: object) -> list[int]:
    parts = [str(value)] if type(value) is int else value.split("x") if isinstance(value, str) else []
    return [int(part) for part in parts if part.isdecimal() and len(part) < 10]
