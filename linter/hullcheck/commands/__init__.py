"""The sub-commands, one file each: arguments in, text out, an exit code back.

A command module has `add(parser)`, which declares its arguments, and `run(options)`, which returns the exit code. Only
the module of the command that is asked for is imported.
"""

COMMANDS = {
    "check": "check files and folders (the default command)",
    "explain": "show a check's page",
    "checks": "list the checks",
    "files": "list what is found, as which kind, and what is left out",
    "baseline": "accept the findings that there are, so that only others count",
    "show": "show what will really run, and the line that says so",
    "map": "show who can talk to whom, why, and what a change opens",
    "fleet": "judge many repositories, and ask what there is in all of them",
    "migrate": "turn another tool's configuration file into ours",
    "clean": "remove what was kept of earlier runs",
    "config": "show the configuration in effect, or its JSON Schema",
    "completion": "print what bash, zsh or fish need to complete command lines",
    "lsp": "the language server, which editors start",
}
"""The commands, and what each does."""
