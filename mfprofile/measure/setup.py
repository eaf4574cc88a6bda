"""How networks are run while they are measured: runtime, place, threads, type and batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mfprofile.errors import InputError
from mfprofile.spec.problems import unknown
from mfprofile.spec.words import shown

RUNTIMES = ("onnxruntime", "torch", "openvino")
PLACES = ("cpu", "cuda")
DTYPES = ("float32", "float16", "bfloat16")
MOST_THREADS = 1024
_PACKAGES: Mapping[str, Sequence[str]] = MappingProxyType(
    {"onnxruntime": ("onnx", "onnxruntime"), "torch": ("torch",), "openvino": ("onnx", "openvino")}
)
"""The packages that each runtime needs."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How networks are run: the runtime, on a CPU or a GPU (`on`), with so many threads, in one dtype.

    `batch` is that of specs, and of the inputs that are made for networks in code; None for inputs without a batch.
    """

    runtime: str = "onnxruntime"
    on: str = "cpu"
    threads: int = 1
    dtype: str = "float32"
    batch: int | None = 1

    def checked(self) -> Setup:
        """Return the setup. Raises `InputError` for an unknown name, or for threads that are not from 1 to 1024."""
        for what, name, names in (("runtime", self.runtime, RUNTIMES), ("dtype", self.dtype, DTYPES)):
            if name not in names:
                raise unknown(what, name, names)
        if self.on not in PLACES:
            raise InputError(f"--on {shown(self.on)}: use cpu or cuda")
        if not 1 <= self.threads <= MOST_THREADS:
            raise InputError(f"--threads {self.threads}: must be from 1 to {MOST_THREADS}")
        if self.runtime == "openvino" and self.on == "cuda":
            raise InputError("--on cuda needs --runtime torch or onnxruntime; openvino has no CUDA")
        if self.runtime == "onnxruntime" and self.on == "cpu" and self.dtype == "bfloat16":
            raise InputError("--dtype bfloat16 needs --runtime torch or openvino; onnxruntime has it on no CPU")
        return self

    @property
    def stored(self) -> str:
        """Return the dtype of weights and inputs. OpenVINO takes them in float32, and computes in the setup's dtype."""
        return "float32" if self.runtime == "openvino" else self.dtype

    @property
    def packages(self) -> Sequence[str]:
        """Return the packages that its runtime needs."""
        return _PACKAGES[self.runtime]


def setup_of(runtime: str | None, on: str, threads: int, dtype: str, batch: int | None) -> Setup:
    """Return a setup whose runtime is by default onnxruntime, and torch on a GPU. Raises `InputError` as `checked`."""
    default = "torch" if on == "cuda" else "onnxruntime"
    return Setup(default if runtime is None else runtime, on, threads, dtype, batch).checked()
