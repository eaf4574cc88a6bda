"""Read YAML into a validated `Spec`, and resolve it into a `Network` whose dimensions are all known."""

from mfprofile.errors import InputError, SpecError
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network

__all__ = ["InputError", "Network", "Spec", "SpecError", "load", "resolve"]
