"""Networks in code, most of them odd: random layers, steps and overridden methods; and the targets that name them."""

from __future__ import annotations

from collections.abc import Sequence

from fuzz.texts import Dice, encoded, mutated

TARGETS = (
    "net.py:Net", "net.py:Net", "net.py:Net", "net.py:Net", "net.py:make", "net.py:made", "net.py:number", "net.py:Nothing", "net.py", "net.py:",
    "net:Net", ":Net", "torch.nn:Linear", "torch.nn:ReLU", "torch.nn:Module", "./net.py:Net", "nosuch.py:Net", "link.py:Net", "folder:Net",
    "timm:resnet10t", "timm:nosuch", "torchvision:squeezenet1_1", "torchvision:nosuch", "timm:", "os:getcwd", "net.py:Net.forward", "mf26m",
)  # fmt: skip
"""References to networks in code, right and wrong. None does anything outside its folder when it is called."""
_LAYERS = (
    "nn.Conv2d(3, {n}, 3, stride=2)", "nn.Conv2d(3, width, 3, padding=1)", "nn.Linear(8, {n})", "nn.LazyLinear({n})", "nn.LazyConv2d({n}, 3)",
    "nn.BatchNorm2d({n})", "nn.ReLU()", "nn.Flatten()", "nn.AdaptiveAvgPool2d(1)", "nn.Softmax(-1)", "nn.LSTM(8, {n}, batch_first=True)",
    "nn.GRU(8, {n}, bidirectional=True)", "nn.RNNCell(8, {n})", "nn.MultiheadAttention(8, 2, batch_first=True)", "nn.LayerNorm(8)",
    "nn.TransformerEncoderLayer(8, 2, {n}, batch_first=True)", "nn.Embedding(16, {n})", "nn.ConvTranspose2d(3, {n}, 2)", "nn.Identity()",
    "nn.Bilinear(8, 8, {n})", "nn.Parameter(torch.zeros(8, {n}))", "nn.ModuleList([nn.Linear(8, 8), nn.ReLU()])", "[nn.Linear(8, 8)]",
    "nn.Sequential(nn.Linear(8, {n}), nn.ReLU(), nn.Linear({n}, 8))", "torch.jit.script(nn.Linear(8, {n}))", "nn.Dropout({n})", "None",
    "nn.utils.parametrizations.weight_norm(nn.Linear(8, {n}))", "nn.GroupNorm(2, {n})", "nn.PixelShuffle({n})", "torch.zeros({n})",
)  # fmt: skip
_STEPS = (
    "x = self.a(x)", "x = self.a(x)", "x = self.b(x)", "x = self.b(x)", "x = self.a(x)[0]", "x, _ = self.b(x)", "x = self.a(x, x, x)[0]",
    "x = self.a[0](x)", "x = x @ self.a", "x = x.flatten({d})", "x = x.flatten(1)", "x = x.mean({d})", "x = x + x", "x = x @ x.mT",
    "x = torch.einsum('{e}', x, x)", "x = F.scaled_dot_product_attention(x, x, x)", "x = torch.cat([x, x], {d})", "x = x.view(len(x), -1)",
    "x = x.reshape({n}, -1)", "x = x * 2 if float(x.sum()) > 0 else x", "x = torch.from_numpy(x.detach().numpy() * 2)", "x = x.T",
    "x = torch.fft.fft(x).abs()", "x = x.to_sparse()", "x = x.nonzero()", "x = x.double()", "x = x.bfloat16()", "x = torch.linalg.svdvals(x)",
    "x = torch.vmap(self.a)(x)", "x = x.unfold(-1, 2, 1)", "x = F.unfold(x, 2)", "x = torch.bmm(x, x.mT)", "x = x.long()", "x = x[x > 0]",
    "x = torch.autograd.grad(x.requires_grad_().sum(), x)[0]", "del x", "return {{'a': x}}", "return (x, None)", "return None", "yield x",
    "x = torch.utils.checkpoint.checkpoint(self.a, x, use_reentrant=False)", "x = F.embedding(x.long(), torch.ones(4, 8))", "x = 1 / 0",
    "raise ValueError('no\\nlines\\x1b[31m')", "raise SystemExit(0)", "raise SystemExit('x')", "x = x.cuda()",
    "assert x.shape[0] == 2", "x = torch.ops.aten.mm(x, x)", "x = torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)", "x = x.numpy()",
    "x = torch.nested.nested_tensor([x[0]])", "x = x.to('meta')", "self.a = nn.Linear(8, 8)", "self.count = {n}", "torch.manual_seed({n})",
    "x = self.forward(x)", "x = x.tolist()", "x = [x]", "x = torch.conv2d(x, x)", "x = F.conv1d(x, x, groups={n})", "x = F.linear(x, x)",
    "x = torch.baddbmm(x, x, x)", "x = torch.cdist(x, x)", "x = x.conj()", "x = torch.complex(x, x)", "x = F.one_hot(x.long(), {n})",
    "x = torch.stack([x, x])", "x = x.repeat(2, *([1] * (x.dim() - 1)))", "x = x.squeeze()", "x = x.unsqueeze({d})", "x = x.sort()[0]",
    "x = torch.kron(x, x)", "x = torch.tensordot(x, x, 1)", "x = torch.ones(3, 8, device=x.device)", "x = torch.cond(True, abs, abs, (x,))",
)  # fmt: skip
_METHODS = (
    "", "", "", "", "", "", "", "", "",
    "def train(self, mode=True): super().train(mode)",
    "def parameters(self, recurse=True): return []",
    "def named_parameters(self, *a, **k): return iter([('x', None)])",
    "def named_modules(self, *a, **k): return []",
    "def children(self): raise ValueError('no children')",
    "def __repr__(self): raise ValueError('no repr')",
    "def __deepcopy__(self, memo): raise TypeError('no copies')",
    "def __call__(self, x): return x",
    "def __getattr__(self, name): raise AttributeError(name)",
    "def __len__(self): return 0",
    "def __eq__(self, other): raise TypeError('no')",
    "def state_dict(self, *a, **k): raise ValueError('no state')",
    "def eval(self): return None",
    "def to(self, *a, **k): return None",
    "def __reduce__(self): raise TypeError('no pickles')",
    "forward = None",
    "training = property(lambda self: 1 / 0)",
    "__slots__ = ()",
)  # fmt: skip
_FORWARDS = (
    "self, x", "self, x", "self, x", "self, x", "self, x", "self, x", "self, x", "self, x", "self, x", "self, x", "self, x, y=None", "self, *x", "self, x, y", "self, **x", "self", "x", "self, x, *, mask",
)  # fmt: skip
_EQUATIONS = (
    "ij,jk->ik",
    "bij,bjk->bik",
    "...ij,...jk->...ik",
    "ij,ij->",
    "abcd,abce->de",
    "ii,ij->j",
    "b...,b...->b...",
    "ij",
    "→",
)
_TAIL = """
def make(width=8):
    return Net(width)

try:
    made = Net()
except Exception:
    made = nn.Linear(8, 8)
number = 3
"""
INPUTS = (
    "3x8x8", "3x8x8", "8", "4x8", "8x8", "int64:5", "x=3x8x8", "x=float16:8", "mask=bool:8", "complex64:8x8", "1", "float64:", "3x16x9",
)  # fmt: skip


def network_file(dice: Dice) -> bytes:
    """Return a file with a network of one to four random steps. It only computes, on small tensors."""
    layers = [_filled(dice, dice.choice(_LAYERS)) for _ in "ab"]
    steps = [_filled(dice, dice.choice(_STEPS)) for _ in range(dice.choice((1, 1, 2, 3, 4)))]
    lines = [
        "import torch",
        "from torch import nn",
        "from torch.nn import functional as F",
        dice.choice(("",) * 20 + ("import nosuch", "from parts import x", "1 / 0", "raise SystemExit(3)", "x = (")),
        "class Net(nn.Module):",
        "    def __init__(self, width=8):",
        dice.choice(("        super().__init__()",) * 12 + ("        pass",)),
        *(f"        self.{name} = {layer}" for name, layer in zip("ab", layers, strict=True)),
        f"    {dice.choice(_METHODS)}",
        f"    def forward({dice.choice(_FORWARDS)}):",
        *(f"        {step}" for step in steps),
        "        return x",
    ]
    return encoded(dice, "\n".join(lines) + _TAIL)


def _filled(dice: Dice, text: str) -> str:
    number, side = dice.choice((0, 1, 2, 3, 8, 8, 8, 16)), dice.choice((-1, 0, 1, 2, 5))
    return text.format(n=number, d=side, e=dice.choice(_EQUATIONS))


def target(dice: Dice) -> str:
    """Return a reference to a network in code, at times wrong."""
    text = dice.choice(TARGETS) if dice.odd(0.7) else "net.py:Net"
    return mutated(dice, text) if dice.odd(0.07) else text


def argument(dice: Dice) -> str:
    """Return `KEY=VALUE` for a factory."""
    some: Sequence[str] = (
        "width=4",
        "width=8",
        "width=0",
        "width=-1",
        "width=x",
        "width=[1]",
        "width={a: 1}",
        "height=3",
        "width=",
        "=3",
        "width",
    )
    text = dice.choice(some[:2] if not dice.odd(0.8) else some)
    return mutated(dice, text) if dice.odd(0.15) else text
