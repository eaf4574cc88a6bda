"""A trace accounts for every tensor and parameter: on a zoo of a hundred networks it does so, or names what is missing.

The judge of the parameters is `numel` over the network's tensors. The judge of the tensors is a mode that keeps all
tensors of a run, so that no storage is used twice, and compares what is read with what was given or put out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from running import need  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.nn.utils import parametrizations  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402
from zoo import WORDS, ZOO, Lambda  # noqa: E402

from mfprofile.trace.libraries import library  # noqa: E402
from mfprofile.trace.trace import Input, trace  # noqa: E402

Function = Callable[..., Any]


class Steps(nn.Module):
    """A cell that runs once for each vector of a sequence (batch, steps, 4)."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the last state."""
        state = None
        for vector in vectors.unbind(1):
            state = self.cell(vector, state)
        return state[0] if isinstance(state, tuple) else state


class Experts(nn.Module):
    """A mixture of experts that runs the two best for each token, as their scores say."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.experts = nn.Linear(8, 4), nn.ModuleList(nn.Linear(8, 8) for _ in range(4))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the weighted sum of the experts."""
        weights, chosen = self.gate(tokens).softmax(-1).topk(2)
        out = torch.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            rows = (chosen == number).nonzero(as_tuple=True)
            out[rows[:-1]] += weights[rows][:, None] * expert(tokens[rows[:-1]])
        return out


class Rotary(nn.Module):
    """Attention with rotary positions, computed in complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.joint = nn.Linear(8, 24)
        self.register_buffer("angles", torch.polar(torch.ones(5, 4), torch.arange(20.0).view(5, 4)), persistent=False)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the attention of vectors (batch, 5, 8)."""
        query, key, value = self.joint(vectors).chunk(3, -1)
        query, key = (torch.view_as_real(self._complex(each) * self.angles).flatten(2) for each in (query, key))
        return functional.scaled_dot_product_attention(query, key, value)

    def _complex(self, vectors: Tensor) -> Tensor:
        return torch.view_as_complex(vectors.unflatten(-1, (4, 2)))


class Branching(nn.Module):
    """A network whose path depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return the first layer, or the second."""
        return self.first(x) if bool((x == 0).all()) else self.second(x)


class Growing(nn.Module):
    """A decoder with a cache of keys and values, which it fills step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.joint = nn.Linear(8, 24)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the output of each step, each on all vectors before it."""
        keys, values, outs = vectors.new_empty(1, 6, 8), vectors.new_empty(1, 6, 8), []
        for step, vector in enumerate(vectors.unbind(1)):
            query, keys[:, step], values[:, step] = self.joint(vector).chunk(3, -1)
            scores = query[:, None] @ keys[:, : step + 1].mT
            outs.append(scores.softmax(-1) @ values[:, : step + 1])
        return torch.cat(outs, 1)


def _layers(*layers: nn.Module) -> Function:
    return lambda: nn.Sequential(*layers)


def _weighted(function: Function, *shape: int) -> Function:
    return lambda: Lambda(function, w=torch.zeros(shape))


MORE: Mapping[str, tuple[Function, tuple[Any, ...]]] = {
    **{
        kind.__name__: (_layers(nn.Linear(4, 6), kind()), ((4,),))
        for kind in (
            *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh),
            *(nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Tanhshrink, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh),
            *(nn.LogSigmoid, nn.Softshrink, nn.Hardshrink, nn.Flatten, nn.GLU, nn.Dropout, nn.Identity, nn.RReLU),
        )
    },
    **{
        f"pool {kind.__name__}": (_layers(kind(2)), ((3, *[8] * sides),))
        for sides, kinds in enumerate((("MaxPool1d", "AvgPool1d"), ("MaxPool2d", "AvgPool2d"), ("MaxPool3d", "AvgPool3d")), 1)
        for kind in (getattr(nn, name) for name in kinds)
    },
    **{
        f"pad {kind.__name__}": (_layers(kind(1), nn.Conv2d(3, 2, 3)), ((3, 5, 5),))
        for kind in (nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d)
    },
    **{
        f"resize {mode}": (_layers(nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(3, 2, 3)), ((3, 5, 5),))
        for mode in ("nearest", "bicubic", "bilinear", "nearest-exact")
    },
    **{
        f"cell {kind.__name__}": (lambda kind=kind: Steps(kind(4, 5)), ((3, 4),))
        for kind in (nn.LSTMCell, nn.GRUCell, nn.RNNCell)
    },
    "lstm": (lambda: nn.LSTM(4, 5), ((3, 4),)),
    "gru": (lambda: nn.GRU(4, 5, bidirectional=True), ((3, 4),)),
    "fft": (_weighted(lambda x, w: torch.fft.rfft(x @ w).abs(), 4, 6), ((4,),)),
    "distances": (_weighted(torch.cdist, 5, 4), ((5, 4),)),
    "circular": (_layers(nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular")), ((3, 5, 5),)),
    "group norm": (_layers(nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4)), ((4, 5, 5),)),
    "rms norm": (_layers(nn.Linear(4, 4), nn.RMSNorm(4)), ((4,),)),
    "weight norm": (lambda: parametrizations.weight_norm(nn.Linear(4, 6)), ((4,),)),
    "spectral norm": (lambda: parametrizations.spectral_norm(nn.Linear(4, 6)), ((4,),)),
    "shuffle": (_layers(nn.Conv2d(4, 4, 1), nn.ChannelShuffle(2), nn.PixelUnshuffle(2)), ((4, 4, 4),)),
    "fold": (_layers(nn.Unfold(2), nn.Linear(9, 9), nn.Fold((4, 4), 2)), ((3, 4, 4),)),
    "experts": (Experts, ((5, 8),)),
    "rotary": (Rotary, ((5, 8),)),
    "branching": (Branching, ((4,),)),
    "growing": (Growing, ((6, 8),)),
    "attention with a mask": (
        _weighted(lambda x, w: functional.scaled_dot_product_attention(x, x @ w, x, is_causal=True), 4, 4),
        ((5, 4),),
    ),
    "table": (_weighted(lambda x, w: x + w[: x.shape[1]], 9, 4), ((5, 4),)),
    "positions": (_weighted(lambda x, w: x + w[torch.arange(x.shape[1], device=x.device)], 9, 4), ((5, 4),)),
    "constants": (_weighted(lambda x, w: x @ w + torch.tensor([1.0, 2.0], device=x.device), 4, 2), ((4,),)),
    "meshgrid": (
        _weighted(lambda x, w: x @ w + torch.stack(torch.meshgrid(*[torch.arange(2.0)] * 2, indexing="ij")).sum(0), 4, 2),
        ((2, 4),),
    ),
    "scatter": (_weighted(lambda x, w: (x @ w).scatter(1, torch.zeros(1, 1, dtype=torch.long), 1.0), 4, 3), ((4,),)),
    "index": (_weighted(lambda x, w: (x @ w)[:, [2, 0]], 4, 3), ((4,),)),
    "vmap": (_weighted(lambda x, w: torch.func.vmap(lambda row: row @ w)(x), 4, 3), ((4,),)),
    "checkpoint": (
        _weighted(lambda x, w: torch.utils.checkpoint.checkpoint(torch.matmul, x, w, use_reentrant=False), 4, 3),
        ((4,),),
    ),
    "norms of vectors": (_weighted(lambda x, w: functional.normalize(x @ w).cumsum(-1), 4, 3), ((4,),)),
    "bag": (lambda: nn.EmbeddingBag(9, 4), (WORDS,)),
    "two inputs": (_weighted(lambda x, y, w: functional.bilinear(x, y, w), 3, 4, 5), ((4,), (5,))),
    "a dictionary": (_weighted(lambda x, w: {"out": [x @ w, {"twice": (x @ w,)}]}, 4, 3), ((4,),)),
}  # fmt: skip
"""Networks that are counted in full."""

NAMED: Mapping[str, tuple[Function, tuple[Any, ...], set[str], set[str]]] = {
    "svd": (_weighted(lambda x, w: torch.linalg.svd(x @ w)[1], 4, 3), ((5, 4),), {"_linalg_svd"}, set()),
    "for each": (
        _weighted(lambda x, w: torch._foreach_add([x @ w], 1)[0], 4, 3), ((4,),), {"_foreach_add"}, set(),
    ),
    "numpy": (
        _weighted(lambda x, w: torch.from_numpy(x.numpy()) @ w, 4, 3), ((4,),), set(), {"made outside torch"},
    ),
    "numbers": (
        _weighted(lambda x, w: torch.tensor([float(each) for each in (x @ w)[0]]) * 2, 4, 3), ((4,),), set(),
        {"made outside torch"},
    ),
    "global": (_weighted(lambda x, w: x @ w + ELSEWHERE, 4, 3), ((4,),), set(), {"kept outside the network"}),
    "garbage": (
        _weighted(lambda x, w: x @ w + torch.empty(1, 3, device=x.device), 4, 3), ((4,),), set(),
        {"written outside torch"},
    ),
}  # fmt: skip
"""Networks that are not counted in full: the operators and the origins of tensors that are named."""

ELSEWHERE = torch.ones(3)
ALL: Mapping[str, tuple[Function, tuple[Any, ...]]] = {
    **{name: (exhibit.make, exhibit.inputs) for name, exhibit in ZOO.items()},
    **MORE,
}


class Witness(TorchDispatchMode):
    """A mode that keeps the memory of every tensor that is read or put out, and collects those that come from nowhere."""

    def __init__(self, given: list[Tensor]) -> None:
        super().__init__()
        self.kept = [each.untyped_storage() for each in given]
        self.known = {self._storage(each) for each in given}
        self.strangers: list[str] = []

    @staticmethod
    def _storage(tensor: Tensor) -> int:
        return int(tensor.untyped_storage()._cdata)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator, compare what it reads, and keep what it puts out."""
        read = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        if str(function) != "aten.lift_fresh.default":
            self.strangers += [str(function) for each in read if self._storage(each) not in self.known]
        out = function(*args, **(kwargs or {}))
        outs = [each for each in tree_leaves(out) if isinstance(each, Tensor)]
        self.kept += [each.untyped_storage() for each in (*read, *outs)]
        self.known |= {self._storage(each) for each in (*read, *outs)}
        return out


def _inputs(sides: tuple[Any, ...]) -> list[Tensor]:
    return [each if isinstance(each, Tensor) else torch.zeros(1, *each) for each in sides]


def test_the_zoo_has_a_hundred_networks() -> None:
    """Those of other tests are among them."""
    assert len(ALL) + len(NAMED) >= 100


@pytest.mark.parametrize("name", ALL)
def test_every_tensor_and_every_parameter_is_accounted_for(name: str) -> None:
    """Nothing is named, on any device; a witness that keeps all tensors agrees that none comes from nowhere."""
    make, sides = ALL[name]
    model = make().eval()
    traced = trace(model, sides)
    assert (traced.uncovered, traced.outside, traced.coverage) == ((), (), 1)
    assert traced.bill().params == sum(each.numel() for each in model.parameters())
    inputs = _inputs(sides)
    with torch.inference_mode(), Witness([*model.parameters(), *model.buffers(), *inputs]) as witness:
        model(*inputs)
    assert witness.strangers == []
    on_a_cpu = trace(model, sides, device="cpu")
    assert (on_a_cpu.uncovered, on_a_cpu.outside, on_a_cpu.bill().madds) == ((), (), traced.bill().madds)


@pytest.mark.parametrize("name", NAMED)
def test_what_breaks_the_promise_is_named(name: str) -> None:
    """The operators and the origins of tensors are those that are expected, and no parameter is lost."""
    make, sides, operators, origins = NAMED[name]
    model = make()
    traced = trace(model, sides)
    assert {each.operator for each in traced.uncovered} == operators
    assert {each.origin for each in traced.outside} == origins
    assert traced.bill().params == sum(each.numel() for each in model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("resnet18", "resnet50", "regnety_002", "mobilenetv3_small_050", "mobilenetv4_conv_small", "efficientnet_b0"),
        *("convnext_atto", "convnextv2_atto", "vit_tiny_patch16_224", "deit3_small_patch16_224", "beit_base_patch16_224"),
        *("swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256", "mobilevit_xxs", "mobilevitv2_050", "pit_ti_224"),
        *("mixer_s32_224", "gmlp_ti16_224", "resmlp_12_224", "poolformer_s12", "levit_128s", "cait_xxs24_224"),
        *("xcit_nano_12_p16_224", "crossvit_tiny_240", "coat_lite_tiny", "pvt_v2_b0", "twins_svt_small", "nest_tiny"),
        *("edgenext_xx_small", "efficientformer_l1", "fastvit_t8", "ghostnet_050", "hrnet_w18_small", "dla34"),
        *("densenet121", "inception_v3", "vgg11", "rexnet_100", "nfnet_l0", "tf_efficientnetv2_b0", "eva02_tiny_patch14_224"),
        *("maxvit_rmlp_pico_rw_256", "volo_d1_224", "tiny_vit_5m_224", "repvgg_a0", "starnet_s1", "hiera_tiny_224"),
    ],
)  # fmt: skip
def test_networks_of_timm_are_accounted_for(name: str) -> None:
    """Every operator is counted, every tensor known, and no parameter lost."""
    need("timm")
    timm: Any = library("timm")
    with torch.device("meta"):
        model = timm.create_model(name)
    traced = trace(model, model.default_cfg["input_size"])
    assert (traced.uncovered, traced.outside) == ((), ())
    assert traced.bill().params == sum(each.numel() for each in model.parameters())


SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 128,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}


@pytest.mark.slow
@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(
    "kind",
    [
        *(
            "bert",
            "roberta",
            "albert",
            "electra",
            "mpnet",
            "deberta-v2",
            "nystromformer",
            "convbert",
            "roformer",
            "ernie",
        ),
        *("llama", "mistral", "qwen2", "qwen3", "gemma", "phi", "phi3", "granite", "olmo", "gpt_neox", "mixtral"),
        *("vit", "deit", "beit", "yolos", "hiera"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_networks_of_transformers_are_accounted_for(kind: str, device: str) -> None:
    """What is not counted is a named operator; no tensor comes from outside, and no parameter is lost."""
    need("transformers")
    transformers: Any = library("transformers")
    config = transformers.CONFIG_MAPPING[kind]()
    for key, value in SMALL.items():
        if isinstance(getattr(config, key, None), int):
            setattr(config, key, value)
    model = transformers.AutoModel.from_config(config)
    words = WORDS.repeat(1, 3) if model.main_input_name == "input_ids" else Input((3, 224, 224))
    if model.main_input_name == "pixel_values" and kind == "yolos":
        words = Input((3, *config.image_size))
    try:
        traced = trace(model, [], {model.main_input_name: words}, device=device)
    except Exception as error:
        assert device == "meta", error
        pytest.skip("it reads values")
    assert traced.outside == ()
    assert traced.bill().params == sum(each.numel() for each in model.parameters())
