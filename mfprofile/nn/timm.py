"""Register Mobile-Former with timm: importing this adds the seven networks of the paper, and `mfprofile` for any spec.

    import mfprofile.nn.timm
    import timm

    timm.create_model("mobileformer_294m", num_classes=10, drop_rate=0.3)
    timm.create_model("mfprofile", spec="mine.yaml", features_only=True)

The weights of no model are hosted. `checkpoint_path` reads a released checkpoint, and one of timm's trainer. Importing
this needs timm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from mfprofile.errors import InputError
from mfprofile.spec import load, resolve

try:
    from timm.models import build_model_with_cfg, generate_default_cfgs, register_model, resolve_pretrained_cfg

    from mfprofile.nn.timm_model import TimmMobileFormer, feature_info, released_as_own
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] != "timm":
        raise
    rule = "mfprofile.nn.timm needs timm; install it with pip install '.[timm]'"
    raise ModuleNotFoundError(rule, name="timm") from None

SPECS = {f"mobileformer_{size}": f"mf{size}" for size in ("26m", "52m", "96m", "151m", "214m", "294m", "508m")}
"""The spec of each registered network of the paper."""

ANY = "mfprofile"
"""The registered model that takes a spec: `create_model("mfprofile", spec="mine.yaml")`."""

MODULES = {"first_conv": "stem.conv", "classifier": "head.fc2"}
PAPER = {"paper_name": "Mobile-Former: Bridging MobileNet and Transformer", "paper_ids": "arXiv:2108.05895"}
SOURCES = ("url", "file", "state_dict", "hf_hub_id", "source")
"""The keys of a pretrained configuration that say where weights are."""

default_cfgs = generate_default_cfgs(
    {name: {"input_size": (3, 224, 224), "pool_size": (7, 7), **MODULES, **PAPER} for name in (*SPECS, ANY)}
)


def _entry(name: str, spec: str) -> Callable[..., nn.Module]:
    """Return the function that timm calls to create a model of the paper."""

    def create(pretrained: bool = False, **options: Any) -> nn.Module:
        return _create(name, pretrained, spec=spec, **options)

    create.__name__ = create.__qualname__ = name
    create.__doc__ = f"Return {spec}, as a classifier or with `features_only=True` as a backbone."
    return create


def mfprofile(pretrained: bool = False, spec: Any = "mf294m", **options: Any) -> nn.Module:
    """Return the model of a spec: the name of an included one, a path, or a mapping."""
    loaded = load(spec)
    network = resolve(loaded)
    if network.head is not None and options.get("pretrained_cfg") is None:
        last = network.last
        options["pretrained_cfg"] = {
            "input_size": (3, network.height, network.width),
            "pool_size": (last.height, last.width),
            "num_classes": network.head.classes,
            **MODULES,
        }
    return _create(ANY, pretrained, spec=loaded, **options)


def _create(name: str, pretrained: bool, spec: Any, **options: Any) -> nn.Module:
    """Return a registered model, as a classifier or a backbone."""
    levels = len(feature_info(resolve(load(spec))))
    if pretrained:
        _check_source(name, options)
    model: nn.Module = build_model_with_cfg(
        TimmMobileFormer,
        name,
        pretrained,
        pretrained_filter_fn=_own_names,
        feature_cfg={"out_indices": tuple(range(levels)), "feature_cls": "getter"},
        spec=spec,
        **options,
    )
    return model


def _check_source(name: str, options: Mapping[str, Any]) -> None:
    """Raise `InputError` if weights are requested, but no place is given."""
    keys = ("pretrained_cfg", "pretrained_cfg_overlay")
    config = resolve_pretrained_cfg(name, **{key: options.get(key) for key in keys})
    if not any(getattr(config, key, None) for key in SOURCES):
        raise InputError(
            f"{name}: pretrained=True, but no weights of it are hosted; use checkpoint_path=FILE for a checkpoint that "
            "you have, or pretrained_cfg_overlay={'file': FILE} with pretrained=True for a backbone or other classes"
        )


def _own_names(state: Mapping[str, Any], model: TimmMobileFormer) -> dict[str, Any]:
    """Return a checkpoint with this project's names; timm calls it for weights that it loads with `pretrained`."""
    return released_as_own(model, state)


mobileformer_26m = _entry("mobileformer_26m", "mf26m")
mobileformer_52m = _entry("mobileformer_52m", "mf52m")
mobileformer_96m = _entry("mobileformer_96m", "mf96m")
mobileformer_151m = _entry("mobileformer_151m", "mf151m")
mobileformer_214m = _entry("mobileformer_214m", "mf214m")
mobileformer_294m = _entry("mobileformer_294m", "mf294m")
mobileformer_508m = _entry("mobileformer_508m", "mf508m")

for entry in (
    *(mobileformer_26m, mobileformer_52m, mobileformer_96m, mobileformer_151m),
    *(mobileformer_214m, mobileformer_294m, mobileformer_508m, mfprofile),
):
    register_model(entry)
