"""An option with one value is refused if it is given twice: only the last value would count."""

from __future__ import annotations

import pytest
from running import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["check", "mf294m", "--baseline", "a.json", "--baseline=b.json"],
            "--baseline is given 2 times, but has one value; give it once",
        ),
        (
            ["check", "mf294m", "--max-madds", "1G", "--max-madds", "1M", "--max-madds", "2G"],
            "--max-madds is given 3 times, but has one value; give it once",
        ),
        (
            ["explore", "sample", "tiny", "-n", "1", "--seed", "1", "--seed", "2"],
            "--seed is given 2 times, but has one value; give it once",
        ),
    ],
)
def test_an_option_with_one_value_is_refused_if_it_is_given_twice(arguments: list[str], message: str) -> None:
    """Nothing is read or counted."""
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_repeatable_options_and_flags_may_be_repeated() -> None:
    """A flag given twice says the same twice."""
    done = run("check", "mf294m", "--max", "madds=300M", "--max", "params=20M", "--json", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"holds": true' in done.stdout
