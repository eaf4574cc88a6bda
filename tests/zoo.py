"""Small networks of every sort for tests, each with the shapes or tensors of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Exhibit:
    """A function that makes a network, and the network's inputs."""

    make: Callable[[], nn.Module]
    inputs: tuple[Any, ...]


class Lambda(nn.Module):
    """A network that calls a function with its inputs and its own parameters."""

    def __init__(self, function: Callable[..., Any], **parameters: Tensor) -> None:
        super().__init__()
        self.function = function
        for name, tensor in parameters.items():
            self.register_parameter(name, nn.Parameter(tensor))

    def forward(self, *inputs: Tensor) -> Any:
        """Return the result of the function."""
        return self.function(*inputs, *self._parameters.values())


class Residual(nn.Module):
    """A ResNet bottleneck that halves the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Sequential(nn.Conv2d(8, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.spread = nn.Sequential(nn.Conv2d(4, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.widen = nn.Sequential(nn.Conv2d(4, 16, 1, bias=False), nn.BatchNorm2d(16))
        self.shortcut = nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16))

    def forward(self, image: Tensor) -> Tensor:
        """Return the activated sum."""
        return functional.relu(self.widen(self.spread(self.narrow(image))) + self.shortcut(image))


class SqueezeExcite(nn.Module):
    """MobileNetV3's block: expansion, depthwise, squeeze-and-excite with hard sigmoid, projection."""

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.spatial = nn.Conv2d(6, 18, 1), nn.Conv2d(18, 18, 5, padding=2, groups=18)
        self.squeeze, self.excite = nn.Conv2d(18, 4, 1), nn.Conv2d(4, 18, 1)
        self.project = nn.Conv2d(18, 6, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return the image plus the block's output."""
        hidden = functional.hardswish(self.spatial(functional.hardswish(self.expand(image))))
        gate = self.excite(functional.relu(self.squeeze(hidden.mean((2, 3), keepdim=True))))
        return image + self.project(hidden * functional.hardsigmoid(gate))


class Patches(nn.Module):
    """A small ViT: patches, a class token, positions, blocks with attention as separate products, a head."""

    def __init__(self, width: int = 8, heads: int = 2, depth: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.embed = nn.Conv2d(3, width, 4, 4)
        self.token, self.positions = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, 17, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * depth))
        self.joint = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(depth))
        self.output = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.ffn = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)) for _ in range(depth)
        )
        self.head = nn.Linear(width, 10)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits (batch, 10) of an image of 16×16."""
        vectors = self.embed(image).flatten(2).transpose(1, 2)
        vectors = torch.cat([self.token.expand(len(vectors), -1, -1), vectors], 1) + self.positions
        for number, joint in enumerate(self.joint):
            parts = joint(self.norms[2 * number](vectors)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
            query, key, value = parts
            scores = (query @ key.transpose(2, 3) / 2).softmax(-1)
            vectors = vectors + self.output[number]((scores @ value).transpose(1, 2).flatten(2))
            vectors = vectors + self.ffn[number](self.norms[2 * number + 1](vectors))
        return self.head(vectors[:, 0])


class Windows(nn.Module):
    """Attention within windows, which are in the batch dimension."""

    def __init__(self) -> None:
        super().__init__()
        self.joint, self.output = nn.Linear(6, 18), nn.Linear(6, 6)

    def forward(self, image: Tensor) -> Tensor:
        """Return the windows of 4×4."""
        windows = image.unfold(2, 4, 4).unfold(3, 4, 4).permute(0, 2, 3, 4, 5, 1).reshape(-1, 16, 6)
        query, key, value = self.joint(windows).chunk(3, -1)
        return self.output((query @ key.mT).softmax(-1) @ value)


class Language(nn.Module):
    """A decoder whose output projection shares its weights with the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(50, 8), nn.Embedding(6, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.out = nn.Linear(8, 50, bias=False)
        self.out.weight = self.tokens.weight

    def forward(self, words: Tensor) -> Tensor:
        """Return a score for each word at each position."""
        vectors = self.tokens(words) + self.positions(torch.arange(words.shape[1], device=words.device))
        mask = nn.Transformer.generate_square_subsequent_mask(words.shape[1], device=words.device)
        return self.out(self.layer(vectors, src_mask=mask, is_causal=True))


class Twice(nn.Module):
    """A network with one module under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.second = self.first

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the output of the module, called twice."""
        return self.second(self.first(vectors))


WORDS = torch.arange(6)[None]

ZOO: dict[str, Exhibit] = {
    "residual": Exhibit(Residual, ((8, 9, 7),)),
    "squeeze and excite": Exhibit(SqueezeExcite, ((6, 7, 7),)),
    "vit": Exhibit(Patches, ((3, 16, 16),)),
    "windows": Exhibit(Windows, ((6, 8, 8),)),
    "language": Exhibit(Language, (WORDS,)),
    "twice": Exhibit(Twice, ((4,),)),
    "mlp": Exhibit(lambda: nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 3)), ((5,),)),
    "sequence": Exhibit(lambda: nn.Linear(5, 7), ((2, 3, 5),)),
    "without bias": Exhibit(lambda: nn.Linear(5, 7, bias=False), ((3, 5),)),
    "transposed sequence": Exhibit(lambda: Lambda(lambda x, w: functional.linear(x.mT, w), w=torch.zeros(7, 3)), ((3, 5),)),
    "grouped": Exhibit(lambda: nn.Conv2d(8, 12, 3, 2, 1, groups=4), ((8, 9, 9),)),
    "dilated": Exhibit(lambda: nn.Conv2d(4, 6, 3, padding="same", dilation=2), ((4, 9, 7),)),
    "rectangular": Exhibit(lambda: nn.Conv2d(4, 6, (1, 5), (1, 2)), ((4, 9, 11),)),
    "conv1d": Exhibit(lambda: nn.Conv1d(4, 6, 3, groups=2), ((4, 9),)),
    "conv3d": Exhibit(lambda: nn.Conv3d(2, 4, (2, 3, 3)), ((2, 5, 6, 7),)),
    "transposed": Exhibit(lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), ((4, 5, 6),)),
    "transposed1d": Exhibit(lambda: nn.ConvTranspose1d(4, 6, 4, 2), ((4, 5),)),
    "transposed3d": Exhibit(lambda: nn.ConvTranspose3d(2, 4, 3, bias=False), ((2, 3, 4, 5),)),
    "pixel shuffle": Exhibit(lambda: nn.Sequential(nn.Conv2d(3, 12, 3), nn.PixelShuffle(2), nn.PReLU(3)), ((3, 6, 6),)),
    "pools": Exhibit(
        lambda: nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d((2, 1)), nn.Flatten()),
        ((3, 16, 16),),
    ),
    "norms": Exhibit(
        lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.LocalResponseNorm(2)), ((4, 6, 6),)
    ),
    "self attention": Exhibit(
        lambda: Lambda(lambda x: functional.scaled_dot_product_attention(x, x, x)), ((2, 5, 4),)
    ),
    "encoder": Exhibit(
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2), ((5, 8),)
    ),
    "transformer": Exhibit(
        lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True), ((5, 8), (3, 8))
    ),
    "bilinear resize": Exhibit(lambda: nn.Upsample(scale_factor=2, mode="bilinear"), ((3, 4, 4),)),
    "einsum": Exhibit(lambda: Lambda(lambda x, w: torch.einsum("bij,jk->bik", x, w), w=torch.zeros(3, 4)), ((5, 3),)),
    "broadcast": Exhibit(lambda: Lambda(lambda x, y: x @ y), ((2, 5, 3), (1, 3, 4))),
}  # fmt: skip
