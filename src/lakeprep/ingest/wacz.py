"""WACZ: a ZIP of WARC files and their indexes.

The WARC files inside are stored without further compression by the standard, so that every record
has its place in the file; one that was deflated nevertheless is inflated on the way, and its
records' places are those inside it (`inner_offset`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from lakeprep.ingest.archive import Frame, Gap, archive_reader
from lakeprep.ingest.records import Limits, Reason
from lakeprep.ingest.sources import RangeSource, Source, SourceFile

_ARCHIVE = re.compile(r"(?:^|/)archive/[^/]+\.warc(\.gz)?$", re.I)
_LOCAL_HEADER = 30
_MAX_INFLATED = 4 * 1024 * 1024 * 1024
"""Of one deflated WARC file; beyond it the rest is one reject."""


_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    NotImplementedError,  # a compression Python does not know
    RuntimeError,  # an encrypted member
    EOFError,
)


class InflatedSource:
    """A deflated file of a ZIP by offset; going back means to inflate again from its start."""

    chunk = 1 << 20

    def __init__(self, outer: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self.path, self.etag = outer.path, outer.etag
        self.size = min(info.file_size, _MAX_INFLATED)
        self._file = archive.open(info)

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(max(0, min(length, self.size - offset)))

    def close(self) -> None:
        self._file.close()


def read_wacz(source: Source, limits: Limits, wanted: frozenset[str]) -> Iterator[Frame | Gap]:
    """The records of every WARC file inside, in the ZIP's order."""
    try:
        archive = zipfile.ZipFile(io.BufferedReader(SourceFile(source)))
        infos = [info for info in archive.infolist() if _ARCHIVE.search(info.filename)]
    except _ZIP_ERRORS as error:
        yield Gap(0, 0, Reason.DAMAGED, f"ZIP: {error}")
        return
    if not infos:
        yield Gap(0, 0, Reason.DAMAGED, "a WACZ without a WARC file in archive/")
    for info in infos:
        yield from _read_member(source, archive, info, limits, wanted)


def _read_member(
    source: Source,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    limits: Limits,
    wanted: frozenset[str],
) -> Iterator[Frame | Gap]:
    local = source.read(info.header_offset, _LOCAL_HEADER)
    names = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    start = info.header_offset + _LOCAL_HEADER + names
    stored = info.compress_type == zipfile.ZIP_STORED
    try:
        inside: Source = (
            RangeSource(source, start, min(info.compress_size, source.size - start))
            if stored
            else InflatedSource(source, archive, info)
        )
        name = "warc.gz" if inside.read(0, 2) == b"\x1f\x8b" else "warc"
        reader = archive_reader(inside, name, limits, wanted=wanted, start=0, end=inside.size + 1)
        for item in reader.read():
            if isinstance(item, (Frame, Gap)):
                inner = 0 if stored else item.offset + item.inner
                place = start + item.offset if stored else start
                yield replace(item, offset=place, inner=inner or item.inner)
    except _ZIP_ERRORS as error:
        yield Gap(info.header_offset, 0, Reason.DAMAGED, f"{info.filename}: {error}")
