"""Signals counted on words: RULES.md section 3, and of section 7 what words are needed for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels import unicode as u
from lakeprep.kernels.blocks import BLOCK
from lakeprep.kernels.characters import LETTER_BYTE, FlagTable
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.ngrams import append_token
from lakeprep.kernels.utf8 import MIX_1, ByteArray, decode, mix
from lakeprep.kernels.words import (
    HAS_LETTER,
    HAS_OTHER_THAN_SYMBOL,
    IS_PUNCTUATION,
    IS_TERMINAL,
    finished,
    kind_of,
    measure,
    next_token,
    unit_of,
    word_hash,
)

Int64Array = npt.NDArray[np.int64]
FloatRows = npt.NDArray[np.float64]
UInt64Rows = npt.NDArray[np.uint64]

# Rows of the kernel's result. TOKENS (|W|) is the denominator of signals counted elsewhere.
TOKENS: Final = 0
WORDS: Final = 1
WORD_CODE_POINTS: Final = 2
LETTER_TOKENS: Final = 3
STOP_WORDS: Final = 4
DISTINCT_WORDS: Final = 5
ENTROPY: Final = 6
SENTENCES: Final = 7
WORD_ROWS: Final = 8

LANGUAGE_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
COUNT_BITS: Final = np.uint64(32)
COUNT_MASK: Final = np.uint64((1 << 32) - 1)
ONE: Final = np.uint64(1)
PROBES: Final = 256  # a text made to collide loses exactness, never time


@dataclass(frozen=True)
class StopWords:
    """Stop words of several languages as one open-addressed table.

    Word k of the table is ``data[offsets[k]:offsets[k + 1]]``; a slot holds the hash of word and
    language, and k, or -1 where it is free.
    """

    languages: tuple[str, ...]
    slot_hash: npt.NDArray[np.uint64]
    slot_word: npt.NDArray[np.int64]
    offsets: Int64Array
    data: ByteArray

    @classmethod
    def of(cls, words: Mapping[str, frozenset[str]]) -> StopWords:
        """From a mapping language -> its stop words; languages as in the `languages` array that
        signals are asked with."""
        languages = tuple(sorted(words))
        listed = [(i, w.encode()) for i, name in enumerate(languages) for w in sorted(words[name])]
        size = 16
        while size < 4 * len(listed):
            size *= 2
        slot_hash = np.zeros(size, dtype=np.uint64)
        slot_word = np.full(size, -1, dtype=np.int64)
        for number, (language, word) in enumerate(listed):
            key = _stop_word_key(word.decode(), language)
            slot = key & (size - 1)
            while slot_word[slot] >= 0:
                slot = (slot + 1) & (size - 1)
            slot_hash[slot], slot_word[slot] = key, number
        offsets = np.zeros(len(listed) + 1, dtype=np.int64)
        np.cumsum([len(word) for _, word in listed], out=offsets[1:])
        data = np.frombuffer(b"".join(word for _, word in listed), dtype=np.uint8)
        return cls(languages, slot_hash, slot_word, offsets, data)

    def numbers(self, languages: pa.Array | None, documents: int) -> Int64Array:
        """Each document's language as an index of `self.languages`, -1 for another or none."""
        if languages is None or not self.languages:
            return np.full(documents, -1, dtype=np.int64)
        known = pa.array(self.languages, type=languages.type)
        found = pc.index_in(languages, value_set=known)
        return np.ascontiguousarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _stop_word_key(word: str, language: int) -> int:
    """What the kernel computes for such a token in a document of this language: `measure`'s hash,
    which does not tell cases apart (the bytes do), mixed with the language."""
    wrap = (1 << 64) - 1
    lower = u.tables().lower
    points = [int(lower[ord(char)]) for char in word]
    units = [p.to_bytes(1) if p < 0x80 else (0x800000 | p).to_bytes(3, "little") for p in points]
    raw = b"".join(units)
    value = 0
    for start in range(0, len(raw), BLOCK):
        value ^= int.from_bytes(raw[start : start + BLOCK], "little")
        value = value * int(MIX_1) & wrap
        value ^= value >> 32
    value = _mix(value ^ len(raw)) ^ ((language + 1) * int(LANGUAGE_FACTOR) & wrap)
    return _mix(value)


def _mix(value: int) -> int:
    """`utf8.mix` on Python integers."""
    wrap = (1 << 64) - 1
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & wrap
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & wrap
    return value ^ (value >> 33)


@helper
def stop_word_number(
    data: ByteArray,
    start: int,
    end: int,
    key: np.uint64,
    slot_hash: npt.NDArray[np.uint64],
    slot_word: Int64Array,
    word_offsets: Int64Array,
    word_data: ByteArray,
) -> int:
    """The stop word that these bytes are, by their key; -1 for none."""
    last_slot = np.uint64(len(slot_word) - 1)
    slot = int(np.int64(key & last_slot))
    while slot_word[slot] >= 0:
        if slot_hash[slot] == key:
            word = slot_word[slot]
            size = word_offsets[word + 1] - word_offsets[word]
            if size == end - start:
                same = True
                for i in range(size):
                    if word_data[word_offsets[word] + i] != data[start + i]:
                        same = False
                        break
                if same:
                    return int(np.int64(word))
        slot = (slot + 1) & (len(slot_word) - 1)
    return -1


@hot_helper
def count_in(key: np.uint64, stamp: np.uint64, slots: int, table: UInt64Rows) -> int:
    """Counts a key in the document's part of the hash table (`slots`, a power of two). A row is a
    key and, in `stamp`'s upper and lower half, the document that it is of and its count. Returns
    the slot where the key was seen for the first time, else -1."""
    slot = int(np.int64(key & np.uint64(slots - 1)))
    for _ in range(PROBES):
        if (table[slot, 1] >> COUNT_BITS) != stamp:
            table[slot, 0] = key
            table[slot, 1] = (stamp << COUNT_BITS) + ONE
            return slot
        if table[slot, 0] == key:
            table[slot, 1] += ONE
            return -1
        slot = (slot + 1) & (slots - 1)
    return -1


@hot_helper
def describe(
    data: ByteArray,
    start: int,
    stop: int,
    seen: int,
    flags: FlagTable,
    lower: npt.NDArray[np.int32],
) -> tuple[int, int, np.uint64]:
    """`measure`, quickly for ASCII words (`seen`, from `next_token`) and single characters."""
    if seen != 0:
        kind = HAS_OTHER_THAN_SYMBOL + ((seen & LETTER_BYTE) != 0) * HAS_LETTER
        return stop - start, kind, word_hash(data, start, stop - start)
    point, after = decode(data, start, stop)
    if after < stop:
        return measure(data, start, stop, flags, lower)
    unit, width = unit_of(int(np.int64(lower[point])))
    return 1, kind_of(flags[point], flags[point], 1), finished(np.uint64(0), unit, width)


@hot_helper
def distinct_slots_of(size: int) -> int:
    """Slots for the distinct words of so many bytes: words of one byte are few, and others have
    one and a half bytes or more."""
    slots = 64
    while slots < size // 2:
        slots *= 2
    return slots


@helper
def entropy_of(table: UInt64Rows, distinct_slots: Int64Array, distinct: int, words: int) -> float:
    """The entropy in nats of the counts in the table, `words` together: -sum(p log p) with
    p = k / n is log n - sum(k log k) / n, where k = 1 adds nothing."""
    if words == 0:
        return 0.0
    total = 0.0
    for i in range(distinct):
        times = int(np.int64(table[distinct_slots[i], 1] & COUNT_MASK))
        if times > 1:
            total -= times * math.log(times)
    return max(0.0, math.log(words) + total / words)


@helper
def read_words(
    data: ByteArray,
    first: int,
    end: int,
    flags: FlagTable,
    lower: npt.NDArray[np.int32],
    language: int,
    slot_hash: npt.NDArray[np.uint64],
    slot_word: Int64Array,
    word_offsets: Int64Array,
    word_data: ByteArray,
    stop_word_seen: Int64Array,
    table: UInt64Rows,
    distinct_slots: Int64Array,
    packed: ByteArray,
    starts: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    out: FloatRows,
    document: int,
) -> int:
    """Fills column `document` of `out`, and `packed`, `starts` and `keys` with the tokens
    (`ngrams`); returns how many these are, as many as `keys` holds at most."""
    slots = distinct_slots_of(end - first)
    stamp = np.uint64(document + 1)
    salt = np.uint64(language + 1) * LANGUAGE_FACTOR
    last_slot = np.uint64(len(slot_word) - 1)
    tokens, words, points, with_letter, stop_words = 0, 0, 0, 0, 0
    distinct, sentences, boundary = 0, 0, True
    kept, filled, at = 0, 0, first
    while at < end:
        begin, stop, at, seen = next_token(data, first, at, end, flags)
        # A word and what is split off its end: the loop goes round a second time.
        while begin < at:
            length, kind, folded = describe(data, begin, stop, seen, flags, lower)
            tokens += 1
            if boundary and (sentences == 0 or (kind & IS_PUNCTUATION) == 0):
                sentences += 1
                boundary = False
            boundary |= (kind & IS_TERMINAL) != 0
            with_letter += (kind & HAS_LETTER) != 0
            if language >= 0:
                key = mix(folded ^ salt)
                if slot_word[np.int64(key & last_slot)] >= 0:
                    number = stop_word_number(
                        data, begin, stop, key, slot_hash, slot_word, word_offsets, word_data
                    )
                    if number >= 0 and stop_word_seen[number] != document + 1:
                        stop_word_seen[number] = document + 1
                        stop_words += 1
            if (kind & HAS_OTHER_THAN_SYMBOL) != 0:
                words += 1
                points += length
                slot = count_in(folded, stamp, slots, table)
                if slot >= 0:
                    distinct_slots[distinct] = slot
                    distinct += 1
            if kept < len(keys):
                starts[kept] = filled
                keys[kept] = append_token(data, begin, stop, packed, filled)
                filled += stop - begin
                kept += 1
            begin, stop = stop, at
    starts[kept] = filled
    out[TOKENS, document] = tokens
    out[WORDS, document] = words
    out[WORD_CODE_POINTS, document] = points
    out[LETTER_TOKENS, document] = with_letter
    out[STOP_WORDS, document] = stop_words
    out[DISTINCT_WORDS, document] = distinct
    out[ENTROPY, document] = entropy_of(table, distinct_slots, distinct, words)
    out[SENTENCES, document] = sentences
    return kept
