"""Isolated parts: which modules they are, on which tensors they run, and how often."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from torch import Tensor, nn  # noqa: E402

from mfprofile import count, resolve  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.measure.eager import call_of, settings  # noqa: E402
from mfprofile.measure.measurement import measured  # noqa: E402
from mfprofile.measure.pieces import Pieces, pieces_of  # noqa: E402
from mfprofile.measure.programs import Flat, TorchProgram, exported  # noqa: E402
from mfprofile.measure.setup import Setup  # noqa: E402
from mfprofile.measure.subjects import Subject, of_code, of_spec  # noqa: E402
from mfprofile.spec.load import load  # noqa: E402
from mfprofile.trace.parse import inputs  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

SMALL = {
    "input": 32,
    "classes": 4,
    "tokens": {"count": 2, "dim": 16},
    "stem": 8,
    "blocks": [
        {"block": "lite", "expand": 2, "out": 8},
        {"block": "mf-down", "expand": 2, "out": 12},
        {"block": "mf", "exp": 24, "out": "same"},
    ],
    "head": {"fc": 16},
}


class Shared(nn.Module):
    """One layer that runs three times, twice on the same shape, and one that never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.idle = nn.Linear(8, 8)
        self.deep = nn.Sequential(nn.Sequential(nn.Linear(8, 2), nn.ReLU()), nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        """Return the output of the last layer."""
        image = self.layer(self.layer(image))
        return self.deep(image) + self.layer(image[:, :1])[..., :2]


def subject_of(model: nn.Module, shape: str) -> Subject:
    """Return a network in code that runs in torch."""
    given = inputs([shape])
    bill = trace(model, given.ordered, name="net").bill()
    return of_code("net", model, given, bill, Setup("torch"))


def summary(pieces: Pieces) -> list[tuple[str, str, int]]:
    """Return the path, the first input's shape and the number of calls of each piece."""
    return [(piece.path, "×".join(map(str, piece.program.arguments[0].shape)), piece.times) for piece in pieces.pieces]


def test_a_module_that_is_called_again_is_one_piece_for_each_shape() -> None:
    """Calls on equal shapes are one piece, with their number. What never runs is no piece."""
    subject = subject_of(Shared(), "5x8")
    pieces = pieces_of(subject, "module", 1)
    assert summary(pieces) == [("layer", "1×5×8", 2), ("layer", "1×1×8", 1), ("deep", "1×5×8", 1)]
    assert pieces.madds == {"layer": 64 * (5 + 5 + 1), "deep": 5 * 16}
    assert sum(pieces.madds.values()) == subject.madds


@pytest.mark.parametrize(
    ("depth", "paths"),
    [
        (1, ["layer", "deep"]),
        (2, ["layer", "deep.0", "deep.1"]),
        (3, ["layer", "deep.0.0", "deep.0.1", "deep.1"]),
        (9, ["layer", "deep.0.0", "deep.0.1", "deep.1"]),
    ],
)
def test_modules_are_cut_at_a_depth_or_where_they_end(depth: int, paths: list[str]) -> None:
    """No piece is inside another. All multiply-adds of these are in layers."""
    pieces = pieces_of(subject_of(Shared(), "5x8"), "module", depth)
    assert list(pieces.madds) == paths
    assert sum(pieces.madds.values()) == 64 * 11 + 80


def test_times_of_a_module_that_is_called_again_are_added_by_the_number_of_calls() -> None:
    """Of a clock that gives every call 10 ns: two calls on one shape and one on another are 30."""
    subject = subject_of(Shared(), "5x8")

    def clock(call: Any) -> tuple[int]:
        call()
        return (10 if call.__name__ == "call" else 0,)  # an empty call, of which there is no such name, takes nothing

    measurement = measured([subject], subject, Setup("torch"), 2, "module", 1, clock=("fake", clock))
    (network,) = measurement.networks
    assert {part.name: list(part.series) for part in network.parts} == {"layer": [30, 30], "deep": [10, 10]}
    assert list(network.rest.series) == [-30, -30]
    assert network.whole is measurement.reference


@pytest.mark.parametrize(
    "changes", [{}, {"attention": "mlp"}, {"former": "none", "mobile": {"activation": "relu"}}, {"head": "none"}]
)
def test_the_parts_of_each_kind_of_spec_have_all_its_multiply_adds(changes: dict[str, Any]) -> None:
    """By each axis, for the whole batch, and each sub-block is one piece."""
    network = resolve(load(SMALL).replace(changes))
    subject = of_spec(network, Setup("torch", batch=2))
    for axis in ("pillar", "block", "module"):
        pieces = pieces_of(subject, axis, 1)
        assert sum(pieces.madds.values()) == 2 * count(network).madds == subject.madds
        assert all(piece.times == 1 for piece in pieces.pieces)
        if axis != "module":
            assert list(pieces.madds) == [total.name for total in count(network).by(axis) if total.madds]
    assert len(pieces.madds) == len(pieces.pieces)


def test_a_detector_is_one_part_with_the_pyramid_inside_it() -> None:
    """So its block has both names."""
    network = resolve(
        load("mf26m").replace({"detector": "retinanet", "head": "none", "bridge": {"final": False}, "input": 32})
    )
    pieces = pieces_of(of_spec(network, Setup("torch")), "block", 1)
    assert pieces.madds["fpn+retina"] == sum(
        total.madds for total in count(network).by("block") if total.name in ("fpn", "retina")
    )
    assert sum(pieces.madds.values()) == count(network).madds


def test_a_piece_gets_the_tensors_of_the_run_and_puts_out_the_same() -> None:
    """The head of a spec, given what it gets in the run, has the logits of the whole."""
    subject = of_spec(load(SMALL), Setup("torch"))
    assert isinstance(subject.program, TorchProgram)
    head = next(piece for piece in pieces_of(subject, "module", 1).pieces if piece.path == "head")
    with torch.no_grad():
        wanted = subject.program.module(*subject.program.arguments)
        assert torch.equal(head.program.module(*head.program.arguments), wanted)


def test_a_flat_program_takes_and_returns_tensors_alone() -> None:
    """Whatever the structure of its arguments and its output. An input that is passed on is not returned."""

    class Nested(nn.Module):
        def forward(self, batch: dict[str, Tensor], flag: bool, *, more: list[Tensor]) -> Any:
            assert flag
            return {"sum": batch["a"] + more[0], "same": batch["a"], "none": None, "pair": (more[0] * 2,)}

    one, two = torch.ones(2), torch.full((2,), 3.0)
    flat = Flat(TorchProgram("net", Nested(), [{"a": one}, True], {"more": [two]}))
    assert [tensor.tolist() for tensor in flat.tensors] == [[1, 1], [3, 3]]
    assert [tensor.tolist() for tensor in flat(two, one)] == [[4, 4], [2, 2]]


def test_an_output_that_is_a_changed_input_is_work() -> None:
    """An activation in place returns its input, and so does a module that does nothing."""
    for model, is_work in ((nn.Hardswish(inplace=True), True), (nn.Identity(), False), (nn.Dropout().eval(), False)):
        program = TorchProgram("net", model, [torch.ones(1, 2)])
        assert len(Flat(program)(*Flat(program).tensors)) == is_work
        assert (exported(program) is not None) == is_work


def test_a_part_that_works_in_place_does_not_come_to_tiny_numbers() -> None:
    """Halved 141 times, 1 becomes 0 and not 2^-141, at which a processor would be slow."""

    class Halves(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image.mul_(0.5)

    image = torch.ones(64)
    with settings(1):
        call = call_of(TorchProgram("net", Halves(), [image]), torch.device("cpu"))
        for _ in range(140):
            call()
        assert image.count_nonzero() == 0


def test_only_the_bridges_output_is_computed_in_its_piece() -> None:
    """Its attention map is for pictures; the run of the whole makes no array of it."""
    subject = of_spec(load(SMALL), Setup("torch"))
    pieces = {piece.path: piece.program for piece in pieces_of(subject, "module", 1).pieces}
    with torch.no_grad():
        (tokens,) = Flat(pieces["blocks.2.mobile_to_former"])(*Flat(pieces["blocks.2.mobile_to_former"]).tensors)
        (image,) = Flat(pieces["blocks.1.mobile"])(*Flat(pieces["blocks.1.mobile"]).tensors)
    assert tokens.shape == (1, 2, 16)
    assert image.dim() == 4


def test_settings_of_torch_are_restored_when_something_fails() -> None:
    """Threads, precision and inference mode."""
    before = torch.get_num_threads(), torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    with pytest.raises(ZeroDivisionError), settings(before[0] + 1):
        assert torch.get_num_threads() == before[0] + 1
        assert torch.is_inference_mode_enabled()
        assert not torch.backends.cudnn.allow_tf32
        raise ZeroDivisionError
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before
    assert not torch.is_inference_mode_enabled()


def test_a_network_that_fails_is_named() -> None:
    """With what it raised."""
    program = TorchProgram("net", nn.Linear(2, 2), [torch.zeros(1, 3)])
    with pytest.raises(InputError, match=r"^net: cannot be run: RuntimeError: "):
        call_of(program, torch.device("cpu"))
