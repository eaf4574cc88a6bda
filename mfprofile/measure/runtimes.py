"""The runtimes: each makes a call of a program, as the setup says, and has a name and versions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from mfprofile.errors import InputError
from mfprofile.measure.model_files import Model, of_dtype, product
from mfprofile.measure.sessions import check_onnxruntime, of_onnxruntime, of_openvino
from mfprofile.measure.setup import Setup
from mfprofile.measure.sweeps import Call, Progress, no_work

if TYPE_CHECKING:
    from mfprofile.measure.programs import TorchProgram

    Program = Model | TorchProgram


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime that is set up: it makes a call of a program, and one of a large product of matrices.

    `exported` makes what `call` takes: an ONNX model, or the program itself; None for a program that does nothing.
    """

    versions: Mapping[str, str]
    device: str
    exported: Callable[[Program], Program | None]
    call: Callable[[Program | None], Call]
    product: Callable[[int], Call]


def calls_of(runtime: Runtime, programs: Mapping[str, Callable[[], Program]], progress: Progress) -> dict[str, Call]:
    """Return the call of each program, by its key.

    All are exported first, and loaded after that, one right after the other: what is in memory earlier while others are
    exported can be some percent slower. `progress` gets how many are exported. Raises `InputError` for a program that
    the runtime cannot run.
    """
    ready: dict[str, Program | None] = {}
    for key, program in programs.items():
        progress(len(ready), len(programs))
        ready[key] = runtime.exported(program())
    return {key: runtime.call(ready.pop(key)) for key in programs}


def opened(setup: Setup) -> AbstractContextManager[Runtime]:
    """Return a with block that has a runtime as a setup says. At its end, settings of the process are restored.

    Raises `InputError` if the installed one cannot do that. What it makes raises it for a program that it cannot run.
    """
    return _torch(setup) if setup.runtime == "torch" else contextlib.nullcontext(_of_models(setup))


def _of_models(setup: Setup) -> Runtime:
    """Return a runtime of ONNX models."""
    if setup.runtime == "onnxruntime":
        check_onnxruntime(setup)
    run = of_onnxruntime if setup.runtime == "onnxruntime" else of_openvino
    versions = {name: version(name) for name in (setup.runtime, "onnx")}

    def exported(program: Program) -> Program | None:
        return program if isinstance(program, Model) else _exported(program)

    def call(model: Program | None) -> Call:
        return run(model, setup) if isinstance(model, Model) else no_work

    def of_product(side: int) -> Call:
        return run(product(side, setup.stored), setup)

    return Runtime(versions, _gpu() if setup.on == "cuda" else "", exported, call, of_product)


def _gpu() -> str:
    """Return the GPU's name, which torch knows if it is installed with CUDA."""
    from importlib.util import find_spec

    if find_spec("torch") is not None:
        import torch

        if torch.cuda.is_available():
            return torch.cuda.get_device_name()
    return "a GPU"


def _exported(program: TorchProgram) -> Model | None:
    import torch

    from mfprofile.measure.programs import exported

    result = exported(program)
    if result is None:
        return None
    content, tensors = result
    arrays = [
        of_dtype(each.float().numpy(), "bfloat16")
        if each.dtype == torch.bfloat16
        else of_dtype(each.numpy(), str(each.dtype).removeprefix("torch."))
        for each in (tensor.detach().cpu().contiguous() for tensor in tensors)
    ]
    return Model(program.label, content, arrays)


@contextmanager
def _torch(setup: Setup) -> Iterator[Runtime]:
    """Yield torch as a runtime, with its settings inside a with block."""
    import torch

    from mfprofile.measure.eager import call_of, device_of, product_of, settings

    device = device_of(setup.on)
    name = torch.cuda.get_device_name() if setup.on == "cuda" else ""

    def exported(program: Program) -> Program:
        if isinstance(program, Model):
            raise InputError(f"{program.label}: is an ONNX file, which torch cannot run; use --runtime onnxruntime")
        return program

    def call(program: Program | None) -> Call:
        return no_work if program is None or isinstance(program, Model) else call_of(program, device)

    def of_product(side: int) -> Call:
        return product_of(side, setup, device)

    with settings(setup.threads):
        yield Runtime({"torch": torch.__version__}, name, exported, call, of_product)
