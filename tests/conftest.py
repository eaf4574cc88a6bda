"""Options and fixtures for all tests."""

from __future__ import annotations

import os
import secrets
import signal

import pytest
from hypothesis import HealthCheck, settings

# No test may depend on how fast the machine is: no deadline for an example, and no check of how slowly they are drawn.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("any machine")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job; child processes inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one flag that rewrites expected output."""
    parser.addoption("--rewrite", action="store_true", help="write the outputs in README and the golden files again")


def pytest_configure() -> None:
    """Choose the seed of the random inputs in `test_fuzz.py`, one for all processes of a run."""
    os.environ.setdefault("MFPROFILE_FUZZ_SEED", str(secrets.randbelow(10**9)))


def pytest_report_header() -> str:
    """Print the seed, so that a run can be repeated."""
    return f"random inputs: MFPROFILE_FUZZ_SEED={os.environ['MFPROFILE_FUZZ_SEED']}"


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Return whether to write the expected output instead of comparing with it."""
    return bool(request.config.getoption("--rewrite"))
