"""HTTP responses as archives keep them: the header, and chunked bodies made whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS_LINE = re.compile(rb"(?:HTTP(?:/\d(?:\.\d)?)?|ICY)[ \t]+(\d{3})(?!\d)[^\n]{0,4096}")
_INTERIM = re.compile(rb"(?:HTTP/\d(?:\.\d)?)[ \t]+(?:1\d\d|200 connection established)", re.I)
_HEADER_END = re.compile(rb"\r*\n\r*\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1024})?\r?\n")
_MAX_INTERIM = 5
_MAX_CHUNKS = 500_000
"""A chunk of a real server is a KiB or more; smaller ones by the million only cost time."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status, fields (lower-case name to the first value, several values joined where the field
    is a list), and where the body begins in the block."""

    status: int
    content_type: str
    transfer_encoding: str
    content_encoding: str
    body_at: int


def parse_head(block: bytes, max_bytes: int) -> ResponseHead | None:
    """The header of the last response in `block`: interim ones (100, a proxy's 200) are passed.

    None where `block` does not begin with a status line, or its header is longer than
    `max_bytes`. A header without an empty line behind it is a response without a body.
    """
    at = 0
    for _ in range(_MAX_INTERIM):
        status_line = _STATUS_LINE.match(block, at)
        if status_line is None:
            return None
        found = _HEADER_END.search(block, at, at + max_bytes)
        if found is None and len(block) - at > max_bytes:
            return None
        end = found.end() if found else len(block)
        if not (_INTERIM.match(block, at) and _STATUS_LINE.match(block, end)):
            return _head(block[at:end], int(status_line.group(1)), end)
        at = end
    return None


def _head(header: bytes, status: int, body_at: int) -> ResponseHead:
    types, transfers, encodings = "", [], []
    for line in header.decode("latin-1").split("\n")[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name == "content-type" and not types:
            types = value.strip()
        elif name == "transfer-encoding":
            transfers.append(value.strip().lower())
        elif name == "content-encoding":
            encodings.append(value.strip().lower())
    return ResponseHead(
        status=status,
        content_type=types,
        transfer_encoding=",".join(transfers),
        content_encoding=",".join(encodings),
        body_at=body_at,
    )


def dechunk(body: bytes, *, cut: bool) -> tuple[bytes, bool]:
    """The body without its chunk frames, and whether it is complete.

    A body that is not framed is returned as it is: recorders undo the frames and leave the header
    in place. `cut` says that the record itself is incomplete, so that a first chunk longer than
    the body is taken for a chunk.
    """
    parts: list[bytes] = []
    at = 0
    while len(parts) < _MAX_CHUNKS:
        size_line = _CHUNK_SIZE.match(body, at)
        if size_line is None:
            return (b"".join(parts), False) if parts else (body, True)
        size, begin = int(size_line.group(1), 16), size_line.end()
        end = begin + size
        if size == 0:
            return (b"".join(parts), True) if parts or not body[begin:].strip() else (body, True)
        framed = body[end : end + 1] in (b"\r", b"\n") or end == len(body)
        if not parts and not framed and not (cut and end > len(body)):
            return body, True
        parts.append(body[begin:end])
        if end >= len(body):
            return b"".join(parts), False
        if not framed:
            return b"".join(parts), False
        at = end + (2 if body[end : end + 2] == b"\r\n" else 1)
    return b"".join(parts), False
