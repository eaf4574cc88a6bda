"""Test networks of transformers by their model type."""

from __future__ import annotations

import socket

import pytest
from running import need, run

pytest.importorskip("torch")

from mfprofile.errors import InputError
from mfprofile.trace.audit import traced
from mfprofile.trace.configurations import names
from mfprofile.trace.libraries import library
from mfprofile.trace.parse import inputs
from mfprofile.trace.target import opened

SMALL = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at every connection. Without transformers, the tests are skipped."""
    need("transformers")

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_bert_has_its_known_parameters_and_the_products_of_its_paper() -> None:
    """12 layers of width d = 768 on L = 128 tokens: L·(4d² + 8d²) of matrices and 2·L²·d of attention; a pooler of d²."""
    trace = traced("transformers:bert", inputs(["input_ids=int64:128"]))
    bill = trace.bill("core")
    assert bill.params == 109_482_240
    assert bill.madds == 12 * (128 * 12 * 768**2 + 2 * 128**2 * 768) + 768**2
    assert (trace.device, trace.uncovered) == ("meta", ())


def test_arguments_are_fields_of_the_configuration() -> None:
    """A vision transformer gets the default image by its name."""
    fields = {**SMALL, "image_size": 32, "patch_size": 16}
    trace = traced("transformers:vit", inputs(["pixel_values=3x32x32"]), fields)
    layer = 5 * (4 * 8 * 8 + 2 * 8 * 16) + 2 * 5 * 5 * 8
    assert trace.bill("core").madds == 4 * 3 * 16 * 16 * 8 + 2 * layer + 8 * 8
    done = run("audit", "transformers:vit", "--arg", "num_hidden_layers=1", "--arg", "hidden_size=48", "--csv")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("brt", {}, "transformers has no network called 'brt'; did you mean 'bert'?"),
        (
            "vit",
            {"num_hidden_layer": 2},
            "transformers:vit: --arg num_hidden_layer: its configuration has no such field; did you mean 'num_hidden_layers'?",
        ),
        (
            "vit",
            {"use_pretrained_backbone": True},
            "transformers:vit: --arg use_pretrained_backbone: weights are never downloaded; remove it",
        ),
    ],
)  # fmt: skip
def test_unknown_names_and_fields_are_refused_with_the_nearest(name: str, given: dict[str, int], message: str) -> None:
    """The library itself would ignore a field that it does not know."""
    with pytest.raises(InputError) as caught, opened(f"transformers:{name}", given):
        pass
    assert str(caught.value) == message


@pytest.mark.parametrize("key", ["auto_map", "model_type", "_name_or_path"])
def test_fields_that_name_other_code_or_weights_are_refused(key: str) -> None:
    """They say where a network comes from."""
    message = f"--arg {key}: its configuration has no such field"
    with pytest.raises(InputError, match=message), opened("transformers:bert", {key: "x"}):
        pass


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("bert", "--input input_ids=int64:64"),
        ("t5", "--input input_ids=int64:64 --input decoder_input_ids=int64:64"),
        ("clip", "--input input_ids=int64:64 --input pixel_values=3x224x224"),
    ],
)
def test_a_network_that_takes_no_image_alone_is_refused_with_what_its_forward_takes(name: str, remedy: str) -> None:
    """Nothing runs, neither on meta tensors nor with weights; with the inputs of the message, it runs."""
    done = run("audit", f"transformers:{name}")
    assert done.returncode == 2
    assert f"does not take an image alone; use {remedy} (its forward takes input_ids, " in done.stderr
    assert done.stdout == ""
    assert run("audit", f"transformers:{name}", *remedy.split(), "--depth", "0").returncode == 0


def test_all_names_are_model_types_of_the_library() -> None:
    """`bert`, `vit`, `llama` and many more."""
    every = names(library("transformers"))
    assert {"bert", "vit", "llama"} <= set(every)
    assert len(every) > 200


@pytest.mark.parametrize("name", ["detr", "mask2former", "vit_mae"])
def test_nothing_is_downloaded_for_networks_with_the_network_of_another_library(name: str) -> None:
    """Their backbones are made without weights, or the refusal of their configuration is a message."""
    with opened(f"transformers:{name}") as model:
        assert sum(each.numel() for each in model.parameters()) > 1_000_000
