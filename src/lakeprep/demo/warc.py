"""WARC records (ISO 28500, version 1.0), one gzip member each, with the same bytes every time.

Neither clock nor randomness enters a record: identifiers are hashes of what they name.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b32encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b, sha1
from uuid import UUID

Headers = Sequence[tuple[str, str]]

# Level 6 of zlib. Python builds on zlib-ng compress to other bytes of the same content.
_LEVEL = 6
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def gzip_member(pieces: Iterable[bytes]) -> bytes:
    """One gzip member with no time and no system in its header."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc = size = 0
    out = [_GZIP_HEADER]
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
        size += len(piece)
        out.append(deflate.compress(piece))
    out += [deflate.flush(), struct.pack("<LL", crc, size & 0xFFFFFFFF)]
    return b"".join(out)


def warc_date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def record_id(*name: object) -> str:
    digest = blake2b("\x1f".join(map(str, name)).encode(), digest_size=16).digest()
    return f"<urn:uuid:{UUID(bytes=digest)}>"


def record(kind: str, identifier: str, moment: datetime, headers: Headers, block: bytes) -> bytes:
    """A whole record: header, block and the two empty lines."""
    return record_head(kind, identifier, moment, headers, len(block)) + block + b"\r\n\r\n"


def record_head(
    kind: str, identifier: str, moment: datetime, headers: Headers, length: int
) -> bytes:
    """The header of a record whose block has (or claims to have) `length` bytes."""
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: {identifier}",
        f"WARC-Date: {warc_date(moment)}",
        *(f"{name}: {value}" for name, value in headers),
        f"Content-Length: {length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def payload_digest(body: bytes) -> str:
    return "sha1:" + b32encode(sha1(body, usedforsecurity=False).digest()).decode()


def http_response(body: bytes, headers: Headers, status: str = "200 OK") -> bytes:
    """An HTTP/1.1 response message."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
