"""The networks of the zoo: of timm, torchvision and transformers, and made by hand, each small for its family.

Nothing is downloaded: the networks have random weights. `networks` returns them by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from zoo_recipes import recipes
from zoo_small import HANDMADE

from mfprofile.trace.inputs import Input
from mfprofile.trace.libraries import library

TIMM = """
bat_resnext26ts beit_base_patch16_224 botnet26t_256 caformer_s18 cait_xxs24_224 coat_lite_tiny coat_tiny
coatnet_nano_rw_224 coatnext_nano_rw_224 convformer_s18 convit_tiny convmixer_768_32 convnext_atto convnext_atto_ols
convnextv2_atto cpubone_nano crossvit_9_240 crossvit_tiny_240 cs3darknet_focus_s cs3darknet_s cspdarknet53
cspnext_tiny csatv2 darknet17 davit_tiny deit3_small_patch16_224 deit_tiny_distilled_patch16_224 deit_tiny_patch16_224
densenet121 dla34 dla60_res2net dm_nfnet_f0 dpn48b eca_halonext26ts eca_nfnet_l0 ecaresnet26t edgenext_xx_small
efficientformer_l1 efficientformerv2_s0 efficientnet_b0 efficientnet_b0_g8_gn efficientnet_es efficientnet_lite0
efficientnetv2_rw_t efficientvim_m1 efficientvit_b0 efficientvit_l1 efficientvit_m0 ese_vovnet19b_slim
eva02_tiny_patch14_224 fasternet_t0 fastvit_t8 fbnetc_100 fbnetv3_b focalnet_tiny_srf gcresnet33ts gcvit_xxtiny
gernet_s ghostnet_050 ghostnetv2_100 ghostnetv3_050 gmixer_24_224 gmlp_ti16_224 halonet26t hardcorenas_a hgnet_tiny
hgnetv2_b0 hiera_tiny_224 hrnet_w18_small iformer_t inception_next_atto inception_v3 lambda_resnet26t lcnet_050
lcnetv2_small legacy_seresnet18 levit_128s levit_conv_128s lowformer_b0 mambaout_femto maxvit_nano_rw_256
maxxvit_rmlp_nano_rw_256 mixer_s32_224 mixnet_s mnasnet_small mobilenet_edgetpu_v2_xs mobilenetv1_100 mobilenetv2_050
mobilenetv3_large_100 mobilenetv3_small_050 mobilenetv4_conv_small mobilenetv4_hybrid_medium mobileone_s0
mobilevit_xxs mobilevitv2_050 mvitv2_tiny naflexvit_base_patch16_gap nest_tiny nextvit_small nf_regnet_b0 nf_resnet26
pit_ti_224 poolformer_s12 pvt_v2_b0 pvt_v2_b2_li qwen3_vit_88m rdnet_tiny regnetv_040 regnetx_002 regnety_002
regnetz_005 repghostnet_050 repvgg_a0 repvit_m0_9 res2net50_14w_8s resmlp_12_224 resnest14d resnet10t resnet18
resnet50 resnet50_gn resnetaa50 resnetblur18 resnetrs50 resnetv2_18 resnetv2_50x1_bit resnext26ts rexnet_100
sebotnet33ts_256 selecsls42 seresnet18 shvit_s1 skresnet18 starnet_s050 swiftformer_xs swin_s3_tiny_224
swin_tiny_patch4_window7_224 swinv2_cr_tiny_224 swinv2_tiny_window8_256 tf_efficientnetv2_b0
tf_mobilenetv3_small_minimal_100 tiny_vit_5m_224 tinynet_e tnt_s_patch16_224 tresnet_m twins_pcpvt_small
twins_svt_small visformer_tiny vit_relpos_small_patch16_224 vit_srelpos_small_patch16_224 vit_small_r26_s32_224
vit_tiny_patch16_224 vit_tiny_r_s16_p8_224 vitamin_small_224 volo_d1_224 xception41 xcit_nano_12_p16_224
"""
"""Networks of timm, on one image of the size that timm names."""

TORCHVISION: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(
        ["alexnet", "googlenet", "maxvit_t", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_large", "regnet_y_400mf"],
        (3, 224, 224),
    ),
    **dict.fromkeys(
        ["shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t", "vit_b_32", "densenet121", "convnext_tiny"],
        (3, 224, 224),
    ),
    **dict.fromkeys(["resnext50_32x4d", "efficientnet_v2_s", "vgg11"], (3, 224, 224)),
    "inception_v3": (3, 299, 299),
    **dict.fromkeys(["fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"], (3, 128, 128)),
    **dict.fromkeys(["r3d_18", "mc3_18", "r2plus1d_18", "swin3d_t"], (3, 8, 64, 64)),
    "s3d": (3, 16, 224, 224),
    "mvit_v2_s": (3, 16, 224, 224),
}
"""Networks of torchvision, with the shape of their input."""

DETECTORS = (
    "fcos_resnet50_fpn retinanet_resnet50_fpn ssdlite320_mobilenet_v3_large fasterrcnn_mobilenet_v3_large_320_fpn"
)
"""Detectors of torchvision, on a list of one image of 64×64, which they enlarge."""


@dataclass(frozen=True)
class Network:
    """A network of the zoo: its name, the function that makes it, and its inputs by order and by name."""

    name: str
    make: Callable[[], nn.Module]
    inputs: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


def networks() -> dict[str, Network]:
    """Return all networks by name, those of libraries as their targets are called."""
    every = [*_of_timm(), *_of_torchvision(), *_of_transformers(), *_made_by_hand()]
    return {network.name: network for network in every}


def _of_timm() -> Iterator[Network]:
    timm = library("timm")
    for name in TIMM.split():
        config = timm.models.get_pretrained_cfg(name)
        yield Network(f"timm:{name}", partial(timm.create_model, name), (Input(config.input_size),))


def _of_torchvision() -> Iterator[Network]:
    vision = library("torchvision")
    for name, shape in TORCHVISION.items():
        yield Network(f"torchvision:{name}", partial(_seen, vision, name), (Input(shape),))
    for name in DETECTORS.split():
        yield Network(f"torchvision:{name}", partial(_detector, vision, name), ([torch.zeros(3, 64, 64)],))


def _seen(vision: Any, name: str, **options: Any) -> nn.Module:
    known = inspect.signature(vision.models.get_model_builder(name)).parameters
    without = {key: None for key in ("weights", "weights_backbone") if key in known}
    without |= {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model: nn.Module = vision.models.get_model(name, **without, **options)
    return model


def _detector(vision: Any, name: str) -> nn.Module:
    _give_suppression(vision)
    return _seen(vision, name, **({} if name.startswith("ssd") else {"min_size": 128, "max_size": 128}))


@cache
def _give_suppression(vision: Any) -> Any:
    """Give torchvision a non-maximum suppression if its compiled part is not for this torch, and return its library."""
    if vision.extension._has_ops():
        return None
    vision.ops.boxes._assert_has_ops = lambda: None
    defined: Any = torch.library.Library("torchvision", "FRAGMENT")
    defined.impl("nms", _suppressed, "CPU")
    return defined


def _suppressed(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Return the numbers of the boxes, the best first, that overlap no better one by more than a threshold."""
    order, kept = scores.argsort(descending=True), []
    low, high = boxes[:, :2], boxes[:, 2:]
    area = (high - low).prod(1)
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        shared = (torch.minimum(high[best], high[order]) - torch.maximum(low[best], low[order])).clamp(min=0).prod(1)
        order = order[shared <= threshold * (area[best] + area[order] - shared)]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64)


def _of_transformers() -> Iterator[Network]:
    transformers = library("transformers")
    for name, (fields, inputs) in recipes().items():
        yield Network(f"transformers:{name}", partial(_configured, transformers, name, fields), (), inputs)


def _configured(transformers: Any, name: str, fields: Mapping[str, Any]) -> nn.Module:
    config = transformers.AutoConfig.for_model(name, **fields)
    model: nn.Module = transformers.AutoModel.from_config(config)
    return model


def _made_by_hand() -> Iterator[Network]:
    for name, (make, inputs) in HANDMADE.items():
        yield Network(name, make, inputs)
