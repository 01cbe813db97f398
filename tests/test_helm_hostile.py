"""Charts made to hang, crash or exhaust: each gives a clear problem at a place, soon."""

import gzip
import io
import resource
import tarfile
import time

import pytest

from helm_support import plain, rendered

BOMBS = {
    "itself": '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    "one another": '{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ end }}{{ template "a" }}',
    "by tpl": '{{ tpl .Values.again . }}',
    "a long list": "{{ range until 1000000000 }}x{{ end }}",
    "a long list back": "{{ range until -1000000000 }}x{{ end }}",
    "small steps": "{{ untilStep 0 1000000000 1 | len }}",
    "a long loop": "{{ range 1000000000 }}x{{ end }}",
    "loops in loops": "{{ range until 3000 }}{{ range until 3000 }}x{{ end }}{{ end }}",
    "quiet loops": "{{ range until 90000 }}{{ range until 90000 }}{{ end }}{{ end }}",
    "a sequence": "{{ seq 1 1000000000 }}",
    "doubling includes": "".join(
        f'{{{{ define "d{n}" }}}}{{{{ include "d{n + 1}" . }}}}{{{{ include "d{n + 1}" . }}}}{{{{ end }}}}' for n in range(60)
    )
    + '{{ define "d60" }}x{{ end }}{{ include "d0" . }}',
    "doubling text": '{{ $x := "x" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ $x }}',
    "doubling quotes": '{{ $x := "\\"" }}{{ range until 60 }}{{ $x = quote $x }}{{ end }}{{ $x }}',
    "doubling by replace": '{{ $x := "xx" }}{{ range until 60 }}{{ $x = replace "x" $x $x }}{{ end }}',
    "doubling lists": '{{ $x := list 1 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}',
    "lists in lists": '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ toYaml $x }}',
    "lists in lists as text": '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}',
    "lists in lists copied": '{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x | len }}',
    "lists in lists compared": '{{ $x := list 1 }}{{ $y := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}'
    "{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}",
    "a map in itself": '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ toYaml $x }}',
    "a map in itself as text": '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ $x }}',
    "a map in itself as JSON": '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ toJson $x }}',
    "a map in itself merged": '{{ $x := dict "a" 1 }}{{ $_ := set $x "x" $x }}{{ $y := dict "x" (dict "x" (dict)) }}'
    "{{ merge $x (deepCopy $x) }}",
    "a wide repeat": '{{ repeat 1000000000 "xxxxxxxx" }}',
    "a wide indent": '{{ "x\\ny" | indent 1000000000 }}',
    "a wide printf": '{{ printf "%1000000000d" 1 }}{{ printf "%*d" 1000000000 1 }}',
    "a slow pattern": '{{ regexMatch "(a*)*(a*)*(a*)*b" (repeat 200000 "a") }}',
    "a large pattern": '{{ regexMatch "((((a{1,900}){1,900}){1,900}){1,900})" "a" }}',
    "a deep pattern": '{{ regexMatch (repeat 4000 "(") "a" }}',
    "a long pattern": '{{ regexReplaceAll (repeat 2000 "a?") (repeat 100000 "a") "b" }}',
    "deep parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep blocks": "{{ if 1 }}" * 5000 + "x" + "{{ end }}" * 5000,
    "many elses": "{{ if 0 }}" + "{{ else if 0 }}" * 5000 + "{{ end }}",
    "deep JSON": '{{ fromJson (print "{\\"a\\":" (repeat 100000 "[") ) | toYaml }}{{ mustFromJson (repeat 100000 "[") }}',
    "deep YAML": '{{ mustToYaml (fromYamlArray (repeat 100000 "[")) }}{{ fail "deep" }}',
    "many aliases": '{{ fromYaml .Values.aliases | toYaml }}{{ fail "aliases" }}',
    "many splits": '{{ repeat 4000000 "a" | splitList "a" | len }}{{ fail "x" }}',
    "many pieces": '{{ range until 100 }}{{ repeat 100000 "ab" | splitList "a" | join "b" | sha256sum }}{{ end }}{{ fail "x" }}',
    "a long number": "{{ " + "9" * 100000 + " }}",
    "a long number in text": '{{ int (repeat 100000 "9") }}{{ atoi (repeat 100000 "9") }}{{ float64 (repeat 9999 "9") }}{{ fail "x" }}',
    "a long version": '{{ semverCompare (repeat 10000 "1.x || ") (repeat 100000 "1") }}',
    "a large round": "{{ round 1.5 1000000 }}",
    "a large exponent": '{{ mulf 1e300 1e300 1e300 }}{{ fail "x" }}',
    "a division": '{{ divf 1e300 3e-300 }}{{ fail "x" }}',
    "wide wraps": '{{ wrapWith 1 (repeat 2000 "x") (repeat 4000 "x") }}',
}  # fmt: skip

VALUES = r"""
again: "{{ tpl .Values.again . }}{{ tpl .Values.again . }}"
aliases: |
  a: &a [x, x, x, x, x, x, x, x, x, x]
  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
  c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
  d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
  e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
  f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
  g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]
"""


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_a_problem_at_its_place(name: str) -> None:
    files = {"values.yaml": VALUES, "templates/bomb.yaml": BOMBS[name], "templates/a.yaml": "a: 1\n"}
    before, start = _peak(), time.process_time()
    found = rendered(files)
    assert time.process_time() - start < 10
    assert _peak() - before < 600_000
    assert {problem.name for problem in found.problems} == {"not-analysed"}
    assert found.problems[0].location.path == ("c/values.yaml" if name == "by tpl" else "c/templates/bomb.yaml")
    assert len(found.problems) <= 2


def test_what_is_left_goes_on() -> None:
    files = {"templates/bomb.yaml": BOMBS["itself"], "templates/a.yaml": "a: 1\n", "templates/z.yaml": "z: 1\n"}
    assert [plain(document.root) for document in rendered(files).documents] == [{"a": 1.0}, {"z": 1.0}]


def test_values_that_are_no_yaml() -> None:
    found = rendered({"values.yaml": "a: [\n", "templates/a.yaml": "a: 1\n"})
    assert [problem.location.path for problem in found.problems] == ["c/values.yaml"]
    assert not found.documents


@pytest.mark.parametrize("text", ["", "- a\n", "name: [x]\n", "{{ x }}", "\x00", "a: &a [*a]\n"])
def test_chart_that_is_none(text: str) -> None:
    found = rendered({"Chart.yaml": text, "templates/a.yaml": "a: 1\n"})
    assert [problem.location.path for problem in found.problems] == ["c/Chart.yaml"]


def test_charts_in_charts_without_end() -> None:
    files = {"templates/a.yaml": "a: 1\n"}
    for depth in range(1, 60):
        files["charts/s/" * depth + "Chart.yaml"] = "name: s\nversion: 1.0.0\n"
    found = rendered(files)
    assert found.problems
    assert len(found.documents) == 1


def _archive(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return out.getvalue()


def test_archive_is_read_in_memory() -> None:
    packed = _archive(
        {
            "sub/Chart.yaml": b"name: sub\nversion: 1.0.0\n",
            "sub/values.yaml": b"v: 1\n",
            "sub/templates/a.yaml": b'v: {{ .Values.v }}\nf: {{ .Files.Get "../../../../etc/passwd" | quote }}\n',
            "sub/../../evil.yaml": b"evil: 1\n",
        },
        {"sub/templates/link.yaml": "/etc/passwd"},
    )
    found = rendered({"charts/sub-1.0.0.tgz": packed})
    assert [plain(document.root) for document in found.documents] == [{"v": 1.0, "f": ""}]
    assert found.documents[0].root.location.path == "c/charts/sub-1.0.0.tgz/templates/a.yaml"


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"no tar"), gzip.compress(b"\0" * 20_000_000) * 5, _archive({"sub/x": b"1"})[:-20]],
    ids=["empty", "no gzip", "no tar", "a bomb", "cut off"],
)
def test_archive_that_is_none(data: bytes) -> None:
    start = time.process_time()
    found = rendered({"charts/sub-1.0.0.tgz": data, "templates/a.yaml": "a: 1\n"})
    assert time.process_time() - start < 5
    assert found.problems
    assert len(found.documents) == 1
