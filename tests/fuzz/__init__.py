"""Random inputs for all commands, by kind: texts, specs, files, networks, options; and the checks of what they do."""
