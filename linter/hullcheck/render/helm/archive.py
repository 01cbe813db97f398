"""Chart archives, unpacked in memory and within bounds; nothing of them touches the disk."""

from __future__ import annotations

import io
import tarfile
import zlib

from hullcheck.render.helm.errors import TemplateError

MAX_ENTRIES = 5_000
MAX_UNPACKED = 64 * 1024 * 1024
MAX_FILE = 5 * 1024 * 1024


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a .tgz by their names below its one folder; links and odd names are left out."""
    try:
        packed = _inflate(data)
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
            return _files(archive)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError, OSError):
        raise TemplateError("an archive that can't be read") from None


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    unpacked = inflater.decompress(data, MAX_UNPACKED)
    if inflater.unconsumed_tail:
        raise TemplateError("an archive that is larger than 64 MiB once it's unpacked")
    return unpacked


def _files(archive: tarfile.TarFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for count, entry in enumerate(archive):
        if count >= MAX_ENTRIES:
            raise TemplateError(f"an archive of more than {MAX_ENTRIES} files")
        name = entry.name.removeprefix("./").partition("/")[2]
        if not entry.isreg() or not name or ".." in name.split("/") or entry.size > MAX_FILE:
            continue
        content = archive.extractfile(entry)
        if content is not None:
            files[name] = content.read(MAX_FILE)
    return files
