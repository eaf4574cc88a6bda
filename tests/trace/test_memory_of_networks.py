"""Compare the peak memory of networks with the live storages of their exported graphs, run by torch itself."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

torch = pytest.importorskip("torch")

from effort import nightly_but  # noqa: E402
from exported import live_peak  # noqa: E402
from running import need  # noqa: E402
from torch import nn  # noqa: E402
from zoo import ZOO  # noqa: E402

from mfprofile.cost.bill import count  # noqa: E402
from mfprofile.cost.memory import peak_memory  # noqa: E402
from mfprofile.nn.model import build  # noqa: E402
from mfprofile.trace.libraries import library, quiet  # noqa: E402
from mfprofile.trace.named import LIBRARIES  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

FACTS = {
    "resnet18": 4 * 2 * 64 * 112**2,  # 6,422,528: two maps of the first convolution and its norm
    "mobilenetv3_large_100": 4 * 2 * 64 * 112**2,  # two of the second block's expansion
    "efficientnet_b0": 4 * 2 * 96 * 112**2,  # 9,633,792
    "deit_tiny_patch16_224": 4 * 197 * 192 * (1 + 4 + 4),  # 1,361,664: the tokens, and two of the hidden layer
}
FEW = {
    "timm:resnet18": 64,
    "timm:mobilenetv3_small_100": 64,
    "timm:convnext_atto": 64,
    "torchvision:shufflenet_v2_x0_5": 64,
}
MANY = {
    **dict.fromkeys(
        (
            *("timm:poolformer_s12", "timm:pvt_v2_b0", "timm:edgenext_xx_small", "timm:ghostnetv2_100", "timm:vgg11"),
            *("timm:mobilenetv4_conv_small", "timm:regnetx_002", "timm:resnest14d", "timm:rexnet_100", "timm:dla34"),
            *("timm:res2net50_26w_4s", "timm:hrnet_w18_small", "timm:lambda_resnet26t", "timm:nfnet_l0"),
            *("timm:lcnet_050", "timm:xception41", "timm:inception_v3", "torchvision:densenet121"),
        ),
        128,
    ),
    **dict.fromkeys(
        (
            *(
                "timm:deit_tiny_patch16_224",
                "timm:swin_tiny_patch4_window7_224",
                "timm:levit_128s",
                "timm:gmlp_s16_224",
            ),
            *("timm:mixer_s32_224", "timm:coatnet_nano_rw_224", "timm:efficientformer_l1", "timm:nest_tiny"),
            *("timm:cait_xxs24_224", "timm:resmlp_12_224", "timm:beit_base_patch16_224", "torchvision:vit_b_16"),
            "torchvision:googlenet",
        ),
        224,
    ),
    **dict.fromkeys(("timm:mobilevit_xxs", "timm:maxvit_pico_rw_256", "timm:botnet26t_256"), 256),
    "timm:crossvit_tiny_240": 240,
}
"""Networks with the sides of their images."""
_SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_WORDS = {**_SIZES, "intermediate_size": 64, "vocab_size": 100}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("bert", "roberta", "mpnet"), _WORDS),
    **{key: {**_WORDS, "embedding_size": 16} for key in ("electra", "albert")},
    **{key: {**_WORDS, "num_key_value_heads": 2, "use_cache": False} for key in ("llama", "mistral", "qwen2")},
    "gpt_neox": {**_WORDS, "use_cache": False},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "vocab_size": 100},
    "opt": {**_SIZES, "ffn_dim": 64, "vocab_size": 100, "word_embed_proj_dim": 32, "use_cache": False},
    "vit": {**_SIZES, "intermediate_size": 64, "image_size": 32, "patch_size": 8},
    "dinov2": {**_SIZES, "image_size": 28, "patch_size": 14},
}
"""Small configurations of networks of transformers, by their type."""


def of_library(target: str) -> nn.Module:
    """Return a network of a library on meta tensors, without its weights."""
    name, _, network = target.partition(":")
    need(name)
    with torch.device("meta"):
        return LIBRARIES[name].factory(network, {})()


def equals_its_export(model: nn.Module, *inputs: Any) -> None:
    """Assert that the peak of a trace is that of the exported graph."""
    assert peak_memory(trace(model, inputs).bill()).bytes == live_peak(model, inputs)


@pytest.mark.parametrize("name", FACTS)
def test_the_peaks_of_known_networks(name: str) -> None:
    """They are sums of the largest tensors that one operator needs at the same time, at 224 × 224."""
    assert peak_memory(trace(of_library(f"timm:{name}"), [(3, 224, 224)]).bill()).bytes == FACTS[name]


def test_the_trace_of_a_spec_has_the_tokens_that_it_copies() -> None:
    """The spec counts the first tokens as parameters, but the model repeats them for its batch: 6 · 192 · 4 bytes."""
    bill = trace(build("mf294m", seed=0), [(3, 224, 224)]).bill()
    peak = peak_memory(bill)
    assert {one.name: one.bytes for one in peak.live}["repeat"] == 6 * 192 * 4
    of_spec = peak_memory(count("mf294m"))
    assert (peak.bytes, peak.op, of_spec.bytes) == (4_018_688, of_spec.op, 4_014_080)
    assert peak.bytes - 4608 == of_spec.bytes
    assert peak.params_bytes == of_spec.params_bytes


@pytest.mark.parametrize("target", FEW)
def test_the_peak_is_that_of_the_exported_graph(target: str) -> None:
    """Values are freed after their last use there, as storages are after their last reading here."""
    equals_its_export(of_library(target), torch.zeros(1, 3, FEW[target], FEW[target], device="meta"))


@pytest.mark.parametrize("name", ["residual", "language"])
def test_the_peak_of_a_small_network_is_that_of_its_exported_graph(name: str) -> None:
    """One has additions, the other a mask and attention."""
    _small(name)


@pytest.mark.parametrize("name", nightly_but(3, ZOO))
def test_the_peaks_of_small_networks_are_those_of_their_exported_graphs(name: str) -> None:
    """They have layers and functions of every sort."""
    _small(name)


def _small(name: str) -> None:
    inputs = [each if isinstance(each, torch.Tensor) else torch.zeros(1, *each) for each in ZOO[name].inputs]
    equals_its_export(ZOO[name].make(), *inputs)


@pytest.mark.parametrize("target", nightly_but(3, MANY))
def test_the_peaks_of_many_networks_are_those_of_their_exported_graphs(target: str) -> None:
    """No difference needs a reason."""
    equals_its_export(of_library(target), torch.zeros(1, 3, MANY[target], MANY[target], device="meta"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_the_peaks_of_transformers_are_those_of_their_exported_graphs(name: str) -> None:
    """The library makes masks if it is exported, and skips them if not. So the trace, too, runs as if exported."""
    need("transformers")
    with quiet():
        transformers = library("transformers")
        config = transformers.AutoConfig.for_model(name, **TRANSFORMERS[name])
        model = transformers.AutoModel.from_config(config).eval()
    side = getattr(config, "image_size", None)
    inputs = [torch.zeros(1, 12, dtype=torch.int64) if side is None else torch.zeros(1, 3, side, side)]
    with mock.patch.multiple(torch.compiler, _is_exporting_flag=True, _is_compiling_flag=True):
        traced = trace(model, inputs)
    assert peak_memory(traced.bill()).bytes == live_peak(model, inputs)
