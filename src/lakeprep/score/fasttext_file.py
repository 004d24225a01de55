"""Reading fastText's model files (version 12, plain or quantised: `.bin`, `.ftz`).

Layout, little-endian, as fastText's `saveModel` writes it: header, arguments, dictionary with the
buckets that pruning left, input matrix, output matrix. Quantised rows are unpacked when they are
read, into the products in single precision that fastText makes anew at every use of a row.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from lakeprep.errors import EnvironmentMissing

if TYPE_CHECKING:
    from lakeprep.kernels.fasttext import FastTextModel

_MAGIC: Final = 793712314
_VERSION: Final = 12
_HIERARCHICAL_SOFTMAX: Final = 1
_SUPERVISED: Final = 3
_CENTROIDS: Final = 256
_LABEL_PREFIX: Final = b"__label__"
_LINE_END: Final = b"</s>"

_Numbers = npt.NDArray[Any]


def read_model(path: Path) -> FastTextModel:
    """The model of a file. Raises EnvironmentMissing, which names the file, if it cannot be read
    or is another kind of model than supervised, with hierarchical softmax and single words."""
    try:
        return _model(_Reader(path.read_bytes()))
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise EnvironmentMissing(
            f"{path} is no fastText model lakeprep can read: {error}"
        ) from None


@dataclass
class _Reader:
    """A cursor over the bytes of a file."""

    data: bytes
    at: int = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return found

    def array(self, kind: str, count: int) -> _Numbers:
        found = np.frombuffer(self.data, kind, count=max(count, 0), offset=self.at)
        self.at += found.nbytes
        return found

    def word(self) -> bytes:
        end = self.data.index(b"\0", self.at)
        found = self.data[self.at : end]
        self.at = end + 1
        return found


def _model(file: _Reader) -> FastTextModel:
    from lakeprep.kernels.fasttext import FastTextModel

    if file.numbers("ii") != (_MAGIC, _VERSION):
        raise ValueError("it does not begin like one of version 12")
    dimensions, *_, word_ngrams, loss, kind, buckets, least, most, _ = file.numbers("12i")
    file.numbers("d")
    if (kind, loss, word_ngrams) != (_SUPERVISED, _HIERARCHICAL_SOFTMAX, 1):
        raise ValueError("it is not supervised, with hierarchical softmax and single words")
    size, word_count, _, _, pruned_count = file.numbers("iiiqq")
    entries = [(file.word(), *file.numbers("qb")) for _ in range(size)]
    words = [word for word, _, _ in entries[:word_count]]
    labels = [label.decode() for label, _, _ in entries[word_count:]]
    if not labels or words[:1] != [_LINE_END]:
        raise ValueError("its dictionary has no labels, or no mark for the end of a line")
    bucket_rows = _bucket_rows(file, word_count, buckets, pruned_count)
    quantised = file.numbers("?")[0]
    rows = _quantised(file) if quantised else _dense(file)
    outputs = _quantised(file) if file.numbers("?")[0] and quantised else _dense(file)
    row_count = max(word_count, int(bucket_rows.max(initial=-1)) + 1)
    if rows.shape != (row_count, dimensions) or outputs.shape != (len(labels), dimensions):
        raise ValueError("its matrices do not fit its dictionary")
    starts = np.cumsum([0, *map(len, words)], dtype=np.int64)
    bucketed = np.flatnonzero(bucket_rows >= 0)
    kept, ranks = _bitmap(bucketed, buckets, word_count)
    return FastTextModel(
        labels=tuple(label.removeprefix(_LABEL_PREFIX.decode()) for label in labels),
        label_prefix=_LABEL_PREFIX,
        word_bytes=np.frombuffer(b"".join(words), dtype=np.uint8),
        word_starts=starts,
        word_slots=_slots(words),
        buckets=buckets,
        kept_buckets=kept,
        bucket_ranks=ranks,
        rows=_widened(np.concatenate([rows[:word_count], rows[bucket_rows[bucketed]]])),
        outputs=_widened(outputs),
        children=_huffman_tree([count for _, count, _ in entries[word_count:]]),
        least=least,
        most=most,
    )


def _bucket_rows(file: _Reader, words: int, buckets: int, pruned: int) -> npt.NDArray[np.int32]:
    """Row of each bucket, -1 without one. `pruned` is the number of buckets that pruning left,
    -1 in a model that was not pruned."""
    if not 0 < buckets < 1 << 31:
        raise ValueError(f"it has {buckets} buckets")
    if pruned < 0:
        return np.arange(words, words + buckets, dtype=np.int32)
    found = np.full(buckets, -1, dtype=np.int32)
    pairs = file.array("<i4", 2 * pruned).reshape(-1, 2)
    if len(pairs) and (pairs.min() < 0 or pairs[:, 1].max() >= pruned):
        raise ValueError("its pruned buckets are out of bounds")
    found[pairs[:, 0]] = words + pairs[:, 1]
    return found


def _bitmap(
    numbers: npt.NDArray[np.int64], size: int, first_rank: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """Which of 0 to `size` are among `numbers` (ascending), 64 to a word; and for each word, from
    `first_rank` on, how many are so in the words before it."""
    words = -(-size // 64)
    present = np.zeros(64 * words, dtype=np.bool_)
    present[numbers] = True
    ranks = first_rank + np.searchsorted(numbers, 64 * np.arange(words))
    return np.packbits(present, bitorder="little").view("<u8"), ranks.astype(np.int32)


def _widened(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """With columns of 0 up to what the kernel adds at once."""
    from lakeprep.kernels.fasttext import LANES

    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % LANES)))


def _dense(file: _Reader) -> npt.NDArray[np.float32]:
    rows, columns = file.numbers("qq")
    return np.ascontiguousarray(file.array("<f4", rows * columns).reshape(rows, columns))


def _quantised(file: _Reader) -> npt.NDArray[np.float32]:
    """The rows behind the codes of a product quantiser: for each part of a row the centroid that
    its code names, times the row's norm where that has a code of its own."""
    has_norms, rows, columns, code_count = file.numbers("?qqi")
    codes = file.array("u1", code_count).reshape(rows, -1)
    parts = _centroids(file)
    found = np.concatenate([part[codes[:, i]] for i, part in enumerate(parts)], axis=1)
    if has_norms:
        norm_codes = file.array("u1", rows)
        found = found * _centroids(file)[0][norm_codes]
    if found.shape != (rows, columns) or codes.shape[1] != len(parts):
        raise ValueError("a quantised matrix is of another shape than its centroids")
    return np.ascontiguousarray(found, dtype=np.float32)


def _centroids(file: _Reader) -> list[_Numbers]:
    """A table float32[256, width] for each part of a row; the last may be narrower."""
    columns, parts, width, last_width = file.numbers("4i")
    widths = [*[width] * (parts - 1), last_width]
    if parts < 1 or sum(widths) != columns:
        raise ValueError("the parts of a quantiser do not make a row")
    return [file.array("<f4", _CENTROIDS * w).reshape(_CENTROIDS, w) for w in widths]


def _slots(words: list[bytes]) -> npt.NDArray[np.int32]:
    """Open addressing by the words' hashes, at most a quarter full."""
    slots = np.full(1 << (4 * len(words)).bit_length(), -1, dtype=np.int32)
    for number, word in enumerate(words):
        slot = _fnv(word) & (len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = number
    return slots


def _fnv(word: bytes) -> int:
    """fastText's hash of a word: FNV-1a over signed bytes, 32 bits."""
    value = 2166136261
    for byte in word:
        wide = byte | 0xFFFFFF00 if byte > 127 else byte
        value = (value ^ wide) * 16777619 & 0xFFFFFFFF
    return value


def _huffman_tree(counts: list[int]) -> npt.NDArray[np.int32]:
    """int32[2 * labels - 1, 2]: the children of the nodes (-1 for the labels, which come first),
    as fastText joins them: always the two least frequent, of equals the later made. Labels stand
    in descending order of frequency."""
    labels = len(counts)
    children = np.full((2 * labels - 1, 2), -1, dtype=np.int32)
    weights = [*counts, *[0] * (labels - 1)]
    leaf, node = labels - 1, labels
    for made in range(labels, 2 * labels - 1):
        for side in (0, 1):
            if leaf >= 0 and (node == made or weights[leaf] < weights[node]):
                children[made, side], leaf = leaf, leaf - 1
            else:
                children[made, side], node = node, node + 1
        weights[made] = sum(weights[child] for child in children[made])
    return children
