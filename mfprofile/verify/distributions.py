"""Find out which distribution a module belongs to: two counters import as `thop`."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
from functools import cache
from importlib.metadata import PackagePath
from pathlib import Path


def is_installed(name: str, module: str) -> bool:
    """Return whether a distribution is installed, and Python imports the module from it.

    Another distribution may have a module of the same name: in a folder that comes first, or in the same folder, where
    the last one that was installed has replaced the files of the first.
    """
    spec = importlib.util.find_spec(module)
    if spec is None:
        return False
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return spec.origin is None or _owns(name, module, Path(spec.origin).parent)


@cache  # the hashes of torch's files take 0.1 s; Python, too, keeps a module that it has found
def _owns(name: str, module: str, folder: Path) -> bool:
    """Return whether the files of the module in the folder are those of the distribution, by their hashes."""
    distribution = importlib.metadata.distribution(name)
    own = [file for file in distribution.files or () if file.parts[0] == module and file.suffix == ".py"]
    if not own:  # an editable installation records no files
        return True
    at = {Path(str(distribution.locate_file(file))).resolve(): file for file in own}
    return folder.resolve() in {path.parent for path in at} and all(_is_unchanged(*each) for each in at.items())


def _is_unchanged(path: Path, file: PackagePath) -> bool:
    """Return whether a file has the hash that was recorded for it; True if none was."""
    if file.hash is None:
        return True
    if not path.is_file():
        return False
    digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value
