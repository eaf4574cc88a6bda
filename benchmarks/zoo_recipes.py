"""Small configurations of the networks of transformers: the fields that make them small, and their inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from mfprofile.trace.inputs import Input

IDS = Input((12,), torch.int64)
IMAGE = Input((3, 64, 64))
SOUND = Input((4000,))

SMALL: Mapping[str, Any] = {
    **dict.fromkeys(("hidden_size", "embedding_size", "n_embd", "d_model"), 32),
    **dict.fromkeys(("intermediate_size", "encoder_ffn_dim", "decoder_ffn_dim", "ffn_dim", "d_ff"), 64),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "encoder_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    "num_key_value_heads": 2,
    "vocab_size": 96,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "image_size": 64,
}
"""The names that configurations have for width, depth, heads and vocabulary; a configuration ignores the others."""
_VISION: Mapping[str, Any] = {
    key: value for key, value in SMALL.items() if key not in ("vocab_size", "num_heads", "embedding_size")
}
_EXPERTS = {"num_experts": 4, "num_local_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_LATENT = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8}
_STAGES = {"depths": [1, 2, 1], "num_heads": [1, 2, 4], "embed_dim": 16, "image_size": 64, "window_size": 4}
_STAGED = {"num_attention_heads": [1, 2, 4, 8], "hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1]}

TEXT = """
albert bert biogpt bitnet bloom cohere ctrl data2vec-text deberta deberta-v2 diffllama distilbert electra ernie esm
eurobert exaone4 falcon_mamba flaubert fnet gemma gemma2 gemma3_text glm gpt2 gpt_bigcode gpt_neox granite helium
ibert lfm2 llama longformer mamba megatron-bert minimax mistral mixtral mobilebert modernbert mpnet mpt mra
nystromformer olmo olmo2 openai-gpt opt persimmon phi phi3 qwen2 qwen3 rembert roberta roformer rwkv smollm3
squeezebert stablelm starcoder2 xglm xlm xlm-roberta yoso convbert nomic_bert canine big_bird granitemoe jetmoe phimoe
"""
"""Types of networks that read token ids and need only the fields of `SMALL`."""

PAIRS = "bart t5 mt5 umt5 longt5 mbart m2m_100 marian pegasus_x blenderbot led bigbird_pegasus plbart fsmt"
"""Types of networks with an encoder and a decoder, which read token ids twice."""

IMAGES = """
aimv2_vision_model beit clip_vision_model cvt data2vec-vision deit dinov2 dinov2_with_registers dinov3_convnext
dinov3_vit dpt focalnet hgnet_v2 ijepa mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 poolformer resnet
sam_vision_model siglip_vision_model swiftformer textnet vit vit_mae vit_msn vitdet
"""
"""Types of networks that read an image of 64×64."""

SOUNDS = "data2vec-audio hubert sew sew-d unispeech unispeech-sat wav2vec2 wav2vec2-conformer wavlm"
"""Types of networks that read a wave of 4,000 samples."""

_CLIP = {"text_config": {**SMALL, "eos_token_id": 1}, "vision_config": {**_VISION, "patch_size": 16}}

OTHERS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "audio-spectrogram-transformer": (
        {**_VISION, "max_length": 64, "num_mel_bins": 32},
        {"input_values": Input((64, 32))},
    ),
    "bit": (
        {"embedding_size": 16, "hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1], "num_groups": 4},
        {"pixel_values": IMAGE},
    ),
    "clip": (_CLIP, {"input_ids": IDS, "pixel_values": IMAGE}),
    "clipseg": (_CLIP, {"input_ids": IDS, "pixel_values": IMAGE}),
    "codegen": ({**SMALL, "rotary_dim": 4}, {"input_ids": IDS}),
    "convnext": ({"hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 2, 1]}, {"pixel_values": IMAGE}),
    "convnextv2": ({"hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 2, 1]}, {"pixel_values": IMAGE}),
    "deepseek_v2": ({**SMALL, **_LATENT, "num_key_value_heads": 4, "first_k_dense_replace": 9}, {"input_ids": IDS}),
    "deepseek_v3": ({**SMALL, **_LATENT, "num_key_value_heads": 4, "first_k_dense_replace": 9}, {"input_ids": IDS}),
    "detr": ({**SMALL, "num_queries": 10}, {"pixel_values": IMAGE}),
    "donut-swin": (_STAGES, {"pixel_values": IMAGE}),
    "falcon": (SMALL, {"input_ids": IDS}),
    "glpn": (_STAGED, {"pixel_values": IMAGE}),
    "gpt_neo": ({**SMALL, "attention_types": [[["global", "local"], 1]]}, {"input_ids": IDS}),
    "gptj": ({**SMALL, "rotary_dim": 4}, {"input_ids": IDS}),
    "hiera": (
        {"embed_dim": 16, "image_size": [64, 64], "depths": [1, 1, 2, 1], "num_heads": [1, 2, 4, 8]},
        {"pixel_values": IMAGE},
    ),
    "imagegpt": (SMALL, {"input_ids": IDS}),
    "levit": (
        {
            "image_size": 64,
            "hidden_sizes": [16, 32, 64],
            "depths": [1, 1, 1],
            "num_attention_heads": [1, 2, 4],
            "key_dim": [8, 8, 8],
        },
        {"pixel_values": IMAGE},
    ),
    "mamba2": ({**SMALL, "num_heads": 8, "head_dim": 8, "state_size": 16, "n_groups": 2}, {"input_ids": IDS}),
    "olmoe": ({**SMALL, **_EXPERTS}, {"input_ids": IDS}),
    "perceiver": (
        {
            "num_latents": 8,
            "d_latents": 32,
            "d_model": 32,
            "num_blocks": 1,
            "num_self_attends_per_block": 2,
            "num_self_attention_heads": 4,
            "num_cross_attention_heads": 4,
        },
        {"inputs": Input((12, 32))},
    ),
    "pvt": ({"image_size": 64, **_STAGED}, {"pixel_values": IMAGE}),
    "pvt_v2": ({"image_size": 64, **_STAGED}, {"pixel_values": IMAGE}),
    "qwen2_moe": ({**SMALL, **_EXPERTS, "shared_expert_intermediate_size": 64}, {"input_ids": IDS}),
    "qwen3_moe": ({**SMALL, **_EXPERTS}, {"input_ids": IDS}),
    "reformer": (
        {
            **SMALL,
            "axial_pos_embds": False,
            "attention_head_size": 8,
            "feed_forward_size": 64,
            "attn_layers": ["local", "local"],
            "local_attn_chunk_length": 4,
        },
        {"input_ids": IDS},
    ),
    "regnet": (
        {"embedding_size": 16, "hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1], "groups_width": 8},
        {"pixel_values": IMAGE},
    ),
    "segformer": (_STAGED, {"pixel_values": IMAGE}),
    "speech_to_text": (
        {**SMALL, "max_source_positions": 64, "max_target_positions": 64, "conv_channels": 32},
        {"input_features": Input((64, 80)), "decoder_input_ids": IDS},
    ),
    "siglip": (_CLIP, {"input_ids": IDS, "pixel_values": IMAGE}),
    "swin": (_STAGES, {"pixel_values": IMAGE}),
    "swin2sr": (
        {"embed_dim": 16, "depths": [2, 2], "num_heads": [2, 2], "image_size": 64, "window_size": 8},
        {"pixel_values": IMAGE},
    ),
    "swinv2": (_STAGES, {"pixel_values": IMAGE}),
    "switch_transformers": (
        {
            **SMALL,
            "num_decoder_layers": 2,
            "num_experts": 4,
            "num_sparse_encoder_layers": 1,
            "num_sparse_decoder_layers": 1,
        },
        {"input_ids": IDS, "decoder_input_ids": IDS},
    ),
    "timesformer": ({**_VISION, "num_frames": 4, "patch_size": 16}, {"pixel_values": Input((4, 3, 64, 64))}),
    "videomae": ({**_VISION, "num_frames": 4, "patch_size": 16}, {"pixel_values": Input((4, 3, 64, 64))}),
    "vivit": ({**_VISION, "num_frames": 4, "tubelet_size": [2, 16, 16]}, {"pixel_values": Input((4, 3, 64, 64))}),
    "vits": ({**SMALL}, {"input_ids": IDS}),
    "whisper": (
        {**SMALL, "num_mel_bins": 20, "max_source_positions": 50, "max_target_positions": 64},
        {"input_features": Input((20, 100)), "decoder_input_ids": IDS},
    ),
    "xlnet": ({"vocab_size": 96, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, {"input_ids": IDS}),
    "yolos": ({**_VISION, "image_size": [64, 64], "num_detection_tokens": 10}, {"pixel_values": IMAGE}),
}
"""Types of networks with fields or inputs of their own."""


def recipes() -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return the fields and the inputs, by name, of each type of network."""
    return {
        **dict.fromkeys(TEXT.split(), ({**SMALL, "head_dim": 8}, {"input_ids": IDS})),
        **dict.fromkeys(PAIRS.split(), (SMALL, {"input_ids": IDS, "decoder_input_ids": IDS})),
        **dict.fromkeys(IMAGES.split(), (_VISION, {"pixel_values": IMAGE})),
        **dict.fromkeys(SOUNDS.split(), (SMALL, {"input_values": SOUND})),
        **OTHERS,
    }
