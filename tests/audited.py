"""hullcheck in a process that writes down what it does: `python audited.py LOG ARGUMENTS` (a line of JSON an event)."""

import json
import os
import sys
from typing import Any

from hullcheck.cli import main

WANTED = (
    "socket.",
    "subprocess.",
    "os.",
    "shutil.",
    "tempfile.",
    "ctypes.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "webbrowser.",
)
HARMLESS = frozenset(
    ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr", "os.putenv", "os.unsetenv")
)

if __name__ == "__main__":
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
                return
        elif event in ("exec", "compile"):
            file = arguments[0].co_filename if event == "exec" else str(arguments[1])
            if not file.startswith(os.getcwd()):
                return
            arguments = (file,)
        elif not event.startswith(WANTED) or event in HARMLESS:
            return
        os.write(log, f"{json.dumps([event, list(map(str, arguments))])}\n".encode())

    sys.addaudithook(hook)
    sys.exit(main(sys.argv[2:]))
