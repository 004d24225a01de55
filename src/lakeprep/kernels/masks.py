"""Personal data in text, found and masked: RULES.md section 11.

Kinds so far: e-mail addresses, public IPv4 addresses, telephone numbers. A replacement is a pure
function of kind, value and salt, and is no personal data itself: masking a masked text changes
nothing. Time is linear in the text, whatever it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels import unicode as u
from lakeprep.kernels.addresses import (
    domain_end,
    ipv4_end,
    is_pseudonym,
    is_public_ipv4,
    local_start,
    word_before,
    word_in,
)
from lakeprep.kernels.arrow import string_array, string_buffers
from lakeprep.kernels.characters import is_digit
from lakeprep.kernels.compiled import BYTES, I64_TABLE, OFFSETS, U32_TABLE, helper, kernel
from lakeprep.kernels.phone_context import is_fictional
from lakeprep.kernels.phones import MOST_DIGITS, SCRATCH_ROWS, phone_end
from lakeprep.kernels.utf8 import ByteArray, copy_bytes

Int64Array = npt.NDArray[np.int64]

KINDS: Final = ("email", "ipv4", "phone")
EMAIL: Final = 0
IPV4: Final = 1
PHONE: Final = 2

PSEUDONYM_HOST: Final = b"@example.com"  # reserved, RFC 2606
DOCUMENTATION_BLOCKS: Final = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737

FILE_ENDINGS: Final = b"png\0jpg\0jpeg\0gif\0svg\0webp\0avif\0ico\0css\0js\0json\0html\0htm\0php\0"
VERSION_WORDS: Final = b"version\0versions\0ver\0v\0release\0firmware\0build\0driver\0section\0"
OTHER_NUMBERS: Final = b"isbn\0issn\0doi\0ean\0upc\0gtin\0order\0invoice\0pmid\0sku\0id\0rfc\0"
PHONE_WORDS: Final = "\0".join(
    (
        *("phone", "phones", "telephone", "tel", "fax", "mobile", "cell", "call", "dial", "sms"),
        *("whatsapp", "telefon", "fon", "handy", "telefono", "teléfono", "móvil", "telefone"),
        *("телефон", "Телефон", "тел", "Тел", "电话", "電話", "手机", "手機", "传真", "傳真"),
        *("携帯", "전화", "هاتف"),
        "",
    )
).encode()


@dataclass(frozen=True)
class Spans:
    """Personal data found in a batch of texts, in order, never overlapping. One entry a span."""

    document: Int64Array
    start: Int64Array
    """Byte offset in the document's text."""
    end: Int64Array
    kind: Int64Array
    """Index in `KINDS`."""


@helper
def ipv4_may_begin(data: ByteArray, start: int, at: int, version_words: ByteArray) -> bool:
    """Whether what stands before `at` lets an address begin there: no letter or digit, dotted or
    product number (Chrome/120.0.1.2), no word that says version."""
    if at == start:
        return True
    before = data[at - 1]
    if before == 0x2E or before == 0x5F or 0x61 <= (before | 32) <= 0x7A:
        return False
    if before == 0x2F and at - start > 1 and data[at - 2] != 0x2F and data[at - 2] > 0x20:
        return False
    first, stop = word_before(data, start, at)
    return not word_in(data, first, stop, version_words)


@helper
def put(spans: Int64Array, count: int, first: int, start: int, end: int, kind: int) -> int:
    """Puts a span behind the `count` ones there, of which those from `first` on are of the same
    document. Of overlapping spans the longest stays. Returns the new count."""
    kept = count
    while kept > first and spans[kept - 1, 2] > start:
        if spans[kept - 1, 2] - spans[kept - 1, 1] >= end - start:
            return count
        kept -= 1
    spans[kept, 1] = start
    spans[kept, 2] = end
    spans[kept, 3] = kind
    return kept + 1


@kernel(
    f"int64({OFFSETS}, {BYTES}, {U32_TABLE}, {BYTES}, {BYTES}, {BYTES}, {BYTES}, {BYTES}, {BYTES},"
    f"int64[:, ::1], int64[::1], int64[:, ::1])"
)
def span_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: npt.NDArray[np.uint32],
    host: ByteArray,
    file_endings: ByteArray,
    version_words: ByteArray,
    other_numbers: ByteArray,
    phone_words: ByteArray,
    phone_word_firsts: ByteArray,
    scratch: Int64Array,
    seen: Int64Array,
    spans: Int64Array,
) -> int:
    """Fills `spans` with rows of document, start, end (offsets in `data`), kind; returns how many
    these are. `scratch` and `seen` are those of `phone_end`."""
    count = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        first = count
        at = start
        while at < end:
            byte = data[at]
            if byte > 0x40 or byte < 0x28:
                at += 1
                continue
            after = at + 1
            if byte == 0x40:
                begin = local_start(data, start, at, flags)
                stop = domain_end(data, at + 1, end, flags, file_endings) if begin < at else 0
                if stop > at + 1 and not is_pseudonym(data, begin, stop, host):
                    count = put(spans, count, first, begin, stop, EMAIL)
            elif is_digit(byte) or byte == 0x28 or byte == 0x2B:
                stop, value = at, -1
                if is_digit(byte):
                    stop, value = ipv4_end(data, at, end)
                    if value >= 0:
                        after = stop
                        if is_public_ipv4(value) and ipv4_may_begin(data, start, at, version_words):
                            count = put(spans, count, first, at, stop, IPV4)
                if value < 0:
                    stop = phone_end(
                        data, start, at, end,
                        flags, scratch, other_numbers, phone_words,
                        phone_word_firsts, seen,
                    )  # fmt: skip
                    if stop > at:
                        after = stop
                        if not is_fictional(data, at, stop):
                            count = put(spans, count, first, at, stop, PHONE)
                    elif is_digit(byte):
                        while after < end and is_digit(data[after]):
                            after += 1
            at = after
        for i in range(first, count):
            spans[i, 0] = document
    return count


@kernel(
    f"int64({OFFSETS}, {BYTES}, {I64_TABLE}, {I64_TABLE}, {I64_TABLE}, {OFFSETS}, {BYTES},"
    f"int64[::1], uint8[::1])"
)
def replace_kernel(
    offsets: Int64Array,
    data: ByteArray,
    documents: Int64Array,
    starts: Int64Array,
    ends: Int64Array,
    word_offsets: Int64Array,
    words: ByteArray,
    out_offsets: Int64Array,
    out: ByteArray,
) -> int:
    """Copies the texts with span i replaced by word i; returns how many bytes were written."""
    filled = 0
    span = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        while span < len(documents) and documents[span] == document:
            size = starts[span] - at
            copy_bytes(data, at, size, out, filled)
            filled += size
            size = word_offsets[span + 1] - word_offsets[span]
            copy_bytes(words, word_offsets[span], size, out, filled)
            filled += size
            at = ends[span]
            span += 1
        copy_bytes(data, at, end - at, out, filled)
        filled += end - at
        out_offsets[document + 1] = filled
    return filled


def _bytes(words: bytes) -> ByteArray:
    return np.frombuffer(words, dtype=np.uint8)


def _first_bytes(words: bytes) -> ByteArray:
    """A mark for each byte that one of the words begins with, ASCII letters in any case."""
    firsts = np.zeros(256, dtype=np.uint8)
    for word in words.split(b"\0")[:-1]:
        firsts[[word[0], word[:1].upper()[0]]] = 1
    return firsts


def _found(offsets: Int64Array, data: ByteArray) -> Int64Array:
    """`span_kernel` with the lists of this module."""
    # No span is shorter than a@b.cc. Pages of memory that are not written to are not there.
    spans = np.empty((int(offsets[-1] - offsets[0]) // 6 + 2, 4), dtype=np.int64)
    count = span_kernel(
        offsets,
        data,
        u.tables().flags,
        _bytes(PSEUDONYM_HOST),
        _bytes(FILE_ENDINGS),
        _bytes(VERSION_WORDS),
        _bytes(OTHER_NUMBERS),
        _bytes(PHONE_WORDS),
        _first_bytes(PHONE_WORDS),
        np.zeros((SCRATCH_ROWS, MOST_DIGITS), dtype=np.int64),
        np.array([0, -1], dtype=np.int64),
        spans,
    )
    return spans[:count]


def find_spans(texts: pa.Array) -> Spans:
    """The personal data of each text, by document and place."""
    offsets, data = string_buffers(texts)
    rows = _found(offsets, data)
    document = rows[:, 0].copy()
    begin = offsets[document]
    return Spans(document, rows[:, 1] - begin, rows[:, 2] - begin, rows[:, 3].copy())


def count_kinds(texts: pa.Array) -> dict[str, Int64Array]:
    """For each of `KINDS` the number of spans in each text, int64 (documents,)."""
    offsets, data = string_buffers(texts)
    return _counts(_found(offsets, data), len(offsets) - 1)


def _counts(rows: Int64Array, documents: int) -> dict[str, Int64Array]:
    return {
        name: np.bincount(rows[rows[:, 3] == kind, 0], minlength=documents).astype(np.int64)
        for kind, name in enumerate(KINDS)
    }


def mask(
    texts: pa.Array, *, kinds: Collection[str] = KINDS, salt: bytes = b""
) -> tuple[pa.Array, dict[str, Int64Array]]:
    """The texts (a string or large_string array; nulls stay null) with each span of one of `kinds`
    replaced, and their number in each text for each of `KINDS`.

    The replacement depends on kind, value (e-mail in lower case, a telephone number's digits) and
    salt alone: the same person has the same pseudonym in every document. At most 64 bytes of the
    salt are used (BLAKE2b's key).
    """
    offsets, data = string_buffers(texts)
    rows = _found(offsets, data)
    rows = rows[np.isin(rows[:, 3], [KINDS.index(kind) for kind in kinds])]
    counts = _counts(rows, len(offsets) - 1)
    if not len(rows):
        return texts, counts
    words = [
        _replacement(kind, data[start:end].tobytes(), salt) for _, start, end, kind in rows.tolist()
    ]
    word_offsets = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum([len(word) for word in words], out=word_offsets[1:])
    size = int(offsets[-1] - offsets[0]) + int(word_offsets[-1])
    out = np.empty(size, dtype=np.uint8)
    out_offsets = np.zeros(len(offsets), dtype=np.int64)
    documents, starts, ends = (np.ascontiguousarray(rows[:, column]) for column in range(3))
    replace_kernel(
        offsets,
        data,
        documents,
        starts,
        ends,
        word_offsets,
        _bytes(b"".join(words)),
        out_offsets,
        out,
    )
    masked = string_array(out_offsets, out)
    if texts.null_count:
        masked = pc.if_else(texts.is_null(), pa.scalar(None, masked.type), masked)
    return masked, counts


def _replacement(kind: int, value: bytes, salt: bytes) -> bytes:
    """What a value is replaced by; see `mask`."""
    if kind == EMAIL:
        value = value.lower()
    elif kind == PHONE:
        value = bytes(byte for byte in value if 0x30 <= byte <= 0x39)
    digest = hashlib.blake2b(value, digest_size=8, key=salt[:64], person=KINDS[kind].encode())
    number = int.from_bytes(digest.digest(), "big")
    if kind == EMAIL:
        return b"user-%010x" % (number & 0xFFFFFFFFFF) + PSEUDONYM_HOST
    if kind == IPV4:
        return f"{DOCUMENTATION_BLOCKS[number % 3]}.{number // 3 % 254 + 1}".encode()
    # Area codes 200 to 999 but N11; exchange 555, line 0100 to 0199 is kept for fiction.
    area, line = divmod(number % (8 * 99 * 100), 100)
    hundreds, rest = divmod(area, 99)
    return f"+1-{hundreds + 2}{rest + (rest >= 11):02d}-555-01{line:02d}".encode()
