"""The command line: each command is one call of the library and a print, in a file of its name."""
