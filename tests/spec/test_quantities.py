"""Amounts and windows as users write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window, quantity, window


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("300M", 300_000_000),
        ("0.3G", 300_000_000),
        ("300_000_000", 300_000_000),
        ("  300 m ", 300_000_000),
        ("1.5k", 1500),
        ("0.3B", 300_000_000),
        ("2T", 2 * 10**12),
        (294_000_000, 294_000_000),
        (3.0, 3),
        ("0", 0),
        ("0.1000000M", 100_000),
    ],
)
def test_a_count_is_read_to_the_unit(text: object, amount: int) -> None:
    """Decimals are exact: no amount goes through a float's arithmetic."""
    assert quantity(text) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12MB", 12_000_000),
        ("12MiB", 12 << 20),
        ("2G", 2 * 10**9),
        ("1kB", 1000),
        ("7", 7),
        ("7B", 7),
        ("0.5GiB", 1 << 29),
    ],
)
def test_an_amount_of_memory_is_read_to_the_byte(text: str, amount: int) -> None:
    """MB is a million bytes, MiB 2²⁰."""
    assert quantity(text, in_bytes=True) == amount


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("many", "'many': must be an amount such as 300M, 0.3G or 300_000_000"),
        ("-3M", "'-3M': must be an amount such as 300M, 0.3G or 300_000_000"),
        ("3e8", "'3e8': must be an amount such as 300M, 0.3G or 300_000_000"),
        (True, "true: must be an amount such as 300M, 0.3G or 300_000_000"),
        ("0.5", "'0.5': is no whole number; write an amount such as 300M, 0.3G or 300_000_000"),
        ("300Mx", "'300Mx': 'Mx' is no unit; write an amount such as 300M, 0.3G or 300_000_000"),
        (
            "300MFLOPs",
            "300MFLOPs: 1 multiply-add is 2 FLOPs, and papers use the word for either: "
            "write 150M if products and sums were counted, 300M if multiply-adds were",
        ),
        (
            "0.6 GFLOPS",
            "0.6GFLOPs: 1 multiply-add is 2 FLOPs, and papers use the word for either: "
            "write 0.3G if products and sums were counted, 0.6G if multiply-adds were",
        ),
    ],
)
def test_what_is_no_count_is_refused_with_the_rule(text: object, message: str) -> None:
    """FLOPs have a message of their own, since the word has two meanings."""
    with pytest.raises(InputError) as caught:
        quantity(text)
    assert str(caught.value) == message


def test_a_window_may_be_open_on_one_side() -> None:
    """Both ends belong to it."""
    assert window("290M:300M") == Window(290_000_000, 300_000_000)
    assert window(":12M") == Window(None, 12_000_000)
    assert window("5:") == Window(5, None)
    assert [amount in Window(5, 7) for amount in (4, 5, 7, 8)] == [False, True, True, False]
    assert str(window(":12M")) == ":12,000,000"


@pytest.mark.parametrize("text", ["300M", ":", "1:2:3", "3:2", "a:b", ""])
def test_what_is_no_window_is_refused(text: str) -> None:
    """No colon, two, no side at all, or sides that leave nothing between them."""
    with pytest.raises(InputError):
        window(text)


@given(st.integers(0, 10**25), st.sampled_from(["", "k", "M", "G", "T"]))
def test_each_amount_is_read_back_from_its_unit(amount: int, unit: str) -> None:
    """Written in any unit, with all its decimals, an amount is read back to the unit."""
    power = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}[unit]
    digits = str(amount).zfill(power + 1)
    text = f"{digits[:-power]}.{digits[-power:]}{unit}" if power else digits
    assert quantity(text) == amount
