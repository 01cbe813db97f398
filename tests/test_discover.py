"""What is found in a tree, and what is left out and why."""

import os
import socket
from pathlib import Path

import pytest

from hullcheck.cli import main
from hullcheck.discover import MAX_BYTES, DiskTree, Entry, Kind, Skipped, find_root, kind_of, load, relative
from hullcheck.errors import HullcheckError
from hullcheck.model.problem import Problem
from hullcheck.parse import wording
from hullcheck.read import read as one
from hullcheck.source import Source


def write(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def found(root: Path, **options: object) -> list[str]:
    return [item.path for item in DiskTree(str(root), **options).entries() if isinstance(item, Entry)]  # type: ignore[arg-type]


def left_out(root: Path) -> dict[str, str]:
    return {item.path: item.reason for item in DiskTree(str(root)).entries() if isinstance(item, Skipped)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Dockerfile", Kind.DOCKERFILE),
        ("dockerfile", Kind.DOCKERFILE),
        ("Dockerfile.prod", Kind.DOCKERFILE),
        ("Dockerfile-alpine", Kind.DOCKERFILE),
        ("web.Dockerfile", Kind.DOCKERFILE),
        ("app.containerfile", Kind.DOCKERFILE),
        ("Containerfile.dev", Kind.DOCKERFILE),
        ("Dockerfile.dockerignore", None),
        ("Dockerfile.md", Kind.BESIDE_DOCKERFILE),
        ("dockerfile.py", Kind.BESIDE_DOCKERFILE),
        ("Containerfile.license", Kind.BESIDE_DOCKERFILE),
        ("DOCKERFILE", Kind.DOCKERFILE),
        ("x.YAML", Kind.YAML),
        ("compose.json", Kind.COMPOSE),
        ("web.Dockerfile.prod", Kind.DOCKERFILE),
        ("web.dockerfile.md", Kind.BESIDE_DOCKERFILE),
        ("web.Dockerfile.dockerignore", None),
        ("docker-compose.yml.example", Kind.COMPOSE),
        ("docker-compose.prod.yaml.dist", Kind.COMPOSE),
        ("Compose.yml.j2", Kind.COMPOSE),
        ("compose.yaml.bak", None),
        ("composer.yaml.example", None),
        ("deployment.yaml.j2", None),
        ("Makefile", None),
        ("compose.yaml", Kind.COMPOSE),
        ("docker-compose.prod.yml", Kind.COMPOSE),
        ("app.docker-compose.yml", Kind.COMPOSE),
        ("composer.json", Kind.YAML),
        ("deployment.yaml", Kind.YAML),
        ("kustomization.yaml", Kind.KUSTOMIZATION),
        ("Kustomization", Kind.KUSTOMIZATION),
        ("skaffold.yaml", Kind.SKAFFOLD),
        ("docker-bake.hcl", Kind.BAKE),
        ("docker-bake.override.json", Kind.BAKE),
        ("Chart.yaml", Kind.CHART),
        (".env", Kind.ENV),
        ("readme.txt", None),
    ],
)
def test_a_name_tells_the_kind(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


def test_gitignore_is_respected_nested_and_negated(tmp_path: Path) -> None:
    write(tmp_path, "a/Dockerfile", "b/Dockerfile", "b/keep/Dockerfile", "c/Dockerfile", "Dockerfile")
    (tmp_path / ".gitignore").write_text("# c\n/a/\nb/*\n!b/keep/\n")
    (tmp_path / "c" / ".gitignore").write_text("*\n")
    assert found(tmp_path) == ["Dockerfile", "b/keep/Dockerfile"]
    assert left_out(tmp_path) == {
        "a": "ignored by git",
        "b/Dockerfile": "ignored by git",
        "c/Dockerfile": "ignored by git",
    }
    assert len(found(tmp_path, gitignore=False)) == 5
    rules = {i.path: i.rule for i in DiskTree(str(tmp_path)).entries() if isinstance(i, Skipped)}
    assert rules == {"a": "/a/", "b/Dockerfile": "b/*", "c/Dockerfile": "*"}


def test_vendored_folders_are_left_out_until_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "node_modules/x/Dockerfile", "Dockerfile")
    assert found(tmp_path) == ["Dockerfile"]
    assert left_out(tmp_path) == {"node_modules": "vendored"}
    assert found(tmp_path, vendored=True) == ["Dockerfile", "node_modules/x/Dockerfile"]


def test_what_is_excluded_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "docs/Dockerfile", "Dockerfile")
    assert found(tmp_path, exclude=("docs/",)) == ["Dockerfile"]
    tree = DiskTree(str(tmp_path), exclude=("docs/", "*.gen.yaml"))
    assert [(i.path, i.reason, i.rule) for i in tree.entries() if isinstance(i, Skipped)] == [
        ("docs", "excluded by the configuration", "docs/")
    ]
    assert tree.excluded("docs/a/b.txt")
    assert tree.excluded("x/y.gen.yaml")
    assert not tree.excluded("doc/a")


def test_what_is_passed_by_name_is_always_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "vendor/Dockerfile", "build.txt")
    (tmp_path / ".gitignore").write_text("build.txt\n")
    entries = list(DiskTree(str(tmp_path), named=("vendor/Dockerfile", "build.txt")).entries())
    named = {e.path: e.kind for e in entries if isinstance(e, Entry) and e.named}
    assert named == {"vendor/Dockerfile": Kind.DOCKERFILE, "build.txt": Kind.UNKNOWN}


def test_links_lead_neither_out_of_the_root_nor_in_circles(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    write(outside, "Dockerfile")
    write(root, "docker/production")
    (root / "Dockerfile").symlink_to(outside / "Dockerfile")
    (root / "loop").symlink_to(root)
    (root / "web.Dockerfile").symlink_to("docker/production")
    assert found(root) == ["docker/production"]
    assert left_out(root) == {"Dockerfile": "a link that leads out of the repository"}


def test_a_links_name_is_one_more_hint_and_hides_nothing(tmp_path: Path) -> None:
    write(tmp_path, "pod.yaml", "Dockerfile.txt")
    (tmp_path / ".env").symlink_to("pod.yaml")
    (tmp_path / "compose.yaml").symlink_to("pod.yaml")
    (tmp_path / "Dockerfile").symlink_to("Dockerfile.txt")
    assert list(DiskTree(str(tmp_path)).entries()) == [
        Entry("Dockerfile.txt", Kind.DOCKERFILE),
        Entry("pod.yaml", Kind.COMPOSE, also=(Kind.ENV,)),
    ]


def test_a_link_doesnt_bring_back_what_is_excluded(tmp_path: Path) -> None:
    write(tmp_path, "old/Dockerfile")
    (tmp_path / "Dockerfile").symlink_to("old/Dockerfile")
    assert found(tmp_path, exclude=("old/",)) == []


def test_what_nobody_wanted_to_leave_out_says_why_it_isnt_judged(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    write(root, "a.yaml", "lib/full/b.yaml")
    (root / "lib/empty").mkdir()
    (root / "lib/bare").mkdir()
    (root / "elsewhere").symlink_to(tmp_path / "outside")
    (root / "x.yaml").symlink_to("gone")
    (root / ".gitmodules").write_text(
        '[submodule "e"]\n\tpath = lib/empty\n\turl = https://git.example.org/e\n[submodule "f"]\n  path = "lib/full"\n'
    )
    items = {item.path: item for item in DiskTree(str(root)).entries() if isinstance(item, Skipped)}
    assert {path: (item.reason, item.gap.cause if item.gap else "") for path, item in items.items()} == {
        "lib/empty": ("a submodule that isn't checked out", "submodule"),
        "elsewhere": ("a link that leads out of the repository", "outside"),
        "x.yaml": ("a link to something that is not a file", "missing"),
    }


def test_a_link_loop_and_a_dangling_link_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").symlink_to("Dockerfile")
    (tmp_path / "a.Dockerfile").symlink_to("nowhere")
    assert set(left_out(tmp_path).values()) == {"a link to something that is not a file"}


def test_fifos_and_sockets_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(tmp_path)
        listener.bind("compose.yaml")
        os.chdir(here)
        assert left_out(tmp_path) == {"Dockerfile": "not a regular file", "compose.yaml": "not a regular file"}
        tree = DiskTree(str(tmp_path), named=("Dockerfile",))
        problem = load(tree, Entry("Dockerfile", Kind.DOCKERFILE, named=True))
    assert isinstance(problem, Problem)
    assert problem.name == "unreadable-file"


def test_a_file_over_the_limit_is_reported_and_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "Dockerfile", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    problem = load(DiskTree(str(tmp_path)), Entry("Dockerfile", Kind.DOCKERFILE))
    assert isinstance(problem, Problem)
    assert "larger than" in problem.message


def test_a_name_with_a_newline_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a\nb.Dockerfile", text="FROM x")
    (entry,) = (item for item in DiskTree(str(tmp_path)).entries() if isinstance(item, Entry))
    source = load(DiskTree(str(tmp_path)), entry)
    assert isinstance(source, Source)
    assert source.text == "FROM x"


def test_the_root_is_the_repository_of_the_paths(tmp_path: Path) -> None:
    write(tmp_path, "repo/a/b/Dockerfile", "plain/Dockerfile")
    (tmp_path / "repo" / ".git").mkdir()
    assert find_root([str(tmp_path / "repo/a/b/Dockerfile")]) == str(tmp_path / "repo")
    assert find_root([str(tmp_path / "plain")]) == str(tmp_path / "plain")


def test_a_path_that_is_not_there_is_the_users_to_put_right(tmp_path: Path) -> None:
    with pytest.raises(HullcheckError, match="no such file"):
        find_root([str(tmp_path / "nope")])


def test_broken_gitignore_lines_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a/Dockerfile")
    (tmp_path / ".gitignore").write_text("!\n/a/\n\\\n")
    assert found(tmp_path) == []


def test_a_file_in_no_repository_is_read_with_what_lies_near(tmp_path: Path) -> None:
    write(tmp_path, "app/compose.yaml", "app/web/Dockerfile", "app/pod.yaml", "other/Dockerfile", text="x: 1\n")
    tree = DiskTree(str(tmp_path), named=("app/compose.yaml",), near=True)
    assert [item.path for item in tree.entries()] == ["app/compose.yaml", "app/web/Dockerfile"]
    named = DiskTree(str(tmp_path), named=("app/pod.yaml",), near=True)
    assert "app/pod.yaml" in [item.path for item in named.entries()]


def test_around_a_file_in_no_repository_not_everything_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hullcheck.discover.MAX_NEAR", 10)
    write(tmp_path, *(f"{n}/Dockerfile" for n in range(30)), "compose.yaml")
    tree = DiskTree(str(tmp_path), named=("compose.yaml",), near=True)
    assert len(list(tree.entries())) <= 11


def test_what_gitignore_says_holds_in_every_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".gitignore").write_text("*.py[cod]\n[!a]?/**/x[[:digit:]].yaml\n!/k[a-c]*/\n")
    for name in ("a", "b"):
        (tmp_path / f"{name}.Dockerfile").write_text("FROM a:1\nUSER root\n")
    outputs = []
    for jobs in ("1", "2"):
        assert main(["check", "--jobs", jobs, "--no-config", "--exclude", "z[ab]", str(tmp_path)]) == 1
        outputs.append(capsys.readouterr())
    assert outputs[0] == outputs[1]


def test_a_link_to_a_folder_is_followed_where_it_is_asked_for_unless_it_leaves_its_repository(tmp_path: Path) -> None:
    (tmp_path / "real" / "app").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    assert find_root([str(tmp_path / "link")]) == str(tmp_path / "real")
    assert relative(str(tmp_path / "real"), str(tmp_path / "link")) == ""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "app").mkdir()
    (tmp_path / "repo" / "in").symlink_to("app")
    (tmp_path / "repo" / "out").symlink_to(tmp_path / "real")
    root = str(tmp_path / "repo")
    assert find_root([f"{root}/in"]) == root
    assert relative(root, f"{root}/in") == "app"
    assert relative(root, f"{root}/out") == "out"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM acme/web@{{ digest }} AS vault\n", True),
        ("FROM {{ base }}\n", True),
        ("FROM {{ a }}/{{ b }}:<%= c %> AS d_{{ e }}\n", True),
        ("{% set a = 1 %}\n\n{# a note #}\nFROM {{ a }}\n", True),
        ("{{- if .a -}}\nARG A\nFROM debian\n", True),
        ("<% if a %>\nFROM debian\n", True),
        ("{{ from }} here\nFROM debian\n", False),
        ("from {{ a }} import b\n", False),
        ("FROM {{ a }} we go on\n", False),
        ("{% if a %}\nall that is told\n", False),
    ],
)
def test_a_template_is_a_dockerfile_if_it_begins_as_one(text: str, expected: bool) -> None:
    assert wording.is_dockerfile(text) is expected


def test_a_compose_file_to_be_copied_is_judged_and_one_to_be_filled_in_is_told(tmp_path: Path) -> None:
    copied = "services:\n  web: {image: 'acme/web:1', privileged: true}\n"
    (tmp_path / "docker-compose.yml.example").write_text(copied)
    (tmp_path / "compose.yaml.j2").write_text("services:\n  web:\n    image: {{ image }}\n    privileged: true\n")
    tree = DiskTree(str(tmp_path))
    read = {entry.path: file for entry in tree.entries() if isinstance(entry, Entry) and (file := one(tree, entry))}
    assert {path: file.kind for path, file in read.items()} == {
        "docker-compose.yml.example": "compose",
        "compose.yaml.j2": "compose",
    }
    (problem,) = read["compose.yaml.j2"].problems
    assert problem.gap is not None
    assert problem.gap.cause == "template"
    assert read["docker-compose.yml.example"].model.documents
