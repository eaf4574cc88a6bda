"""The examples train what they say, and their results are those of their variants."""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pictures import numbers_in, overlaps
from running import ROOT, need, run

from mfprofile.cost.bill import count
from mfprofile.errors import InputError
from mfprofile.explore.count import count_space
from mfprofile.explore.space import read_space
from mfprofile.spec import load, resolve
from mfprofile.view.plots.look import Look

EXAMPLES = ROOT / "examples"
SMALL = str(EXAMPLES / "digits-small.yaml")
LITTLE: dict[str, Any] = {
    "input": 8,
    "classes": 10,
    "tokens": {"count": 1, "dim": 8},
    "former": {"heads": 2},
    "stem": 8,
    "blocks": [{"block": "mf-down", "expand": 2, "out": 8}],
    "head": {"fc": 16},
}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the function that imports a file of examples/."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module
    for name in {"digits", "digits_study", "imagenet"} & (set(sys.modules) - before):
        del sys.modules[name]


@pytest.fixture
def digits(example: Any) -> ModuleType:
    """Return the example that trains on handwritten digits."""
    need("torch", "sklearn")
    module: ModuleType = example("digits")
    return module


@pytest.fixture
def study(example: Any) -> ModuleType:
    """Return the study of its variants. Its results are those of the repository."""
    module: ModuleType = example("digits_study")
    return module


def lines() -> list[dict[str, str]]:
    """Return the lines of the committed results."""
    with (EXAMPLES / "digits.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_space_has_at_least_thirty_variants_over_a_decade() -> None:
    """Their multiply-adds differ by more than a factor of ten."""
    assert count_space(read_space(str(EXAMPLES / "digits.yaml"))).size == 36
    madds = [int(line["madds"]) for line in lines()]
    assert max(madds) > 10 * min(madds)


def test_each_variant_was_trained_with_three_seeds(study: ModuleType) -> None:
    """The results have each variant of the space, by its content, with its own multiply-adds and parameters."""
    expected = {}
    for spec in study.variants():
        bill = count(spec)
        for seed in study.SEEDS:
            choices = {**study.described(spec), "seed": seed, "madds": bill.madds, "params": bill.params}
            expected[choices["content"], str(seed)] = {key: str(value) for key, value in choices.items()}
    trained = {(line["content"], line["seed"]): line for line in lines()}
    assert len(trained) == len(lines()) == 108
    assert trained.keys() == expected.keys()
    for key, choices in expected.items():
        assert trained[key].items() >= choices.items()


def test_accuracies_are_shares_of_the_images(study: ModuleType) -> None:
    """A share of 300 or of 500 images is a whole number of them."""
    for line in study.results():
        for part, images in (("validation", 300), ("test", 500)):
            right = line[part] * images
            assert 0.5 * images < round(right) <= images
            assert abs(right - round(right)) < 0.02


def test_the_picture_shows_the_results(study: ModuleType) -> None:
    """The committed picture has the numbers of the committed results, and no two texts overlap."""
    picture = study.picture(Look())
    assert numbers_in(EXAMPLES / "digits.svg")["data"] == json.loads(json.dumps(list(picture.data)))
    assert not overlaps(picture, Look())
    assert not overlaps(study.picture(Look(1, dark=True)), Look(1, dark=True))


def test_the_page_has_the_table_of_the_results(study: ModuleType) -> None:
    """The means that the documentation shows are those of the committed results."""
    assert study.table() in (ROOT / "docs" / "training-networks.md").read_text(encoding="utf-8")


def test_the_page_has_the_front_of_the_results() -> None:
    """The output that the documentation shows is that of the command on the committed results."""
    page = (ROOT / "docs" / "training-networks.md").read_text(encoding="utf-8")
    shown = re.search(r"```sh\nmfprofile (explore front .*)\n```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert shown
    printed = run(*shown[1].split(), COLUMNS="80").stdout
    assert shown[2] == "".join(line.rstrip() + "\n" for line in printed.rstrip().splitlines())


def test_a_study_that_was_stopped_goes_on_where_it_was(
    study: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is in the file is not trained again. The file is then complete, with one line of names."""
    trained: list[str] = []

    def train(spec: Any, seed: int) -> Any:
        assert seed == 7
        if len(trained) == 5:
            trained.append("stopped")
            raise KeyboardInterrupt
        trained.append(study.content_of(spec))
        return SimpleNamespace(validation=0.9, test=0.8)

    monkeypatch.setattr(study, "RESULTS", tmp_path / "digits.csv")
    monkeypatch.setattr(study, "train", train)
    with pytest.raises(KeyboardInterrupt):
        study.study([7])
    assert len(study.results()) == 5
    study.study([7])
    trained.remove("stopped")
    assert [line["content"] for line in study.results()] == trained
    assert len(set(trained)) == len(trained) == 36
    study.study([7])
    assert len(trained) == 36


def test_the_parts_do_not_overlap_and_each_has_every_digit(digits: ModuleType) -> None:
    """All 1,797 images are in one part. Only the training decides mean and deviation."""
    images, labels = digits.digits()
    parts = [digits.TRAINING, digits.VALIDATION, digits.TEST]
    assert [images[part].shape for part in parts] == [(997, 1, 8, 8), (300, 1, 8, 8), (500, 1, 8, 8)]
    assert parts[0].stop == parts[1].start
    assert (parts[0].start, parts[1].stop, parts[2].stop) == (0, parts[2].start, len(images))
    assert all(set(labels[part].tolist()) == set(range(10)) for part in parts)
    assert abs(images[digits.TRAINING].mean()) < 1e-5
    assert abs(images[digits.TRAINING].std() - 1) < 1e-5


def test_images_are_shifted_by_a_pixel_and_fitted_to_the_network(digits: ModuleType) -> None:
    """Each shift is one of nine, and all nine occur. The network gets its size and three equal channels."""
    import torch

    image = torch.arange(64.0).reshape(1, 1, 8, 8)
    shifted = digits._shifted(image.repeat(200, 1, 1, 1), torch.Generator().manual_seed(0))
    inner = {int(each[0, 3, 3]) for each in shifted}
    assert inner == {8 * row + column for row in (2, 3, 4) for column in (2, 3, 4)}
    assert shifted.min() == 0
    fitted = digits.resized(image, resolve(load({**LITTLE, "input": "17x30"})))
    assert fitted.shape == (1, 3, 17, 30)
    assert torch.equal(fitted[:, 0], fitted[:, 2])


def test_a_seed_gives_the_same_weights_and_changes_no_random_state(digits: ModuleType) -> None:
    """Two trainings with one seed end in equal weights, with another in others. torch's own state stays as it was."""
    import torch

    before, threads = torch.get_rng_state(), torch.get_num_threads()
    first, again, other = (digits.train(LITTLE, seed, epochs=1) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    states = [trained.model.state_dict() for trained in (first, again, other)]
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert not torch.equal(states[0]["head.fc2.weight"], states[2]["head.fc2.weight"])
    assert (first.validation, first.test) == (again.validation, again.test)


def test_an_objective_takes_a_spec_and_returns_a_share(digits: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """`accuracy` is that of the test, `validation_accuracy` that of the validation images."""
    trained = digits.train(LITTLE, epochs=1)
    monkeypatch.setattr(digits, "train", lambda *_: trained)
    assert digits.accuracy(load(LITTLE)) == trained.test
    assert digits.validation_accuracy(load(LITTLE)) == trained.validation
    assert isinstance(trained.test, float)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"head": "none"}, r"^spec: has no head, so it classifies nothing; remove 'head: none'$"),
        ({"classes": 7}, r"^spec: classes = 7: the digits have 10 classes; use 10$"),
        ({"tokens": {"count": 0, "dim": 8}}, r"tokens.count = 0"),
    ],
)
def test_a_spec_that_cannot_classify_digits_is_refused(
    changes: dict[str, Any], message: str, digits: ModuleType
) -> None:
    """The message names the key and what to do."""
    with pytest.raises(InputError, match=message):
        digits.train({**LITTLE, **changes})


@pytest.mark.parametrize(
    ("seed", "epochs", "message"), [(-1, 1, "seed = -1"), (0, 0, "epochs = 0"), (2**63, 1, "seed")]
)
def test_a_seed_and_epochs_that_are_no_such_numbers_are_refused(
    seed: int, epochs: int, message: str, digits: ModuleType
) -> None:
    """Before anything is trained."""
    with pytest.raises(InputError, match=message):
        digits.train(LITTLE, seed, epochs)


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback: the file can be imported, and training raises an error of the input."""
    need("torch")
    module = example("digits")
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "sklearn" else util.find_spec(name))
    with pytest.raises(InputError, match=r"^scikit-learn: not installed; install with pip install '\.\[examples\]'$"):
        module.accuracy(LITTLE)


def test_the_command_prints_a_line_for_each_spec(
    digits: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The columns are named. A wrong spec ends it with exit code 2 and one message, before any training."""
    monkeypatch.setattr(sys, "argv", ["digits.py", SMALL, "--seed", "3", "--epochs", "1"])
    assert digits.main() == 0
    out = capsys.readouterr().out
    bill = count(load(SMALL))
    assert out.splitlines()[0] == "spec,seed,madds,params,validation,test"
    assert re.fullmatch(rf"{re.escape(SMALL)},3,{bill.madds},{bill.params},0\.\d{{4}},0\.\d{{4}}", out.splitlines()[1])
    monkeypatch.setattr(sys, "argv", ["digits.py", SMALL, "mf26m"])
    assert digits.main() == 2
    assert capsys.readouterr() == ("", "error: mf26m: classes = 1000: the digits have 10 classes; use 10\n")


@pytest.mark.slow
def test_training_learns_to_read(digits: ModuleType) -> None:
    """A small variant reads nine of ten digits after all epochs, in less time than a minute on one core."""
    trained = digits.train(SMALL, seed=0)
    assert min(trained.validation, trained.test) > 0.9


def test_every_spec_of_the_examples_is_valid() -> None:
    """The small variant is one of the space."""
    assert run("count", SMALL).returncode == 0
    assert run("explore", "count", str(EXAMPLES / "digits.yaml")).returncode == 0
    assert count(load(SMALL)).madds in {int(line["madds"]) for line in lines()}


def test_a_script_of_timm_runs_with_the_models_registered(
    example: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script sees its own name and options, and finds the models."""
    need("torch", "timm")
    from mfprofile.trace.libraries import library

    try:
        library("timm")
    except InputError as error:
        pytest.skip(str(error))
    script = tmp_path / "train.py"
    script.write_text("import sys, timm\nprint(sys.argv[1:], timm.is_model('mobileformer_294m'), __name__)\n")
    monkeypatch.setattr(sys, "argv", ["imagenet.py", str(script), "--model", "x"])
    assert example("imagenet").main() == 0
    assert capsys.readouterr().out == "['--model', 'x'] True __main__\n"
    monkeypatch.setattr(sys, "argv", ["imagenet.py"])
    assert example("imagenet").main() == 2
    assert "TRAIN.PY" in capsys.readouterr().err


def test_the_recipe_of_imagenet_has_the_settings_of_table_11() -> None:
    """Each model has its learning rate, weight decay and dropout."""
    text = (EXAMPLES / "imagenet.md").read_text(encoding="utf-8")
    row = r"^\| `mobileformer_(\w+)` \| `--lr (\S+) --weight-decay (\S+) --drop (\S+)` \|$"
    settings = {size: tuple(map(float, values)) for size, *values in re.findall(row, text, re.MULTILINE)}
    assert settings == {
        "26m": (8e-4, 0.08, 0.1),
        "52m": (8e-4, 0.10, 0.2),
        "96m": (8e-4, 0.10, 0.2),
        "151m": (9e-4, 0.10, 0.2),
        "214m": (9e-4, 0.15, 0.2),
        "294m": (1e-3, 0.20, 0.3),
        "508m": (1e-3, 0.20, 0.3),
    }
