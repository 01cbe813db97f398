"""Fixes: exact edits, nothing else touched, refused where in doubt, written safely."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from hullcheck.finding import Change, Edit, Finding, Severity, Suppression
from hullcheck.fix import verify
from hullcheck.fix.apply import Applied, apply
from hullcheck.fix.files import diff, write
from hullcheck.fix.resolve import resolve
from hullcheck.model import edit
from hullcheck.report.safe import Secrets
from hullcheck.source import Location, Source

COMPOSE = """\
# top
services:
  web:   # the shop
    image: "web:1"  # pinned
    privileged: true
    cap_add:
      - NET_ADMIN
      - SYS_PTRACE   # debugging
    ports: ['80:80', "443:443"]
    command: >
      run me
  db:
    image: db
    environment:
      A: 'x'
"""

MANIFEST = """\
kind: Pod
spec:
  containers:
  - name: app
    image: app:1
    securityContext:
      privileged: true
  - image: side
    name: side
"""


def at(source: Source, word: str) -> Location:
    start = source.text.index(word)
    return source.at(start, start + len(word))


def found(*parts: Change | Edit, safe: bool = True, name: str = "privileged") -> Finding:
    place = parts[0].place if isinstance(parts[0], Change) else parts[0].location
    return Finding(name, Severity.HIGH, "x", place, fix=edit.fix("do it", *parts, safe=safe))


def applied(*findings: Finding, unsafe: bool = False) -> Applied:
    return apply(list(resolve(findings)), unsafe)


def changed(text: str, change: Change | Edit) -> str | None:
    """The text after a change of it; None if there is no fix. Making it again must change nothing more."""
    source = change.place.source if isinstance(change, Change) else change.location.source
    assert source.text == text
    done = applied(found(change))
    assert not done.refused, done.refused
    return done.files[source.path].after.text if done.files else None


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def difference(before: str, after: str | None) -> list[str]:
    """The lines that went and came, as `-` and `+`."""
    import difflib

    assert after is not None
    return [line.rstrip("\n") for line in difflib.ndiff(lines(before), lines(after)) if line[0] in "-+"]


def compose(text: str = COMPOSE, path: str = "compose.yaml") -> Source:
    return Source(path, text.encode())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("true", ["-     privileged: true"]),
        ("privileged", ["-     privileged: true"]),
        ("NET_ADMIN", ["-       - NET_ADMIN"]),
        ("SYS_PTRACE", ["-       - SYS_PTRACE   # debugging"]),
        ("'80:80'", ["-     ports: ['80:80', \"443:443\"]", '+     ports: ["443:443"]']),
        ('"443:443"', ["-     ports: ['80:80', \"443:443\"]", "+     ports: ['80:80']"]),
        ("command", ["-     command: >", "-       run me"]),
        ("'x'", ["-     environment:", "-       A: 'x'"]),
        ('"web:1"', ['-     image: "web:1"  # pinned']),
        ("ports", ["-     ports: ['80:80', \"443:443\"]"]),
    ],
)
def test_an_entry_or_item_is_deleted(word: str, expected: list[str]) -> None:
    source = compose()
    assert difference(COMPOSE, changed(COMPOSE, edit.delete(at(source, word)))) == expected


@pytest.mark.parametrize(
    ("word", "path", "value", "expected"),
    [
        ("web", ("read_only",), True, ["+     read_only: true"]),
        ("web", ("cap_drop",), ("ALL",), ["+     cap_drop:", "+       - ALL"]),
        ("web", ("cap_add",), ("NET_ADMIN", "CHOWN"), ["+       - CHOWN"]),
        ("web", ("privileged",), False, ["-     privileged: true", "+     privileged: false"]),
        ("web", ("user",), "10001:10001", ['+     user: "10001:10001"']),
        ("web", ("image",), "web:2", ['-     image: "web:1"  # pinned', '+     image: "web:2"  # pinned']),
        (
            "db",
            ("deploy", "resources", "limits", "memory"),
            "512M",
            ["+     deploy:", "+       resources:", "+         limits:", "+           memory: 512M"],
        ),
        ("db", ("environment", "B"), "on", ['+       B: "on"']),
        (
            "web",
            ("ports",),
            ("8080:80",),
            ["-     ports: ['80:80', \"443:443\"]", "+     ports: ['80:80', \"443:443\", '8080:80']"],
        ),
        (
            "web",
            ("security_opt",),
            ("no-new-privileges:true",),
            ["+     security_opt:", "+       - no-new-privileges:true"],
        ),
    ],
)
def test_something_is_said(word: str, path: tuple[str, ...], value: edit.Value, expected: list[str]) -> None:
    source = compose()
    assert difference(COMPOSE, changed(COMPOSE, edit.put(at(source, word), path, value))) == expected


def test_what_is_said_comes_behind_the_last_entry() -> None:
    after = changed(COMPOSE, edit.put(at(compose(), "web"), ("read_only",), True))
    assert after is not None
    assert "      run me\n    read_only: true\n  db:\n" in after


def test_beside_a_value_and_into_what_is_there() -> None:
    source = Source("pod.yaml", MANIFEST.encode())
    put = edit.put(at(source, "app"), ("securityContext", "allowPrivilegeEscalation"), False)
    assert difference(MANIFEST, changed(MANIFEST, put)) == ["+       allowPrivilegeEscalation: false"]
    side = source.text.rindex("side")
    put = edit.put(source.at(side, side + 4), ("securityContext", "capabilities", "drop"), ("ALL",))
    assert difference(MANIFEST, changed(MANIFEST, put)) == [
        "+     securityContext:",
        "+       capabilities:",
        "+         drop:",
        "+         - ALL",
    ]


def test_a_mapping_that_would_be_left_empty_goes() -> None:
    source = Source("pod.yaml", MANIFEST.encode())
    assert difference(MANIFEST, changed(MANIFEST, edit.delete(at(source, "true")))) == [
        "-     securityContext:",
        "-       privileged: true",
    ]


def test_the_first_key_of_an_item_is_deleted() -> None:
    source = Source("pod.yaml", MANIFEST.encode())
    place = at(source, "image: side")
    assert difference(MANIFEST, changed(MANIFEST, edit.delete(place._replace(end=place.start + 5)))) == [
        "-   - image: side",
        "-     name: side",
        "+   - name: side",
    ]


@pytest.mark.parametrize(
    ("text", "word", "path", "value", "expected"),
    [
        ("a: {web: {image: x}}", "web", ("user",), "1", 'a: {web: {image: x, user: "1"}}'),
        ("a: {web: {}}", "web", ("user",), 1, "a: {web: {user: 1}}"),
        ("a:\n  web:\n", "web", ("b", "c"), True, "a:\n  web:\n    b:\n      c: true\n"),
        ("a:\n  web: # why\n  x: 1\n", "web", ("b",), "y1", "a:\n  web: # why\n    b: y1\n  x: 1\n"),
        ("a:\n  web: ~\n", "web", ("b",), "y1", "a:\n  web: {b: y1}\n"),
        ("a:\n  web:\n    b:\n", "web", ("b",), ("x", "y1"), "a:\n  web:\n    b:\n      - x\n      - y1\n"),
        ("a:\n  web:\n    b:   # c\n", "web", ("b",), True, "a:\n  web:\n    b: true   # c\n"),
        ("a:\n  web:\n    b: []\n", "web", ("b",), ("x",), "a:\n  web:\n    b: [x]\n"),
        ("a:\n    web:\n        b: 1", "web", ("c",), True, "a:\n    web:\n        b: 1\n        c: true"),
        ("a:\r\n  web:\r\n    b: 1\r\n", "web", ("c",), ("x",), "a:\r\n  web:\r\n    b: 1\r\n    c:\r\n      - x\r\n"),
        ("l:\n- 1\na:\n  web:\n    b: 1\n", "web", ("c",), ("x",), "l:\n- 1\na:\n  web:\n    b: 1\n    c:\n    - x\n"),
        ("a:\n  web:\n    b: |+\n      t\n\n\n", "web", ("c",), True, "a:\n  web:\n    b: |+\n      t\n\n\n    c: true\n"),
        ("a:\n  web:\n    b: |\n      t\n\n# end\n", "web", ("c",), True, "a:\n  web:\n    b: |\n      t\n    c: true\n\n# end\n"),
        ("a:\n  web:\n    b: [\n      x\n    ]\n", "web", ("c",), True, "a:\n  web:\n    b: [\n      x\n    ]\n    c: true\n"),
        ("a:\n  web: {\n    b: 1\n  }\n", "web", ("c",), True, "a:\n  web: {\n    b: 1,\n    c: true\n  }\n"),
        ("a:\n  web:\n    <<: *x\n".replace("a:", "x: &x {q: 1}\na:"), "web", ("c",), True, "x: &x {q: 1}\na:\n  web:\n    <<: *x\n    c: true\n"),
    ],
)  # fmt: skip
def test_layouts(text: str, word: str, path: tuple[str, ...], value: edit.Value, expected: str) -> None:
    assert changed(text, edit.put(at(compose(text), word), path, value)) == expected


def test_json_stays_json() -> None:
    text = '{\n  "kind": "Pod",\n  "spec": {\n    "containers": [\n      {\n        "name": "app"\n      }\n    ]\n  }\n}\n'
    source = Source("pod.json", text.encode())
    after = changed(text, edit.put(at(source, '"app"'), ("securityContext", "privileged"), False))
    assert difference(text, after) == [
        '-         "name": "app"',
        '+         "name": "app",',
        '+         "securityContext": {"privileged": false}',
    ]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("a:\n  web: &w\n    x: 1\n    b: &b 2\nc: *b\n", ("delete", "2")),
        ("a:\n  web:\n    x: 1\n", ("delete", "web")),
        ("web:\n  x: 1\n", ("delete", "1")),
        ("a:\n  web: {x: 1, # c\n    y: 2}\n", ("delete", "1")),
        ("a:\n  web:\n    ? x\n    : 1\n    y: 2\n", ("delete", "1")),
        ("a:\n  - x: 1\n    # about y\n    y: 2\n", ("delete", "1")),
        ("a:\n  web: *q\n", ("put", "web")),
        ("q: &q {}\na:\n  web: *q\n", ("put", "web")),
        ("q: &q {l: [1]}\na:\n  web:\n    <<: *q\n", ("put-list", "web")),
        ("a:\n  web: text\n", ("put", "web")),
        ("a:\n  web: {b: 1,}\n", ("put", "web")),
        ("a:\n  web: {{ .Values.x }}\n  b: {x: 1}\n", ("put", "b")),
        ("a: [\n", ("put", "a")),
        ("a:\n  web: [1, 2]\n", ("put", "web")),
        ("a: |\n  text\n", ("replace", "|")),
        ("a:\n  web:\n    t: |\n      text", ("put", "web")),
        ("a:\n  web: {x: 1}\n  web: {y: 2}\n", ("put", "web")),
        ("a:\n  b:\n    x: 1\n    y: 2\n  b: {}\n", ("delete", "1")),
    ],
)
def test_where_in_doubt_there_is_no_fix(text: str, change: tuple[str, str]) -> None:
    kind, word = change
    place = at(compose(text), word)
    made = {
        "delete": edit.delete(place),
        "replace": edit.replace(place, "x"),
        "put": edit.put(place, ("l", "m"), True),
        "put-list": edit.put(place, ("l",), ("x",)),
    }[kind]
    (finding,) = resolve([found(made)])
    assert finding.fix is None


def test_nothing_is_said_twice() -> None:
    source = compose()
    assert changed(COMPOSE, edit.put(at(source, "web"), ("privileged",), True)) is None
    assert changed(COMPOSE, edit.put(at(source, "web"), ("cap_add",), ("NET_ADMIN",))) is None


def test_a_chart_s_values_are_no_objects() -> None:
    source = compose("app:\n  name: x\n", "chart/values-prod.yaml")
    (finding,) = resolve([found(edit.put(at(source, "x"), ("securityContext",), {"privileged": False}))])
    assert finding.fix is None


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("'80:80'", "127.0.0.1:80:80", "'127.0.0.1:80:80'"),
        ('"443:443"', "127.0.0.1:443:443", '"127.0.0.1:443:443"'),
        ("NET_ADMIN", "CHOWN", "- CHOWN"),
    ],
)
def test_quotes_stay(word: str, text: str, expected: str) -> None:
    after = changed(COMPOSE, edit.replace(at(compose(), word), text))
    assert after is not None
    assert expected in after
    assert len(difference(COMPOSE, after)) == 2


ANCHORED = """\
x-base: &base
  privileged: true
  cap_add: &caps [SYS_ADMIN, CHOWN]
services:
  a:
    <<: *base
    user: &u root
  b:
    <<: *base
    image: b
    user: *u
    cap_add: *caps
  c: &unused
    privileged: true
    image: c
"""


@pytest.mark.parametrize(
    ("change", "anchor"),
    [
        (edit.delete(at(compose(ANCHORED), "true")), "base"),
        (edit.delete(at(compose(ANCHORED), "SYS_ADMIN")), "caps"),
        (edit.replace(at(compose(ANCHORED), "root"), "app"), "u"),
        (Edit(at(compose(ANCHORED), "root"), "app"), "u"),
        (edit.put(at(compose(ANCHORED), "x-base"), ("read_only",), True), "base"),
    ],
)
def test_a_fix_that_changes_a_shared_anchor_is_unsafe_and_says_so(change: Change | Edit, anchor: str) -> None:
    (finding,) = resolve([found(change)])
    assert finding.fix is not None
    assert not finding.fix.safe
    assert finding.fix.title == f"do it (changes every use of the anchor `{anchor}`)"
    assert not applied(found(change)).files
    assert applied(found(change), unsafe=True).files


def test_an_anchor_that_nobody_uses_is_no_obstacle() -> None:
    source = compose(ANCHORED)
    start = source.text.rindex("true")
    (finding,) = resolve([found(edit.delete(source.at(start, start + 4)))])
    assert finding.fix is not None
    assert finding.fix.safe


def test_unsafe_fixes_wait_to_be_asked_for() -> None:
    finding = found(edit.delete(at(compose(), "true")), safe=False)
    assert not applied(finding).files
    assert applied(finding, unsafe=True).fixed


def test_suppressed_findings_stay() -> None:
    finding = found(edit.delete(at(compose(), "true")))._replace(suppression=Suppression("comment"))
    assert not applied(finding, unsafe=True).files


def test_several_fixes_of_a_file() -> None:
    source = compose()
    web = at(source, "web")
    done = applied(
        found(edit.delete(at(source, "true"))),
        found(edit.put(web, ("read_only",), True)),
        found(edit.put(web, ("cap_drop",), ("ALL",))),
        found(edit.replace(at(source, "'80:80'"), "127.0.0.1:80:80")),
    )
    assert len(done.fixed) == 4
    assert not done.again
    assert difference(COMPOSE, done.files["compose.yaml"].after.text) == [
        "-     privileged: true",
        "-     ports: ['80:80', \"443:443\"]",
        "+     ports: ['127.0.0.1:80:80', \"443:443\"]",
        "+     read_only: true",
        "+     cap_drop:",
        "+       - ALL",
    ]


def test_fixes_that_clash_are_made_one_after_the_other() -> None:
    source = compose()
    web = at(source, "web")
    first = found(edit.put(web, ("deploy", "a"), True))
    second = found(edit.put(web, ("deploy", "b"), True))
    done = applied(first, second)
    assert len(done.fixed) == 1
    assert done.again
    after = Source("compose.yaml", done.files["compose.yaml"].data)
    done = applied(found(edit.put(at(after, "web"), ("deploy", "b"), True)))
    assert done.files["compose.yaml"].after.text.count("deploy:") == 1


def test_overlapping_deletions_are_not_both_made() -> None:
    source = compose()
    done = applied(found(edit.delete(at(source, "cap_add"))), found(edit.delete(at(source, "NET_ADMIN"))))
    assert len(done.fixed) == 1
    assert done.again


def test_two_findings_that_want_the_same_edit_share_it() -> None:
    source = compose()
    done = applied(found(edit.delete(at(source, "true"))), found(edit.delete(at(source, "true")), name="other"))
    assert len(done.fixed) == 2
    assert len(difference(COMPOSE, done.files["compose.yaml"].after.text)) == 1


def test_a_fix_is_made_whole_or_not_at_all() -> None:
    source = compose()
    both = found(edit.delete(at(source, "true")), Edit(at(source, "NET_ADMIN"), "a: [b"))
    other = found(edit.put(at(source, "db"), ("read_only",), True))
    done = applied(both, other)
    assert [refused.finding.name for refused in done.refused] == ["privileged"]
    assert [finding.location.text for finding in done.fixed] == ["db"]
    assert difference(COMPOSE, done.files["compose.yaml"].after.text) == ["+     read_only: true"]


@pytest.mark.parametrize(
    ("text", "word", "new", "reason"),
    [
        ("a: 1\nb: 2\n", "1", "1\nb: 3", "something else"),
        ("a: 1\nb: 2\n", "1", "[", "read again"),
        ("a:\n  - x\n  - z\n", "x", "x\n  - y\nb: 1", "read again|something else"),
        ("a: 1 # c\nb: 2\n", "1 # c\n", "1\n# ", "something else"),
        ("a: &x 1\nb: *x\n", "&x 1", "1", "read again"),
        ("a: x\nb: yes\n", "x", "x #", ""),
        ("a: [1, 2]\nb: 2\n", ", 2]", "]\nc: 2", "something else|"),
        ("a: 1\n\tb: 2\n", "1", "2", "read for editing"),
    ],
)
def test_an_edit_that_does_more_than_it_should_is_refused(text: str, word: str, new: str, reason: str) -> None:
    import re

    done = applied(found(Edit(at(compose(text), word), new)), unsafe=True)
    said = done.refused[0].reason if done.refused else ""
    assert re.search(reason, said)
    assert bool(done.files) is not bool(said)


def test_bytes_outside_the_edit_stay() -> None:
    data = b"\xef\xbb\xbf# \xc3\xa9\r\na:\r\n  web:   \r\n    b: 'x' # \xf0\x9f\x90\xb3\r\n\r\n\r\n    privileged: true\r\n...\r\n"
    source = Source("compose.yaml", data)
    done = applied(found(edit.delete(at(source, "true"))))
    assert done.files["compose.yaml"].data == data.replace(b"    privileged: true\r\n", b"")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_the_encoding_stays(encoding: str) -> None:
    data = ("\ufeff" if encoding == "utf-16-be" else "") + COMPOSE
    source = Source("compose.yaml", data.encode(encoding))
    done = applied(found(edit.delete(at(source, "true"))))
    after = done.files["compose.yaml"].data
    assert after.decode(encoding).lstrip("\ufeff") == COMPOSE.replace("    privileged: true\n", "")
    assert after[:2] == data.encode(encoding)[:2]


DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM alpine AS base
RUN apk add \\
    # a comment
    --allow-untrusted \\
    curl \\
    git
RUN --security=insecure make
  USER root
COPY a b /dst
CMD run
"""


def docker(change: Edit, text: str = DOCKERFILE) -> list[str] | str:
    done = applied(found(change))
    return done.refused[0].reason if done.refused else difference(text, done.files["Dockerfile"].after.text)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda p: edit.replace_word(p("root"), "10001"), ["-   USER root", "+   USER 10001"]),
        (lambda p: edit.delete_word(p("--security=insecure")), ["- RUN --security=insecure make", "+ RUN make"]),
        (lambda p: edit.delete_word(p("--allow-untrusted")), ["-     --allow-untrusted \\"]),
        (lambda p: edit.delete_word(p("git")), ["-     curl \\", "+     curl", "-     git"]),
        (
            lambda p: edit.insert_after(p("/dst")._replace(start=p("/dst").end), "x"),
            ["- COPY a b /dst", "+ COPY a b /dst x"],
        ),
        (lambda p: Edit(p("/dst")._replace(start=p("/dst").end), "/"), ["- COPY a b /dst", "+ COPY a b /dst/"]),
        (lambda p: edit.insert_before(p("a b"), "--chown=1"), ["- COPY a b /dst", "+ COPY --chown=1 a b /dst"]),
        (lambda p: edit.insert_instruction(p("CMD run"), "USER 10001", after=False), ["+ USER 10001"]),
        (lambda p: edit.insert_instruction(p("CMD run"), "USER 10001"), ["+ USER 10001"]),
        (lambda p: edit.insert_instruction(p("FROM alpine AS base"), 'SHELL ["sh"]'), ['+ SHELL ["sh"]']),
        (lambda p: edit.insert_instruction(p("USER root"), "WORKDIR /x"), ["+   WORKDIR /x"]),
    ],
)
def test_words_and_instructions_of_a_dockerfile(made: object, expected: list[str]) -> None:
    assert callable(made)
    source = Source("Dockerfile", DOCKERFILE.encode())
    assert docker(made(lambda word: at(source, word))) == expected


@pytest.mark.parametrize(
    ("word", "new"),
    [
        ("root", "root \\"),
        ("curl \\", "curl"),
        ("AS base", "AS base\nEXPOSE x\nUSER"),
        ("FROM", "FORM"),
        ("make", "make <<EOF"),
    ],
)
def test_a_dockerfile_edit_that_does_more_than_it_should_is_refused(word: str, new: str) -> None:
    source = Source("Dockerfile", DOCKERFILE.encode())
    assert isinstance(docker(Edit(at(source, word), new)), str)


def test_a_dockerfile_with_odd_bytes_is_edited_around_them() -> None:
    data = b"FROM a\r\n# \xff\xfe\r\nUSER root\r\n"
    source = Source("Dockerfile", data)
    done = applied(found(Edit(at(source, "root"), "1")))
    assert done.files["Dockerfile"].data == data.replace(b"root", b"1")
    (refused,) = applied(found(Edit(at(source, "root"), "\u4e2d"))).refused
    assert "encoding" in refused.reason


def tree(tmp_path: Path, text: str = COMPOSE) -> tuple[Path, Applied]:
    file = tmp_path / "app" / "compose.yaml"
    file.parent.mkdir()
    file.write_text(text)
    source = Source("app/compose.yaml", file.read_bytes())
    return file, applied(found(edit.delete(at(source, "true"))))


def test_a_file_is_written_with_its_mode(tmp_path: Path) -> None:
    file, done = tree(tmp_path)
    file.chmod(0o640)
    assert list(write(str(tmp_path), done.files.values())) == []
    assert file.read_text() == COMPOSE.replace("    privileged: true\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == ["compose.yaml"]


def test_a_file_that_was_changed_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    file, done = tree(tmp_path)
    file.write_text("other")
    assert list(write(str(tmp_path), done.files.values())) == [("app/compose.yaml", "it was changed in the meantime")]
    assert file.read_text() == "other"


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    file, done = tree(tmp_path / "root")
    outside = tmp_path / "outside.yaml"
    outside.write_text(COMPOSE)
    file.unlink()
    file.symlink_to(outside)
    assert list(write(str(tmp_path / "root"), done.files.values())) == [("app/compose.yaml", "it is no regular file")]
    file.unlink()
    file.parent.rmdir()
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "compose.yaml").write_text(COMPOSE)
    file.parent.symlink_to(tmp_path / "away")
    assert [path for path, _ in write(str(tmp_path / "root"), done.files.values())] == ["app/compose.yaml"]
    assert outside.read_text() == (tmp_path / "away" / "compose.yaml").read_text() == COMPOSE


def test_nothing_is_written_outside_the_root(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(COMPOSE)
    (tmp_path / "root").mkdir()
    source = Source("../x.yaml", COMPOSE.encode())
    done = applied(found(edit.delete(at(source, "true"))))
    assert len(list(write(str(tmp_path / "root"), done.files.values()))) == 1
    assert (tmp_path / "x.yaml").read_text() == COMPOSE


def test_a_diff_can_be_applied(tmp_path: Path) -> None:
    file, done = tree(tmp_path)
    patch = diff(done.files.values(), Secrets(()))
    assert patch.startswith("--- a/app/compose.yaml\n+++ b/app/compose.yaml\n@@ ")
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=tmp_path, check=True, timeout=20)
    assert file.read_text() == done.files["app/compose.yaml"].after.text


@pytest.mark.parametrize("text", [COMPOSE.rstrip("\n"), COMPOSE.replace("\n", "\r\n")])
def test_a_diff_of_odd_line_endings_can_be_applied(tmp_path: Path, text: str) -> None:
    file = tmp_path / "compose.yaml"
    file.write_bytes(text.encode())
    source = Source("compose.yaml", text.encode())
    done = applied(found(edit.put(at(source, "db"), ("read_only",), True)))
    patch = diff(done.files.values(), Secrets(())).encode()
    subprocess.run(["git", "apply", "-"], input=patch, cwd=tmp_path, check=True, timeout=20)
    assert file.read_bytes() == done.files["compose.yaml"].data


def test_a_diff_shows_no_secret_and_no_escape() -> None:
    text = "a:\n  TOKEN: hunter2-s3cret # \u202e ##[add-mask]\n  privileged: true\n"
    source = compose(text)
    done = applied(found(edit.delete(at(source, "true"))))
    shown = diff(done.files.values(), Secrets((), [at(source, "hunter2-s3cret")]))
    assert "hunter2" not in shown
    assert "TOKEN: *****" in shown
    assert "##[" not in shown
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_a_large_file_is_not_edited() -> None:
    text = "a:\n  privileged: true\n  b: 1\n" + "# filler\n" * 60_000
    (refused,) = applied(found(edit.delete(at(compose(text), "true")))).refused
    assert refused.reason == "the file is too large to be edited"


LARGE = "".join(f"  - {{name: filler-{number}, text: '--- {number}'}}\n" for number in range(10_000))


def test_of_a_large_file_the_documents_are_edited_that_are_not_large() -> None:
    """As manifests to install something are: what is large in them are the schemas of its resources."""
    small = "a: # first\n  privileged: true\n  text: |\n    ---\n    no marker\n  b: 1\n"
    text = f"{small}---\nlist:\n{LARGE}---\n{small.replace('first', 'last')}"
    source = compose(text)
    assert len(text) > verify.LARGEST
    places = [source.at(match.start(), match.end()) for match in re.finditer("true", text)]
    assert len(places) == 2
    done = applied(*(found(edit.delete(place)) for place in places))
    assert not done.refused
    assert done.files["compose.yaml"].after.text == text.replace("  privileged: true\n", "")


@pytest.mark.parametrize("more", ["b: 3", "'x\n---\n'", "- b"])
def test_an_edit_that_reaches_into_another_document_is_refused(more: str) -> None:
    text = "a: 1\nb: 2\n---\nc: 3\n"
    spans = [verify.Span(8, 9, 8, 8 + len(more))]
    assert verify.yaml(text, f"{text[:8]}{more}{text[9:]}", spans)
    assert not verify.yaml(text, f"{text[:8]}4{text[9:]}", [verify.Span(8, 9, 8, 9)])


def test_a_text_with_directives_is_compared_whole() -> None:
    text = "%TAG !e! tag:example.org,2000:\n---\na: !e!x 1\n...\n%TAG !e! tag:example.com,2000:\n---\nb: !e!x 2\n"
    at = text.index(" 2") + 1
    assert not verify.yaml(text, f"{text[:at]}3{text[at + 1 :]}", [verify.Span(at, at + 1, at, at + 1)])


def test_many_fixes_of_which_one_is_wrong() -> None:
    text = "services:\n" + "".join(f"  s{n}:\n    image: x\n    privileged: true # {n}\n" for n in range(30))
    source = compose(text)
    findings = [
        found(edit.delete(at(source, f"true # {n}\n")._replace(end=at(source, f"true # {n}\n").start + 4)))
        for n in range(30)
    ]
    bad = found(Edit(at(source, "x\n"), "[\n"), name="bad")
    done = applied(*findings, bad)
    assert [refused.finding.name for refused in done.refused] == ["bad"]
    assert len(done.fixed) == 30
    assert "privileged" not in done.files["compose.yaml"].after.text
