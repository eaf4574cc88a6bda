"""The attention picture: the model's maps on an image, by block, head and token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from effort import nightly_but
from pictures import EACH_LOOK, overlaps
from PIL import Image
from running import run

from mfprofile.errors import InputError
from mfprofile.nn import build, released_state
from mfprofile.nn.checkpoint import save_checkpoint
from mfprofile.spec import load
from mfprofile.view.plots.attention import DEVIATION, MEAN, NOTE, SHOWN, WAYS, attention, maps_of, read_image
from mfprofile.view.plots.look import Look

SMALL = load("mf26m", ["input=64"])


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an image with another shape than the network's input: red increases to the right, green downwards."""
    file = tmp_path_factory.mktemp("image") / "ramp.png"
    rows, columns = np.mgrid[0:60, 0:100]
    pixels = np.stack([columns * 2, rows * 4, columns * 0], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(file)
    return file


def test_an_image_is_scaled_and_cropped_from_the_middle(image: Path) -> None:
    """A wide image loses its sides, and its middle stays in the middle."""
    pixels = read_image(image, 64, 64)
    assert pixels.shape == (64, 64, 3)
    assert 0 <= pixels.min() <= pixels.max() <= 1
    assert abs(pixels[32, 32, 0] - 100 / 255) < 0.02, "half of the ramp, except for the filter of the scaling"
    assert pixels[0, 0, 0] > 30 / 255, "the left fifth is cut off"


def test_the_maps_are_the_models(image: Path) -> None:
    """They are the model's maps of the normalised image, and sum to 1 over pixels or tokens, depending on the bridge."""
    pixels = read_image(image, 64, 64)
    maps_by_path = maps_of(SMALL, pixels)
    model = build(SMALL, seed=0).eval()
    normal = torch.tensor((pixels - np.array(MEAN)) / np.array(DEVIATION), dtype=torch.float32).permute(2, 0, 1)[None]
    with torch.no_grad():
        _, own = model(normal, attention=True)
    assert maps_by_path.keys() == own.keys()
    for path, maps in maps_by_path.items():
        assert np.array_equal(maps, own[path][0].double().numpy())
        axis = 1 if path.endswith("former_to_mobile") else (2, 3)
        np.testing.assert_allclose(maps.sum(axis=axis), 1, atol=1e-5)  # a softmax in single precision


def test_a_checkpoint_changes_the_maps_and_the_title(image: Path, tmp_path: Path) -> None:
    """The title names the file of the weights, or says that they are random."""
    file = tmp_path / "trained.pth"
    save_checkpoint(build(SMALL, seed=1), file)
    without, with_file = attention(Look(), SMALL, image), attention(Look(), SMALL, image, file)
    assert without.title == "mf26m, attention on ramp.png: random weights (seed 0), not trained"
    assert with_file.title == "mf26m, attention on ramp.png: weights of trained.pth"
    assert without.data != with_file.data
    assert [record["block"] for record in without.data] == [n for n in SHOWN if n < 10 for _ in WAYS]


@pytest.mark.parametrize(("token", "title"), [(None, "over pixels, by token"), (2, "over pixels, token 2, by block")])
def test_the_picture_explains_itself(image: Path, token: int | None, title: str) -> None:
    """It says what a column and a row are, and what dark and light mean, so it is clear without its page."""
    figure = attention(Look(), SMALL, image, None, [2, 9], token).figure
    titles = [half.get_suptitle() for half in figure.subfigs[1].subfigs]
    names = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert (titles[0], figure.get_supxlabel()) == (f"Mobile→Former: {title}", NOTE)
    assert names == (["block 2", "block 9"] if token is None else ["head 1", "head 2"] * 2)


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
def test_few_maps_are_not_too_large(look: Look, image: Path) -> None:
    """With one token, the picture has all names and a limited height, and full attention is light."""
    picture = attention(look, SMALL.replace(tokens={"count": 1}), image, None, [2, 9])
    assert overlaps(picture, look) == []
    assert picture.figure.get_figheight() < 6
    last = picture.figure.axes[-1].images[0]
    assert (float(np.min(last.get_array())), last.get_clim()) == (1.0, (0.0, 1.0))


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize(
    ("blocks", "token"), [(None, None), ([2, 9], 3), *nightly_but(3, [("all", None), ([2], None), (None, 1)])]
)
def test_nothing_overlaps(look: Look, image: Path, blocks: object, token: int | None) -> None:
    """By token and by block, for one or all blocks."""
    assert overlaps(attention(look, SMALL, image, None, blocks, token), look) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("blocks", "token", "message"),
    [
        ([1], None, "block 1 has no bridges; mf26m has them in 2, 3, 4, 5, 6, 7, 8, 9"),
        ([12], None, "block 12 has no bridges"),
        (None, 4, "token 4 does not exist; mf26m has tokens 1 to 3"),
        (None, 0, "token 0 does not exist"),
    ],
)
def test_missing_blocks_and_tokens_are_refused(image: Path, blocks: list[int], token: int, message: str) -> None:
    """The message names the block without bridges or the missing token, and the valid ones."""
    with pytest.raises(InputError, match=message):
        attention(Look(), SMALL, image, None, blocks, token)


@pytest.mark.parametrize("name", ["mf294m-mobile", "mf294m-mlp"])
def test_a_network_without_attention_is_refused(image: Path, name: str) -> None:
    """A network without Former or with MLPs has no maps."""
    with pytest.raises(InputError, match=f"{name} has no attention maps to draw"):
        attention(Look(), load(name), image)


def test_a_bad_image_is_one_line(tmp_path: Path) -> None:
    """A missing file and a file that is not an image: exit code 2, and nothing is written."""
    (tmp_path / "no.png").write_text("no image", encoding="utf-8")
    for file, reason in (
        ("gone.png", "cannot be read: No such file or directory"),
        ("no.png", "is not a readable image"),
    ):
        done = run("plot", "attention", "mf26m", "--image", file, "-o", "x.png", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {file}: {reason}\n")
    assert not (tmp_path / "x.png").exists()


def test_the_command_writes_the_same_bytes_at_each_run(image: Path, tmp_path: Path) -> None:
    """Also with other hash seeds."""
    files = [tmp_path / f"{seed}.png" for seed in "12"]
    for seed, file in zip("12", files, strict=True):
        done = run(
            "plot", "attention", "mf26m", "--input", "64", "--image", str(image), "-o", str(file), PYTHONHASHSEED=seed
        )
        assert (done.returncode, done.stderr) == (0, f"wrote {file}\n")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_rounded_weights_are_a_note(image: Path, tmp_path: Path) -> None:
    """The picture is drawn, and the note on stderr names the tensors."""
    state = {name: tensor.double() + 1e-12 for name, tensor in released_state(build(SMALL)).items() if tensor.ndim == 4}
    file = tmp_path / "double.pth"
    torch.save({**released_state(build(SMALL)), "stem.0.weight": state["stem.0.weight"]}, file)
    arguments = ("--image", str(image), "--checkpoint", "double.pth", "-o", "x.png")
    done = run("plot", "attention", "mf26m", "--input", "64", *arguments, cwd=tmp_path)
    note = "note: double.pth: loaded rounded from float64 to float32 (1): stem.0.weight"
    assert (done.returncode, done.stderr) == (0, f"{note}\nwrote x.png\n")


def test_wrong_blocks_are_one_line(image: Path) -> None:
    """--blocks takes numbers or `all`."""
    done = run("plot", "attention", "mf26m", "--image", str(image), "--blocks", "two")
    assert (done.returncode, done.stderr) == (
        2,
        "error: --blocks two: must be numbers of blocks, such as 3,5,8,12, or all\n",
    )
