"""The list files of a place, and their lines: plain, gzip, tar, or a folder in the UT1 layout.

A place is a local path or an s3:// URL. Everything is read in pieces: memory does not grow with a
file, however far it unfolds.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.errors import InputError
from lakeprep.ingest import s3
from lakeprep.ingest.codecs import GZIP_MAGIC, GzipCodec
from lakeprep.ingest.sources import Source, open_source
from lakeprep.ingest.stream import DecodedStream, End

Role = Literal["any", "domains", "urls"]

#: Decoded bytes of one file; the largest public lists have some hundred megabytes.
MAX_FILE_BYTES: Final = 4 << 30
MAX_LINE_BYTES: Final = 64 << 10
_STEP: Final = 1 << 20
_BLOCK: Final = 512
#: Files of a UT1 category; its `expressions` are regular expressions and are not read.
_UT1_FILES: Final[dict[str, Role]] = {"domains": "domains", "urls": "urls"}
_UT1_IGNORED: Final = "expressions"
#: A folder of categories, each with its files: two levels.
_UT1_DEPTH: Final = 2


@dataclass(frozen=True, slots=True)
class ListFile:
    """Lines of one file, trimmed and without comments. `role`: what they are; "any" where the
    name does not say."""

    name: str
    role: Role
    lines: Iterator[pa.StringArray]


def list_files(place: str, ignored: list[str], *, categories: frozenset[str]) -> Iterator[ListFile]:
    """The list files of `place`, to be read one after another; `categories` empty means all of a
    UT1 folder or archive. Names of files that say more than is used are added to `ignored`.

    Raises:
        InputError: nothing there, not text, or no list in a folder or archive.
    """
    inside = _folder(place)
    if inside is None:
        yield from _one_file(place, ignored, categories)
        return
    found = False
    for path in inside:
        role = _ut1_role(path, categories, ignored)
        if role is not None:
            found = True
            with _opened(path) as stream:
                yield ListFile(path, role, _lines(path, stream, None))
    if not found:
        raise InputError(_no_list(place, "folder", categories))


def _no_list(place: str, kind: str, categories: frozenset[str]) -> str:
    wanted = f" for {', '.join(sorted(categories))}" if categories else ""
    return (
        f"{place}: no list in this {kind}{wanted}; expected <category>/domains or <category>/urls"
    )


def _folder(place: str) -> Iterator[str] | None:
    """Paths inside a folder, sorted, two levels deep; None if `place` is a file, or nothing."""
    if place.startswith(s3.S3_SCHEME):
        prefix = place.rstrip("/") + "/"
        keys = s3.list_keys(prefix)
        first = next(keys, None)
        if first is None:
            return None
        return (key for key in (first, *keys) if key[len(prefix) :].count("/") < _UT1_DEPTH)
    if not Path(place).is_dir():
        return None
    try:
        return iter(_walk(place))
    except OSError as error:
        raise InputError(f"{place}: cannot be read ({error.strerror})") from None


def _walk(place: str, depth: int = _UT1_DEPTH) -> list[str]:
    found = []
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
        if entry.is_file():
            found.append(entry.path)
        elif entry.is_dir() and depth > 1:
            found += _walk(entry.path, depth - 1)
    return found


def _ut1_role(path: str, categories: frozenset[str], ignored: list[str]) -> Role | None:
    """What a file of a UT1 folder or archive is, by its name and that of its folder."""
    *_, category, name = path.split("/")
    if categories and category not in categories:
        return None
    if name == _UT1_IGNORED:
        ignored.append(path)
    return _UT1_FILES.get(name.removesuffix(".gz"))


def _one_file(place: str, ignored: list[str], categories: frozenset[str]) -> Iterator[ListFile]:
    with _opened(place) as stream:
        if stream.is_tar():
            yield from _tar_files(place, stream, ignored, categories)
        else:
            role = _UT1_FILES.get(Path(place).name.removesuffix(".gz"), "any")
            yield ListFile(place, role, _lines(place, stream, None))


def _tar_files(
    place: str, stream: _Stream, ignored: list[str], categories: frozenset[str]
) -> Iterator[ListFile]:
    """Members of an archive in the UT1 layout, in its order, each read where it lies."""
    found = False
    while (header := stream.take(_BLOCK)).strip(b"\0"):
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise InputError(f"{place}: damaged tar archive ({error})") from None
        end = stream.at + max(0, member.size)
        padded = end + -member.size % _BLOCK
        if member.isreg():
            name = f"{place}/{member.name}"
            role = _ut1_role(name, categories, ignored)
            if role is not None:
                found = True
                yield ListFile(name, role, _lines(name, stream, end))
        stream.skip_to(padded)
        if stream.at < end:
            raise InputError(f"{place}: the archive ends inside {member.name}")
    if not found:
        raise InputError(_no_list(place, "archive", categories))


class _Stream:
    """Decoded bytes of a file, piece by piece."""

    def __init__(self, path: str, source: Source) -> None:
        self.path, self._source = path, source
        zipped = source.read(0, len(GZIP_MAGIC)) == GZIP_MAGIC
        self.text = DecodedStream(source, GzipCodec() if zipped else None)
        self.text.reach(_BLOCK)

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    @property
    def at(self) -> int:
        return self.text.position

    def is_tar(self) -> bool:
        head = self.text.bytes_of(0, self.text.reach(_BLOCK))
        return head[257:262] == b"ustar"

    def take(self, length: int) -> bytes:
        """The next bytes, fewer only at the end."""
        start = self.at
        end = self.text.reach(start + length)
        if end > MAX_FILE_BYTES:
            raise InputError(f"{self.path}: more than {MAX_FILE_BYTES >> 30} GiB unpacked")
        if self.text.end is End.DAMAGE and end < start + length:
            raise InputError(f"{self.path}: damaged ({self.text.damage})")
        data = self.text.bytes_of(start, end)
        self.text.advance(end)
        return data

    def skip_to(self, position: int) -> None:
        while self.at < position and self.take(min(_STEP, position - self.at)):
            pass


def _opened(path: str) -> _Stream:
    if not path.startswith(s3.S3_SCHEME) and Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{path}: neither a file nor a folder")
    return _Stream(path, open_source(path))


def _lines(name: str, stream: _Stream, end: int | None) -> Iterator[pa.StringArray]:
    """Lines up to position `end` (None: of the file), about a mebibyte at a time.

    Raises:
        InputError: not text: zero bytes, or lines longer than an entry can be.
    """
    rest = b""
    first = True
    while data := stream.take(_STEP if end is None else min(_STEP, end - stream.at)):
        if b"\0" in data:
            raise InputError(f"{name}: not text; a list is plain text, gzip of it, or a tar of it")
        block = rest + data
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(f"{name}: a line of more than {MAX_LINE_BYTES:,} bytes; not a list")
        yield _cleaned(block[:cut], first)
        first = False
    yield _cleaned(rest, first)


def _cleaned(block: bytes, first: bool) -> pa.StringArray:
    """Lines of `block` without comments, blanks around them, and empty ones. Bytes that are no
    UTF-8 become U+FFFD, which no entry may hold."""
    text = block.decode("utf-8-sig" if first else "utf-8", "replace")
    lines = pc.split_pattern(pa.array([text]), "\n").flatten()
    lines = pc.replace_substring_regex(lines, r"(^|\s)#.*", "")
    lines = pc.utf8_trim_whitespace(lines)
    return lines.filter(pc.greater(pc.binary_length(lines), 0))
