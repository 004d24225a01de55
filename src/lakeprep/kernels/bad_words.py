"""Entries of a word list found in texts: `bad_word_count` (RULES.md section 4).

An entry counts where it stands as a whole: no letter, number, mark or underscore next to it. In
Japanese, Thai and Chinese it counts wherever it stands. Case does not matter, code point by code
point, and a run of white space equals one blank. Of entries that begin at one place the longest
counts, and the search goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.compiled import (
    BYTES,
    I32_TABLE,
    I64_TABLE,
    OFFSETS,
    U32_TABLE,
    U64_TABLE,
    helper,
    kernel,
)
from lakeprep.kernels.utf8 import FNV_OFFSET, FNV_PRIME, MIX_1, MIX_2, ByteArray, decode, mix

Int64Array = npt.NDArray[np.int64]
Signal = npt.NDArray[np.float64]

#: Languages that are written without spaces.
SUBSTRING_LANGUAGES: Final = frozenset(("ja", "th", "zh"))
LONGEST_ENTRY: Final = 64  # code points; what bounds the work at one place of a text

LANGUAGE_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
SPACE: Final = np.uint32(u.SPACE)
WORD: Final = np.uint32(u.WORD)
NO_BITS: Final = np.uint32(0)


@dataclass(frozen=True)
class WordLists:
    """Lists of several languages as one open-addressed table of 64-bit hashes.

    A slot says of the string that was hashed: how many code points the longest entry has that
    begins with it as its first piece (0: none), and whether it is an entry itself. A piece is a
    run of word characters or any other one character; without word borders, one character.
    """

    languages: tuple[str, ...]
    whole: npt.NDArray[np.uint8]
    """By language: 1 where entries are whole words."""
    slot_hash: npt.NDArray[np.uint64]
    """0 in a free slot."""
    slot_reach: Int64Array
    slot_entry: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[str]]) -> WordLists:
        """From a mapping language -> entries. Raises ValueError for one beyond LONGEST_ENTRY."""
        languages = tuple(sorted(lists))
        reach: dict[int, int] = {}
        entries: set[int] = set()
        for number, language in enumerate(languages):
            whole = language not in SUBSTRING_LANGUAGES
            for entry in lists[language]:
                text = " ".join(entry.split())
                if not text:
                    continue
                if len(text) > LONGEST_ENTRY:
                    raise ValueError(
                        f"an entry of {len(text)} characters ({text[:40]!r}…); "
                        f"at most {LONGEST_ENTRY} are compared"
                    )
                hashes = _hashes(text, number)
                first = hashes[_first_piece(text, whole=whole) - 1]
                reach[first] = max(reach.get(first, 0), len(text))
                entries.add(hashes[-1])
        return cls(
            languages,
            np.array([name not in SUBSTRING_LANGUAGES for name in languages], dtype=np.uint8),
            *_table(reach, entries),
        )

    def numbers(self, languages: pa.Array | None, documents: int) -> Int64Array:
        """Each document's language as an index of `self.languages`, -1 for another or none."""
        if languages is None or not self.languages:
            return np.full(documents, -1, dtype=np.int64)
        found = pc.index_in(languages, value_set=pa.array(self.languages, type=languages.type))
        return np.ascontiguousarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _first_piece(text: str, *, whole: bool) -> int:
    """Code points of the first piece."""
    flags = u.tables().flags
    size = 1
    if whole and (flags[ord(text[0])] & u.WORD or text[0] == "_"):
        while size < len(text) and (flags[ord(text[size])] & u.WORD or text[size] == "_"):
            size += 1
    return size


def _hashes(text: str, language: int) -> list[int]:
    """The hash of each prefix, as the kernel computes it."""
    wrap = (1 << 64) - 1
    lower = u.tables().lower
    value = int(FNV_OFFSET) ^ ((language + 1) * int(LANGUAGE_FACTOR) & wrap)
    found = []
    for char in text:
        value = (value ^ int(lower[ord(char)])) * int(FNV_PRIME) & wrap
        mixed = value ^ (value >> 33)
        mixed = mixed * int(MIX_1) & wrap
        mixed ^= mixed >> 33
        mixed = mixed * int(MIX_2) & wrap
        found.append((mixed ^ (mixed >> 33)) or 1)
    return found


def _table(
    reach: Mapping[int, int], entries: set[int]
) -> tuple[npt.NDArray[np.uint64], Int64Array, npt.NDArray[np.uint8]]:
    keys = sorted({*reach, *entries})
    size = 16
    while size < 4 * len(keys):
        size *= 2
    slot_hash = np.zeros(size, dtype=np.uint64)
    slot_reach = np.zeros(size, dtype=np.int64)
    slot_entry = np.zeros(size, dtype=np.uint8)
    for key in keys:
        slot = key & (size - 1)
        while slot_hash[slot]:
            slot = (slot + 1) & (size - 1)
        slot_hash[slot] = key
        slot_reach[slot] = reach.get(key, 0)
        slot_entry[slot] = key in entries
    return slot_hash, slot_reach, slot_entry


@helper
def slot_of(value: np.uint64, slot_hash: npt.NDArray[np.uint64]) -> int:
    """The slot of a prefix by its running hash; -1 where no list has it."""
    key = mix(value)
    if key == 0:
        key = np.uint64(1)
    slot = int(np.int64(key & np.uint64(len(slot_hash) - 1)))
    while slot_hash[slot] != 0:
        if slot_hash[slot] == key:
            return slot
        slot = (slot + 1) & (len(slot_hash) - 1)
    return -1


@helper
def is_word(point: int, flags: npt.NDArray[np.uint32]) -> bool:
    """Whether a character is a letter, number, mark or underscore."""
    return bool((flags[point] & WORD) != NO_BITS or point == 0x5F)


@helper
def find_entry(
    data: ByteArray,
    begin: int,
    end: int,
    flags: npt.NDArray[np.uint32],
    lower: npt.NDArray[np.int32],
    whole: bool,
    salt: np.uint64,
    slot_hash: npt.NDArray[np.uint64],
    slot_reach: Int64Array,
    slot_entry: npt.NDArray[np.uint8],
) -> tuple[bool, int, bool]:
    """Looks for the longest entry that begins at `begin`. Returns whether there is one, where it
    ends, or else where the first piece ends, and whether a word character stands before that."""
    point, after = decode(data, begin, end)
    in_word = whole and is_word(point, flags)
    value, points, reach = FNV_OFFSET ^ salt, 0, 0
    found, stop, last = False, begin, False
    while True:
        if (flags[point] & SPACE) != NO_BITS:
            point = 0x20
        value = (value ^ np.uint64(lower[point])) * FNV_PRIME
        points += 1
        word = is_word(point, flags)
        following, next_after = 0x20, end
        while after < end:
            following, next_after = decode(data, after, end)
            if point != 0x20 or (flags[following] & SPACE) == NO_BITS:
                break
            after = next_after
        border = not whole or after == end or not is_word(following, flags)
        if reach == 0:
            if not in_word or border:  # the first piece is complete
                stop, last = after, word
                slot = slot_of(value, slot_hash)
                if slot < 0 or slot_reach[slot] == 0:
                    break
                reach = slot_reach[slot]
                found = border and slot_entry[slot] != 0
        elif border:
            slot = slot_of(value, slot_hash)
            if slot >= 0 and slot_entry[slot] != 0:
                found, stop, last = True, after, word
        if after >= end or (reach > 0 and points >= reach):
            break
        point, after = following, next_after
    return found, stop, last


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, {I64_TABLE}, {BYTES}, {U64_TABLE},"
    f"{I64_TABLE}, {BYTES}, float64[::1])"
)
def bad_word_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: npt.NDArray[np.uint32],
    lower: npt.NDArray[np.int32],
    languages: Int64Array,
    whole_words: ByteArray,
    slot_hash: npt.NDArray[np.uint64],
    slot_reach: Int64Array,
    slot_entry: npt.NDArray[np.uint8],
    out: npt.NDArray[np.float64],
) -> None:
    """The entries in each document; 0 where its language has no list."""
    for document in range(len(offsets) - 1):
        language = languages[document]
        if language < 0:
            continue
        whole = whole_words[language] != 0
        salt = np.uint64(language + 1) * LANGUAGE_FACTOR
        at, end = offsets[document], offsets[document + 1]
        count, in_word = 0, False
        while at < end:
            point, after = decode(data, at, end)
            # No entry begins with white space, or right behind a word.
            if in_word or (flags[point] & SPACE) != NO_BITS:
                in_word = False
                at = after
                continue
            found, at, last = find_entry(
                data, at, end, flags, lower, whole, salt, slot_hash, slot_reach, slot_entry
            )
            count += found
            in_word = whole and last
        out[document] = count


def count_bad_words(texts: pa.Array, languages: pa.Array | None, lists: WordLists) -> Signal:
    """Entries of each text's language, float64. A null text counts as the empty one."""
    offsets, data = string_buffers(texts)
    out = np.zeros(len(offsets) - 1, dtype=np.float64)
    numbers = lists.numbers(languages, len(out))
    if (numbers >= 0).any():
        bad_word_kernel(
            offsets,
            data,
            u.tables().flags,
            u.tables().lower,
            numbers,
            lists.whole,
            lists.slot_hash,
            lists.slot_reach,
            lists.slot_entry,
            out,
        )
    return out
