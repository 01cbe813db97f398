"""Pieces of SVG, and the colours: each has its counterpart on dark ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hullcheck.draw.layout import Spot

PAPER, BACK, INK = "#ffffff", "#f6f8fa", "#1f2328"
GREY, FAINT = "#57606a", "#8c959f"
RED, BLUE, PURPLE, ORANGE, PINK, GREEN = "#cf222e", "#0969da", "#8250df", "#9a6700", "#bf3989", "#1a7f37"

_TINTS = {RED: "#ffebe9", BLUE: "#ddf4ff", ORANGE: "#fff8c5", BACK: "#d0d7de"}
DARK = {
    PAPER: "#0d1117", BACK: "#161b22", INK: "#e6edf3", GREY: "#9198a1", FAINT: "#767e88",
    RED: "#ff7b72", BLUE: "#58a6ff", PURPLE: "#bc8cff", ORANGE: "#d29922", PINK: "#f778ba", GREEN: "#3fb950",
    "#ffebe9": "#3d1a1d", "#ddf4ff": "#10263f", "#fff8c5": "#332a0c", "#d0d7de": "#3d444d",
}  # fmt: skip
"""What each colour is on dark ground."""


def tinted(colour: str) -> str:
    """The light colour that goes with one: what is filled, where that one frames it."""
    return _TINTS[colour]


def dark() -> str:
    """The style that gives every colour its counterpart where dark ground is asked for."""
    rules = (
        f'.hullcheck-map [{what}="{light}"]{{{what}:{colour}}}'
        for light, colour in DARK.items()
        for what in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def element(name: str, said: Mapping[str, str]) -> str:
    """The beginning of an element."""
    words = "".join(f' {key}="{escaped(value)}"' for key, value in said.items())
    return f"<{name}{words}>"


def rect(spot: Spot, *, fill: str, stroke: str, radius: float = 0, dashes: str = "", opacity: float = 1) -> str:
    extra = f' stroke-dasharray="{dashes}"' if dashes else ""
    extra += f' fill-opacity="{opacity}"' if opacity != 1 else ""
    return (
        f'<rect x="{spot.x:.1f}" y="{spot.y:.1f}" width="{spot.width:.1f}" height="{spot.height:.1f}" rx="{radius:.1f}" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.2"{extra}/>'
    )


def cylinder(spot: Spot, fill: str, stroke: str, dashes: str = "") -> Iterator[str]:
    """What stands for a data store."""
    rim = 6
    x, y, right, bottom = spot.x, spot.y + rim, spot.right, spot.y + spot.height - rim
    half = spot.width / 2
    look = f'fill="{fill}" stroke="{stroke}" stroke-width="1.2"'
    look += f' stroke-dasharray="{dashes}"' if dashes else ""
    rim_of = f'cx="{x + half:.1f}" cy="{y:.1f}" rx="{half:.1f}" ry="{rim}"'
    body = (
        f"M{x:.1f},{y:.1f} L{x:.1f},{bottom:.1f} A{half:.1f},{rim} 0 0 0 {right:.1f},{bottom:.1f} L{right:.1f},{y:.1f}"
    )
    yield f'<path d="{body}" {look}/>'
    yield f'<ellipse {rim_of} fill="{fill}" stroke="{PAPER if fill == stroke else stroke}" stroke-width="1.2"/>'


def text(
    x: float, y: float, words: str, *, size: float = 12, weight: int = 400, colour: str = INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escaped(words)}</text>'
    )


def path(way: str, colour: str, width: float, dashes: str, start: str, end: str, said: Mapping[str, str]) -> str:
    """A line with a point at its end, and at its start if that has one; `said` are further attributes."""
    extra = f' stroke-dasharray="{dashes}"' if dashes else ""
    extra += f' marker-start="url(#{start})"' if start else ""
    extra += "".join(f' {key}="{escaped(value)}"' for key, value in said.items())
    return (
        f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="0.85"{extra} '
        f'marker-end="url(#{end})"/>'
    )


def curve(points: list[tuple[float, float]]) -> str:
    """A line through the points that is level at each of them."""
    (x, y), *rest = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for next_x, next_y in rest:
        half = (x + next_x) / 2
        parts.append(f"C{half:.1f},{y:.1f} {half:.1f},{next_y:.1f} {next_x:.1f},{next_y:.1f}")
        x, y = next_x, next_y
    return " ".join(parts)


def cross(way: list[tuple[float, float]] | str, colour: str) -> str:
    """A cross on a line: in the middle of its last part, or of a bend."""
    if isinstance(way, str):
        numbers = [tuple(map(float, pair.lstrip("MC").split(","))) for pair in way.split()]
        x, y = ((a + 3 * b + 3 * c + d) / 8 for a, b, c, d in zip(*numbers[:4], strict=True))
    else:
        (x1, y1), (x2, y2) = way[-2:]
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return (
        f'<path class="cross" d="M{x - 5:.1f},{y - 5:.1f} L{x + 5:.1f},{y + 5:.1f} M{x - 5:.1f},{y + 5:.1f} '
        f'L{x + 5:.1f},{y - 5:.1f}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
    )


def escaped(words: str) -> str:
    """Text for XML: without what it can't hold."""
    clean = "".join(c for c in words if c >= " " or c == "\n")
    clean = "".join(c for c in clean if not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
