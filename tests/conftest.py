"""Options and fixtures for all tests."""

from __future__ import annotations

import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job of a shell's background; children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one flag that rewrites expected output."""
    parser.addoption("--rewrite", action="store_true", help="write README's outputs and the golden files anew")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Return whether expected output is to be written instead of compared."""
    return bool(request.config.getoption("--rewrite"))
