"""Time the tracer against FlopCounterMode on the same networks, and check its core against half of FlopCounterMode's.

Run as `python benchmarks/trace.py`, with mfprofile's extra `torch` installed. The model exists already. The tracer's
time is that of the whole call, including its copy of the model. FlopCounterMode runs on a CPU and on meta tensors.
"""

from __future__ import annotations

import os

from measuring import ONE_THREAD, machine, seconds

MODELS = ("mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m")
ROUNDS = 5


def main() -> None:
    """Print the times as a Markdown table."""
    import torch
    from torch import nn

    from mfprofile.nn import build

    torch.set_num_threads(1)
    print(f"{machine()}, torch {torch.__version__}; median of {ROUNDS} rounds\n")
    print("| network | multiply-adds | ops | tracer, ms | on a CPU, ms | ratio | on meta tensors, ms | ratio |")
    print("| :-- | --: | --: | --: | --: | --: | --: | --: |")
    for name in MODELS:
        line(name, build(name, seed=0), [(3, 224, 224)])
    layer = nn.TransformerEncoderLayer(192, 3, 768, activation="gelu", batch_first=True, norm_first=True)
    line("12 encoder layers of 192", nn.TransformerEncoder(layer, 12, enable_nested_tensor=False), [(197, 192)])
    line("Transformer of 512", nn.Transformer(batch_first=True), [(64, 512), (64, 512)])
    line("16 bottlenecks of 256", nn.Sequential(*(bottleneck() for _ in range(16))), [(256, 14, 14)])


def bottleneck() -> object:
    """Return a ResNet bottleneck, 256 → 64 → 64 → 256, without its addition."""
    from torch import nn

    layers = []
    for inputs, outputs, kernel in ((256, 64, 1), (64, 64, 3), (64, 256, 1)):
        conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def line(name: str, model: object, inputs: object) -> None:
    """Print the line of a network; raises `SystemExit` if the two counts differ."""
    import torch

    from mfprofile.trace.trace import trace

    traced = trace(model, inputs)
    madds = traced.bill().madds
    ours = seconds(lambda: trace(model, inputs), loops=3, runs=ROUNDS)
    theirs = []
    for device in ("cpu", "meta"):
        torch_model = model.to(device).eval()
        given = [each if isinstance(each, torch.Tensor) else torch.zeros(1, *each) for each in inputs]
        given = [each.to(device) for each in given]
        counted = flops(torch_model, given)
        if counted != 2 * madds:
            raise SystemExit(f"{name}: FlopCounterMode counts {counted} on {device}, the tracer {madds}")
        theirs.append(seconds(lambda model=torch_model, given=given: flops(model, given), loops=3, runs=ROUNDS))
    times = " | ".join(f"{1000 * each:.1f} | {each / ours:.1f}" for each in theirs)
    print(f"| {name} | {madds:,} | {sum(row.kind != 'table' for row in traced.rows)} | {1000 * ours:.1f} | {times} |")


def flops(model: object, inputs: object) -> int:
    """Return FlopCounterMode's count, with decomposed attention and without fast paths, where its count is right."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as mode:
            model(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return mode.get_total_flops()


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)
    main()
