"""Networks that go by a name in a library, timm or torchvision. Only the one that is named is imported."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from mfprofile.spec.problems import InputError
from mfprofile.spec.words import nearest, printable
from mfprofile.trace.libraries import library, quiet

Arguments = Mapping[str, Any]
WEIGHTS = ("pretrained", "weights", "weights_backbone")
"""Arguments by which a library fetches weights: costs do not depend on them."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library of networks: how it tells whether a name is one of its, all of its names, and how it makes one."""

    package: str
    knows: Callable[[ModuleType, str], bool]
    names: Callable[[ModuleType], Sequence[str]]
    make: Callable[[ModuleType, str, Arguments], Any]

    def factory(self, name: str, arguments: Arguments) -> Callable[[], Any]:
        """Return what makes a network of that name, without fetching weights.

        Raises `InputError` where the library is not installed, has no such network, or is to fetch weights.
        """
        fetching = next((key for key in WEIGHTS if arguments.get(key)), None)
        if fetching is not None:
            raise InputError(f"{self.package}:{name}: --arg {fetching} is not taken: weights are never fetched")
        module = library(self.package)
        if not self.knows(module, name):
            hint = nearest(name, self.names(module)) or f"{len(self.names(module))} names are known"
            raise InputError(f"{self.package} has no network called {printable(name)!r}; {hint}")

        def made() -> Any:
            with quiet():
                return self.make(module, name, arguments)

        return made


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
    }
)
"""The libraries, by the name that stands before a target's colon."""
