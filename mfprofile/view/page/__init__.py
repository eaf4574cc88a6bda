"""The HTML page: one file that holds a spec, the arithmetic that counts it, and knobs for each of its keys."""
