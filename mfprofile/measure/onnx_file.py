"""A spec as an ONNX file: its torch model, exported, compared with torch, and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mfprofile.cost.bill import count
from mfprofile.errors import InputError
from mfprofile.measure.agreement import SEED, SHARES, Agreement, compared
from mfprofile.measure.export import onnx_bytes
from mfprofile.measure.threads import torch_threads
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network
from mfprofile.spec.words import EMPTY, printable
from mfprofile.spec.writing import yaml_text

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto
    from torch import Tensor

    from mfprofile.nn.model import MobileFormer

DTYPES = tuple(SHARES)
"""The types in which a network can be exported: those that ONNX Runtime computes on a CPU."""
SIZES: Mapping[str, int] = MappingProxyType({"float32": 4, "float16": 2, "int8": 1})
"""The bytes of a parameter by type. For int8 it is the value alone, without the scales of a quantization."""
IMAGE = "image"
"""The name of the input."""
MOST_BYTES = 2**31 - 2**24
"""The most bytes of parameters: an ONNX file has at most 2 GiB, and its graph needs a part of it."""
_EXPORTED_BATCH = 2
_COMPARED_BATCHES = (1, 3)
"""A free batch is exported with one batch, and compared with torch on others."""


@dataclass(frozen=True)
class Port:
    """An input or an output of a file. A free size is a name."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class OnnxFile:
    """The content of an ONNX file and what is in it: its input, its outputs, and how far these are from torch's.

    `weights` says where its weights are from. `params` are the network's parameters, all stored in the `dtype`. `opset`
    is the version of the operators, and `versions` are those of mfprofile, torch and ONNX Runtime.
    """

    name: str
    content: bytes
    weights: str
    dtype: str
    input: Port
    outputs: tuple[Port, ...]
    agreements: tuple[Agreement, ...]
    compared_batches: tuple[int, ...]
    params: int
    opset: int
    versions: Mapping[str, str]

    @property
    def agrees(self) -> bool:
        """Return whether every output agrees with torch's."""
        return all(each.holds for each in self.agreements)


def onnx_file(
    spec: Spec, checkpoint: str | Path | None = None, *, seed: int = 0, batch: int | None = 1, dtype: str = "float32"
) -> OnnxFile:
    """Return a spec's torch model as an ONNX file, compared with torch in ONNX Runtime.

    Without a `checkpoint` in the released layout the weights are random, by the seed. A batch of None is free. Weights,
    input and outputs have the `dtype`. Who writes the content should see first that it `agrees`.

    Raises `InputError` for a type that ONNX Runtime does not compute, a network that no file can hold, a checkpoint
    that does not fit, and too little memory.
    """
    _check_dtype(dtype)
    network = resolve(spec)
    _check_size(network, dtype)
    weights = f"random (seed {seed}), not trained" if checkpoint is None else printable(Path(checkpoint).name)
    try:
        with torch_threads(1):  # the same results everywhere, and many threads would wait for each other
            return _described(spec, _model(network, checkpoint, seed, dtype), weights, batch)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):
            raise
        raise InputError(f"{network.name}: there is not enough memory; use a smaller batch or input") from None


def output_names(network: Network) -> list[str]:
    """Return the names of a network's outputs: those of its head, of its detector's levels, or of a backbone.

    >>> from mfprofile.spec.load import load
    >>> output_names(resolve(load("mf294m"))), output_names(resolve(load("mf294m-coco")))
    (['logits'], ['features', 'tokens'])
    """
    if network.detector is not None:
        return [f"p{level}_{what}" for level in network.detector.levels for what in ("scores", "offsets")]
    if network.head is not None:
        return ["logits"]
    return ["features"] if network.tokens is None else ["features", "tokens"]


def _check_dtype(dtype: str) -> None:
    if dtype == "bfloat16":
        raise InputError("--dtype bfloat16: ONNX Runtime cannot check it on a CPU; use float32 or float16")
    if dtype not in DTYPES:
        raise InputError(f"--dtype {printable(dtype) or EMPTY}: must be {' or '.join(DTYPES)}")


def _check_size(network: Network, dtype: str) -> None:
    """Raise `InputError` for more parameters than an ONNX file can hold, before any is made."""
    needed = SIZES[dtype] * count(network).params
    if needed > MOST_BYTES:
        rule = f"its parameters take {needed:,} bytes in {dtype}, but an ONNX file holds at most {MOST_BYTES:,}"
        raise InputError(f"{network.name}: {rule}; use a narrower network")


def _model(network: Network, checkpoint: str | Path | None, seed: int, dtype: str) -> MobileFormer:
    """Return the model in eval mode. A checkpoint is loaded in float32 and then rounded."""
    import torch

    from mfprofile.nn.checkpoint import load_checkpoint
    from mfprofile.nn.model import build

    model = build(network, seed=seed)
    if checkpoint is not None:
        load_checkpoint(model, checkpoint)
    return model.eval().to(getattr(torch, dtype))


def _described(spec: Spec, model: MobileFormer, weights: str, batch: int | None) -> OnnxFile:
    """Return the file of a model, with the outputs compared."""
    import onnx

    names, batches = output_names(model.network), _COMPARED_BATCHES if batch is None else (batch,)
    images = _images(model, (_EXPORTED_BATCH, *batches) if batch is None else batches)
    exported = onnx_bytes(model, images[:1], free_batch=batch is None, input_names=[IMAGE], output_names=names)
    file = onnx.load_from_string(exported)
    versions = _versions()
    onnx.helper.set_model_props(file, _properties(spec, weights, versions))
    content = file.SerializeToString()
    return OnnxFile(
        spec.name,
        content,
        weights,
        str(images[0].dtype).removeprefix("torch."),
        *_ports(file),
        tuple(compared(model, content, names, images[-len(batches) :])),
        batches,
        sum(parameter.numel() for parameter in model.parameters()),
        next(each.version for each in file.opset_import if each.domain in ("", "ai.onnx")),
        versions,
    )


def _images(model: MobileFormer, batches: Sequence[int]) -> tuple[Tensor, ...]:
    """Return random images, as normalised ones are: with mean 0 and deviation 1."""
    import torch

    generator, network = torch.Generator().manual_seed(SEED), model.network
    shapes = [(batch, 3, network.height, network.width) for batch in batches]
    dtype = next(model.parameters()).dtype
    return tuple(torch.randn(shape, generator=generator).to(dtype) for shape in shapes)


def _versions() -> dict[str, str]:
    import onnxruntime
    import torch

    from mfprofile import __version__

    return {"mfprofile": __version__, "torch": torch.__version__, "onnxruntime": onnxruntime.__version__}


def _properties(spec: Spec, weights: str, versions: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata of a file, from which the export can be repeated."""
    texts = {"spec": spec.name, "version": versions["mfprofile"], "yaml": yaml_text(spec), "weights": weights}
    return {f"mfprofile.{key}": "\n".join(map(printable, text.split("\n"))) for key, text in texts.items()}


def _ports(file: ModelProto) -> tuple[Port, tuple[Port, ...]]:
    """Return the input and the outputs of a file."""
    from onnx.helper import tensor_dtype_to_np_dtype

    def port(value: ValueInfoProto) -> Port:
        tensor = value.type.tensor_type
        shape = tuple(each.dim_param or each.dim_value for each in tensor.shape.dim)
        return Port(value.name, str(tensor_dtype_to_np_dtype(tensor.elem_type)), shape)

    (given,) = file.graph.input
    return port(given), tuple(map(port, file.graph.output))
