"""Train a Mobile-Former variant on the handwritten digits of scikit-learn, and print its accuracy.

    python examples/digits.py SPEC... [--seed N] [--epochs N]

The data set is small: 1,797 grey images of 8×8 pixels, real handwriting, part of scikit-learn, so nothing is
downloaded. A small variant needs some seconds on one core. This needs `pip install '.[examples]'`.

`accuracy` and `validation_accuracy` are objectives for `mfprofile explore search`. A search should use the second, so
that it never sees the images of the test.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfprofile import InputError, Network, Spec, count, load, resolve

if TYPE_CHECKING:
    from torch import Tensor, nn

Source = str | Path | Mapping[str, Any] | Spec | Network

TRAINING, VALIDATION, TEST = slice(0, 997), slice(997, 1297), slice(1297, 1797)
"""The images of each part, in the order of the data set. It is not shuffled: neighbours in it look alike, so a random
split would put images into training that are almost those of the test."""

CLASSES = 10
EPOCHS, BATCH = 20, 64
LEARNING_RATE, WEIGHT_DECAY = 0.01, 0.05
"""The recipe was chosen by the accuracy on the validation images."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gives: the network, and its accuracy from 0 to 1 on the images that it was not trained with."""

    model: nn.Module
    validation: float
    test: float


def accuracy(spec: Source, seed: int = 0) -> float:
    """Train a variant, and return the share of the 500 test images that it classifies correctly."""
    return train(spec, seed).test


def validation_accuracy(spec: Source, seed: int = 0) -> float:
    """Train a variant, and return the share of the 300 validation images that it classifies correctly."""
    return train(spec, seed).validation


def train(spec: Source, seed: int = 0, epochs: int = EPOCHS) -> Trained:
    """Train a variant from random weights: AdamW, one cycle of the learning rate, images shifted by up to a pixel.

    One seed gives the same result each time on the same machine and version of torch: weights, order and shifts depend
    on nothing else. Raises `InputError` for a spec that is no classifier of ten classes, and if a library is missing.
    """
    network = _classifier(spec)
    for name, value, least in (("seed", seed, 0), ("epochs", epochs, 1)):
        if not least <= value < 1 << 63:
            raise InputError(f"{name} = {value}: must be a whole number from {least}")
    import torch

    from mfprofile.nn import build

    images, labels = digits()
    chance = torch.Generator().manual_seed(seed)
    with one_thread():
        model = build(network, seed=seed)
        _fit(model, images[TRAINING], labels[TRAINING], epochs, chance)
        model.eval()
        right = _predicted(model, images) == labels
    return Trained(model, *(right[part].double().mean().item() for part in (VALIDATION, TEST)))


def digits() -> tuple[Tensor, Tensor]:
    """Return the images (1797, 1, 8, 8), with mean 0 and deviation 1 in training, and the labels from 0 to 9."""
    import torch
    from sklearn.datasets import load_digits

    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1)
    part = images[TRAINING]
    return (images - part.mean()) / part.std(), torch.tensor(data.target)


def _classifier(spec: Source) -> Network:
    """Return the network of a spec that can classify the digits."""
    missing = [name for name, module in (("torch", "torch"), ("scikit-learn", "sklearn")) if find_spec(module) is None]
    if missing:
        raise InputError(f"{' and '.join(missing)}: not installed; install with pip install '.[examples]'")
    network = spec if isinstance(spec, Network) else resolve(load(spec))
    name = network.name or "the network"
    if network.head is None:
        raise InputError(f"{name}: has no head, so it classifies nothing; remove 'head: none'")
    if network.head.classes != CLASSES:
        raise InputError(f"{name}: classes = {network.head.classes}: the digits have {CLASSES} classes; use {CLASSES}")
    return network


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread inside a with block: with more, sums are in another order, and so are the results."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _fit(model: Any, images: Tensor, labels: Tensor, epochs: int, chance: Any) -> None:
    """Train a model in place."""
    import torch

    batches = len(images) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=batches * epochs)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=chance)
        for batch in order[: batches * BATCH].split(BATCH):
            logits = model(resized(_shifted(images[batch], chance), model.network))
            loss = torch.nn.functional.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _shifted(images: Tensor, chance: Any) -> Tensor:
    """Return images (batch, 1, 8, 8), each shifted by −1, 0 or 1 pixel in both directions."""
    import torch

    background = images.min().item()
    padded = torch.nn.functional.pad(images[:, 0], [1] * 4, value=background)
    steps = torch.randint(3, (2, len(images), 1), generator=chance) + torch.arange(8)
    each = torch.arange(len(images))[:, None, None]
    return padded[each, steps[0][:, :, None], steps[1][:, None, :]].unsqueeze(1)


def resized(images: Tensor, network: Network) -> Tensor:
    """Return grey images as the network takes them: of its size, three times the same channel."""
    import torch

    size = (network.height, network.width)
    return torch.nn.functional.interpolate(images, size=size, mode="bilinear").expand(-1, 3, -1, -1)


def _predicted(model: Any, images: Tensor) -> Tensor:
    """Return the most probable class of each image."""
    import torch

    with torch.no_grad():
        return torch.cat([model(resized(batch, model.network)).argmax(1) for batch in images.split(256)])


def main() -> int:
    """Train the specs of the command line, and print a line of CSV for each."""
    parser = argparse.ArgumentParser(description="Train Mobile-Former variants on scikit-learn's handwritten digits.")
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a spec with 10 classes")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and shifts (default: 0)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"passes over the images (default: {EPOCHS})")
    given = parser.parse_args()
    try:
        bills = [count(_classifier(spec)) for spec in given.specs]  # before an hour is spent on the first ones
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("spec,seed,madds,params,validation,test", flush=True)
    for spec, bill in zip(given.specs, bills, strict=True):
        try:
            trained = train(spec, given.seed, given.epochs)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        figures = f"{bill.madds},{bill.params},{trained.validation:.4f},{trained.test:.4f}"
        print(f"{spec},{given.seed},{figures}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
