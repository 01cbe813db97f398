"""The map as a page: drawings whose parts answer, the same as tables, and why each connection is open.

Drawings and tables are in the page's text, so that it reads without scripts; the script shows one node's connections,
explains and filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hullcheck import __version__
from hullcheck.draw import shapes, svg
from hullcheck.draw.difference import heading, lines
from hullcheck.draw.difference_graph import graphs
from hullcheck.draw.graph import condensed
from hullcheck.draw.items import OUTSIDE, Graph, Item
from hullcheck.model.network.compare import NOTHING
from hullcheck.model.network.diff import Difference
from hullcheck.model.network.map import CONTROLLER, Node, ScopeMap, scope_map
from hullcheck.model.network.network import Network
from hullcheck.page.frame import Links, asset, code, count, data, document, name, printable, text
from hullcheck.page.rows import MOST_NAMED, Lines, Row, rows, segments
from hullcheck.report.safe import clean, told
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MOST_EDGES = 4_000
"""Edges of a scope that are worked out one by one."""

MOST_ROWS = 2_500
"""Connections that are on a page one by one; the rest are counted."""

MOST_SCOPES = 200
"""Scopes that are drawn; the rest are counted."""

MOST_PAIRS = 20_000
"""Changed pairs of a scope that are marked."""

MOST_SENTENCES = 400
"""Sentences about the change of a scope that are on a page."""

MOST_UNREAD = 200
"""Files that couldn't be read that are listed."""

MOST_TITLE = 3
"""Workloads of an item up to which all are in its title."""

_KINDS = {
    "entry": "from outside",
    "exit": "to outside",
    "data": "to a data store",
    "used": "used, unrestricted",
    "denied": "used, but denied",
    "other": "",
}
_ENDS = {OUTSIDE: "outside", CONTROLLER: "ingress controller"}


class View(NamedTuple):
    """One drawing of a scope, with its rows. `label` names it where there are several."""

    label: str
    graph: Graph
    map: ScopeMap | None
    rows: list[Row]
    sentences: tuple[str, ...] = ()


class Scope(NamedTuple):
    """A scope's views. `said` is what there is to say of it in a line."""

    title: str
    said: str
    views: tuple[View, ...]
    links: Links


def render(found: Iterable[tuple[Network, ScopeMap, Links]], unread: Mapping[str, str]) -> str:
    """The page of some maps; `unread` are files that they are made without, each with why."""
    known = Lines()
    scopes: list[Scope] = []
    for network, one, links in found:
        if len(scopes) == MOST_SCOPES:
            break
        drawn = condensed(one)
        made = rows(network, one, drawn, known, links, {})
        scopes.append(Scope(one.name, _said(one, made), (View("", drawn, one, made),), links))
    return _Writer("Who can talk to whom", scopes, known, unread, compared=False).page()


def difference(found: list[Difference], links: Links, base: str, unread: Mapping[str, str]) -> str:
    """The page of what a change opens and closes, with what was before and what is after."""
    known = Lines()
    scopes: list[Scope] = []
    for one in found[:MOST_SCOPES]:
        changed = _changed(one)
        said = tuple(lines(one))
        drawn = graphs([one])[0]
        views = [View("Change", drawn, None, [], said)]
        for label, network in (("After", one.after), ("Before", one.before)):
            if network is not None and network.endpoints:
                there = scope_map(network, MOST_EDGES)
                picture = condensed(there)
                views.append(View(label, picture, there, rows(network, there, picture, known, links, changed)))
        scopes.append(Scope(one.scope, heading(one).removeprefix(f"{one.scope}: "), tuple(views), links))
    return _Writer(f"What changes since {base}", scopes, known, unread, compared=True).page()


def _said(found: ScopeMap, made: list[Row]) -> str:
    outside = len({row.targets for row in made if row.kind == "entry"})
    denied = sum(row.kind == "denied" for row in made)
    words = [found.kind, count(len(found.nodes), "workload")]
    if found.kind != "compose":
        words.append(f"{found.policies} polic{'y' if found.policies == 1 else 'ies'}")
    words.append(f"{outside} open to outside")
    if denied:
        words.append(f"{denied} used but denied")
    if found.approximate:
        words.append("not known in full")
    return " · ".join(words)


def _changed(found: Difference) -> dict[tuple[str, str], str]:
    """Pairs of ends of which the connections changed, each with its sign."""
    made: dict[tuple[str, str], str] = {}
    for change in found.changes:
        sign = "+" if change.was == NOTHING else "-" if change.now == NOTHING else "~"
        for source in change.sources:
            for target in change.targets:
                if source != target and len(made) < MOST_PAIRS:
                    made[found.both.ids[source], found.both.ids[target]] = sign
    for way in found.entrances:
        sign = "+" if way.was is None else "-" if way.now is None else "~"
        for end in (OUTSIDE, CONTROLLER):
            made[end, found.both.ids[way.node]] = sign
    return made


class _Writer:
    def __init__(
        self, title: str, scopes: list[Scope], known: Lines, unread: Mapping[str, str], *, compared: bool
    ) -> None:
        self.unread = unread
        self.title = title
        self.scopes = scopes
        self.known = known
        self.compared = compared
        self.left = MOST_ROWS
        self.left_out = 0
        self.views: list[dict[str, Any]] = []

    def page(self) -> str:
        listed = [part for number, scope in enumerate(self.scopes) for part in self._scope(number, scope)]
        legend = svg.legend([view.graph for scope in self.scopes for view in scope.views])
        cut = ""
        if self.left_out:
            more = count(self.left_out, "more connection")
            cut = f'<p class="error">{more} than a page can hold: <code>--format json</code> has them all.</p>'
        main = [
            '<div class="maps">',
            self._index(),
            cut,
            f'<div class="draw legend" aria-hidden="true">{legend}</div>' if legend else "",
            *listed,
            self._without(),
            "" if self.scopes else '<p class="none">Nothing changes in who can talk to whom.</p>',
            f'<footer><p class="dim">hullcheck {text(__version__)}</p></footer></div>',
            _PANEL,
            data("page-data", {"views": self.views, "lines": list(self.known.numbers), "ends": _ENDS}),
        ]
        return document(
            self.title,
            "",
            main,
            tools=self._tools(),
            sheets=asset("page.css") + asset("map.css") + _colours(),
            script=asset("page.js") + asset("map.js"),
        )

    def _without(self) -> str:
        """The files that couldn't be read."""
        if not self.unread:
            return ""
        known = sorted(self.unread.items())
        items = "".join(f"<li><code>{name(path)}</code> {code(told(why))}</li>" for path, why in known[:MOST_UNREAD])
        more = f"<li>and {len(known) - MOST_UNREAD} more</li>" if len(known) > MOST_UNREAD else ""
        return (
            f'<details class="sec" id="unread" open><summary><h2>Not in the map <span class="n">{len(known):,}</span></h2>'
            f'</summary><ul class="index">{items}{more}</ul></details>'
        )

    def _tools(self) -> str:
        spaces = sorted({box for scope in self.scopes for view in scope.views for box, _ in view.graph.boxes if box})
        kinds = {view.graph.kind for scope in self.scopes for view in scope.views}
        options = "".join(f'<option value="{text(space)}">{name(space)}</option>' for space in spaces)
        changed = '<label><input type="checkbox" id="changed"> only changed</label>' if self.compared else ""
        return (
            '<div class="tools js" role="search" aria-label="Filter connections"><div class="bar">'
            '<span class="seg" role="group" aria-label="Show as"><button type="button" id="as-drawing" '
            'aria-pressed="true">Drawing</button><button type="button" id="as-table" aria-pressed="false">Table</button></span>'
            f'<label>{"Network" if kinds == {"compose"} else "Namespace"} <select id="space"><option value="">all</option>{options}</select></label>'
            '<label>Port <input type="text" id="port" inputmode="numeric" size="6" maxlength="5" placeholder="any"></label>'
            '<label><input type="checkbox" id="used"> only used</label>'
            f'<label><input type="checkbox" id="entry"> only from outside</label>{changed}'
            '<button type="button" class="quiet" id="clear">Clear</button>'
            '<output id="said" aria-live="polite"></output></div></div>\n'
        )

    def _index(self) -> str:
        if len(self.scopes) < 2:
            return ""
        rows = "".join(
            f'<li><a href="#s{number}">{name(scope.title)}</a> <span class="dim">{text(scope.said)}</span></li>'
            for number, scope in enumerate(self.scopes)
        )
        return f'<details class="sec" open><summary><h2>Scopes <span class="n">{len(self.scopes)}</span></h2></summary><ul class="index">{rows}</ul></details>'

    def _scope(self, number: int, scope: Scope) -> Iterator[str]:
        yield (
            f'<details class="sec scope" id="s{number}" open><summary><h2>{name(scope.title)}</h2> '
            f'<span class="dim">{text(scope.said)}</span></summary>'
        )
        if len(scope.views) > 1:
            buttons = "".join(
                f'<button type="button" data-view="{len(self.views) + at}" aria-pressed="{"false" if at else "true"}">'
                f"{view.label}</button>"
                for at, view in enumerate(scope.views)
            )
            yield f'<p class="seg sides js" role="group" aria-label="Before or after">{buttons}</p>'
        for view in scope.views:
            yield from self._view(scope, view)
        yield "</details>"

    def _view(self, scope: Scope, view: View) -> Iterator[str]:
        number = len(self.views)
        shown = view.rows[: max(self.left, 0)]
        self.left -= len(shown)
        self.left_out += len(view.rows) - len(shown)
        self.views.append(self._data(view, shown, scope.links))
        title = f'<h4 class="side">{view.label}</h4>' if view.label else ""
        yield f'<div class="view" data-view="{number}">{title}'
        if any(items for _, items in view.graph.boxes):
            drawing = _drawing(view.graph, f"v{number}-")
            yield f'<div class="draw" role="group" aria-label="Drawing of {name(scope.title)}">{drawing}</div>'
        yield from (f'<p class="dim note">{text(note)}</p>' for note in view.graph.notes)
        if view.sentences:
            yield f'<ul class="said">{"".join(self._sentences(view.sentences, scope.links))}</ul>'
        if shown:
            yield from self._table(number, scope, view, shown)
        yield "</div>"

    def _sentences(self, found: tuple[str, ...], links: Links) -> Iterator[str]:
        looks = {"+": "more", "-": "less", "~": "both"}
        for line in found[:MOST_SENTENCES]:
            parts = "".join(
                code(part) if isinstance(part, str) else _linked(part[1], part[2]) for part in segments(line, links)
            )
            look = "cut" if line.endswith("is denied now") else looks.get(line[:1], "")
            yield f'<li class="{look}">{parts}</li>'
        if len(found) > MOST_SENTENCES:
            yield f"<li>and {len(found) - MOST_SENTENCES} more</li>"

    def _table(self, number: int, scope: Scope, view: View, shown: list[Row]) -> Iterator[str]:
        label = f" {view.label.lower()}" if view.label else ""
        yield (
            f'<details class="table" open><summary>{count(len(shown), "connection")}{label}</summary><div class="scroll"><table>'
            f'<caption class="vh">Connections of {name(scope.title)}{label}</caption><thead><tr><th scope="col">From</th>'
            '<th scope="col">To</th><th scope="col">Ports</th><th scope="col">What</th><th scope="col">Because of</th>'
            "</tr></thead><tbody>"
        )
        for at, row in enumerate(shown):
            yield (
                f'<tr data-row="{at}"><td>{_named(row.sources)}</td><td>{_named(row.targets)}</td>'
                f"<td>{text(row.connections, 120)}</td><td>{_what(row)}</td><td>{_because(row, scope.links)}</td></tr>"
            )
        yield "</tbody></table></div></details>"

    def _data(self, view: View, shown: list[Row], links: Links) -> dict[str, Any]:
        ids: dict[str, int] = {}

        def end(id_: str) -> int:
            return ids.setdefault(id_, len(ids))

        made_rows = [
            {
                "f": [end(id_) for id_ in row.sources[:MOST_NAMED]],
                "t": [end(id_) for id_ in row.targets[:MOST_NAMED]],
                "more": [max(len(ends) - MOST_NAMED, 0) for ends in (row.sources, row.targets)],
                "fi": row.from_,
                "ti": row.to,
                "c": row.connections[:200],
                "k": row.kind,
                **({} if row.certain else {"m": 1}),
                **({"u": 1} if row.used else {}),
                **({"n": clean(row.note)[:300]} if row.note else {}),
                **({"e": row.explained} if row.explained else {}),
                **({"x": row.sign} if row.sign else {}),
                **({"b": [*_places(row, links)]} if not row.explained else {}),
            }
            for row in shown
        ]
        nodes = {node.id: node for node in view.map.nodes} if view.map else {}
        items = [item for _, members in view.graph.boxes for item in members] + list(view.graph.outside)
        made = [_item(item, nodes, links) for item in items]
        return {"ids": [_cut(id_) for id_ in ids], "rows": made_rows, "items": made, "label": view.label}


_PANEL = (
    '<aside id="panel" class="js" tabindex="-1" aria-label="Connections of what is chosen">'
    '<p class="dim hint">Point at a workload, or go to it with <kbd>Tab</kbd> and the arrow keys, to see its '
    "connections. Click, or press <kbd>Enter</kbd>, for why they are open; <kbd>Esc</kbd> ends it.</p></aside>"
)


def _linked(place: str, address: str) -> str:
    if not address:
        return f'<span class="place">{name(place)}</span>'
    return f'<a class="place" href="{text(address)}" rel="noopener noreferrer">{name(place)}</a>'


def _drawing(graph: Graph, prefix: str) -> str:
    """The drawing; its parts have roles of their own, which an image's can't have."""
    return printable(svg.scope(graph, prefix).replace(' role="img"', "", 1))


def _colours() -> str:
    """What each colour of the drawings is on dark ground, by the page's own choice of light or dark."""
    return "".join(
        f'.hullcheck-map [{what}="{light}"]{{{what}:light-dark({light},{colour})}}\n'
        for light, colour in shapes.DARK.items()
        for what in ("fill", "stroke")
    )


def _cut(value: str) -> str:
    value = clean(value[:300])
    return f"{value[:200]}…" if len(value) > 200 else value


def _item(item: Item, nodes: Mapping[str, Node], links: Links) -> list[Any]:
    """What is said of an item: its key, title, box, data, state and further words, and its workloads."""
    own = [_node(nodes[id_], links) if id_ in nodes else [_cut(id_)] for id_ in item.ids[:MOST_NAMED]]
    state = "unrestricted" if item.free else "confined" if item.confined else ""
    says = [*(badge.said for badge in item.badges), *item.says]
    title = ", ".join(item.names) if len(item.names) <= MOST_TITLE else item.title
    more = max(len(item.ids) - MOST_NAMED, 0)
    return [item.key, _cut(title), _cut(item.box), item.data, state, [_cut(word) for word in says if word], own, more]


def _node(node: Node, links: Links) -> list[str]:
    """A workload: its id, where it is, the address of that, and who is confined."""
    place = node.endpoint.location
    confined = [word for word, is_so in (("ingress", node.ingress_isolated), ("egress", node.egress_isolated)) if is_so]
    said = f"policies confine its {' and '.join(confined)}" if confined else "no policy confines it"
    return [_cut(node.id), f"{_cut(place.path)}:{place.line}", links.to(place.path, place.line), said]


def _named(ends: tuple[str, ...]) -> str:
    shown = "<br>".join(_breakable(name(_ENDS.get(end, end.strip("{}")))) for end in ends[:3])
    if len(ends) <= 3:
        return shown
    return f"{shown}<br>and {len(ends) - 3} more"


def _breakable(end: str) -> str:
    """An id that may go on in the next line where a reader would break it."""
    return end.replace("/", "/<wbr>", 1).replace("[", "<wbr>[", 1)


def _what(row: Row) -> str:
    words = [_KINDS[row.kind]]
    if row.used and row.kind not in ("used", "denied"):
        words.append("used")
    if not row.certain:
        words.append("not certain")
    words.append({"+": "changed: opened", "-": "changed: closed", "~": "changed"}.get(row.sign, ""))
    said = ", ".join(filter(None, words))
    note = f' <span class="dim">{code(row.note[:300])}</span>' if row.note else ""
    return f'<span class="k-{row.kind}">{said}</span>{note}'


def _because(row: Row, links: Links) -> str:
    return "<br>".join(
        f"{f'{name(word)} ' if word else ''}{links.place(place.path, place.line, short=True)}"
        for word, place in row.because[:4]
    )


def _places(row: Row, links: Links) -> Iterator[list[str]]:
    for word, place in row.because[:8]:
        yield [_cut(f"{word} " if word else "") + f"{_cut(place.path)}:{place.line}", links.to(place.path, place.line)]
