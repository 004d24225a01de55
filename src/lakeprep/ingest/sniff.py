"""What a file is, told by its first bytes; its name only helps where they leave it open."""

from __future__ import annotations

import re

from lakeprep.errors import InputError
from lakeprep.ingest import media
from lakeprep.ingest.arc import ArcDialect
from lakeprep.ingest.codecs import GZIP_MAGIC, ZSTD_MAGIC, codec_for
from lakeprep.ingest.headers import Dialect
from lakeprep.ingest.records import printable
from lakeprep.ingest.sources import Source
from lakeprep.ingest.stream import DecodedStream, End
from lakeprep.ingest.warc import WarcDialect

KNOWN_NAMES = re.compile(
    r"\.(?:(?P<archive>warc|arc|wet|wat)(?:\.(?:wet|wat))?|(?P<lines>jsonl|ndjson))"
    r"(?:\.(?P<compression>gz|zst))?$|\.(?P<whole>parquet|wacz)$",
    re.I,
)
"""Names that a walk through a directory takes up."""

_SAMPLE = 64 * 1024
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_VERSION_LINE = re.compile(rb"[\r\n]{0,64}WARC/\d")
_FILEDESC = re.compile(rb"[\r\n]{0,64}filedesc:")
_DIALECTS: dict[str, Dialect] = {"warc": WarcDialect(), "arc": ArcDialect()}


def format_of(source: Source) -> str:
    """`warc`, `arc`, `jsonl` (each also with .gz or .zst), `parquet` or `wacz`.

    A damaged archive is one still: its reading reports the damage. Raises InputError where
    nothing in the first bytes is what lakeprep reads, naming what they are instead.
    """
    if source.size == 0:
        raise InputError(f"{source.path}: empty file.")
    head = source.read(0, 4096)
    named = _named_format(source.path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and source.path.lower().endswith(".wacz"):
        return "wacz"
    compression = _compression(head)
    sample, damaged = _decoded(source, compression)
    kind = _kind_of(sample)
    if kind is None and named is not None and named in _DIALECTS and not media.is_page(sample):
        # The first record may be the broken one.
        dialect = _DIALECTS[named]
        if damaged or dialect.starts_line.search(sample):
            kind = named
    if kind is None and named == "jsonl" and compression and (damaged or not sample.strip()):
        # Nothing in it: an empty part, as Spark writes them.
        kind = named
    if kind is None:
        raise InputError(f"{source.path}: {_unknown(head, sample, compression)}")
    return f"{kind}.{compression}" if compression else kind


def _named_format(path: str) -> str | None:
    found = KNOWN_NAMES.search(path)
    if found is None or found["whole"]:
        return None
    if found["lines"]:
        return "jsonl"
    return "arc" if found["archive"].lower() == "arc" else "warc"


def _compression(head: bytes) -> str:
    if head.startswith(GZIP_MAGIC):
        return "gz"
    return "zst" if head.startswith(ZSTD_MAGIC) or _SKIPPABLE.match(head) else ""


def _decoded(source: Source, compression: str) -> tuple[bytes, bool]:
    """The first bytes decoded, and whether they end in damage."""
    stream = DecodedStream(source, codec_for(compression, source))
    reached = stream.reach(_SAMPLE)
    return stream.bytes_of(0, reached), stream.end is End.DAMAGE


def _kind_of(sample: bytes) -> str | None:
    if _VERSION_LINE.match(sample):
        return "warc"
    if _FILEDESC.match(sample) or _DIALECTS["arc"].begins(sample):
        return "arc"
    return "jsonl" if sample.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else None


def _unknown(head: bytes, sample: bytes, compression: str) -> str:
    """What stands there instead, and what would be read."""
    found = media.signature(sample)
    if found is None:
        if media.is_markup(sample):
            found = "HTML"
        elif not sample.strip():
            found = "nothing"
        elif media.is_binary(sample):
            found = "unknown binary data"
        else:
            found = f"text that begins {printable(sample[:30].decode('utf-8', 'replace'))!r}"
    wrapped = {"gz": f"gzip of {found}", "zst": f"zstd of {found}"}.get(compression, found)
    return (
        f"found {wrapped} where WARC, ARC, JSON lines (each also .gz or .zst), Parquet or WACZ"
        " is read."
    )
