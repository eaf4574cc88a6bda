"""Read ONNX files that are damaged, inconsistent or hostile: each is a message, and nothing outside is read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import ModelProto, NodeProto, TensorProto, helper
from onnx_files import graph_of, model_of, saved

from mfprofile.errors import InputError
from mfprofile.trace.onnx.file import MOST_BYTES
from mfprofile.trace.onnx.trace import traced

node = helper.make_node


def small() -> ModelProto:
    """Return a model with some of everything: shapes that are computed, an If, a loop and constants."""
    then, other = (graph_of([node(name, ["c"], [name])], {}, {}, [name]) for name in ("Relu", "Tanh"))
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], name="/stem/Conv", kernel_shape=[3, 3]),
        node("Shape", ["c"], ["s"]),
        node("Constant", [], ["at"], value_ints=[0, 1]),
        node("Gather", ["s", "at"], ["two"]),
        node("Concat", ["two", "rest"], ["target"], axis=0),
        node("Reshape", ["c", "target"], ["r"]),
        node("If", ["yes"], ["i"], then_branch=then, else_branch=other),
        node("ReduceMean", ["r"], ["y"], axes=[2]),
    ]
    stored = {"w": (4, 3, 3, 3), "b": (4,), "rest": np.array([-1]), "yes": np.array(True)}
    return model_of(nodes, {"x": ["batch", 3, 8, 8]}, stored, ["y", "i"])


def message(file: str, *inputs: str) -> str:
    """Return the message for a file, without its path."""
    with pytest.raises(InputError) as caught:
        traced(file, inputs)
    text = str(caught.value)
    assert "\n" not in text
    return text.removeprefix(f"{file}: ")


def refused(tmp_path: Path, model: ModelProto, *inputs: str) -> str:
    """Return the message for a model."""
    return message(saved(model, tmp_path), *inputs)


def test_the_whole_model_is_fine(tmp_path: Path) -> None:
    """So what follows is wrong for its own reason: 36 positions · 4 · 27."""
    result = traced(saved(small(), tmp_path))
    assert (result.bill().madds, result.uncovered, result.input) == (3888, (), "1×3×8×8 float32")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "has no graph, so it is not an ONNX model; export it again"),
        (b"hello, world", "is not an ONNX model, or is cut off or damaged; export it again"),
        (b"\x80\x04\x95pickle", "is not an ONNX model, or is cut off or damaged; export it again"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "is a pointer of Git LFS; fetch the file with 'git lfs pull'",
        ),
    ],
)
def test_a_file_of_another_sort_is_refused(content: bytes, text: str, tmp_path: Path) -> None:
    """Also an empty one, and one whose content is not there."""
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    assert message(str(file)) == text


def test_a_file_that_is_cut_off_anywhere_is_a_message(tmp_path: Path) -> None:
    """Every beginning of a valid file, except those that are a whole model too."""
    whole, file = small().SerializeToString(), tmp_path / "net.onnx"
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        try:
            assert traced(str(file)).bill().madds == 3888
        except InputError as error:
            assert str(error).startswith(str(file))


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_a_message_or_another_model(seed: int, tmp_path: Path) -> None:
    """Bytes that are changed at random never end in another error."""
    whole, file, chance = small().SerializeToString(), tmp_path / "net.onnx", random.Random(seed)
    for _ in range(40):
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8))):
            changed[chance.randrange(len(whole))] = chance.randrange(256)
        file.write_bytes(changed)
        try:
            bill = traced(str(file)).bill()
        except InputError as error:
            assert str(error)
        else:
            assert bill.madds >= 0
            assert bill.params >= 0


def test_places_that_are_not_files_are_refused(tmp_path: Path) -> None:
    """A folder, nothing (with a similar name), and a name that no file can have."""
    saved(small(), tmp_path, "resnet.onnx")
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    assert message(str(folder)) == "is a folder; name a file in it"
    assert message(str(tmp_path / "resent.onnx")) == "no such file; did you mean 'resnet.onnx'?"
    assert message("a\0.onnx") == "cannot be read: embedded null byte"


def test_a_device_is_not_read(tmp_path: Path) -> None:
    """It might never end."""
    link = tmp_path / "zero.onnx"
    try:
        link.symlink_to("/dev/zero")
    except OSError:
        pytest.skip("this system has no links")
    if not link.exists():
        pytest.skip("this system has no /dev/zero")
    assert message(str(link)) == "is not a regular file"


def test_a_file_that_protobuf_cannot_hold_is_not_read(tmp_path: Path) -> None:
    """A model of more than 2 GiB has its weights in another file."""
    file = tmp_path / "net.onnx"
    with file.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    assert message(str(file)) == "is larger than 2 GiB; save its weights in another file, as external data"


def stored_elsewhere(location: str, **more: str) -> ModelProto:
    """Return a model of one product whose weight is stored in another file."""
    model = model_of([node("MatMul", ["x", "w"], ["y"])], {"x": [3, 4]}, {"w": (4, 5)})
    (weight,) = model.graph.initializer
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        weight.external_data.add(key=key, value=value)
    return model


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../outside.bin", "a/../../outside.bin", "..\\outside.bin", "C:\\outside.bin", "\\\\host\\share"],
)
def test_data_outside_the_models_folder_is_refused(location: str, tmp_path: Path) -> None:
    """It is not even looked for."""
    text = refused(tmp_path, stored_elsewhere(location))
    assert text.endswith("outside the model's folder; move the data beside the model")


def test_a_link_out_of_the_models_folder_is_refused(tmp_path: Path) -> None:
    """Its name is in the folder, but not what it leads to."""
    outside, folder = tmp_path / "secret", tmp_path / "folder"
    outside.write_bytes(b"secret")
    folder.mkdir()
    try:
        (folder / "weights.bin").symlink_to(outside)
    except OSError:
        pytest.skip("this system has no links")
    text = refused(folder, stored_elsewhere("weights.bin"))
    assert (
        text
        == "tensor 'w': its data is in 'weights.bin', a link out of the model's folder; move the data beside the model"
    )


@pytest.mark.parametrize(
    ("location", "more", "text"),
    [
        ("", {}, "its data is in another file, which it does not name; export the file again"),
        ("a\0b", {}, "its data is in another file, which it does not name; export the file again"),
        ("w.bin", {"offset": "-4"}, "its data has the offset '-4'; it must be a whole number"),
        ("w.bin", {"length": "many"}, "its data has the length 'many'; it must be a whole number"),
    ],
)
def test_a_place_of_data_that_makes_no_sense_is_refused(
    location: str, more: dict[str, str], text: str, tmp_path: Path
) -> None:
    """A name that no file has, and numbers that are none."""
    assert refused(tmp_path, stored_elsewhere(location, **more)) == f"tensor 'w': {text}"


def test_weights_need_not_be_there(tmp_path: Path) -> None:
    """Only their sizes are read: neither a missing file nor missing data matters."""
    assert traced(saved(stored_elsewhere("weights.bin"), tmp_path)).bill().madds == 60
    model = model_of([node("MatMul", ["x", "w"], ["y"])], {"x": [3, 4]}, {"w": (4, 5)})
    model.graph.initializer[0].ClearField("raw_data")
    assert traced(saved(model, tmp_path)).bill().params == 20


def test_sizes_that_are_stored_elsewhere_are_read(tmp_path: Path) -> None:
    """The target of a Reshape, beside the model, at an offset."""
    model = model_of(
        [node("Reshape", ["x", "to"], ["r"]), node("MatMul", ["r", "w"], ["y"])], {"x": [3, 4]}, {"w": (2, 5)}
    )
    target = TensorProto(name="to", dims=[2], data_type=TensorProto.INT64, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "sizes.bin"), ("offset", "8"), ("length", "16")):
        target.external_data.add(key=key, value=value)
    model.graph.initializer.append(target)
    (tmp_path / "sizes.bin").write_bytes(np.array([9, 6, 2], np.int64).tobytes())
    assert traced(saved(model, tmp_path)).bill().madds == 6 * 2 * 5


@pytest.mark.parametrize(
    ("dims", "text"),
    [
        ([-4, 5], "tensor 'w': has the size -4×5; a size cannot be negative"),
        ([2**62, 4], "tensor 'w': has the size 4611686018427387904×4; that is too large"),
        ([2**32, 2**32], "tensor 'w': has the size 4294967296×4294967296; that is too large"),
        ([0, 2**62], "tensor 'w': has the size 0×4611686018427387904; that is too large"),
        ([4, 6], "tensor 'w': has 80 bytes of data, but its size needs 96; export the file again"),
    ],
)
def test_a_size_that_no_tensor_has_is_refused(dims: list[int], text: str, tmp_path: Path) -> None:
    """Products of such sizes would overflow, or the file lies about its data."""
    model = model_of([node("MatMul", ["x", "w"], ["y"])], {"x": [3, 4]}, {"w": (4, 5)})
    model.graph.initializer[0].dims[:] = dims
    assert refused(tmp_path, model) == text


def test_sizes_that_grow_beyond_all_bounds_are_refused(tmp_path: Path) -> None:
    """Each node repeats what it reads a million times."""
    nodes = [node("Tile", [f"t{at}" if at else "x", "times"], [f"t{at + 1}"]) for at in range(4)]
    model = model_of(nodes, {"x": [3, 4]}, {"times": np.array([1, 10**6])}, ["t4"])
    assert refused(tmp_path, model).endswith("has the size 3×4000000000000; that is too large")


def test_large_constants_are_not_computed(tmp_path: Path) -> None:
    """10¹⁰ zeros have a size and no values, so they need no memory."""
    nodes = [node("ConstantOfShape", ["shape"], ["zeros"]), node("Add", ["zeros", "x"], ["y"])]
    result = traced(saved(model_of(nodes, {"x": [1]}, {"shape": np.array([10**5, 10**5])}), tmp_path))
    assert [row.elements for row in result.rows] == [10**10]


def test_a_loop_of_any_length_is_walked_once(tmp_path: Path) -> None:
    """10¹⁵ rounds take no longer than one."""
    body = graph_of(
        [node("Identity", ["go"], ["goes"]), node("MatMul", ["state", "w"], ["next"])], {}, {}, ["goes", "next"]
    )
    for name, kind, shape in (("i", 7, []), ("go", 9, []), ("state", 1, [4, 4])):
        body.input.append(helper.make_tensor_value_info(name, kind, shape))
    nodes = [node("Loop", ["times", "", "x"], ["y"], body=body)]
    result = traced(saved(model_of(nodes, {"x": [4, 4]}, {"times": np.array(10**15), "w": (4, 4)}), tmp_path))
    assert result.bill().madds == 64 * 10**15


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        (
            [node("Add", ["x", "b"], ["a"], name="one"), node("Relu", ["a"], ["b"], name="two")],
            "its nodes 'one', 'two', 'one' need each other; a graph cannot have cycles",
        ),
        (
            [node("Relu", ["y"], ["y"], name="self")],
            "its nodes 'self', 'self' need each other; a graph cannot have cycles",
        ),
        (
            [node("Relu", ["z"], ["y"])],
            "node 'Relu' reads 'z', which nothing in the file puts out; export the file again",
        ),
        (
            [node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])],
            "two nodes put out 'y'; each value must have one source",
        ),
        ([node("Relu", ["x"], ["z"])], "its output 'y' is put out by no node; export the file again"),
    ],
)
def test_a_graph_that_cannot_run_is_refused(nodes: list[NodeProto], text: str, tmp_path: Path) -> None:
    """Cycles, values from nowhere, and values from two nodes."""
    assert refused(tmp_path, model_of(nodes, {"x": [3, 4]})) == text


@pytest.mark.parametrize(
    ("made", "part"),
    [
        (node("MatMul", ["x", "w"], ["y"], name="m"), "node 'm' (MatMul) does not fit its inputs (1×3×8×8, 4×2×3×3)"),
        (node("Conv", ["x", "w"], ["y"], name="c"), "an image of 1×3×8×8 and a weight of 4×2×3×3 in 1 groups"),
        (node("Conv", ["x", "w"], ["y"], name="c", group=-1), "group is -1"),
        (node("ConvTranspose", ["x", "w"], ["y"], name="c", group=0), "node 'c' (ConvTranspose) does not fit"),
        (node("Conv", ["x"], ["y"], name="c"), "node 'c' (Conv) does not fit its inputs (1×3×8×8)"),
        (node("Einsum", ["x", "w"], ["y"], name="e", equation="ij,jk"), "node 'e' (Einsum) does not fit"),
        (node("Einsum", ["x"], ["y"], name="e"), "node 'e' (Einsum) does not fit"),
        (node("Gemm", ["x", "w"], ["y"], name="g"), "node 'g' (Gemm) does not fit"),
        (node("LSTM", ["x", "w", "w"], ["y"], name="l"), "node 'l' (LSTM) does not fit"),
        (node("Relu", [], ["y"], name="r"), "node 'r' (Relu) does not fit its inputs (of unknown sizes)"),
        (node("Reshape", ["x", "w"], ["y"], name="r"), "node 'r' (Reshape) does not fit"),
        (node("If", ["x"], ["y"], name="i"), "node 'i' (If) does not fit"),
        (node("Scan", ["x"], ["y"], name="s"), "node 's' (Scan) does not fit"),
        (node("Loop", [], ["y"], name="l"), "node 'l' (Loop) does not fit"),
        (node("Constant", [], ["y"], name="k"), ""),
    ],
)  # fmt: skip
def test_a_node_that_does_not_fit_its_inputs_is_refused(made: NodeProto, part: str, tmp_path: Path) -> None:
    """Wrong sizes, missing inputs and missing attributes."""
    file = saved(model_of([made], {"x": [1, 3, 8, 8]}, {"w": (4, 2, 3, 3)}), tmp_path)
    if not part:
        assert traced(file).bill().madds == 0
        return
    text = message(file)
    assert part in text
    assert text.endswith("; check --input and the file")


def calling(name: str, called: str, times: int) -> Any:
    """Return a function that calls another one some times in a row."""
    nodes = [node(called, [f"v{at}"], [f"v{at + 1}"], domain="own") for at in range(times)]
    return helper.make_function("own", name, ["v0"], [f"v{times}"], nodes, [helper.make_opsetid("own", 1)])


def test_functions_that_call_themselves_are_refused(tmp_path: Path) -> None:
    """Directly or through another one; written out they would never end."""
    nodes = [node("F", ["x"], ["y"], domain="own")]
    for functions in ([calling("F", "F", 1)], [calling("F", "G", 2), calling("G", "F", 2)]):
        text = refused(tmp_path, model_of(nodes, {"x": [3, 4]}, functions=functions))
        assert text == "the function 'F' calls itself; a function must end"


def test_functions_that_grow_beyond_all_bounds_are_refused(tmp_path: Path) -> None:
    """Each of 30 calls the next one ten times."""
    functions = [calling(f"F{at}", f"F{at + 1}", 10) for at in range(30)]
    text = refused(tmp_path, model_of([node("F0", ["x"], ["y"], domain="own")], {"x": [3, 4]}, functions=functions))
    assert text.endswith("nodes if all its functions are written out; at most 500000 are read")


def field(number: int, content: bytes) -> bytes:
    """Return a field of a protobuf message that has content of a known length."""
    size, length = bytearray(), len(content)
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes([number << 3 | 2, *size, length]) + content


def test_graphs_inside_graphs_end_somewhere(tmp_path: Path) -> None:
    """Protobuf reads a hundred levels; here are 500 nodes, each with a graph in an attribute."""
    graph = b""
    for _ in range(500):
        graph = field(1, field(5, field(6, graph)))
    file = tmp_path / "net.onnx"
    file.write_bytes(b"\x08\x08" + field(7, graph))
    assert message(str(file)) == "is not an ONNX model, or is cut off or damaged; export it again"


def test_operators_of_a_version_to_come_are_refused(tmp_path: Path) -> None:
    """They may mean something else than those that the installed onnx knows."""
    text = refused(tmp_path, model_of([node("Relu", ["x"], ["y"])], {"x": [3, 4]}, opset=999))
    assert text.startswith("has operators of version 999, but the installed onnx knows them up to ")
    assert text.endswith("install a newer one with pip install -U onnx")


def test_long_paths_of_modules_are_cut(tmp_path: Path) -> None:
    """A name of 5,000 levels is no tree of 5,000 levels."""
    deep = node("Relu", ["x"], ["y"], name="/".join(["a"] * 5000))
    (row,) = traced(saved(model_of([deep], {"x": [3, 4]}), tmp_path)).rows
    assert row.part.path == ".".join(["a"] * 64)


def test_metadata_that_is_not_a_list_of_texts_is_ignored(tmp_path: Path) -> None:
    """It is read as data, never run."""
    for text in ("__import__('os').abort()", "[1, 2]", "[[[", "(" * 500, "'a'"):
        relu = node("Relu", ["x"], ["y"], name="plain")
        relu.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=text)
        (row,) = traced(saved(model_of([relu], {"x": [3, 4]}), tmp_path)).rows
        assert row.name == "plain"


@pytest.mark.parametrize(
    ("shape", "inputs", "text"),
    [
        (["n", "length"], [], "input 'x' has the size n×length, which is open; give it without the batch, as in --input x=128"),
        (["n", 3, "h", None], [], "input 'x' has the size n×3×h×?, which is open; give it without the batch, as in --input x=3x224x224"),
        (None, [], "input 'x' has no shape in the file; give it, as in --input x=3x224x224"),
        (["n", 4], ["5"], "--input 5: does not fit the input 'x' of FILE, which has the size n×4; give these sizes, with or without the batch"),
        (["n", 4], ["1x2x3"], "--input 1x2x3: does not fit the input 'x' of FILE, which has the size n×4; give these sizes, with or without the batch"),
        (["n", 4], ["z=4"], "--input z=4: no input 'z'; the file has 1: 'x'"),
        (["n", 4], ["4", "4"], "--input 4: one input too many; the file has 1: 'x'"),
        (["n", 4], ["x=4", "x=4"], "--input x=4: the input 'x' is given twice; remove one"),
        (["n", 4], ["int64:4"], "--input int64:4: the file's input is of type float32; use it, or leave it out"),
        (["n", 4], ["four"], "--input four: must be [NAME=][TYPE:]SHAPE, for example 3x224x224, int64:128 (128 values of that type) or mask=bool:128 (for the argument mask)"),
        ([2, -4], [], "input 'x': has the size 2×-4; a size cannot be negative"),
    ],
)  # fmt: skip
def test_a_size_that_is_open_or_does_not_fit_is_named(shape: Any, inputs: list[str], text: str, tmp_path: Path) -> None:
    """With the size that the file has, and how to give another one."""
    file = saved(model_of([node("Relu", ["x"], ["y"])], {"x": shape}), tmp_path)
    assert message(file, *inputs) == text.replace("FILE", file)


@pytest.mark.parametrize(
    ("shape", "inputs", "result"),
    [
        (["n", 4], [], "1×4 float32"),
        ([6, 4], [], "6×4 float32"),
        ([6, 4], ["4"], "6×4 float32"),
        (["n", "length"], ["7"], "1×7 float32"),
        (["n", "length"], ["3x7"], "3×7 float32"),
        (["n", "length"], ["x=float32:7"], "1×7 float32"),
        (None, ["5x6"], "1×5×6 float32"),
        ([], [], "scalar float32"),
    ],
)
def test_open_sizes_are_those_that_are_given(shape: Any, inputs: list[str], result: str, tmp_path: Path) -> None:
    """An open batch is 1; with the batch, a shape has as many sizes as the file's."""
    assert traced(saved(model_of([node("Relu", ["x"], ["y"])], {"x": shape}), tmp_path), inputs).input == result
