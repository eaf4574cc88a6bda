"""The entry of `mfprofile` and `python -m mfprofile`: an interruption while it loads is no traceback either."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line."""
    try:
        gc.disable()  # what is imported stays: looking through it for garbage is a twentieth of the start-up
        from mfprofile.cli.program import main as run

        gc.enable()
        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
