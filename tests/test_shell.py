"""Shell scripts to commands: every construct, exact places, and tree-sitter's grammar for bash as an oracle."""

import random
import time

import pytest

from hullcheck.model.command import Command, Script
from hullcheck.model.text import Text
from hullcheck.parse.commands import script as read_script
from hullcheck.parse.dockerfile import parse as parse_dockerfile
from hullcheck.parse.shell import parse
from hullcheck.parse.shell_words import UnknownError
from hullcheck.source import Source


def commands(text: str) -> list[Command]:
    return parse(Text.whole(Source("script", text.encode())))


def words(text: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in commands(text)]


def script(instruction: str, shell: str = "sh") -> Script:
    found = parse_dockerfile(Source("Dockerfile", f"FROM a\n{instruction}\n".encode()))
    return read_script(found.instructions[1].effective, shell)


def run(instruction: str, shell: str = "sh") -> list[str]:
    """The commands as text, what they are wrapped in and what they stand in before them."""
    found = script(instruction, shell)
    assert not found.unknown
    return [
        " ".join(
            [f"{wrapper.text}:" for wrapper in command.wrappers]
            + ([f"{command.how}"] if command.how else [])
            + [word.text for word in command.words]
        )
        for command in found.commands
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b && c || d; e & f", [["a", "b"], ["c"], ["d"], ["e"], ["f"]]),
        ("a | b |& c", [["a"], ["b"], ["c"]]),
        ("(a; b) && { c; }", [["a"], ["b"], ["c"]]),
        ("if a; then b; elif c; then d; else e; fi", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("while a; do b; done < f", [["a"], ["b"]]),
        ("until a; do b; done", [["a"], ["b"]]),
        ("for x in 1 2; do a $x; done; b", [["for", "x", "1", "2"], ["a", "$x"], ["b"]]),
        ("for x; do a; done", [["for", "x"], ["a"]]),
        ("for ((i=0; i<3; i++)); do a; done", [["a"]]),
        ("case $x in a|b) c ;; (d) e;; *) f; esac", [["c"], ["e"], ["f"]]),
        ("f() { a; }; function g { b; }; f", [["a"], ["b"], ["f"]]),
        ("! a", [["a"]]),
        ('a $(b `c` "$(d)") <(e)', [["b", "`c`", "$(d)"], ["c"], ["d"], ["e"], ["a", '$(b `c` "$(d)")', "<(e)"]]),
        ("a \"x y\" 'z $w' q\\ r", [["a", "x y", "z $w", "q r"]]),
        ("a # b && c", [["a"]]),
        ("a x#y", [["a", "x#y"]]),
        ("a \\\n  b\nc", [["a", "b"], ["c"]]),
        ("[[ -f x && ( $a == b ) ]] || c", [["[[", "-f", "x", "$a", "==", "b", "]]"], ["c"]]),
        ("A=1 B=$(b) c", [["b"], ["c"]]),
        ("A=(1 $(b)); c", [["b"], [], ["c"]]),
        ("(( i++ )) ; a $((1 + $(b))) ${x:-$(c)}", [["b"], ["c"], ["a", "$((1 + $(b)))", "${x:-$(c)}"]]),
        ("a ${x//\\'/} ${#y} $'it\\'s' $\"z\"", [["a", "${x//\\'/}", "${#y}", "it\\'s", "z"]]),
        ("if (a) then b; fi; { (c) }", [["a"], ["b"], ["c"]]),
        ("a &> f; b >&2 2>/dev/null; c 2>&1", [["a"], ["b"], ["c"]]),
        ("cat <<A <<-B\n$(x)\nA\n\t`y`\n\tB\nz", [["x"], ["y"], ["cat"], ["z"]]),
        ("cat <<'A'\n$(x)\nA\n", [["cat"]]),
        ("a {b,c} {} }", [["a", "{b,c}", "{}", "}"]]),
        ("echo if then fi done", [["echo", "if", "then", "fi", "done"]]),
    ],
)
def test_commands_are_found_in_every_construct(text: str, expected: list[list[str]]) -> None:
    found = words(text)
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "a 'b",
        'a "b',
        "a $(b",
        "a `b",
        "(a",
        "a)",
        "if a; then b",
        "case x in",
        "{ a",
        "a ${b",
        "cat <<A\nb",
        "a > ",
        "fi",
        "f (x)",
    ],
)
def test_what_cannot_be_followed_is_unknown(text: str) -> None:
    with pytest.raises(UnknownError):
        commands(text)


def test_words_stand_where_they_are_written() -> None:
    found = script('RUN apt-get update \\\n && sudo curl -o "/tmp/a b" https://x \\\n  | sh').commands
    curl = found[1]
    assert [(w.text, w.location.region[:2]) for w in curl.words] == [
        ("curl", (3, 10)),
        ("-o", (3, 15)),
        ("/tmp/a b", (3, 18)),
        ("https://x", (3, 29)),
    ]
    assert (curl.wrappers[0].location.region[:2], found[2].location.region[:2]) == ((3, 5), (4, 5))
    assert curl.words[2].at(5, 6).region == (3, 24, 3, 25)


def test_pipelines() -> None:
    found = script("RUN { curl a; curl b; } | tee f | sh -s && c").commands
    by_name = {command.name: command for command in found}
    whole = script("RUN { curl a; curl b; } | tee f | sh -s && c")
    assert [c.name for c in whole.after_in_pipe(by_name["curl"])] == ["tee", "sh"]
    assert [c.name for c in whole.after_in_pipe(by_name["tee"])] == ["sh"]
    inner = script("RUN bash -c 'curl x' | sh")
    assert [c.name for c in inner.after_in_pipe(inner.commands[1])] == ["sh"]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("RUN sudo -E -u root env -i A=b timeout -k 5 10 nice -n 5 curl x", ["sudo: env: timeout: nice: curl x"]),
        ("RUN exec time -p nohup a & b", ["exec: time: nohup: a", "b"]),
        ("RUN ls | xargs -0 -n 1 -I {} sudo rm {}", ["ls", "xargs: sudo: rm {}"]),
        ("RUN command -v sudo; command ls", ["command -v sudo", "command: ls"]),
        ("RUN su - app -c 'a | b'", ["su - app -c a | b", "-c a", "-c b"]),
        ('RUN sh -exc "a $X && sudo b"', ["sh -exc a $X && sudo b", "-c a $X", "sudo: -c b"]),
        ("RUN bash -o pipefail -c 'a'", ["bash -o pipefail -c a", "-c a"]),
        ("RUN bash -lc a x", ["bash -lc a x", "-c a"]),
        ('RUN sh -c "$(curl x)"', ["$( curl x", "sh -c $(curl x)"]),
        ("RUN eval a '&&' b", ["eval a && b", "eval a", "eval b"]),
        ('RUN ["sh", "-c", "sudo \\"a\\" && b"]', ['sh -c sudo "a" && b', "sudo: -c a", "-c b"]),
        ('CMD ["eval", "a"]', ["eval a"]),
        ('ENTRYPOINT ["tini", "--", "sudo", "a"]', ["tini: sudo: a"]),
        ("HEALTHCHECK CMD curl x || exit 1", ["curl x", "exit 1"]),
        ("ONBUILD RUN sudo a", ["sudo: a"]),
        (
            "RUN find / -exec chmod 777 {} + -o -exec rm {} \\;",
            ["find / -exec chmod 777 {} + -o -exec rm {} ;", "-exec chmod 777 {}", "-exec rm {}"],
        ),
        ("RUN <<EOF\na\nb | c\nEOF", ["<< a", "<< b", "<< c"]),
        ("RUN <<EOF\n#!/usr/bin/env bash\na\nEOF", ["<< a"]),
        ("RUN <<EOF\n#!/usr/bin/python3\nimport os\nEOF", ["<< python3"]),
        ("RUN bash -s <<'EOF'\nsudo a\nEOF", ["bash -s", "sudo: << a"]),
        ("RUN python3 - <<EOF\nimport os\nEOF", ["python3 -"]),
        ("RUN cat <<EOF >x\n$(a)\nEOF", ["$( a", "cat"]),
        ("RUN trap 'a b' EXIT", ["trap a b EXIT", "trap a b"]),
        ("RUN a=b", [""]),
        ("RUN $X a", ["$X a"]),
    ],
)
def test_what_is_run_in_the_end(instruction: str, expected: list[str]) -> None:
    assert run(instruction) == expected


def test_heredocs_are_what_a_command_reads() -> None:
    found = script("RUN tee /etc/x <<A && sh <<B\none\nA\ntwo\nB").commands
    bodies = [[(r.operator, r.body and r.body.text) for r in command.redirections] for command in found]
    assert [command.name for command in found] == ["tee", "sh", "two"]
    assert bodies == [[("<<", "one\n")], [("<<", "two\n")], []]


@pytest.mark.parametrize(
    ("instruction", "expected", "lost"),
    [
        (
            "RUN shopt -s extglob && rm -rf /x/!(a|b) && curl x | bash",
            ["shopt -s extglob", "rm -rf /x/!(a|b)", "curl x", "bash"],
            [],
        ),
        ("RUN ls *.@(a|b) +(c) !(d) && ! (e)", ["ls *.@(a|b) +(c) !(d)", "e"], []),
        ("RUN declare -a x=(a $(b)) && time (c | d)", ["b", "declare -a x=", "c", "d"], []),
        ("RUN a && zsh (x:t) && b | c; d", ["a", "b", "c", "d"], ["zsh (x:t)"]),
        ("RUN if a; then zsh (x); elif b; then c; fi && d", ["a", "b", "c", "d"], ["then zsh (x)"]),
        ("RUN for i in 1 2; do zsh (x); curl $i | sh; done || { b; }", ["curl $i", "sh", "b"], ["do zsh (x)"]),
        ("RUN case $x in a) zsh (x) && b ;; esac; c", ["b", "c"], ["case $x in a) zsh (x)"]),
        ("RUN a '&& b' \"; c $(d; e)\" && zsh (x)", ["d", "e", "a && b ; c $(d; e)"], ["zsh (x)"]),
        ("RUN zsh (x) && cat <<A | sh\nb && c\nA\n", ["cat", "sh", "b", "c"], ["zsh (x)"]),
        ("RUN zsh (x) && cat <<A | tr a b\nb && c\nA\n", ["cat", "tr a b"], ["zsh (x)"]),
        ("RUN a && (b", ["a", "b"], ["a && (b"]),
    ],
)
def test_around_what_is_not_understood_everything_is_read(
    instruction: str, expected: list[str], lost: list[str]
) -> None:
    found = script(instruction)
    assert [piece.text.text for piece in found.lost] == lost
    assert bool(found.unknown) == bool(lost)
    assert [" ".join(word.text for word in command.words) for command in found.commands] == expected


def test_a_shell_that_nobody_knows() -> None:
    assert script("RUN import os", "python").unknown
    assert run('RUN ["a", "b"]', "python") == ["a b"]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        (
            "RUN iwr -useb https://x -OutFile c:\\a.exe ; Start-Process c:\\a.exe",
            ["iwr -useb https://x -OutFile c:\\a.exe", "Start-Process c:\\a.exe"],
        ),
        ("RUN irm https://x | iex", ["irm https://x", "iex"]),
        ('RUN $x = "a"; & "C:\\b c.exe" /S # d; e', ["a", "C:\\b c.exe /S"]),
        (
            "RUN if (Test-Path a) { Remove-Item 'it''s' }",
            ["( Test-Path a", "{ Remove-Item it's", "if (Test-Path a) { Remove-Item 'it''s' }"],
        ),
    ],
)
def test_powershell(instruction: str, expected: list[str]) -> None:
    assert run(instruction, "powershell") == expected


def test_names_in_powershell_are_written_out() -> None:
    assert [c.name for c in script("RUN IWR x | IEX; & 'a.exe'; 'b'", "powershell").commands] == [
        "invoke-webrequest",
        "invoke-expression",
        "a",
        "",
    ]


def test_cmd() -> None:
    found = ["powershell -Command iwr x -OutFile y; z", "-c iwr x -OutFile y", "-c z", "del y"]
    assert run('RUN powershell -Command "iwr x -OutFile y; z" && del y', "cmd") == found
    assert run("RUN a ^& b > NUL & c %X%", "cmd") == ["a & b", "c %X%"]


@pytest.mark.parametrize(
    "text",
    [
        "a " + "$(" * 100_000,
        "a " + "(" * 100_000,
        "((" * 50_000,
        "a `" * 50_000,
        'a "' * 50_000,
        "a ${x:-" * 20_000,
        "a && " * 50_000 + "b",
        "a | " * 50_000 + "b",
        "a <<A " * 20_000,
        "{ " * 20_000,
        "if a; then " * 20_000,
        "sudo " * 50_000,
        "sh -c 'sh -c \"sh -c " * 5_000,
        "\\" * 100_000,
    ],
    ids=range(14),
)
def test_hostile_scripts_take_no_more_than_a_few_seconds(text: str) -> None:
    start = time.process_time()
    script(f"RUN {text}")
    script(f"RUN {text}", "powershell")
    script(f"RUN {text}", "cmd")
    assert time.process_time() - start < 5


PIECES = [
    "apt-get update", "apt-get install -y --no-install-recommends curl", 'curl -fsSL "https://x/$V.tgz" -o /tmp/a',
    "rm -rf /var/lib/apt/lists/*", "echo 'a && b; c'", 'echo "x $(uname -m) y"', "tar xzf - -C /opt", "set -eux",
    "export A=b", "A=1", "A=1 B=2 make -j$(nproc)", "case \"$(arch)\" in x) q=1 ;; a|b) ls ;; esac",
    "if [ -f x ]; then cat x; else touch x; fi", "for i in a b $(ls); do echo $i; done", "while read l; do q; done",
    "(cd /x && make)", "{ a; b; }", "cd /tmp", "python3 -c 'import os; print(1)'", "printf '%s\\n' \"$@\" > /x",
    "test -z \"$X\"", "gpg --batch --verify a.asc a", "echo \"${X:-$(date +%s)}\" >> f 2>&1", "sed -i 's/a/b/g; s/c|d/e/' f",
    "f() { local x=1; echo $x; }", "[[ $a == b* && -n $c ]]", "find . -name '*.py' -exec rm {} +", "cat < f", "true",
    "groupadd -g 1 a", "sh -c 'x | y'", "echo \\\"q\\\"", "awk '{print $1}' f", "ls {a,b}", "echo a#b", "diff <(a) <(b)",
]  # fmt: skip
JOINTS = [" && ", " || ", "; ", " | ", " & "]


def oracle(text: str) -> list[tuple[int, str]] | None:
    """Offsets and names of the commands that tree-sitter sees; None where it gives up."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="the oracle is a dependency of development only")
    grammar = pytest.importorskip("tree_sitter_bash", reason="the oracle is a dependency of development only")
    tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode())
    if tree.root_node.has_error:
        return None
    found = []
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        name = node.child_by_field_name("name") if node.type == "command" else None
        if name is not None:
            found.append((name.start_byte, name.text.decode()))
    return sorted(found)


OTHERWISE = frozenset(("[", "[[", "test", "export", "local", "for"))
"""What the oracle has other nodes for."""


@pytest.mark.parametrize("seed", range(30))
def test_tree_sitter_sees_the_same_commands(seed: int) -> None:
    chance = random.Random(seed)
    compared = 0
    for _ in range(40):
        text = "".join(
            chance.choice(PIECES) + chance.choice(JOINTS) for _ in range(chance.randint(0, 7))
        ) + chance.choice(PIECES)
        expected = oracle(text)
        if expected is None:
            continue
        compared += 1
        found = sorted((c.words[0].location.start, c.words[0].raw.text) for c in commands(text) if c.words)
        assert [f for f in found if f[1] not in OTHERWISE] == [e for e in expected if e[1] not in OTHERWISE], text
    assert compared > 20
