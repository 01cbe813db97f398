"""What commands download, where it goes, and what is then done with it."""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from hullcheck.model.command import SHELLS, Command, Option, Script, Word
from hullcheck.model.dockerfile import Stage
from hullcheck.model.globs import like
from hullcheck.model.variables import expanded
from hullcheck.source import Location

PRINTED = "-"
STEPS_PER_WORD = 10
"""What may be looked at for each word of a stage's commands, to find out what becomes of its downloads."""

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
_MOVING = frozenset(("mv", "cp", "ln", "install"))
INTERPRETERS = re.compile(r"(?:python|pypy|perl|ruby|node|nodejs|php|lua|Rscript|deno|bun|tclsh)[0-9.]*")


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
        reader = _READERS.get(command.name)
        if reader is not None:
            yield from reader(stage, script, command)
        elif command.shell == "powershell":
            yield from _web_client(stage, script, command)


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


def _certutil(stage: Stage, script: Script, command: Command) -> Iterator[Download]:
    texts = [word.text.lower() for word in command.words]
    if "-urlcache" in texts or "/urlcache" in texts:
        for at, word in enumerate(command.words):
            if is_url(word.text):
                path = command.words[at + 1].text if at + 1 < len(command.words) else ""
                yield Download(command, word.text, word.location, path.replace("\\", "/"))


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


class Fetched(NamedTuple):
    """A downloaded file and the first commands that run it, unpack it and verify it. What ran it did so unverified."""

    download: Download
    run_by: Command | None
    unpacked_by: Command | None
    verified_by: Command | None


class Fetches(NamedTuple):
    """The files that a stage downloads, and what becomes of them in it. `complete` is false if there are more."""

    files: tuple[Fetched, ...] = ()
    complete: bool = True


def fetched(stage: Stage) -> Fetches:
    """What a stage downloads."""
    if "fetches" not in stage.known:
        stage.known["fetches"] = _fetches(stage)
    found: Fetches = stage.known["fetches"]
    return found


def _fetches(stage: Stage) -> Fetches:
    scripts = [script for script in stage.scripts if script.instruction.keyword == "RUN"]
    if any(script.unknown for script in scripts):
        return Fetches()
    files: list[Fetched] = []
    build: _Build | None = None
    for number, script in enumerate(scripts):
        for download in downloads(stage, script):
            if download.path and not (download.path == PRINTED and download.command.inside >= 0):
                build = build or _Build(scripts)
                found = build.followed(download, number)
                if found is None:
                    return Fetches(tuple(files), complete=False)
                files.append(found)
    return Fetches(tuple(files))


class _Build:
    """All commands of a stage in order, and which of them name which file."""

    def __init__(self, scripts: list[Script]) -> None:
        self.scripts = scripts
        self.commands: list[Command] = []
        self.starts: list[int] = []
        self.verifying: list[list[int]] = []
        self.named: dict[str, list[tuple[int, str]]] = {}
        self.patterns: dict[str, list[tuple[int, str]]] = {}
        words = 0
        for script in scripts:
            self.starts.append(len(self.commands))
            self.verifying.append([])
            for at, command in enumerate(script.commands, len(self.commands)):
                words += len(command.words)
                self._add(at, command)
                if verifies(command):
                    self.verifying[-1].append(at)
            self.commands += script.commands
        self.starts.append(len(self.commands))
        self.left = 20_000 + STEPS_PER_WORD * words

    def _add(self, at: int, command: Command) -> None:
        for word in command.words:
            text = (word.text.partition("=")[2] or word.text).replace("\\", "/")
            name = posixpath.basename(text)
            if "*" in name:
                self.patterns.setdefault(name, []).append((at, text))
            else:
                self.named.setdefault(name or text, []).append((at, text))

    def followed(self, download: Download, number: int) -> Fetched | None:
        """What becomes of a download of the script of that number; None if it is too much to look for."""
        script, start, end = self.scripts[number], self.starts[number], self.starts[number + 1]
        later = _Later(start)
        touched: set[int] = set()
        if download.path == PRINTED:
            numbers = {command.number for command in script.after_in_pipe(download.command)}
            touched.update(at for at in range(start, end) if numbers and self.commands[at].number in numbers)
            self.left -= end - start if numbers else 0
        names = {download.path}
        for at in (*self.verifying[number], *touched, *self._touching(download.path, start, touched)):
            later.add(at)
        run_by = marked_by = unpacked_by = verified_by = None
        for at in later:
            self.left -= 1 + len(names)
            if self.left < 0:
                return None
            command = self.commands[at]
            if at < end and command.number <= download.command.number:
                continue
            if verified_by is None and verifies(command):
                verified_by = command
            if at not in touched:
                continue
            if run_by is None and verified_by is None and runs(command, names):
                if command.name == "chmod":
                    marked_by = marked_by or command  # a bit runs nothing: it may be verified still
                else:
                    run_by = command
            if unpacked_by is None and unpacks(command):
                unpacked_by = command
            if command.name in _MOVING:
                self.left -= len(names) * len(command.words)
                for name in set(_moved(command, names)) - names:
                    names.add(name)
                    for other in self._touching(name, at + 1, touched):
                        later.add(other)
            if unpacked_by is not None and verified_by is not None:
                break
        if run_by is None and verified_by is None:
            run_by = marked_by
        return Fetched(download, run_by, unpacked_by, verified_by)

    def _touching(self, file: str, start: int, touched: set[int]) -> list[int]:
        """The commands from `start` on, one of whose words names the file; they are added to those that do."""
        path = file.replace("\\", "/")
        name = posixpath.basename(path)
        lists = [self.named.get(name or path, [])]
        lists += [
            places for pattern, places in self.patterns.items() if name and pattern != "*" and like(pattern, name)
        ]
        lists += [places for places in (self.patterns.get(name),) if places]
        self.left -= len(self.patterns)
        found = []
        for places in lists:
            first = bisect_left(places, (start, ""))
            self.left -= len(places) - first
            if self.left < 0:
                break
            found += [at for at, text in places[first:] if at not in touched and same_file(file, text)]
        touched.update(found)
        return found


class _Later:
    """Numbers to go through in order, while more are added."""

    def __init__(self, start: int) -> None:
        self.last = start - 1
        self.waiting: list[int] = []

    def add(self, number: int) -> None:
        heappush(self.waiting, number)

    def __iter__(self) -> Iterator[int]:
        while self.waiting:
            number = heappop(self.waiting)
            if number > self.last:
                self.last = number
                yield number


def same_file(one: str, other: str) -> bool:
    """Do two paths, as written in different places, name one file? Stars match; relative ones by their last part."""
    one, other = one.replace("\\", "/"), other.replace("\\", "/")
    if one == other:
        return True
    if one.startswith("/") and other.startswith("/") and "*" not in other:
        return False
    name, pattern = posixpath.basename(one), posixpath.basename(other)
    if "*" in pattern:
        return bool(name) and pattern != "*" and like(pattern, name)
    return bool(name) and name == pattern


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
    if name == "certutil":
        return any(text.lower() in ("-hashfile", "/hashfile") for text in texts)
    return name in ("gpgv", "gpgv2", "get-filehash", "sq", "sqv", "debsig-verify") or name.startswith("verify")


def runs(command: Command, names: set[str]) -> bool:
    """Does it execute the file, make it executable, or install it?"""
    name, texts = command.name, [word.text for word in command.arguments]
    operands = [text for text in texts if not text.startswith("-")]
    if name in SHELLS or name in ("source", ".") or INTERPRETERS.fullmatch(name):
        return bool(operands) and any(same_file(file, operands[0]) for file in names)
    if name == "chmod":
        return any(makes_executable(text) for text in texts[:2])
    if name in ("dpkg", "rpm"):
        return any(re.match(r"-\w*[iU]|--install|--upgrade", text) for text in texts)
    if name in ("apt", "apt-get", "yum", "dnf", "microdnf", "zypper", "apk", "pip", "pip3"):
        return bool({"install", "add", "localinstall"} & set(operands[:2]))
    if name == "install":
        return "-d" not in texts
    if name in ("start-process", "msiexec"):
        return True
    return bool(command.words) and any(
        "/" in command.words[0].text and same_file(file, command.words[0].text) for file in names
    )


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


def _moved(command: Command, names: set[str]) -> Iterator[str]:
    """The new names of a file that is moved, copied or linked."""
    if command.name in _MOVING:
        operands = [word.text for word in command.arguments if not word.text.startswith("-")]
        if len(operands) > 1:
            for file in [name for name in names if any(same_file(name, text) for text in operands[:-1])]:
                yield operands[-1]
                yield posixpath.join(operands[-1], posixpath.basename(file))


def word_of(command: Command, place: Location) -> Word | None:
    """The word of a command that a place is within."""
    return next((w for w in command.words if w.location.start <= place.start and place.end <= w.location.end), None)
