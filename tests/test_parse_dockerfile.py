"""Dockerfiles to instructions: the corners of the syntax, exact places, and the Go parser as an oracle."""

import random
import time

import pytest

from hullcheck.model.dockerfile import Dockerfile, mounts
from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.parse import dockerfile
from hullcheck.parse.dockerfile import parse
from hullcheck.source import Source


def read(text: str | bytes) -> Dockerfile:
    data = text.encode() if isinstance(text, str) else text
    return parse(Source("Dockerfile", data))


def lines(text: str | bytes) -> list[tuple[str, int, int]]:
    return [(i.keyword, i.location.line, i.location.region.end_line) for i in read(text).instructions]


def one(text: str) -> Instruction:
    found = read(text)
    assert [p.message for p in found.problems] == []
    return found.instructions[-1]


def messages(text: str | bytes) -> list[str]:
    return [f"{p.location.line}: {p.message}" for p in read(text).problems]


def test_an_instruction_over_several_lines_is_joined_and_each_word_keeps_its_place() -> None:
    run = one("FROM a\nRUN apt-get update \\\n  # a comment\n\n  && apt-get install -y \\\n     curl\n")
    assert run.text.text == "apt-get update   && apt-get install -y      curl"
    at = run.text.text.index("curl")
    assert run.text.at(at, at + 4).region == (6, 6, 6, 10)
    assert run.location.region == (2, 1, 6, 10)


def test_heredocs_of_run_copy_and_add() -> None:
    found = read("FROM a\nRUN <<EOF\nUSER root\nFROM b\nEOF\nCOPY <<-'A' <<\"B\" /x/\n\tone\n\tA\n$two\nB\nUSER app\n")
    assert [i.keyword for i in found.instructions] == ["FROM", "RUN", "COPY", "USER"]
    run, copy = found.instructions[1:3]
    assert [(h.name, h.body.text, h.expand) for h in run.heredocs] == [("EOF", "USER root\nFROM b\n", True)]
    assert [(h.name, h.body.text, h.expand) for h in copy.heredocs] == [("A", "one\n", False), ("B", "$two\n", False)]
    assert copy.heredocs[0].body.at(0, 3).region == (7, 2, 7, 5)
    assert copy.location.region == (6, 1, 10, 2)
    assert copy.heredocs[1].opener.text == '<<"B"'


@pytest.mark.parametrize(
    "line",
    [
        'RUN ["cat", "<<EOF"]',
        "RUN a<<EOF",
        "RUN cat <<<EOF",
        "RUN cat '<<EOF'",
        "CMD cat <<EOF",
        "RUN <<- EOF",
        "RUN ${x^^} <<EOF",
        "RUN it's <<EOF",
    ],
)
def test_what_looks_like_a_heredoc_and_is_none(line: str) -> None:
    assert [k for k, _, _ in lines(f"FROM a\n{line}\nUSER x\n")] == ["FROM", line.split()[0], "USER"]


@pytest.mark.parametrize(
    "line", ["RUN <<EOF", "RUN 3<<EOF", "RUN cat << EOF", "run cat <<'EOF' >x", "ONBUILD RUN <<EOF"]
)
def test_what_is_a_heredoc(line: str) -> None:
    assert [k for k, _, _ in lines(f"FROM a\n{line}\nUSER x\nEOF\n")][1:] == [line.split()[0].upper()]


def test_an_unterminated_heredoc_is_a_problem_at_its_word() -> None:
    found = read("FROM a\nRUN cat <<EOF\nUSER root\n")
    assert [(p.message, p.location.text) for p in found.problems] == [("the heredoc `EOF` isn't terminated", "<<EOF")]
    assert found.instructions[1].heredocs[0].body.text == "USER root\n"


def test_the_escape_directive() -> None:
    found = read('# check=skip=all\n# escape=`\nFROM a\nRUN dir C:\\ `\n  && b\nENV P=C:\\x Q="a`"b"\n')
    assert [i.text.text for i in found.instructions[1:]] == ["dir C:\\   && b", 'P=C:\\x Q="a`"b"']
    assert [pair.value.text for pair in found.instructions[2].pairs if pair.value] == ["C:\\x", '"a`"b"']


def test_a_directive_counts_only_at_the_very_start() -> None:
    assert read("# hello\n# escape=`\nFROM a\n").escape == "\\"
    assert read("\n# escape=`\nFROM a\n").escape == "\\"
    assert messages("# escape=x\nFROM a\n") == ["1: the escape character is neither `\\` nor a backtick"]
    assert messages("# escape=`\n# escape=\\\nFROM a\n") == ["2: the directive `escape` stands twice"]


@pytest.mark.parametrize(
    ("head", "syntax"),
    [
        ("# syntax=docker/dockerfile:1", "docker/dockerfile:1"),
        ("#!/usr/bin/env x\n# syntax = evil/image", "evil/image"),
        ("//syntax=evil/image", "evil/image"),
        ("# other\n# syntax=evil/image", None),
    ],
)
def test_the_syntax_directive(head: str, syntax: str | None) -> None:
    found = read(f"{head}\nFROM a\n").syntax
    assert (found and found.text) == syntax


def test_endings_marks_and_encodings() -> None:
    assert lines("FROM a\r\nRUN b \\\r\n  c\r\nUSER x\r\n") == [("FROM", 1, 1), ("RUN", 2, 3), ("USER", 4, 4)]
    assert one("FROM a\r\nRUN <<EOF\r\nx\r\nEOF\r\n").heredocs[0].body.text == "x\r\n"
    assert lines(b"\xef\xbb\xbfFROM a\n") == [("FROM", 1, 1)]
    assert lines(b"# caf\xe9\nFROM a\nUSER b\n") == [("FROM", 2, 2), ("USER", 3, 3)]
    assert one("FROM a\nUSER app\u2028x\n").words[0].text == "app\u2028x"


def test_corners_of_continuation() -> None:
    assert lines("FROM a\nCMD x \\\\\nUSER b\n") == [("FROM", 1, 1), ("CMD", 2, 2), ("USER", 3, 3)]
    assert one("FROM a\nRUN\\\n  b\n").text.text == "b"
    assert one("FROM a\nRU\\\nN b\n").keyword == "RUN"
    assert one("FROM a\nRUN a \\ \t\n  b\n").text.text == "a   b"
    assert one("FROM a\nRUN a \\\n").text.text == "a"
    assert one("FROM a\nRUN a && \\\n# c \\\n  b").text.text == "a &&   b"
    assert one("FROM a\nRUN a \\\n  #b\n  c\n").text.text == "a   c"
    assert one("FROM a\nRUN a b#c # d\n").text.text == "a b#c # d"


def test_flags() -> None:
    copy = one("FROM a\nCOPY --from=build --chown=a:b \\\n --chmod=0755 --link /x /y\n")
    assert [(f.name, f.value and f.value.text) for f in copy.flags] == [
        ("from", "build"),
        ("chown", "a:b"),
        ("chmod", "0755"),
        ("link", None),
    ]
    chmod = copy.flag("chmod")
    assert chmod is not None
    assert chmod.value is not None
    assert (chmod.location.text, chmod.value.location.region) == ("--chmod=0755", (3, 10, 3, 14))
    assert [word.text for word in copy.words] == ["/x", "/y"]
    quoted = one('FROM a\nRUN --mount="type=secret,id=a b" --network=host -- --x\n')
    assert quoted.flags[0].value is not None
    assert (quoted.flags[0].value.text, quoted.text.text) == ("type=secret,id=a b", "--x")


def test_mounts() -> None:
    run = one("FROM a\nRUN --mount=type=bind,from=img:1,target=/x,readonly --mount=target=/y cat /x\n")
    first, second = mounts(run)
    image = first.option("from")
    assert image is not None
    assert (first.kind, image.location.region, first.option("readonly")) == ("bind", (2, 28, 2, 33), None)
    assert second.kind == "bind"


def test_the_json_form() -> None:
    run = one('FROM a\nCMD [ "a\\"b", \\\n "\\u00e9c" , "\\ud83d\\ude00" ]\n')
    assert run.json
    assert [word.text for word in run.words] == ['a"b', "éc", "😀"]
    assert [word.location.text for word in run.words] == ['a\\"b', "\\u00e9c", "\\ud83d\\ude00"]
    assert one("FROM a\nCMD ['a']\n").json is False
    assert one('FROM a\nCMD ["a",]\n').json is False
    assert one("FROM a\nCMD []\n").json is True


def test_pairs() -> None:
    env = one("FROM a\nENV A=1 B=\"x y\" \\\n  C='z'\n")
    assert [(p.name.text, p.value and p.value.text) for p in env.pairs] == [("A", "1"), ("B", '"x y"'), ("C", "'z'")]
    assert env.pairs[2].location.region == (3, 3, 3, 8)
    old = one("FROM a\nENV A  b c=d\n").pairs[0]
    assert old.value is not None
    assert (old.name.text, old.value.text, old.spaced) == ("A", "b c=d", True)
    assert [str(p.value) for p in one("FROM x\nARG A B=1 C=").pairs] == ["None", "1", ""]


def test_onbuild_and_healthcheck() -> None:
    trigger = one("FROM a\nONBUILD COPY --from=b \\\n  x y\n").trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.flags[0].name, trigger.location.region) == ("COPY", "from", (2, 9, 3, 6))
    health = one('FROM a\nHEALTHCHECK --interval=5s CMD ["a", "b"]\n')
    assert (health.mode, [word.text for word in health.words]) == ("CMD", ["a", "b"])
    assert one("FROM a\nHEALTHCHECK none\n").mode == "NONE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1: the file holds no instruction"]),
        ("# only a comment\n", ["1: the file holds no instruction"]),
        ("RUN a\n", ["1: there is no `FROM`"]),
        ("FROM a\nFORM b\n", ["2: unknown instruction `FORM`"]),
        ("ARG a\nUSER b\nFROM c\n", ["2: USER stands before the first `FROM`; only ARG may"]),
        ("FROM a b\n", ["1: FROM takes an image, or an image, `AS` and a name"]),
        ("FROM a AS 1b\n", ["1: FROM names a stage `1b`, which isn't a valid name"]),
        ("FROM a\nENV A\n", ["2: ENV needs a name and a value"]),
        ("FROM a\nENV A=1 B\n", ["2: ENV has no `=` in `B`"]),
        ("FROM a\nCOPY x\n", ["2: COPY needs at least one source and a destination"]),
        ("FROM a\nSHELL bash -c\n", ["2: SHELL isn't a JSON array of strings"]),
        ("FROM a\nCMD [1]\n", ["2: CMD is a JSON array that holds other things than strings"]),
        ("FROM a\nHEALTHCHECK curl x\n", ["2: HEALTHCHECK needs `CMD` or `NONE`"]),
        ("FROM a\nONBUILD FORM b\n", ["2: unknown instruction `FORM`"]),
        ("\x89PNG\r\nhello\n", ["1: this isn't a Dockerfile: no instruction in it is known"]),
        (
            "{{ head }}\nFROM a\nWHAT\n",
            ["1: this is a template: what it becomes isn't known, and only its plain instructions are checked"],
        ),
    ],
)
def test_what_the_builder_refuses_is_reported_and_the_rest_is_read(text: str, expected: list[str]) -> None:
    assert messages(text) == expected


def test_many_unknown_instructions_are_counted() -> None:
    found = messages("FROM a\n" + "what is this\n" * 100)
    assert len(found) == dockerfile.MAX_UNKNOWN + 1
    assert found[-1].endswith("80 more instructions aren't known")


def test_bounds() -> None:
    assert any("lines or" in m for m in messages("FROM a\n" + "RUN b\n" * dockerfile.MAX_LINES))
    assert any("lines or" in m for m in messages("FROM a\nRUN " + "b" * dockerfile.MAX_CHARACTERS))
    found = read("FROM a\n" * (dockerfile.MAX_STAGES + 1))
    assert len(found.instructions) == dockerfile.MAX_STAGES
    assert any("stages" in p.message for p in found.problems)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN " + "x \\\n" * 19_000,
        "FROM a\nRUN " + "\\" * 500_000,
        "FROM a\nRUN " + "[" * 500_000,
        "FROM a\nCMD [" + '"a",' * 100_000,
        "FROM a\nENV A=" + '"\\' * 200_000,
        "FROM a\nRUN " + "<<A " * 100_000,
        "FROM a\nRUN <<A" + "\n" * 15_000,
        "FROM a\nRUN --" + "'\" " * 100_000,
        "FROM a\nUSER ${" + "A:-${" * 90_000,
        "ENV A=$A$A\n" * 10_000,
        "#\x00\n\x00\n" * 5_000,
    ],
    ids=range(11),
)
def test_hostile_files_take_no_more_than_a_few_seconds(text: str) -> None:
    start = time.process_time()
    for stage in read(text).stages:
        stage.state.expand("$A")
    assert time.process_time() - start < 5


def test_a_dockerfile_within_another_file() -> None:
    source = Source("compose.yaml", b"x: |\n    FROM a\n    RUN b \\\n      c\n    USER d\n")
    parts = [("FROM a\n", 9, 16), ("RUN b \\\n", 20, 28), ("  c\n", 32, 36), ("USER d\n", 40, 47)]
    text = Text.whole(source).pick(parts)
    found = dockerfile.parse_text(text)
    assert [(i.keyword, i.location.line) for i in found.instructions] == [("FROM", 2), ("RUN", 3), ("USER", 5)]
    assert found.instructions[2].words[0].location.region == (5, 10, 5, 11)
    assert found.instructions[1].text.location.text == "b \\\n      c"


PIECES = [
    "FROM a", "RUN x", "RUN", "run", "COPY a b", "COPY <<EOF /x", "RUN <<EOF", "RUN cat <<A <<-B", "EOF", "A", "\tB",
    "B", "\\", "`", " \\", "\\\\", "\\ ", "", "  ", "# c", "#", "# escape=`", "# escape=\\", "# check=skip=all",
    "# syntax=x", "ONBUILD RUN <<EOF", "ONBUILD COPY <<EOF /y", "  y", "\ty", "ENV A=1 \\", "ENV A b",
    'RUN ["a", "<<EOF"]', "RUN a\\", "  b\\", "# d\\", "\r", "RUN a <<'EOF'", 'RUN a <<"E F"', "E F", "RUN echo 'it",
    "RUN\\", "RU\\", "N z", "\\ #", "#x \\", "CMD x \\\\", "HEALTHCHECK CMD a", "LABEL a=b", 'VOLUME ["/a"]',
    "RUN a # b", "RUN \u00a0x", "\ufeffFROM q", "RUN a<<EOF", "RUN 3<<EOF", "RUN ${x^^} <<EOF", "RUN \\<<EOF",
    "RUN <<-EOF", "\tEOF", "RUN <<E\\OF", "RUN a`", "RUN a``", "`  ", "FROM b AS c",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_the_go_parser_finds_the_same_instructions(seed: int) -> None:
    oracle = pytest.importorskip("dockerfile", reason="the Go parser is a dependency of development only")
    generator = random.Random(seed)
    for _ in range(50):
        text = "".join(f"{generator.choice(PIECES)}\n" for _ in range(generator.randint(1, 9))) + "# end\nCMD z\n"
        found = read(text)
        assert not [p for p in found.problems if p.name == "check-failed"], text
        try:
            expected = [(c.cmd.upper(), c.start_line, c.end_line) for c in oracle.parse_string(text)]
        except (oracle.GoParseError, AttributeError):
            assert found.problems, text
            continue
        assert lines(text) == expected, text
