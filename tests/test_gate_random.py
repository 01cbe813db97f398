"""The gate on random repositories and random changes of them: what only adds danger is never greener, what is harmless is."""

import random
from pathlib import Path

import pytest

from gitrepo import Outcome, Repo

Tree = dict[str, str | None]
SEEDS = range(10)
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop}}
spec:
  automountServiceAccountToken: false
  containers:
    - name: main
      image: registry.example.org/{name}:1.2.3
      securityContext: {{runAsUser: 1000, privileged: {privileged}}}
"""
DOCKERFILE = "FROM registry.example.org/base:1.2.3\nRUN make {name}\nUSER {user}\n"
CHART = "apiVersion: v2\nname: {name}\nversion: 0.1.0\n"


def service(name: str, body: str) -> str:
    return f"  {name}:\n    image: registry.example.org/{name}:1.2.3\n    user: '1000'\n{body}"


class World:
    """A repository as a list of things, each with what is bad about it; written in one of several ways."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.services = {f"s{n}": chance.random() < 0.4 for n in range(chance.randint(1, 4))}
        self.pods = {f"p{n}": chance.random() < 0.4 for n in range(chance.randint(1, 4))}
        self.images = {f"i{n}": chance.random() < 0.4 for n in range(chance.randint(1, 3))}
        self.overlays = {f"o{n}": chance.random() < 0.4 for n in range(chance.randint(0, 2))}
        self.base_is_bad = chance.random() < 0.3
        self.split = chance.random() < 0.5
        self.noise = ""

    def copy(self) -> "World":
        made = World.__new__(World)
        made.__dict__ = {key: dict(value) if isinstance(value, dict) else value for key, value in vars(self).items()}
        return made

    def files(self) -> Tree:
        found: Tree = {"README.md": f"# Things{self.noise}\n"}
        text = "services:\n"
        for name, bad in self.services.items():
            text += service(name, "    privileged: true\n" if bad else "")
        for name in self.images:
            text += f"  b{name}:\n    build: {name}\n"
            found[f"{name}/Dockerfile"] = DOCKERFILE.format(name=name, user="root" if self.images[name] else "1000")
        found["compose.yaml"] = text + self.noise
        pods = {name: POD.format(name=name, privileged=str(bad).lower()) for name, bad in self.pods.items()}
        if self.split:
            found |= {f"k8s/{name}.yaml": pod + self.noise for name, pod in pods.items()}
        else:
            found["k8s/all.yaml"] = "---\n".join(pods.values()) + self.noise
        if self.overlays:
            found["kustomize/base/app.yaml"] = POD.format(name="app", privileged=str(self.base_is_bad).lower())
            found["kustomize/base/kustomization.yaml"] = "resources: [app.yaml]\n"
            for name, bad in self.overlays.items():
                patch = "patches: [{patch: '- {op: add, path: /spec/hostPID, value: true}', target: {kind: Pod}}]\n"
                found[f"kustomize/{name}/kustomization.yaml"] = "resources: [../base]\n" + (patch if bad else "")
        return found

    def add_danger(self) -> str:
        """Make one thing worse, or add a bad one; what was done."""
        chance = self.chance
        kind = chance.choice(
            ["services", "pods", "images", "overlays"] if self.overlays else ["services", "pods", "images"]
        )
        things: dict[str, bool] = getattr(self, kind)
        clean = [name for name, bad in things.items() if not bad]
        fresh = f"{'x' * len(things)}{kind[0]}{len(things)}"
        name = chance.choice(clean) if clean and chance.random() < 0.6 else fresh
        things[name] = True
        return f"{kind}: {name}"

    def cure(self) -> None:
        for things in (self.services, self.pods, self.images, self.overlays):
            for name in [name for name, bad in things.items() if bad and self.chance.random() < 0.5]:
                things[name] = False

    def rename(self) -> None:
        """Give one thing another name, or write them in other files, in another order, with comments."""
        what = self.chance.choice(["service", "pod", "order", "split", "noise"])
        things = self.services if what == "service" else self.pods
        if what in ("service", "pod"):
            old = self.chance.choice(list(things))
            renamed = {("renamed" if name == old else name): bad for name, bad in things.items()}
            things.clear()
            things.update(renamed)
        elif what == "order":
            for each in (self.services, self.pods):
                items = list(each.items())
                self.chance.shuffle(items)
                each.clear()
                each.update(items)
        elif what == "split":
            self.split = not self.split
        else:
            self.noise = "\n# a word\n"


class Gate:
    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, base: World
    ) -> None:
        self.repo = Repo(folder)
        self.capsys, self.monkeypatch = capsys, monkeypatch
        self.start = self.put(base)

    def put(self, world: World) -> str:
        listed = self.repo.git("ls-files").splitlines()
        files = world.files()
        return self.repo.commit({**{path: None for path in listed if path not in files}, **files})

    def judge(self, base: str) -> Outcome:
        return self.repo.run(self.capsys, self.monkeypatch, "--gate", "--diff-base", base)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_adds_danger_is_never_green(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(random.Random(seed))
    gate = Gate(tmp_path, capsys, monkeypatch, world)
    assert gate.judge(gate.start).code == 0, "the base compared with itself"
    worse = world.copy()
    what = worse.add_danger()
    gate.put(worse)
    one = gate.judge(gate.start)
    assert one.code == 1, what
    worst = worse.copy()
    what = f"{what}, {worst.add_danger()}"
    gate.put(worst)
    both = gate.judge(gate.start)
    assert both.code == 1, what
    assert len(both.new) >= len(one.new), what


@pytest.mark.parametrize("seed", SEEDS)
def test_another_s_cure_explains_no_danger(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what is bad is cured in the same change that makes something else bad which was there."""
    world = World(random.Random(100 + seed))
    gate = Gate(tmp_path, capsys, monkeypatch, world)
    changed = world.copy()
    changed.cure()
    clean = [(things, name) for things in (changed.services, changed.pods, changed.overlays) for name in things
             if not things[name] and not getattr(world, _kind(changed, things))[name]]  # fmt: skip
    if not clean:
        pytest.skip("nothing here was clean before")
    things, name = random.Random(seed).choice(clean)
    things[name] = True
    gate.put(changed)
    assert gate.judge(gate.start).code == 1, name


def _kind(world: World, things: dict[str, bool]) -> str:
    return next(kind for kind in ("services", "pods", "overlays") if getattr(world, kind) is things)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_only_moves_is_green(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(random.Random(200 + seed))
    gate = Gate(tmp_path, capsys, monkeypatch, world)
    moved = world.copy()
    for _ in range(2):
        moved.rename()
    moved.cure()
    gate.put(moved)
    outcome = gate.judge(gate.start)
    assert outcome.code == 0, outcome.new


@pytest.mark.parametrize("seed", SEEDS)
def test_two_changes_are_not_greener_than_one(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What two changes bring one after the other is told by one of them, if a single one would tell it."""
    world = World(random.Random(300 + seed))
    gate = Gate(tmp_path, capsys, monkeypatch, world)
    first = world.copy()
    first.rename()
    first.cure()
    between = gate.put(first)
    step_one = gate.judge(gate.start).code
    second = first.copy()
    what = second.add_danger()
    gate.put(second)
    assert gate.judge(between).code == 1, what
    assert step_one == 0
    kind, _, name = what.partition(": ")
    if not getattr(world, kind).get(name):  # else it is as bad as it was
        assert gate.judge(gate.start).code == 1, what
