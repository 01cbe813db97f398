"""What was seen and can't be judged, and why: the words for it that reports, the configuration and the gate share."""

from collections.abc import Mapping
from typing import NamedTuple

CAUSES: Mapping[str, str] = {
    "parse-error": "mend the file, or leave it out with `exclude`",
    "unreadable": "make it readable, or leave it out with `exclude`",
    "check-failed": "this is a fault of hullcheck's own: please report it",
    "size": "split it, or leave it out with `exclude`",
    "limit": "it leads too far or grows too large to be followed",
    "template": "check what it becomes",
    "chart": "mend the chart",
    "chart-dependency": "run `helm dependency build`",
    "chart-value": "give the value in `values.yaml`",
    "chart-template": "check what `helm template` makes of it",
    "overlay": "mend it: `kubectl kustomize` refuses it, too",
    "generator": "check what it makes",
    "remote": "nothing is fetched: keep a copy here, or check what comes from there",
    "outside": "check from the folder that holds it, too",
    "variable": "set it in `.env`, or give it a default where it is used",
    "missing": "bring the file, or take out what names it",
    "submodule": "check it out before",
}
"""Why something that was seen isn't judged, and what can be done about it."""


class Gap(NamedTuple):
    """That something isn't judged: by which of the `CAUSES`, what kind of thing it is, and why, in words.

    `what` is a noun in the singular, such as "template of chart `x`". Things with the same `cause`, `what` and
    `because` are told in one line; without `because` that is the problem's own message.
    """

    cause: str
    what: str = "file"
    because: str = ""
