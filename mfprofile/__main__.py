"""`python -m mfprofile`."""

from mfprofile.cli import main

main()
