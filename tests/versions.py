"""What the version of torch that is installed can do; tests of the rest are skipped with a reason."""

from __future__ import annotations

from typing import Any

import pytest
import torch

VERSION = tuple(int(number) for number in torch.__version__.split(".")[:2])


def since(major: int, minor: int, why: str) -> Any:
    """Return a mark that skips a test in older versions of torch, with the reason: what they lack."""
    reason = f"needs torch {major}.{minor}: before, {why}"
    return pytest.mark.skipif((major, minor) > VERSION, reason=reason)


def needs(*names: str) -> Any:
    """Return a mark that skips a test where torch lacks one of these functions."""
    missing = [name for name in names if not hasattr(torch, name)]
    return pytest.mark.skipif(bool(missing), reason=f"torch {torch.__version__} has no torch.{', '.join(missing)}")


WEIGHT_NORM = since(2, 13, "torch has no backward pass of a weight norm on meta tensors")
GROUPED_QUERIES = since(2, 5, "scaled_dot_product_attention has no enable_gqa")
REGISTRY = since(2, 6, "torch's own counter does not read formulas that are registered")
