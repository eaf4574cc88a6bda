"""Fourier transforms have no multiply-adds in any bill; a remark has their FLOPs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.cost.conventions import CONVENTIONS  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

REAL, COMPLEX = torch.zeros(3, 6, 8), torch.zeros(3, 6, 8, dtype=torch.complex64)
TRANSFORMS: dict[str, tuple[Callable[[Tensor], Any], Tensor, int]] = {  # 18 rows of 8 points: ⌈log₂ 8⌉ = 3
    "fft": (torch.fft.fft, COMPLEX, 18 * 5 * 8 * 3),
    "ifft": (torch.fft.ifft, COMPLEX, 18 * 5 * 8 * 3),
    "fft of real numbers": (torch.fft.fft, REAL, 18 * 5 * 8 * 3),
    "rfft": (torch.fft.rfft, REAL, 18 * 5 * 8 * 3),
    "irfft": (torch.fft.irfft, COMPLEX, 18 * 5 * 14 * 4),  # 14 points from 8 values
    "fft2": (torch.fft.fft2, COMPLEX, 3 * 5 * 48 * 6),
    "rfft2": (torch.fft.rfft2, REAL, 3 * 5 * 48 * 6),
    "fftn": (torch.fft.fftn, COMPLEX, 5 * 144 * 8),
    "of 7 points": (lambda x: torch.fft.fft(x, n=7), COMPLEX, 18 * 5 * 7 * 3),
    "of one point": (lambda x: torch.fft.fft(x, n=1), COMPLEX, 0),
    "along another side": (lambda x: torch.fft.fft(x, dim=1), COMPLEX, 24 * 5 * 6 * 3),
}


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_has_no_multiply_adds_and_its_flops_are_in_a_remark(name: str, device: str) -> None:
    """5 · N · ⌈log₂ N⌉ for N points, in whole numbers."""
    function, values, flops = TRANSFORMS[name]
    traced = trace(Lambda(function), values, device=device)
    assert (traced.uncovered, traced.coverage) == ((), 1)
    assert [row.kind for row in traced.rows] == ["fft"]
    assert {traced.bill(convention).madds for convention in CONVENTIONS} == {0}
    text = f"Fourier transforms are not multiply-adds: they take {flops:,} FLOPs, 5·N·⌈log₂ N⌉ for N points"
    assert [(each.text, each.is_gap) for each in traced.remarks] == ([(text, False)] if flops else [])


def test_the_flops_of_all_transforms_are_added() -> None:
    """A filter in the frequency domain runs one forth and one back."""
    traced = trace(Lambda(lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2, n=8)), REAL)
    assert [row.kind for row in traced.rows] == ["fft", "scale", "fft"]
    assert "they take 4,320 FLOPs" in traced.remarks[0].text  # twice 18 · 5 · 8 · 3


def test_a_spectrogram_is_counted_in_full() -> None:
    """Of 400 samples, 26 windows of 64: a multiplication by the window, and a transform of each."""
    window = torch.hann_window(64)
    model = Lambda(lambda x, w: torch.stft(x, 64, window=w, return_complex=True).abs(), w=window)
    traced = trace(model, torch.zeros(1, 400))
    assert traced.uncovered == ()
    assert f"{26 * 5 * 64 * 6:,} FLOPs" in traced.remarks[0].text
