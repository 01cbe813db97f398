"""Who has a fault: owners of their own where one line makes several things, and what is said of one is said of no other."""

from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck.cli import main
from judge import judge, named

ANCHOR = """\
x-b: &b
  image: "registry.example.org/y:1.2.3"
  privileged: true
services:
  a:
    <<: *b
{a}
  web:
    <<: *b
    ports: ["80:80"]
"""
BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  namespace: shop
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers:
        - name: app
          image: registry.example.org/app:1.2.3
          securityContext: {privileged: true}
"""
OVERLAY = "resources: [../base]\n"
QUIET = OVERLAY + "commonAnnotations:\n  hullcheck.dev/ignore.privileged: agents of the lab\n"


def privileged(folder: Path, files: dict[str, str], config: str = "") -> dict[str, bool]:
    """Who is privileged, and whether that is suppressed."""
    found = {}
    for finding in named(judge(folder, files, config), "privileged"):
        for one in (finding, *finding.also):
            found[f"{one.scope}: {one.owner}"] = one.suppression is not None
    return found


@pytest.mark.parametrize(
    ("ignore", "config", "suppressed"),
    [
        ("", "", False),
        ('    x-hullcheck: {ignore: {privileged: "an offline tool"}}', "", True),
        ("", 'suppress: [{checks: [privileged], object: services.a, reason: "offline"}]', True),
    ],
)
def test_what_one_service_ignores_counts_for_the_other_of_its_anchor(
    tmp_path: Path, ignore: str, config: str, suppressed: bool
) -> None:
    found = privileged(tmp_path, {"compose.yaml": ANCHOR.format(a=ignore)}, config)
    assert found == {"compose.yaml: services.a": suppressed, "compose.yaml: services.web": False}


def test_one_line_is_shown_once_with_everybody_whom_it_concerns(tmp_path: Path) -> None:
    text = ANCHOR.format(a="") + "".join(f"  s{n}: {{<<: *b}}\n" for n in range(4))
    (finding,) = named(judge(tmp_path, {"compose.yaml": text}), "privileged")
    assert finding.message.endswith("(also `s0`, `s1` and 3 more services)")
    assert {one.owner for one in finding.also} == {"services.web", *(f"services.s{n}" for n in range(4))}


@pytest.mark.parametrize(
    "said",
    [
        (
            'x-b: &b {image: "r.example.org/y:1.2.3", privileged: true, x-hullcheck: {ignore: {privileged: fine}}}\n'
            "services:\n  a: {<<: *b}\n  web: *b\n"
        ),
        (
            'services:\n  a: &b {image: "r.example.org/y:1.2.3", privileged: true, x-hullcheck: {ignore: [privileged]}}\n'
            "  web: *b\n"
        ),
        (
            'services:\n  a: {image: "r.example.org/y:1.2.3", privileged: true, x-hullcheck: {ignore: [privileged]}}\n'
            "  web: {extends: a}\n"
        ),
        (
            'services:\n  a: &b {image: "r.example.org/y:1.2.3", privileged: true, x-hullcheck: {ignore: [privileged]}}\n'
            "  web: {<<: *b, ports: ['80:80']}\n"
        ),
    ],
)
def test_an_ignore_does_not_travel(tmp_path: Path, said: str) -> None:
    assert privileged(tmp_path, {"compose.yaml": said})["compose.yaml: services.web"] is False


def test_an_ignore_in_a_fragment_is_told_to_be_of_no_use(tmp_path: Path) -> None:
    text = 'x-b: &b {privileged: true, x-hullcheck: {ignore: {privileged: fine}}}\nservices: {a: {<<: *b, image: "r.example.org/y:1"}}\n'
    result = judge(tmp_path, {"compose.yaml": text})
    assert named(result, "unused-suppression")


def test_a_service_of_an_included_file_says_it_for_itself(tmp_path: Path) -> None:
    files = {
        "compose.yaml": 'include: [tools.yaml]\nservices: {web: {image: "r.example.org/y:1.2.3"}}\n',
        "tools.yaml": 'services: {a: {image: "r.example.org/y:1.2.3", privileged: true, x-hullcheck: {ignore: [privileged]}}}\n',
    }
    assert privileged(tmp_path, files) == {"compose.yaml: services.a": True}


def test_the_laptop_does_not_speak_for_production(tmp_path: Path) -> None:
    files = {
        "compose.yaml": 'services: {web: {image: "r.example.org/y:1.2.3", privileged: true}, db: {image: "r.example.org/z:1.2.3"}}\n',
        "compose.dev.yaml": "services: {web: {x-hullcheck: {ignore: {privileged: laptops only}}}}\n",
    }
    found = privileged(tmp_path, files)
    assert found["compose.yaml: services.web"] is False
    assert found.get("compose.yaml + compose.dev.yaml: services.web", True) is True


@pytest.mark.parametrize("names", [("dev", "prod"), ("xdev", "aprod")])
def test_one_overlay_does_not_speak_for_another(tmp_path: Path, names: tuple[str, str]) -> None:
    dev, prod = names
    files = {
        "base/kustomization.yaml": "resources: [app.yaml]\n",
        "base/app.yaml": BASE,
        f"{dev}/kustomization.yaml": QUIET,
        f"{prod}/kustomization.yaml": OVERLAY,
    }
    owner = "Deployment/shop/app/app"
    assert privileged(tmp_path, files) == {f"{dev}: {owner}": True, f"{prod}: {owner}": False}


def test_comments_count_in_a_charts_values_and_in_templates(tmp_path: Path) -> None:
    template = BASE.replace("privileged: true", "privileged: {{ .Values.priv }}")
    files = {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "c/templates/app.yaml": template}
    files["c/values.yaml"] = 'priv: true # hullcheck: ignore[privileged] reason="it must"\n'
    assert set(privileged(tmp_path / "1", files).values()) == {True}
    files["c/values.yaml"] = "priv: true\n"
    files["c/templates/app.yaml"] = BASE.replace("app:1.2.3", "{{ .Values.image }}").replace(
        "          securityContext",
        '          {{- /* hullcheck: ignore[privileged] reason="it must" */}}\n          securityContext',
    )
    assert set(privileged(tmp_path / "2", files).values()) == {True}


def test_comments_count_in_a_patch(tmp_path: Path) -> None:
    clean = BASE.replace("          securityContext: {privileged: true}\n", "")
    patch = (
        "- op: add\n  path: /spec/template/spec/containers/0/securityContext\n"
        '  value:\n    privileged: true # hullcheck: ignore[privileged] reason="it must"\n'
    )
    files = {
        "k/kustomization.yaml": "resources: [app.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n",
        "k/app.yaml": clean,
        "k/p.yaml": patch,
    }
    assert set(privileged(tmp_path, files).values()) == {True}


TOOL = """\
services:
  tool:
    image: registry.example.org/tool:1.2.3
    user: "10001"
    privileged: true
    network_mode: none
    x-hullcheck: {ignore: {privileged: an offline tool}}
  idle:
    image: registry.example.org/idle:1.2.3
    user: "10001"
"""
TWO = "---\n".join(
    BASE.replace("name: app\n  namespace", f"name: {name}\n  namespace").replace("true", value)
    for name, value in (("a", "true"), ("b", "false"))
)
OTHER_TWO = TWO.replace("true", "TRUE").replace("false", "true").replace("TRUE", "false")
DEV = BASE.replace("name: app\n  namespace", "name: web\n  namespace")
SAFE = DEV.replace("true", "false")
COMPOSED = "services:\n  a: {{image: 'r.example.org/y:1.2.3', user: '1000', privileged: {a}}}\n  b: {{image: 'r.example.org/z:1.2.3', user: '1000', privileged: {b}}}\n"
KUSTOMIZED: dict[str, str | None] = {
    "base/kustomization.yaml": "resources: [app.yaml]\n", "base/app.yaml": BASE, "dev/kustomization.yaml": OVERLAY,
}  # fmt: skip

IMAGE = "FROM registry.example.org/base:1.2.3\nUSER {user}\nHEALTHCHECK NONE\n"
BUILT: dict[str, str | None] = {
    "app/Dockerfile": IMAGE.format(user="1000"),
    "dev/Dockerfile": IMAGE.format(user="root"),
    "compose.yaml": "services:\n  web: {build: app, image: web}\n  tool: {build: dev}\n",
}


def built(web: str, more: str = "") -> dict[str, str | None]:
    return {"compose.yaml": f"services:\n  web: {{build: {web}, image: web}}\n  tool: {{build: dev}}\n{more}"}


ATTACKS: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "a service that extends an accepted one": (
        {"compose.yaml": TOOL},
        {"compose.yaml": TOOL + '  web: {extends: tool, network_mode: !reset null, ports: ["80:80"]}\n'},
    ),
    "a service that extends it from another file": (
        {"compose.yaml": TOOL},
        {"web.yaml": "services: {web: {extends: {file: compose.yaml, service: tool}}}\n"},
    ),
    "a capability on a service that inherits an ignore": (
        {"compose.yaml": TOOL.replace("privileged: true", "cap_add: [SYS_ADMIN]").replace("{privileged:", "{dangerous-capability:")},
        {"compose.yaml": TOOL.replace("privileged: true", "cap_add: [SYS_ADMIN]").replace("{privileged:", "{dangerous-capability:")
         + "  web: {extends: tool, cap_add: [SYS_MODULE]}\n"},
    ),
    "a new overlay of a privileged base": (KUSTOMIZED, {"prod/kustomization.yaml": "resources: [../base]\nnamespace: prod\nnamePrefix: x-\n"}),
    "a new overlay with the same names": (KUSTOMIZED, {"prod/kustomization.yaml": OVERLAY}),
    "an object under a common annotation": (
        {"kustomization.yaml": QUIET.replace("../base", "app.yaml"), "app.yaml": BASE},
        {"kustomization.yaml": QUIET.replace("../base", "app.yaml, web.yaml"), "web.yaml": DEV},
    ),
    "a second user of a commented anchor": (
        {"compose.yaml": ANCHOR.format(a="").replace("  privileged", "  # hullcheck: ignore[privileged] reason=\"x\"\n  privileged")},
        {"compose.yaml": ANCHOR.format(a="").replace("  privileged", "  # hullcheck: ignore[privileged] reason=\"x\"\n  privileged")
         + "  more: {<<: *b}\n"},
    ),
    "from one object to another of the file": ({"two.yaml": TWO}, {"two.yaml": OTHER_TWO}),
    "from one service to another in flow style": (
        {"compose.yaml": COMPOSED.format(a="true", b="false")}, {"compose.yaml": COMPOSED.format(a="false", b="true")},
    ),
    "from dev to prod": ({"dev/web.yaml": DEV, "prod/web.yaml": SAFE}, {"dev/web.yaml": SAFE, "prod/web.yaml": DEV}),
    "from a deleted dev to prod": ({"dev/web.yaml": DEV, "prod/web.yaml": SAFE}, {"dev/web.yaml": None, "prod/web.yaml": DEV}),
    "a patch from dev's overlay to prod's": (
        {**KUSTOMIZED, "base/app.yaml": SAFE, "dev/kustomization.yaml": OVERLAY + "patches: [{path: p.yaml}]\n",
         "dev/p.yaml": DEV, "prod/kustomization.yaml": OVERLAY},
        {"dev/kustomization.yaml": OVERLAY, "dev/p.yaml": None, "prod/p.yaml": DEV,
         "prod/kustomization.yaml": OVERLAY + "patches: [{path: p.yaml}]\n"},
    ),
    "a patch from an overlay to the base": (
        {**KUSTOMIZED, "base/app.yaml": SAFE, "dev/kustomization.yaml": OVERLAY + "patches: [{path: p.yaml}]\n",
         "dev/p.yaml": DEV, "prod/kustomization.yaml": OVERLAY},
        {"dev/kustomization.yaml": OVERLAY, "dev/p.yaml": None, "base/app.yaml": DEV},
    ),
    "an object from one overlay into another": (
        {"dev/kustomization.yaml": "resources: [x.yaml]\n", "dev/x.yaml": BASE,
         "prod/kustomization.yaml": "resources: [y.yaml]\n", "prod/y.yaml": SAFE},
        {"dev/kustomization.yaml": None, "dev/x.yaml": None, "prod/x.yaml": BASE,
         "prod/kustomization.yaml": "resources: [y.yaml, x.yaml]\n"},
    ),
    "a service builds from another folder": (BUILT, built("dev")),
    "a service builds from another Dockerfile": (BUILT, built("{context: app, dockerfile: ../dev/Dockerfile}")),
    "a service builds it instead of another": (
        BUILT, {"compose.yaml": "services:\n  web: {build: dev, image: web}\n  tool: {build: app}\n"},
    ),
    "a new service builds it, too": (BUILT, built("app", "  more: {build: dev}\n")),
}  # fmt: skip

HARMLESS: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "a service is renamed": ({"compose.yaml": TOOL.replace("x-hullcheck", "x-other")},
                             {"compose.yaml": TOOL.replace("x-hullcheck", "x-other").replace("tool:\n", "tools:\n")}),
    "a service moves to an included file": (
        {"compose.yaml": COMPOSED.format(a="true", b="false")},
        {"compose.yaml": "include: [a.yaml]\nservices:\n  b: {image: 'r.example.org/z:1.2.3', user: '1000'}\n",
         "a.yaml": "services:\n  a: {image: 'r.example.org/y:1.2.3', user: '1000', privileged: true}\n"},
    ),
    "a service moves to the override file": (
        {"compose.yaml": COMPOSED.format(a="true", b="false")},
        {"compose.yaml": "services:\n  b: {image: 'r.example.org/z:1.2.3', user: '1000'}\n",
         "compose.override.yaml": "services:\n  a: {image: 'r.example.org/y:1.2.3', user: '1000', privileged: true}\n"},
    ),
    "an override file is added": (
        {"compose.yaml": COMPOSED.format(a="true", b="false")},
        {"compose.override.yaml": "services:\n  b: {restart: always}\n"},
    ),
    "a folder is renamed": ({"dev/web.yaml": DEV, "prod/web.yaml": SAFE}, {"dev/web.yaml": None, "lab/web.yaml": DEV}),
    "an overlay is renamed": (KUSTOMIZED, {"dev/kustomization.yaml": None, "lab/kustomization.yaml": OVERLAY}),
    "two objects change places": ({"two.yaml": TWO}, {"two.yaml": "---\n".join(reversed(TWO.split("---\n")))}),
    "a file is split": ({"two.yaml": TWO}, {"two.yaml": TWO.split("---\n")[1], "one.yaml": TWO.split("---\n")[0]}),
    "files are joined": ({"a.yaml": TWO.split("---\n")[0], "b.yaml": TWO.split("---\n")[1]},
                         {"a.yaml": TWO, "b.yaml": None}),
    "plain manifests get a kustomization": ({"k/web.yaml": DEV}, {"k/kustomization.yaml": "resources: [web.yaml]\n"}),
    "a service builds what another did": (BUILT, built("app", "").copy() | {"compose.yaml": "services:\n  web: {build: app, image: web}\n  tools: {build: dev}\n"}),
    "an object of an overlay is renamed": (
        KUSTOMIZED, {"base/app.yaml": BASE.replace("name: app\n  namespace", "name: backend\n  namespace")},
    ),
    "a Dockerfile is moved": (
        BUILT, {"dev/Dockerfile": None, "images/dev/Dockerfile": BUILT["dev/Dockerfile"],
                "compose.yaml": "services:\n  web: {build: app, image: web}\n  tool: {build: images/dev}\n"},
    ),
    "an image's first service": (
        {"Dockerfile": IMAGE.format(user="root")}, {"compose.yaml": "services: {web: {build: .}}\n"},
    ),
    "a base gets its first overlay": (
        {"base/kustomization.yaml": "resources: [app.yaml]\n", "base/app.yaml": BASE}, {"dev/kustomization.yaml": OVERLAY},
    ),
}  # fmt: skip


def compared(
    folder: Path,
    trees: tuple[dict[str, str | None], dict[str, str | None]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[int, list[str]]:
    repo = Repo(folder)
    repo.commit(trees[0])
    repo.commit(trees[1])
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1", "--fail-on", "high")
    return outcome.code, outcome.new


@pytest.mark.parametrize("name", ATTACKS)
def test_an_owner_that_joins_is_new(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, new = compared(tmp_path, ATTACKS[name], capsys, monkeypatch)
    assert code == 1, new


@pytest.mark.parametrize("name", HARMLESS)
def test_who_stays_is_old(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, new = compared(tmp_path, HARMLESS[name], capsys, monkeypatch)
    assert code == 0, new


def test_what_rests_on_a_guess_says_so(tmp_path: Path) -> None:
    base = "services:\n  web: {image: 'r.example.org/y:1.2.3', user: '1000'}\n  db: {image: 'r.example.org/z:1.2.3', user: '1000'}\n"
    files = {"compose.yaml": base, "compose.dev.yaml": "services: {web: {privileged: true}}\n"}
    (finding,) = named(judge(tmp_path / "guessed", files), "privileged")
    assert finding.message.endswith(", if laid over `compose.yaml`")
    files["Makefile"] = "up:\n\tdocker compose -f compose.yaml -f compose.dev.yaml up\n"
    (finding,) = named(judge(tmp_path / "said", files), "privileged")
    assert "if laid over" not in finding.message


DEV = "services: {web: {privileged: true}}\n"
WEB = 'services: {web: {image: "r.example.org/y:1.2.3", user: "1"}}\n'


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ({"compose.yaml": WEB, "compose.dev.yaml": DEV}, {"compose.dev.yaml": None, "compose.override.yaml": DEV}, 1),
        (
            {"compose.yaml": WEB, "compose.override.yaml": DEV},
            {"compose.override.yaml": None, "compose.dev.yaml": DEV},
            0,
        ),
        ({"compose.yaml": WEB, "compose.dev.yaml": DEV}, {"compose.dev.yaml": None, "compose.local.yaml": DEV}, 0),
    ],
)
def test_what_had_to_be_asked_for_is_not_what_is_taken_by_itself(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    before: dict[str, str | None],
    after: dict[str, str | None],
    code: int,
) -> None:
    repo = Repo(tmp_path / "r")
    repo.commit(before)
    repo.commit(after)
    assert repo.run(capsys, monkeypatch, ".", "--gate", "--diff-base", "HEAD~1").code == code


@pytest.mark.parametrize(
    ("key", "name"), [("network_mode", "host-network"), ("pid", "host-pid-ipc"), ("ipc", "host-pid-ipc")]
)
def test_who_shares_a_namespace_that_is_the_hosts_has_it_too(tmp_path: Path, key: str, name: str) -> None:
    text = "services:\n" + "".join(f'  {n}: {{image: "r.example.org/{n}:1", {key}: "{said}"}}\n' for n, said in (
        ("a", "host"), ("b", "service:a"), ("c", "service:b"), ("d", "service:e"), ("e", "service:d"), ("f", "service:g"), ("g", "private")
    ))  # fmt: skip
    found = {
        one.owner
        for f in judge(tmp_path, {"compose.yaml": text}).findings
        if f.name.startswith("host")
        for one in (f, *f.also)
    }
    assert found == {"services.a", "services.b", "services.c"}


@pytest.mark.parametrize(
    ("was", "link", "leads", "code"),
    [
        ("good", "prod/web.yaml", "../dev/web.yaml", 4),
        ("", "prod/web.yaml", "../dev/web.yaml", 4),
        ("", "prod", "dev", 4),
        ("bad", "prod/web.yaml", "../dev/web.yaml", 0),
        ("link", "prod/web.yaml", "../dev/web.yaml", 4),
        ("", "prod/web.yaml", "../stage/web.yaml", 0),
    ],
)
def test_a_link_to_what_is_accepted_elsewhere_is_another_use_of_it(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    was: str,
    link: str,
    leads: str,
    code: int,
) -> None:
    good = BASE.replace("{privileged: true}", "{privileged: false}")
    repo = Repo(tmp_path / "r")
    repo.write({"dev/web.yaml": BASE, "stage/web.yaml": good, "README.md": "", "dev/x.txt": ""})
    place = repo.folder / link
    if was == "link":
        place.parent.mkdir()
        place.symlink_to("../stage/web.yaml")
    elif was:
        repo.write({link: good if was == "good" else BASE})
    repo.commit()
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(leads)
    repo.commit()
    assert repo.run(capsys, monkeypatch, ".", "--gate", "--diff-base", "HEAD~1").code == code


@pytest.mark.parametrize(
    ("written", "found"),
    [("../" * 8, True), ("../" * 7 + "etc", True), ("../..", False), ("${PWD}/../../../../../..", True)],
)
def test_enough_steps_up_are_the_root(tmp_path: Path, written: str, found: bool) -> None:
    text = f"services: {{a: {{image: 'r.example.org/a:1', volumes: ['{written}:/h']}}}}\n"
    assert bool(named(judge(tmp_path, {"compose.yaml": text}), "sensitive-mount-write")) is found


SKAFFOLD = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: r.example.org/app, context: .}]}\n"
RUN = BASE.replace("          securityContext: {privileged: true}\n", "").replace(
    "registry.example.org/app:1.2.3", "r.example.org/app:1.2.3"
)


@pytest.mark.parametrize(
    ("base", "change", "code"),
    [
        ({"Dockerfile": IMAGE.format(user="root"), "k/app.yaml": RUN}, {"skaffold.yaml": SKAFFOLD}, 0),
        ({"Dockerfile": IMAGE.format(user="1000"), "k/app.yaml": RUN, "skaffold.yaml": SKAFFOLD},
         {"Dockerfile": IMAGE.format(user="root")}, 1),
        ({"Dockerfile": IMAGE.format(user="root"), "skaffold.yaml": SKAFFOLD}, {"k/app.yaml": RUN}, 1),
    ],
)  # fmt: skip
def test_what_is_only_joined_now_was_there(
    base: dict[str, str | None],
    change: dict[str, str | None],
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, new = compared(tmp_path, (base, change), capsys, monkeypatch)
    assert found == code, new


def test_a_baseline_holds_only_what_the_base_still_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path)
    repo.commit({"Dockerfile": IMAGE.format(user="root"), "other/Dockerfile": IMAGE.format(user="root")})
    monkeypatch.chdir(tmp_path)
    assert main(["baseline", "create", "-q"]) == 0
    repo.commit({".hullcheck.yaml": "baseline: .hullcheck-baseline.json\n"})
    repo.commit({"README.md": "x\n"})
    assert repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1").code == 0
    repo.commit({"Dockerfile": IMAGE.format(user="1000")})  # cured, and the entry is left behind
    repo.commit({"Dockerfile": IMAGE.format(user="root")})
    assert repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1").code == 1
