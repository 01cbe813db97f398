"""No secret is shown, whatever it is, wherever it stands, whichever format or command shows it.

Secrets of each detector's kind are planted in each place of each dialect, and everything that prints is run.
"""

import json
import subprocess
from pathlib import Path

import pytest

from hullcheck.cli import main
from hullcheck.model.masking import in_message, merged, spans
from hullcheck.report import FORMATS
from hullcheck.report.safe import MASK, Secrets, told
from hullcheck.source import Source

SECRET = "Wq7-ziper_K42"
"""What may never be printed."""

COMMANDS = {
    "option": f"redis-server --requirepass {SECRET}",
    "option and a hole": f"redis-server --requirepass {SECRET} --port ${{P}}",
    "equals": f"app --admin-password={SECRET}",
    "glued": f"mysqladmin ping -p{SECRET}",
    "short": f"redis-cli -a {SECRET} ping",
    "user": f"curl -u ada:{SECRET} http://web/",
    "assignment": f"env PGPASSWORD={SECRET} psql",
    "header": f"curl -H 'X-Api-Key: {SECRET}' http://web/",
    "address": f"psql postgres://ada:{SECRET}@db/shop",
    "shell": f"sh -c 'redis-cli -a {SECRET} ping'",
}
VALUES = {
    "address": ("DATABASE_URL", f"postgres://ada:{SECRET}@db/shop"),
    "address and a hole": ("DATABASE_URL", f"postgres://${{U}}:{SECRET}@db/shop"),
    "name": ("DB_PASSWORD", SECRET),
    "pairs": ("CONNECTION", f"Server=db;User=ada;Password={SECRET};Timeout=3"),
    "query": ("JDBC_URL", f"jdbc:mysql://db/shop?user=ada&password={SECRET}"),
}
TEXTS = {
    "property": f"password: {SECRET}",
    "ini": f"[db]\npassword = {SECRET}",
    "json": f'{{"db": {{"password": "{SECRET}"}}}}',
    "xml": f"<db><password>{SECRET}</password></db>",
    "attribute": f'<db user="ada" password="{SECRET}"/>',
    "directive": f"requirepass {SECRET}",
    "statement": f"CREATE USER ada WITH PASSWORD '{SECRET}';",
    "environment": f"REDIS_PASSWORD={SECRET}",
}


def quoted(text: str) -> str:
    return json.dumps(text)


def words(command: str) -> str:
    import shlex

    return json.dumps(shlex.split(command))


def compose() -> dict[str, str]:
    found = {}
    start = "services:\n  web:\n    image: web:latest\n    privileged: true\n    ports: ['80:80']\n"
    for kind, command in COMMANDS.items():
        found[f"command as words: {kind}"] = f"{start}    command: {words(command)}\n"
        found[f"command as text: {kind}"] = f"{start}    command: {quoted(command)}\n"
        found[f"healthcheck: {kind}"] = f"{start}    healthcheck: {{test: {quoted(command)}}}\n"
        found[f"healthcheck as words: {kind}"] = f"{start}    healthcheck:\n      test: {words('CMD ' + command)}\n"
        found[f"hook: {kind}"] = f"{start}    post_start:\n      - command: {words(command)}\n        user: root\n"
        found[f"hook as text: {kind}"] = f"{start}    pre_stop:\n      - command: {quoted(command)}\n"
        first, _, rest = command.partition(" ")
        found[f"entrypoint and command: {kind}"] = f"{start}    entrypoint: [{first}]\n    command: {words(rest)}\n"
    for kind, (name, value) in VALUES.items():
        found[f"environment: {kind}"] = f"{start}    environment: {{{name}: {quoted(value)}}}\n"
        found[f"environment as list: {kind}"] = f"{start}    environment:\n      - {quoted(f'{name}={value}')}\n"
        found[f"label: {kind}"] = f"{start}    labels: {{{name}: {quoted(value)}}}\n"
        found[f"build argument: {kind}"] = (
            f"services:\n  web:\n    build: {{context: ., args: {{{name}: {quoted(value)}}}}}\n    privileged: true\n"
        )
    for kind, text in TEXTS.items():
        found[f"config: {kind}"] = f"{start}configs: {{c: {{content: {quoted(text)}}}}}\n"
        block = "".join(f"      {line}\n" for line in text.splitlines())
        found[f"config as block: {kind}"] = f"{start}configs:\n  c:\n    content: |\n{block}"
    found["volume"] = f"{start}volumes: {{v: {{driver_opts: {{type: cifs, o: 'username=ada,password={SECRET}'}}}}}}\n"
    return {f"compose.yaml: {name}": text for name, text in found.items()}


def kubernetes() -> dict[str, str]:
    found = {}
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: true\n  containers:\n    - name: web\n"
    pod += "      image: web:latest\n      securityContext: {privileged: true}\n"
    for kind, command in COMMANDS.items():
        found[f"command: {kind}"] = f"{pod}      command: {words(command)}\n"
        first, _, rest = command.partition(" ")
        found[f"arguments: {kind}"] = f"{pod}      command: [{first}]\n      args: {words(rest)}\n"
        found[f"probe: {kind}"] = f"{pod}      livenessProbe: {{exec: {{command: {words(command)}}}}}\n"
        found[f"hook: {kind}"] = f"{pod}      lifecycle: {{postStart: {{exec: {{command: {words(command)}}}}}}}\n"
    for kind, (name, value) in VALUES.items():
        found[f"env: {kind}"] = f"{pod}      env:\n        - name: {name}\n          value: {quoted(value)}\n"
        found[f"env in a line: {kind}"] = f"{pod}      env: [{{name: {name}, value: {quoted(value)}}}]\n"
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
    for kind, (name, value) in VALUES.items():
        found[f"entry: {kind}"] = f"{config}  {name}: {quoted(value)}\n"
    for kind, text in TEXTS.items():
        block = "".join(f"    {line}\n" for line in text.splitlines())
        found[f"file: {kind}"] = f"{config}  app.conf: |\n{block}"
        found[f"file in a line: {kind}"] = f"{config}  app.conf: {quoted(text)}\n"
    found["secret"] = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{password: {SECRET}}}\n"
    return {f"manifest.yaml: {name}": text for name, text in found.items()}


def dockerfile() -> dict[str, str]:
    found = {}
    start, end = "FROM web:latest\n", "\nUSER root\n"
    for kind, command in COMMANDS.items():
        for keyword in ("RUN", "CMD", "HEALTHCHECK CMD"):
            found[f"{keyword}: {kind}"] = f"{start}{keyword} {command}{end}"
            found[f"{keyword} as words: {kind}"] = f"{start}{keyword} {words(command)}{end}"
        found[f"heredoc: {kind}"] = f"{start}RUN <<EOF\n{command}\nEOF{end}"
    for kind, (name, value) in VALUES.items():
        for keyword in ("ENV", "ARG", "LABEL"):
            found[f"{keyword}: {kind}"] = f"{start}{keyword} {name}={quoted(value)}{end}"
    for kind, text in TEXTS.items():
        found[f"file: {kind}"] = f"{start}COPY <<EOF /app.conf\n{text}\nEOF{end}"
    return {f"Dockerfile: {name}": text for name, text in found.items()}


CASES = {**compose(), **kubernetes(), **dockerfile()}


def hides(text: str) -> bool:
    """Is neither the secret shown, nor a part of it?"""
    return SECRET not in text and SECRET[:7] not in text


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_a_line_that_is_shown_is_masked_though_no_check_ran(text: str) -> None:
    source = Source("x", text.encode())
    shown = "\n".join(Secrets(()).line(source, number) for number in range(1, source.line_count + 1))
    assert hides(shown), shown
    assert MASK in shown


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with each case in a folder of its own."""
    root = tmp_path_factory.mktemp("planted")
    for number, (name, text) in enumerate(CASES.items()):
        path = root / f"case{number}" / name.partition(":")[0]
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    chart = root / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text(f"password: {SECRET}\nurl: postgres://ada:{SECRET}@db/x\n")
    (chart / "templates" / "secret.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: {{ .Values.password | b64enc }}}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, env: [{name: URL, "
        "value: {{ .Values.url }}}]}]}\n"
    )
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True, capture_output=True)
    return root


RUNS = {
    **{f"check as {name}": ["check", "--output-format", name, "--min-severity", "info"] for name in FORMATS},
    "check for one other thing": ["check", "--select", "privileged,latest-tag,root-user", "--show-suppressed"],
    "strict": ["check", "--profile", "strict", "--validate", "--output-format", "full"],
    "fixes": ["check", "--diff", "--unsafe-fixes"],
    "files": ["files", "-v"],
    "baseline": ["baseline", "create", "--output", "base.json"],
    "show": ["show"],
    "show as json": ["show", "--output-format", "json"],
    "show of a container": ["show", "--container", "web"],
    "map": ["map"],
    **{f"map as {name}": ["map", "--format", name] for name in ("json", "mermaid", "dot", "svg", "html")},
    "policies": ["map", "--policies"],
}


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_nothing_that_is_printed_shows_a_secret(
    planted: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(planted)
    monkeypatch.delenv("CI", raising=False)
    main(arguments)
    output = capsys.readouterr()
    for line in (*output.out.splitlines(), *output.err.splitlines()):
        assert hides(line), line
    for made in planted.glob("*.json"):
        assert hides(made.read_text())
        made.unlink()


NAMES = [
    "image: kong/kong-operator-ca:1",
    "    konghq.com/secret: internal",
    "    checksum/api_key: 9f3a7c1e5b8d2046",
    "    - --webhook-ca-secret=webhook-ca",
    "        args: [--leader-election-token-file, /run/token]",
    "          secretName: kong-operator-ca",
    "    WEBHOOK_SECRET: webhook-server-cert",
    "    secret: db-credentials",
    "    PASSWORD_HISTORY: 5",
    "      key: password",
    "# use --password to set it",
]


@pytest.mark.parametrize("line", NAMES)
def test_a_name_is_no_secret(line: str) -> None:
    source = Source("x", line.encode())
    assert Secrets(()).line(source, 1) == line


def test_an_option_keeps_its_name_in_a_message() -> None:
    source = Source("x", b"--webhook-ca-secret=webhook-ca-1 ")
    place = source.at(20, 32)
    assert place.text == "webhook-ca-1"
    assert Secrets((), [place]).text("passes `webhook-ca-1` with `--webhook-ca-1-secret`") == (
        f"passes `{MASK}` with `--webhook-ca-1-secret`"
    )


@pytest.mark.parametrize(
    "message",
    [
        f"Compose refuses `environment`: `postgres://ada:{SECRET}@db`",
        f"`DB_PASSWORD={SECRET}` isn't a mapping",
        f"can't read `redis-cli -a {SECRET}`",
    ],
)
def test_what_a_message_quotes_is_masked(message: str) -> None:
    assert hides(told(message))
    assert list(merged(in_message(message)))


@pytest.mark.parametrize(
    "text", ["'" * 100_000, '"' * 100_000, '\\"' * 50_000, "-p " * 60_000, "a=" * 80_000, "<a " * 50_000, '"a=' * 50_000,
             "mysql -p" * 30_000, "{" * 50_000, "name: a\n" * 30_000, "PASSWORD '" * 20_000, "- a\n" * 50_000]
)  # fmt: skip
def test_time_is_linear(text: str) -> None:
    import time

    start = time.process_time()
    list(spans(text))
    assert time.process_time() - start < 4


def test_show_tells_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kong-operator-ca\n  labels: {konghq.com/secret: internal}\n"
        "  annotations: {checksum/api_key: 9f3a7c1e5b8d20469f3a7c1e5b8d2046}\nspec:\n  containers:\n    - name: c\n"
        "      image: kong:3.9\n      args: [--webhook-ca-secret=webhook-ca]\n"
        "      env:\n        - {name: CLUSTER_CA_SECRET, value: kong-operator-ca}\n"
    )
    assert main(["show", str(tmp_path)]) == 0
    output = capsys.readouterr()
    assert "REDACTED" not in output.out
    assert "redacted" not in output.err


def test_what_was_overridden_is_masked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = "services:\n  web:\n    image: web:1\n"
    (tmp_path / "compose.yaml").write_text(f"{start}    environment: {{DB_PASSWORD: {SECRET}}}\n")
    (tmp_path / "compose.override.yaml").write_text(f"{start}    environment: {{DB_PASSWORD: '${{P}}'}}\n")
    main(["show", "-v", str(tmp_path)])
    assert hides(capsys.readouterr().out)
    (tmp_path / "compose.override.yaml").write_text(f"{start}    environment: {{DB_PASSWORD: ''}}\n")
    main(["show", "-v", str(tmp_path)])
    assert hides(capsys.readouterr().out)


def test_a_suppressed_finding_and_an_old_one_are_masked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f'services:\n  web:\n    image: web:1\n    # hullcheck: ignore[secret-in-argv] reason="x"\n    command: redis-cli -a {SECRET}\n'
    (tmp_path / "compose.yaml").write_text(text)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, capture_output=True)
    for name in FORMATS:
        main(["check", "--show-suppressed", "--output-format", name])
        assert hides(capsys.readouterr().out)
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: web:1\n    privileged: true\n")
    for name in FORMATS:
        main(["check", "--diff-base", "HEAD", "--output-format", name])
        assert hides(capsys.readouterr().out)
