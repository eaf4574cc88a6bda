"""Networks made by hand: families that no library of the zoo has, each in few lines and small."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Noise(nn.Module):
    """A U-Net of a diffusion model: a time step, blocks with GroupNorm, attention at the lowest resolution, skips."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 4 * width))
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(width * n, width * 2 * n, 3, 2, 1) for n in (1, 2))
        self.norm, self.mix = nn.GroupNorm(4, 4 * width), nn.MultiheadAttention(4 * width, 4, batch_first=True)
        self.up = nn.ModuleList(nn.ConvTranspose2d(width * 2 * n, width * n, 4, 2, 1) for n in (2, 1))
        self.join = nn.ModuleList(nn.Conv2d(width * 2 * n, width * n, 3, padding=1) for n in (2, 1))
        self.out = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, image: Tensor, step: Tensor) -> Tensor:
        """Return the noise in an image (batch, 3, height, width) at a step (batch,)."""
        waves = step[:, None] * torch.exp(-torch.arange(8, device=step.device) / 2)
        time = self.time(torch.cat([waves.sin(), waves.cos()], 1))
        kept = [self.stem(image)]
        for down in self.down:
            kept.append(functional.silu(down(kept[-1])))
        hidden = self.norm(kept.pop() + time[:, :, None, None])
        vectors = hidden.flatten(2).mT
        hidden = hidden + self.mix(vectors, vectors, vectors)[0].mT.reshape(hidden.shape)
        for up, join in zip(self.up, self.join, strict=True):
            hidden = functional.silu(join(torch.cat([up(hidden), kept.pop()], 1)))
        return self.out(hidden)


class Graph(nn.Module):
    """Two layers of a graph network on a dense adjacency matrix, and a readout."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.readout = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 4)

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        """Return scores of a graph: nodes (batch, n, 16), adjacency (batch, n, n)."""
        spread = adjacency / adjacency.sum(-1, keepdim=True).clamp(min=1)
        hidden = functional.relu(self.first(spread @ nodes))
        return self.readout(functional.relu(self.second(spread @ hidden)).mean(1))


class Edges(nn.Module):
    """Attention along a list of edges, summed at their targets, as graph libraries write it."""

    def __init__(self) -> None:
        super().__init__()
        self.project, self.score, self.out = nn.Linear(16, 32), nn.Linear(64, 1), nn.Linear(32, 4)

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        """Return scores of nodes: nodes (1, n, 16), edges (1, 2, m) of node numbers."""
        hidden, (sources, targets) = self.project(nodes[0]), edges[0]
        pairs = torch.cat([hidden[sources], hidden[targets]], 1)
        weight = functional.leaky_relu(self.score(pairs), 0.2).exp()
        total = torch.zeros_like(hidden[:, :1]).index_add(0, targets, weight)
        summed = torch.zeros_like(hidden).scatter_add(0, targets[:, None].expand(-1, 32), weight * hidden[sources])
        return self.out(summed / (total + 1e-6))


class Reader(nn.Module):
    """A classifier of text with a recurrent layer of some class."""

    def __init__(self, layer: type[nn.RNNBase], **options: Any) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.layer = layer(16, 24, batch_first=True, **options)
        self.out = nn.Linear(48 if options.get("bidirectional") else 24, 5)

    def forward(self, words: Tensor) -> Tensor:
        """Return scores of word ids (batch, length)."""
        return self.out(self.layer(self.words(words))[0][:, -1])


class Translator(nn.Module):
    """An encoder and a decoder of GRU cells with attention, unrolled in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.encoder, self.decoder = nn.Embedding(50, 16), nn.GRUCell(16, 24), nn.LSTMCell(40, 24)
        self.out = nn.Linear(24, 50)

    def forward(self, words: Tensor, target: Tensor) -> Tensor:
        """Return scores (batch, target length, 50)."""
        state, states, scores = torch.zeros(len(words), 24, device=words.device), [], []
        for word in self.words(words).unbind(1):
            state = self.encoder(word, state)
            states.append(state)
        memory, cell = torch.stack(states, 1), state
        for word in self.words(target).unbind(1):
            weight = torch.softmax(torch.einsum("bth,bh->bt", memory, state), -1)
            state, cell = self.decoder(torch.cat([word, torch.einsum("bt,bth->bh", weight, memory)], 1), (state, cell))
            scores.append(self.out(state))
        return torch.stack(scores, 1)


class Scan(nn.Module):
    """A selective state space, as in Mamba, by a loop over the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.mix = nn.Linear(16, 64), nn.Conv1d(32, 32, 4, padding=3, groups=32)
        self.select, self.step, self.leave = nn.Linear(32, 2 + 16), nn.Linear(2, 32), nn.Linear(32, 16)
        self.decay, self.skip = nn.Parameter(torch.zeros(32, 8)), nn.Parameter(torch.zeros(32))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return vectors (batch, length, 16)."""
        hidden, gate = self.enter(vectors).chunk(2, -1)
        hidden = functional.silu(self.mix(hidden.mT)[..., : hidden.shape[1]].mT)
        step, into, out = self.select(hidden).split([2, 8, 8], -1)
        step = functional.softplus(self.step(step))
        state, outputs = torch.zeros(len(hidden), 32, 8, device=hidden.device), []
        for at in range(hidden.shape[1]):
            state = state * torch.exp(-step[:, at, :, None] * self.decay.exp())
            state = state + (step[:, at] * hidden[:, at])[..., None] * into[:, at, None]
            outputs.append((state @ out[:, at, :, None])[..., 0])
        return self.leave((torch.stack(outputs, 1) + hidden * self.skip) * functional.silu(gate))


class Wave(nn.Module):
    """Gated, dilated, causal convolutions of a wave, as in WaveNet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.out = nn.Conv1d(1, 16, 1), nn.Conv1d(16, 32, 1)
        self.gated = nn.ModuleList(nn.Conv1d(16, 32, 2, dilation=2**n) for n in range(4))
        self.plain = nn.ModuleList(nn.Conv1d(16, 16, 1) for _ in range(4))

    def forward(self, wave: Tensor) -> Tensor:
        """Return scores (batch, 32, length) of a wave (batch, 1, length)."""
        hidden, skips = self.stem(wave), 0
        for gated, plain in zip(self.gated, self.plain, strict=True):
            filtered, gate = gated(functional.pad(hidden, (gated.dilation[0], 0))).chunk(2, 1)
            out = plain(torch.tanh(filtered) * torch.sigmoid(gate))
            hidden, skips = hidden + out, skips + out
        return self.out(functional.relu(skips))


class Aligned(nn.Module):
    """A spatial transformer before a small classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.locate = nn.Sequential(nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 11 * 11, 6))
        self.classify = nn.Sequential(nn.Conv2d(1, 10, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(1440, 10))

    def forward(self, image: Tensor) -> Tensor:
        """Return scores of an image (batch, 1, 28, 28)."""
        grid = functional.affine_grid(self.locate(image).view(-1, 2, 3), list(image.shape), align_corners=False)
        return self.classify(functional.grid_sample(image, grid, align_corners=False))


class Generated(nn.Module):
    """A network whose second layer has weights that another one computes."""

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.first = nn.Linear(4, 8 * 16), nn.Linear(8, 16)

    def forward(self, vector: Tensor, task: Tensor) -> Tensor:
        """Return a vector (batch, 8) for a vector (batch, 8) and a task (batch, 4)."""
        return functional.linear(self.first(vector).relu(), self.weights(task)[0].view(8, 16))


class Experts(nn.Module):
    """A mixture of experts: each token goes to the best two of four."""

    def __init__(self) -> None:
        super().__init__()
        self.route, self.experts = nn.Linear(16, 4), nn.ModuleList(nn.Linear(16, 16) for _ in range(4))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return vectors (batch, length, 16)."""
        tokens = vectors.flatten(0, 1)
        weight, best = self.route(tokens).softmax(-1).topk(2)
        out = torch.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            rows, place = torch.where(best == number)
            out.index_add_(0, rows, expert(tokens[rows]) * weight[rows, place, None])
        return out.view_as(vectors)


class Points(nn.Module):
    """A classifier of point clouds: shared layers, a maximum over points."""

    def __init__(self) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Conv1d(3, 32, 1), nn.BatchNorm1d(32), nn.ReLU(), nn.Conv1d(32, 64, 1))
        self.turn, self.out = nn.Linear(64, 9), nn.Linear(64, 10)

    def forward(self, points: Tensor) -> Tensor:
        """Return scores of points (batch, 3, n)."""
        turn = self.turn(self.each(points).amax(2)).view(-1, 3, 3)
        return self.out(self.each(turn.bmm(points)).amax(2))
