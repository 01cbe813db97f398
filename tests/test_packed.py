"""Parsed YAML that is kept, and nodes that are made when they are asked for: the same as those of the parser, one by one."""

import os
import pickle
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import joined_trees
from cached import MARGIN, run
from hullcheck import look, narrow, read
from hullcheck.cache import again, folder
from hullcheck.link import tree_index
from hullcheck.model import kept, node
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse import packed, yaml
from hullcheck.source import Source

pytestmark = pytest.mark.skipif(not folder.supported(), reason="nothing is kept there")

SEEDS = range(40) if os.environ.get("HULLCHECK_TEST_SLOW") else range(3)

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of few files all is kept, however short."""
    monkeypatch.setattr(read, "MANY", 1)
    monkeypatch.setattr(narrow, "LEAST", 0)
    monkeypatch.setattr(again, "MARGIN", MARGIN)
    for name in ("LEAST", "LONG", "SHORT"):
        monkeypatch.setattr(packed, name, 1)
    monkeypatch.setattr(yaml, "CHUNK", 3)
    yield
    assert yaml.KNOWN is None
    assert not look.LATER


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The texts that weren't parsed."""
    found: list[bytes] = []
    find = packed.Known.find

    def noted(self: packed.Known, text: str) -> tuple[bytes, packed.Made | None]:
        key, made = find(self, text)
        if made is not None:
            found.append(key)
        return key, made

    monkeypatch.setattr(packed.Known, "find", noted)
    return found


def store(tmp_path: Path) -> again.Store:
    return again.Store(str(tmp_path / "cache"), time.time_ns())


def known(tmp_path: Path, root: str = "/r") -> packed.Known:
    return packed.Known(store(tmp_path), root, sys.executable)


def parsed(text: str, where: packed.Known | None, spans: list[tuple[int, int]] | None = None) -> yaml.Documents:
    source = Source("x.yaml", text.encode("utf-8", "surrogatepass"))
    before, yaml.KNOWN = yaml.KNOWN, where
    try:
        return yaml.parse(source) if spans is None else yaml.parse_parts(source, spans)
    finally:
        yaml.KNOWN = before


def said(found: yaml.Documents) -> list[Any]:
    """All that documents and problems say, in their order; and that nodes are what they seem to be."""
    told: list[Any] = [
        (each.name, each.message, each.location.start, each.location.end, each.gap) for each in found.problems
    ]
    for document in found.documents:
        told.append(document.start)
        pending: list[Node | None] = [document.root]
        numbers: dict[int, int] = {}
        while pending:
            each = pending.pop()
            if each is None or id(each) in numbers:
                told.append(each if each is None else numbers[id(each)])
                continue
            numbers[id(each)] = len(numbers)
            plain_keys = node.has_plain_keys(each)
            told.append(_said(each))
            if isinstance(each, (Mapping, Sequence)):
                assert each.items is each.items
                assert type(each) in (Mapping, Sequence)
                assert not plain_keys or _has_plain_keys(each)
            if isinstance(each, Mapping):
                told.append([(name, key.start, value.start) for name, (key, value) in each.entries().items()])
                told.append([(one.start, other.start) for one, other in each.duplicates])
                pending += [part for pair in each.items for part in pair]
            elif isinstance(each, Sequence):
                pending += each.items
    return told


def _said(each: Node) -> tuple[Any, ...]:
    own: tuple[Any, ...] = ()
    if isinstance(each, Scalar):
        own = (each.text, each.style)
    elif isinstance(each, (Mapping, Sequence)):
        own = (each.flow, len(each.items), isinstance(each, Mapping) and each.gone)
    return (
        type(each), each.source.path, each.start, each.end, each.tag, each.size, each.depth, each.because, each.before, each.unknown, *own,
    )  # fmt: skip


def _has_plain_keys(top: Node) -> bool:
    """What the flag says, found out of the nodes."""
    pending, plain = [top], True
    while pending:
        each = pending.pop()
        if isinstance(each, Mapping):
            keys = [key.text for key, _ in each.items if isinstance(key, Scalar) and not key.tag]
            plain = plain and len(set(keys)) == len(each.items) and "<<" not in keys
            pending += [value for _, value in each.items]
        elif isinstance(each, Sequence):
            pending += each.items
    return plain


def every_way(text: str, tmp_path: Path, spans: list[tuple[int, int]] | None = None) -> list[list[Any]]:
    """What is said of a text that is parsed, one that is packed, and one that was kept and is read again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "LARGE", 1 << 30)
        found = [said(parsed(text, None, spans))]
        patch.setattr(yaml, "LARGE", 0)
        found.append(said(parsed(text, None, spans)))
    first = known(tmp_path)
    found.append(said(parsed(text, first, spans)))
    first.save()
    first.close()
    second = known(tmp_path)
    found.append(said(parsed(text, second, spans)))
    second.close()
    return found


def texts() -> list[Path]:
    return sorted(path for path in FIXTURES.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))


def test_all_that_is_written_here_comes_out_the_same(tmp_path: Path, hits: list[bytes]) -> None:
    first, paths = known(tmp_path), texts()
    assert len(paths) > 500
    before = {}
    for path in paths:
        text = path.read_bytes().decode("utf-8", "replace")
        before[text] = said(parsed(text, None))
        assert said(parsed(text, first)) == before[text], path
    first.save()
    first.close()
    hits.clear()
    second = known(tmp_path)
    for text, told in before.items():
        assert said(parsed(text, second)) == told
    second.close()
    assert len(hits) > 0.9 * len(before)


ODD = (
    "", "# nothing\n", "a", "- a\n- b: c\n", "a: 'x y'\nb: \"z\\n\"\nc: |\n  x\n  y\n\nd: >-\n  f\n  g\n", "{a: {b: [c, {d: e}]}}",
    "a: &x [1, 2]\nb: *x\n", "a: &x {b: c}\nd:\n  <<: *x\n  e: f\n", "a: {<<: {b: c}, d: e}\n", "a: 1\na: 2\nb: {c: 1, c: 2}\n",
    "? [a, b]\n: c\n? {d: e}\n: f\n", "{{ .Values.x }}: a\n", "a: {{ x }}\n", "a: !!str 1\nb: !reset [c]\nc: !x {d: e}\n!y k: v\n",
    "a: !!binary aGVsbG8=\nb: !!binary '%'\n", "a: b\n---\nc: [d\n---\ne: f\n", "---\n---\na: b\n...\n# c\n---\nd\n", "a: 😀\n'é': [\"\U0001f980\", b]\n",
    "a: b\r\nc:\r\n  - d\r\n  - e: |\r\n      f\r\n", "a:\n  b: c\n  # more\n\n\n\nd: e\n", "a: [nginx:1, a::]\n", "a: {image: nginx:1}\n---\nb: c\n",
    "a: \x07b\n", "a: \ue00f:b\n", "a: \ud800\n", "- - - a\n    - b\n", "a: {}\nb: []\nc:\nd: ''\n", "a:\n" + "\n" * 200 + "b: [c]\n" + " " * 100 + "\n",
    "[" * 260 + "]" * 260, "a: " + "{b: " * 249 + "c" + "}" * 249, "a: *b\n", "a: &a [*a]\n", "\ufeffa: b\n", "%YAML 1.1\n---\na: b\n",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_what_is_odd_comes_out_the_same(text: str, tmp_path: Path) -> None:
    first, *others = every_way(text, tmp_path)
    assert all(each == first for each in others)


def test_what_is_no_utf_8_comes_out_the_same(tmp_path: Path) -> None:
    source, first = Source("x.yaml", b"a: \xff\nb:\n  - c\x1c\n  - d: e\x1d\n"), known(tmp_path)
    plain = said(yaml.parse(source))
    yaml.KNOWN = first
    try:
        assert said(yaml.parse(source)) == plain
    finally:
        yaml.KNOWN = None
        first.close()


KEYS = st.sampled_from(["a", "b", "name", "<<", "'<<'", '"q r"', "é", "!t k", "? x", "[a]", "{a: b}", "0x1", "~"])
SCALARS = st.sampled_from(
    [
        "1",
        "",
        "x y",
        "'a''b'",
        '"\\u00e9\\n"',
        "!!int 3",
        "!x y",
        "a#b",
        "😀 z",
        "|\n{0}  b\n{0}   c",
        ">+\n{0}  b\n\n{0}  c\n",
        "{{{{ x }}}}",
        "c # d",
        "*n",
        "&n v",
    ]
)


@st.composite
def blocks(draw: st.DrawFn, indent: str = "") -> str:
    """Block and flow, nested, more or less as people write it, and wrong at times."""
    how = draw(st.sampled_from(["map", "map", "list", "flow", "scalar", "scalar"] if len(indent) < 8 else ["scalar"]))
    if how == "scalar":
        return " " + draw(SCALARS).format(indent) + "\n"
    if how == "flow":
        inner = ", ".join(
            f"{draw(KEYS)}: {draw(st.sampled_from(['1', '[a, b]', '{c: d}', 'e:f', '!t g']))}"
            for _ in range(draw(st.integers(0, 3)))
        )
        return f" {draw(st.sampled_from(['', '!u ', '&m ']))}{{{inner}}}\n"
    comment = draw(st.sampled_from(["", "", f"{indent}# said\n", "\n"]))
    parts = [
        f"{indent}{'- ' if how == 'list' else draw(KEYS) + ':'}{draw(blocks(indent + '  ')).lstrip(' ') if how == 'list' else draw(blocks(indent + '  '))}"
        for _ in range(draw(st.integers(1, 4)))
    ]
    start = "\n" if indent else ""
    return start + comment.join(parts)


@given(st.lists(blocks(), min_size=1, max_size=3), st.booleans())
def test_whatever_is_written_comes_out_the_same(
    tmp_path_factory: pytest.TempPathFactory, documents: list[str], windows: bool
) -> None:
    text = "---\n".join(documents)
    if windows:
        text = text.replace("\n", "\r\n")
    where = tmp_path_factory.mktemp("kept")
    first, *others = every_way(text, where)
    assert all(each == first for each in others)
    spans = [(0, len(text) // 2), (len(text) // 2, len(text))]
    first, *others = every_way(text, where, spans)
    assert all(each == first for each in others)


def test_a_part_of_a_text_has_its_own_places(tmp_path: Path) -> None:
    text = "a: b\n" * 3 + "c:\n  - d: [e]\n  - 'f'\n"
    first, *others = every_way(text, tmp_path, [(0, 5), (15, len(text))])
    assert all(each == first for each in others)
    alone, _ = parsed(text, None, [(15, len(text))])
    root = alone[0].root
    assert root is not None
    assert root.location.text == text[15:-1]


@pytest.mark.parametrize("what", [0, 1, 2, 3, 4, 5])
def test_a_spoilt_value_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: int) -> None:
    text = "a:\n  b: [1, 2, {c: d}]\n  e: 'f'\n"
    real = node.unpacked

    def spoilt(source: Source, values: node.Packed, base: int) -> Node:
        if len(values) <= 5:
            return real(source, values, base)
        each: Any = values[what]
        other = each ^ (3 if what == 0 else 1) if isinstance(each, int) else ()
        return real(source, (*values[:what], other, *values[what + 1 :]), base)

    plain = said(parsed(text, None))
    where = known(tmp_path)
    for module in (node, yaml):
        monkeypatch.setattr(module, "unpacked", spoilt)
    assert _said_or_not(parsed(text, where)) != plain
    where.close()


def _said_or_not(found: yaml.Documents) -> list[Any]:
    try:
        return said(found)
    except (AssertionError, ValueError):
        return []


def test_nothing_is_made_that_nobody_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = node._parts
    monkeypatch.setattr(node, "_parts", lambda each: (made.append(each.size), real(each))[1])
    text = "kind: x\nspec:\n" + "".join(f"  a{n}: {{b: [1, 2, 3], c: {{d: e}}}}\n" for n in range(100))
    first = known(tmp_path)
    root = parsed(text, first).documents[0].root
    assert root is not None
    assert node.as_str(root.get("kind")) == "x"  # type: ignore[attr-defined]
    spec = root.get("spec")  # type: ignore[attr-defined]
    assert (len(made), spec.size) == (1, 1 + 100 * 11)
    assert spec.get("a7").get("b").items[1].text == "2"
    assert len(made) == 4
    first.close()


def test_it_is_sent_to_another_process_packed(tmp_path: Path) -> None:
    text = "a: {b: [1, 2, 3, 4, 5]}\nc: [d, {e: f}]\n"
    first = known(tmp_path)
    found = parsed(text, first)
    again_ = pickle.loads(pickle.dumps(found))
    told = said(found)
    assert type(again_.documents[0].root) is not Mapping
    assert said(again_) == told
    assert said(pickle.loads(pickle.dumps(found))) == told
    other = parsed(text, first)
    assert other.documents[0].root is not None
    other.documents[0].root.unknown = "why"
    assert pickle.loads(pickle.dumps(other)).documents[0].root.unknown == "why"
    first.close()


def test_two_trees_of_the_same_are_alike_however_much_of_them_is_made(tmp_path: Path) -> None:
    first, source = known(tmp_path), Source("x.yaml", b"kind: a\nspec: {b: [1, 2, 3], c: {d: [e]}}\n")
    yaml.KNOWN = first
    try:
        one, other = (yaml.parse(source).documents[0].root for _ in range(2))
    finally:
        yaml.KNOWN = None
        first.close()
    assert isinstance(one, Mapping)
    assert isinstance(other, Mapping)
    node.plain(one)
    [same] = kept.settled((other,), (one,))
    assert same is one


# How it is kept


def kept_files(tmp_path: Path) -> list[Path]:
    """What is kept of parsed texts."""
    return [path for path in sorted((tmp_path / "cache").iterdir()) if b"marker" in path.read_bytes()]


def fill(tmp_path: Path, count: int = 5) -> list[str]:
    """Texts, and a file in which all of them are."""
    made = [f"marker: m{n}\nspec: [a, {{b: c{n}}}, d]\n" + "# more\n" * n for n in range(count)]
    first = known(tmp_path)
    for text in made:
        parsed(text, first)
    first.save()
    first.close()
    return made


def found_of(tmp_path: Path, wanted: Iterable[str]) -> int:
    """How many of the texts are known; all come out as they should."""
    where, count = known(tmp_path), 0
    for text in wanted:
        count += where.find(text)[1] is not None
        assert said(parsed(text, where)) == said(parsed(text, None))
    where.close()
    return count


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 255
    path.write_bytes(bytes(data))


DAMAGE: dict[str, tuple[Callable[[Path], object], bool]] = {
    "half of it": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), True),
    "most of it": (lambda path: path.write_bytes(path.read_bytes()[:100]), False),
    "its end": (lambda path: path.write_bytes(path.read_bytes()[:-5]), True),
    "nothing": (lambda path: path.write_bytes(b""), False),
    "other bytes at its end": (lambda path: flipped(path, -5), True),
    "other bytes in front": (lambda path: flipped(path, 3), False),
    "another table": (lambda path: flipped(path, 80), False),
    "a longer table": (lambda path: flipped(path, len(folder.MAGIC) + 20 + 20 + 6), False),
    "open to others": (lambda path: path.chmod(0o644), False),
    "a second name": (lambda path: os.link(path, f"{path}x"), False),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), False),
    "a link": (lambda path: (path.rename(f"{path}x"), path.symlink_to(f"{path}x")), False),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), False),
}


@pytest.mark.parametrize("how", [*DAMAGE])
def test_what_is_damaged_is_parsed(how: str, tmp_path: Path) -> None:
    texts_ = fill(tmp_path)
    assert found_of(tmp_path, texts_) == 5
    [path] = kept_files(tmp_path)
    spoil, some = DAMAGE[how]
    spoil(path)
    left = found_of(tmp_path, texts_)
    assert 0 < left < 5 if some else left == 0
    if how not in ("a folder",):
        fill(tmp_path)
        assert found_of(tmp_path, texts_) == 5


def test_bytes_changed_anywhere_never_make_another_tree(tmp_path: Path) -> None:
    texts_ = fill(tmp_path, 3)
    [path] = kept_files(tmp_path)
    whole, rng = path.read_bytes(), random.Random(1)
    for _ in range(60):
        flipped(path, rng.randrange(len(whole)))
        found_of(tmp_path, texts_)
        path.write_bytes(whole)
    assert found_of(tmp_path, texts_) == 3


def test_other_code_another_interpreter_and_another_tree_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts_ = fill(tmp_path)
    other = known(tmp_path, "/other")
    assert not len(other)
    other.close()
    with monkeypatch.context() as patch:
        patch.setattr(packed, "__version__", "0")
        assert found_of(tmp_path, texts_) == 0
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "0")
        assert found_of(tmp_path, texts_) == 0
    with monkeypatch.context() as patch:
        patch.setattr(again.Store, "made_by", lambda self, names: tuple(f"{name} 1" for name in names))
        assert found_of(tmp_path, texts_) == 0
    assert found_of(tmp_path, texts_) == 5


def test_two_at_once_leave_what_one_of_them_knew(tmp_path: Path) -> None:
    texts_ = fill(tmp_path)
    one, other = known(tmp_path), known(tmp_path)
    more, most = ("marker: one\n" + "# more\n" * 9, "marker: other\n" + "# more\n" * 9)
    for where, text in ((one, more), (other, most)):
        parsed(text, where)
    one.save()
    assert said(parsed(texts_[0], other)) == said(parsed(texts_[0], None))  # what it has opened is still there
    other.save()
    one.close()
    other.close()
    assert found_of(tmp_path, [*texts_, most]) == 6
    assert found_of(tmp_path, [more]) == 0


def test_a_full_disk_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts_ = fill(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
        fill(tmp_path, 9)
    assert found_of(tmp_path, texts_) == 5
    assert len(kept_files(tmp_path)) == 1


def test_it_has_a_bound_and_what_saves_most_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST", 1_500)
    texts_ = fill(tmp_path, 40)
    [path] = kept_files(tmp_path)
    assert path.stat().st_size < 6_000
    where = known(tmp_path)
    there = [where.find(text)[1] is not None for text in texts_]
    assert there[-1]
    assert there == sorted(there)
    count = sum(there)
    assert 0 < count < 30
    before = path.stat().st_ino
    assert where.find("marker: short\n")[0] == b""  # what is no longer than what was left out isn't packed for nothing
    where.save()
    where.close()
    assert path.stat().st_ino == before
    where = known(tmp_path)
    longer = "marker: long\n" + "# more\n" * 100
    parsed(longer, where)
    where.save()
    where.close()
    assert found_of(tmp_path, [longer]) == 1
    assert path.stat().st_size < 6_000


def test_what_nobody_asks_for_goes_in_time(tmp_path: Path) -> None:
    old = fill(tmp_path, 2)
    for number in range(packed.AGE + 1):
        where = known(tmp_path)
        parsed(old[1], where)
        parsed(f"marker: new{number}\n" + "# more\n" * 20, where)
        where.save()
        where.close()
    assert found_of(tmp_path, old) == 1
    assert found_of(tmp_path, old[1:]) == 1


def test_it_is_written_again_only_for_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LEAST", 100)
    texts_ = fill(tmp_path, 40)
    [path] = kept_files(tmp_path)
    before = path.stat().st_ino
    where = known(tmp_path)
    parsed("marker: " + "n" * 200 + "\n", where)  # an eighth of all would be more
    where.save()
    where.close()
    assert path.stat().st_ino == before
    assert found_of(tmp_path, texts_) == 40


def test_a_first_run_keeps_long_texts_and_the_next_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LONG", 1_000)
    long = "marker: long\n" + "# more\n" * 200
    for text, times in (("marker: short\n", 3), (long, 1)):
        for _ in range(times):
            where = known(tmp_path)
            parsed("marker: short\n", where)
            parsed(text, where)
            where.save()
            where.close()
        if text != long:
            assert not (tmp_path / "cache").exists()
    assert found_of(tmp_path, [long]) == 1
    assert found_of(tmp_path, ["marker: short\n"]) == 0
    fill(tmp_path, 9)
    assert found_of(tmp_path, [long, "marker: m1\nspec: [a, {b: c1}, d]\n# more\n"]) == 2


def test_many_short_texts_are_kept_by_the_second_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LONG", 1_000)
    monkeypatch.setattr(packed, "LEAST", 10)
    monkeypatch.setattr(packed, "MUCH", 100)
    texts_ = fill(tmp_path)
    assert found_of(tmp_path, texts_) == 0
    fill(tmp_path)
    assert found_of(tmp_path, texts_) == 5


# Whole runs


def written(tree: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("seed", "jobs"), [*((seed, "1") for seed in SEEDS), (99, "2")])
def test_output_is_the_same_with_it_and_without(
    seed: int, jobs: str, tmp_path: Path, hits: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_index, "LEAST", 1)
    tree, rng = tmp_path / "tree", random.Random(seed)
    files = {f"{n}/{path}": text for n in range(2) for path, text in joined_trees.Maker(10 * seed + n).tree().items()}
    files["crd.yaml"] = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\nspec:\n  group: b.c\n"
    )
    files["pod.yaml"] = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'x'}]}\n"
    written(tree, files)
    (tree / ".git").mkdir()
    found = set()
    for step in range(4):
        asked = (["--jobs", jobs], ["--jobs", jobs, "--output-format", "json"], ["--jobs", jobs, "pod.yaml"])
        for arguments in asked:
            plain = run(tree, tmp_path, *arguments, cache=False)
            assert run(tree, tmp_path, *arguments).same(plain), (step, arguments)
            found.add(plain.out)
        path = tree / rng.choice([path for path in files if path.endswith((".yaml", ".yml"))])
        path.write_text(
            f"{path.read_text()}\n# {step}\n" if step % 2 else files["pod.yaml"].replace("p}", f"p{step}}}")
        )
    assert len(found) > 1
    assert hits or jobs == "2"
    where = yaml.know(store(tmp_path), str(tree))
    assert where is not None
    assert len(where) > 5
    look.LATER.pop()()


def test_it_is_not_used_where_nothing_is_kept(tmp_path: Path, hits: list[bytes]) -> None:
    tree = tmp_path / "tree"
    written(tree, {f"{n}.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\n" for n in range(5)})
    (tree / ".git").mkdir()
    run(tree, tmp_path)
    written(tree, {"5.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\n"})
    run(tree, tmp_path)
    assert hits
    written(tree, {"6.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: r}\n"})
    hits.clear()
    run(tree, tmp_path, cache=False)
    run(tree, tmp_path, "--gate")
    assert not hits


def command(tree: Path, *arguments: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from hullcheck.cli import main; main(sys.argv[1:]); print('hullcheck.parse.packed' in sys.modules)"
    )
    found = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(found, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_one_file_by_itself_needs_none_of_it(tmp_path: Path) -> None:
    written(tmp_path, {"p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"})
    out, _ = command(tmp_path, "check", "p.yaml").communicate(timeout=60)
    assert out.endswith(b"False\n")


def test_runs_at_once_tell_what_one_tells(tmp_path: Path) -> None:
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    big = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata:\n" + "".join(
        f"  k{n}: {{v: '{n}'}}\n" for n in range(2_000)
    )
    pods = {
        f"{n}.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{hostPID: true}}\n"
        for n in range(30)
    }
    written(tree, {**pods, **{f"c{n}.yaml": big % n for n in range(12)}})
    (tree / ".git").mkdir()
    start = [sys.executable, "-I", "-m", "hullcheck", "check", "--output-format", "concise"]
    plain = subprocess.run([*start, "--no-cache", "."], cwd=tree, capture_output=True, check=False, timeout=120)
    assert b"host" in plain.stdout
    for round_ in range(2):
        written(tree, {"more.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: d{round_}}}\n"})
        begun = [
            subprocess.Popen([*start, "--cache-dir", str(cache), "."], cwd=tree, stdout=subprocess.PIPE)
            for _ in range(3)
        ]
        assert {each.communicate(timeout=120)[0] for each in begun} == {plain.stdout}
    size = max(path.stat().st_size for path in cache.iterdir())
    assert size > 100_000
    assert not [path for path in cache.iterdir() if path.name.endswith(".part")]
    subprocess.run(
        [sys.executable, "-I", "-m", "hullcheck", "clean", "--cache-dir", str(cache)], check=True, timeout=60
    )
    assert not cache.exists()
