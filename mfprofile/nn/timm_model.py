"""A Mobile-Former with the methods and attributes that timm's trainers and feature extractors use. It needs timm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from timm.models import checkpoint as run_again
from timm.models._features import feature_take_indices
from torch import Tensor, nn

from mfprofile.errors import InputError
from mfprofile.nn.checkpoint import load_checkpoint
from mfprofile.nn.model import MobileFormer, initialise
from mfprofile.nn.released import released_names
from mfprofile.spec import Network, Spec, load, resolve

Output = tuple[Tensor, Tensor | None]
"""The last feature map (batch, channels, height, width), and the tokens (batch, count, dim), None without Former."""

STEM_STRIDE = 2


class TimmMobileFormer(MobileFormer):
    """A Mobile-Former with timm's methods and attributes. The weights and their names are those of `MobileFormer`.

    `forward_features` returns a pair, because the head reads both: the last feature map and the tokens. `in_chans` may
    differ from the 3 of every count. `num_classes` is 0 without a classifier; then the output is the head's hidden
    layer. The head has layers after its pooling, so `global_pool` must be `avg`.
    """

    def __init__(
        self,
        spec: str | Path | Mapping[str, Any] | Spec,
        num_classes: int | None = None,
        in_chans: int = 3,
        global_pool: str = "avg",
        drop_rate: float = 0.0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        network = resolve(load(spec))
        name = network.name or "the spec"
        if network.head is None or network.detector is not None:
            raise InputError(f"{name}: has no head; timm's models are classifiers: remove 'head: none' and 'detector'")
        with nullcontext() if device is None else torch.device(device):
            super().__init__(network, drop_rate, in_chans)
        self.to(dtype=dtype or self.stem.get_parameter("conv.weight").dtype)
        self.in_chans, self.drop_rate, self.num_classes = in_chans, drop_rate, network.head.classes
        self.num_features, self.head_hidden_size = network.last.channels, network.head.fc
        self.grad_checkpointing = False
        self.feature_info = feature_info(network)
        if num_classes not in (None, self.num_classes) or global_pool != "avg":
            self.reset_classifier(self.num_classes if num_classes is None else num_classes, global_pool)

    def forward(self, image: Tensor) -> Any:  # type: ignore[override] # torch.fx traces every argument
        """Return the logits (batch, classes), or without a classifier the head's hidden layer (batch, width)."""
        return self.forward_head(self.forward_features(image))

    def forward_features(self, image: Tensor) -> Output:
        """Return the last feature map and the tokens."""
        self._check(image, False)
        stem = self.stem(image)
        features = self._after_stem(stem)
        return self._last({STEM_STRIDE: stem, **features.maps}), features.tokens

    def forward_head(self, features: Output, pre_logits: bool = False) -> Tensor:
        """Return the head's output; with `pre_logits` its hidden layer, as the classifier reads it.

        After `prune_intermediate_layers` there is no head, and the result is the feature map.
        """
        if self.head is None:
            return features[0]
        result: Tensor = self.head.hidden(*features) if pre_logits else self.head(*features)
        return result

    def forward_intermediates(
        self,
        image: Tensor,
        indices: int | Sequence[int] | None = None,
        norm: bool = False,  # noqa: ARG002 - the maps have no norm of their own after the blocks
        stop_early: bool = False,
        output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> Any:
        """Return the features as `forward_features` does, and the chosen maps of `feature_info`; or only these maps.

        `indices` are the last n maps or a sequence of indices, all by default. With `stop_early`, blocks after the last
        of them do not run; that needs `intermediates_only`. `norm` changes nothing.
        """
        if output_fmt not in ("NCHW", "NHWC"):
            raise InputError(f"output_fmt = {output_fmt!r}: must be NCHW or NHWC")
        if stop_early and not intermediates_only:
            raise InputError("stop_early needs intermediates_only: without all blocks there are no final features")
        chosen, last = feature_take_indices(len(self.feature_info), indices)
        self._check(image, False)
        stem = self.stem(image)
        features = self._after_stem(stem, until=blocks_before(self.feature_info[last]) if stop_early else None)
        maps = {STEM_STRIDE: stem, **features.maps}
        taken = [maps[self.feature_info[index]["reduction"]] for index in sorted(set(chosen))]
        if output_fmt == "NHWC":
            taken = [each.permute(0, 2, 3, 1) for each in taken]
        return taken if intermediates_only else ((self._last(maps), features.tokens), taken)

    def prune_intermediate_layers(
        self,
        indices: int | Sequence[int] = 1,
        prune_norm: bool = False,  # noqa: ARG002 - there is no norm
        prune_head: bool = True,
    ) -> list[int]:
        """Remove the layers after the last of the chosen maps, and return the indices of these maps from the start.

        The head is removed too, unless `prune_head` is false and no block is removed.
        """
        chosen, last = feature_take_indices(len(self.feature_info), indices)
        kept = blocks_before(self.feature_info[last])
        if prune_head or kept < len(self._order):
            self.final = self.head = None
            self.num_classes, self.feature_info = 0, self.feature_info[: last + 1]
            self.num_features = self.head_hidden_size = self.feature_info[last]["num_chs"]
            del self._order[kept:]
            self.blocks = nn.ModuleDict({name: self.blocks[name] for name in list(self.blocks)[:kept]})
        if not any(hasattr(block, "former") for block in self.blocks.values()):
            self.tokens = self.tokens if self.final is not None else None
        return list(chosen)

    def get_classifier(self) -> nn.Module:
        """Return the last Linear, or an identity if there is none."""
        classifier: nn.Module = nn.Identity() if self.head is None else self.head.fc2
        return classifier

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Replace the last Linear by a new one, or remove it if there are no classes."""
        if global_pool not in (None, "avg"):
            rule = "Mobile-Former's head has layers after its pooling, so it must be 'avg'"
            raise InputError(f"global_pool = {global_pool!r}: {rule}; for feature maps use features_only=True")
        if self.head is None:
            if num_classes:
                raise InputError("the head was removed with the last layers; a classifier needs the whole network")
            return
        like = self.head.fc1.weight
        size: dict[str, Any] = {"device": like.device, "dtype": like.dtype}
        self.head.fc2 = nn.Linear(self.head_hidden_size, num_classes, **size) if num_classes else nn.Identity()
        initialise(self.head.fc2.train(self.training))
        self.num_classes = num_classes

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Save memory in training: run each block a second time in the backward pass instead of keeping its values."""
        self.grad_checkpointing = enable

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:  # noqa: ARG002 - a block is the finest group
        """Return the patterns that sort the parameters by depth: stem and tokens, each block, then the head."""
        return {"stem": r"^stem|^tokens", "blocks": r"^blocks\.(\d+)"}

    def no_weight_decay(self) -> set[str]:
        """Return the parameters that weight decay would only shrink: the tokens, which are inputs rather than a map."""
        return set() if self.tokens is None else {"tokens.weight"}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load a state dict with this project's names, or one with the released names as `load_checkpoint` does.

        Raises `InputError` if a released checkpoint does not fit.
        """
        if _is_released(self, state_dict):
            load_checkpoint(self, state_dict)
            state_dict = self.state_dict()
        return super().load_state_dict(state_dict, strict=strict, assign=assign)

    def _last(self, maps: Mapping[int, Tensor]) -> Tensor:
        """Return the last of the maps by stride; after pruning, it may be that of the stem."""
        return maps[2 ** self._order[-1].stage if self._order else STEM_STRIDE]

    def _run(self, block: nn.Module, image: Tensor, tokens: Tensor | None) -> Any:
        run = super()._run
        return run_again(run, block, image, tokens) if self.grad_checkpointing else run(block, image, tokens)

    def _check(self, image: Tensor, attention: bool) -> None:
        if not isinstance(image, torch.fx.Proxy):  # torch.fx traces with values that have no shape
            super()._check(image, attention)


def feature_info(network: Network) -> list[dict[str, Any]]:
    """Return the maps that can be taken, as timm describes them: the last output of each stride from 2, by its module.

    The map of stride 2 is that of the stem if no block has this stride.
    """
    last = {2**block.stage: (f"blocks.{block.number}", block.outputs.channels) for block in network.blocks}
    maps = {STEM_STRIDE: ("stem", network.stem.channels), **last}
    return [{"num_chs": channels, "reduction": stride, "module": module} for stride, (module, channels) in maps.items()]


def blocks_before(info: Mapping[str, Any]) -> int:
    """Return the number of blocks that run until a map of `feature_info`."""
    _, _, number = info["module"].partition("blocks.")
    return int(number or 0)


def released_as_own(model: MobileFormer, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state dict with released names with those of the model. Other names stay."""
    names = released_names(model.network, model.state_dict())
    return {names.get(key, key): value for key, value in state.items()}


def _is_released(model: MobileFormer, state: Mapping[str, Any]) -> bool:
    """Return whether names of a state dict, but for `module.`, are released names that the model itself has not."""
    own = model.state_dict()
    theirs = released_names(model.network, own).keys() - own.keys()
    return any(str(key).removeprefix("module.") in theirs for key in state)
