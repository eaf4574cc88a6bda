"""The entry point of `mfprofile` and `python -m mfprofile`. An interrupt during the imports shows no traceback."""

from __future__ import annotations

import gc
import sys

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
        sys.stderr.write("error: interrupted\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
