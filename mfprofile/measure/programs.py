"""What a runtime runs: a torch module with its arguments, or an ONNX file with the shapes of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten

from mfprofile.errors import InputError
from mfprofile.measure.export import onnx_bytes
from mfprofile.spec.words import raised
from mfprofile.trace.libraries import quiet


@dataclass(frozen=True, slots=True)
class TorchProgram:
    """A module with the arguments of its forward.

    `label` is its name in messages. With `first`, only the first value of a tuple that it puts out is used.
    """

    label: str
    module: nn.Module
    arguments: Sequence[Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    first: bool = False


class Flat(nn.Module):
    """A program as a module of tensors alone: it takes those among the arguments, and returns those in the output.

    Exporters need that. Outputs that are unchanged inputs are not returned: a file would have to copy them.
    """

    def __init__(self, program: TorchProgram) -> None:
        super().__init__()
        self.program, self.module = program, program.module
        self.leaves, self.structure = tree_flatten((tuple(program.arguments), dict(program.options)))

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Return the tensors among the arguments."""
        return tuple(leaf for leaf in self.leaves if isinstance(leaf, Tensor))

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors that the module puts out for these arguments."""
        given, before = iter(tensors), [tensor._version for tensor in tensors]
        leaves = [next(given) if isinstance(leaf, Tensor) else leaf for leaf in self.leaves]
        arguments, options = tree_unflatten(leaves, self.structure)
        output = self.module(*arguments, **options)
        outputs = tree_leaves(output[0] if self.program.first and isinstance(output, tuple) else output)
        kept = [tensor for tensor, version in zip(tensors, before, strict=True) if tensor._version == version]
        return tuple(
            each for each in outputs if isinstance(each, Tensor) and not any(each is tensor for tensor in kept)
        )


def exported(program: TorchProgram) -> tuple[bytes, tuple[Tensor, ...]] | None:
    """Return a program as the content of an ONNX file, and the tensors that are its inputs.

    None if it only passes on its inputs, as `nn.Identity` does: there is nothing to run. Raises `InputError` if it
    cannot be exported.
    """
    flat = Flat(program)
    try:
        with torch.no_grad(), quiet():  # exporters warn, and print the graph at which they fail
            if not flat(*flat.tensors):
                return None
            return onnx_bytes(flat, flat.tensors), flat.tensors
    except Exception as error:  # the exporter raises errors of many kinds, and runs the network's code
        why = f"{program.label}: cannot be exported to ONNX: {raised(error)}"
        raise InputError(f"{why}; use --runtime torch") from error


def moved(program: TorchProgram, device: torch.device) -> TorchProgram:
    """Return a program on a device. Its module is moved itself."""
    arguments, options = tree_map(
        lambda leaf: leaf.to(device) if isinstance(leaf, Tensor) else leaf,
        (tuple(program.arguments), dict(program.options)),
    )
    return TorchProgram(program.label, program.module.to(device), arguments, options, program.first)
