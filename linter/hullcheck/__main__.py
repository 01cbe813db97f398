"""`hullcheck`, and `python -I -m hullcheck`: how the Action and the hooks start it, so that the judged tree can't be imported."""

from __future__ import annotations

import sys

from hullcheck.errors import TerminatedError


def run() -> int:
    """The command line in a process of its own, which ends in order when it is told to; returns the exit code."""
    try:
        import signal

        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` may have set another
                signal.signal(number, _terminate)
        from hullcheck.cli import main

        code = main()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on there is nothing to put in order
        return code
    except KeyboardInterrupt:
        return 130
    except TerminatedError as error:
        return 128 + error.signal


def _terminate(number: int, _: object) -> None:
    raise TerminatedError(number)


if __name__ == "__main__":
    sys.exit(run())
