"""The seven models equal the released ones: names, shapes, parameters, logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402

from mfprofile.nn import build, load_checkpoint, released_state  # noqa: E402

PARAMETERS = {
    "mf508m": 13_976_976,
    "mf294m": 11_422_648,
    "mf214m": 9_425_920,
    "mf151m": 7_595_828,
    "mf96m": 4_585_252,
    "mf52m": 3_469_092,
    "mf26m": 3_232_788,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_number_of_parameters_is_that_of_the_released_network(name: str) -> None:
    """Each model has as many parameters as the released one, all of them trainable."""
    with torch.device("meta"):
        model = build(name)
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == PARAMETERS[name]


@pytest.mark.parametrize("name", one_in(3, PARAMETERS))
def test_the_names_and_shapes_are_the_released_ones_in_order(name: str, released_keys: Any) -> None:
    """The released state of each model has the released names and shapes, in order."""
    with torch.device("meta"):
        state = released_state(build(name))
    assert [(key, list(tensor.shape)) for key, tensor in state.items()] == list(released_keys[name].items())


@pytest.mark.parametrize("name", ["mf294m", "mf52m", "mf26m"])
def test_the_logits_are_those_of_the_released_network(
    name: str, released_keys: Any, released_logits: Any, recipe: Any
) -> None:
    """With the same weights and images, the logits match the released network's to 1e-9."""
    model, expected = build(name).double().eval(), released_logits[name]
    load_checkpoint(model, recipe(released_keys[name]))
    images = torch.from_numpy(3 * np.random.default_rng(7).standard_normal((2, 3, 224, 224)))
    with torch.no_grad():
        logits = model(images).numpy()
    assert logits.shape == (2, 1000)
    assert np.abs(logits[:, :8] - np.array(expected["first8"])).max() < 1e-9
    assert logits.argmax(axis=1).tolist() == expected["argmax"]
    assert abs(logits.mean() - expected["mean"]) < 1e-9
    assert abs(logits.std() - expected["std"]) < 1e-9
