"""What `hullcheck fleet` is asked about: lists of repositories, addresses, days, and the organisation's policy."""

import json
import os
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from hullcheck.check import load
from hullcheck.errors import HullcheckError
from hullcheck.fleet.address import PROTOCOLS, address
from hullcheck.fleet.days import Day
from hullcheck.fleet.repositories import Repository, repositories
from hullcheck.fleet.tightened import _TAKEN, tightened
from hullcheck.policy import config
from hullcheck.schema import text as text_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only")


def _listed(tmp_path: Path, text: str, name: str = "list.txt") -> list[Repository]:
    path = tmp_path / name
    path.write_text(text)
    return repositories([], [str(path)])


REGISTRY = load("hullcheck_checks")


class TestLists:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.tsv", "https://example.org/a.git\tv1\tred\tx;y\n"),
            ("a.tsv", "team\turl\tlabels\tref\nred\thttps://example.org/a.git\tx y\tv1\n"),
            ("a.csv", '"https://example.org/a.git",v1,red,"x,y"\n'),
            ("a.csv", 'url,branch,owner,labels\nhttps://example.org/a.git,v1,red,"x;y"\n'),
            ("a", "# all of them\n\nhttps://example.org/a.git\tv1\tred\tx,y\n"),
            ("a.jsonl", '{"url": "https://example.org/a.git", "ref": "v1", "team": "red", "labels": ["x", "y"]}\n'),
            ("a", '{"repository": "https://example.org/a.git", "branch": "v1", "owner": "red", "labels": "x y"}\n'),
        ],
    )
    def test_the_forms_of_a_line(self, tmp_path: Path, name: str, text: str) -> None:
        (found,) = _listed(tmp_path, text, name)
        assert (found.shown, found.ref, found.team, found.labels) == (
            "https://example.org/a.git", "v1", "red", ("x", "y"),
        )  # fmt: skip
        assert found.name == "https://example.org/a.git@v1"
        assert not found.error

    def test_labels_of_an_object_are_pairs(self, tmp_path: Path) -> None:
        (found,) = _listed(tmp_path, '{"path": "a", "labels": {"tier": 1, "zone": "eu"}, "name": "shop"}\n')
        assert (found.labels, found.name, found.place) == (("tier=1", "zone=eu"), "shop", str(tmp_path / "a"))

    def test_a_path_is_relative_to_its_list(self, tmp_path: Path) -> None:
        assert [one.place for one in _listed(tmp_path, "a.git\n../b\n/c\n")] == [
            str(tmp_path / "a.git"), str(tmp_path.parent / "b"), "/c",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("line", "error"),
        [
            ("{not json", "list.txt:1: not JSON"),
            ('{"url": "/a", "reff": "x"}', "no such key: reff"),
            ("{" * 5_000, "not JSON"),
            ('{"team": "x"}', "no repository is named"),
            ("http://example.org/a", "nothing is cloned over `http`"),
            ("git://example.org/a", "nothing is cloned over `git`"),
            ("ext::sh -c 'touch x'", "`ext::` starts a program"),
            ("https:///a", "no host is named"),
            ("https://-oProxyCommand=x/a", "no host is named"),
            ("ssh://-oProxyCommand=x/a", "no host is named"),
            ("ssh://-x@example.org/a", "begins with a dash"),
            ("-x@example.org:a", "begins with a dash"),
            ("https://example.org:99999/a", "no address"),
            ("file://elsewhere/a", "another host"),
            ("https://example.org/a?x=1", "has no `?`"),
        ],
    )
    def test_a_line_that_is_none_is_a_row_of_its_own(self, tmp_path: Path, line: str, error: str) -> None:
        found = _listed(tmp_path, f"{line}\n/fine\n")
        assert error in found[0].error
        assert [one.error for one in found[1:]] == [""]

    def test_a_name_is_there_once(self, tmp_path: Path) -> None:
        found = _listed(tmp_path, '/a\n/a\n{"path": "/b", "name": "/a"}\n{"path": "/c", "name": "/c"}\n/c\n')
        assert [(one.name, bool(one.error)) for one in found] == [
            ("/a", False), ("/a (again, number 3)", True), ("/c", False),
        ]  # fmt: skip
        assert "only the first, /a," in found[1].error

    @pytest.mark.parametrize("text", ["\xff\xfe", None])
    def test_a_list_that_can_not_be_read_ends_the_run(self, tmp_path: Path, text: str | None) -> None:
        path = tmp_path / "list"
        if text is not None:
            path.write_bytes(text.encode("latin-1"))
        with pytest.raises(HullcheckError, match="--repositories"):
            repositories([], [str(path)])

    def test_repositories_below_a_folder(self, tmp_path: Path) -> None:
        for path in ("host/one/a/.git", "host/two/b.git/objects", "host/two/b.git/refs", "plain"):
            (tmp_path / path).mkdir(parents=True)
        (tmp_path / "host/two/b.git/HEAD").write_text("ref: refs/heads/main\n")
        found = [one.place for one in repositories([str(tmp_path / "host"), str(tmp_path / "plain")], [])]
        assert found == [str(tmp_path / path) for path in ("host/one/a", "host/two/b.git", "plain")]


class TestAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "https://who:s3cr3t-pa55@example.org/a.git",
            "https://s3cr3t-pa55@example.org/a.git",
            "ssh://git:s3cr3t-pa55@example.org/a.git",
            "git:s3cr3t-pa55@example.org:a.git",
            "http://who:s3cr3t-pa55@example.org/a.git",
            "https://example.org/a.git?token=s3cr3t-pa55",
            "https://who:s3cr3t-pa55@/a.git",
            "https://who:s3cr3t-pa55@example.org:99999/a.git",
            "https://[who:s3cr3t-pa55@example.org/a.git",
            "https://who:p@s3cr3t-pa55@example.org/a.git",
        ],
    )
    def test_credentials_are_shown_nowhere(self, tmp_path: Path, text: str) -> None:
        (found,) = _listed(tmp_path, f"{text}\n")
        assert found.place == text
        assert "s3cr3t" not in repr(found._replace(place=""))
        if not found.error:
            assert "s3cr3t" not in address(text).url

    def test_credentials_are_taken_apart(self) -> None:
        found = address("https://who%40x:s%3Acret@example.org:8443/a.git")
        assert (found.url, found.user, found.password) == ("https://example.org:8443/a.git", "who@x", "s:cret")
        assert address("git@example.org:a/b.git").url == "git@example.org:a/b.git"

    def test_what_is_cloned_over_is_what_git_may_speak(self) -> None:
        from hullcheck import cloning

        assert PROTOCOLS == cloning.PROTOCOLS


class TestDays:
    """A day knows on which others all that it was asked would have been answered alike."""

    ASKS = (
        lambda day, other: day <= other,
        lambda day, other: day > other,
        lambda day, other: other < day,
        lambda day, other: other >= day,
        lambda day, other: day == other,
        lambda day, other: other - day <= timedelta(183),
        lambda day, other: day - other < timedelta(365),
        lambda day, other: (other - day).days > 30,
    )

    @pytest.mark.parametrize("number", range(len(ASKS)))
    def test_answers_are_the_same_on_all_those_days(self, number: int) -> None:
        ask, other = self.ASKS[number], date(2026, 6, 15)
        for distance in (-400, -366, -365, -184, -183, -1, 0, 1, 30, 31, 183, 184, 365, 400):
            start = other + timedelta(distance)
            day = Day(start.year, start.month, start.day)
            answer = ask(day, other)
            assert answer == ask(start, other)
            first, last = day.since or start - timedelta(20), day.until or start + timedelta(20)
            assert first <= start <= last
            at = max(first, start - timedelta(500))
            while at <= min(last, start + timedelta(500)):
                assert ask(at, other) == answer, (start, at)
                at += timedelta(1)

    def test_one_that_nobody_asked_holds_for_ever(self) -> None:
        assert (Day(2026, 1, 1).since, Day(2026, 1, 1).until) == (None, None)

    def test_what_is_said_of_a_day_holds_on_that_day(self) -> None:
        for use in (str, hash, lambda day: f"{day}", lambda day: day.isoformat(), lambda day: day + timedelta(1)):
            day = Day(2026, 1, 1)
            use(day)
            assert (day.since, day.until) == (date(2026, 1, 1), date(2026, 1, 1))


class TestPolicies:
    """A repository's own configuration may only tighten the organisation's."""

    BASE = "fail-on: medium\nexclude: [docs/]\nextend-select: [shell-form-cmd]\nsuppressions: {require-reason: true}\n"

    def _merged(self, own: str, base: str = BASE) -> tuple[config.Config, list[str]]:
        parsed = [
            config.parse(name, text.encode(), REGISTRY)
            for name, text in (("policy.yaml", base), (".hullcheck.yaml", own))
        ]
        found = tightened(*parsed, ("Dockerfile", "docs/Dockerfile"), REGISTRY)
        return found.config, [finding.message for finding in found.refused]

    @pytest.mark.parametrize(
        "own",
        ["fail-on: low\n", "exclude: []\n", "include-vendored: true\n", "severity: {root-user: critical}\n",
         "suppressions: {require-until: true}\n", "min-severity: info\n", "fail-on-unjudged: true\n",
         "pod-security: {level: baseline}\n", "profile: strict\n", "validate: true\n"],
    )  # fmt: skip
    def test_what_is_stricter_is_taken(self, own: str) -> None:
        merged, refused = self._merged(own)
        assert refused == []
        base = config.parse("policy.yaml", self.BASE.encode(), REGISTRY)
        assert merged._replace(said={}, source=None) != base._replace(said={}, source=None)
        assert merged.demands.reason
        assert merged.extend_select == ("shell-form-cmd",)

    @pytest.mark.parametrize(
        "own",
        ["fail-on: high\n", "exclude: [docs/, Dockerfile]\n", "ignore: [root-user]\n", "select: [root-user]\n",
         "suppressions: {require-reason: false}\n", "min-severity: high\n", "allow-unjudged: [shell]\n",
         "suppress: [{checks: [root-user], reason: we know}]\n", "severity: {root-user: low}\n",
         "overrides: [{paths: [a/], ignore: [root-user]}]\n", "baseline: old.json\n", "policies-elsewhere: true\n"],
    )  # fmt: skip
    def test_what_lets_more_through_is_left_and_told(self, own: str) -> None:
        merged, refused = self._merged(own)
        assert refused
        base = config.parse("policy.yaml", self.BASE.encode(), REGISTRY)
        assert merged._replace(said={}, source=None) == base._replace(said={}, source=None)

    def test_each_key_is_judged_by_itself(self) -> None:
        merged, refused = self._merged("fail-on: low\nignore: [root-user]\n")
        assert (str(merged.fail_on), merged.ignore, len(refused)) == ("low", (), 1)

    def test_every_key_of_the_configuration_is_known(self) -> None:
        assert _TAKEN.keys() | {"baseline"} == set(json.loads(text_of("config"))["properties"])


def test_a_plain_check_imports_nothing_of_it(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    code = (
        "import sys; from hullcheck.cli import main; main(['check', '--no-cache', 'Dockerfile']);"
        "print([n for n in sys.modules if 'fleet' in n or n.split('.')[0] in ('pyarrow', 'duckdb', 'dask', 'distributed')])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
