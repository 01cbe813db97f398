"""Random chains of stages, arguments and variables, against the configuration that BuildKit gives to the image.

Needs root and a Docker daemon's program (Debian: `docker.io`); skips without. The daemon is private and has no network.
"""

import json
import os
import posixpath
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hullcheck.model.shipped import Shipped, shipped
from hullcheck.parse.dockerfile import parse
from hullcheck.source import Source

CLIENT = "/usr/bin/docker"
NAMES = ["A", "B", "C", "TARGETARCH"]
VALUES = [
    "1", "x", "", "$A", "$B", "${A}", "${C}", "${A:-d}", "${B:+p}", "${A:-$B}", '"$A y"', "'$A'", "a${B}c", "\\$A",
    '${C:-"q r"}', "root", "0", "10001:0", "${A:+$B}", "$A$B", "${A:-${B:-n}}",
]  # fmt: skip
ARGUMENTS = [{}, {"A": "ba"}, {"B": "", "C": "root"}, {"A": "0", "B": "q", "C": "z"}]


class Docker:
    """A private daemon."""

    def __init__(self, folder: str) -> None:
        self.env = {**os.environ, "DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_BUILDKIT": "1"}
        self.env["DOCKER_CONFIG"] = folder

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([CLIENT, *words], check=False, env=self.env, capture_output=True, text=True, timeout=120)

    def configuration(self, folder: Path, arguments: dict[str, str]) -> dict[str, object] | None:
        """The image's configuration; None if the build fails."""
        options = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        built = self.run("build", "-q", *options, str(folder))
        if built.returncode:
            return None
        shown = self.run("inspect", built.stdout.strip(), "--format", "{{json .Config}}")
        found: dict[str, object] = json.loads(shown.stdout)
        return found


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    if os.name != "posix" or os.geteuid() or not shutil.which("dockerd") or not os.path.exists(CLIENT):
        pytest.skip("needs root and Docker's daemon")
    with tempfile.TemporaryDirectory() as folder:
        made = Docker(folder)
        command = ["unshare", "--net", "dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false"]
        command += ["--ip-forward=false", "--storage-driver=vfs", "-H", made.env["DOCKER_HOST"]]
        command += [f"--{name}={folder}/{name}" for name in ("data-root", "exec-root", "pidfile")]
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            for _ in range(100):
                if made.run("info").returncode == 0:
                    break
                time.sleep(0.2)
            else:
                pytest.skip("Docker's daemon doesn't start here")
            yield made
        finally:
            daemon.terminate()
            daemon.wait(30)
            time.sleep(0.5)


def dockerfile(chance: random.Random) -> str:
    lines = []
    for _ in range(chance.randint(0, 3)):
        lines.append("ARG " + chance.choice(NAMES[:3]) + ("=" + chance.choice(VALUES) if chance.random() < 0.7 else ""))
    stages: list[str] = []
    for number in range(chance.randint(1, 4)):
        base = chance.choice(stages) if stages and chance.random() < 0.7 else "scratch"
        name = f"s{number}" if chance.random() < 0.9 else "twice"
        lines.append(f"FROM {base} AS {chance.choice([name, name.upper()])}")
        stages.append(name)
        for _ in range(chance.randint(1, 6)):
            trigger = "ONBUILD " if chance.random() < 0.12 else ""
            lines.append(trigger + instruction(chance))
    return "\n".join(lines) + "\n"


def instruction(chance: random.Random) -> str:
    name, value = chance.choice(NAMES), chance.choice(VALUES)
    pairs = " ".join(f"{chance.choice(NAMES)}={chance.choice(VALUES)}" for _ in range(chance.randint(1, 2)))
    choices = {
        f"ARG {name}": 12,
        f"ARG {name}={value}": 18,
        f"ENV {pairs}": 30,
        f"ENV {name} {value or 'z'}": 5,
        f"USER {value or 'q'}": 15,
        "WORKDIR " + chance.choice(["/a", "b", "$A", "../c", "/x/./y//z", "${B:-w}"]): 6,
        "EXPOSE " + chance.choice(["80", "80/udp 22", "${N:-443}", "1-3"]): 4,
        f"LABEL l={value}": 3,
        "VOLUME " + chance.choice(["/v", "$A/v", '["/j"]']): 2,
        'CMD ["c"]': 2,
        'ENTRYPOINT ["e"]': 2,
        "CMD shell form": 1,
    }
    return chance.choices(list(choices), list(choices.values()))[0]


def same(made: Shipped, config: dict[str, object]) -> list[tuple[str, object, object]]:
    """What differs from the real configuration; what isn't known differs from nothing."""
    state = made.stage.state
    real = dict(entry.split("=", 1) for entry in config["Env"] or ())  # type: ignore[attr-defined]
    real.pop("PATH", None)
    ours = {name: entry.value.text for name, entry in state.environment.items()}
    pairs: list[tuple[str, object, object]] = [
        ("User", state.user.value.text if state.user else "", config["User"]),
        ("Env", {name: real.get(name) if text is None else text for name, text in ours.items()}, real),
        (
            "WorkingDir",
            None if made.workdir.unknown else made.workdir.value or "/",
            posixpath.normpath(str(config["WorkingDir"])),
        ),
        ("Cmd", [field.value for field in made.cmd], config["Cmd"] or []),
        ("Entrypoint", [field.value for field in made.entrypoint], config["Entrypoint"] or []),
        (
            "ExposedPorts",
            {f"{n}/{p.protocol}" for p in made.ports for n in range(p.number or 0, (p.last or 0) + 1)},
            set(config.get("ExposedPorts") or ()),  # type: ignore[call-overload]
        ),
    ]
    if all(entry.value.text is not None for entry in state.labels.values()):
        pairs.append(("Labels", {n: entry.value.text for n, entry in state.labels.items()}, config["Labels"] or {}))
    if all(field.value is not None for field in made.volumes):
        pairs.append(("Volumes", {field.value for field in made.volumes}, set(config["Volumes"] or ())))  # type: ignore[call-overload]
    return [(name, mine, theirs) for name, mine, theirs in pairs if mine is not None and mine != theirs]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_the_configuration_is_the_one_that_buildkit_makes(
    docker: Docker, tmp_path: Path, arguments: dict[str, str]
) -> None:
    compared = 0
    for seed in range(25):
        text = dockerfile(random.Random(f"{seed} {arguments}"))
        (tmp_path / "Dockerfile").write_text(text)
        config = docker.configuration(tmp_path, arguments)
        if config is None:
            continue
        compared += 1
        for closed in (True, False) if not arguments else (True,):
            made = shipped(parse(Source("Dockerfile", text.encode())), None, dict(arguments), closed)
            assert made is not None
            assert same(made, config) == [], text
    assert compared > 15
