"""Credentials by value, by name, in addresses and on command lines: what is one, and what only looks like one.

The tokens are made here, so that no scanner takes this file for a leak.
"""

import base64
import json
import time
from itertools import pairwise

import pytest

from hullcheck.model.argv import in_argv, in_script
from hullcheck.model.placeholders import for_build, placeholder, refers, weak
from hullcheck.model.secrets import Grade, by_name, in_pairs, in_url, known_default, literal
from hullcheck.model.tokens import by_value, checksum, entropy, random

LETTERS = "Zq8vK3mPw7RtY2nXc5BdF9hJ4gLsA6eT1uVbQoWiUyMkNpCrDxEfGzHjIaSl0O"
HEX = "9f3a7c1e5b8d2046f7a9c3e1b5d80264" * 4


def letters(count: int) -> str:
    return (LETTERS * 4)[:count]


def summed(prefix: str, body: str) -> str:
    return f"{prefix}{body}{checksum(body)}"


def token(header: dict[str, object], claims: dict[str, object]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join([*(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts), letters(43)])


PEM = "-----BEGIN {}PRIVATE KEY-----\n" + "\n".join(letters(64)[i:] + letters(i) for i in range(4)) + "\n-----END {}"

CREDENTIALS = {
    "AWS access key": "AKI" + "AZQ3KPTW7RY2NXC5B",
    "AWS secret key": "aws_secret_access_key = " + letters(40),
    "GitHub token": summed("ghp_", letters(30)),
    "npm token": summed("npm_", letters(30)),
    "PyPI token": "pypi-AgEIcHlwaS5vcmc" + letters(60),
    "GitLab token": "glpat-" + letters(20),
    "Slack token": "xoxb-" + "123908457612-987120345678-" + letters(24),
    "Slack webhook": "https://hooks.slack.com/services/T0Q3KPTW7/B2NXC5BDF/" + letters(24),
    "Google API key": "AIza" + letters(35),
    "Stripe key": "sk_" + "live_" + letters(24),
    "JSON Web Token": token({"alg": "HS256"}, {"sub": "42", "name": "Ada"}),
    "Azure storage key": "AccountKey=" + letters(86) + "==",
    "Twilio API key": "SK" + HEX[:32],
    "SendGrid key": "SG." + letters(22) + "." + letters(43),
    "DigitalOcean token": "dop_v1_" + HEX[:64],
    "Hugging Face token": "hf_" + letters(34),
    "OpenAI key": "sk-proj-" + letters(40) + "T3BlbkFJ" + letters(40),
    "Anthropic key": "sk-ant-api03-" + letters(80) + "AA",
    "Docker Hub token": "dckr_pat_" + letters(27),
    "Vault token": "hvs." + letters(60),
    "Databricks token": "dapi" + HEX[:32],
    "private key": PEM.format("RSA ", "RSA "),
    "password for HTTP": "Authorization: Basic " + base64.b64encode(b"ada:h8Kq2!xP").decode(),
    "bearer token": "Authorization: Bearer " + letters(32),
}


def test_a_header_may_be_a_name_and_a_value() -> None:
    (secret,) = by_value(f"- name: Authorization\n              value: Bearer {letters(32)}\n")
    assert secret.kind == "bearer token"


@pytest.mark.parametrize(("kind", "text"), CREDENTIALS.items(), ids=CREDENTIALS)
def test_a_credential_is_known_by_its_shape(kind: str, text: str) -> None:
    before = "RUN x '"
    (secret,) = by_value(f"{before}{text}'")
    assert (secret.kind, secret.certain) == (kind, True)
    assert text.endswith(f"{text}'"[secret.start - len(before) : secret.end - len(before)]) or kind == "private key"


UNUSABLE = {
    "GitHub token": "ghp_" + letters(36),
    "AWS access key": "AKI" + "AZQ3KPTW7RY2NXC98",
    "Stripe test key": "sk_" + "test_" + letters(24),
    "private key": PEM.format("ENCRYPTED ", "ENCRYPTED "),
    "password hash": "ada:$apr1$" + letters(8) + "$" + letters(22),
}


@pytest.mark.parametrize(("kind", "text"), UNUSABLE.items(), ids=UNUSABLE)
def test_what_has_only_the_shape_is_not_certain(kind: str, text: str) -> None:
    (secret,) = by_value(text)
    assert (secret.kind, secret.certain) == (kind, False)


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "AKIA" + "X" * 16,
        "ghp_" + "x" * 36,
        "ghp_" + "1234567890abcdefghijklmnopqrstuvwxyz",
        "glpat-" + "your-token-goes-here",
        "sk_" + "live_" + "REPLACE_WITH_YOUR_KEY",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        token({"alg": "HS256"}, {"sub": "1234567890", "name": "John Doe"}),
        token({"typ": "nothing"}, {"sub": "42"}),
        "eyJhbGciOi.eyJzdWIiOi.short",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA" + letters(40) + "...\n-----END RSA PRIVATE KEY-----",
        "grep -q 'BEGIN PRIVATE KEY' /key",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer <token>",
        "Authorization: Bearer YOUR_TOKEN_GOES_HERE",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "sha256:" + HEX[:64],
        "image: registry/app:9f3a7c1e5b8d2046f7a9c3e1b5d80264",
        "https://hooks.slack.com/services/XXXXXXXXX/XXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXXXX",
    ],
)
def test_an_example_is_no_credential(text: str) -> None:
    assert list(by_value(text)) == []


def test_the_checksum_is_github_s() -> None:
    # GitHub's documentation shows this one; it was revoked.
    assert checksum("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == "0mLq17"


def test_credentials_come_in_order_and_do_not_overlap() -> None:
    text = f"{CREDENTIALS['Google API key']} {CREDENTIALS['bearer token']} {CREDENTIALS['GitHub token']}"
    found = list(by_value(text))
    assert [s.kind for s in found] == ["Google API key", "bearer token", "GitHub token"]
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, "eyJ" * 100_000, "eyJa." * 60_000, "://" * 100_000, "AKIA" * 75_000, "-----BEGIN PRIVATE KEY-----" * 3_000,
     "sk-" * 100_000, "glpat-" * 50_000, "a:" * 150_000 + "@", "://a:" * 60_000, "x=" * 150_000, "$(" * 50_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_time_is_linear(text: str) -> None:
    start = time.process_time()
    list(by_value(text)), list(in_url(text)), list(in_script(text)), literal("password", text), list(in_pairs(text))
    assert time.process_time() - start < 5


def test_a_clean_file_costs_next_to_nothing() -> None:
    text = "        - name: LOG_LEVEL\n          value: debug\n" * 5_000
    start = time.process_time()
    assert list(by_value(text)) == []
    assert time.process_time() - start < 0.5


def test_entropy_tells_random_from_words() -> None:
    assert entropy("aaaa") == 0
    assert random(letters(24))
    assert not random("kubernetes-dashboard")
    assert not random("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD", "DB_PASSWORD", "dbPassword", "PGPASSWORD", "MYSQL_PWD", "SECRET_KEY", "API_KEY", "apikey", "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY", "client_secret", "SSH_PRIVATE_KEY", "RAILS_MASTER_KEY", "ADMIN_PASS", "PASSWORD1",
        "spring.datasource.password", "SECRET_PASSPHRASE", "jwtSecret", "NODE_AUTH_TOKEN", "NEO4J_AUTH", "SSHPASS",
        "SUPER_Secret", "git-credentials", "RABBITMQ_ERLANG_COOKIE",
    ],
)  # fmt: skip
def test_a_name_is_a_credential_s(name: str) -> None:
    assert by_name(name) is Grade.STRONG


@pytest.mark.parametrize("name", ["APP_KEY", "git_key", "auth", "STORAGE_KEY", "HASH_SALT", "SENTRY_DSN"])
def test_a_name_may_be_a_credential_s(name: str) -> None:
    assert by_name(name) is Grade.WEAK


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD_FILE", "TOKEN_URL", "SECRET_NAME", "AWS_ACCESS_KEY_ID", "KEY_ALIAS", "PASSWORD_MIN_LENGTH", "TOKEN_TTL",
        "PUBLIC_KEY", "NEXT_PUBLIC_API_KEY", "SORT_KEY", "PRIMARY_KEY", "KEY", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "PWD",
        "GOPRIVATE", "username", "private", "GPG_KEY", "SSH_AUTH_SOCK", "SECRET_KEY_BASE_DUMMY", "ENABLE_AUTH", "BYPASS",
        "PASS_THROUGH", "COMPASS", "server-tokens", "email", "CSRF_TOKEN_HEADER", "PASSWORD_HASHERS", "IMAGE_PULL_SECRET",
        "SECRETS_PATH", "ACCESS_TOKEN_EXPIRE_MINUTES", "CACHE_KEY", "MONKEY", "TURKEY", "KEYBOARD", "AUTHOR", "OLDPWD",
        "PASSWORD_VERSION", "TOKEN_COUNT", "EXISTING_SECRET", "secretName", "DOCKER_CONTENT_TRUST",
    ],
)  # fmt: skip
def test_a_name_is_harmless(name: str) -> None:
    assert by_name(name) is None


@pytest.mark.parametrize("value", ["hunter2", "P@ss$word", "postgres", "changeme", "db-57xsl", "/9j" + letters(37)])
def test_a_value_is_the_password_itself(value: str) -> None:
    assert literal("DB_PASSWORD", value)


@pytest.mark.parametrize(
    "value",
    [
        "", "''", "true", "false", "none", "/run/secrets/db", "./password.txt", "~/.pgpass", "${DB_PASSWORD}", "$DB_PASSWORD",
        "$(DB_PASSWORD)", "{{ .Values.password }}", "<password>", "xxx", "*****", "your-password", "REPLACE_ME", "vault:db#pw",
        "ENC[AES256_GCM,data:x]", "https://vault.example.com/v1", "ref+vault://db#pw", "op://vault/db/password", "__PASSWORD__",
        "arn:aws:secretsmanager:eu-west-1:1:secret:db", "put your password here", "%PASSWORD%", "pass-goes-here",
    ],
)  # fmt: skip
def test_a_value_is_not_there(value: str) -> None:
    assert not literal("DB_PASSWORD", value)


def test_numbers_are_passwords_only() -> None:
    assert literal("DB_PASSWORD", "123456")
    assert literal("ADMIN_PASSWORD", "1")
    assert not literal("MYSQL_ALLOW_EMPTY_PASSWORD", "1")
    assert not literal("MYSQL_RANDOM_ROOT_PASSWORD", "0")
    assert literal("MYSQL_RANDOM_ROOT_PASSWORD", "12345678")
    assert not literal("ACCESS_TOKEN", "3600")
    assert not literal("SECRET", "30d")


def test_a_weak_name_needs_a_random_value() -> None:
    assert literal("APP_KEY", f"base64:{letters(44)}")
    assert not literal("APP_KEY", "my-app")
    assert not literal("NGINX_SIGNING_KEY", "573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62")


def test_defaults_that_everybody_tries() -> None:
    assert all(map(weak, ["changeme", "password", "admin123", "ChangeMe!", "postgres", "rootpassword", "change_this"]))
    assert not any(map(weak, ["hunter2", "db-57xsl", letters(16)]))
    assert placeholder("<your token>")
    assert not placeholder("changeme")
    assert refers("vault:secret/data/db#password")
    assert not refers("secret")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://u:p4ss@db/x", [("p4ss", True)]),
        ("redis://:s3cr3t@redis:6379", [("s3cr3t", True)]),
        ("a http://x y amqp://g:guest@r:5672// b", [("guest", True)]),
        (f"https://{letters(30)}@github.com/x", [(letters(30), True)]),
        ("https://$TOKEN@github.com/a", [("$TOKEN", False)]),
        ("https://oauth2:${T}@gitlab.com/x", [("${T}", False)]),
        ("https://u:$(cat /run/secrets/x)@h/", [("$(cat /run/secrets/x)", False)]),
        ("git://git@github.com ssh://git@h https://user@example.com", []),
        ("http://proxy:8080/@x http://x/y:z@w jdbc:postgresql://db/x?user=a@b", []),
        ("https://USER:PASSWORD@HOST https://<u>:<p>@h https://user:password@example.com", []),
        ("https://u:@h https://u:***@h mongodb://{u}:{p}@{h}", []),
    ],
)
def test_credentials_in_addresses(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(text[found.start : found.end], found.literal) for found in in_url(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Server=db;Database=app;User Id=sa;Password=S3cr3t!pw;", ["S3cr3t!pw"]),
        ("jdbc:mysql://db/app?user=a&password=hunter2", ["hunter2"]),
        ("username=ada,password=hunter2,vers=3.0", ["hunter2"]),
        ("Server=db;Password=${DB_PASSWORD}", []),
        ("password=hunter2", []),
        ("a?b", []),
    ],
)
def test_credentials_in_connection_strings(text: str, expected: list[str]) -> None:
    assert [text[found.start : found.end] for found in in_pairs(text)] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["redis-server", "--requirepass", "hunter2"], ["hunter2"]),
        (["mysqladmin", "ping", "--password=hunter2"], ["hunter2"]),
        (["mysql", "-uroot", "-phunter2", "db"], ["hunter2"]),
        (["mysql", "-u", "root", "-p", "db"], []),
        (["redis-cli", "-a", "hunter2", "ping"], ["hunter2"]),
        (["PGPASSWORD=hunter2", "psql"], ["hunter2"]),
        (["env", "API_TOKEN=hunter2", "app"], ["hunter2"]),
        (["sh", "-c", "a && mysqladmin ping -phunter2 || exit 1"], ["hunter2"]),
        (["CMD-SHELL", "curl -u 'elastic:hunter2' http://x | grep y"], ["hunter2"]),
        (["curl", "-H", "Authorization: Bearer h8Kq2xPw7RtY2n"], ["h8Kq2xPw7RtY2n"]),
        (["npm", "config", "set", "//npm.example.com/:_authToken=h8Kq2xPw"], ["h8Kq2xPw"]),
        (["docker", "login", "-u", "ada", "-p", "hunter2"], ["hunter2"]),
        (["vault", "server", "-dev-root-token-id=hunter2"], ["hunter2"]),
        (["java", "-Djavax.net.ssl.keyStorePassword=hunter2"], ["hunter2"]),
        (["aws", "configure", "set", "aws_secret_access_key", "h8Kq2xPw"], ["h8Kq2xPw"]),
        (["htpasswd", "-bc", "/etc/users", "ada", "hunter2"], ["hunter2"]),
        (["openssl", "rsa", "-passin", "pass:hunter2", "-in", "a.key"], ["hunter2"]),
        (["keytool", "-genkey", "-storepass", "hunter2"], ["hunter2"]),
        (["echo", "machine github.com login ada password hunter2"], ["hunter2"]),
        (["git", "config", "user.name", "ada"], []),
        (["openssl", "rsa", "-passin", "env:PASSWORD"], []),
        (["htpasswd", "-c", "/etc/users", "ada"], []),
        (["gcloud", "secrets", "versions", "access", "latest", "--secret", "$NAME"], []),
        (["kubectl", "create", "secret", "generic", "db"], []),
        (["git", "clone", "token", "x"], []),
        (["docker", "run", "-p", "80:80"], []),
        (["app", "-p", "8080", "--token-file", "/run/x", "--password-min-length=8", "--no-password"], []),
        (["app", "--password", "$(PASSWORD)", "--token=${TOKEN}", "--secret=/run/secrets/x"], []),
        (["docker", "login", "--password-stdin", "registry"], []),
        (["sh", "-c", "mysql -p$MYSQL_ROOT_PASSWORD -e 'select 1'"], []),
        (["psql", "--password"], []),
    ],
)
def test_credentials_on_command_lines(words: list[str], expected: list[str]) -> None:
    assert [words[said.word][said.start : said.end] for said in in_argv(words)] == expected


NO_SECRETS = [
    "CLUSTER_CA_SECRET=operator-ca",
    "WEBHOOK_SECRET=webhook-server-cert",
    "WEBHOOK_CA_SECRET=webhook-ca",
    "TLS_SECRET=my-cert",
    "SECRET_REDIS_CA_CERTIFICATE_KEY=ca.crt",
    "PASSWORD_HISTORY=5",
    "PASSWORD_ATTEMPTS=5",
    "OCIS_PASSWORD_POLICY_MIN_CHARACTERS=30",
    "USER_PASSWORD_REQUIREMENTS=30",
    "leader-election-token=abc",
    "VITE_FIREBASE_API_KEY=AIzaX",
    "REACT_APP_STRIPE_KEY=pk_test_51Habcdef",
    "STRIPE_SECRET_KEY=pk_live_x",
    "HASHICORP_KEY=C874011F0AB405110D02105534365D9472D7468F",
    "SESSION_SECRET=5",
    "SECRET=db-credentials",
    "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
    "OPENAI_API_KEY=your-openai-key",
    "GITHUB_CLIENT_SECRET=your-client-secret",
    "JWT_SECRET=<secret>",
    "JWT_SECRET=***",
    "API_KEY=CHANGE_ME",
    "TOKEN_TTL=86400",
    "JWT_SECRET=${X}",
    "SMTP_PASSWORD=your-smtp-password",
    "NEXT_PUBLIC_TOKEN=h8Kq2xPw7RtY2nXc",
]
SECRETS = [
    "GPG_PASSPHRASE=hunter2",
    "JWT_SECRET=12345678",
    "POSTGRES_PASSWORD=1234",
    "WEBHOOK_SECRET=hunter2",
    "CLIENT_SECRET=a8f3-99xz-qwe2",
    "VITE_DB_PASSWORD=hunter2x",
    "DB_PASSWORD=changeme",
    "DB_PASSWORD=change_me",
    "JWT_SECRET=super-secret-key",
    "TOKEN_SECRET=ca",
]
KNOWN_DEFAULTS = [
    "JWT_SECRET=CHANGE_ME",
    "SUPERSET_SECRET_KEY=CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
    "JWT_SECRET=YOUR_JWT_SECRET",
    "SUPERSET_SECRET_KEY=YOUR_OWN_RANDOM_GENERATED_SECRET_KEY",
    "JWT_SECRET=CHANGE_ME_IN_PRODUCTION",
    "SECRET_KEY=your-secret-key",
    "ADMIN_PASSWORD=REPLACE_ME",
    "ADMIN_PASSWORD=replace-me",
    "SECRET_KEY=secret_key_here",
    "JWT_SECRET=your-super-secret-jwt-key-change-me",
    "INFLUXDB_ADMIN_TOKEN=my-super-secret-auth-token",
]


@pytest.mark.parametrize("text", NO_SECRETS)
def test_a_reference_a_policy_and_a_public_key_are_no_secrets(text: str) -> None:
    name, _, value = text.partition("=")
    assert by_name(name) is None or not (literal(name, value) or known_default(name, value))


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_harmless_and_is_a_secret(text: str) -> None:
    name, _, value = text.partition("=")
    assert by_name(name)
    assert literal(name, value)


@pytest.mark.parametrize("text", KNOWN_DEFAULTS)
def test_what_asks_to_be_replaced_is_a_default_that_everybody_knows(text: str) -> None:
    name, _, value = text.partition("=")
    assert known_default(name, value)
    assert not literal(name, value)


@pytest.mark.parametrize(
    "value", ["dummy", "build", "nothing", "not_a_real_key", "temporary-build-key", "dummyKeyWithMinimumLength---"]
)
def test_what_a_build_needs_to_be_there_says_so(value: str) -> None:
    assert for_build(value)


@pytest.mark.parametrize("value", ["rebuild4Me", "builder", "Zq8vK3mPw7RtY2nXc", "template", "hunter2", "contemporary"])
def test_a_word_in_a_secret_is_not_a_build_s(value: str) -> None:
    assert not for_build(value)
