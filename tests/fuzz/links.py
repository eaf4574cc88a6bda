"""Links to a page: the fragment of its address, with the changes to its spec, right, wrong and broken."""

from __future__ import annotations

from types import MappingProxyType
from urllib.parse import quote, quote_plus, urlencode

from fuzz.texts import NASTY, Dice, mutated

KEYS = MappingProxyType(
    {
        "input": ("64", "225x321", "224"), "classes": ("10", "100"), "tokens.count": ("1", "4", "9"), "tokens.dim": ("64", "96", "256"),
        "stem": ("8", "16", "24"), "width": ("0.5", "1.3"), "groups": ("1", "2"), "attention": ("mha", "mlp"), "mobile.kernel": ("3", "5"),
        "mobile.activation": ("relu", "dy-relu"), "former": ("none", ""), "former.ffn": ("true", "false"), "former.heads": ("1", "2", "4"),
        "bridge.heads": ("1", "2"), "bridge.gate": ("true", "false"), "head": ("none", ""), "head.fc": ("64", "1024"), "convention": ("paper", "fvcore"),
        "budget.max.madds": ("300M", "1_000"), "budget.min.params": ("3M", "1"), "budget.max.former.madds": ("10%", "1M"),
    }
)  # fmt: skip
"""Keys with values of their kind."""
_OF_A_BLOCK = MappingProxyType(
    {
        "exp": ("96", "192", "384"), "expand": ("2", "4", ""), "out": ("24", "48", "96", "same"), "exp2": ("96", ""), "stride": ("1", "2"),
        "kernel": ("3", "5", "7"), "repeat": ("0", "1", "2"), "block": ("mf", "lite", "mf-down"),
    }
)  # fmt: skip
_ODD_KEYS = (
    "", "blocks", "blocks.1", "blocks.99.out", "blocks.0.out", "blocks.-1.out", "blocks.length", "tokens", "__proto__", "__proto__.x", "constructor",
    "toString", "head.fc.x", ".stem", "stem.", "..", "blocks.1.out.x", "budget", "budget.max", "hasOwnProperty.x", "extends", "name", "1", "é",
)  # fmt: skip


def link(dice: Dice) -> str:
    """Return a fragment of one to four changes, mostly written as a page writes it."""
    pairs = [_pair(dice) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
    text = urlencode(pairs, quote_via=dice.choice((quote, quote_plus)), errors="replace")
    return (
        mutated(dice, text, ("%", "%E0%A4%A", "&", "=", "+", "#", "%00", "?", "&&", "\\", "<b>", "'", '"'))
        if dice.odd(0.3)
        else text
    )


def _pair(dice: Dice) -> tuple[str, str]:
    if dice.random() < 0.4:
        name = dice.choice(list(_OF_A_BLOCK))
        key, values = f"blocks.{dice.randint(1, 9)}.{name}", _OF_A_BLOCK[name]
    else:
        key = dice.choice(list(KEYS))
        values = KEYS[key]
    return dice.choice(_ODD_KEYS) if dice.odd(0.3) else key, dice.choice(NASTY if dice.odd(0.4) else values)
