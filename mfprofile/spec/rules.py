"""The rules between the keys of a spec, each with its own message.

The rules read the plain mapping, not `Spec`. So a wrong type in one block does not hide the broken rules of another.
A value of the wrong type is unknown (None) here, and rules skip unknown values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import lcm
from typing import Any

from mfprofile.spec.detector import BACKBONE_STAGES
from mfprofile.spec.entries import Breach, Entry, Path, Width, block_entries, whole
from mfprofile.spec.model import MAX_BLOCKS, MAX_CHANNELS, MAX_PIXELS, BridgeSpec, FormerSpec, MobileSpec

_ODD_KERNEL = "must be odd: padding for an even kernel would change the resolution"


def breaches(data: Mapping[str, Any]) -> Iterator[Breach]:
    """Yield every rule that a spec's mapping breaks (`extends` followed, `width` applied)."""
    entries = list(block_entries(data))
    for entry in entries:
        yield from _keys(entry)
        yield from _steps(entry)
    used = [entry for entry in entries if entry.is_used]
    for entry in used:
        yield from _expansions(entry)
        yield from _groups(entry, data)
        yield from _limits(entry)
    yield from _required(data, used)
    yield from _bridged(data, used)
    yield from _former(data)
    yield from _resolution(data, entries)
    yield from _detector(data, entries)
    number = sum(entry.times for entry in entries)
    if (entries or data.get("blocks") == []) and not 1 <= number <= MAX_BLOCKS:
        repeats = sorted(entries, key=lambda entry: -entry.times)
        rule = f"must be between 1 and {MAX_BLOCKS} blocks, counted after 'repeat'"
        yield Breach(("blocks",), number, rule, because=tuple((*entry.path, "repeat") for entry in repeats))


def missing(data: Mapping[str, Any]) -> Iterator[Breach]:
    """Yield the rules that a mapping breaks because a key is missing. The other keys may be choices, as in a space."""
    for entry in block_entries(data):
        yield from _missing_expansion(entry)
    yield from _missing_tokens(data)


def _missing_expansion(entry: Entry) -> Iterator[Breach]:
    if "exp" not in entry.keys and "expand" not in entry.keys:
        rule = "needs 'exp' (channels) or 'expand' (ratio to the input channels)"
        yield Breach(entry.path, entry.keys, rule, because=entry.at("exp", "expand"))


def _missing_tokens(data: Mapping[str, Any]) -> Iterator[Breach]:
    if data.get("former") not in ("none", ["none"]) and "tokens" not in data:
        rule = "is missing: Former needs tokens"
        yield Breach(("tokens",), None, rule, "add it, or 'former: none'", (("former",),))


def _map(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _keys(entry: Entry) -> Iterator[Breach]:
    keys, path, kind = entry.keys, entry.path, entry.kind
    if "exp" in keys and "expand" in keys:
        yield Breach((*path, "expand"), keys["expand"], "'exp' is also given", "keep one of the two", entry.at("exp"))
    yield from _missing_expansion(entry)
    if "exp2" in keys and kind in ("lite", "mf"):
        rule = f"only mf-down blocks have a second expansion, not {kind} blocks"
        yield Breach((*path, "exp2"), keys["exp2"], rule, "remove it", entry.at("block"))


def _steps(entry: Entry) -> Iterator[Breach]:
    """Check stride, kernel and repeat."""
    keys, path, kind = entry.keys, entry.path, entry.kind
    stride, kernel = whole(keys.get("stride")), whole(keys.get("kernel"))
    if kind == "mf" and stride == 2:
        yield Breach((*path, "stride"), 2, "an mf block has stride 1", "use mf-down to downsample", entry.at("block"))
    if kind == "mf-down" and stride == 1:
        yield Breach((*path, "stride"), 1, "an mf-down block has stride 2", "use mf for stride 1", entry.at("block"))
    if kernel and kernel % 2 == 0:
        yield Breach((*path, "kernel"), kernel, _ODD_KERNEL)
    if entry.times > 1 and (kind == "mf-down" or (kind == "lite" and stride == 2)):
        rule = "only blocks of stride 1 can be repeated"
        yield Breach((*path, "repeat"), entry.times, rule, because=entry.at("stride", "block"))


def _expansions(entry: Entry) -> Iterator[Breach]:
    """Check that depthwise convolutions that expand have a whole number of filters per channel."""
    keys, path = entry.keys, entry.path
    expanded, second = whole(keys.get("exp")), whole(keys.get("exp2"))
    if entry.kind in ("lite", "mf-down") and expanded:
        for inputs in entry.input_widths:
            if expanded % inputs:
                rule = f"must be a multiple of the {inputs} input channels: a depthwise convolution expands them"
                remedy = _multiples(expanded, lcm(*entry.input_widths))
                yield Breach((*path, "exp"), expanded, rule, remedy, _reasons(entry))
    if entry.kind == "mf-down" and second and entry.outputs and second % entry.outputs:
        rule = f"must be a multiple of the {entry.outputs} output channels: a depthwise convolution expands them"
        because = (*entry.target.keys, *entry.at("block"))
        yield Breach((*path, "exp2"), second, rule, _multiples(second, entry.outputs), because)


def _reasons(entry: Entry) -> tuple[Path, ...]:
    """Return the keys that decide the input channels of an entry's blocks, and its kind."""
    repetitions = (*entry.at("repeat"), *entry.target.keys) if len(entry.input_widths) > 1 else ()
    return (*entry.source.keys, *repetitions, *entry.at("block"))


def _multiples(value: int, of: int) -> str:
    """Return the remedy that names the multiples of `of` next to `value`."""
    below = value // of * of
    return f"use {below} or {below + of}" if below else f"use {of}"


def _groups(entry: Entry, data: Mapping[str, Any]) -> Iterator[Breach]:
    """Check that the number of groups divides each input and output width of this block's 1×1 convolutions."""
    groups = whole(data.get("groups", 1))
    for path, name, channels in _pointwise_widths(entry):
        if groups and channels % groups:
            rule = f"{channels} {name} channels cannot be split into {groups} groups (1×1 convolutions)"
            value = entry.keys.get(str(path[-1]))
            remedy = _multiples(channels, groups) if value == channels else ""
            yield Breach(path, value, rule, remedy, (("groups",), *entry.target.keys, *_reasons(entry)))


def _limits(entry: Entry) -> Iterator[Breach]:
    """Check widths that result from a ratio or from `width`: the limits of single keys do not cover them."""
    for path, name, channels in _pointwise_widths(entry):
        if channels > MAX_CHANNELS and name != "input":
            rule = f"{channels} {name} channels exceed the limit of {MAX_CHANNELS}"
            yield Breach(path, entry.keys.get(str(path[-1])), rule, because=(*entry.target.keys, *_reasons(entry)))


def _pointwise_widths(entry: Entry) -> Iterator[tuple[Path, str, int]]:
    """Yield the path of the key, the name and the channels of each width of a 1×1 convolution."""
    keys, path = entry.keys, entry.path
    expanded, ratio = whole(keys.get("exp")), whole(keys.get("expand"))
    if entry.kind == "mf" and entry.inputs:
        yield path, "input", entry.inputs
    if expanded:
        yield (*path, "exp"), "expanded", expanded
    if ratio:
        yield from (((*path, "expand"), "expanded", ratio * inputs) for inputs in entry.input_widths)
    if entry.outputs:
        yield (*path, "out"), "output", entry.outputs
    if second := whole(keys.get("exp2")):
        yield (*path, "exp2"), "second expanded", second


def _required(data: Mapping[str, Any], entries: list[Entry]) -> Iterator[Breach]:
    """Check `require`: the widths must be nondecreasing."""
    if _map(data, "require").get("widths") != "nondecreasing":
        return
    for entry in entries:
        if entry.inputs and entry.outputs and entry.outputs < entry.inputs:
            rule = f"is less than the {entry.inputs} input channels, but 'require: {{widths: nondecreasing}}' is given"
            because = (*entry.target.keys, *entry.source.keys, ("require", "widths"))
            yield Breach((*entry.path, "out"), entry.outputs, rule, because=because)


def _bridged(data: Mapping[str, Any], entries: list[Entry]) -> Iterator[Breach]:
    """Check that the number of bridge heads divides each width that a bridge reads, before or after a block."""
    heads = whole(_map(data, "bridge").get("heads", BridgeSpec().heads))
    if heads is None or data.get("former") == "none" or data.get("attention", "mha") != "mha":
        return
    final = _map(data, "bridge").get("final", BridgeSpec().final)
    kinds = [None, *(entry.kind for entry in entries), "mf" if final else None]
    stem = Width(whole(data.get("stem")), (("stem",),))
    widths = [stem, *(entry.target for entry in entries)]
    for at, (channels, keys) in enumerate(widths):
        is_read = kinds[at] in ("mf", "mf-down") or kinds[at + 1] in ("mf", "mf-down")
        if is_read and channels and channels % heads:
            rule = f"must be a multiple of the bridge's {heads} heads"
            nearby = entries[max(0, at - 1) : at + 1]
            around = (key for entry in nearby for key in (*entry.source.keys, *entry.at("block")))
            because = (("bridge", "heads"), *keys, *around, ("bridge", "final"), ("attention",), ("former",))
            yield Breach(keys[0], channels, rule, _multiples(channels, heads), because)


def _former(data: Mapping[str, Any]) -> Iterator[Breach]:
    activation = _map(data, "mobile").get("activation", MobileSpec().activation)
    if data.get("former") == "none":
        if activation == "dy-relu":
            rule = "DY-ReLU needs Former's first token, but there is no Former"
            remedy = "add 'mobile: {activation: relu}'"
            yield Breach(("mobile", "activation"), activation, rule, remedy, (("former",),))
        return
    yield from _missing_tokens(data)
    dimension = whole(_map(data, "tokens").get("dim"))
    heads = whole(_map(data, "former").get("heads", FormerSpec().heads))
    if dimension and dimension % 4:
        rule = "must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter"
        yield Breach(("tokens", "dim"), dimension, rule, _multiples(dimension, 4))
    elif dimension and heads and data.get("attention", "mha") == "mha" and dimension % heads:
        rule = f"must be a multiple of Former's {heads} heads"
        because = (("former", "heads"), ("attention",), ("former",))
        yield Breach(("tokens", "dim"), dimension, rule, _multiples(dimension, lcm(4, heads)), because)


def _resolution(data: Mapping[str, Any], entries: list[Entry]) -> Iterator[Breach]:
    """Check that each layer of stride 2 reads at least two pixels per side. Also check `mobile.kernel`."""
    kernel = whole(_map(data, "mobile").get("kernel"))
    if kernel and kernel % 2 == 0:
        yield Breach(("mobile", "kernel"), kernel, _ODD_KERNEL)
    halvings = 1 + sum(entry.halves for entry in entries)
    sides = _sides(data.get("input", 224))
    least = 2 ** (min(halvings, MAX_PIXELS) - 1) + 1
    if sides and 0 < min(sides) < least:
        rule = f"is too small: the last of the {halvings} layers of stride 2 would read a single pixel"
        remedy = f"use at least {least} pixels on each side" if least <= MAX_PIXELS else "use fewer of these layers"
        yield Breach(("input",), data.get("input", 224), rule, remedy, _halvings(entries))


def _halvings(entries: list[Entry]) -> tuple[Path, ...]:
    """Return the keys that decide where the resolution is halved, those of the last block of stride 2 first."""
    ordered = [entry for halves in (True, False) for entry in reversed(entries) if entry.halves is halves]
    return tuple(key for entry in ordered for key in entry.at("stride", "block", "repeat"))


def _detector(data: Mapping[str, Any], entries: list[Entry]) -> Iterator[Breach]:
    """Check that the detector's backbone has feature maps of strides 8, 16 and 32."""
    if data.get("detector") != "retinanet":
        return
    if isinstance(data.get("head"), dict):
        yield Breach(("detector",), data["detector"], "a detector replaces the head", "add 'head: none'", (("head",),))
    if data.get("former") != "none" and _map(data, "bridge").get("final", BridgeSpec().final) is True:
        rule = "a detector does not read the final Mobile→Former"
        because = (("bridge", "final"), ("former",))
        yield Breach(("detector",), data["detector"], rule, "add 'bridge: {final: false}'", because)
    stage = 1 + sum(entry.halves for entry in entries)
    if any(entry.is_used for entry in entries) and stage != BACKBONE_STAGES[-1]:
        rule = f"reads maps of strides 8, 16 and 32: the blocks must end at stage {BACKBONE_STAGES[-1]}, not {stage}"
        yield Breach(("detector",), data["detector"], rule, because=_halvings(entries))


def _sides(value: object) -> list[int]:
    parts = [str(value)] if type(value) is int else value.split("x") if isinstance(value, str) else []
    return [int(part) for part in parts if part.isdecimal() and len(part) < 10]
