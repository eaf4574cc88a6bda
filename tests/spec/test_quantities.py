"""Amounts and windows, as users write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfprofile.errors import InputError
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
def test_a_count_is_read_exactly(text: object, amount: int) -> None:
    """Decimals are exact: no float is used."""
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
def test_an_amount_of_memory_is_read_exactly(text: str, amount: int) -> None:
    """1 MB is a million bytes, and 1 MiB is 2²⁰ bytes."""
    assert quantity(text, "bytes") == amount


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("many", "'many': must be an amount such as 300M, 0.3G or 300_000_000"),
        ("-3M", "'-3M': must be an amount such as 300M, 0.3G or 300_000_000"),
        ("3e8", "'3e8': write it without an exponent: 300M"),
        ("210e6", "'210e6': write it without an exponent: 210M"),
        ("2.5E+09", "'2.5E+09': write it without an exponent: 2.5G"),
        ("1.23456789012e11", "'1.23456789012e11': write it without an exponent: 123_456_789_012"),
        ("5e2", "'5e2': write it without an exponent: 500"),
        (1e20, "1e+20: write it without an exponent: 100000000T"),
        ("1.5e0", "'1.5e0': must be an amount such as 300M, 0.3G or 300_000_000"),
        ("286,732,160", "'286,732,160': write it without commas: 286_732_160"),
        ("1,5M", "'1,5M': must be an amount such as 300M, 0.3G or 300_000_000"),
        (True, "true: must be an amount such as 300M, 0.3G or 300_000_000"),
        ("0.5", "'0.5': is not a whole number; use an amount such as 300M, 0.3G or 300_000_000"),
        ("300Mx", "'300Mx': 'Mx' is not a unit; use an amount such as 300M, 0.3G or 300_000_000"),
        (
            "300MFLOPs",
            "300MFLOPs: 1 multiply-add is 2 FLOPs, but some papers call multiply-adds FLOPs; "
            "write 150M if products and sums were counted, 300M if multiply-adds were counted",
        ),
        (
            "0.6 GFLOPS",
            "0.6GFLOPs: 1 multiply-add is 2 FLOPs, but some papers call multiply-adds FLOPs; "
            "write 0.3G if products and sums were counted, 0.6G if multiply-adds were counted",
        ),
    ],
)
def test_an_invalid_count_is_refused_with_the_rule(text: object, message: str) -> None:
    """FLOPs have their own message, because the word has two meanings."""
    with pytest.raises(InputError) as caught:
        quantity(text)
    assert str(caught.value) == message


def test_a_window_may_be_open_on_one_side() -> None:
    """Both ends are included."""
    assert window("290M:300M") == Window(290_000_000, 300_000_000)
    assert window(":12M") == Window(None, 12_000_000)
    assert window("5:") == Window(5, None)
    assert [amount in Window(5, 7) for amount in (4, 5, 7, 8)] == [False, True, True, False]
    assert str(window(":12M")) == ":12,000,000"


@pytest.mark.parametrize("text", ["300M", ":", "1:2:3", "3:2", "a:b", ""])
def test_an_invalid_window_is_refused(text: str) -> None:
    """It has no colon, two colons, no sides, an invalid side, or no amounts between its sides."""
    with pytest.raises(InputError):
        window(text)


@given(st.integers(0, 10**25), st.sampled_from(["", "k", "M", "G", "T"]))
def test_each_amount_is_read_back_from_its_unit(amount: int, unit: str) -> None:
    """An amount is written in any unit, with all decimals, and read back exactly."""
    power = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}[unit]
    digits = str(amount).zfill(power + 1)
    text = f"{digits[:-power]}.{digits[-power:]}{unit}" if power else digits
    assert quantity(text) == amount
