"""Answers to what is asked of a place in a document, in the protocol's terms. The worker's thread makes them."""

from __future__ import annotations

from lsprotocol import types

from hullcheck.lsp import actions as doing
from hullcheck.lsp import hover as telling
from hullcheck.lsp.definition import definitions
from hullcheck.lsp.files import source_of
from hullcheck.lsp.folder import Folder
from hullcheck.lsp.markdown import Words
from hullcheck.lsp.text import Text, Texts
from hullcheck.source import Location, Source


def _source(folder: Folder, path: str) -> tuple[str, Source] | None:
    """The file's name below the root, and its text as it was judged."""
    name = folder.name(path)
    source = source_of(folder, name) if name is not None else None
    return (name, source) if name is not None and source is not None else None


def hover(folder: Folder, path: str, position: types.Position, markdown: bool) -> types.Hover | None:
    """What is said of a place."""
    found = _source(folder, path)
    if found is None or folder.result is None:
        return None
    _, source = found
    text = Text(source.text, folder.encoding)
    said, place = telling.hover(folder, folder.result, source, text.offset(position), Words(folder.uri, markdown))
    if not said:
        return None
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, said), text.range(place.start, place.end) if place else None)


def definition(folder: Folder, path: str, position: types.Position) -> list[types.Location]:
    """Where what is named there is written."""
    found = _source(folder, path)
    if found is None:
        return []
    name, source = found
    texts = Texts(folder.encoding)
    places = definitions(folder, name, Text(source.text, folder.encoding).offset(position))
    return [types.Location(folder.uri(place.path), texts.range(_first_line(place))) for place in places if place.path]


def _first_line(place: Location) -> Location:
    return place.one_line() if place.start < place.end else place


def actions(folder: Folder, path: str, params: types.CodeActionParams, can: doing.Can) -> list[types.CodeAction]:
    """What can be done about what is found there."""
    found = _source(folder, path)
    if found is None:
        return []
    name, source = found
    text = Text(source.text, folder.encoding)
    only = params.context.only
    wanted = doing.Wanted(
        name,
        text.offset(params.range.start),
        text.offset(params.range.end),
        tuple(str(getattr(kind, "value", kind)) for kind in only) if only is not None else None,
    )
    made = doing.actions(folder, wanted, params.context.diagnostics, can)
    for action in made:
        if isinstance(action.data, dict):
            action.data["uri"] = params.text_document.uri
    return made


def resolved(folder: Folder, path: str, action: types.CodeAction, can: doing.Can) -> types.CodeAction:
    """An action with its edit."""
    return doing.resolved(folder, action, can)
