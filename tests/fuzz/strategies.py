"""Strategies of Hypothesis: repositories that are broken, and files that are grown from the words of right ones."""

from functools import cache

from hypothesis import strategies as st

from hullcheck.parse import cst

from .mutate import NAMES, mutated
from .odd import PLAIN, TAGGED, text_of
from .properties import Case
from .trees import seeds


@st.composite
def cases(draw: st.DrawFn, *, name: str = "") -> Case:
    """A fixture or a seed whose name has `name` in it, broken in one or a few ways."""
    seed = draw(st.sampled_from([seed for seed in seeds() if name in seed.name]))
    return Case(mutated(seed, seeds(), draw(st.randoms(use_true_random=False))), seed.tree)


@cache
def words() -> tuple[str, ...]:
    """The keys that the right files have."""
    found: dict[str, None] = {}
    for seed in seeds():
        for path, data in seed.tree.items():
            roots = cst.parse(text_of(data)) if path.endswith((".yaml", ".yml", ".json")) else None
            for node in (node for root in roots or () for node in root.walk() if node.kind == "mapping"):
                found.update(
                    dict.fromkeys(key.text for key, _ in node.pairs if key.kind == "scalar" and key.text.isprintable())
                )
    return tuple(found)


def _written(value: object) -> str:
    """Nested values as YAML of one line, scalars as they stand."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_written(held)}" for key, held in value.items()) + "}"
    return "[" + ", ".join(map(_written, value)) + "]" if isinstance(value, list) else str(value)


@st.composite
def grown(draw: st.DrawFn) -> Case:
    """Files whose names and keys are known, and whose shape and values are anything."""
    scalars = st.sampled_from([value for value in (*PLAIN, *TAGGED) if len(value) < 200])
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words()), inner, max_size=5),
        max_leaves=12,
    )
    documents = st.dictionaries(st.sampled_from(words()), values, min_size=1, max_size=6)
    heads = st.sampled_from(
        (
            "",
            "apiVersion: v1\nkind: Pod\n",
            "apiVersion: apps/v1\nkind: Deployment\n",
            "services:\n  web:\n    image: a\n",
        )
    )
    tree = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        head = draw(heads)
        lines = [f"{key!r}: {_written(value)}" for key, value in draw(documents).items()]
        tree[name] = (head + "\n".join(lines)).encode("utf-8", "surrogateescape") + b"\n"
    return Case(tree, tree)
