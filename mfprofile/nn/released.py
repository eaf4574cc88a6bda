"""The names of the released checkpoints: one table of pairs, theirs and ours, for every network.

In the released names, the first number of a block is our block number minus one. Numbers within a layer are positions
in a Sequential, in which activations, shuffles and dropout count too. `local_global` is Mobile→Former (`alpha.0` is its
gate, `proj` its output), `global_block` is Former (`channel_mlp` is its output projection), and `global_local` is
Mobile←Former (`k` is its key, `proj` its value).

Pairs of layers that a network does not have are skipped. No released model has the layers under a comment below. Their
names are this project's own, so that every variant can be saved and read back. Layers of a detector keep their paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mfprofile.errors import InputError
from mfprofile.spec.network import Block, Network

Pairs = tuple[tuple[str, str], ...]

_STEM: Pairs = (("tokens", "tokens"), ("stem.0", "stem.conv"), ("stem.1", "stem.norm"))

_LITE: Pairs = (
    ("conv.0", "depthwise.conv"),
    ("conv.1", "depthwise.norm"),
    ("conv.4", "pointwise.conv"),
    ("conv.5", "pointwise.norm"),
)

_MOBILE: Pairs = (
    ("conv1.0", "pointwise1.conv"),
    ("conv1.1", "pointwise1.norm"),
    ("hyper1.hyper.0", "activation1.theta.squeeze"),
    ("hyper1.hyper.2", "activation1.theta.expand"),
    ("conv2.0", "depthwise.conv"),
    ("conv2.1", "depthwise.norm"),
    ("hyper2.hyper.0", "activation2.theta.squeeze"),
    ("hyper2.hyper.2", "activation2.theta.expand"),
    ("conv3.0", "pointwise2.conv"),
    ("conv3.1", "pointwise2.norm"),
)

_MOBILE_DOWN: Pairs = (
    ("conv1.0", "depthwise1.conv"),
    ("conv1.1", "depthwise1.norm"),
    ("hyper1.hyper.0", "activation1.theta.squeeze"),
    ("hyper1.hyper.2", "activation1.theta.expand"),
    ("conv2.0", "pointwise1.conv"),
    ("conv2.1", "pointwise1.norm"),
    ("conv3.0", "depthwise2.conv"),
    ("conv3.1", "depthwise2.norm"),
    ("hyper3.hyper.0", "activation2.theta.squeeze"),
    ("hyper3.hyper.2", "activation2.theta.expand"),
    ("conv4.0", "pointwise2.conv"),
    ("conv4.1", "pointwise2.norm"),
)

_MOBILE_TO_FORMER: Pairs = (
    ("alpha.0", "gate.linear"),
    ("q", "query"),
    ("proj", "output"),
    ("layer_norm", "norm"),
    # the projections of the feature map, and the MLP
    ("k", "key"),
    ("v", "value"),
    ("mlp", "mix"),
)

_FORMER: Pairs = (
    ("ffn.0", "ffn.expand"),
    ("ffn.2", "ffn.project"),
    ("ffn_norm", "ffn.norm"),
    ("q", "attention.query"),
    ("channel_mlp", "attention.output"),
    ("layer_norm", "attention.norm"),
    # the MLP over tokens
    ("token_mlp.0", "attention.expand"),
    ("token_mlp.2", "attention.project"),
)

_FORMER_TO_MOBILE: Pairs = (
    ("k", "key"),
    ("proj", "value"),
    # the projections of the feature map, and the MLP
    ("q", "query"),
    ("fuse", "output"),
    ("mlp", "mix"),
)

_HEAD: Pairs = (
    ("conv.1", "conv"),
    ("conv.2", "norm"),
    ("fc.0", "fc1"),
    ("fc.1", "fc1_norm"),
    ("classifier.1", "fc2"),
)

_BY_KIND = {"lite": _LITE, "mf": _MOBILE, "mf-down": _MOBILE_DOWN}


def released_names(network: Network, names: Iterable[str]) -> dict[str, str]:
    """Return the released name of each of a state dict's `names`, mapped to that name, in the released order.

    Raises `InputError` for a layer that is not part of this project's networks, so no layer is dropped silently.

    >>> from mfprofile.spec import load, resolve
    >>> released_names(resolve(load("mf294m")), ["blocks.2.former.ffn.expand.bias", "tokens.weight"])
    {'tokens.weight': 'tokens.weight', 'features.1.global_block.ffn.0.bias': 'blocks.2.former.ffn.expand.bias'}
    """
    tensors: dict[str, list[str]] = {}
    for name in names:
        layer, _, tensor = name.rpartition(".")
        tensors.setdefault(layer, []).append(tensor)
    pairs = [*_layers(network), *((layer, layer) for layer in tensors if layer.startswith("detector."))]
    unknown = tensors.keys() - {ours for _, ours in pairs}
    if unknown:
        raise InputError(
            f"the model has layers that are not part of a Mobile-Former: {', '.join(sorted(unknown)[:10])}"
        )
    return {f"{theirs}.{tensor}": f"{ours}.{tensor}" for theirs, ours in pairs for tensor in tensors.get(ours, ())}


def _layers(network: Network) -> Iterator[tuple[str, str]]:
    """Yield the released name and our path of each layer, in the released order."""
    yield from _STEM
    for block in network.blocks:
        yield from _block(block)
    yield from _under("local_global", "final", _MOBILE_TO_FORMER)
    yield from _under("classifier", "head", _HEAD)


def _block(block: Block) -> Iterator[tuple[str, str]]:
    theirs, ours = f"features.{block.number - 1}", f"blocks.{block.number}"
    yield from _under(theirs, f"{ours}.mobile", _BY_KIND[block.kind])
    yield from _under(f"{theirs}.local_global", f"{ours}.mobile_to_former", _MOBILE_TO_FORMER)
    yield from _under(f"{theirs}.global_block", f"{ours}.former", _FORMER)
    yield from _under(f"{theirs}.global_local", f"{ours}.former_to_mobile", _FORMER_TO_MOBILE)


def _under(theirs: str, ours: str, pairs: Pairs) -> Iterator[tuple[str, str]]:
    return ((f"{theirs}.{released}", f"{ours}.{path}") for released, path in pairs)
