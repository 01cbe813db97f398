"""What commands download, where it goes, and what is then done with it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.budget import tick
from hullcheck.model.command import Command, Option, Script, Word
from hullcheck.model.dockerfile import Stage
from hullcheck.model.lazy import Lazy
from hullcheck.model.variables import expanded
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

PRINTED = "-"
MAX_FOLLOWED = 200
"""Downloads of a stage whose fate is looked into; each is compared with every later command."""

CURL_VALUED = "AbcCdDeEFHKmoPQrtTuUwxXyYz"
# fmt: off
CURL_VALUED_LONG = frozenset((
    "--cacert", "--capath", "--cert", "--cert-type", "--ciphers", "--config", "--connect-timeout", "--connect-to",
    "--cookie", "--cookie-jar", "--data", "--data-ascii", "--data-binary", "--data-raw", "--data-urlencode",
    "--dns-servers", "--doh-url", "--dump-header", "--form", "--form-string", "--header", "--interface", "--json",
    "--keepalive-time", "--key", "--key-type", "--limit-rate", "--max-filesize", "--max-redirs", "--max-time",
    "--netrc-file", "--noproxy", "--oauth2-bearer", "--output", "--output-dir", "--pass", "--pinnedpubkey", "--proto",
    "--proto-default", "--proto-redir", "--proxy", "--proxy-header", "--proxy-user", "--range", "--referer",
    "--request", "--resolve", "--retry", "--retry-delay", "--retry-max-time", "--socks5", "--socks5-hostname",
    "--speed-limit", "--speed-time", "--stderr", "--time-cond", "--tls-max", "--trace", "--trace-ascii",
    "--unix-socket", "--upload-file", "--url", "--user", "--user-agent", "--write-out",
))
WGET_VALUED = "oaeiBtOTwQPUlADIRX"
WGET_VALUED_LONG = frozenset((
    "--accept", "--append-output", "--base", "--body-data", "--body-file", "--ca-certificate", "--certificate",
    "--compression", "--connect-timeout", "--directory-prefix", "--dns-timeout", "--domains", "--execute", "--header",
    "--http-password", "--http-user", "--input-file", "--level", "--limit-rate", "--method", "--output-document",
    "--output-file", "--password", "--post-data", "--post-file", "--private-key", "--quota", "--read-timeout",
    "--referer", "--reject", "--secure-protocol", "--timeout", "--tries", "--user", "--user-agent", "--wait",
    "--waitretry",
))
# fmt: on
_ARIA_VALUED_LONG = frozenset(("--out", "--dir", "--max-connection-per-server", "--split", "--checksum"))
_SUMS = frozenset(
    ("md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum", "b2sum", "b3sum", "cksum")
)
INTERPRETERS = pattern(r"(?:python|pypy|perl|ruby|node|nodejs|php|lua|Rscript|deno|bun|tclsh)[0-9.]*")


_VALUED = (
    ("py", ("-W", "-X")), ("php", ("-d", "-c")), ("ruby", ("-I", "-r")), ("node", ("-r", "--require", "--import")),
    ("perl", ("-I",)), ("lua", ("-l",)), ("deno", ("-c", "--config")), ("bun", ("-r", "--preload")),
)  # fmt: skip
"""Options of interpreters whose value is the next word, by how the interpreters' names begin."""


def script_of(name: str, words: list[str]) -> str:
    """The file that an interpreter is given to run; empty if there is none."""
    valued = next((options for start, options in _VALUED if name.startswith(start)), ())
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in valued else 1
    return words[at] if at < len(words) else ""


class Download(NamedTuple):
    """Something that a command downloads. `path` is the file that it becomes: `-` if it is printed, empty if unknown.

    `url` has its variables replaced where they are known; `place` is the word that names it.
    """

    command: Command
    url: str
    place: Location
    path: str


def downloads(stage: Stage, script: Script) -> Iterator[Download]:
    """What the commands of a script download, in order."""
    for command in script.commands:
        tick()
        reader = _READERS.get(command.name)
        if reader is not None:
            yield from reader(stage, script, command)
        elif command.shell == "powershell":
            yield from _web_client(stage, script, command)
        elif INTERPRETERS.fullmatch(command.name):
            yield from _saved(command)


def is_url(text: str) -> bool:
    """Does it name something on the network?"""
    return re.match(r"(?i)(?:https?|ftps?|s3|gs)://", text) is not None


def is_local(text: str) -> bool:
    """Is it an address of this machine?"""
    host = re.sub(r"^\w+://", "", text).rpartition("@")[2]
    return re.match(r"(?i)(?:localhost|127(?:\.[0-9]+){3}|\[::1\]|::1|0\.0\.0\.0)(?:[:/?#]|$)", host) is not None


def is_git(text: str) -> bool:
    """Does the builder take it for a git repository? An address over http must end in `.git`, before any fragment."""
    if re.match(r"(?i)git(?:\+\w+)?://|ssh://|git@[\w.-]+:|github\.com/", text):
        return True
    return re.match(r"(?i)https?://[^#?]*\.git(?:[?#].*)?$", text) is not None


def without_secrets(url: str) -> str:
    """The address for messages: without user, password, query and fragment."""
    shown = re.sub(r"://[^/@\s]*+@", "://", url)
    return re.split(r"[?#]", shown, maxsplit=1)[0][:200]


def _curl(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    options, operands = command.parsed(CURL_VALUED, CURL_VALUED_LONG)
    names = {option.name for option in options}
    if names & {"-I", "--head", "-T", "--upload-file"}:
        return
    addresses = [(expanded(stage, script, command, word), word) for word in operands]
    for option in options:
        if option.name == "--url" and option.value is not None:
            addresses.append((expanded(stage, script, command, option.value), option.value))
    outputs = [o for o in options if o.name in ("-o", "--output", "-O", "--remote-name")]
    everything = "--remote-name-all" in names
    folder = next((o.text for o in options if o.name == "--output-dir"), "")
    for number, (url, word) in enumerate(addresses):
        path = _curl_output(outputs[number] if number < len(outputs) else None, url, everything)
        path = posixpath.join(folder, path) if folder and path not in ("", PRINTED) else path
        yield Download(command, url, word.location, _redirected(command, path))


def _curl_output(option: Option | None, url: str, everything: bool) -> str:
    if option is None:
        return _file_of(url) if everything else PRINTED
    if option.name in ("-o", "--output"):
        return option.text.replace("\\", "/")
    return _file_of(url)


def _wget(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    options, operands = command.parsed(WGET_VALUED, WGET_VALUED_LONG)
    if any(option.name == "--spider" for option in options):
        return
    output = next((o.text for o in options if o.name in ("-O", "--output-document")), None)
    folder = next((o.text for o in options if o.name in ("-P", "--directory-prefix")), "")
    for word in operands:
        url = expanded(stage, script, command, word)
        path = posixpath.join(folder, _file_of(url)) if output is None else output
        yield Download(command, url, word.location, _redirected(command, PRINTED if path == "/dev/stdout" else path))


def _aria2(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    options, operands = command.parsed("odxs", _ARIA_VALUED_LONG)
    output = next((o.text for o in options if o.name in ("-o", "--out")), None)
    folder = next((o.text for o in options if o.name in ("-d", "--dir")), "")
    for word in operands:
        url = expanded(stage, script, command, word)
        yield Download(command, url, word.location, posixpath.join(folder, output or _file_of(url)))


def _fetch(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    """FreeBSD's `fetch`, and `axel`."""
    options, operands = command.parsed("on")
    output = next((o.text for o in options if o.name == "-o"), None)
    for word in operands:
        url = expanded(stage, script, command, word)
        if is_url(url):
            yield Download(command, url, word.location, output or _file_of(url))


def _buckets(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    """`aws s3 cp s3://... FILE`, `gsutil cp gs://... FILE`, `gcloud storage cp`."""
    words = [word for word in command.arguments if not word.text.startswith("-") or word.text == PRINTED]
    texts = [word.text for word in words]
    if "cp" not in texts[:2]:
        return
    operands = words[texts.index("cp") + 1 :]
    if len(operands) > 1 and is_url(operands[0].text) and not is_url(operands[1].text):
        url = expanded(stage, script, command, operands[0])
        target = operands[1].text
        yield Download(command, url, operands[0].location, _file_in(target, url))


def _invoke_web(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    words = command.arguments
    address = output = None
    at = 0
    while at < len(words):
        name = words[at].text.lower()
        if name in ("-uri", "-source") and at + 1 < len(words):
            address = words[at + 1]
            at += 1
        elif name.startswith("-outf") or name in ("-o", "-destination"):
            output = words[at + 1] if at + 1 < len(words) else None
            at += 1
        elif name.startswith("-") and name not in ("-usebasicparsing", "-useb", "-passthru", "-resume"):
            at += 1
        elif not name.startswith("-") and address is None:
            address = words[at]
        at += 1
    if address is not None:
        path = output.text.replace("\\", "/") if output else PRINTED
        yield Download(command, expanded(stage, script, command, address), address.location, path)


def _web_client(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    """`(New-Object Net.WebClient).DownloadString('https://...')`, `.DownloadFile('https://...', 'file')`."""
    for at, word in enumerate(command.words[:-1]):
        method = word.text.lower()
        if method.endswith((".downloadstring", ".downloadfile", ".downloaddata")):
            called = re.match(
                r"""\(\s*['"](?P<url>[^'"]*)['"](?:\s*,\s*['"](?P<path>[^'"]*))?""", command.words[at + 1].text
            )
            if called:
                path = (called["path"] or "").replace("\\", "/") if method.endswith("file") else PRINTED
                yield Download(command, called["url"], command.words[at + 1].location, path)


_SAVES = Lazy(
    r"""(?:copy|urlretrieve|file_put_contents)\([ \t]*+['"](?P<one>[^'"]++)['"][ \t]*+,[ \t]*+"""
    r"""(?:file_get_contents\([ \t]*+)?+['"](?P<two>[^'"]++)['"]"""
)


def _saved(command: Command) -> Iterator[Download]:
    """`php -r "copy('https://...', 'file');"`, `python -c "...urlretrieve('https://...', 'file')"`."""
    for word in command.arguments:
        for match in _SAVES.finditer(word.text):
            url, path = (match["one"], match["two"]) if is_url(match["one"]) else (match["two"], match["one"])
            if is_url(url) and not is_url(path):
                yield Download(command, url, word.location, path)


def _certutil(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    texts = [word.text.lower() for word in command.words]
    if "-urlcache" in texts or "/urlcache" in texts:
        for at, word in enumerate(command.words):
            if is_url(word.text):
                path = command.words[at + 1].text if at + 1 < len(command.words) else ""
                yield Download(command, word.text, word.location, path.replace("\\", "/"))


def _bitsadmin(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    """`bitsadmin /transfer job https://... C:\\file`."""
    words = command.arguments
    for at, word in enumerate(words[:-1]):
        if is_url(word.text):
            yield Download(command, word.text, word.location, words[at + 1].text.replace("\\", "/"))


_READERS = {
    "curl": _curl,
    "wget": _wget,
    "wget2": _wget,
    "aria2c": _aria2,
    "fetch": _fetch,
    "axel": _fetch,
    "aws": _buckets,
    "gsutil": _buckets,
    "gcloud": _buckets,
    "invoke-webrequest": _invoke_web,
    "invoke-restmethod": _invoke_web,
    "start-bitstransfer": _invoke_web,
    "certutil": _certutil,
    "bitsadmin": _bitsadmin,
}
NAMES = frozenset(_READERS)


def _file_of(url: str) -> str:
    """The name that a download gets if none is said."""
    return posixpath.basename(re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/"))


def _file_in(target: str, url: str) -> str:
    return posixpath.join(target, _file_of(url)) if target.endswith("/") or target in (".", "..") else target


def _redirected(command: Command, path: str) -> str:
    """Where what is printed goes: to the file of a redirection, if there is one."""
    if path != PRINTED:
        return path
    for redirection in command.redirections:
        if redirection.writes and redirection.number in ("", "1") and redirection.target:
            return redirection.target.text
    return PRINTED


def verifies(command: Command) -> bool:
    """Does it compare a checksum, or check a signature?"""
    name, texts = command.name, [word.text for word in command.arguments]
    if name in _SUMS:
        return command.how == "$(" or any(re.match(r"-\w*c|--check", text) for text in texts)
    if name in ("gpg", "gpg2"):
        return any(text in ("--verify", "--decrypt", "-d") for text in texts)
    if name in ("cosign", "slsa-verifier", "notation", "gh", "apk", "dpkg-sig", "rekor-cli"):
        return any(text.lstrip("-").startswith("verify") for text in texts)
    if name in ("minisign", "signify", "signify-openbsd"):
        return any(re.match(r"-\w*V", text) for text in texts)
    if name == "openssl":
        return "-verify" in texts
    if name in ("rpm", "rpmkeys"):
        return any(text in ("-K", "--checksig") for text in texts)
    if INTERPRETERS.fullmatch(name):
        return any(re.search(r"hash_file\(|hashlib\.|Digest::SHA|createHash\(", text) for text in texts)
    if name == "certutil":
        return any(text.lower() in ("-hashfile", "/hashfile") for text in texts)
    return name in ("gpgv", "gpgv2", "get-filehash", "sq", "sqv", "debsig-verify") or name.startswith("verify")


def makes_executable(mode: str) -> bool:
    """Is it a mode that sets an execute bit?"""
    if re.fullmatch(r"[0-7]{3,4}", mode):
        return any(int(digit) & 1 for digit in mode[-3:])
    return re.match(r"[ugoa]*[+=][rwst]*x", mode) is not None


def unpacks(command: Command) -> bool:
    """Does it take an archive apart?"""
    name, texts = command.name, [word.text for word in command.arguments]
    if name in ("tar", "bsdtar", "gtar"):
        return any(re.match(r"-?\w*x|--extract|--get", text) for text in texts[:3])
    return name in ("unzip", "gunzip", "unxz", "bunzip2", "7z", "7za", "cpio", "expand-archive", "zstd")


def word_of(command: Command, place: Location) -> Word | None:
    """The word of a command that a place is within."""
    return next((w for w in command.words if w.location.start <= place.start and place.end <= w.location.end), None)
