"""Make networks of the libraries timm, torchvision and transformers by name. Only the named library is imported."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from mfprofile.errors import InputError
from mfprofile.spec.words import nearest, printable
from mfprofile.trace import configurations
from mfprofile.trace.libraries import library, quiet

Arguments = Mapping[str, Any]
WEIGHTS = ("pretrained", "weights", "weights_backbone", "use_pretrained_backbone")
"""Arguments that make a library download weights. They are not allowed: costs do not depend on weights."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library of networks: how to check a name, list all names, and make a network."""

    package: str
    knows: Callable[[ModuleType, str], bool]
    names: Callable[[ModuleType], Sequence[str]]
    make: Callable[[ModuleType, str, Arguments], Any]

    def factory(self, name: str, arguments: Arguments) -> Callable[[], Any]:
        """Return a function that makes the network of that name, without downloading weights.

        Raises `InputError` if the library is not installed or has no such network, or if an argument asks for weights.
        """
        weights = next((key for key in WEIGHTS if arguments.get(key)), None)
        if weights is not None:
            raise InputError(f"{self.package}:{name}: --arg {weights}: weights are never downloaded; remove it")
        module = library(self.package)
        if not self.knows(module, name):
            hint = nearest(name, self.names(module)) or f"it has {len(self.names(module))} networks"
            raise InputError(f"{self.package} has no network called {printable(name)!r}; {hint}")

        def make() -> Any:
            with quiet():
                return self.make(module, name, arguments)

        return make


def _timm(timm: Any, name: str, arguments: Arguments) -> Any:
    return timm.create_model(name, **{**arguments, "pretrained": False})


def _torchvision(torchvision: Any, name: str, arguments: Arguments) -> Any:
    known = inspect.signature(torchvision.models.get_model_builder(name)).parameters
    return torchvision.models.get_model(name, **arguments, **{key: None for key in WEIGHTS if key in known})


LIBRARIES: Mapping[str, Library] = MappingProxyType(
    {
        "timm": Library(
            "timm",
            lambda timm, name: bool(timm.is_model(name)),
            lambda timm: list(timm.list_models()),
            _timm,
        ),
        "torchvision": Library(
            "torchvision",
            lambda torchvision, name: name.lower() in torchvision.models.list_models(),
            lambda torchvision: list(torchvision.models.list_models()),
            _torchvision,
        ),
        "transformers": Library(
            "transformers",
            lambda transformers, name: name in configurations.names(transformers),
            configurations.names,
            configurations.make,
        ),
    }
)
"""The libraries, by the name before the colon of a target."""
