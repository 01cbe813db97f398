"""The pages as text: what they may load and run, that nothing of a repository is markup in them, and how large they get."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import reports
from gitrepo import Repo
from hullcheck import report
from hullcheck.cli import main
from hullcheck.finding import Edit, Finding, Fix, Severity
from hullcheck.page import findings as findings_page
from hullcheck.page import frame
from hullcheck.report import VersionControl
from hullcheck.source import Source
from reports import DOCKERFILE, at, finding, hostile, run

PROJECT = Path(__file__).parent.parent
EVIL = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"onmouseover='alert(1)' x=\"",
    "a\u202egnp.exe",
    "nul\x00\x07",
    "javascript:alert(1)",
    "</style></title></textarea><svg onload=alert(1)>",
    "x" * 10_000,
    "]]><!--",
]
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
    html head meta title style body a header div h1 h2 h3 h4 span button main section ul li dl dt dd p strong b i em code
    pre mark ins del figure figcaption details summary article footer script label input select option output table
    caption thead tbody tr th td br wbr aside kbd svg g path rect ellipse text tspan defs marker
""",
    )
)


class Parsed(HTMLParser):
    """A page's elements with their attributes, and what is in `style` and `script`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.raw: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.inside = tag if tag in ("style", "script") else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.raw.append((self.inside, data))

    def policy(self) -> str:
        return next(
            said["content"] for tag, said in self.elements if said.get("http-equiv") == "Content-Security-Policy"
        )


def is_harmless(text: str) -> Parsed:
    """A page of known elements only, that loads nothing and runs only what its policy names."""
    found = Parsed(text)
    assert {tag for tag, _ in found.elements} <= ELEMENTS
    for tag, said in found.elements:
        assert not [name for name in said if name.startswith("on") or name in ("style", "src", "srcdoc", "action")], tag
        assert not [name for name in said if name.endswith("href") and tag not in ("a",)], tag
        if tag == "a":
            assert re.match(r"#|\./|\.\./|https://", said["href"]), said
    policy = found.policy()
    for kind, content in (("script-src", "script"), ("style-src", "style")):
        (wanted,) = re.findall(rf"{kind} '([^']*)'", policy)
        code = [raw for tag, raw in found.raw if tag == content and not raw.startswith("{")]
        assert [f"sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}" for one in code] == [
            wanted
        ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    return found


def deployment(name: str, namespace: str = "shop", image: str = "app:1", **env: str) -> str:
    """A Deployment and its Service, with whatever name."""
    labels = {"app": hashlib.sha256(name.encode()).hexdigest()[:20]}
    pod = {
        "containers": [
            {
                "name": "c",
                "image": image,
                "ports": [{"containerPort": 8080}],
                "env": [{"name": key, "value": value} for key, value in env.items()],
            }
        ]
    }
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    meta = {"name": name, "namespace": namespace}
    service = {"type": "LoadBalancer", "selector": labels, "ports": [{"port": 8080}]}
    return "---\n".join(
        json.dumps(one) + "\n"
        for one in (
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
            {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service},
        )
    )


def policy(app: str, peer: str, namespace: str = "shop") -> str:
    labels = [{"app": hashlib.sha256(name.encode()).hexdigest()[:20]} for name in (app, peer)]
    rule = {"from": [{"podSelector": {"matchLabels": labels[1]}}], "ports": [{"port": 8080}]}
    spec = {"podSelector": {"matchLabels": labels[0]}, "policyTypes": ["Ingress"], "ingress": [rule]}
    meta = {"name": f"{app[:20]}-in", "namespace": namespace}
    return (
        json.dumps({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec})
        + "\n"
    )


def shop(workloads: int) -> str:
    """A shop of many workloads, half of them confined, each using another."""
    parts = []
    for number in range(workloads):
        peer = f"http://app{(number * 7 + 1) % workloads}.shop{(number * 7 + 1) % workloads % 6}:8080"
        image = "postgres:16" if number % 10 == 0 else "ghcr.io/x/app:1"
        parts.append(deployment(f"app{number}", f"shop{number % 6}", image, PEER=peer))
        if number % 2:
            parts.append(policy(f"app{number}", f"app{(number + 6) % workloads}", f"shop{number % 6}"))
    return "---\n".join(parts)


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """The page that a command writes."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CI", raising=False)
    target = folder.parent / f"{folder.name}.html"
    option = (
        ["--output-format", f"html:{target}"]
        if arguments[0] == "check"
        else ["--format", "html", "--output", str(target)]
    )
    assert main([*arguments, "-q", *option]) in (0, 1, 4)
    return target.read_text(encoding="utf-8")


def test_a_page_runs_only_what_its_policy_names() -> None:
    found = is_harmless(report.render("html", run(show_suppressed=True)))
    assert "require-trusted-types-for 'script'" in found.policy()


@hostile
def test_nothing_of_a_repository_is_markup_in_the_findings(text: str) -> None:
    is_harmless(report.render("html", reports.hostile_run(text)))


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_nothing_that_a_name_says_acts_in_the_findings(text: str) -> None:
    made = report.render("html", reports.hostile_run(text))
    is_harmless(made)
    assert len(made) < 100_000
    assert "\u202e" not in made
    assert "\x00" not in made


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("compared", [False, True], ids=["map", "difference"])
def test_nothing_that_a_name_says_acts_in_the_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, compared: bool
) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"a.yaml": deployment("old", "x")})
    more = "---\n".join((deployment(text, text), deployment("peer", text, "postgres:16"), policy(text, "peer", text)))
    repo.write({"b.yaml": more})
    made = written(repo.folder, monkeypatch, "map", *(["--diff-base", "HEAD"] if compared else []))
    is_harmless(made)
    assert "peer" in made
    assert "\u202e" not in made


def test_the_check_sees_what_is_harmful() -> None:
    made = report.render("html", run())
    for wrong in ("<img src=x>", '<p onclick="x">', '<a href="javascript:x">', "<script>x()</script>", '<b style="x">'):
        with pytest.raises(AssertionError):
            is_harmless(made.replace("</main>", f"{wrong}</main>"))


def many(count: int) -> tuple[Finding, ...]:
    source = Source("a/Dockerfile", b"".join(b"RUN echo %d and some more text to be shown\n" % n for n in range(count)))
    place = [source.at_line(n + 1) for n in range(count)]
    return tuple(
        finding("root-user", Severity.MEDIUM, f"stage `{n}` does something that isn't good", place[n], owner=f"{n}")
        for n in range(count)
    )


def test_a_page_holds_so_many_findings_and_tells_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    made = report.render("html", run(many(findings_page.MOST_FINDINGS + 7)))
    assert made.count("<article") == findings_page.MOST_FINDINGS
    assert "<strong>7 more findings than a page can hold:</strong> 7 medium <code>root-user</code>" in made
    monkeypatch.setattr(findings_page, "MOST_BYTES", 100_000)
    made = report.render("html", run(many(1_000)))
    assert len(made) < 200_000
    assert "more findings than a page can hold" in made


def test_what_is_left_out_is_the_least_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings_page, "MOST_FINDINGS", 3)
    worst = finding("secret-value", Severity.CRITICAL, "the worst", at(DOCKERFILE, "root"))
    made = report.render("html", run((*many(20), worst)))
    assert "the worst" in made


def test_a_repository_of_sixty_workloads_is_less_than_a_megabyte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"shop.yaml": shop(58)})
    repo.write({"shop.yaml": shop(60)})
    for arguments in (["check"], ["map"], ["map", "--diff-base", "HEAD"]):
        made = written(repo.folder, monkeypatch, *arguments)
        assert 20_000 < len(made.encode()) < 1_000_000, arguments
        assert "app7" in made


def test_many_workloads_are_folded_and_what_is_left_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "shop.yaml").write_text(shop(600))
    made = written(tmp_path / "repo", monkeypatch, "map")
    assert len(made) < 2_500_000
    assert made.count('class="node') < 300
    from hullcheck.page import network

    monkeypatch.setattr(network, "MOST_ROWS", 50)
    made = written(tmp_path / "repo", monkeypatch, "map")
    assert made.count("<tr data-row") == 50
    assert re.search(r"\d+ more connections than a page can hold", made)


def test_the_same_run_makes_the_same_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "shop.yaml").write_text(shop(20))
    for command in ("check", "map"):
        assert written(tmp_path / "repo", monkeypatch, command) == written(tmp_path / "repo", monkeypatch, command)


def test_findings_that_are_united_or_accepted_or_old_are_all_there() -> None:
    old = [f._replace(state="unchanged") for f in reports.findings() if f.name == "open-port"]
    new = [f._replace(state="new") for f in reports.findings() if f.name != "open-port"]
    also = new[0]._replace(owner="other", scope="prod")
    gone = finding("open-port", Severity.LOW, "service `db` publishes `5432`", at(DOCKERFILE, "root"))
    united = new[0]._replace(also=(also,))
    made = report.render("html", run((*old, united, *new[1:]), compared=True, fixed=(gone,)))
    for word in ("New findings", "Fixed by this change", "Unchanged", "Suppressed and accepted", "prod: other"):
        assert word in made
    assert "it is <code>fake</code>" in made  # the reason of who accepted it


def test_a_fix_is_shown_as_a_difference_and_never_with_a_secret() -> None:
    made = report.render("html", run())
    assert "<ins>+ USER 10001</ins>" in made
    assert "<del>- USER root</del>" in made
    assert "hunter2" not in made


def test_the_page_of_a_check_is_there_once() -> None:
    made = report.render("html", run())
    assert made.count("Nothing else counts.") == 1
    assert made.count('id="c-root-user"') == 1
    assert 'href="https://example.org/users"' in made


@pytest.mark.parametrize(
    ("origin", "folder", "wanted"),
    [
        (VersionControl("https://github.com/o/r", "a" * 40, "main"), None, f"https://github.com/o/r/blob/{'a' * 40}/d/x%3Ay.yaml#L3"),
        (VersionControl("https://gitlab.com/g/r.git", "b" * 40, ""), ".", f"https://gitlab.com/g/r/-/blob/{'b' * 40}/d/x%3Ay.yaml#L3"),
        (VersionControl("https://github.example.org/o/r", "a" * 40, ""), None, f"https://github.example.org/o/r/blob/{'a' * 40}/d/x%3Ay.yaml#L3"),
        (VersionControl("https://example.org/github.com/r", "a" * 40, ""), None, ""),
        (None, None, ""),
        (None, "repo", "./d/x%3Ay.yaml"),
        (None, "repo/out/html", "../../d/x%3Ay.yaml"),
        (None, "elsewhere", ""),
    ],
)  # fmt: skip
def test_a_place_leads_where_the_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: VersionControl | None, folder: str | None, wanted: str
) -> None:
    monkeypatch.chdir(tmp_path)
    links = frame.Links(str(tmp_path / "repo"), origin, folder)
    assert links.to("d/x:y.yaml", 3) == wanted


def test_a_place_below_a_folder_is_named_from_the_repository() -> None:
    links = frame.Links("/repo", VersionControl("https://github.com/o/r", "c" * 40, ""), None, "k8s/prod")
    assert links.to("a.yaml", 1).endswith("/k8s/prod/a.yaml#L1")
    assert links.to("../../../etc/passwd", 1) == ""


def test_the_map_leads_to_the_repository_on_the_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path / "repo")
    repo.git("remote", "add", "origin", "https://github.com/o/r.git")
    commit = repo.commit({"k8s/shop.yaml": shop(4)})
    made = written(repo.folder, monkeypatch, "map", "k8s")
    assert f"https://github.com/o/r/blob/{commit or repo.git('rev-parse', 'HEAD')}/k8s/shop.yaml#L" in made
    made = written(repo.folder, monkeypatch, "check")
    assert f"/blob/{commit or repo.git('rev-parse', 'HEAD')}/k8s/shop.yaml#L" in made


def test_the_map_says_what_it_is_made_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"shop.yaml": shop(2), "br<b>oken.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"})
    repo.write({"shop.yaml": shop(3)})
    for arguments in (["map"], ["map", "--diff-base", "HEAD"]):
        made = written(repo.folder, monkeypatch, *arguments)
        is_harmless(made)
        assert "Not in the map" in made
        assert "br&lt;b&gt;oken.yaml" in made


def test_what_is_not_judged_is_told_by_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"kustomization.yaml": "resources: ['https://example.org/base']\n", "Dockerfile": "FROM scratch\n"})
    made = written(repo.folder, monkeypatch, "check")
    assert 'id="unjudged"' in made
    assert "nothing is fetched: keep a copy here" in made


def test_a_fix_of_a_huge_line_is_not_drawn() -> None:
    source = Source("Dockerfile", b"FROM a\nUSER root" + b" " * 100_000 + b"\n")
    fix = Fix("run as 1", (Edit(at(source, "root"), "1"),), safe=True)
    made = report.render("html", run((finding("root-user", Severity.HIGH, "root", at(source, "root"), fix=fix),)))
    assert "run as 1" in made
    assert 'class="diff"' not in made
    assert len(made) < 60_000


def test_checking_a_file_imports_nothing_of_the_pages(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    code = (
        "import sys\nfrom hullcheck.cli import main\nmain(['check', '-q', 'Dockerfile'])\n"
        "print([name for name in sys.modules if name.startswith(('hullcheck.page', 'hullcheck.draw'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_wheel_has_what_the_pages_are_made_of(tmp_path: Path) -> None:
    build = pytest.importorskip("hatchling.builders.wheel", reason="there is no hatchling to build with")
    (made,) = build.WheelBuilder(str(PROJECT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(made) as wheel:
        names = set(wheel.namelist())
    assets = {f"hullcheck/page/assets/{path.name}" for path in (PROJECT / "linter/hullcheck/page/assets").iterdir()}
    assert len(assets) >= 6
    assert assets <= names


def scripts() -> Iterator[tuple[str, str]]:
    for path in (PROJECT / "linter/hullcheck/page/assets").glob("*.js"):
        yield path.name, path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "code"), list(scripts()), ids=lambda value: value if value.endswith(".js") else "")
def test_no_script_makes_markup_or_asks_for_anything(name: str, code: str) -> None:
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "Function(",
        "fetch(",
        "XMLHttp",
        "import(",
        "document.write",
    ):
        assert word not in code, name


def test_data_for_a_script_is_no_markup() -> None:
    value: Any = {"x": "</script><!--<script>&\u2028##["}
    made = frame.data("d", value)
    inner = made.partition(">")[2].rpartition("<")[0]
    assert not set("<>&\u2028") & set(inner)
    assert "##[" not in made
    assert json.loads(inner) == value
