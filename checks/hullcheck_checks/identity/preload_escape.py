"""A library to be preloaded whose path leads through `/proc` or a relative folder.

Programs of the host that set up a container may run with its variables and in its folder, and load what `LD_PRELOAD`
names with all rights of the host: NVIDIA's container toolkit did (CVE-2025-23266), so that three lines of a
Dockerfile take every machine with a GPU that runs the image. `/proc/self/cwd/evil.so` is a file of the image for such
a program, and the same holds for a relative path.

To fix: take it out, or name the library as the container's own loader finds it:

    ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2

Libraries in the system's folders and plain names, such as those of other allocators, are no finding.

See https://nvd.nist.gov/vuln/detail/CVE-2025-23266
See https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("cve:2025-23266",),
    cwe=(426, 668),
)


@check.on("Container", needs="environment")
def preloaded(container: Container) -> Iterator[Finding]:
    for variable in container.environment:
        if variable.name not in ("LD_PRELOAD", "LD_AUDIT"):
            continue
        for path in (variable.value.value or "").replace(":", " ").split():
            if path.startswith("/proc/") or (not path.startswith("/") and "/" in path):
                yield check.finding(
                    container,
                    f"{container.described} has `{path}` preloaded, also by programs of the host that set it up",
                    at=variable.value.location,
                    evidence=(variable.name, path),
                    extent=extent(paths=words((path,), "name")),
                    related=variable.value.related,
                )
