"""`hullcheck`, and how the Action and the hooks start it, by `python -I`, so that the judged tree can't be imported."""

from __future__ import annotations

import os
import sys

from hullcheck.errors import TerminatedError

TYPE_CHECKING = False  # `typing` would take longer than a run that is printed again
if TYPE_CHECKING:
    import signal

    from hullcheck.cache.again import Found, Start
else:
    import _signal as signal  # what `signal` makes enumerations of


def run() -> int:
    """The command line in a process of its own, which ends in order when it is told to; returns the exit code.

    Where nothing has to be done at the interpreter's end, the process ends here.
    """
    try:
        from hullcheck.cache import again

        found = again.find(sys.argv[1:])
        code = _print(found) if isinstance(found, again.Found) else _run(found)
        if not _is_all_done():
            return code
        if not isinstance(found, again.Found):
            from hullcheck import bundle

            bundle.save(bundle.place())
            if plumbing := sys.modules.get("hullcheck.plumbing"):
                plumbing.end_all()
    except KeyboardInterrupt:
        return 130
    except TerminatedError as error:
        return 128 + error.signal
    os._exit(code)  # to take the interpreter down would take as long as a short run


def _is_all_done() -> bool:
    """Is everything written, and has nobody asked to be called at the end? Who asks has imported one of these."""
    if sys.flags.inspect or sys.getprofile() or sys.gettrace():
        return False
    if any(type(sys.modules.get(name)) is type(sys) for name in _AT_EXIT):  # a deferred one is of another type
        return False
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return False  # the interpreter says so, in its own way
    return True


_AT_EXIT = frozenset(("atexit", "threading"))


def _run(found: Start | None) -> int:
    """What the command line asks for, kept for the next time if `found` records it."""
    import gc

    gc.disable()  # the command line would in a moment; modules are no garbage
    from hullcheck import bundle, deferred

    deferred.allowed = True
    bundle.install(bundle.place())
    from hullcheck.stand_ins import defer_libraries

    defer_libraries()
    if found is not None:
        found.record()
    _end_in_order()
    from hullcheck.cli import main

    gc.freeze()
    code = main()
    if found is not None:
        from hullcheck.cache.keep import keep

        keep(found, code)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on there is nothing to put in order
    return code


def _print(found: "Found") -> int:
    """What an earlier run printed and wrote, once more; returns its exit code."""
    if found.writes:
        _end_in_order()
    try:
        code = found.print()
    except Exception as error:  # noqa: BLE001  it is said as it would be of any run
        from hullcheck.cli import failed

        return failed(error)
    found.renew()
    return code


def _end_in_order() -> None:
    """From here on, a signal to end lets what was begun be put in order."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # `nohup` may have set another
            signal.signal(number, _terminate)


def _terminate(number: int, _: object) -> None:
    raise TerminatedError(number)


def start() -> None:
    """What the hooks call: `python -m` imports twenty modules of the library before it comes to ours."""
    sys.exit(run())


if __name__ == "__main__":
    start()
