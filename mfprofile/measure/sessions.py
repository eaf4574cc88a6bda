"""Run an ONNX model in ONNX Runtime or OpenVINO: sessions that stay open, with inputs that stay in place."""

from __future__ import annotations

from typing import Any

from mfprofile.errors import InputError
from mfprofile.measure.model_files import BFLOAT16, Array, Model
from mfprofile.measure.setup import Setup
from mfprofile.measure.sweeps import Call
from mfprofile.spec.words import raised

CUDA = "CUDAExecutionProvider"
_FATAL_ONLY = 4
"""The level of ONNX Runtime's own log on stderr. It raises errors, too."""


def of_onnxruntime(model: Model, setup: Setup) -> Call:
    """Return a call that runs a model in a session of ONNX Runtime.

    All graph optimizations are on. One thread at a time waits for work without spinning, so that a waiting thread takes
    no processor time. On a GPU, inputs and outputs stay there. Raises `InputError` if it cannot be loaded or run.
    """
    import onnxruntime

    providers = [CUDA] if setup.on == "cuda" else ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(model.content, _options(onnxruntime, setup), providers=providers)
        binding = session.io_binding()
        for given, wanted in zip(model.inputs, session.get_inputs(), strict=True):
            binding.bind_ortvalue_input(wanted.name, _value(onnxruntime, given, setup.on))
        for output in session.get_outputs():
            binding.bind_output(output.name, setup.on)
    except Exception as error:  # it raises errors of its own, by what is wrong
        raise _refusal(model, "loaded", error) from error

    def call() -> None:
        session.run_with_iobinding(binding)

    return _tried(model, call)


def check_onnxruntime(setup: Setup) -> None:
    """Raise `InputError` if ONNX Runtime is to use a GPU, but the installed one cannot."""
    import onnxruntime

    providers = onnxruntime.get_available_providers()
    if setup.on == "cuda" and CUDA not in providers:
        raise InputError(
            f"--on cuda: the installed onnxruntime has no {CUDA}; install onnxruntime-gpu, or use --runtime torch"
        )


def of_openvino(model: Model, setup: Setup) -> Call:
    """Return a call that runs a model in OpenVINO: one stream, in the type that is asked for.

    By default OpenVINO computes in bfloat16 where the processor can. Raises `InputError` if it cannot be loaded or run.
    """
    import openvino

    wanted = getattr(openvino.Type, {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}[setup.dtype])
    config = {
        "INFERENCE_NUM_THREADS": setup.threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": wanted,
    }
    try:
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(model.content), "CPU", config)
        request = compiled.create_infer_request()
        for at, given in enumerate(model.inputs):
            request.set_input_tensor(at, openvino.Tensor(given.values))
    except Exception as error:
        raise _refusal(model, "loaded", error) from error
    used = compiled.get_property("INFERENCE_PRECISION_HINT")
    if used != wanted:
        raise InputError(
            f"openvino computes in {used.to_string()} on this processor, not in {setup.dtype}; use another --dtype"
        )

    def call() -> None:
        request.infer()

    return _tried(model, call)


def _options(onnxruntime: Any, setup: Setup) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = setup.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _value(onnxruntime: Any, given: Array, on: str) -> Any:
    if given.dtype != BFLOAT16:
        return onnxruntime.OrtValue.ortvalue_from_numpy(given.values, on, 0)
    from onnx import TensorProto

    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(given.values, TensorProto.BFLOAT16)


def _tried(model: Model, call: Call) -> Call:
    """Return a call after its first run. Raise `InputError` if that fails."""
    try:
        call()
    except Exception as error:
        raise _refusal(model, "run", error) from error
    return call


def _refusal(model: Model, action: str, error: Exception) -> InputError:
    return InputError(f"{model.label}: cannot be {action}: {raised(error)}")
