"""The entry of `mfprofile` and `python -m mfprofile`: an interrupt while it loads gives no traceback either."""

from __future__ import annotations

import gc
import sys

COLLECTED_AFTER = 100_000
"""How many objects may be made before garbage is collected: a short command collects none, a long one some."""


def main() -> None:
    """Run the command line."""
    try:
        gc.disable()
        from mfprofile.cli.program import main as run

        gc.freeze()  # what is imported stays: looking through it for garbage is a tenth of the start-up
        gc.set_threshold(COLLECTED_AFTER, 20, 20)
        gc.enable()
        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
