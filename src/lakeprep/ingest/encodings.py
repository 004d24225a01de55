"""Content encodings undone: gzip, deflate, br and zstd, several on top of each other, each within
a limit on what comes out, and only where the bytes are what the header says."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from lakeprep.ingest.codecs import GZIP_MAGIC, ZSTD_MAGIC, DamagedMember, ZstdMember
from lakeprep.ingest.media import looks_like_text

_MAX_LAYERS = 4
_STEP = 64 * 1024


class TooLarge(Exception):
    """More comes out than the limit allows."""


class Undecodable(Exception):
    """Nothing at all can be decoded, or the encodings are stacked too high."""


def decode_content(body: bytes, encoding: str, limit: int) -> tuple[bytes, bool]:
    """The body with the encodings of a Content-Encoding field undone, and whether it is complete.

    Bytes that are not in the encoding named are returned as they are (recorders often decode and
    leave the header), as are those in one that is not known. A body that breaks off or goes wrong
    in its middle is returned as far as it goes, as incomplete. Raises TooLarge, Undecodable.
    """
    layers = [name.strip() for name in encoding.split(",")]
    known = [_DECODERS[name] for name in reversed(layers) if name in _DECODERS]
    if len(known) > _MAX_LAYERS:
        raise Undecodable(f"{len(known)} encodings")
    complete = True
    for recognises, decode in known:
        if not recognises(body):
            continue
        body, whole = decode(body, limit)
        complete = complete and whole
    return body, complete


def _gunzip(body: bytes, limit: int) -> tuple[bytes, bool]:
    decoded, rest, whole = _inflate(body, 31, limit)
    while whole and rest.startswith(GZIP_MAGIC):
        more, rest, whole = _inflate(rest, 31, limit - len(decoded))
        decoded += more
    return _something(decoded, "gzip"), whole


def _deflate(body: bytes, limit: int) -> tuple[bytes, bool]:
    # The header's "deflate" is zlib by the standard, raw deflate by the habit of old servers.
    zlib_header = body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    decoded, _, whole = _inflate(body, 15 if zlib_header else -15, limit)
    if not decoded and zlib_header:
        decoded, _, whole = _inflate(body, -15, limit)
    return _something(decoded, "deflate"), whole


def _inflate(body: bytes, window_bits: int, limit: int) -> tuple[bytes, bytes, bool]:
    """Decoded bytes, the bytes behind the stream, and whether the stream is complete."""
    inflate = zlib.decompressobj(wbits=window_bits)
    try:
        decoded = inflate.decompress(body, limit + 1)
    except zlib.error:
        return _inflate_in_steps(body, window_bits, limit), b"", False
    if len(decoded) > limit:
        raise TooLarge
    return decoded, inflate.unused_data, inflate.eof


def _inflate_in_steps(body: bytes, window_bits: int, limit: int) -> bytes:
    """What comes out before the damage."""
    inflate, parts, size = zlib.decompressobj(wbits=window_bits), [], 0
    try:
        for at in range(0, len(body), 256):
            parts.append(inflate.decompress(body[at : at + 256], limit + 1 - size))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge
    except zlib.error:
        pass
    return b"".join(parts)


def _unbrotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    import brotli

    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        for at in range(0, len(body), _STEP):
            # The decoder holds output back at its limit even when it could accept more input:
            # it is empty only when an empty piece brings nothing.
            piece = decoder.process(body[at : at + _STEP], output_buffer_limit=_STEP)
            while piece:
                out += piece
                if len(out) > limit:
                    raise TooLarge
                piece = decoder.process(b"", output_buffer_limit=_STEP)
            if decoder.is_finished() or not decoder.can_accept_more_data():
                break
    except brotli.error:
        return _something(bytes(out), "br"), False
    return _something(bytes(out), "br"), decoder.is_finished()


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool]:
    out, at, whole = bytearray(), 0, True
    try:
        while body.startswith(ZSTD_MAGIC, at):
            frame = ZstdMember(None)
            while not frame.done:
                decoded, taken = frame.feed(body[at : at + frame.wants])
                at += taken
                out += decoded
                if len(out) > limit:
                    raise TooLarge
    except DamagedMember:
        whole = False
    return _something(bytes(out), "zstd"), whole


def _something(decoded: bytes, encoding: str) -> bytes:
    if not decoded:
        raise Undecodable(encoding)
    return decoded


def _is_gzip(body: bytes) -> bool:
    return body.startswith(GZIP_MAGIC)


def _is_zstd(body: bytes) -> bool:
    return body.startswith(ZSTD_MAGIC)


def _is_unmarked(body: bytes) -> bool:
    """deflate and br have no magic number; what reads as text is not encoded."""
    return len(body) > 1 and not looks_like_text(body)


_DECODERS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes, int], tuple[bytes, bool]]]] = {
    "gzip": (_is_gzip, _gunzip),
    "x-gzip": (_is_gzip, _gunzip),
    "deflate": (_is_unmarked, _deflate),
    "br": (_is_unmarked, _unbrotli),
    "zstd": (_is_zstd, _unzstd),
}
