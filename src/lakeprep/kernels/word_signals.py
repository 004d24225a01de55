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

from lakeprep.kernels.blocks import BLOCK, hash_bytes, load_first, stir
from lakeprep.kernels.characters import FlagTable
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.ngrams import append_token
from lakeprep.kernels.utf8 import MIX_1, MIX_2, ByteArray, same_bytes
from lakeprep.kernels.vectors import at_once
from lakeprep.kernels.words import (
    HAS_LETTER,
    HAS_OTHER_THAN_SYMBOL,
    IS_TERMINAL,
    UNKNOWN,
    ascii_hash,
    ascii_kind,
    begins_sentence,
    finished,
    lowered,
    measure,
    next_token,
)

Int64Array = npt.NDArray[np.int64]
FloatRows = npt.NDArray[np.float64]
UInt64Array = npt.NDArray[np.uint64]

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
TWO: Final = np.uint64(2)
TIMES_LOG: Final = np.array([0.0] + [k * math.log(k) for k in range(1, 256)])
PROBES: Final = 256  # a text made to collide loses exactness, never time
# Tokens are read some at a time, and each step has a loop of its own over them: a processor works
# on several at once where no branch hangs on what they are.
BATCH: Final = 256


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


#: The key of a free slot, which no text has.
FREE: Final = np.uint64(_token_key(b"\xff" * BLOCK))


@dataclass(frozen=True)
class StopWords:
    """Stop words of several languages, an open-addressed table each, one behind another.

    Word k is ``data[offsets[k]:offsets[k + 1]]``; a slot holds `hash_bytes` of a word and its
    number, or FREE and -1. Seven in eight are, so that most tokens need one look.
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
    slots = [(int(FREE), -1)] * size
    for word in words:
        key = _token_key(word)
        slot = key >> 32 & (size - 1)
        while slots[slot][1] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = key, len(listed)
        listed.append(word)
    return slots


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
    with a place a slot, then says that it has."""
    place = int(np.int64(key >> np.uint64(32))) & mask
    while True:
        slot = np.uint64(first + place)
        other = slot_key[slot]
        # Whether a token is in the list is a toss-up; that it is new, or collides, is rare.
        if at_once((other == FREE) | ((other == key) & (seen[slot] == mark))):
            return False
        if other == key:
            break
        place = (place + 1) & mask
    number, size = slot_word[slot], stop - begin
    start = offsets[number]
    if size != offsets[number + 1] - start or not same_bytes(data, begin, words, start, size):
        return False
    seen[slot] = mark
    return True


@hot_helper
def count_in(
    key: np.uint64,
    stamp: np.uint64,
    slots: int,
    table: UInt64Array,
    distinct_slots: Int64Array,
    distinct: int,
) -> int:
    """Counts a key in the document's part of the hash table (`slots`, a power of two). A row is a
    key and, in `stamp`'s upper and lower half, the document that it is of and its count. Returns
    how many are distinct after it; `distinct_slots` are theirs. Whether a word is new is a toss-up:
    no branch hangs on it."""
    mask = np.uint64(slots - 1)
    slot = key >> np.uint64(32) & mask
    for _ in range(PROBES):
        row = slot * TWO
        own = table[row + ONE]
        fresh = (own >> COUNT_BITS) != stamp
        if at_once(fresh | (table[row] == key)):
            table[row] = key
            table[row + ONE] = (stamp << COUNT_BITS) + ONE if fresh else own + ONE
            distinct_slots[np.uint64(distinct)] = np.int64(row)
            return int(distinct + fresh)
        slot = (slot + ONE) & mask
    return distinct


@hot_helper
def cut_batch(
    data: ByteArray,
    first: int,
    start: int,
    end: int,
    flags: FlagTable,
    begins: Int64Array,
    stops: Int64Array,
    kinds: Int64Array,
) -> tuple[int, int]:
    """Fills `begins`, `stops` and `kinds` with the tokens from `start` on, BATCH of them at most;
    returns how many, and where to go on (`end` where there are no more)."""
    count, at = 0, start
    while at < end and count < BATCH - 1:  # there may be two
        begin, split, at, kind = next_token(data, first, at, end, flags)
        i = np.uint64(count)
        begins[i], stops[i], kinds[i] = begin, split, kind
        count += begin < split  # not at the text's end
        if split < at:
            i = np.uint64(count)
            begins[i], stops[i], kinds[i] = split, at, kind
            count += 1
    return count, at


@hot_helper
def describe(
    data: ByteArray,
    start: int,
    stop: int,
    kind: int,
    flags: FlagTable,
    lower: npt.NDArray[np.int32],
) -> tuple[int, int, np.uint64, np.uint64]:
    """`measure` and `hash_bytes`, quickly for tokens of ASCII or of a known kind (`next_token`):
    they have no other capitals, and a token beyond ASCII is one character."""
    size = stop - start
    if kind == UNKNOWN:
        kind = ascii_kind(data, start, stop)
        if kind == UNKNOWN:
            points, kind, folded = measure(data, start, stop, flags, lower)
            return points, kind, folded, hash_bytes(data, start, size)
    if size > BLOCK:
        return size, kind, ascii_hash(data, start, size), hash_bytes(data, start, size)
    block = load_first(data, start, size)
    points = 1 if (block & np.uint64(0x80)) != 0 else size
    return points, kind, finished(np.uint64(0), lowered(block), size), stir(block) * MIX_2


@hot_helper
def distinct_slots_of(size: int) -> int:
    """Slots for the distinct words of so many bytes: words of one byte are few, and others have
    one and a half bytes or more."""
    slots = 64
    while slots < size // 2:
        slots *= 2
    return slots


@helper
def entropy_of(table: UInt64Array, distinct_slots: Int64Array, distinct: int, words: int) -> float:
    """The entropy in nats of the counts in the table, `words` together: -sum(p log p) with
    p = k / n is log n - sum(k log k) / n, where k = 1 adds nothing."""
    if words == 0:
        return 0.0
    total = 0.0
    for i in range(distinct):
        times = int(np.int64(table[np.uint64(distinct_slots[i]) + ONE] & COUNT_MASK))
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
    table: UInt64Array,
    distinct_slots: Int64Array,
    packed: ByteArray,
    starts: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    begins: Int64Array,
    stops: Int64Array,
    kinds: Int64Array,
    token_keys: npt.NDArray[np.uint64],
    word_keys: npt.NDArray[np.uint64],
    out: FloatRows,
    document: int,
) -> int:
    """Fills column `document` of `out`, and `packed`, `starts` and `keys` with the tokens
    (`ngrams`); returns how many these are, as many as `keys` holds at most. The arrays from
    `begins` to `word_keys` are room for a batch."""
    slots, stamp = distinct_slots_of(end - first), np.uint64(document + 1)
    slot = first_slot[language]  # of the last one for -1; it is not used then
    mask = first_slot[language + 1] - slot - 1
    tokens, words, points, with_letter, stop_words = 0, 0, 0, 0, 0
    distinct, sentences, boundary = 0, 0, True
    kept, at = 0, first
    starts[0] = 0
    while at < end:
        count, at = cut_batch(data, first, at, end, flags, begins, stops, kinds)
        tokens += count
        counted = 0
        for i in range(count):
            begin, stop, kind = begins[i], stops[i], kinds[i]
            length, kind, folded, key = describe(data, begin, stop, kind, flags, lower)
            opens = boundary & begins_sentence(kind, sentences)
            sentences += opens
            boundary = (boundary & (not opens)) | ((kind & IS_TERMINAL) != 0)
            with_letter += (kind & HAS_LETTER) != 0
            counts_as_word = (kind & HAS_OTHER_THAN_SYMBOL) != 0
            points += length * counts_as_word
            token_keys[i] = key
            word_keys[counted] = folded
            counted += counts_as_word
        words += counted
        for i in range(counted):
            distinct = count_in(word_keys[i], stamp, slots, table, distinct_slots, distinct)
        if language >= 0:
            for i in range(count):
                stop_words += is_new_stop_word(
                    token_keys[i], data, begins[i], stops[i], slot, mask, slot_key,
                    slot_word, word_offsets, word_data, stop_word_seen, document + 1,
                )  # fmt: skip
        for i in range(min(count, len(keys) - kept)):
            kept = append_token(
                data, begins[i], stops[i], token_keys[i], packed, starts, keys, kept
            )
    counts = (tokens, words, points, with_letter, stop_words, distinct)
    for row in range(DISTINCT_WORDS + 1):
        out[row, document] = counts[row]
    out[ENTROPY, document] = entropy_of(table, distinct_slots, distinct, words)
    out[SENTENCES, document] = sentences
    return kept
