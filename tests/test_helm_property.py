"""Charts made up at random, compared with Helm itself."""

import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helm_support import documents, helm_template, plain, rendered

QUICK = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    phases=[Phase.generate],
)

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"]), max_size=12)
LINES = st.lists(st.sampled_from(["", "a", " b", "c ", "# d", "- e", "f: g", "'", '"', "\t"]), max_size=5).map(
    "\n".join
)
WORDS = st.lists(st.sampled_from(["word", "a", ":", "#", "-", "'", "{{", "longer-word-than-the-others"]), max_size=30)
STRINGS = TEXTS | LINES | WORDS.map(" ".join)
NUMBERS = st.integers(-(10**7), 10**7) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.text("abAB019_.- yn", min_size=1, max_size=6)
VALUES = st.recursive(
    STRINGS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PLAIN = st.text("0123456789abefnoxyEX.+-_:~TZ", min_size=1, max_size=8) | st.sampled_from(
    [
        "yes",
        "No",
        "ON",
        "y",
        "n",
        "true",
        "FALSE",
        "null",
        "~",
        "0x1F",
        "0o17",
        "017",
        "08",
        "0b11",
        "1_000",
        "1e3",
        "1E+3",
        ".5",
        "5.",
        "+.5",
        "-.inf",
        ".NaN",
        "1:30",
        "2001-01-01",
        "2001-13-01",
        "2001-01-01T10:00:00Z",
        "1e400",
        "0777",
        "00",
        "+12",
        "-0",
        "-0.0",
        "1__0",
        "0x",
        "0o8",
        "<<",
        "=",
        "12345678901234567890",
        "1.0",
        "1e-7",
    ]
)


def _both(files: dict[str, str]) -> tuple[list[object], list[object]]:
    """The documents that Helm prints, and ours."""
    with tempfile.TemporaryDirectory() as folder:
        found = helm_template(Path(folder), files)
    assert found.returncode == 0, found.stderr
    ours = rendered(files)
    assert not ours.problems, ours.problems
    return documents(found.stdout), [plain(document.root) for document in ours.documents]


@QUICK
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_values_are_written_as_helm_writes_them(values: list[object]) -> None:
    template = """
yaml: {{ toYaml .Values.v | toJson }}
json: {{ toJson .Values.v | toJson }}
pretty: {{ toPrettyJson .Values.v | toJson }}
printed: {{ printf "%v" .Values.v | toJson }}
indented: {{ toYaml .Values.v | nindent 4 | toJson }}
quoted: [{{ range .Values.v }}{{ quote . | toJson }},{{ squote . | toJson }},{{ end }}]
again: {{ fromYamlArray (toYaml .Values.v) | toJson }}
inside:
  {{- toYaml .Values.v | nindent 2 }}
"""
    theirs, ours = _both({"values.yaml": json.dumps({"v": values}, ensure_ascii=False), "templates/t.yaml": template})
    assert ours == theirs


@QUICK
@given(st.lists(PLAIN, min_size=1, max_size=60))
def test_plain_scalars_are_typed_as_helm_types_them(words: list[str]) -> None:
    lines = [
        f"  - {word}" for word in words if not word.endswith(":") and word not in ("-", "---") and ": " not in word
    ]
    files = {"values.yaml": "v:\n" + "\n".join(lines) + "\n", "templates/t.yaml": "v: {{ .Values.v | toJson }}"}
    with tempfile.TemporaryDirectory() as folder:
        found = helm_template(Path(folder), files)
    ours = rendered(files)
    if found.returncode:
        assert ours.problems
        return
    assert not ours.problems
    assert [plain(document.root) for document in ours.documents] == documents(found.stdout)


TABLES = st.recursive(
    st.integers(0, 3) | st.none() | st.booleans() | st.just([1]) | st.just("x"),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "c", "global", "sub", "alias"]), inner, max_size=4),
    max_leaves=8,
)
TABLE = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), TABLES, max_size=4)


@st.composite
def families(draw: st.DrawFn) -> dict[str, str]:
    """A chart with a subchart, the same again under an alias, and a subchart of that."""
    shown = "v: {{ .Values | toJson | quote }}\nc: {{ .Chart.Name }}\n"
    parent = {
        **draw(TABLE),
        "global": draw(TABLE),
        "sub": draw(TABLE),
        "alias": {**draw(TABLE), "on": draw(st.booleans())},
    }
    parent["tags"] = draw(st.dictionaries(st.sampled_from(["t", "u"]), st.booleans(), max_size=2))
    child = {**draw(TABLE), "global": draw(TABLE), "exports": {"e": draw(TABLE)}, "inner": draw(TABLE)}
    inner = {**draw(TABLE), "global": draw(TABLE)}
    imports = draw(st.sampled_from(["", "import-values: [e]", "import-values: [{child: a, parent: imported.x}]"]))
    chart = f"""
apiVersion: v2
name: c
version: 0.1.0
dependencies:
- name: sub
  version: ">=0.1.0"
  {imports or "tags: []"}
- name: sub
  version: 0.x
  alias: alias
  condition: alias.nope,alias.on
  tags: [t, u]
"""
    return {
        "Chart.yaml": chart,
        "values.yaml": json.dumps(parent),
        "user.yaml": json.dumps({**draw(TABLE), "sub": draw(TABLE), "global": draw(TABLE)}),
        "templates/t.yaml": shown,
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.2.0\n",
        "charts/sub/values.yaml": json.dumps(child),
        "charts/sub/templates/t.yaml": shown,
        "charts/sub/charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 0.3.0\n",
        "charts/sub/charts/inner/values.yaml": json.dumps(inner),
        "charts/sub/charts/inner/templates/t.yaml": shown,
    }


@settings(QUICK, max_examples=40)
@given(families())
def test_values_go_down_the_family_as_in_helm(files: dict[str, str]) -> None:
    from hullcheck.source import Source

    given_values = [Source("user.yaml", files["user.yaml"].encode())]
    with tempfile.TemporaryDirectory() as folder:
        user = Path(folder) / "user.yaml"
        user.write_text(files["user.yaml"])
        found = helm_template(Path(folder), files, "-f", str(user))
    ours = rendered(files, values=given_values)
    if found.returncode:
        assert ours.problems
        return
    assert not ours.problems
    assert [plain(document.root) for document in ours.documents] == documents(found.stdout)
