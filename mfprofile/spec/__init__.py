"""YAML to `Spec` (validated) to `Network` (every dimension settled)."""

from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network
from mfprofile.spec.problems import InputError, SpecError

__all__ = ["InputError", "Network", "Spec", "SpecError", "load", "resolve"]
