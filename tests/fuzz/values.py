"""The values of options and arguments: right ones, and odd and hostile ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from fuzz import networks, specs
from fuzz.texts import NASTY, Dice, mutated
from mfprofile.spec.names import CONVENTIONS

Value: TypeAlias = Callable[[Dice], str]
FILES = ("small.yaml", "small.yaml", "mine.yaml", "mine.yaml", "mine.yaml", "link.yaml", "mf26m", "mf52m", "mf294m-mlp")
ODD_FILES = (
    "-", "-", "nosuch.yaml", "loop.yaml", "dangling.yaml", "folder", "net.py", "points.csv", "image.png", "", ".", "..", "mf2", "*.yaml", "s*", "[",
    "small", "./mine.yaml", "folder/../mine.yaml", "small.yaml/x", "x\x00.yaml", "n" * 300 + ".yaml", "net.py:Net", "é.yaml", "~", "-x", "space.yaml",
    "n" * 300 + ".py:Net",
)  # fmt: skip
ODD_OUTPUTS = (
    "new.svg", "new.png", "new.pdf", "new.html", "new.yaml", "new.csv", "new", "full", "folder", "", ".", "..", "-", "/dev/full", "/dev/null",
    "nosuch/new.svg", "nosuch/new.yaml", "mine.yaml", "loop.yaml", "link.yaml", "link.svg", "x\x00.svg", "é😀.svg", "n" * 300 + ".svg", "new.SVG",
    "new.jpg", "full/../new.svg", "new/", "new.svg/", ".svg", "-.svg", "new/new", "::error::.svg", "small.yaml/new.svg", "old.svg", "old.html",
)  # fmt: skip
"""Names of output files and folders. All are in the folder of the test, or devices that keep nothing."""
_OUTPUTS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "plot": ("new.svg", "new.png", "new.pdf", "old.svg", "link.svg", "é.SVG"),
        "page": ("new.html", "old.html", "-"),
        "export": ("new.onnx", "é.ONNX"),
        "scale": ("new.yaml", "mine.yaml", "link.yaml"),
    }
)
_AMOUNTS = ("1", "300k", "3M", "20M", "300M", "0.3G", "1_000", "0")
_WINDOWS = (":2M", ":300M", "1:", "100k:", ":3M")
_ODD_WINDOWS = ("500k:3M", "0:0", "1:2", "3M:1M", "1%:", "-1M:", ":", "2M", *NASTY)
_QUANTITIES = (
    "madds",
    "params",
    "activations",
    "former.madds",
    "bridge.params",
    "mobile.madds + former.madds",
    "2*params",
    "head.madds",
)
_ODD_QUANTITIES = ("madds - params", "memory", "top1", "stem", "madds,params", *NASTY)
_KEYS = ("tokens.count", "tokens.dim", "width", "input", "head.fc", "stem", "blocks.3.exp", "blocks.1.out", "classes")
_RANGES = ("", "", "=1:4", "=8:32:8", "=1:1")
_ODD_RANGES = ("=4:1", "=a:b", "=1:9999999", "=0:3", "=1:4:0", "=::", "=1:99999:7")
_ODD_NUMBERS = ("0", "-1", "1.5", "x", "9" * 30, *NASTY)


def one_of(values: Sequence[str], odd: Sequence[str] = NASTY, share: float = 0.2) -> Value:
    """Return a function that chooses one of the values, or in a wild input at times an odd one."""

    def value(dice: Dice) -> str:
        if dice.odd(share):
            return dice.choice(odd)
        return mutated(dice, dice.choice(values)) if dice.odd(0.03) else dice.choice(values)

    return value


def _joined(values: Sequence[str], sign: str) -> Value:
    return lambda dice: sign.join(one_of(values)(dice) for _ in range(dice.choice((1, 1, 2, 3))))


def _pair(first: Value, second: Value) -> Value:
    return lambda dice: f"{first(dice)}={second(dice)}"


def output(command: str) -> Value:
    """Return the names of outputs of a command."""
    return one_of(_OUTPUTS.get(command.split()[0], ("new",)), ODD_OUTPUTS, 0.6)


_SPEC = one_of(FILES, ODD_FILES, 0.15)
_AMOUNT, _WINDOW = one_of(_AMOUNTS, ("10%", "12MB", "3MiB", "1e6", *NASTY)), one_of(_WINDOWS, _ODD_WINDOWS)
_QUANTITY, _NUMBER = one_of(_QUANTITIES, _ODD_QUANTITIES), one_of(("1", "2", "3"), _ODD_NUMBERS)
_AXIS: Value = lambda dice: one_of(_KEYS, ("M", "depth", *NASTY))(dice) + one_of(_RANGES, _ODD_RANGES)(dice)  # noqa: E731
VALUES: Mapping[str, Value] = MappingProxyType(
    {
        **dict.fromkeys(("SPEC", "[SPEC...]", "A", "B", "SPACE|SPEC"), _SPEC),
        "SPACE": one_of(("space.yaml", "space.yaml", "space.yaml", "small.yaml", "tiny"), ODD_FILES, 0.12),
        "SPACE...": one_of(("space.yaml", "small.yaml", "tiny"), ODD_FILES, 0.12),
        "TARGET": networks.target,
        "[TABLE...]": one_of(("2", "4", "7", "8", "11", "claims", "baselines"), share=0.15),
        "AMOUNT": _AMOUNT,
        "MADDS": _AMOUNT,
        "GROWTH": one_of(("1%", "0", "2M", "0.5%"), ("1", "-1%", *NASTY)),
        "LEAST:MOST": _WINDOW,
        "QUANTITY": _QUANTITY,
        "QUANTITY=LEAST:MOST": _pair(_QUANTITY, _WINDOW),
        "NAME=AMOUNT": _pair(one_of(("params", "bridge.madds", "former.params", "memory"), _ODD_QUANTITIES), _AMOUNT),
        "BYTES": one_of(("256M", "256M", "1G"), ("64M", "0", "-1", "x", "1", "1e3", "")),
        "N": _NUMBER,
        "1|2": one_of(("1", "2"), _ODD_NUMBERS),
        "AMOUNT,...": _joined(("1", "300k", "3M", "20M", "-5"), ","),
        "PERCENT,...": _joined(("0", "5", "50", "33.3", "100", "101", "x"), ","),
        "N,...": _joined(("1", "2", "3", "4", "all"), ","),
        "KEY,...": _joined(("M", "d", *_KEYS), ","),
        "NUMBER|NAME": one_of(("1", "2", "3", "4", "stem", "head", "tokens", "final"), _ODD_NUMBERS),
        "FILE": one_of(("new.yaml",), ODD_FILES, 0.5),
        "--set": specs.setting,
        "--arg": networks.argument,
        "PIXELS": one_of(("32", "64", "33x65"), (*networks.INPUTS, *NASTY)),
        "SIZE": one_of(("32", "64", "33x65"), (*networks.INPUTS, *NASTY)),
        "[NAME=][TYPE:]SHAPE": one_of(networks.INPUTS),
        "--inputs": one_of(("zeros", "random")),
        "--by": one_of(("block", "pillar", "kind", "op"), ("stage", "module", *_KEYS)),
        "KEY": one_of(("width", "tokens.dim", "input", "depth", "head.fc"), (*_KEYS, *NASTY)),
        "--convention": one_of(CONVENTIONS, share=0.1),
        "--counter": one_of(("torch", "fvcore", "thop", "ptflops"), (*CONVENTIONS, "x", ""), 0.15),
        "--baseline": one_of(("base.json",), ODD_FILES, 0.15),
        "--config": one_of(("own.toml", "own.toml", "pyproject.toml"), ODD_FILES),
        "--measured": one_of(("points.csv", "results.csv", "results.csv"), ODD_FILES, 0.15),
        "--objective": one_of(
            ("net.py:Net", "net.py:nosuch", "net.py:Net"), ("net.py", "nosuch.py:f", "small.yaml:f", *NASTY)
        ),
        "--study": one_of(("sqlite://",), ("nosuch/new.log", "x", "sqlite:///nosuch/new.db", *NASTY)),
        "--sampler": one_of(("tpe", "nsga2", "random"), ("TPE", *NASTY)),
        "NAME": one_of(("value", "loss", "madds", "former.params"), _ODD_QUANTITIES),
        "--image": one_of(("image.png",), ODD_FILES, 0.1),
        "--checkpoint": one_of(("small.pth",), ODD_FILES, 0.1),
        "--batch": one_of(("1", "8"), _ODD_NUMBERS),
        "--dtype": one_of(("float32", "float16", "bfloat16", "int8"), ("float64", *NASTY)),
        "--format": one_of(("table", "json", "github")),
        "--style": one_of(("plain", "latex", "python")),
        "--on": one_of(("cpu",), ("cuda", "gpu", *NASTY)),
        "--runtime": one_of(("torch", "onnxruntime"), ("openvino", *NASTY)),
        "--sweeps": one_of(("1", "2"), _ODD_NUMBERS),
        "--threads": one_of(("1", "2"), _ODD_NUMBERS),
        "--reference": _SPEC,
        "--device": one_of(("meta", "cpu")),
        "--workers": one_of(("1",), ("0", "-1", "x", "", "1.5", "2")),
        "--dask": one_of(("tcp://", "x", "", "nosuch://127.0.0.1:1", "tcp://127.0.0.1:99999"), share=0),
        "--resume": one_of(("kept",), ODD_OUTPUTS, 0.4),
        "--quantity": one_of(("madds", "params"), _ODD_QUANTITIES),
        "--sort": one_of(("madds", "params"), _ODD_QUANTITIES),
        "--x": _AXIS,
        "--y": _AXIS,
    }
)
"""The values of an option by its name, else by its metavar; those of an argument by its metavar."""
