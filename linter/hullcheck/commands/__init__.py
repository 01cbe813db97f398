"""The sub-commands, one file each: arguments in, text out, an exit code back.

A command module has `add(parser)`, which declares its arguments, and `run(options)`, which returns the exit code. Only
the module of the command that is asked for is imported.
"""
