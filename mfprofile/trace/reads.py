"""Check each tensor that a run reads: whose it is, which thread computed it, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mfprofile.trace.calls import Calls
from mfprofile.trace.modules import named_parameters, named_tensors
from mfprofile.trace.origins import Origins
from mfprofile.trace.owners import Owners, storage, tensors_in
from mfprofile.trace.scripts import constants
from mfprofile.trace.storages import Storages
from mfprofile.trace.threads import Threads
from mfprofile.trace.values import Values


class Reads:
    """The tensors that a run reads and puts out. The results are in its attributes, as `owners` and `storages`."""

    def __init__(self, model: nn.Module, original: nn.Module | None) -> None:
        tensors = [each for _, each in named_tensors(model)]
        self._kept = [*tensors, *constants(model)]  # a storage is known by its address, so it must not be freed
        self.owners = Owners(model)
        self.origins = Origins(model, self._kept)
        self.values = Values(self._kept)
        self.storages = Storages(self._kept)
        self.threads = Threads(self.belongs)
        self.calls = Calls(model, self.threads.note, original)
        self._original_storages = (
            set() if original is None else {storage(each) for _, each in named_parameters(original)} - {0}
        )
        self._given_storages = set(map(storage, tensors))
        self._gradient_storages = set[int]()  # of tensors made outside of inference mode, which a network can leave

    def note_inputs(self, inputs: Iterable[Any]) -> None:
        """Record the inputs of the model."""
        tensors = list(tensors_in(inputs))
        self._kept += tensors
        self._given_storages |= set(map(storage, tensors))
        self.origins.give(tensors)
        self.values.add(tensors)
        self.storages.note_inputs(tensors)

    def belongs(self, tensor: Tensor) -> bool:
        """Return whether a tensor belongs to the run: it is the model's, an input, or made in inference mode."""
        return tensor.is_inference() or self.owners.holds(tensor) or storage(tensor) in self._given_storages

    def note_before(self, reader: str, tensors: Sequence[Tensor], written: Sequence[Tensor], is_inside: bool) -> None:
        """Record what an operator is about to read and write; with `is_inside`, another operator of torch runs it."""
        self.origins.note_written(written)
        self.origins.note_read(reader, tensors, self.calls.current.path, is_inside)

    def note_after(self, reader: str, tensors: Sequence[Tensor]) -> None:
        """Record which parameters were read, and detect tensors that do not belong to the run."""
        self.owners.read(tensors)
        for tensor in tensors:
            # other threads are not in inference mode, so the tensors that they compute have a grad_fn
            if tensor.grad_fn is not None and storage(tensor) not in self._gradient_storages:
                self.threads.note(f"a tensor that {reader} reads was computed before the run or")
            elif storage(tensor) in self._original_storages:
                self.calls.note_original_used(f"{reader} reads a parameter in the original")

    def note_outputs(
        self, operator: str, read: Sequence[Tensor], outs: Sequence[Tensor], number: Any, values: Sequence[Any]
    ) -> None:
        """Record what an operator put out: tensors, or a number. `values` are all its arguments."""
        self.origins.note_run(operator, read, outs, values)
        if isinstance(number, int | float | complex):
            self.origins.note_number(number, read)
        if not torch.is_inference_mode_enabled():
            self._gradient_storages |= set(map(storage, outs))

    def note_returned(self, values: Iterable[Any]) -> None:
        """Record what the network returns: the caller reads it."""
        values = list(values)
        tensors = list(tensors_in(values))
        self.origins.note_arrays(values)
        self.note_after("the caller", tensors)
        self.origins.note_read("", tensors, "")
