"""The compressed units of a stored file: gzip members and zstd frames, one at a time.

Each decoder takes what it can of the bytes offered and gives back at most a few hundred KiB, so
that a bomb costs no memory, and says exactly where its unit ends, so that the place of every
record is known and reading can start again after a damaged one.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Protocol

from lakeprep.ingest.sources import Source

if TYPE_CHECKING:
    from zstandard import ZstdCompressionDict

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
"""The skippable frame that carries a .warc.zst file's dictionary (IIPC WARC-zstd draft)."""

_OUTPUT = 256 * 1024
_GZIP_FIRST, _GZIP_INPUT = 4 * 1024, 32 * 1024
"""Stored bytes offered at once; what lies behind a member's end is copied, so tiny members get
little."""
_PROBE_STEP, _PROBE_DECODED = 64, 16 * 1024
_PROBE_SILENT = 1024
"""Stored bytes without a decoded one: more than a file name and the largest code tables take."""
_ZSTD_BLOCK = 128 * 1024
"""Largest block of the format (RFC 8878, 3.1.1.2.4), stored and decoded."""
_ZSTD_WINDOW = 128 * 1024 * 1024
"""Largest window accepted: the command line tool's own default."""
_MAX_DICTIONARY = 16 * 1024 * 1024


class DamagedMember(Exception):
    """The unit cannot be decoded further; `decoded` is what came out before the damage."""

    def __init__(self, detail: str, decoded: bytes = b"") -> None:
        super().__init__(detail)
        self.decoded = decoded


class Member(Protocol):
    """One unit being decoded. `wants` is how many stored bytes the next call can use."""

    wants: int
    done: bool

    def feed(self, stored: bytes) -> tuple[bytes, int]:
        """Decoded bytes, and how many of `stored` they took. Fewer bytes than wanted are offered
        only at the end of the file. Raises DamagedMember."""
        ...


class _Inflate(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Codec(Protocol):
    """How to recognise and open a unit."""

    name: str
    start: re.Pattern[bytes]
    probe_bytes: int
    """Stored bytes that `probe` may look at."""

    def open(self) -> Member: ...

    def probe(self, stored: bytes, at: int) -> bytes:
        """The first decoded bytes of the unit that may begin at `at`; none if none does. Cheap
        where none does: a page may be nothing but magic numbers."""
        ...


class GzipMember:
    """RFC 1952, checksum verified."""

    def __init__(self) -> None:
        self.wants, self.done = _GZIP_FIRST, False
        self._inflate = zlib.decompressobj(wbits=31)

    def feed(self, stored: bytes) -> tuple[bytes, int]:
        self.wants = _GZIP_INPUT
        before = self._inflate.copy()
        try:
            decoded = self._inflate.decompress(stored, _OUTPUT)
        except zlib.error as error:
            raise DamagedMember(f"gzip: {_zlib_cause(error)}", _salvage(before, stored)) from error
        if self._inflate.eof:
            self.done = True
            return decoded, len(stored) - len(self._inflate.unused_data)
        if not decoded and not stored:
            raise DamagedMember("the file ends inside a gzip member")
        return decoded, len(stored) - len(self._inflate.unconsumed_tail)


class GzipCodec:
    """gzip: any byte of the reserved flags set is no member."""

    name = "gz"
    start = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
    probe_bytes = 4096

    def open(self) -> Member:
        return GzipMember()

    def probe(self, stored: bytes, at: int) -> bytes:
        inflate, decoded = zlib.decompressobj(wbits=31), b""
        try:
            for place in range(at, min(at + self.probe_bytes, len(stored)), _PROBE_STEP):
                decoded += inflate.decompress(stored[place : place + _PROBE_STEP], _PROBE_DECODED)
                silent = not decoded and place - at >= _PROBE_SILENT
                if silent or inflate.eof or len(decoded) >= _PROBE_DECODED:
                    break
        except zlib.error:
            pass
        return decoded


class ZstdMember:
    """One frame, fed block by block: the library then never decodes more than 128 KiB at once."""

    def __init__(self, dictionary: ZstdCompressionDict | None) -> None:
        import zstandard

        self.wants, self.done = 18, False
        self._library_error = zstandard.ZstdError
        self._inflate = zstandard.ZstdDecompressor(
            dict_data=dictionary, max_window_size=_ZSTD_WINDOW
        ).decompressobj()
        self._step = self._header
        self._checksum = self._last = False
        self._skip = 0

    def feed(self, stored: bytes) -> tuple[bytes, int]:
        try:
            return self._step(stored)
        except self._library_error as error:
            raise DamagedMember(f"zstd: {error}") from error

    def _header(self, stored: bytes) -> tuple[bytes, int]:
        if len(stored) >= 8 and stored[1:4] == b"\x2a\x4d\x18" and 0x50 <= stored[0] <= 0x5F:
            self._skip = 8 + int.from_bytes(stored[4:8], "little")
            self.wants, self._step = _ZSTD_BLOCK, self._skippable
            return b"", 0
        if stored[:4] != ZSTD_MAGIC or len(stored) < 6:
            raise DamagedMember("not a zstd frame")
        descriptor = stored[4]
        single = descriptor >> 5 & 1
        length = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
        length += (single, 2, 4, 8)[descriptor >> 6]
        self._checksum = bool(descriptor >> 2 & 1)
        self.wants, self._step = 3, self._block_header
        return self._inflate.decompress(stored[:length]), min(length, len(stored))

    def _skippable(self, stored: bytes) -> tuple[bytes, int]:
        taken = min(len(stored), self._skip)
        if not taken:
            raise DamagedMember("the file ends inside a zstd frame")
        self._skip -= taken
        self.done = self._skip == 0
        return b"", taken

    def _block_header(self, stored: bytes) -> tuple[bytes, int]:
        if len(stored) < 3:
            raise DamagedMember("the file ends inside a zstd frame")
        word = int.from_bytes(stored[:3], "little")
        self._last, kind, size = bool(word & 1), word >> 1 & 3, word >> 3
        if kind == 3 or size > _ZSTD_BLOCK:
            raise DamagedMember("zstd: a block of no known kind")
        self.wants = 3 + (1 if kind == 1 else size)
        self._step = self._block
        return b"", 0

    def _block(self, stored: bytes) -> tuple[bytes, int]:
        if len(stored) < self.wants:
            raise DamagedMember("the file ends inside a zstd frame")
        taken = self.wants
        decoded = self._inflate.decompress(stored[:taken])
        self.done = self._last and not self._checksum
        self.wants, self._step = 3, self._block_header
        if self._last and self._checksum:
            self.wants, self._step = 4, self._verify
        return decoded, taken

    def _verify(self, stored: bytes) -> tuple[bytes, int]:
        if len(stored) < 4:
            raise DamagedMember("the file ends inside a zstd frame")
        self.done = True
        return self._inflate.decompress(stored[:4]), 4


class ZstdCodec:
    """zstd frames; skippable ones are passed over as empty units."""

    name = "zst"
    start = re.compile(re.escape(ZSTD_MAGIC))
    probe_bytes = 2 * _ZSTD_BLOCK

    def __init__(self, source: Source) -> None:
        self._dictionary = _dictionary(source)

    def open(self) -> Member:
        return ZstdMember(self._dictionary)

    def probe(self, stored: bytes, at: int) -> bytes:
        member, decoded = ZstdMember(self._dictionary), b""
        try:
            while not member.done and len(decoded) < _PROBE_DECODED and at < len(stored):
                out, taken = member.feed(stored[at : at + member.wants])
                decoded += out
                at += taken
        except DamagedMember:
            pass
        return decoded


def codec_for(compression: str, source: Source) -> Codec | None:
    """The codec of a format's last part: gz, zst, or none for a plain file."""
    if compression == "gz":
        return GzipCodec()
    return ZstdCodec(source) if compression == "zst" else None


def _dictionary(source: Source) -> ZstdCompressionDict | None:
    head = source.read(0, 8)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _DICTIONARY_MAGIC or size > _MAX_DICTIONARY:
        return None
    import zstandard

    data = source.read(8, size)
    if data.startswith(ZSTD_MAGIC):
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(data)
        try:
            data = reader.read(_MAX_DICTIONARY)
        except zstandard.ZstdError:
            return None
    return zstandard.ZstdCompressionDict(data)


def _zlib_cause(error: zlib.error) -> str:
    return str(error).rpartition(": ")[2] or "data error"


def _salvage(inflate: _Inflate, stored: bytes) -> bytes:
    """What the bytes before the damage decode to: zlib gives nothing of the call that fails."""
    decoded = b""
    try:
        for at in range(len(stored)):
            decoded += inflate.decompress(stored[at : at + 1], _OUTPUT - len(decoded))
            if len(decoded) >= _OUTPUT:
                break
    except zlib.error:
        pass
    return decoded
