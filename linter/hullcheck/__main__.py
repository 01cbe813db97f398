"""`hullcheck`, and `python -I -m hullcheck`: how the Action and the hooks start it, so that the judged tree can't be imported."""

from __future__ import annotations

import os
import sys

from hullcheck.errors import TerminatedError


def run() -> int:
    """The command line in a process of its own, which ends in order when it is told to; returns the exit code.

    Where nothing has to be done at the interpreter's end, the process ends here.
    """
    try:
        code = _run()
        if not _is_all_done():
            return code
        from hullcheck import bundle

        bundle.save(bundle.place())
    except KeyboardInterrupt:
        return 130
    except TerminatedError as error:
        return 128 + error.signal
    os._exit(code)  # to take the interpreter down would take as long as a short run


def _is_all_done() -> bool:
    """Is everything written, and has nobody asked to be called at the end? Who asks has imported one of these."""
    if sys.flags.inspect or sys.getprofile() or sys.gettrace() or not sys.modules.keys().isdisjoint(_AT_EXIT):
        return False
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return False  # the interpreter says so, in its own way
    return True


_AT_EXIT = frozenset(("atexit", "threading"))


def _run() -> int:
    import signal

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` may have set another
            signal.signal(number, _terminate)
    from hullcheck import bundle, deferred

    deferred.allowed = True
    bundle.install(bundle.place())
    from hullcheck.cli import main

    code = main()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on there is nothing to put in order
    return code


def _terminate(number: int, _: object) -> None:
    raise TerminatedError(number)


if __name__ == "__main__":
    sys.exit(run())
