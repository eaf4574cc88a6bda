"""The command plot: an application whose commands, a picture each, are added by the modules that are imported here."""

from __future__ import annotations

from mfprofile.cli import plotting_attention, plotting_paper, plotting_specs  # noqa: F401
from mfprofile.cli.pictures import app as app
