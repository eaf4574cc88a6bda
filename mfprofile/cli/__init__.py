"""The command line. Each command is in a file of its name: it calls the library and prints the result."""
