"""Synthetic documents with planted near copies, the same on every machine, as many as wanted.

Texts are words of a made-up vocabulary in Zipf's frequencies, a full stop after every fifteenth
and a paragraph after every sixtieth. Every fifth document copies another one (half of them one of
its own block of 10,000, half one of an older block) with each word replaced at one of `EDITS`'
rates. Everything is drawn from the raw bits of PCG64, which NumPy keeps as they are, and seeded
by the block's number: block 700 needs no other block but those it copies from.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BLOCK = 10_000
#: Documents of a block that copy an earlier one.
COPIES = BLOCK // 5
#: Share of words replaced in a copy; 5 shingles see each: the expected Jaccard similarities of the
#: texts are 1, 0.95, 0.90, 0.82 and 0.67.
EDITS = (0.0, 0.005, 0.01, 0.02, 0.04)
#: Words of a text: log-normal, mean 250, cut here.
_WORDS = (20, 5000)
_VOCABULARY = 30_000
_CONSONANTS = tuple("bcdfghjklmnprstvz")
_VOWELS = tuple("aeiou")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Documents of a block: `words` (places in the vocabulary), document i's from `offsets[i]` to
    `offsets[i + 1]`; the number of the document each copies (-1: none), and the rate of edits."""

    words: Ints
    offsets: Ints
    source: Ints
    edits: Floats


class Draws:
    """Numbers from 0 up to 1 out of raw bits, named by what they are for."""

    def __init__(self, *name: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(name))

    def uniform(self, count: int) -> Floats:
        return (self._bits.random_raw(count) >> np.uint64(11)) * 2.0**-53

    def below(self, limit: int, count: int) -> Ints:
        return (self.uniform(count) * limit).astype(np.int64)


def vocabulary() -> pa.Array:
    """The words, then the words with a full stop, then the words that end a paragraph."""
    draws = Draws(1)
    count = 2 * _VOCABULARY  # some come twice
    lengths = 1 + draws.below(4, count)
    onsets = draws.below(len(_CONSONANTS), 4 * count).reshape(count, 4)
    nuclei = draws.below(len(_VOWELS), 4 * count).reshape(count, 4)
    made = (
        "".join(_CONSONANTS[a] + _VOWELS[b] for a, b in zip(*pair, strict=True))[: 2 * length]
        for length, *pair in zip(lengths, onsets, nuclei, strict=True)
    )
    found = list(dict.fromkeys(made))[:_VOCABULARY]
    words = sorted(found, key=len)
    return pa.array([word + end for end in ("", ".", ".\n") for word in words])


def zipf(draws: Draws, count: int) -> Ints:
    """Words by Zipf's law: the k-th as often as 1 / k."""
    weights = np.cumsum(1.0 / np.arange(1, _VOCABULARY + 1))
    return np.searchsorted(weights, draws.uniform(count) * weights[-1], side="right")


def block(number: int) -> Block:
    """The block of that number."""
    own = _originals(number, BLOCK - COPIES)
    draws = Draws(2, number)
    half = COPIES // 2
    older = number // 2
    others = own if older == number else _originals(older, BLOCK - COPIES)
    near = draws.below(BLOCK - COPIES, half)
    far = draws.below(BLOCK - COPIES, COPIES - half)
    words, sizes = [own.words], [np.diff(own.offsets)]
    for origin, chosen in ((own, near), (others, far)):
        lengths = np.diff(origin.offsets)[chosen]
        starts = np.repeat(origin.offsets[chosen], lengths)
        words.append(origin.words[starts + _ramp(lengths)])
        sizes.append(lengths)
    rates = np.asarray(EDITS)[draws.below(len(EDITS), COPIES)]
    edits = np.concatenate([np.zeros(BLOCK - COPIES), rates])
    lengths = np.concatenate(sizes)
    text = np.concatenate(words)
    replaced = draws.uniform(len(text)) < np.repeat(edits, lengths)
    text[replaced] = zipf(draws, int(replaced.sum()))
    source = np.full(BLOCK, -1, dtype=np.int64)
    source[BLOCK - COPIES :] = np.concatenate(
        [number * BLOCK + _place(near), older * BLOCK + _place(far)]
    )
    # Every fifth document is a copy.
    order = np.empty(BLOCK, dtype=np.int64)
    order[_place(np.arange(BLOCK - COPIES))] = np.arange(BLOCK - COPIES)
    order[4::5] = np.arange(BLOCK - COPIES, BLOCK)
    starts = np.repeat((np.cumsum(lengths) - lengths)[order], lengths[order])
    lengths = lengths[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Block(text[starts + _ramp(lengths)], offsets, source[order], edits[order])


def _place(original: Ints) -> Ints:
    """Place in its block of the original of that number: four come before each copy."""
    return original + original // 4


def tables(first: int, last: int) -> Iterator[pa.Table]:
    """The documents from number `first` to before `last`, by blocks: number, url, text, source
    (the document it copies, or null) and edits."""
    words = vocabulary()
    for number in range(first // BLOCK, -(-last // BLOCK)):
        made = block(number)
        numbers = np.arange(number * BLOCK, (number + 1) * BLOCK)
        rows = pa.table(
            {
                "number": numbers,
                "url": pc.binary_join_element_wise(
                    "https://copies.example/", pc.cast(pa.array(numbers), pa.string()), ""
                ),
                "text": _texts(words, made),
                "source": pa.array(made.source, mask=made.source < 0),
                "edits": made.edits,
            }
        )
        low = max(0, first - number * BLOCK)
        yield rows.slice(low, min(BLOCK, last - number * BLOCK) - low)


def write(folder: Path, first: int, last: int) -> int:
    """Writes those documents as Parquet files, as many as there are processors; the bytes of
    text."""
    folder.mkdir()
    files = os.cpu_count() or 1
    share = -(-(last - first) // files)
    size = 0
    for i in range(files):
        begin, end = first + i * share, min(last, first + (i + 1) * share)
        writer = None
        for table in tables(begin, end):
            if writer is None:
                writer = pq.ParquetWriter(
                    folder / f"{i:05d}.parquet", table.schema, compression="zstd"
                )
            writer.write_table(table, row_group_size=1000)
            size += int(pc.sum(pc.binary_length(table.column("text"))).as_py())
        if writer is not None:
            writer.close()
    return size


def _originals(number: int, count: int) -> Block:
    draws = Draws(3, number)
    # Box and Muller's normal numbers; sigma 0.8.
    radius = np.sqrt(-2 * np.log1p(-draws.uniform(count)))
    normal = radius * np.cos(2 * np.pi * draws.uniform(count))
    lengths = np.clip(np.exp(np.log(250) - 0.32 + 0.8 * normal), *_WORDS).astype(np.int64)
    words = zipf(draws, int(lengths.sum()))
    return Block(words, np.concatenate([[0], np.cumsum(lengths)]), np.zeros(0, int), np.zeros(0))


def _ramp(lengths: Ints) -> Ints:
    """0, 1, ... for each length, one after another."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def _texts(words: pa.Array, made: Block) -> pa.Array:
    place = _ramp(np.diff(made.offsets))
    ending = np.where(place % 60 == 59, 2, place % 15 == 14)
    chosen = words.take(pa.array(made.words + ending * _VOCABULARY))
    lists = pa.LargeListArray.from_arrays(pa.array(made.offsets), chosen)
    return pc.binary_join(lists, " ").cast(pa.large_string())
