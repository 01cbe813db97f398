"""A tree judged again after each edit: what comes out is what a run from the beginning tells, and nothing stays behind."""

import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import cached
import joined_trees
from hullcheck import engine, session, snapshot
from hullcheck.commands.common import registry
from hullcheck.errors import HullcheckError
from hullcheck.policy import baseline
from hullcheck.policy.config import Config
from hullcheck.report.unite import each
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result
from hullcheck.session import Session
from process import environment
from reports import texts

TODAY = date(2026, 1, 1)
CHECKS = registry()


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nearly all files are joined, the others are left; and times tell of a change soon."""
    monkeypatch.setattr(session, "MOST", 1.0)
    monkeypatch.setattr(snapshot, "MARGIN", cached.MARGIN)


def asked(root: Path, config: Config = Config()) -> tuple[Subject, Policy]:  # noqa: B008
    return Subject((str(root),), jobs=1), Policy(config, today=TODAY)


def words(result: Result) -> dict[str, str]:
    """What is told, in words and for machines."""
    run = result.report(CHECKS, color=False, category="")
    found = texts(run)
    ledger = [(item.path, item.kind, item.object, item.state, item.reason) for item in result.coverage.items]
    others = (result.exit_code, result.files, result.not_decided, result.skipped, ledger, len(result.left_out))
    return {**found, "else": repr(others), "redact": repr(sorted(set(map(repr, result.redact))))}


def fresh(root: Path) -> dict[str, str]:
    return words(engine.lint(Request(*asked(root)), CHECKS, lambda what, done, total: None))


def compared(open_: Session, root: Path, unsaved: dict[str, bytes], scratch: Path) -> None:
    """The session's result, and that of a run over the same files, all of them saved."""
    open_.update(unsaved)
    made = words(open_.with_edits())
    if not unsaved:
        assert made == fresh(root)
        return
    saved = scratch / "saved" / root.name
    shutil.rmtree(saved, ignore_errors=True)
    shutil.copytree(root, saved, symlinks=True)
    for path, data in unsaved.items():
        (saved / path).parent.mkdir(parents=True, exist_ok=True)
        (saved / path).write_bytes(data)
    expected = fresh(saved)
    assert made == {name: text.replace(str(saved), str(root)) for name, text in expected.items()}


def edits(root: Path, chance: random.Random, other: dict[str, str]) -> Iterator[dict[str, bytes]]:
    """Edits of a tree, on disk or unsaved: lines that come, go or change, and files of another tree."""
    unsaved: dict[str, bytes] = {}
    while True:
        there = sorted(p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts)
        path = chance.choice(there) if there else root / "Dockerfile"
        name = path.relative_to(root).as_posix()
        kind = chance.choice(
            ("line", "line", "word", "comment", "delete", "add", "unsaved", "unsaved", "new", "save", "close")
        )
        if kind in ("line", "word", "comment", "unsaved") and there:
            lines = unsaved.get(name, path.read_bytes()).splitlines(keepends=True) or [b"\n"]
            at = chance.randrange(len(lines))
            if kind == "line":
                del lines[at]
            elif kind == "comment":
                lines.insert(at, b"# more\n")
            else:
                old, new = chance.choice(
                    (
                        (b"web", b"base"),
                        (b"1000", b"0"),
                        (b"true", b"false"),
                        (b":1", b":2"),
                        (b"acme", b"x"),
                        (b"shop", b"app"),
                    )
                )
                lines[at] = lines[at].replace(old, new)
            if kind == "unsaved" or name in unsaved:
                unsaved[name] = b"".join(lines)
            else:
                path.write_bytes(b"".join(lines))
        elif kind == "delete" and there:
            path.unlink()
        elif kind in ("add", "new"):
            name, text = chance.choice(sorted(other.items()))
            if kind == "new":
                unsaved[name] = text.encode()
            else:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
        elif kind == "save":
            for name, data in unsaved.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(data)
            unsaved.clear()
        else:
            unsaved.clear()
        yield dict(unsaved)


@pytest.mark.parametrize("seed", range(12))
def test_an_edit_comes_out_as_a_run_from_the_beginning(seed: int, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    joined_trees.write(root, seed)
    open_ = Session(*asked(root), CHECKS)
    compared(open_, root, {}, tmp_path)
    chance = random.Random(seed)
    made = edits(root, chance, joined_trees.Maker(seed + 1000).tree())
    for number in range(10):
        compared(open_, root, next(made), tmp_path)
        if number % 3 == 0:
            open_.idle()


IMAGES = ("acme/base", "acme/api", "acme/web", "debian:13.1", "nginx:1.27", "redis")
APPS = ("api", "web", "base", "jobs", "shop/cart", "shop/pay", "tools")


class Plain:
    """A repository as people write them, in which names tell what is joined; each file is written anew now and then."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        (root / ".git").mkdir(parents=True)
        for app in APPS:
            self.write(f"{app}/Dockerfile")
            self.write(f"{app}/compose.yaml")
        for name in (
            "deploy/api.yaml",
            "deploy/web.yaml",
            "deploy/policy.yaml",
            "web/compose.override.yaml",
            "k8s/kustomization.yaml",
        ):
            self.write(name)

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def write(self, path: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(self.text(path))

    def text(self, path: str) -> str:
        if path.endswith("Dockerfile"):
            return (
                f"FROM {self.pick(*IMAGES)}{self.pick(' AS build', '')}\n{self.pick('', 'ENV TOKEN=hunter2hunter2')}\n"
                f"{self.pick('USER root', 'USER 1000', '', '# hullcheck: ignore[pipe-to-shell]')}\n"
                f"{self.pick('RUN curl http://a.example/x | sh', 'EXPOSE 22', '')}\n"
            )
        if path.endswith("kustomization.yaml"):
            return f"resources: [../deploy/{self.pick('api', 'web')}.yaml]\nnamePrefix: {self.pick('a', 'b')}-\n"
        if path.startswith("deploy/policy"):
            kind = self.pick("[Ingress]", "[Ingress, Egress]")
            return f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: all}}\nspec: {{podSelector: {{}}, policyTypes: {kind}}}\n"
        if path.startswith("deploy/"):
            name = path[7:10]
            return (
                f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\nspec:\n  hostNetwork: {self.pick('true', 'false')}\n"
                f"  containers: [{{name: c, image: '{self.pick(*IMAGES)}', securityContext: {{privileged: {self.pick('true', 'false')}}}}}]\n"
            )
        build = self.pick("    build: .\n", "", "    build: {context: ., target: build}\n", "    build: ../base\n")
        image = self.pick(f"    image: {self.pick(*IMAGES)}\n", "") if build else f"    image: {self.pick(*IMAGES)}\n"
        network = self.pick("", "    networks: [one]\n")
        named = f"networks: {{one: {{name: {self.pick('joined', 'other')}}}}}\n" if network else ""
        more = self.pick("", "    privileged: true\n", "    ports: ['80:80']\n", "    env_file: ../all.vars\n")
        return f"services:\n  {self.pick('a', 'b')}:\n{build}{image}{network}{more}{named}"

    def files(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file() and ".git" not in path.parts
        )  # fmt: skip

    def edit(self) -> dict[str, bytes]:
        """One edit on disk, or one that isn't saved."""
        path = self.chance.choice([*self.files(), "new/Dockerfile", "new/compose.yaml", "deploy/more.yaml"])
        how = self.pick("write", "write", "unsaved", "unsaved", "comment", "delete")
        if how == "unsaved":
            return {path: self.text(path).encode()}
        if how == "delete" and (self.root / path).exists():
            (self.root / path).unlink()
        elif how == "comment" and (self.root / path).exists():
            data = (self.root / path).read_bytes()
            (self.root / path).write_bytes(b"# more\n" + data)
        else:
            self.write(path)
        return {}


ROUNDS: Counter[str] = Counter()


@pytest.mark.parametrize("seed", range(16))
def test_an_edit_of_what_people_write(seed: int, tmp_path: Path) -> None:
    tree = Plain(tmp_path / "tree", random.Random(seed))
    open_ = Session(*asked(tree.root), CHECKS)
    compared(open_, tree.root, {}, tmp_path)
    for _ in range(12):
        compared(open_, tree.root, tree.edit(), tmp_path)
    assert open_.rounds["narrow"] > 1, open_.rounds
    ROUNDS.update(open_.rounds)


def test_most_edits_are_narrow() -> None:
    if sum(ROUNDS.values()) > 150:
        assert ROUNDS["narrow"] > 50, ROUNDS


@pytest.mark.parametrize("seed", range(4))
def test_links_folders_and_what_is_ignored(seed: int, tmp_path: Path) -> None:
    tree = cached.Tree(_made(tmp_path / "tree"), random.Random(seed))
    open_ = Session(*asked(tree.folder), CHECKS)
    for _ in range(12):
        compared(open_, tree.folder, {}, tmp_path)
        tree.edit()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


MANY = {
    f"app{number}/{name}": text
    for number in range(12)
    for name, text in (
        ("Dockerfile", f"FROM debian:13.{number}\nUSER root\nRUN curl http://a{number}.example/x | sh\n"),
        ("compose.yaml", f"services:\n  s{number}:\n    build: .\n    privileged: true\n"),
    )
}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for path, text in MANY.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_only_what_an_edit_bears_on_is_read_and_checked(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = Session(*asked(many), CHECKS)
    before = open_.update()
    read: list[str] = []
    known = session.read_all

    def noted(tree: object, entries: list[object], *others: object) -> object:
        read.extend(str(entry.path) for entry in entries)  # type: ignore[attr-defined]
        return known(tree, entries, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "read_all", noted)
    after = open_.update({"app7/Dockerfile": b"FROM debian:13.7\nUSER 1000\n"})
    assert sorted(read) == ["app7/Dockerfile", "app7/compose.yaml"]
    assert open_.rounds == {"whole": 1, "narrow": 1}
    gone = {finding.location.path for finding in {*before.findings} - {*after.findings}}
    assert gone <= {"app7/Dockerfile", "app7/compose.yaml"}
    assert len(after.findings) < len(before.findings)


def test_saved_as_it_was_shown_is_no_change(many: Path) -> None:
    open_ = Session(*asked(many), CHECKS)
    open_.update()
    text = b"FROM debian:13.7\nUSER 1000\n"
    shown = open_.update({"app7/Dockerfile": text})
    (many / "app7/Dockerfile").write_bytes(text)
    for _ in range(3):
        assert open_.update() is shown
    assert open_.rounds["same"] == 3
    assert open_.update({"app7/Dockerfile": MANY["app7/Dockerfile"].encode()}) is not shown


def test_other_bytes_within_a_moment_are_seen(many: Path) -> None:
    """As many bytes, and the same times: what was written just before isn't told by them."""
    open_ = Session(*asked(many), CHECKS)
    path = many / "app3/Dockerfile"
    path.write_text(MANY["app3/Dockerfile"])
    info = path.stat()
    first = open_.update()
    path.write_text(MANY["app3/Dockerfile"].replace("root", "1000"))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert open_.update() is not first


def test_what_took_too_long_is_tried_again(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = Session(*asked(many), CHECKS)
    monkeypatch.setattr(session, "_LIMITS", (0.0, 1e-9))
    late = open_.update()
    assert any(item.cause == "time-limit" for item in late.coverage.unjudged)
    monkeypatch.undo()
    open_.update()
    assert words(open_.with_edits()) == fresh(many)


def test_an_update_that_is_told_to_stop_leaves_all_as_it_was(many: Path) -> None:
    open_ = Session(*asked(many), CHECKS)
    text = {"app7/Dockerfile": b"FROM debian:13.7\nUSER 1000\n"}
    ticks = iter(range(1_000_000))
    with pytest.raises(session.StoppedError):
        open_.update(None, lambda: next(ticks) > 40)
    assert 40 < next(ticks) < 400, "it goes on for a while"
    open_.update()
    before = words(open_.with_edits())
    for number in (0, 5, 30):
        ticks = iter(range(1_000_000))
        with pytest.raises(session.StoppedError):
            open_.update(text, lambda number=number, ticks=ticks: next(ticks) > number)
        assert words(open_.with_edits()) == before
    open_.update(text)
    assert words(open_.with_edits()) != before
    open_.update({})
    assert words(open_.with_edits()) == before == fresh(many)


def test_a_baseline_holds(many: Path) -> None:
    found = engine.lint(Request(*asked(many)), CHECKS, lambda what, done, total: None)
    text_of = baseline.render(baseline.entries((finding, None) for finding in each(found.findings)))
    old = baseline.parse("old.json", text_of.encode())
    subject, policy = asked(many)
    policy = policy._replace(baseline=old)
    open_ = Session(subject, policy, CHECKS)
    assert open_.update().shown == ()
    text = {
        "app7/Dockerfile": b"FROM debian:13.7\nUSER root\nRUN curl http://a7.example/x | sh\nRUN curl http://b.example/x | sh\n"
    }
    assert {f.location.path for f in open_.update(text).shown} == {"app7/Dockerfile"}
    (many / "app7/Dockerfile").write_bytes(text["app7/Dockerfile"])
    open_.update()
    assert words(open_.with_edits()) == words(
        engine.lint(Request(subject, policy), CHECKS, lambda what, done, total: None)
    )


def test_what_a_session_is_not_for(many: Path) -> None:
    with pytest.raises(HullcheckError, match="nothing was judged"):
        Session(*asked(many), CHECKS).with_edits()
    with pytest.raises(HullcheckError, match="compares with no commit"):
        Session(asked(many)[0]._replace(stdin=b""), asked(many)[1], CHECKS)


def test_an_edit_takes_a_part_of_the_time(many: Path) -> None:
    open_ = Session(*asked(many), CHECKS)
    open_.update()
    times: dict[str, list[float]] = {"edit": [], "all": []}
    for number in range(6):
        start = time.process_time()
        open_.update({"app7/Dockerfile": f"FROM debian:13.{number}\nUSER 0\n".encode()})
        times["edit"].append(time.process_time() - start)
        start = time.process_time()
        engine.lint(Request(*asked(many)), CHECKS, lambda what, done, total: None)
        times["all"].append(time.process_time() - start)
    assert min(times["edit"]) < 0.7 * min(times["all"])


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc says what is in use"
)
def test_many_edits_leave_nothing_and_pauses_are_short(tmp_path: Path) -> None:
    """And where cycles do stay, that is noticed."""
    left = {}
    for how in ("", "freeze"):
        root = tmp_path / f"tree{how}"
        root.mkdir()
        done = subprocess.run(
            (sys.executable, Path(__file__).with_name("many_edits.py"), root, "150", how),
            env=environment() | {"PYTHONMALLOC": "malloc"}, capture_output=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        early, late, pause = json.loads(done.stdout)
        left[how] = (late - early) / 100
        assert pause < 0.1
    assert left[""] < 2, "KiB that an edit leaves"
    assert left["freeze"] > 2
