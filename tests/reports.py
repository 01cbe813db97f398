"""A run to report on, with checks of its own, so that no expected report changes with a check's page; and what reports tell."""

import zlib

import pytest

from hullcheck.check import Check, Entry, Registry
from hullcheck.finding import Edit, Finding, Fix, Related, Severity, Suppression
from hullcheck.report import Run, VersionControl, render
from hullcheck.source import Location, Source

ROOT_USER = Check(
    "checks.identity.root_user",
    """A container that is told to run as root.

Root in a container is root to everything that is shared with the host.

To fix: end the image with a user of its own:

    RUN useradd --uid 10001 app
    USER 10001

Nothing else counts.

See https://example.org/users
See https://example.org/root
""",
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3002",),
    cwe=(250,),
)
SECRET = Check(
    "checks.secrets.secret_value",
    "A credential in a file.\n\nWho reads it has it.\n\nTo fix: take it out.\n\nSee https://example.org/secrets",
    severity=Severity.CRITICAL,
    dialects=("dockerfile", "compose"),
    aliases=("trivy:DS-0031",),
    cwe=(798, 312),
)
WIDE = Check(
    "checks.network.open_port",
    "A port that is open to all.\n\nAnybody can connect.\n\nTo fix: say `127.0.0.1`.\n\nSee https://example.org/ports",
    severity=Severity.LOW,
    dialects=("compose",),
    precision="medium",
)
BROKEN = Check(
    "checks.run.parse_error",
    "A file that can't be read.\n\nNothing in it was checked.\n\nTo fix: correct it.\n\nSee https://example.org/yaml",
    severity=Severity.HIGH,
    dialects=("kubernetes",),
)


class Checks(Registry):
    """These checks, which are in no package."""

    def __init__(self, *checks: Check) -> None:
        super().__init__("", map(Entry.of, checks))
        self.checks = {check.name: check for check in checks}

    def __getitem__(self, name: str) -> Check:
        return self.checks[name]


REGISTRY = Checks(ROOT_USER, SECRET, WIDE, BROKEN)

DOCKERFILE = Source(
    "app/Dockerfile",
    b"FROM ubuntu:latest AS base\n"
    b"\tRUN echo \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x90\xb3 && curl x\n"
    b"ENV TOKEN=hunter2-s3cret \\\n    OTHER=1\n"
    b"USER root\n",
)
COMPOSE = Source("compose.yaml", b"services:\r\n  web:\r\n    image: web\r\n    ports: ['80:80', '443:443']\r\n")


def at(source: Source, word: str) -> Location:
    """The first place of a word in a source."""
    start = source.text.index(word)
    return source.at(start, start + len(word))


def finding(
    name: str,
    severity: Severity,
    message: str,
    location: Location,
    *,
    owner: str = "",
    evidence: tuple[str, ...] = (),
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
    suppression: Suppression | None = None,
    state: str = "",
    redact: tuple[Location, ...] = (),
) -> Finding:
    made = Finding(name, severity, message, location, owner, evidence, related, fix, suppression, state, redact)
    return made._replace(dialect="compose" if owner.startswith("services.") else "dockerfile")


def findings() -> tuple[Finding, ...]:
    """Findings of every sort: with related places, with fixes, with a secret, two on a line, and suppressed ones."""
    root = at(DOCKERFILE, "root")
    secret = at(DOCKERFILE, "hunter2-s3cret")
    made = [
        finding(
            "root-user",
            Severity.HIGH,
            "stage `base` runs as root: `USER root`",
            root,
            owner="base",
            evidence=("root",),
            related=(
                Related(at(DOCKERFILE, "ubuntu:latest"), "the image it starts from"),
                Related(at(COMPOSE, "web"), "service `web` runs it"),
            ),
            fix=Fix("run as 10001", (Edit(root, "10001"),), safe=False),
        ),
        finding(
            "secret-value",
            Severity.CRITICAL,
            "`TOKEN` is a credential",
            secret,
            owner="base",
            evidence=("generic", "TOKEN"),
            redact=(secret,),
        ),
        finding(
            "secret-value",
            Severity.HIGH,
            "`curl` is told hunter2-s3cret",
            at(DOCKERFILE, "curl"),
            owner="base",
            suppression=Suppression("comment", "it is `fake`", at(DOCKERFILE, "OTHER")),
        ),
    ]
    for port in ("80:80", "443:443"):
        place = at(COMPOSE, port)
        fix = Fix(f"bind {port} to 127.0.0.1", (Edit(place._replace(end=place.start), "127.0.0.1:"),), safe=True)
        made.append(
            finding(
                "open-port",
                Severity.LOW,
                f"service `web` publishes `{port}`",
                place,
                owner="services.web",
                evidence=(port,),
                fix=fix,
            )
        )
    return tuple(sorted(made, key=lambda made: made.sort_key))


def run(
    found: tuple[Finding, ...] | None = None,
    *,
    color: bool = False,
    show_suppressed: bool = False,
    compared: bool = False,
    category: str = "",
    errors: tuple[str, ...] = (),
    fixed: tuple[Finding, ...] = (),
    version_control: VersionControl | None = None,
) -> Run:
    """A run that found these."""
    found = findings() if found is None else found
    shown = tuple(f for f in found if f.suppression is None and f.state != "unchanged")
    return Run(
        root="/somewhere/else",
        findings=found,
        registry=REGISTRY,
        errors=errors,
        files=3,
        not_decided=2,
        fail_on=Severity.HIGH,
        exit_code=1 if any(f.severity >= Severity.HIGH for f in shown) else 0,
        shown=shown,
        version_control=version_control,
        color=color,
        show_suppressed=show_suppressed,
        compared=compared,
        category=category,
        fixed=fixed,
    )


HOSTILE = [
    "\n::error::owned",
    "::error file=x::owned",
    "##[add-mask]x",
    "a ##[error]b",
    "\x1b[31mred\x1b[0m",
    "\u202eright to left",
    "zero\u200bwidth",
    "lone \udc80 surrogate",
    "100%25 %0A",
    "a,b:c",
    "]](x) [evil](https://example.org) ![i](https://example.org)",
    "<script>alert(1)</script> &amp; | `tick` ]]> -->",
    "{0} {} {{x}}",
    "\x00\x07\x85\u2028",
]
"""Names that a repository could have, to do harm where they are printed."""


def hostile_run(text: str) -> Run:
    """A run in which everything that a repository can name is that text."""
    source = Source(f"dir/{text}", f"# {text}\nFROM x\n".encode("utf-8", "replace"))
    place = source.at_line(1)
    made = finding(
        "root-user",
        Severity.HIGH,
        f"`{text}` is {text}",
        place,
        owner=f"services.{text}",
        evidence=(text,),
        related=(Related(source.at_line(2), f"see {text}"),),
        fix=Fix(f"remove {text}", (Edit(place, text),), safe=True),
    )
    silenced = made._replace(name="open-port", suppression=Suppression("comment", text, source.at_line(2)))
    return run((made, silenced), errors=(text,), show_suppressed=True, category="lint")


hostile = pytest.mark.parametrize("text", HOSTILE, ids=ascii)


SELDOM = 5


def texts(run: Run) -> dict[str, str]:
    """What is told of a run, in words and for machines. One in five is told as SARIF, too: its rules take longer than the run."""
    found = {name: render(name, run) for name in ("json", "full")}
    if zlib.crc32(found["json"].encode()) % SELDOM == 0:
        found["sarif"] = render("sarif", run)
    return found
