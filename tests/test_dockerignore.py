"""`.dockerignore` as moby's pattern matcher reads it."""

import time

import pytest

from hullcheck.parse.dockerignore import parse
from hullcheck.source import Source


def ignores(text: str, path: str) -> bool:
    return parse(Source(".dockerignore", text.encode())).ignores(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (".git", ".git"),
        (".git", ".git/config"),
        ("/.env", ".env"),
        ("./.env", ".env"),
        ("dir/", "dir/a/b"),
        ("a/../.env", ".env"),
        ("*", "a/b/c"),
        ("*.pem", "key.pem"),
        ("*/*.pem", "a/key.pem"),
        ("**/*.pem", "key.pem"),
        ("**/*.pem", "a/b/key.pem"),
        ("**/.env", ".env"),
        ("**/.env", "a/.env"),
        ("**", "a"),
        ("a/**", "a/b/c"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b"),
        (".env*", ".env.local"),
        (".en?", ".env"),
        ("[._]env", ".env"),
        ("[a-c].key", "b.key"),
        ("\\*.key", "*.key"),
        ("**env", "x/.env"),
        ("  .env  ", ".env"),
        ("\ufeff.env", ".env"),
        (".env\r\n", ".env"),
        ("a*b*c*d*e", "axbcxdxe"),
        ("**/a/**/b/**/*.k*y", "x/a/y/b/z/w.key"),
        ("**/a/**/b/**/*.k*y", "a/b/w.key"),
        ("*/*/*/?.[kp]*", "a/b/c/d.pem"),
        ("docs\n!docs/README\ndocs/README", "docs/README"),
    ],
)
def test_a_path_is_ignored(pattern: str, path: str) -> None:
    assert ignores(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (".env", "a/.env"),
        ("*.pem", "a/key.pem"),
        ("*/*.pem", "key.pem"),
        ("# .env", "# .env"),
        (".env", ".env.local"),
        ("a/**/b", "a/xb"),
        ("!.env", ".env"),
        ("*\n!.env", ".env"),
        ("*\n!src", "src/a.py"),
        (".ENV", ".env"),
        (".", ".env"),
        ("[a-", "b"),
        ("env", ".env"),
        ("a.b", "axb"),
        ("", "a"),
        ("a*b*c*d*e", "axb/cxdxe"),
        ("**/a/**/b/**/*.k*y", "xa/b/w.key"),
        ("**/a/**/b/**/*.k*y", "a/xb/w.key"),
        ("*/*/*/?.[kp]*", "a/b/d.pem"),
    ],
)
def test_a_path_is_kept(pattern: str, path: str) -> None:
    assert not ignores(pattern, path)


def test_what_the_builder_refuses_is_told() -> None:
    ignore = parse(Source(".dockerignore", b".env\n[a-\n"))
    assert [location.line for location in ignore.refused] == [2]
    assert ignore.ignores(".env")


def test_many_wildcards_cost_little() -> None:
    ignore = parse(Source(".dockerignore", b"*a*a*a*a*a*a*a*a*a*b\n" + b"**/" * 40 + b"x\n"))
    start = time.process_time()
    assert not ignore.ignores("a" * 60)
    assert time.process_time() - start < 5
