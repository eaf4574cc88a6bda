"""Count the multiply-adds and parameters of Mobile-Former networks, op by op.

>>> import mfprofile
>>> mfprofile.count(mfprofile.load("mf294m").replace(tokens={"count": 3})).madds
270621440
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill as Bill
    from mfprofile.cost.bill import count as count
    from mfprofile.cost.conventions import CONVENTIONS as CONVENTIONS
    from mfprofile.cost.device_file import read_device as read_device
    from mfprofile.cost.memory import peak_memory as peak_memory
    from mfprofile.errors import InputError as InputError
    from mfprofile.errors import SpecError as SpecError
    from mfprofile.explore.count import count_space as count_space
    from mfprofile.explore.front import Objective as Objective
    from mfprofile.explore.front import front as front
    from mfprofile.explore.quantity import quantity_of as quantity_of
    from mfprofile.explore.sample import sample_space as sample_space
    from mfprofile.explore.space import read_space as read_space
    from mfprofile.files import save as save
    from mfprofile.nn.model import build as build
    from mfprofile.spec.layout import resolve as resolve
    from mfprofile.spec.load import load as load
    from mfprofile.spec.model import Spec as Spec
    from mfprofile.spec.network import Network as Network
    from mfprofile.spec.quantities import window as window
    from mfprofile.trace.own import handle as handle

__version__ = "0.2.0"

# Each name is imported when it is first used. This keeps `import mfprofile` fast.
_MODULES = {
    "Bill": "cost.bill",
    "CONVENTIONS": "cost.conventions",
    "InputError": "errors",
    "Network": "spec.network",
    "Objective": "explore.front",
    "Spec": "spec.model",
    "SpecError": "errors",
    "build": "nn.model",
    "count": "cost.bill",
    "count_space": "explore.count",
    "front": "explore.front",
    "handle": "trace.own",
    "load": "spec.load",
    "peak_memory": "cost.memory",
    "quantity_of": "explore.quantity",
    "read_device": "cost.device_file",
    "read_space": "explore.space",
    "resolve": "spec.layout",
    "sample_space": "explore.sample",
    "save": "files",
    "window": "spec.quantities",
}
__all__ = [*_MODULES, "__version__"]  # noqa: PLE0604 (all are strings)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
