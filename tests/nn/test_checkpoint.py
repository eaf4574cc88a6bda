"""Checkpoints: the released layout is loaded all or nothing, and saved in the same form."""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from mfprofile.errors import CheckpointWarning, InputError, OutputError  # noqa: E402
from mfprofile.nn import build, load_checkpoint, released_state, save_checkpoint  # noqa: E402

State = dict[str, Any]
GATE = "features.1.local_global.alpha.0.weight"


@pytest.fixture
def model(small: Any) -> Any:
    """Return the model to load into."""
    return build(small(), seed=1)


@pytest.fixture
def state(small: Any) -> State:
    """Return a valid checkpoint with other weights."""
    return released_state(build(small(), seed=2))


@pytest.fixture
def untouched(model: Any) -> Iterator[None]:
    """Check after the test that the model has not changed."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    yield
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def same(first: State, second: State) -> bool:
    """Return whether two states have the same names in the same order, and equal tensors."""
    return list(first) == list(second) and all(torch.equal(first[name], second[name]) for name in first)


def test_a_saved_model_is_read_back_under_every_switch(switched: Any, tmp_path: Path) -> None:
    """Every tensor of every variant survives the file, under its own released name."""
    first, second = build(switched, seed=1), build(switched, seed=2)
    for number, buffer in enumerate(first.buffers()):
        buffer += number
    assert len(released_state(first)) == len(first.state_dict())
    save_checkpoint(first, tmp_path / "model.pth")
    load_checkpoint(second, tmp_path / "model.pth")
    assert same(first.state_dict(), second.state_dict())


def test_a_saved_file_holds_the_released_names(tmp_path: Path, released_keys: Any) -> None:
    """The file is a bare state dict with the released names, shapes and order."""
    save_checkpoint(build("mf26m"), tmp_path / "model.pth")
    saved = torch.load(tmp_path / "model.pth", weights_only=True)
    assert [(name, list(tensor.shape)) for name, tensor in saved.items()] == list(released_keys["mf26m"].items())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 450},
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}},
        lambda state: {name: tensor for name, tensor in state.items() if "num_batches_tracked" not in name},
        lambda state: {name: tensor.double() for name, tensor in reversed(state.items())},
        lambda state: {
            name: torch.nn.Parameter(tensor) for name, tensor in state.items() if tensor.is_floating_point()
        },
    ],
    ids=["bare", "state_dict", "module", "both", "uncounted", "reversed doubles", "parameters"],
)
@pytest.mark.parametrize("from_file", [True, False], ids=["file", "mapping"])
def test_a_checkpoint_is_read_in_each_of_its_forms(
    wrap: Callable[[State], State], from_file: bool, model: Any, state: State, tmp_path: Path
) -> None:
    """Bare or under state_dict, with or without module., with or without BatchNorm's counters."""
    source: Any = wrap(state)
    if from_file:
        torch.save(source, tmp_path / "model.pth")
        source = str(tmp_path / "model.pth")
    load_checkpoint(model, source)
    assert same(released_state(model), state)


def without(state: State, *names: str) -> State:
    """Return the state without some of its names."""
    return {name: tensor for name, tensor in state.items() if name not in names}


WRONG: dict[str, tuple[Callable[[State], Any], str]] = {
    "a name missing": (lambda state: without(state, GATE), rf"missing \(1\): {GATE}$"),
    "a name too many": (lambda state: {**state, "extra": torch.zeros(1)}, r"unexpected \(1\): extra$"),
    "our own names": (lambda state: {**without(state, GATE), "blocks.2.x": 0}, r"missing .*\n.*unexpected \(1\)"),
    "a wrong shape": (
        lambda state: {**state, GATE: torch.zeros(16, 8)},
        rf"wrong shape \(1\): {GATE} is \(16, 8\), not \(8, 16\)$",
    ),
    "the last shape wrong": (
        lambda state: {**state, "classifier.classifier.1.bias": torch.zeros(11)},
        r"wrong shape \(1\): classifier.classifier.1.bias is \(11,\), not \(10,\)$",
    ),
    "no tensor": (lambda state: {**state, GATE: [[0.0] * 16] * 8}, rf"not a tensor of real numbers \(1\): {GATE}$"),
    "complex numbers": (lambda state: {**state, GATE: state[GATE] * 1j}, r"not a tensor of real numbers \(1\)"),
    "a sparse tensor": (lambda state: {**state, GATE: state[GATE].to_sparse()}, r"not a tensor of real numbers \(1\)"),
    "a meta tensor": (lambda state: {**state, GATE: state[GATE].to("meta")}, r"not a tensor of real numbers \(1\)"),
    "a prefix on some": (lambda state: {**without(state, GATE), f"module.{GATE}": state[GATE]}, rf"module\.{GATE}"),
    "names that are not text": (lambda state: {**state, 7: torch.zeros(1)}, r"unexpected \(1\): 7$"),
    "nothing": (lambda _state: {}, r"missing \(\d+\): tokens.weight, stem.0.weight, .* and \d+ more$"),
    "an optimiser": (
        lambda state: {"optimizer": state, "state_dict": None},
        r"unexpected \(2\): optimizer, state_dict$",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.usefixtures("untouched")
def test_an_invalid_checkpoint_does_not_change_the_model(case: str, model: Any, state: State) -> None:
    """Every problem is reported by name, and no tensor of the model changes."""
    spoil, message = WRONG[case]
    with pytest.raises(InputError, match=message) as raised:
        load_checkpoint(model, spoil(state))
    assert str(raised.value).startswith("the checkpoint: does not fit spec\n")


@pytest.mark.usefixtures("untouched")
def test_a_checkpoint_of_another_model_lists_ten_names_of_each_sort(model: Any, tmp_path: Path) -> None:
    """A checkpoint of another network gives three short lists with their lengths, under the file's name."""
    path = tmp_path / "mf26m.pth"
    save_checkpoint(build("mf26m"), path)
    with pytest.raises(InputError) as raised:
        load_checkpoint(model, path)
    first, *lists = str(raised.value).splitlines()
    assert first == f"{path}: does not fit spec"
    assert [line.partition("(")[0].strip() for line in lists] == ["missing", "unexpected", "wrong shape"]
    assert all(line.count(".weight") + line.count(".bias") + line.count(".running") <= 10 for line in lists)


def _files(folder: Path, state: State) -> dict[str, Path]:
    torch.save(state, folder / "whole.pth")
    whole = (folder / "whole.pth").read_bytes()
    files = {"missing": folder / "none.pth", "directory": folder}
    contents = {"empty": b"", "text": b"no checkpoint\n", "short": whole[:-1], "half": whole[: len(whole) // 2]}
    contents |= {"damaged": whole[:200] + bytes(200) + whole[400:], "list": pickle.dumps([1, 2]), "zip": b"PK\3\4"}
    for name, content in contents.items():
        files[name] = folder / f"{name}.pth"
        files[name].write_bytes(content)
    return files


@pytest.mark.parametrize("name", ["missing", "directory", "empty", "text", "short", "half", "damaged", "list", "zip"])
@pytest.mark.usefixtures("untouched")
def test_a_file_that_is_not_a_checkpoint_is_refused_by_name(
    name: str, model: Any, state: State, tmp_path: Path
) -> None:
    """Missing, damaged or something else: one message with the file's name, and the model does not change."""
    path = _files(tmp_path, state)[name]
    with pytest.raises(InputError) as raised:
        load_checkpoint(model, path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


class Trap:
    """A pickle of this makes a directory if its code runs."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (self.path,)


@pytest.mark.usefixtures("untouched")
def test_a_pickle_with_code_is_refused_and_never_run(model: Any, state: State, tmp_path: Path) -> None:
    """Code in a file is not run, and the message says what the file asks for."""
    path, sprung = tmp_path / "trap.pth", tmp_path / "sprung"
    torch.save({**state, "trap": Trap(sprung)}, path)
    with pytest.raises(InputError, match=r"without running code from it: it asks for \w+\.mkdir$"):
        load_checkpoint(model, path)
    assert not sprung.exists()


def test_a_file_that_cannot_be_written_is_an_output_error(model: Any, tmp_path: Path) -> None:
    """As for all files of the project. A name that no file can have is wrong input, and so is a model without values."""
    with pytest.raises(OutputError, match="cannot be written: No such file or directory"):
        save_checkpoint(model, tmp_path / "none" / "model.pth")
    for name in ("", "a\0b"):
        with pytest.raises(InputError):
            save_checkpoint(model, name)
    with torch.device("meta"):
        empty = build("mf26m")
    with pytest.raises(InputError, match=r"^the model is on the meta device and has no values"):
        save_checkpoint(empty, tmp_path / "model.pth")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_checkpoint(model: Any, state: State, tmp_path: Path) -> None:
    """It is written beside the old one, which keeps its mode, and then renamed."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "model.pth"
    save_checkpoint(model, path)
    path.chmod(0o600)
    before = path.read_bytes()
    load_checkpoint(model, state)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(OutputError, match=r"model\.pth: cannot be written: File too large$"):
            save_checkpoint(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (path.read_bytes() == before, path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (True, 0o600, [path])
    save_checkpoint(model, path)
    assert (path.read_bytes() != before, path.stat().st_mode & 0o777) == (True, 0o600)


def _dtypes() -> list[Any]:
    return sorted({each for each in vars(torch).values() if isinstance(each, torch.dtype)}, key=str)


def _of_type(dtype: Any) -> Any:
    with warnings.catch_warnings(action="ignore"):
        try:
            return torch.zeros(8, 16).to(dtype)
        except (RuntimeError, NotImplementedError):  # values of some types cannot be made
            return torch.empty(8, 16, dtype=dtype)


@pytest.mark.parametrize("dtype", _dtypes(), ids=str)
def test_each_type_of_values_is_loaded_or_refused_by_name(dtype: Any, model: Any, state: State) -> None:
    """Floating-point numbers are loaded. A refused one leaves every tensor as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    value = _of_type(dtype)
    if dtype.is_floating_point and dtype.itemsize * 8 > 4 and "float4" not in str(dtype):
        with warnings.catch_warnings(action="ignore"):  # float8_e8m0fnu has no 0
            load_checkpoint(model, {**state, GATE: value})
        return
    with pytest.raises(InputError, match=rf"^the checkpoint: does not fit spec\n  [^\n]+ \(1\): {GATE}$"):
        load_checkpoint(model, {**state, GATE: value})
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_model_that_cannot_be_written_stays_as_it_was(state: State, small: Any) -> None:
    """Such as one with expanded parameters: the tensors before them are restored."""
    model = build(small(), seed=1)
    layer = model.head.fc2
    layer.bias = torch.nn.Parameter(torch.zeros(1).expand(10))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(InputError, match=r"^the checkpoint: cannot be copied into the model: .*head\.fc2\.bias"):
        load_checkpoint(model, state)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_expanded_and_strided_values_are_loaded(model: Any, state: State) -> None:
    """They have the right shape and all their values."""
    load_checkpoint(model, {**state, GATE: torch.ones(8, 1).expand(8, 16)})
    load_checkpoint(model, {**state, GATE: torch.arange(256.0).reshape(16, 16)[::2]})
    assert torch.equal(released_state(model)[GATE], torch.arange(256.0).reshape(16, 16)[::2])


@pytest.mark.parametrize(
    ("value", "remark"),
    [
        (0.1, f"rounded from float64 to float32 (1): {GATE}"),
        (1e-300, f"rounded from float64 to float32 (1): {GATE}"),
        (float("nan"), f"with values that are not finite (1): {GATE}"),
        (float("inf"), f"with values that are not finite (1): {GATE}"),
    ],
)
def test_what_a_cast_changes_is_a_warning(value: float, remark: str, model: Any, state: State) -> None:
    """The checkpoint is loaded, and the warning names the tensors. Values that stay the same need none."""
    with pytest.warns(CheckpointWarning) as caught:
        load_checkpoint(model, {**state, GATE: torch.full((8, 16), value, dtype=torch.float64)})
    assert [str(each.message) for each in caught] == [f"the checkpoint: loaded {remark}"]
    assert caught[0].filename == __file__


COUNTED = "stem.1.num_batches_tracked"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (GATE, torch.full((8, 16), 1e300, dtype=torch.float64), "too large for float32"),
        (GATE, torch.full((8, 16), -1e39, dtype=torch.float64), "too large for float32"),
        (GATE, torch.ones(8, 16, dtype=torch.int64), "whole numbers (int64) in place of weights"),
        (GATE, torch.ones(8, 16, dtype=torch.int8), "whole numbers (int8) in place of weights"),
        (COUNTED, torch.tensor(0.5), "not whole numbers of type int64"),
        (COUNTED, torch.tensor(1e300, dtype=torch.float64), "not whole numbers of type int64"),
    ],
)
@pytest.mark.usefixtures("untouched")
def test_values_that_a_cast_would_lose_are_refused(
    name: str, value: Any, problem: str, model: Any, state: State
) -> None:
    """Infinity in place of a number, or quantized weights without their scale."""
    with pytest.raises(InputError) as raised:
        load_checkpoint(model, {**state, name: value})
    assert str(raised.value) == f"the checkpoint: does not fit spec\n  {problem} (1): {name}"


@pytest.mark.usefixtures("untouched")
def test_values_that_are_not_there_are_refused(model: Any, state: State) -> None:
    """Reading them would end the process."""
    gone = torch.ones(8, 16)
    gone.untyped_storage().resize_(0)
    with pytest.raises(InputError, match=r"without values \(1\)"):
        load_checkpoint(model, {**state, GATE: gone})
    with pytest.raises(InputError, match=r"not a tensor of real numbers \(1\)"):
        load_checkpoint(model, {**state, GATE: state[GATE].as_subclass(type("Own", (torch.Tensor,), {}))})


@pytest.mark.usefixtures("untouched")
def test_an_archive_that_unpacks_to_much_more_than_the_model_is_refused(
    model: Any, state: State, tmp_path: Path
) -> None:
    """Before it is unpacked: a few kilobytes would fill the memory."""
    plain, packed = tmp_path / "plain.pth", tmp_path / "packed.pth"
    torch.save(state, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
        target.writestr(f"{source.namelist()[0].partition('/')[0]}/data/none", bytes(70 << 20))
    size = sum(member.file_size for member in zipfile.ZipFile(packed).infolist())
    room = 32 * sum(tensor.numel() for tensor in state.values()) + (64 << 20)
    assert packed.stat().st_size < 1 << 20 < room < size
    with pytest.raises(InputError) as raised:
        load_checkpoint(model, packed)
    rule = f"has {size:,} bytes when unpacked, more than the {room:,} that a checkpoint of spec may have"
    assert str(raised.value) == f"{packed}: {rule}; save the weights alone"


@pytest.mark.usefixtures("untouched")
def test_a_file_much_larger_than_the_model_is_refused(model: Any, tmp_path: Path) -> None:
    """Whatever it holds: here a file with holes, which takes no room on the disk. A device is not a file."""
    with (tmp_path / "holes.pth").open("wb") as stream:
        stream.truncate(10**12)
    with pytest.raises(InputError, match=r"has 1,000,000,000,000 bytes when unpacked, more than the 6"):
        load_checkpoint(model, tmp_path / "holes.pth")
    with pytest.raises(InputError, match=r"^/dev/null: cannot be read: is not a file$"):
        load_checkpoint(model, "/dev/null")


@pytest.mark.parametrize("name", ["mf26m", "mf294m-mlp", "mf294m-mobile", "mf151m-coco", "mf151m-retinanet"])
def test_every_tensor_of_a_variant_is_saved_and_read_back(name: str, tmp_path: Path) -> None:
    """No tensor is dropped silently, not even in the layers of a detector."""
    one, other = build(name, seed=1), build(name, seed=2)
    save_checkpoint(one, tmp_path / "x.pt")
    load_checkpoint(other, tmp_path / "x.pt")
    theirs = other.state_dict()
    assert all(torch.equal(tensor, theirs[key]) for key, tensor in one.state_dict().items())
    assert len(released_state(one)) == len(one.state_dict())


def test_an_unknown_layer_is_refused() -> None:
    """It would be missing in the file."""
    model = build("mf26m")
    model.head.extra = torch.nn.Linear(2, 2)
    with pytest.raises(InputError, match=r"^the model has layers that are not part of a Mobile-Former: head\.extra$"):
        released_state(model)


def test_a_wrapped_model_is_the_model_inside() -> None:
    """A model in torch.compile or DataParallel is unwrapped. Another module is refused, and so is a model without values."""
    model = build("mf26m", seed=1)
    compiled = torch.compile(model, backend="eager")
    load_checkpoint(compiled, released_state(build("mf26m", seed=2)))
    assert torch.equal(model.tokens.weight, build("mf26m", seed=2).tokens.weight)
    load_checkpoint(torch.nn.DataParallel(model), released_state(build("mf26m", seed=3)))
    with pytest.raises(InputError, match=r"^the model must be a MobileFormer, not a Linear$"):
        released_state(torch.nn.Linear(2, 2))
    with torch.device("meta"):
        empty = build("mf26m")
    with pytest.raises(InputError, match=r"^the model is on the meta device"):
        load_checkpoint(empty, released_state(model))
