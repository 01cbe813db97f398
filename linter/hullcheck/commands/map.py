"""`hullcheck map`: who can talk to whom, why, and what a change opens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import date

from hullcheck import look
from hullcheck.commands import given
from hullcheck.commands.common import (
    MOST_COLUMNS,
    Progress,
    add_cache,
    add_format,
    add_policy,
    keep,
    outputs,
    reach_of,
    read_config,
    registry,
    root_of,
    say_all,
)
from hullcheck.commands.formats import each_output
from hullcheck.discover import DiskTree, Tree
from hullcheck.engine import charts_said, listed
from hullcheck.errors import HullcheckError
from hullcheck.model.network.endpoint import NP_GUARD, Assume, IpBlocksMatchPods
from hullcheck.model.network.network import Network
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.report.safe import clean
from hullcheck.typed import TYPE_CHECKING
from hullcheck.written import write

if TYPE_CHECKING:
    import argparse

    from hullcheck.model.network.map import ScopeMap
    from hullcheck.page.frame import Links
    from hullcheck.report.paths import Shown

_NO_DAY = date.min  # no map depends on the day
FORMATS = ("text", "json", "mermaid", "dot", "svg", "html")
ALL = (*FORMATS, "markdown", "cilium")
DIFFERENCE_FORMATS = ("text", "json", "markdown", "mermaid", "dot", "svg", "html")


def add(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("paths", nargs="*", metavar="PATH", help="folders or files to map (default: the current folder)")
    add_format(parser, ALL, " (markdown: of a difference; cilium: of --policies)")
    option("--output", metavar="FILE", help="write there instead of to standard output")
    option("--focus", action="append", default=[], metavar="WORKLOAD", help="only what touches it; repeatable")
    option("--explain", nargs="+", metavar="WORD", help="SRC DST [PORT]: why it is allowed or denied")
    option("--diff-base", metavar="REV", help="what the change since REV opens and closes")
    option("--policies", action="store_true", help="network policies for what the repository shows to be used, as YAML")
    option("--ip-blocks-match-pods", choices=[choice.value for choice in IpBlocksMatchPods], help="default: maybe")
    option("--host-network", choices=("ignore-policy", "as-pod"), help="default: ignore-policy")
    option("--undeclared-namespaces", choices=("open", "closed"), help="labels of namespaces without a manifest")
    option("--compat", choices=("np-guard",), help="take all unknowns as that tool does")
    given.add(parser)
    option("--jobs", type=int, default=0, metavar="N", help="processes to read files with (default: as many as help)")
    option("-q", "--quiet", action="store_true", help="no progress on standard error")
    add_policy(parser)
    add_cache(parser)


def run(options: argparse.Namespace) -> int:
    """Print the map; 3 if there is nothing to map."""
    if options.explain:
        _take_paths(options)
    keep(options)
    if options.output and len(options.output_format) > 1:
        raise HullcheckError("--output: of one format only; --output-format NAME:FILE names a file for each")
    for wanted, formats in (("--explain", ("text",)), ("--policies", ("text", "cilium"))):
        for name, _ in outputs(options.output_format, ALL):
            if getattr(options, wanted[2:]) and name not in formats:
                raise HullcheckError(f"{wanted}: there is {' and '.join(formats)}, not {name}")
    return each_output(options, ALL, _one)


def _one(options: argparse.Namespace) -> int:
    if options.diff_base:
        return _difference(options)
    if options.output_format == "markdown":
        raise HullcheckError("--output-format markdown: of a difference (--diff-base) only")
    if options.output_format == "cilium" and not options.policies:
        raise HullcheckError("--output-format cilium: of --policies only")
    unread: dict[str, str] = {}
    folders: dict[int, str] = {}
    networks = [network for path in options.paths or ["."] for network in _networks(path, options, unread, folders)]
    if not networks:
        print("hullcheck: no workload found", file=sys.stderr)
        return _told(unread) or 3
    if options.explain:
        _emit(options, _safe(_explained(networks, options, folders), _columns(options)))
    elif options.policies:
        from hullcheck.draw import policies

        _emit(options, policies.render(networks, cilium=options.output_format == "cilium"))
    else:
        _emit(options, _drawn(networks, options, folders, unread))
    return _told(unread)


def _told(unread: dict[str, str]) -> int:
    """Say which files the map is made without; the exit code, 0 if there are none."""
    say_all(f"not in the map: {path}: {reason}" for path, reason in sorted(unread.items()))
    return 4 if unread else 0


def _take_paths(options: argparse.Namespace) -> None:
    """Leave to `--explain` its two or three words; what stands behind them are paths."""
    words = options.explain
    count = 3 if (len(words) > 2 and _is_port(words[2])) or (len(words) == 3 and not look.exists(words[2])) else 2
    options.explain, rest = words[:count], words[count:]
    options.paths = [*options.paths, *rest]
    if len(words) < 2:
        raise HullcheckError("--explain: needs a source, a target and perhaps a port")


def _emit(options: argparse.Namespace, text: str) -> None:
    if options.output:
        write(options.output, text)
    else:
        sys.stdout.write(text)


def assumptions(options: argparse.Namespace) -> Assume:
    """How unknowns are taken: as `--compat` says, then each switch."""
    assume = NP_GUARD if options.compat else Assume()
    if options.ip_blocks_match_pods:
        assume = assume._replace(ip_blocks_match_pods=IpBlocksMatchPods(options.ip_blocks_match_pods))
    if options.host_network:
        assume = assume._replace(host_network_as_pod=options.host_network == "as-pod")
    if options.undeclared_namespaces:
        assume = assume._replace(namespaces_closed=options.undeclared_namespaces == "closed")
    return assume


def _networks(path: str, options: argparse.Namespace, unread: dict[str, str], folders: dict[int, str]) -> list[Network]:
    """The networks of what is below a path. What stands there may lean on files beside it: then all are read.

    `folders` gets the folder that each network's files are named from.
    """
    if not look.exists(path):
        raise HullcheckError(f"{path}: no such file or folder")
    root = reach_of([path])
    folder = path if look.isdir(path) else os.path.dirname(path) or "."
    below = os.path.relpath(look.realpath(folder), look.realpath(root)).replace(os.sep, "/")
    told: dict[str, str] = {}
    here = networks_in(_tree(folder, path, options), options, told)
    folders |= {id(network): folder for network in here}
    if below == "." or (here and not any(network.scope.approximate for network in here)):
        unread |= _called(told, folder, options)
        return _headed(here, folder, options)
    told = {}
    whole = networks_in(_tree(root, root, options), options, told)
    unread |= _called(told, root, options)
    folders |= {id(network): root for network in whole}
    found = [n for n in whole if n.scope.name == below or n.scope.name.startswith(f"{below}/")]
    return found or _headed(here, folder, options)


def _called(unread: dict[str, str], folder: str, options: argparse.Namespace) -> dict[str, str]:
    """Why files below a folder couldn't be read, by the paths that are printed: a page has its own root."""
    path = str if options.output_format == "html" else _shown(folder, options)
    return {path(name): reason for name, reason in unread.items()}


def _headed(networks: list[Network], folder: str, options: argparse.Namespace) -> list[Network]:
    """The networks, each scope called by its path from here."""
    path = _shown(folder, options)
    for network in networks if os.path.normpath(folder) != "." else ():
        parts = network.scope.name.split(" + ")
        name = " + ".join(part if part.endswith(" more") else path(part) for part in parts)
        network.scope = network.scope._replace(name=name)
    return networks


def _tree(folder: str, path: str, options: argparse.Namespace) -> DiskTree:
    named = () if look.isdir(path) else (os.path.basename(path),)
    return DiskTree(
        folder,
        exclude=tuple(options.exclude),
        vendored=options.include_vendored,
        gitignore=not options.no_gitignore,
        named=named,
    )


def networks_in(
    tree: Tree, options: argparse.Namespace, unread: dict[str, str] | None = None, past_of: str = ""
) -> list[Network]:
    """The networks of everything in a tree; why files couldn't be read goes to `unread`, by their paths.

    `past_of` is the repository of which the tree is an earlier state: files of values in it are those of then.
    """
    from hullcheck.link.compose_network import compose_parts
    from hullcheck.link.network import network
    from hullcheck.link.project import scopes
    from hullcheck.model.settings import Settings
    from hullcheck.read import read_all

    config = read_config(options, options.paths, registry())
    progress = Progress(options)
    from hullcheck.analysis import UNREAD, discovered

    entries, _ = discovered(tree)
    named = getattr(tree, "named", ())
    if named:
        entries = [entry for entry in entries if entry.path in named]
    files = read_all(tree, entries, options.jobs, progress)
    progress.done()
    if unread is not None:
        unread.update(
            (path, problem.message)
            for path, file in files.items()
            for problem in file.problems
            if problem.name in UNREAD
            and file.kind not in ("dockerfile", "devcontainer")  # which say nothing of who talks to whom
        )
    said = given.given(options)
    if past_of:
        said = said._replace(values=given.values_of(tree, past_of, said.values))
    settings = Settings(
        _NO_DAY,
        datastores=config.datastores,
        compose_projects=listed(config),
        given=said,
        helm=charts_said(config),
    )
    worlds, projects = scopes(files, tree, settings)
    assume = assumptions(options)
    rendered = (network(world, assume, config.datastores) for world in worlds)
    found = [*rendered, *(use.network for use in compose_parts(projects, config.datastores))]
    return [one for one in found if one.endpoints]


def _links(options: argparse.Namespace, folder: str) -> "Links":
    """Where the files are that a page names by their paths below a folder."""
    from hullcheck.change.history import version_control
    from hullcheck.page.frame import Links

    root = root_of([folder])
    beside = os.path.dirname(options.output) or "." if options.output else None
    below = os.path.relpath(look.realpath(folder), look.realpath(root)).replace(os.sep, "/")
    return Links(root, version_control(root), beside, below)


def _drawn(
    networks: list[Network], options: argparse.Namespace, folders: dict[int, str], unread: dict[str, str]
) -> str:
    from hullcheck.model.network.map import MAX_EDGES, focused, scope_map

    most = MAX_EDGES
    if options.output_format == "html":
        from hullcheck.page import network as page

        most = page.MOST_EDGES
    maps = [scope_map(network, most) for network in networks]
    if options.focus:
        wanted = _wanted([id_ for one in maps for id_ in (node.id for node in one.nodes)], options.focus)
        maps = [focused(one, wanted) for one in maps]
    if options.output_format == "html":
        links = {folder: _links(options, folder) for folder in dict.fromkeys(folders.values())}
        of = zip(networks, maps, strict=True)
        drawn = ((network, one, links[folders[id(network)]]) for network, one in of if one.nodes)
        return page.render(drawn, unread)
    if options.output_format == "text":
        return _text(networks, maps, options, folders)
    maps = [one for one in maps if one.nodes]
    if options.output_format == "json":
        from hullcheck.draw import json

        return json.render(maps)
    if options.output_format == "mermaid":
        from hullcheck.draw import mermaid

        return mermaid.render(maps)
    if options.output_format == "dot":
        from hullcheck.draw import dot

        return dot.render(maps)
    from hullcheck.draw import svg

    return svg.render(maps)


def _text(networks: list[Network], maps: list[ScopeMap], options: argparse.Namespace, folders: dict[int, str]) -> str:
    from hullcheck.draw import places, text

    drawn_from = {id(one): _shown(folders[id(network)], options) for network, one in zip(networks, maps, strict=True)}
    texts = []
    for one in maps:
        if one.nodes:
            with places.called(drawn_from[id(one)]):
                texts.append(text.render([one]))
    return _safe("\n".join(texts), _columns(options))


def _shown(folder: str, options: argparse.Namespace) -> Shown:
    """What is printed of the paths below a folder."""
    from hullcheck.report.paths import from_here

    return from_here(look.realpath(folder), options.paths)


def _safe(text: str, columns: int = 0) -> str:
    """Text for a terminal, line by line; in that many columns, or any number for 0."""
    lines = [clean(line) for line in text.splitlines()]
    if columns:
        lines = [folded for line in lines for folded in _fitted(line, columns)]
    return "\n".join(lines) + "\n"


def _fitted(line: str, columns: int) -> Iterable[str]:
    """A line in so many columns, what doesn't fit on it below and further in."""
    from hullcheck.report.columns import wrapped

    text = line.lstrip(" ")
    lead = len(line) - len(text)
    first, *rest = wrapped(text, columns, " " * (lead + 4), lead)
    return (f"{' ' * lead}{first}", *rest)


def _columns(options: argparse.Namespace) -> int:
    """How wide text may be: a file has no width."""
    return 0 if options.output else min(look.columns(), MOST_COLUMNS)


def _difference(options: argparse.Namespace) -> int:
    """Print what the change since a revision opens and closes."""
    from hullcheck.change.base import resolve
    from hullcheck.change.history import CommitTree, History
    from hullcheck.model.network.diff import Difference, differences

    if options.focus or options.explain or options.policies:
        raise HullcheckError("--diff-base: not together with --focus, --explain or --policies")
    if options.output_format not in DIFFERENCE_FORMATS:
        raise HullcheckError(f"--diff-base: there is {', '.join(DIFFERENCE_FORMATS)}")
    root = root_of(options.paths or ["."])
    past = History(root)
    base = resolve(past, options.diff_base, look.ENVIRON)
    before = networks_in(CommitTree(past, base.commit), options, past_of=root) if base.commit else []
    unread: dict[str, str] = {}
    found: list[Difference] = list(differences(before, networks_in(_tree(root, root, options), options, unread)))
    if not options.quiet:
        say_all(past.notes())
    if options.output_format == "text":
        from hullcheck.draw import difference, places

        with places.called(_shown(root, options)):
            _emit(options, _safe(difference.render(found), _columns(options)))
    elif options.output_format == "html":
        from hullcheck.page import network as page

        _emit(options, page.difference(found, _links(options, root), options.diff_base, unread))
    elif options.output_format == "json":
        from hullcheck.draw import difference_json

        _emit(options, difference_json.render(found))
    elif options.output_format in ("dot", "svg"):
        from hullcheck.draw import dot, svg
        from hullcheck.draw.difference_graph import graphs

        drawing = dot.drawing if options.output_format == "dot" else svg.drawing
        _emit(options, drawing(graphs(found)))
    else:
        from hullcheck.draw import difference_picture

        mermaid = options.output_format == "mermaid"
        _emit(options, difference_picture.render(found) if mermaid else _safe(difference_picture.markdown(found)))
    return _told(_called(unread, root, options))


def _wanted(ids: list[str], words: Iterable[str]) -> set[str]:
    """The ids that the words name; raises HullcheckError for one that names none."""
    found: set[str] = set()
    for word in words:
        named = {id_ for id_ in ids if _names(word, id_)}
        if not named:
            raise HullcheckError(f"no workload is called `{word}`")
        found |= named
    return found


def _names(word: str, id_: str) -> bool:
    """Is the word the id, or the id without kind or namespace?"""
    plain = id_.partition("[")[0]
    return word in (id_, plain, plain.partition("/")[2], id_.partition("/")[2])


def _explained(networks: list[Network], options: argparse.Namespace, folders: dict[int, str]) -> str:
    from hullcheck.draw import places
    from hullcheck.draw.explain import End, explain
    from hullcheck.model.network.addresses import address, parse

    words = options.explain
    port = _port(words[2]) if len(words) == 3 else None
    spans = {word: parse(word) or address(word) for word in words[:2]}

    def ends(network: Network, word: str) -> list[End]:
        span = spans[word]
        if word == "outside" or span is not None:
            pieces = network.universe.addresses.bits(span) if span is not None else network.universe.addresses.all
            return [End(word, None, pieces << network.universe.first_address)]
        numbers = [n for n, endpoint in enumerate(network.endpoints) if _names(word, endpoint.id)]
        return [End(network.endpoints[n].id, n, 1 << n) for n in numbers]

    texts = []
    for network in networks:
        network.asked_ports = [port] if port else []
        network.asked_addresses = [span for span in spans.values() if span is not None]
        connections = network.universe.ports.bits(*port) if port else network.universe.ports.all
        for source in ends(network, words[0]):
            for target in ends(network, words[1]):
                if source != target and not (source.workload is None and target.workload is None):
                    with places.called(_shown(folders[id(network)], options)):
                        texts.append(explain(network, source, target, connections))
    if not texts:
        raise HullcheckError(f"--explain: there is no `{words[0]}` and `{words[1]}` in one scope")
    return "\n".join(texts)


def _is_port(word: str) -> bool:
    return word.replace(":", "/").rpartition("/")[2].isdecimal()


def _port(text: str) -> PortRange:
    """A port such as `5432`, `TCP/5432` or `udp:53`; raises HullcheckError if it is none."""
    protocol, _, number = text.replace(":", "/").rpartition("/")
    protocol = protocol.upper() or "TCP"
    if protocol not in PROTOCOLS or not number.isdecimal() or not 1 <= int(number[:9]) <= MAX_PORT:
        raise HullcheckError(f"--explain: `{text}` is not a port such as 5432 or UDP/53")
    return PortRange(protocol, int(number), int(number))
