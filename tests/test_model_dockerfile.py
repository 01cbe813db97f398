"""The stage graph of a Dockerfile and what ships: variables, users, inheritance."""

import pytest

from hullcheck.model.container import Root
from hullcheck.model.dockerfile import Dockerfile, Stage
from hullcheck.model.expand import Value, expand, names
from hullcheck.model.shipped import Shipped, shipped
from hullcheck.parse.dockerfile import parse
from hullcheck.source import Source


def read(text: str) -> Dockerfile:
    return parse(Source("Dockerfile", text.encode()))


def ship(text: str, target: str | None = None, **build_args: str | None) -> Shipped:
    found = shipped(read(text), target, build_args)
    assert found is not None
    return found


def last(text: str) -> Stage:
    return read(text).stages[-1]


VARIABLES = {
    "A": "a/b/c.tar.gz",
    "E": "",
    "R": "root",
    "U": None,
}


def look_up(name: str) -> Value | None:
    if name not in VARIABLES:
        return None
    text = VARIABLES[name]
    return Value(text, why="who knows", shape=text or "")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("$R", "root"),
        ("${R}x", "rootx"),
        ("$Rx", ""),
        ('"$R" y', "root y"),
        ("'$R'", "$R"),
        ("\\$R", "$R"),
        ('"\\$R \\x"', "$R \\x"),
        ("a\\ b", "a b"),
        ("${N:-d}", "d"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${N-d}", "d"),
        ("${R:+y}", "y"),
        ("${E:+y}", ""),
        ("${E+y}", "y"),
        ("${N:-${R}s}", "roots"),
        ("${N:-'}'}", "}"),
        ("${R:?no}", "root"),
        ("${A#*/}", "b/c.tar.gz"),
        ("${A##*/}", "c.tar.gz"),
        ("${A%.*}", "a/b/c.tar"),
        ("${A%%.*}", "a/b/c"),
        ("${A%x}", "a/b/c.tar.gz"),
        ("${A/\\//-}", "a-b/c.tar.gz"),
        ("${A//\\//-}", "a-b-c.tar.gz"),
        ("${A/t?r/X}", "a/b/c.X.gz"),
        ("$", "$"),
        ("a$", "a$"),
        ("$1", ""),
        ("x$U", None),
        ("${U:-d}", None),
        ("${U#a}", None),
    ],
)
def test_expansion(word: str, expected: str | None) -> None:
    assert expand(word, look_up).text == expected


@pytest.mark.parametrize("word", ["${R", "${}", "${R^^}", "'open", '"open', "${N:?needed}", "${R@Q}", "${:-x}"])
def test_words_that_the_builder_refuses(word: str) -> None:
    found = expand(word, look_up)
    assert found.refused
    assert found.text is None


def test_an_expansion_shows_what_is_known_of_it_and_what_nothing_sets() -> None:
    found = expand("x:${U}-$N", look_up)
    assert (found.text, found.shape, found.missing, found.why) == (None, "x:*-", ("N",), "who knows")
    assert names("${A:-$B}/'$C'/$D") == ("B", "A", "D")


def test_expansion_is_bounded() -> None:
    assert expand("$A" * 10, lambda name: Value("x" * 10_000)).refused
    assert expand("${A:-" * 100 + "}" * 100, look_up).refused
    assert expand("${A##*a*a*a*a*a*b}", lambda name: Value("a" * 30_000)).text == "a" * 30_000
    assert expand("${A//a/bb}", lambda name: Value("a" * 30_000)).refused


def test_from_finds_an_earlier_stage_by_the_lower_cased_name_only() -> None:
    assert last("FROM x AS Builder\nFROM builder").parent is not None
    assert last("FROM x AS Builder\nFROM Builder").parent is None
    assert last("FROM later\nFROM x AS later\nFROM 0").parent is None
    assert read("FROM later\nFROM x AS later").stages[0].parent is None
    twice = read("FROM x AS a\nFROM y AS a\nFROM a").stages
    assert twice[2].parent is twice[1]


def test_copy_finds_stages_in_any_case_by_number_and_forwards() -> None:
    stages = read(
        "FROM x AS One\nCOPY --from=LATER a b\nFROM y AS later\nCOPY --from=0 a b\nCOPY --from=one a b\n"
    ).stages
    assert [s.owner for _, s in stages[0].copied_from] == ["later"]
    assert [s.owner for _, s in stages[1].copied_from] == ["One", "One"]


def test_what_ships_is_the_last_stage_or_the_target() -> None:
    text = "FROM scratch AS a\nUSER 1\nFROM a AS b\nFROM scratch AS test\nCOPY --from=b / /x\nUSER 0\n"
    assert ship(text).stage.owner == "test"
    assert ship(text, "B").user.text == "1"
    assert ship(text, "1").stage.owner == "b"
    assert shipped(read(text), "none", {}) is None
    graph = read(text).graph({}, ("b",))
    assert [(s.owner, s.ships, s.needed) for s in graph.stages] == [
        ("a", True, True),
        ("b", True, True),
        ("test", False, False),
    ]
    assert [s.needed for s in read(text).stages] == [True, True, True]
    assert [s.ships for s in read(text).stages] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("FROM scratch\nUSER root", Root.STATED),
        ("FROM scratch\nUSER 00:5", Root.STATED),
        ('FROM scratch\nUSER "root"', Root.STATED),
        ("FROM scratch\nUSER root:app", Root.STATED),
        ("FROM scratch\nUSER app # root", Root.NO),
        ("FROM scratch\nUSER 10001", Root.NO),
        ("FROM scratch\nUSER 0x0", Root.UNKNOWN),
        ("FROM scratch\nUSER +0", Root.STATED),
        ("FROM scratch\nUSER -00", Root.STATED),
        ("FROM scratch\nUSER +5", Root.UNKNOWN),
        ("FROM scratch", Root.IMPLICIT),
        ("FROM scratch\nUSER 1\nENV U=\nUSER $U", Root.STATED),
        ("FROM scratch\nUSER 1\nUSER $U", Root.STATED),
        ("FROM private/image\nUSER $U", Root.UNKNOWN),
        ("FROM scratch\nARG U\nUSER $U", Root.UNKNOWN),
        ("FROM scratch\nARG U\nUSER ${U:-7}", Root.NO),
        ("FROM scratch\nARG U\nUSER ${U:-root}", Root.STATED),
        ("FROM scratch\nARG U=0\nUSER $U", Root.STATED),
        ("ARG U=0\nFROM scratch\nUSER 3\nUSER $U", Root.STATED),
        ("ARG U=0\nFROM scratch\nARG U\nUSER $U", Root.STATED),
        ("ARG U=7\nFROM scratch\nARG U\nUSER $U", Root.NO),
        ("FROM scratch\nENV U=7\nARG U=0\nUSER $U", Root.STATED),
        ("FROM scratch AS a\nENV U=7\nARG U=0\nFROM a\nUSER $U", Root.NO),
        ("FROM scratch AS a\nARG U=7\nFROM a\nUSER $U", Root.NO),
        ("FROM scratch AS a\nUSER 0\nFROM a AS b\nFROM scratch", Root.IMPLICIT),
        ("FROM scratch AS a\nONBUILD USER 0\nUSER 5\nFROM a", Root.STATED),
        ("FROM scratch AS a\nONBUILD USER 0\nUSER 5\nFROM a AS b\nUSER 6\nFROM b", Root.NO),
        ("FROM scratch\nARG TARGETARCH\nUSER $TARGETARCH", Root.UNKNOWN),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nUSER ContainerAdministrator", Root.UNKNOWN),
        ("FROM unlisted/image", Root.UNKNOWN),
        ("ARG B\nFROM $B", Root.UNKNOWN),
        ("FROM {{ base }}\n", Root.UNKNOWN),
    ],
)
def test_the_effective_user(text: str, root: Root) -> None:
    assert ship(text).user.root is root


def test_build_arguments_decide() -> None:
    text = "FROM scratch\nARG U\nUSER $U"
    assert ship(text, U="0").user.root is Root.STATED
    assert ship(text, U="5").user.root is Root.NO
    assert ship(text, U=None).user.root is Root.UNKNOWN
    closed = shipped(read(text), None, {}, closed=True)
    assert closed is not None
    assert closed.user.root is Root.STATED
    assert ship("FROM scratch\nUSER 1\nUSER $U", U="5").user.root is Root.STATED


def test_the_user_rests_on_the_lines_that_decide_it() -> None:
    user = ship("ARG WHO=root\nFROM scratch\nARG WHO\nUSER ${WHO}\n").user
    assert (user.location.region, user.text, user.why) == ((4, 6, 4, 12), "root", "`USER ${WHO}` is `root`")
    assert [(r.location.text, r.message) for r in user.related] == [("WHO=root", "`WHO` gets its default here")]


@pytest.mark.parametrize(
    ("lines", "drops"),
    [
        ('ENTRYPOINT ["gosu", "app", "/x"]', "gosu"),
        ('ENTRYPOINT ["tini", "--", "su-exec", "app", "/x"]', "su-exec"),
        ("CMD exec setpriv --reuid=app /x", "setpriv"),
        ('ENTRYPOINT ["/bin/sh", "-c", "exec su -s /bin/sh app -c /x"]', "su"),
        ("CMD sudo -u app /x", "sudo"),
        ("CMD sudo /x", ""),
        ("CMD su - root -c /x", ""),
        ('RUN apk add su-exec\nCOPY entrypoint.sh /\nENTRYPOINT ["/entrypoint.sh"]', "su-exec"),
        ('RUN apk add su-exec\nENTRYPOINT ["/app"]', ""),
        ('COPY --from=tianon/gosu /gosu /bin/\nENTRYPOINT ["docker-entrypoint.sh"]', "gosu"),
        ('CMD ["/usr/bin/gosuper"]', ""),
    ],
)
def test_entry_points_that_give_root_up(lines: str, drops: str) -> None:
    assert ship(f"FROM scratch\n{lines}\n").drops_privileges == drops


def test_the_configuration_that_ships() -> None:
    made = ship(
        'FROM scratch AS base\nENV A=1 B="$PATH:x"\nLABEL l=$A\nEXPOSE 80 8000-8002/udp $A\nVOLUME ["/v"]\n'
        'WORKDIR /srv\nENTRYPOINT ["/e"]\nCMD ["x"]\nHEALTHCHECK CMD curl -f x\n'
        "FROM base\nWORKDIR ../app/./x\nENV A=2\nCMD run it\n"
    )
    assert [(p.number, p.last, p.protocol) for p in made.ports] == [(80, 80, "tcp"), (8000, 8002, "udp"), (1, 1, "tcp")]
    assert {v.name: v.value.value for v in made.environment} == {
        "A": "2",
        "B": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:x",
    }
    assert [(v.name, v.value.value) for v in made.labels] == [("l", "1")]
    assert made.workdir.value == "/app/x"
    assert [f.value for f in made.command] == ["/e", "/bin/sh", "-c", "run it"]
    assert [f.value for f in made.volumes] == ["/v"]
    assert made.health is not None
    assert made.health.how == "exec"
    assert made.serves


def test_an_own_entry_point_clears_the_inherited_command() -> None:
    base = 'FROM scratch AS a\nCMD ["x"]\nFROM a\n'
    assert ship(f'{base}ENTRYPOINT ["y"]').cmd == ()
    assert [f.value for f in ship(f'{base}CMD ["z"]\nENTRYPOINT ["y"]').cmd] == ["z"]


def test_the_shell_is_the_one_in_force() -> None:
    made = ship('FROM scratch\nCMD a\nSHELL ["/bin/bash", "-c"]\n')
    assert [f.value for f in made.cmd] == ["/bin/sh", "-c", "a"]


def test_a_variable_has_the_value_of_its_line() -> None:
    stage = last("FROM scratch\nENV A=1\nRUN one\nENV A=2 B=$A\nRUN two\n")
    one, two = stage.instructions[1], stage.instructions[3]
    assert stage.expand("$A$B", one).text == "1"
    assert stage.expand("$A$B", two).text == "21"
    assert stage.expand("$A").text == "2"


def uses(text: str, **build_args: str | None) -> list[tuple[str, str | None, str]]:
    return [(u.how, u.reference.value, u.written) for u in read(text).image_uses(build_args)]


def test_the_places_that_name_an_image() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nARG BASE=python:3\nFROM --platform=$BUILDPLATFORM ${BASE} AS build\n"
        "FROM scratch\nFROM build\nCOPY --from=nginx:1.27 a b\nCOPY --from=build a b\nCOPY --from=0 a b\n"
        "RUN --mount=type=bind,from=alpine:3,target=/x true\nONBUILD COPY --from=busybox:1 a b\nCOPY --from=context a b\n"
    )
    assert uses(text) == [
        ("frontend", "docker/dockerfile:1", ""),
        ("base image", "python:3", "${BASE}"),
        ("`COPY --from`", "nginx:1.27", ""),
        ("`RUN --mount`", "alpine:3", ""),
        ("`COPY --from`", "busybox:1", ""),
        ("`COPY --from`", None, ""),
    ]
    assert uses(text, BASE="ruby:3")[1] == ("base image", "ruby:3", "${BASE}")
    base = list(read(text).image_uses())[1]
    assert base.origin is not None
    assert (base.location.text, base.origin.location.text) == ("${BASE}", "BASE=python:3")


def test_a_base_that_nothing_names() -> None:
    use = next(iter(read("FROM debian:${TAG}\n").image_uses()))
    assert use.reference.unknown == "nothing sets `TAG` before the first `FROM`"
    use = next(iter(read("ARG TAG\nFROM debian:${TAG}\n").image_uses()))
    assert use.reference.unknown == "`ARG TAG` has no default"
    use = next(iter(read("FROM debian${TAG}\n").image_uses()))
    assert use.reference.value == "debian"


def test_instructions_before_any_from_are_a_stage_of_their_own() -> None:
    stages = read("RUN a\nUSER b\nFROM c AS d\n").stages
    assert [(s.number, s.owner, s.complete, len(s.instructions)) for s in stages] == [
        (-1, "0", False, 2),
        (0, "d", True, 0),
    ]
    alone = ship("RUN a\nUSER root\n")
    assert (alone.stage.complete, alone.user.root) == (False, Root.STATED)


def test_a_long_chain_of_stages() -> None:
    text = "FROM scratch AS s0\nUSER 5\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(490))
    assert ship(text).user.text == "5"


HIDING = {
    "a name that is made": "FROM debian:13.1 AS build_{{ arch }}\nFROM nginx\nCOPY --from=vault /a /a\n",
    "a line that is put in": "FROM debian:13.1 AS build\n{{ stages }}\nFROM vault\nCOPY --from=nginx /a /a\n",
    "a file that is taken in": "{% include 'stages.j2' %}\nFROM vault\nCOPY --from=nginx /a /a\n",
    "all on one line": "{% if a %}FROM debian:13.1 AS vault{% endif %}\nFROM vault\nRUN --mount=from=nginx,target=/a true\n",
    "what a tag puts out": "<%= stages %>\nFROM vault\nCOPY --from=nginx /a /a\n",
}


@pytest.mark.parametrize("name", HIDING)
def test_a_template_may_have_stages_that_are_not_read(name: str) -> None:
    uses = {use.reference.location.text: use.reference.value for use in read(HIDING[name]).image_uses()}
    assert [name for name, value in uses.items() if value is not None and ":" not in name] == []


@pytest.mark.parametrize(
    "lines",
    [
        "FROM acme/web@{{ digest }} AS vault",
        "FROM {{ images[ base ] }} AS vault\n{%- if a == 'b' %}\n{% endif -%}",
        "{{- /* a note */ -}}\n{{- if .a }}\n{{ else }}\nFROM {{ .b | c }} AS vault\n{{ end }}",
        "<% if a %>\nFROM <%= b %> as vault\n<% end %>",
    ],
)
def test_a_template_whose_stages_are_read_names_images_by_what_is_none(lines: str) -> None:
    dockerfile = read(f"{lines}\nFROM nginx\nCOPY --from=vault /a /a\nCOPY --from=busybox /a /a\n")
    assert [stage.name for stage in dockerfile.stages] == ["vault", ""]
    assert [use.reference.value for use in dockerfile.image_uses()] == [None, "nginx", "busybox"]


def test_a_template_is_told_to_be_one() -> None:
    (problem,) = read("FROM {{ a }} AS b\n").problems
    assert problem.gap is not None
    assert problem.gap.cause == "template"
