"""The entry point of `mfprofile` and `python -m mfprofile`. An interrupt during the imports shows no traceback."""

from __future__ import annotations

import gc
import os
from contextlib import suppress

COLLECTED_AFTER = 100_000
"""How many new objects trigger a garbage collection. Short commands stay below it; long ones collect as usual."""


def main() -> None:
    """Run the command line."""
    try:
        gc.disable()
        from mfprofile.cli.program import main as run

        gc.freeze()  # imported objects live until the end; scanning them takes a tenth of the start-up time
        gc.set_threshold(COLLECTED_AFTER, 20, 20)
        gc.enable()
        run()
    except KeyboardInterrupt:
        with suppress(OSError):
            os.write(2, b"error: interrupted\n")  # a buffer would be written again at exit, also if nobody reads it
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
