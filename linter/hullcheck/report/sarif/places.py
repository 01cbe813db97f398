"""Places as SARIF has them: percent-encoded addresses relative to the root, one line, columns in UTF-16 units."""

from __future__ import annotations

import os
from urllib.parse import quote

from hullcheck.report.safe import Secrets, clean, well_formed
from hullcheck.report.sarif.objects import om
from hullcheck.source import Location, Source
from hullcheck.typed import Any

ROOT = "SRCROOT"
"""The name of the repository's root; its address is the reader's business, and no path of this machine is told."""

LONGEST_SNIPPET = 2_000
"""Characters; of longer ones nothing is shown."""


def artifact(path: str) -> Any:
    """The artifact location of a path."""
    return om.ArtifactLocation(uri=uri(path), uri_base_id=ROOT)


def uri(path: str) -> str:
    """A path as a relative reference: its bytes, percent-encoded; `:` too, which would make a scheme of a folder."""
    try:
        name = os.fsencode(path)
    except UnicodeEncodeError:
        name = well_formed(path).encode()
    return quote(name, safe="/-._~!$&()*+,;=@")


def location(place: Location, secrets: Secrets, **more: Any) -> Any:
    """A location with its line and the lines around it; `more` are further properties."""
    return om.Location(
        physical_location=om.PhysicalLocation(
            artifact_location=artifact(place.path),
            region=_with_snippet(place, secrets),
            context_region=_context(place, secrets),
        ),
        **more,
    )


def related(place: Location, text: str, number: int, secrets: Secrets) -> Any:
    """A related location, to which a message links by its number."""
    return location(place, secrets, id=number, message=om.Message(text=clean(secrets.text(text))))


def logical(owner: str) -> Any:
    """The object that a finding is about: `services.web`, `Deployment/shop/api`, a stage."""
    name = owner.removeprefix("services.").rpartition("/")[2]
    return om.LogicalLocation(name=well_formed(name), fully_qualified_name=well_formed(owner), kind="object")


def marked(place: Location) -> Location:
    """The place, cut to one line; of an empty one the whole line that it is on, so that there is something to see."""
    place = place.one_line()
    return place.source.at_line(place.line) if place.start >= place.end else place


def region(place: Location) -> Any:
    """The lines and columns of a place, which may have several lines."""
    start_line, start_column, end_line, end_column = place.region
    return om.Region(
        start_line=start_line,
        start_column=place.source.utf16_column(start_line, start_column),
        end_line=end_line,
        end_column=place.source.utf16_column(end_line, end_column),
    )


def _with_snippet(place: Location, secrets: Secrets) -> Any:
    made = region(place)
    if place.start < place.end and place.end - place.start <= LONGEST_SNIPPET:
        made.snippet = om.ArtifactContent(text=secrets.masked(place.source, place.start, place.end))
    return made


def _context(place: Location, secrets: Secrets) -> Any:
    """The line with the one before and the one after it; None where that is nothing more, or too long."""
    source = place.source
    first = max(place.line - 1, 1)
    last = min(place.line + 1, _last_line(source))
    start, end = source.line_start(first), source.line_start(last) + len(source.line(last))
    if end - start > LONGEST_SNIPPET or (start, end) == (place.start, place.end) or last < place.line:
        return None
    text = secrets.masked(source, start, end)
    return om.Region(start_line=first, end_line=last, snippet=om.ArtifactContent(text=text))


def _last_line(source: Source) -> int:
    count = source.line_count
    return count - 1 if count > 1 and not source.line(count) else count
