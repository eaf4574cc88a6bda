"""Run a training script of timm with this project's models registered; see `imagenet.md`.

python examples/imagenet.py train.py --model mobileformer_294m OPTIONS...
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from runpy import run_path


def main() -> int:
    """Register the models, and run the script that the command line names with the rest of the line."""
    if len(sys.argv) < 2:
        print(
            "usage: imagenet.py TRAIN.PY OPTIONS...: name a training script, such as timm's train.py", file=sys.stderr
        )
        return 2
    if find_spec("timm") is None:
        print("error: timm is not installed; install it with pip install '.[timm]'", file=sys.stderr)
        return 2
    import mfprofile.nn.timm  # noqa: F401 - registers the models

    del sys.argv[0]
    run_path(sys.argv[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
