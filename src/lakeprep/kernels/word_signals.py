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

from lakeprep.kernels.blocks import BLOCK, hash_bytes
from lakeprep.kernels.characters import LETTER_BYTE, FlagTable
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.ngrams import append_token
from lakeprep.kernels.utf8 import MIX_1, MIX_2, ByteArray, decode, same_bytes
from lakeprep.kernels.words import (
    HAS_LETTER,
    HAS_OTHER_THAN_SYMBOL,
    IS_TERMINAL,
    begins_sentence,
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

COUNT_BITS: Final = np.uint64(32)
COUNT_MASK: Final = np.uint64((1 << 32) - 1)
ONE: Final = np.uint64(1)
TIMES_LOG: Final = np.array([0.0] + [k * math.log(k) for k in range(1, 256)])
PROBES: Final = 256  # a text made to collide loses exactness, never time


@dataclass(frozen=True)
class StopWords:
    """Stop words of several languages, an open-addressed table each, one behind another.

    Word k is ``data[offsets[k]:offsets[k + 1]]``; a slot holds `hash_bytes` of a word and its
    number, or -1 where it is free. Seven in eight are, so that most tokens need one look.
    """

    languages: tuple[str, ...]
    first_slot: Int64Array
    """int64[languages + 1]; a language has a power of two of slots."""
    slot_key: npt.NDArray[np.uint64]
    slot_word: Int64Array
    offsets: Int64Array
    data: ByteArray

    @classmethod
    def of(cls, words: Mapping[str, frozenset[str]]) -> StopWords:
        """From a mapping language -> its stop words; languages as in the `languages` array that
        signals are asked with."""
        languages = tuple(sorted(words))
        listed: list[bytes] = []
        tables = [_table([word.encode() for word in sorted(words[n])], listed) for n in languages]
        offsets = np.zeros(len(listed) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in listed], out=offsets[1:])
        slots = [pair for table in tables for pair in table]
        return cls(
            languages,
            np.cumsum([0, *map(len, tables)], dtype=np.int64),
            np.array([key for key, _ in slots], dtype=np.uint64),
            np.array([number for _, number in slots], dtype=np.int64),
            offsets,
            np.frombuffer(b"".join(listed), dtype=np.uint8),
        )

    def numbers(self, languages: pa.Array | None, documents: int) -> Int64Array:
        """Each document's language as an index of `self.languages`, -1 for another or none."""
        if languages is None or not self.languages:
            return np.full(documents, -1, dtype=np.int64)
        known = pa.array(self.languages, type=languages.type)
        found = pc.index_in(languages, value_set=known)
        return np.ascontiguousarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _table(words: list[bytes], listed: list[bytes]) -> list[tuple[int, int]]:
    """Slots (key, number) of one language, whose words it puts behind those `listed`."""
    size = 1 << (8 * len(words)).bit_length()
    slots = [(0, -1)] * size
    for word in words:
        key = _token_key(word)
        slot = key >> 32 & (size - 1)
        while slots[slot][1] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = key, len(listed)
        listed.append(word)
    return slots


def _token_key(word: bytes) -> int:
    """`blocks.hash_bytes` of a word that stands alone."""
    wrap = (1 << 64) - 1
    value = len(word) if len(word) > BLOCK else 0
    ends = [*range(BLOCK, len(word), BLOCK), len(word)]
    for end in ends:
        value ^= int.from_bytes(word[max(0, end - BLOCK) : end], "little")
        value = value * int(MIX_1) & wrap
        value ^= value >> 32
    return value * int(MIX_2) & wrap


@hot_helper
def stop_word_number(
    key: np.uint64, first: int, mask: int, slot_key: npt.NDArray[np.uint64], slot_word: Int64Array
) -> int:
    """The stop word with this key in the language whose slots begin at `first`; -1 for none."""
    place = int(np.int64(key >> np.uint64(32))) & mask
    while slot_word[first + place] >= 0 and slot_key[first + place] != key:
        place = (place + 1) & mask
    return int(slot_word[first + place])


@hot_helper
def is_new_stop_word(
    key: np.uint64,
    data: ByteArray,
    begin: int,
    stop: int,
    first: int,
    mask: int,
    slot_key: npt.NDArray[np.uint64],
    slot_word: Int64Array,
    offsets: Int64Array,
    words: ByteArray,
    seen: Int64Array,
    mark: int,
) -> bool:
    """Whether a token is a stop word that the document `mark` (from 1) has not had so far; `seen`,
    with a place a word and one more, then says that it has."""
    number = stop_word_number(key, first, mask, slot_key, slot_word)
    # One or the other is rare (-1 is the place behind the last word).
    if (number < 0) | (seen[number] == mark):
        return False
    size = stop - begin
    start = offsets[number]
    if size != offsets[number + 1] - start or not same_bytes(data, begin, words, start, size):
        return False
    seen[number] = mark
    return True


@hot_helper
def count_in(
    key: np.uint64,
    stamp: np.uint64,
    slots: int,
    table: UInt64Rows,
    distinct_slots: Int64Array,
    distinct: int,
) -> int:
    """Counts a key in the document's part of the hash table (`slots`, a power of two). A row is a
    key and, in `stamp`'s upper and lower half, the document that it is of and its count. Returns
    how many are distinct after it; `distinct_slots` are theirs. Whether a word is new is a toss-up:
    no branch hangs on it."""
    slot = int(np.int64(key & np.uint64(slots - 1)))
    for _ in range(PROBES):
        times = table[slot, 1]
        fresh = (times >> COUNT_BITS) != stamp
        if fresh | (table[slot, 0] == key):
            table[slot, 0] = key
            table[slot, 1] = (stamp << COUNT_BITS) + ONE if fresh else times + ONE
            distinct_slots[distinct] = slot
            return int(distinct + fresh)
        slot = (slot + 1) & (slots - 1)
    return distinct


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
        total -= TIMES_LOG[times] if times < len(TIMES_LOG) else times * math.log(times)
    return max(0.0, math.log(words) + total / words)


@helper
def read_words(
    data: ByteArray,
    first: int,
    end: int,
    flags: FlagTable,
    lower: npt.NDArray[np.int32],
    language: int,
    first_slot: Int64Array,
    slot_key: npt.NDArray[np.uint64],
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
    slots, stamp = distinct_slots_of(end - first), np.uint64(document + 1)
    slot = first_slot[language]  # of the last one for -1; it is not used then
    mask = first_slot[language + 1] - slot - 1
    tokens, words, points, with_letter, stop_words = 0, 0, 0, 0, 0
    distinct, sentences, boundary = 0, 0, True
    kept, at = 0, first
    starts[0] = 0
    while at < end:
        begin, stop, at, seen = next_token(data, first, at, end, flags)
        # A word and what is split off its end: the loop goes round a second time.
        while begin < at:
            length, kind, folded = describe(data, begin, stop, seen, flags, lower)
            tokens += 1
            if boundary and begins_sentence(kind, sentences):
                sentences += 1
                boundary = False
            boundary |= (kind & IS_TERMINAL) != 0
            with_letter += (kind & HAS_LETTER) != 0
            key = hash_bytes(data, begin, stop - begin)
            if language >= 0 and is_new_stop_word(
                key, data, begin, stop, slot, mask, slot_key, slot_word,
                word_offsets, word_data, stop_word_seen, document + 1,
            ):  # fmt: skip
                stop_words += 1
            if (kind & HAS_OTHER_THAN_SYMBOL) != 0:
                words += 1
                points += length
                distinct = count_in(folded, stamp, slots, table, distinct_slots, distinct)
            if kept < len(keys):
                kept = append_token(data, begin, stop, key, packed, starts, keys, kept)
            begin, stop = stop, at
    counts = (tokens, words, points, with_letter, stop_words, distinct)
    for row in range(DISTINCT_WORDS + 1):
        out[row, document] = counts[row]
    out[ENTROPY, document] = entropy_of(table, distinct_slots, distinct, words)
    out[SENTENCES, document] = sentences
    return kept
