"""Charts written to a folder, rendered by hullcheck and by Helm itself where that is at hand."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hullcheck.model.node import Mapping as MappingNode
from hullcheck.model.node import Node, Scalar, Sequence
from hullcheck.parse.yaml import parse_parts
from hullcheck.render.helm import render
from hullcheck.render.helm.release import Rendered, document_spans
from hullcheck.render.helm.scalars import resolve
from hullcheck.source import Source

CHART = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: '1.2'\n"

UNKNOWN = "<unknown>"


def helm() -> str:
    """The program, or the test is skipped."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hullcheck-oracles" / "helm"
    found = os.environ.get("HELM") or (str(cache) if cache.exists() else shutil.which("helm"))
    if not found or not Path(found).exists():
        pytest.skip("helm isn't here: set HELM to the program to compare with it")
    return found


def rendered(files: Mapping[str, str | bytes], **options: object) -> Rendered:
    """The chart in the folder `c` of these files, which are given by their names there."""
    data = {f"c/{name}": text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    data.setdefault("c/Chart.yaml", CHART.encode())
    listed = [path for path in data if path.startswith("c/")]
    return render("c", data.get, lambda folder: listed, **options)  # type: ignore[arg-type]


def text_of(template: str, values: str = "", **files: str) -> object:
    """What the template prints under the key `v` of a ConfigMap; UNKNOWN if it isn't known."""
    made = rendered({"templates/t.yaml": f"v: {template}", "values.yaml": values, **files})
    assert not made.problems, made.problems
    return plain(made.documents[0].root)["v"]  # type: ignore[index]


def helm_template(folder: Path, files: Mapping[str, str | bytes], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `helm template` prints for these files."""
    chart = folder / "c"
    for name, text in {"Chart.yaml": CHART, **files}.items():
        path = chart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    command = [helm(), "template", "release-name", str(chart), *arguments]
    env = {"HOME": str(folder), "PATH": os.environ.get("PATH", "")}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, timeout=60, check=False)


def plain(node: Node | None) -> object:
    """A node as the Python value that it is to Kubernetes."""
    if node is None:
        return None
    if node.unknown:
        return UNKNOWN
    if isinstance(node, Scalar):
        value = node.text if node.style or node.tag else resolve(node.text)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, MappingNode)
    return {_key(key): plain(value) for key, value in node.items}


def _key(node: Node) -> str:
    value = plain(node)
    return str(value).lower() if isinstance(value, bool) else str(value)


def documents(output: str) -> list[object]:
    """The documents that Helm printed."""
    source = Source("helm", output.encode())
    found = [parse_parts(source, [span]).documents for span in document_spans(source.text)]
    return [plain(each[0].root) for each in found if each and each[0].root is not None]
