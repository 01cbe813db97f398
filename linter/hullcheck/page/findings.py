"""The findings as a page: what to change, why, and how; what isn't judged; what is accepted; what is new.

Everything is in the page's text, so that it reads without scripts; the script filters, searches and groups anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hullcheck import __version__
from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import CAUSES, JUDGED, LEFT_OUT, NOT_JUDGED
from hullcheck.page.excerpt import CONTEXT, excerpts, patch
from hullcheck.page.frame import Links, asset, code, count, document, name, text
from hullcheck.report import Run
from hullcheck.report.page import Page, page
from hullcheck.report.safe import Secrets, told

MOST_FINDINGS = 5_000
"""Findings that are on a page; the rest are counted."""

MOST_BYTES = 6_000_000
"""Bytes of findings from which on the rest are counted."""

FEW = 150
"""Findings up to which the lines around a place are shown."""

MOST_ITEMS = 40
"""Things that aren't judged for one reason that are listed; the rest are counted."""

MOST_CAUSES = 200
"""Reasons for which something isn't judged that are listed; the rest are counted."""

MOST_OWNERS = 12
"""Owners of one finding that are listed; the rest are counted."""

_VERDICTS = {
    0: ("passed", "Passed"),
    1: ("failed", "Failed"),
    2: ("failed", "Could not run"),
    3: ("failed", "Nothing to check"),
    4: ("failed", "Not everything could be checked"),
}


def render(run: Run) -> str:
    """The page."""
    return _Writer(run).page()


class _Section:
    """Findings that count alike. `key` is the word for them in the page."""

    def __init__(self, key: str, title: str, findings: Iterable[Finding], is_open: bool) -> None:
        self.key = key
        self.title = title
        self.findings = list(findings)
        self.is_open = is_open


class _Writer:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.secrets = Secrets((*run.findings, *run.fixed), run.redact)
        self.links = Links(run.root, run.version_control, run.beside)
        self.context = CONTEXT if len(run.shown) <= FEW else 0
        self.left = MOST_FINDINGS
        self.bytes = MOST_BYTES
        self.left_out: Counter[tuple[Severity, str]] = Counter()
        self.number = 0
        self.named: dict[str, None] = {}

    def page(self) -> str:
        run = self.run
        look, verdict = _VERDICTS.get(run.exit_code, ("failed", ""))
        sections = [section for section in self._sections() if section.findings or section.key == "shown"]
        listed = [part for section in sections for part in self._section(section)]
        main = [
            self._numbers(),
            *(f'<p class="error"><strong>Error:</strong> {code(told(message))}</p>' for message in run.errors),
            self._cut(),
            *listed,
            *self._unjudged(),
            *self._checks(),
            f'<footer><p class="dim">hullcheck {text(__version__)}</p></footer>',
        ]
        return document(
            "hullcheck",
            f'<span class="verdict {look}">{verdict}</span>',
            main,
            tools=_TOOLS,
            sheets=asset("page.css") + asset("findings.css"),
            script=asset("page.js") + asset("findings.js"),
        )

    def _sections(self) -> Iterator[_Section]:
        run = self.run
        asked = [f for f in run.suppressed if f.suppression and f.suppression.under_review]
        accepted = [f for f in run.suppressed if f.suppression and not f.suppression.under_review]
        yield _Section("shown", "New findings" if run.compared else "Findings", run.shown, True)
        yield _Section("asked", "This change asks to ignore", asked, True)
        yield _Section("fixed", "Fixed by this change", run.fixed, False)
        yield _Section("unchanged", "Unchanged", run.unchanged, False)
        yield _Section("suppressed", "Suppressed and accepted", accepted, False)
        yield _Section("folded", "Not counted: tests, examples, documentation", run.folded, False)

    def _numbers(self) -> str:
        run = self.run
        counts = run.counts()
        chips = "".join(
            f'<li><button type="button" class="chip" data-sev="{severity}" aria-pressed="true" disabled>'
            f'<span class="sev {severity}"></span><b>{number:,}</b> {severity}</button></li>'
            for severity, number in counts.items()
            if number or severity not in ("info",)
        )
        return (
            f'<section class="numbers" aria-label="Numbers"><ul class="chips">{chips}</ul>'
            f"<dl>{''.join(f'<div><dt>{word}</dt><dd>{number}</dd></div>' for word, number in self._facts())}</dl></section>"
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        run = self.run
        safe = sum(1 for f in run.shown if f.fix and f.fix.safe)
        unsafe = sum(1 for f in run.shown if f.fix and not f.fix.safe)
        yield "files", f"{run.files:,}"
        yield "fails at", f"{run.fail_on} or worse" if run.fail_on is not None else "nothing"
        if safe:
            yield "fixed by --fix", f"{safe:,}"
        if unsafe:
            yield "by --unsafe-fixes", f"{unsafe:,}"
        if run.compared:
            yield "fixed by the change", f"{len(run.fixed):,}"
            yield "unchanged", f"{len(run.unchanged):,}"
        if run.suppressed:
            yield "suppressed", f"{len(run.suppressed):,}"
        if run.folded:
            yield "not counted", f"{len(run.folded):,}"
        if run.not_decided:
            yield "not decided", f"{run.not_decided:,}"
        counts = run.coverage.counts()
        if any(counts.values()):
            yield "judged", f"{counts[JUDGED]:,}"
            if counts[LEFT_OUT]:
                yield "left out", f"{counts[LEFT_OUT]:,}"
        if counts[NOT_JUDGED]:
            yield "not judged", f'<a href="#unjudged">{counts[NOT_JUDGED]:,}</a>'

    def _cut(self) -> str:
        """What isn't on the page, if it would have been too much."""
        if not self.left_out:
            return ""
        by = sorted(self.left_out.items(), key=lambda item: (-item[0][0], -item[1], item[0][1]))
        words = ", ".join(f"{number:,} {severity} <code>{text(check)}</code>" for (severity, check), number in by[:30])
        more = f" and {len(by) - 30} more checks" if len(by) > 30 else ""
        number = sum(self.left_out.values())
        return (
            f'<p class="error"><strong>{count(number, "more finding")} than a page can hold:</strong> {words}{more}. '
            "They are in the other formats, such as <code>json</code>.</p>"
        )

    def _section(self, section: _Section) -> Iterator[str]:
        shown = "" if not section.is_open else " open"
        yield (
            f'<details class="sec" id="{section.key}"{shown}><summary><h2>{section.title} '
            f'<span class="n">{len(section.findings):,}</span></h2></summary>'
        )
        if not section.findings:
            yield '<p class="none">Nothing found.</p>'
        for places in _by_place(section.findings):
            made = [row for finding in places if (row := self._finding(finding, section.key))]
            if made:
                yield f'<section class="g">{self._heading(places[0])}{"".join(made)}</section>'
        yield "</details>"

    def _heading(self, finding: Finding) -> str:
        """The line to change."""
        place = finding.location
        start = place.source.line_start(place.line)
        line = self.secrets.masked(place.source, start, start + min(len(place.source.line(place.line)), 120)).strip()
        shown = f'<code class="line">{text(" ".join(line.split()))}</code>' if line else ""
        return f"<h3>{self.links.place(place.path, place.line)}{shown}</h3>"

    def _finding(self, finding: Finding, state: str) -> str:
        """One finding, folded; empty if the page is full."""
        if self.left <= 0 or self.bytes <= 0:
            self.left_out[finding.severity, finding.name] += 1
            return ""
        self.left -= 1
        self.number += 1
        self.named[finding.name] = None
        owner = _owner(finding)
        severity = str(finding.severity)
        fix = ""
        if finding.fix:
            fix = f'<span class="tag fix" title="can be fixed">{"fix" if finding.fix.safe else "unsafe fix"}</span>'
        made = (
            f'<article class="f" data-s="{severity}" data-c="{text(finding.name)}" data-p="{name(finding.location.path)}" '
            f'data-l="{finding.location.line}" data-o="{name(owner)}"><details id="f{self.number}"><summary>'
            f'<span class="sev {severity}">{severity}</span><span class="msg">{code(self.secrets.text(finding.message))}'
            f'</span><span class="meta">{fix}<span class="chk">{text(finding.name)}</span></span></summary>'
            f'<div class="body">{"".join(self._body(finding, state))}</div></details></article>'
        )
        self.bytes -= len(made)
        return made

    def _body(self, finding: Finding, state: str) -> Iterator[str]:
        yield from excerpts(finding, self.secrets, self.links, self.context)
        about = self._about(finding.name)
        if finding.fix:
            how = "--fix" if finding.fix.safe else "--unsafe-fixes"
            yield f"<p><b>Fix </b>{code(self.secrets.text(finding.fix.title))} <code>{how}</code></p>"
            yield patch(finding, self.secrets)
        elif about is not None and about.cure:
            yield f"<p><b>Fix </b>{code(about.cure)}</p>"
        if about is not None and about.why:
            yield f'<p><b>Why </b>{code(about.why)} <a href="#c-{text(finding.name)}">More</a></p>'
        owners = _owners(finding)
        shown = ", ".join(f"<code>{name(owner)}</code>" for owner in owners[:MOST_OWNERS])
        more = f" and {len(owners) - MOST_OWNERS} more" if len(owners) > MOST_OWNERS else ""
        if shown:
            yield f"<p><b>In </b>{shown}{more}</p>"
        if finding.suppression:
            where = finding.suppression.location
            place = f" at {self.links.place(where.path, where.line)}" if where else ""
            asked = " by this change" if finding.suppression.under_review else ""
            reason = code(told(finding.suppression.reason)) or "no reason given"
            yield f"<p><b>Suppressed </b>by {text(finding.suppression.kind)}{place}{asked}: {reason}</p>"

    def _about(self, check: str) -> Page | None:
        return page(self.run.registry[check]) if check in self.run.registry else None

    def _unjudged(self) -> Iterator[str]:
        causes = self.run.coverage.causes()
        if not causes:
            return
        number = len(self.run.coverage.unjudged)
        yield (
            '<details class="sec" id="unjudged" open><summary><h2>Not judged '
            f'<span class="n">{number:,}</span></h2></summary><p class="dim">What was seen and can’t be judged; nothing is '
            "said of it, neither that it is fine nor that it isn’t.</p>"
        )
        for cause in causes[:MOST_CAUSES]:
            items = "".join(
                f"<li>{self.links.place(item.path, item.location.line if item.location else 1, name(item.path))}"
                f"{f' <code>{name(item.object)}</code>' if item.object else ''}</li>"
                for item in cause.items[:MOST_ITEMS]
            )
            more = len(cause.items) - MOST_ITEMS
            items += f"<li>and {more} more: <code>hullcheck files</code> lists them</li>" if more > 0 else ""
            yield (
                f'<details class="cause"><summary><b>{len(cause.items):,}</b> {code(cause.what)}: '
                f"{code(told(cause.because))}</summary><p>{code(CAUSES[cause.cause])}</p><ul>{items}</ul></details>"
            )
        if len(causes) > MOST_CAUSES:
            left = sum(len(cause.items) for cause in causes[MOST_CAUSES:])
            yield f"<p>and {count(left, 'more thing')}, for other reasons: <code>hullcheck files</code> lists them</p>"
        yield "</details>"

    def _checks(self) -> Iterator[str]:
        names = sorted(check for check in self.named if check in self.run.registry)
        if not names:
            return
        yield f'<details class="sec" id="checks" open><summary><h2>Checks <span class="n">{len(names)}</span></h2></summary>'
        yield from (self._check(self.run.registry[check]) for check in names)
        yield "</details>"

    def _check(self, check: Check) -> str:
        about = page(check)
        links = "".join(_reference(link) for link in about.references)
        return (
            f'<details class="check" id="c-{text(check.name)}"><summary><span class="chk">{text(check.name)}</span> '
            f'<span class="dim">{code(about.summary)}</span></summary><div class="body">{"".join(_blocks(about))}'
            f"{f'<ul class=refs>{links}</ul>' if links else ''}</div></details>"
        )


def _reference(link: str) -> str:
    if link.startswith("https://") and " " not in link:
        return f'<li><a href="{text(link)}" rel="noopener noreferrer">{text(link)}</a></li>'
    return f"<li>{text(link)}</li>"


def _blocks(about: Page) -> Iterator[str]:
    for block in about.blocks:
        if block.startswith("    "):
            lines = (text(line.removeprefix("    ")) for line in block.splitlines())
            yield f"<pre>{chr(10).join(lines)}</pre>"
        else:
            yield f"<p>{code(' '.join(block.split()))}</p>"


def _by_place(findings: list[Finding]) -> list[list[Finding]]:
    """The findings of each line, the worst lines first."""
    groups: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.location.path, finding.location.line), []).append(finding)
    for found in groups.values():
        found.sort(key=lambda f: (-f.severity, *f.sort_key))
    return sorted(groups.values(), key=lambda found: (-found[0].severity, *found[0].sort_key[:2]))


def _owner(finding: Finding) -> str:
    scope, owner = finding.user if finding.user[1] else (finding.scope, finding.owner)
    return f"{scope}: {owner}" if scope not in ("", ".") and owner else owner or scope


def _owners(finding: Finding) -> list[str]:
    return list(dict.fromkeys(owner for one in (finding, *finding.also) if (owner := _owner(one))))


_TOOLS = (
    '<div class="tools js" role="search" aria-label="Filter findings"><div class="bar">'
    '<label class="grow"><span class="vh">Search</span>'
    '<input type="search" id="q" placeholder="Search message, file, check, owner  ( / )" autocomplete="off"></label>'
    '<label>Group by <select id="by"><option value="place">what to change</option><option value="s">severity</option>'
    '<option value="o">owner</option><option value="p">file</option><option value="c">check</option></select></label>'
    '<label><input type="checkbox" id="fix"> with a fix</label>'
    '<button type="button" class="quiet" id="all" aria-pressed="false">Open all</button>'
    '<output id="said" aria-live="polite"></output></div></div>\n'
)
