"""No expression of the source can be driven to exponential time, nor to the square of a text that isn't short.

The verdicts come from the expressions' structure (`ambiguity.py`); their attacks are timed besides.
"""

import ast
import inspect
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ambiguity import EXPONENTIAL, Verdict, degree
from expressions import Use, uses
from hullcheck.model import base_images, secrets, tokens
from hullcheck.model.lazy import Lazy
from hullcheck.parse import words
from hullcheck.policy import migrate
from hullcheck_checks.supply_chain import pkg_signature_off

USES, UNKNOWN = uses()

SHORT = 10_000
"""The square of this many steps takes a moment."""

ONCE = {
    "hullcheck.model.argv._TOKEN": "a quote that stays open is met once: what is behind it is read in pairs, too",
    "hullcheck.model.secret_files._LINE_END": "it reads the blanks behind a value, which no two values share",
    "hullcheck.parse.dockerignore._TOKEN": "a pattern has at most MAX_LENGTH characters",
    "hullcheck.parse.build_commands._PIECE": "where it doesn't match, the command isn't read any further",
    "hullcheck.parse.literal._ENTRY": "it reads the beginning of a line, each once",
    "hullcheck.parse.shell._ASSIGNMENT": "it reads the beginning of a word, each once",
    "hullcheck.parse.shell._REDIRECTION": "it reads the beginning of a word, each once",
    "hullcheck.parse.shell_words._ANSI_QUOTED": "where it doesn't match, the script isn't read any further",
    "hullcheck.parse.tiltfile._TOKEN": "where it doesn't match, the call isn't read any further",
    "hullcheck.parse.windows._TOKENS['powershell']": "a quote that stays open is met once: those before it are pairs",
    "hullcheck.parse.words._STRING": "where it doesn't match, the array isn't read any further",
    "hullcheck.parse.events._PROPERTIES": "it reads what stands before a node, each once",
    "hullcheck.render.compose.dotenv._KEY": "where it doesn't match, the file isn't read any further",
    "hullcheck.render.compose.units._DURATION_PART": "a duration has less than 100 characters",
    "hullcheck.render.helm.semver._ONE": "a constraint has at most MAX_LENGTH characters",
    "hullcheck.render.helm.syntax._ACTION": "where it doesn't match, the template isn't read any further",
    "hullcheck.render.helm.syntax._KEYWORD": "it reads the beginning of an action, each once",
    "hullcheck.render.helm.syntax._TOKEN": "where it doesn't match, the action isn't read any further",
    "hullcheck.render.kustomize.selectors._REQUIREMENT": "where it doesn't match, the selector isn't read any further",
}
"""Those that are matched from a place on, and the reason why what they have read isn't read again and again."""

BUILT: dict[str, Callable[[], Iterator[tuple[str, int]]]] = {
    "hullcheck.policy.migrate": lambda: ((pattern, 0) for pattern, _ in migrate._READERS),
    "hullcheck.model.tokens": lambda: ((rule.pattern, re.ASCII) for rule in tokens._RULES),
    "hullcheck.parse.compose_schema": lambda: ((p, 0) for p in _schema_patterns("compose")),
    "hullcheck.schema": lambda: ((p, 0) for p in _schema_patterns("")),
    "hullcheck_checks.supply_chain.pkg_signature_off": lambda: ((p, 0) for p in pkg_signature_off.OPTIONS.values()),
    "hullcheck_checks.supply_chain.tls_verify_off": lambda: iter(()),
    "hullcheck.model.lazy": lambda: iter(()),  # each `Lazy` is an attribute of a module
    "hullcheck.patterns": lambda: iter(()),  # so is each of these
    "hullcheck.model.expand": lambda: iter([("a.b.", re.DOTALL)]),  # single characters, without any repetition
    "hullcheck.parse.words": lambda: ((words._argument(escape).pattern, re.DOTALL) for escape in "\\`"),
    "hullcheck.parse.literal": lambda: iter(()),  # each is an attribute of the module
    "hullcheck.parse.dockerignore": lambda: iter(()),  # at most MAX_WILDCARDS, in a pattern of MAX_LENGTH
}
"""The modules that make expressions of what only a run tells, and all that these can be."""


def _schema_patterns(name: str) -> Iterator[str]:
    import hullcheck

    for path in Path(inspect.getfile(hullcheck)).parent.rglob("*.json"):
        if name in path.name:
            yield from _patterns(json.loads(path.read_text("utf-8")))


def _patterns(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for key, one in value.items() if key == "pattern" and isinstance(one, str))
        yield from (key for key in value.get("patternProperties", {}))
        for one in value.values():
            yield from _patterns(one)
    elif isinstance(value, list):
        for one in value:
            yield from _patterns(one)


def _where(use: Use) -> str:
    return use.where


@pytest.mark.parametrize(
    ("expression", "mode", "wanted"),
    [
        ("(a+)+b", "full", EXPONENTIAL),
        ("(a*)*b", "full", EXPONENTIAL),
        ("(?:a|a)*b", "match", EXPONENTIAL),
        ("(?:x?y?)*z", "full", EXPONENTIAL),
        ("([a-z]{1,20})+x", "match", EXPONENTIAL),
        (r"((?:(?:cap_)?\w+,?)*)[+=]+([eip]+)", "full", EXPONENTIAL),
        ("(?:#[^\n]*\n)*(?:#[^\n]*\n)*x", "match", 2),
        ("a*a*b", "match", 2),
        ("a*a*", "match", 1),
        (".*x.*y.*z", "full", 3),
        (r"\s+$", "search", 2),
        (r"^\s+$", "search", 1),
        (r"(?m)^\s+x", "search", 2),
        ("(?m)^[ ]+x", "search", 1),
        (r"(?<!\w)\w+x", "search", 1),
        (r"\b\w+x", "search", 1),
        ("(?:a++b?)*c", "full", 1),
        ("a*b|a", "all", 2),
        ("a*b|a", "search", 1),
        ("[a-z]{1,20}x", "search", 1),
        ("x.*", "all", 1),
        ("[^:]*:[^:]*", "full", 1),
    ],
)
def test_the_degree_of_an_expression_is_found(expression: str, mode: str, wanted: int) -> None:
    assert degree(expression, 0, mode).degree == wanted


def test_no_expression_takes_more_than_linear_time_unless_its_text_is_short() -> None:
    bad = []
    for use in USES:
        verdict = degree(use.expression, use.flags, use.mode)
        bounded = 0 < use.most <= SHORT or use.where in ONCE
        if verdict.degree > (2 if bounded else 1):
            bad.append((use.where, use.mode, verdict))
    assert bad == []


def test_what_is_excused_exists() -> None:
    assert set(ONCE) <= set(map(_where, USES))


def test_every_expression_that_only_a_run_tells_is_known() -> None:
    assert {place.partition(":")[0] for place in UNKNOWN} <= set(BUILT)
    bad = [
        (module, expression)
        for module, made in BUILT.items()
        for expression, flags in made()
        if degree(expression, flags, "full" if module.endswith("pkg_signature_off") else "all").degree > 1
    ]
    assert bad == []


def test_the_base_images_of_the_table_have_few_stars() -> None:
    """Their patterns meet names and tags, which registries keep to 255 and 128 characters."""
    table = base_images._table()
    assert table.patterns
    assert max(name.count("*") for _, _, name, _ in table.patterns) <= 2


def _seconds(pattern: "re.Pattern[str] | Lazy", use: Use, verdict: Verdict, count: int) -> float:
    text: Any = verdict.prefix + verdict.pump * count + verdict.suffix
    if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, bytes):
        text = text.encode()
    method = {"full": "fullmatch", "match": "match", "search": "search", "all": "findall"}[use.mode]
    start = time.process_time()
    getattr(pattern, method)(text)
    return time.process_time() - start


def test_the_attacks_on_all_expressions_grow_with_their_size() -> None:
    """Each is given what its own letters make: the attack that was found, if any, and each of its letters in a row."""
    slow = []
    for use in {(use.expression, use.flags, use.mode): use for use in USES}.values():
        pattern = re.compile(use.expression, use.flags)
        verdict = degree(use.expression, use.flags, use.mode)
        attacks = [verdict] if verdict.degree > 1 else []
        attacks += [Verdict(1, "", piece, "\0") for piece in _pieces(use.expression)]
        for attack in attacks:
            size = max(1, min(use.most or SHORT, 2_000) // max(len(attack.pump), 1))
            if use.where in ONCE and attack is verdict:
                size //= 8
            if _seconds(pattern, use, attack, size) > 0.2:
                slow.append((use.where, attack, _seconds(pattern, use, attack, size)))
    assert slow == []


def _pieces(expression: str | bytes) -> list[str]:
    expression = expression.decode() if isinstance(expression, bytes) else expression
    words = re.findall(r"[A-Za-z_]{2,}", expression)[:3]
    signs = [sign for sign in "\"'\\/:=-_. \t\n$({[#<a0" if sign in expression or sign in " \ta0"]
    return [*signs, *words, *(f"{word} " for word in words), *("".join(signs[i : i + 2]) for i in range(len(signs)))]


def test_logins_in_addresses_are_read_in_one_go() -> None:
    """By a scanner, since what a variable's braces hold could be a password's text as well."""
    for piece in ("://a:${", "://:${a}", "://:$(", "${", "$(a)", "://a:b", "://"):
        times = []
        for count in (500, 4_000):
            text = "://u:" + piece * count
            start = time.process_time()
            list(secrets.in_url(text))
            times.append(time.process_time() - start)
        assert times[1] < 40 * times[0] + 0.2, piece


def test_no_module_hides_an_expression_from_the_search() -> None:
    """`re` is imported as a whole everywhere, so that each call shows."""
    import hullcheck
    import hullcheck_checks

    for package in (hullcheck, hullcheck_checks):
        for path in Path(inspect.getfile(package)).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    assert node.module != "re", path
                elif isinstance(node, ast.Import):
                    assert all(alias.name != "re" or alias.asname is None for alias in node.names), path
