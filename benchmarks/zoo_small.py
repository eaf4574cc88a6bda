"""The hand-made networks of the zoo by name, with their inputs; those of plain layers are written here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from zoo_handmade import (
    Aligned,
    Edges,
    Experts,
    Generated,
    Graph,
    Noise,
    Points,
    Reader,
    Scan,
    Translator,
    Wave,
)

from mfprofile.trace.inputs import Input

WORDS = Input((10,), torch.int64)
Entry = tuple[Callable[[], nn.Module], tuple[Any, ...]]


class Called(nn.Module):
    """A network that calls a function with its layers and its inputs."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs: Tensor) -> Any:
        """Return the result of the function."""
        return self.function(self, *inputs)


def _generator() -> nn.Module:
    widths = (16, 32, 16, 8)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh())


def _critic() -> nn.Module:
    convolutions = [parametrizations.spectral_norm(nn.Conv2d(n, m, 4, 2, 1)) for n, m in ((3, 8), (8, 16), (16, 32))]
    return nn.Sequential(
        *(nn.Sequential(each, nn.LeakyReLU(0.2)) for each in convolutions), nn.Flatten(), nn.Linear(512, 1)
    )


def _autoencoder() -> nn.Module:
    def run(net: Any, image: Tensor) -> Tensor:
        mean, spread = net.encode(image).chunk(2, 1)
        return net.decode(mean + torch.exp(spread / 2) * torch.randn_like(spread)).view_as(image)

    encode = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 16))
    decode = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 784), nn.Sigmoid())
    return Called(run, encode=encode, decode=decode)


def _pyramid() -> nn.Module:
    def run(net: Any, image: Tensor) -> list[Tensor]:
        low = net.low(image)
        high = net.high(low)
        above = net.side(high)
        return [net.head(above), net.head(net.lateral(low) + functional.interpolate(above, scale_factor=2))]

    return Called(
        run,
        low=nn.Conv2d(3, 8, 3, 2, 1),
        high=nn.Conv2d(8, 16, 3, 2, 1),
        lateral=nn.Conv2d(8, 12, 1),
        side=nn.Conv2d(16, 12, 1),
        head=nn.Conv2d(12, 9, 3, padding=1),
    )


def _volume() -> nn.Module:
    def run(net: Any, volume: Tensor) -> Tensor:
        low = net.enter(volume)
        up = functional.interpolate(net.middle(net.down(low)), scale_factor=2, mode="trilinear")
        return net.leave(torch.cat([up, low], 1))

    enter = nn.Sequential(nn.Conv3d(1, 8, 3, padding=1), nn.InstanceNorm3d(8, affine=True), nn.ReLU())
    layers = {"enter": enter, "down": nn.MaxPool3d(2), "middle": nn.Conv3d(8, 16, 3, padding=1)}
    return Called(run, **layers, leave=nn.Conv3d(24, 2, 1))


def _recommender() -> nn.Module:
    def run(net: Any, fields: Tensor, dense: Tensor) -> Tensor:
        vectors = net.table(fields)
        pairs = (vectors.sum(1) ** 2 - (vectors**2).sum(1)).sum(1, keepdim=True) / 2
        return torch.sigmoid(pairs + net.deep(torch.cat([vectors.flatten(1), dense], 1)) + net.wide(fields).sum(1))

    deep = nn.Sequential(nn.Linear(6 * 8 + 4, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 1))
    return Called(run, table=nn.Embedding(100, 8), wide=nn.Embedding(100, 1), deep=deep)


def _bag() -> nn.Module:
    return nn.Sequential(nn.EmbeddingBag(50, 16), nn.LayerNorm(16), nn.Linear(16, 4), nn.LogSoftmax(-1))


def _field() -> nn.Module:
    def run(net: Any, points: Tensor) -> Tensor:
        waves = torch.cat([f(points * 2**n) for n in range(6) for f in (torch.sin, torch.cos)], -1)
        return net.out(torch.cat([net.first(waves), waves], -1))

    first = nn.Sequential(nn.Linear(36, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    return Called(run, first=first, out=nn.Linear(100, 4))


def _reading() -> nn.Module:
    def run(net: Any, line: Tensor) -> Tensor:
        return net.out(net.layer(net.image(line).mean(2).mT)[0]).log_softmax(-1)

    image = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ELU())
    return Called(run, image=image, layer=nn.LSTM(16, 12, bidirectional=True, batch_first=True), out=nn.Linear(24, 30))


def _spectral() -> nn.Module:
    def run(net: Any, wave: Tensor) -> Tensor:
        waves = torch.fft.rfft(wave, norm="ortho")
        return net.out(torch.fft.irfft(torch.cat([net.low(waves.real[..., :8]), waves.real[..., 8:]], -1), n=32))

    return Called(run, low=nn.Linear(8, 8), out=nn.Linear(32, 4))


def _separator() -> nn.Module:
    def run(net: Any, wave: Tensor) -> Tensor:
        codes = net.encode(wave)
        masks = net.mask(codes).view(len(wave), 2, 16, -1).sigmoid()
        return net.decode((masks * codes[:, None]).flatten(0, 1)).view(len(wave), 2, -1)

    mask = nn.Sequential(
        nn.GroupNorm(1, 16), nn.Conv1d(16, 24, 1), nn.PReLU(), nn.Conv1d(24, 24, 3, padding=1, groups=24)
    )
    layers = {"encode": nn.Conv1d(1, 16, 16, 8), "mask": nn.Sequential(*mask, nn.Conv1d(24, 32, 1))}
    return Called(run, **layers, decode=nn.ConvTranspose1d(16, 1, 16, 8))


def _capsules() -> nn.Module:
    def run(net: Any, vectors: Tensor) -> Tensor:
        guesses = torch.einsum("bic,ijc->bij", vectors, net.routes.weight.view(12, 8, 4))
        return functional.normalize(guesses, dim=-1).sum(1)

    return Called(run, routes=nn.Linear(32, 12, bias=False))


def _tied() -> nn.Module:
    def run(net: Any, vector: Tensor) -> Tensor:
        return functional.linear(net.layer(vector).relu(), net.layer.weight.t())

    return Called(run, layer=nn.Linear(20, 8))


HANDMADE: Mapping[str, Entry] = {
    "diffusion u-net": (Noise, (Input((3, 32, 32)), Input(()))),
    "graph, dense": (Graph, (Input((12, 16)), Input((12, 12)))),
    "graph, edges": (Edges, (Input((12, 16)), Input((2, 30), torch.int64))),
    "lstm": (lambda: Reader(nn.LSTM), (WORDS,)),
    "lstm, bidirectional": (lambda: Reader(nn.LSTM, bidirectional=True, num_layers=2), (WORDS,)),
    "gru": (lambda: Reader(nn.GRU, num_layers=2, dropout=0.1), (WORDS,)),
    "rnn": (lambda: Reader(nn.RNN), (WORDS,)),
    "cells with attention": (Translator, (WORDS, Input((4,), torch.int64))),
    "state space": (Scan, (Input((12, 16)),)),
    "wavenet": (Wave, (Input((1, 64)),)),
    "spatial transformer": (Aligned, (Input((1, 28, 28)),)),
    "generated weights": (Generated, (Input((8,)), Input((4,)))),
    "experts": (Experts, (Input((12, 16)),)),
    "points": (Points, (Input((3, 40)),)),
    "gan, generator": (_generator, (Input((16, 4, 4)),)),
    "gan, critic": (_critic, (Input((3, 32, 32)),)),
    "autoencoder, variational": (_autoencoder, (Input((1, 28, 28)),)),
    "autoencoder, tied": (_tied, (Input((20,)),)),
    "feature pyramid": (_pyramid, (Input((3, 32, 32)),)),
    "u-net, 3d": (_volume, (Input((1, 8, 16, 16)),)),
    "recommender": (_recommender, (Input((6,), torch.int64), Input((4,)))),
    "embedding bag": (_bag, (WORDS,)),
    "radiance field": (_field, (Input((50, 3)),)),
    "text in an image": (_reading, (Input((1, 16, 64)),)),
    "fourier layer": (_spectral, (Input((3, 32)),)),
    "speech separator": (_separator, (Input((1, 800)),)),
    "capsules": (_capsules, (Input((12, 4)),)),
    "transformer": (lambda: nn.Transformer(16, 2, 2, 2, 32, batch_first=True), (Input((7, 16)), Input((5, 16)))),
    "weight norm": (
        lambda: nn.Sequential(parametrizations.weight_norm(nn.Conv1d(4, 8, 3)), nn.Softplus(), nn.AdaptiveMaxPool1d(2)),
        (Input((4, 20)),),
    ),
    "super-resolution": (
        lambda: nn.Sequential(nn.Conv2d(1, 16, 5, padding="same"), nn.Tanh(), nn.Conv2d(16, 9, 3), nn.PixelShuffle(3)),
        (Input((1, 24, 24)),),
    ),
    "bilinear": (lambda: nn.Bilinear(6, 5, 4), (Input((6,)), Input((5,)))),
}  # fmt: skip
