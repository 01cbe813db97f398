"""A connection whose certificate isn't verified.

Without verification TLS keeps nobody out: whoever is on the way can present a certificate of his own, read what is
sent and answer with what he likes. In a build that is code; at run time it is tokens and data as well.

To fix: leave the verification on. If a company's own authority signs, add its certificate to the image:

    COPY company-ca.crt /usr/local/share/ca-certificates/
    RUN update-ca-certificates && curl -fsSLO https://artifacts.example.com/tool.tar.gz

A check of the container itself (`curl -k https://localhost/health`) is not reported.

See https://curl.se/docs/sslcerts.html
See https://cwe.mitre.org/data/definitions/295.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete_word, fix, replace_word
from hullcheck.model.extent import Extent, extent, words
from hullcheck.patterns import pattern
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script, Word
    from hullcheck.model.container import Container
    from hullcheck.model.dockerfile import Stage

_PIP = ("pip", "pip2", "pip3", "pipx", "uv", "python", "python2", "python3")

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("checkov:CKV2_DOCKER_2", "curl"),
        Alias("checkov:CKV2_DOCKER_3", ("wget", "wget2")),
        Alias("checkov:CKV2_DOCKER_4", _PIP, "--trusted-host*"),
        Alias("checkov:CKV2_DOCKER_5", "PYTHONHTTPSVERIFY"),
        Alias("checkov:CKV2_DOCKER_6", "NODE_TLS_REJECT_UNAUTHORIZED"),
        Alias("checkov:CKV2_DOCKER_12", "NPM_CONFIG_STRICT_SSL"),
        Alias("checkov:CKV2_DOCKER_13", ("npm", "yarn"), "strict-ssl*"),
        Alias("checkov:CKV2_DOCKER_14", "GIT_SSL_NO_VERIFY"),
        Alias("checkov:CKV2_DOCKER_15", ("yum", "dnf", "yum-config-manager"), "*sslverify*"),
        Alias("checkov:CKV2_DOCKER_16", "PIP_TRUSTED_HOST"),
    ),
    cwe=(295,),
    fixable="unsafe",
)

_OFF = frozenset(("0", "false", "no", "off", "none", "n"))
_ON = frozenset(("1", "true", "yes", "on"))
VARIABLES: dict[str, frozenset[str] | None] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset(("0",)),
    "PYTHONHTTPSVERIFY": frozenset(("0",)),
    "GIT_SSL_NO_VERIFY": _ON,
    "NPM_CONFIG_STRICT_SSL": _OFF,
    "YARN_STRICT_SSL": _OFF,
    "YARN_ENABLE_STRICT_SSL": _OFF,
    "CONDA_SSL_VERIFY": _OFF,
    "GOINSECURE": None,
    "PIP_TRUSTED_HOST": None,
    "UV_INSECURE_HOST": None,
    "CURL_INSECURE": _ON,
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": _ON,
    "VAULT_SKIP_VERIFY": _ON,
}
"""Variables with the values that switch the verification off; None where any value does."""

EMPTIED = frozenset(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"))
"""What requests takes as "verify nothing" when it is there without a value."""


@check.on("Stage")
def unverified(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command in script.commands:
            word = _off(script, command)
            if word is not None:
                written = command.name in ("echo", "printf")
                subject = "what is written here" if written else f"`{command.name or 'PowerShell'}`"
                yield check.finding(
                    stage,
                    f"{subject} switches the verification of certificates off: `{word.text[:80]}`",
                    at=word.location,
                    severity=None if stage.needed else Severity.LOW,
                    evidence=(command.name, word.text[:80]),
                    extent=_trusted(command, word),
                    fix=_verified(command, word),
                )
    from hullcheck.model.variables import settings

    for setting in settings(stage):
        if _switches_off(setting.name, setting.value):
            yield check.finding(
                stage,
                f"`{setting.name}` switches the verification of certificates off",
                at=setting.place,
                severity=None if stage.needed else Severity.LOW,
                evidence=(setting.name,),
                extent=_hosts(setting.name, setting.value),
            )


@check.on("Container")
def environment(container: Container) -> Iterator[Finding]:
    for variable in container.environment if container.dialect != "dockerfile" else ():
        if variable.value.value is not None and _switches_off(variable.name, variable.value.value):
            yield check.finding(
                container,
                f"{container.described}: `{variable.name}` switches the verification of certificates off",
                at=variable.value.location,
                evidence=(variable.name,),
                extent=_hosts(variable.name, variable.value.value),
            )


def _hosts(name: str, value: str) -> Extent:
    """For which hosts a variable switches it off: those that it lists, or all."""
    listed = VARIABLES.get(name.upper(), _OFF) is None
    return extent(hosts=words(re.split(r"[\s,]+", value.strip("\"' ")) if listed else ("*",)))


def _trusted(command: Command, word: Word) -> Extent:
    """For which hosts an option does: the one that it names, behind `=` or as the next word, or all."""
    name, equals, value = word.text.partition("=")
    if not name.endswith(("trusted-host", "allow-insecure-host")):
        return extent(hosts=words(("*",)))
    at = command.words.index(word) if word in command.words else len(command.words)
    following = command.words[at + 1 : at + 2]
    return extent(hosts=words((value if equals else following[0].text if following else "*",), "name"))


def _verified(command: Command, word: Word) -> Fix | None:
    """Without the option, its letter among others, or the option and the host that it names."""
    title = "leave the verification on"
    from hullcheck.model.cures import without_option

    if (
        command.name == "curl"
        and re.fullmatch(r"-[A-Za-jl-z#]*k[A-Za-z#]*", word.text)
        and word.text == word.location.text
    ):
        if word.text == "-k":
            return without_option(command, word)
        return fix(title, replace_word(word.location, word.text.replace("k", "", 1)), safe=False)
    if word.text in ("--trusted-host", "--allow-insecure-host", "-c"):
        at = command.words.index(word)
        host = command.words[at + 1 : at + 2]
        between = word.location.source.text[word.location.end : host[0].location.start] if host else "\n"
        if between.strip(" ") or command.shell == "exec":
            return None
        return fix(title, delete_word(word.location._replace(end=host[0].location.end)), safe=False)
    return without_option(command, word)


def _switches_off(name: str, value: str) -> bool:
    name = name.upper()
    if name in EMPTIED and not value.strip("\"'"):
        return True
    if name in ("BUNDLE_SSL_VERIFY_MODE", "BUNDLE_SSL_VERIFY"):
        return value.strip("\"'").lower() in _OFF
    if re.fullmatch(r"POETRY_CERTIFICATES_\w+_CERT", name):
        return value.strip("\"'").lower() in _OFF
    if name not in VARIABLES or not value:
        return False
    values = VARIABLES[name]
    if values is None:
        from hullcheck.model.downloads import is_local

        return "*" not in value[:1] and not is_local(value) if name != "GOINSECURE" else True
    return value.strip("\"'").lower() in values


def _off(script: Script, command: Command) -> Word | None:
    """The word that switches the verification off."""
    finder = _FINDERS.get(command.name)
    if finder is not None:
        return finder(command)
    if command.name in ("echo", "printf"):
        return _written(script, command)
    if command.shell == "powershell":
        words = (*command.assignments, *command.words)
        return next((w for w in words if re.search(r"(?i)ServerCertificateValidationCallback", w.text)), None)
    return None


def _named(*names: str) -> Callable[[Command], Word | None]:
    """The first word that is one of the names, alone or with a value behind `=`."""

    def find(command: Command) -> Word | None:
        for word in command.arguments:
            name, equals, value = word.text.partition("=")
            if name in names and value.lower() not in (_OFF if equals else ()):
                return word
        return None

    return find


def _curl(command: Command) -> Word | None:
    from hullcheck.model.downloads import CURL_VALUED, CURL_VALUED_LONG, is_local

    options, operands = command.parsed(CURL_VALUED, CURL_VALUED_LONG)
    if operands and all(is_local(word.text) for word in operands):
        return None
    return next((o.word for o in options if o.name in ("-k", "--insecure", "--proxy-insecure")), None)


def _wget(command: Command) -> Word | None:
    from hullcheck.model.downloads import WGET_VALUED, WGET_VALUED_LONG, is_local

    options, operands = command.parsed(WGET_VALUED, WGET_VALUED_LONG)
    if operands and all(is_local(word.text) for word in operands):
        return None
    return next((o.word for o in options if o.name == "--no-check-certificate"), None)


def _git(command: Command) -> Word | None:
    """`git -c http.sslVerify=false`, `git config --global http.sslVerify false`."""
    for at, word in enumerate(command.arguments):
        key, equals, value = word.text.partition("=")
        if re.fullmatch(r"(?i)http\.(?:.*\.)?sslverify", key):
            following = command.arguments[at + 1].text if at + 1 < len(command.arguments) else "true"
            if (value if equals else following).lower() in _OFF:
                return word
    return None


def _npm(command: Command) -> Word | None:
    """`npm config set strict-ssl false`, `npm set strict-ssl=false`, `--strict-ssl=false`, `--no-strict-ssl`."""
    for at, word in enumerate(command.arguments):
        key, equals, value = word.text.partition("=")
        if key == "--no-strict-ssl":
            return word
        if key.lstrip("-").lower() in ("strict-ssl", "enablestrictssl", "strictssl"):
            following = command.arguments[at + 1].text if at + 1 < len(command.arguments) else "true"
            if (value if equals else following).strip("\"'").lower() in _OFF:
                return word
    return None


def _pip(command: Command) -> Word | None:
    """`--trusted-host HOST`, `pip config set global.trusted-host HOST`."""
    words = command.arguments
    for at, word in enumerate(words):
        key, equals, value = word.text.partition("=")
        if key in ("--trusted-host", "--allow-insecure-host") or key.endswith(".trusted-host"):
            host = value if equals else words[at + 1].text if at + 1 < len(words) else ""
            from hullcheck.model.downloads import is_local

            if host and not is_local(host):
                return word
    return None


def _python(command: Command) -> Word | None:
    """`python -m pip`."""
    return _pip(command) if [word.text for word in command.arguments[:2]] == ["-m", "pip"] else None


_UNVERIFIED_APT = pattern(r"(?i).*acquire::https(?:::[^:=]+)?::verify-(?:peer|host)=[\"']?(?:false|0|no)[\"']?")
_UNVERIFIED_YUM = pattern(r"(?i)(?:--setopt=)?(?:[\w*-]+\.)?sslverify=(?:0|false|no)")


def _apt(command: Command) -> Word | None:
    """`apt-get -o Acquire::https::Verify-Peer=false`."""
    return next((word for word in command.arguments if _UNVERIFIED_APT.fullmatch(word.text)), None)


def _yum(command: Command) -> Word | None:
    return next((word for word in command.arguments if _UNVERIFIED_YUM.fullmatch(word.text)), None)


def _pair(*names: str) -> Callable[[Command], Word | None]:
    """A name with `false`, or `true` for names that switch something off, in the next word or behind `=`."""

    def find(command: Command) -> Word | None:
        for at, word in enumerate(command.arguments):
            key, equals, value = word.text.partition("=")
            if key in names:
                value = value if equals else command.arguments[at + 1].text if at + 1 < len(command.arguments) else ""
                if value.lower() in (_ON if key.startswith("disable") else _OFF):
                    return word
        return None

    return find


def _bundle(command: Command) -> Word | None:
    """`bundle config set ssl_verify_mode 0`, and the old spelling without `set`."""
    words = command.arguments
    for at, word in enumerate(words[:-1] if words and words[0].text == "config" else ()):
        if word.text == "ssl_verify_mode" and words[at + 1].text in ("0", "none"):
            return word
    return None


def _poetry(command: Command) -> Word | None:
    """`poetry config certificates.NAME.cert false`."""
    words = command.arguments
    for at, word in enumerate(words[:-1] if words and words[0].text == "config" else ()):
        if re.fullmatch(r"certificates\.[^.]+\.cert", word.text) and words[at + 1].text.lower() == "false":
            return word
    return None


def _written(script: Script, command: Command) -> Word | None:
    """A line of a configuration file that switches it off, where it is written to one."""
    targets = list(script.written_to(command))
    if not targets:
        return None
    pattern = (
        r"(?im)acquire::https(?:::[^:\s]+)?::verify-(?:peer|host)\s+\"?(?:false|0)|^[^\S\n]*+sslverify\s*=\s*(?:0|false)"
        r"|^[^\S\n]*+(?::?ssl_verify_mode:\s*0|strict-ssl\s*=\s*false|check_certificate\s*=\s*off|trusted-host\s*="
        r"|ssl_verify:\s*false)"
    )
    curl = any(target.endswith("curlrc") for target in targets)
    for word in command.arguments:
        if re.search(pattern, word.text) or (curl and word.text.strip() == "insecure"):
            return word
    return None


_FINDERS: dict[str, Callable[[Command], Word | None]] = {
    "curl": _curl,
    "wget": _wget,
    "wget2": _wget,
    "git": _git,
    **dict.fromkeys(("npm", "yarn", "pnpm", "npx"), _npm),
    **dict.fromkeys(("pip", "pip2", "pip3", "uv", "pipx"), _pip),
    **dict.fromkeys(("python", "python2", "python3"), _python),
    **dict.fromkeys(("apt", "apt-get", "aptitude"), _apt),
    **dict.fromkeys(("yum", "dnf", "microdnf", "tdnf", "yum-config-manager"), _yum),
    "apk": _named("--no-check-certificate"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _pair("ssl_verify", "--ssl-verify")),
    "composer": _pair("disable-tls"),
    **dict.fromkeys(("bundle", "bundler"), _bundle),
    "poetry": _poetry,
    **dict.fromkeys(("helm", "kubectl", "oc", "argocd"), _named("--insecure-skip-tls-verify", "--insecure")),
    "aria2c": _pair("--check-certificate"),
    **dict.fromkeys(("http", "https"), _pair("--verify")),
    "svn": _named("--trust-server-cert"),
    **dict.fromkeys(("skopeo", "podman", "buildah"), _pair("--tls-verify", "--src-tls-verify", "--dest-tls-verify")),
    **dict.fromkeys(("mvn", "mvnw"), _named("-Dmaven.wagon.http.ssl.insecure", "-Dmaven.wagon.http.ssl.allowall")),
    **dict.fromkeys(
        ("invoke-webrequest", "invoke-restmethod"), _named("-SkipCertificateCheck", "-skipcertificatecheck")
    ),
}
