"""A run of hullcheck that tells the seconds of its phases, as JSON on the last line of standard error."""

import time

STARTED = time.process_time()

import builtins
import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

spent: dict[str, float] = {}
running: list[list[Any]] = []
"""The phases that go on, the innermost last: its name, since when, and what is known of its time."""


def within(phase: str, function: Callable[..., Any], *, all_of_it: bool = False) -> Callable[..., Any]:
    """The function, its time counted for the phase but for what others within it take; `all_of_it` also makes lists."""

    def watched(*arguments: Any, **named: Any) -> Any:
        if running and running[-1][0] == phase:
            return function(*arguments, **named)
        begin(phase)
        try:
            found = function(*arguments, **named)
            return list(found) if all_of_it else found
        finally:
            end()

    return watched


def begin(phase: str) -> None:
    now = time.process_time()
    if running:
        spent[running[-1][0]] = spent.get(running[-1][0], 0) + now - running[-1][1]
    running.append([phase, now])


def end() -> None:
    now = time.process_time()
    phase, since = running.pop()
    spent[phase] = spent.get(phase, 0) + now - since
    if running:
        running[-1][1] = now


def main() -> None:
    spent.update(start=STARTED)
    begin("rest")
    builtins.__import__ = within("imports", builtins.__import__)
    importlib.import_module = within("imports", importlib.import_module)
    from hullcheck import __main__, analysis, bundle, deferred, report

    deferred.allowed = True
    bundle.install(bundle.place())
    analysis.discovered = within("find files", analysis.discovered)
    analysis.read_all = within("read", analysis.read_all)
    analysis.link = within("link", analysis.link)
    analysis.Judge._checked = within("checks", analysis.Judge._checked, all_of_it=True)
    report.render = within("report", report.render)
    __main__._run(None)
    end()
    print(json.dumps(spent), file=sys.stderr)


if __name__ == "__main__":
    main()
