"""What templates print, compared with Helm itself, and with what it printed when this was last updated."""

import json
from pathlib import Path

import pytest

from helm_support import documents, helm_template, plain, rendered

RECORDED = Path(__file__).with_name("helm_recorded.json")

VALUES = """
str: hello world
empty: ""
num: 1000000
small: 3
float: 1.5
tiny: 0.00001
big: 123456789012345678901234567890
octal: 0777
yes: 1
flag: true
off_: no
nothing: null
date: 2001-01-01
list: [a, b, 3, null, true]
numbers: [3, 1, 2]
map: {b: 1, a: {c: [x, y]}, d: ""}
text: |
  one
  two
quoted: 'it''s "quoted"'
uni: "häß"
long: the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog the quick brown fox
special: "a: b # c"
multi: "a\\nb\\n\\n"
spaces: "  x  "
tab: "a\\tb"
keys: {"1": a, "10": b, "2": c, "true": d, a1: e, a10: f, a2: g, A: h, _x: i, "a b": j, "": k}
odd: ["yes", "1", "1.5", "null", "~", "", "0x1F", "1e3", "-", "- a", "#x", "a:", "a: b", "@x", "x ", "<<", "2001-01-01",
  "1:30", "'x'", "{a}", "[b]", "*x", "&x", "!x", "%x", "|", ">", "?", "? a", "a #b", "a#b", "---", "..", "...", "=", "y", "on"]
"""

SNIPPETS = r"""
.Values.str ;; .Values.num ;; .Values.float ;; .Values.tiny ;; .Values.big ;; .Values.octal ;; .Values.flag ;; .Values.date
.Values.list ;; .Values.map ;; .Values.missing ;; .Values.text ;; .Values.uni
.Values.num | quote ;; .Values.str | quote ;; .Values.quoted | quote ;; .Values.uni | quote ;; .Values.tab | quote
.Values.list | quote ;; .Values.nothing | quote ;; .Values.missing | quote ;; quote .Values.str .Values.num
.Values.num | squote ;; .Values.str | squote ;; .Values.nothing | squote
.Values | toJson ;; .Values.map | toJson ;; .Values.quoted | toJson ;; .Values.keys | toJson ;; .Values.special | toJson
.Values | toYaml ;; .Values.odd | toYaml ;; .Values.keys | toYaml ;; .Values.long | toYaml ;; .Values.multi | toYaml
dict "a" .Values.long "b" (list .Values.long (dict "c" .Values.text)) | toYaml ;; .Values.text | toYaml
.Values.map | toPrettyJson ;; .Values.special | toRawJson ;; "<a>&b" | toJson ;; "<a>&b" | toRawJson ;; toYamlPretty .Values.map
.Values.text | indent 4 ;; .Values.text | nindent 2 ;; "" | nindent 2 ;; indent 0 "a\nb"
.Values.str | upper ;; .Values.str | title ;; .Values.str | trunc 5 ;; .Values.str | trunc -5 ;; .Values.str | trunc 50
.Values.spaces | trim | quote ;; "xxayxx" | trimAll "x" ;; "hello" | trimSuffix "lo" ;; "hello" | trimPrefix "he"
"hello" | trimSuffix "" ;; "hello" | replace "l" "L" ;; "hello" | replace "z" "L" ;; "a b c" | nospace ;; "ab" | repeat 3
"hello world foo" | initials ;; "FirstName" | untitle ;; "Hello" | swapcase ;; "hello" | abbrev 4 ;; "hello there" | abbrev 6
"hello world" | contains "wor" ;; "hello" | hasPrefix "he" ;; "hello" | hasSuffix "lo" ;; substr 1 3 "hello" ;; substr -1 3 "hello"
plural "one" "many" 1 ;; plural "one" "many" 2 ;; cat "a" 1 nil "b" ;; "aXbXc" | splitList "X" ;; ("aXbXc" | split "X")._1
("aXbXc" | splitn "X" 2)._1 ;; join "," .Values.list ;; join "-" "abc" ;; .Values.list | toStrings ;; wrap 5 "hello world foo"
wrapWith 5 "-" "hello world foo bar" ;; "hello" | b64enc ;; "aGVsbG8=" | b64dec ;; "hello" | b32enc ;; "NBSWY3DP" | b32dec
"hello" | sha256sum ;; "hello" | sha1sum ;; "hello" | adler32sum ;; "hello" | sha512sum
.Values.small | int ;; .Values.str | int ;; "12" | int ;; "12.0" | int ;; "12.5" | int ;; "0x10" | int ;; "010" | int ;; "08" | int
.Values.float | int ;; true | int ;; "1.5" | float64 ;; .Values.num | int64 ;; .Values.big | int64 ;; "abc" | atoi
"12" | atoi ;; 7 | toDecimal ;; "0777" | toDecimal ;; add 1 2 3 ;; add 1.7 "2" ;; sub 5 7 ;; mul 3 4 5 ;; div 7 2 ;; div -7 2
mod -7 2 ;; mod 7 -2 ;; add1 5 ;; max 1 5 3 ;; min 1 5 3 ;; maxf 1.5 2 ;; minf 1.5 2 ;; floor 1.7 ;; ceil 1.2 ;; round 1.255 2
round 2.5 0 ;; round 123.456 1 ;; addf 1.1 2.2 ;; subf 1.1 0.1 ;; mulf 1.1 3 ;; divf 1 3 ;; add1f 1.5 ;; until 5 ;; until 3.0 ;; until -3
untilStep 0 10 3 ;; untilStep 10 0 -3 ;; seq 5 ;; seq 2 5 ;; seq 0 2 10 ;; seq 5 1 ;; seq 3 -1 1
list 1 2 3 | first ;; list 1 2 3 | last ;; list 1 2 3 | rest ;; list 1 2 3 | initial ;; list | first ;; list 1 2 | reverse
list 1 2 1 "1" | uniq ;; without (list 1 2 3) 2 ;; has 2 (list 1 2) ;; has "x" .Values.list ;; list 0 1 "" "a" nil | compact
append (list 1) 2 ;; prepend (list 1) 2 ;; concat (list 1) (list 2 3) ;; concat (list) (list) | toJson ;; slice (list 1 2 3 4) 1 3
chunk 2 (list 1 2 3) ;; list "b" "a" 3 | sortAlpha ;; .Values.numbers | sortAlpha ;; tuple 1 2 ;; list | toYaml ;; rest (list) | toJson
dict "a" 1 "b" 2 ;; dict "a" ;; get .Values.map "b" ;; get .Values.map "x" | quote ;; hasKey .Values.map "b" ;; hasKey .Values "nothing"
keys .Values.map | sortAlpha ;; values (dict "a" 1) ;; pick .Values.map "a" "b" ;; omit .Values.map "a" ;; pluck "b" .Values.map (dict "b" 2)
dig "a" "c" "none" .Values.map ;; dig "a" "z" "none" .Values.map ;; set (dict "a" 1) "b" 2 ;; unset (dict "a" 1 "b" 2) "a"
merge (dict "a" 1) (dict "a" 2 "b" 3) ;; mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3) ;; merge (dict "a" (dict "x" 1)) (dict "a" (dict "y" 2))
merge (dict "a" "" "b" 0 "c" false) (dict "a" 1 "b" 2 "c" true) ;; mergeOverwrite (dict "a" 1) (dict "a" "" ) ;; deepCopy .Values.map
mergeOverwrite (dict "a" (list 1)) (dict "a" (list)) ;; merge (dict "a" (list)) (dict "a" (list 1)) ;; mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" "x")
default "x" .Values.empty ;; default "x" .Values.flag ;; default "x" 0 ;; default "x" .Values.missing ;; empty 0 ;; empty "0" ;; empty .Values.list
coalesce 0 "" nil "a" "b" ;; ternary "y" "n" true ;; ternary "y" "n" false ;; all 1 "a" ;; all 1 "" ;; any 0 "" ;; any 0 1 ;; all ;; any
typeOf .Values.num ;; typeOf .Values.str ;; typeOf .Values.list ;; typeOf .Values.map ;; typeOf 1 ;; typeOf (int64 1) ;; typeOf nil ;; typeOf .Values
typeOf (splitList "," "a") ;; typeOf (split "," "a") ;; typeOf (until 2) ;; typeOf 1.5 ;; typeOf true ;; kindOf .Values.num ;; kindOf .Values.list
kindIs "map" .Values.map ;; kindIs "slice" (list) ;; kindIs "string" .Values.str ;; typeIs "string" .Values.str ;; kindOf nil ;; kindIs "invalid" .Values.missing
deepEqual (list 1) (list 1) ;; deepEqual (list 1) (list "1") ;; deepEqual (dict "a" 1) (dict "a" 1) ;; deepEqual 1 (int64 1)
regexMatch "^a.c$" "abc" ;; regexFind "[0-9]+" "ab12cd34" ;; regexFindAll "[0-9]+" "ab12cd34" -1 ;; regexFindAll "x" "ab" -1 | toJson
regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" ;; regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" ;; regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}"
regexSplit "z+" "pizza" -1 ;; regexSplit "z" "pizza" 1 ;; regexQuoteMeta "1.2.3" ;; regexReplaceAll "" "abc" "-" ;; regexMatch "(?i)ABC" "xabcx"
regexReplaceAll "[^a-z0-9-]+" "Hello World_1" "-" ;; regexFind "(a|ab)(c|bcd)" "abcd" ;; regexMatch "\\bfoo\\b" "a foo b" ;; regexFind "a{2,3}?" "aaaa"
regexReplaceAll "\\W+" "a.b/c" "-" ;; regexSplit "," "" -1 | toJson ;; regexReplaceAll "(?P<x>b)" "abc" "[$x]" ;; regexFind "^[[:alpha:]]+" "ab1"
semverCompare ">=1.2.0" "1.3.0" ;; semverCompare "^1.2" "2.0.0" ;; semverCompare "~1.2.3" "1.2.9" ;; semverCompare ">=1.19-0" "v1.37.0" ;; semverCompare "1.x || 3.x" "3.1.0"
semverCompare "<1.25.0-0" "1.24.9" ;; semverCompare ">1.2" "1.2.5" ;; semverCompare "1.2 - 1.4" "1.4.0" ;; semverCompare "!=1.2" "1.2.5" ;; semverCompare ">=1.0.0" "1.5.0-rc1"
(semver "1.2.3-a.1+b").Minor ;; (semver "v1.2.3-a").Prerelease ;; semver "1.2" ;; semver "v1.2.3-a+b" ;; (semver "1.2.3").Original
printf "%s-%d" "a" 5 ;; printf "%v %v %v" 1.5 true nil ;; printf "%05d|%-5s|%5s|%x|%X|%o|%b" 42 "ab" "cd" 255 255 8 5 ;; printf "%q" "a\"b"
printf "%d" "x" ;; printf "%s" 5 ;; printf "%s" 1.5 ;; printf "%d" 1.5 ;; printf "%s" nil ;; printf "%v" .Values.map ;; printf "%s" .Values.list
printf "%.2f|%f|%e|%g|%6.1f" 1.234 1.5 1000.0 1e21 2.25 ;; printf "%t" true ;; printf "%c" 65 ;; printf "%U" 65 ;; printf "%%" ;; printf "%d %d" 1
printf "%d" 1 2 ;; printf "%!" ;; printf "%z" 1 ;; printf "%+d" 5 ;; printf "% d" 5 ;; printf "%#x" 255 ;; printf "%*d" 5 42 ;; printf "%T" 1 ;; printf "%5.1s|" "abc"
printf "%v" 1e6 ;; printf "%v" 123456.0 ;; printf "%v" 1e20 ;; printf "%v" (list 1.0 2.5e10) ;; print 1 2 "a" 3 4 ;; print "a" "b" ;; print nil 1 ;; println 1 "a"
eq 1 1 ;; eq "a" "b" "a" ;; ne 1 2 ;; lt 1 2 ;; gt 2 1 ;; le 1 1 ;; ge 1 2 ;; eq .Values.missing "x" ;; ne .Values.missing "x" ;; eq nil nil ;; lt "a" "b" ;; eq (int64 1) 1
and 1 0 2 ;; or 0 "" "x" ;; and true "a" ;; or 0 nil ;; not 1 ;; not "" ;; and .Values.missing .Values.missing.foo ;; or "x" (fail "no") ;; len "häß" ;; len .Values.list ;; len .Values.map
index .Values.list 1 ;; index .Values.map "a" "c" 0 ;; index .Values "missing" ;; index "abc" 1 ;; (index .Values.list 2) ;; html "<a>&'\"" ;; urlquery "a b&c/d"
base "/a/b.c" ;; dir "/a/b.c" ;; dir "a" ;; ext "/a/b.c" ;; clean "/a/../b//c" ;; isAbs "/a" ;; base "" ;; dir "" ;; clean ""
fromYaml "a: 1\nb: [x, yes]" ;; fromYaml "a: 010\nb: 1.0" | toJson ;; fromYamlArray "[1, a]" ;; fromJson "{\"a\": 1}" ;; fromJsonArray "[1]" ;; fromYaml "" ;; fromYaml "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}"
(fromYaml "<<: {a: 1, b: 2}\na: 3") | toJson ;; (fromYaml "a: 3\n<<: {a: 1, b: 2}") | toJson ;; (fromYaml "y: 1\non: 2\n1: 3\n1.5: 4") | toJson ;; fromToml "a = 1\n[b]\nc = 'x'"
.Release.Name ;; .Release.Namespace ;; .Release.Service ;; .Release.IsInstall ;; .Release.Revision ;; .Chart.Name ;; .Chart.Version ;; .Chart.AppVersion ;; .Chart.IsRoot ;; .Template.Name ;; .Template.BasePath
.Capabilities.KubeVersion ;; .Capabilities.KubeVersion.Major ;; .Capabilities.KubeVersion.Minor ;; .Capabilities.APIVersions.Has "apps/v1" ;; .Capabilities.APIVersions.Has "x/v1" ;; .Capabilities.KubeVersion.GitVersion ;; .Capabilities.HelmVersion.Version
.Files.Get "f.txt" ;; .Files.Get "nope" | quote ;; (.Files.Glob "d/*").AsConfig ;; (.Files.Glob "d/*").AsSecrets ;; .Files.Lines "f.txt" ;; len (.Files.Glob "**.txt") ;; .Files.Get "templates/a.yaml" | quote ;; .Files.Get "../x" | quote
lookup "v1" "Pod" "a" "b" ;; tpl "{{ .Values.str }}-x" . ;; tpl "no" . ;; include "named" . ;; include "named" . | upper ;; (include "named" .) | trunc 3 ;; required "x" .Values.str ;; getHostByName "localhost" | quote ;; hello
1_000 ;; 0x1F ;; 0b11 ;; 0o17 ;; 'a' ;; 1e3 ;; .5 ;; -3 ;; +3 ;; 017 ;; "\x41\u00e4\n" | quote ;; `raw\n` | quote ;; true ;; "a" | print "b" ;; (1 | printf "%d-%d" 2)
urlParse "http://u:p@h:80/p?q=1#f" | toJson ;; snakecase "FirstName" ;; snakecase "HTTP20xOK" ;; snakecase "GO PATH" ;; kebabcase "Bld4Floor3rd" ;; kebabcase "http2xx.yAML" ;; urlJoin (dict "scheme" "http" "host" "h:80" "path" "/p" "query" "a=b" "fragment" "f" "userinfo" "u:p") ;; kebabcase "HelloWorld" ;; camelcase "hello_world" ;; camelcase "foo-bar" ;; camelcase "HTTPServer_XOk" ;; camelcase "__a__b " ;; title "a-b c.d e_f"
.Values.keys | keys | sortAlpha ;; .Values.odd | join "," ;; list "a" | has "a" ;; dict "x" nil | toYaml ;; (dict "x" nil).x | quote ;; list nil | toJson ;; list (list) (dict) | toYaml ;; dict "a" (list (list 1 2) (dict "b" (list))) | toYaml
"""

BLOCKS = [
    "{{ if .Values.str }}a{{ else }}b{{ end }}",
    "{{ if .Values.missing }}a{{ else if .Values.flag }}b{{ else }}c{{ end }}",
    "{{ with .Values.map }}{{ .b }}{{ $.Values.str }}{{ else }}x{{ end }}",
    "{{ with .Values.missing }}a{{ else with .Values.str }}{{ . }}{{ end }}",
    "{{ range .Values.list }}[{{ . }}]{{ end }}",
    "{{ range $i, $v := .Values.list }}{{ $i }}={{ $v }};{{ end }}",
    "{{ range $k, $v := .Values.keys }}{{ $k }}={{ $v }};{{ end }}",
    "{{ range .Values.missing }}a{{ else }}none{{ end }}",
    "{{ range $i := until 5 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if eq $i 3 }}{{ break }}{{ end }}{{ $i }}{{ end }}",
    "{{ range 3 }}{{ . }}{{ end }}",
    "{{ $x := 1 }}{{ range until 3 }}{{ $x = add $x . }}{{ end }}{{ $x }}",
    "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
    "a {{- /* comment */ -}} b",
    "{{- $x := dict -}}{{- $_ := set $x \"a\" 1 -}}{{ $x }}",
    '{{ template "l" .Values.str }}{{ block "m" .Values.num }}<{{ . }}>{{ end }}',
    "{{ with $v := .Values.str }}{{ $v }}{{ end }}",
    "{{ .Values.text | nindent 4 }}",
    '{{ $m := merge (dict) .Values.map }}{{ $_ := set $m "z" 1 }}{{ hasKey .Values.map "z" }}',
    "{{ ((.Values.missing).x).y }}",
    "{{ $n := .Values.missing }}{{ $n.foo }}",
    '{{ range $k, $v := .Files.Glob "d/*" }}{{ $k }}={{ $v | toString }};{{ end }}',
    "{{/* c */}}{{ .Values.str }}{{- \"x\" }} {{ \"y\" -}}   z",
    '{{ if and .Values.str (eq .Values.str "hello world") }}yes{{ end }}',
    "{{ if not (has \"q\" .Values.list) }}no{{ end }}",
    "{{ if or (not .Values.flag) .Values.small }}{{ .Values.small }}{{ end }}",
    "{{ $.Values.str }}{{ $.Release.Name }}",
    '{{ $l := splitList "," "c,a,b" }}{{ $s := sortAlpha $l }}{{ $l }}{{ $s }}',
    '{{ $l := list "c" "a" }}{{ $s := sortAlpha $l }}{{ $l }}{{ $s }}',
    "{{ (dict \"a\" (dict \"b\" 5)).a.b }}",
    "{{ range $a := list 1 2 }}{{ range $b := list 3 4 }}{{ $a }}{{ $b }} {{ end }}{{ end }}",
]  # fmt: skip

FILES = {
    "values.yaml": VALUES,
    "templates/_h.tpl": '{{ define "named" }}hi {{ .Values.str }}{{ end }}{{ define "l" }}({{ . }}){{ end }}',
    "f.txt": "line 1\nline 2\n",
    "d/a.conf": "x = 1\n",
    "d/b.conf": "y: 2",
}


def _expressions() -> list[str]:
    found = []
    for line in SNIPPETS.strip().splitlines():
        found += [f"{{{{ {part} }}}}" for part in line.split(" ;; ")]
    return found


def _template(bodies: list[str]) -> str:
    """One JSON text per body, so that each character that is printed counts."""
    lines = [f'{{{{ define "t.{at}" }}}}{body}{{{{ end }}}}' for at, body in enumerate(bodies)]
    lines += [f't{at}: {{{{ include "t.{at}" . | toJson }}}}' for at in range(len(bodies))]
    return "\n".join(lines) + "\n"


def _bodies() -> tuple[list[str], dict[str, str]]:
    bodies = [*_expressions(), *BLOCKS]
    return bodies, {**FILES, "templates/t.yaml": _template(bodies)}


def _wrong(bodies: list[str], expected: dict[str, object], actual: object) -> list[tuple[str, object, object]]:
    assert isinstance(actual, dict)
    pairs = [(body, actual.get(f"t{at}"), expected.get(body)) for at, body in enumerate(bodies)]
    return [each for each in pairs if each[1] != each[2]]


def test_prints_what_helm_printed() -> None:
    bodies, files = _bodies()
    ours = rendered(files)
    assert not ours.problems, ours.problems
    assert not _wrong(bodies, json.loads(RECORDED.read_text("utf-8")), plain(ours.documents[0].root))


def test_prints_what_helm_prints(tmp_path: Path, update: bool) -> None:
    bodies, files = _bodies()
    found = helm_template(tmp_path, files)
    assert found.returncode == 0, found.stderr
    theirs = documents(found.stdout)[0]
    assert isinstance(theirs, dict)
    expected = {body: theirs[f"t{at}"] for at, body in enumerate(bodies)}
    if update:
        RECORDED.write_text(json.dumps(expected, indent=0, ensure_ascii=False) + "\n", "utf-8")
    ours = rendered(files)
    assert not _wrong(bodies, expected, plain(ours.documents[0].root))
    assert expected == json.loads(RECORDED.read_text("utf-8"))


ERRORS = [
    ".Values.missing.foo", "trunc 5 1", 'trunc .Values.small "abc"', 'fail "no"', 'required "no" .Values.missing',
    "eq .Values.num 1", "lt 1 2.5", 'lt 1 "a"', "len 1", "index .Values.list 9", "index nil 1", 'index .Values.list "a"',
    "div 1 0", 'include "nope" .', "hasKey .Values.missing \"x\"", "nindent 1.5 \"x\"", "upper 1", "nope", ".Values.str.x",
    '.Values.str "a"', "dig 1 2", "nindent (add 1 1) \"x\"", "until 3.5", "eq (list 1) (list 1)", 'ternary 1 2 "x"',
    "append nil 1", "first nil", 'first "abc"', "concat (list 1) nil", 'regexMatch "(" "x" | fail', "repeat -1 \"a\"",
    'semver "abc"', "range 1", "if", "1 | .Values.str", "keys .Values.missing", 'get nil 1',
    'index .Values.map 1', "substr 3 1 \"abc\"", 'regexFind "a**" "a"', 'regexFind "(?=a)" "a"', "slice (list 1) 0 5",
]  # fmt: skip


@pytest.mark.parametrize("expression", ERRORS)
def test_refuses_what_helm_refuses(expression: str, tmp_path: Path) -> None:
    files = {**FILES, "templates/t.yaml": f"v: {{{{ {expression} }}}}\n"}
    assert helm_template(tmp_path, files).returncode != 0
    ours = rendered(files)
    assert [problem.name for problem in ours.problems] == ["not-analysed"]
    assert not ours.documents
