"""Pairs meet in a band as often as theory says. If not, the permutations or the bands are not
independent, and the recall that docs and recipes promise is another one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lakeprep.kernels import minhash

PAIRS = 4000
#: Shared and own shingles of a pair of a given Jaccard similarity: shared / (shared + 2 own).
POINTS = {
    0.4: (80, 60), 0.5: (100, 50), 0.55: (110, 45), 0.6: (120, 40), 0.65: (130, 35),
    0.7: (140, 30), 0.75: (150, 25), 0.8: (160, 20), 0.85: (170, 15), 0.9: (180, 10),
}  # fmt: skip


NUMBERS = [str(i).translate(str.maketrans("0123456789", "abcdefghij")) for i in range(200)]
"""In letters: digits would all fold to one token."""


def pair_of_texts(shared: int, own: int, seed: int) -> tuple[str, str]:
    """Two texts whose sets of shingles have `shared` in common and `own` each to themselves.

    The words of a text are all different, so that a beginning of n words gives n - 4 shingles;
    after it each text goes on in words of its own."""
    name = str(seed).translate(str.maketrans("0123456789", "abcdefghij"))
    common = words(f"{name}x", shared + 4)
    return common + words(f" l{name}x", own), common + words(f" r{name}x", own)


def words(stem: str, count: int) -> str:
    return f" {stem}" + f" {stem}".join(NUMBERS[:count])


@pytest.mark.parametrize("similarity", sorted(POINTS))
def test_the_share_of_pairs_that_meet(similarity: float) -> None:
    """Two standard errors of the mean of `PAIRS` draws, around 1 - (1 - s^r)^b. (The pairs are
    fixed: of any others one set in twenty is outside. Of eighty sets 3 were, and the mean square of
    their deviations was 0.99 errors.)"""
    shared, own = POINTS[similarity]
    first = (100 + round(similarity * 100)) * 100_000
    pairs = [pair_of_texts(shared, own, first + i) for i in range(PAIRS)]
    texts = pa.array([text for pair in pairs for text in pair])
    sets = minhash.shingle_sets(texts)
    jaccard, _ = minhash.jaccard_containment(
        sets.take(pa.array(range(0, 2 * PAIRS, 2))), sets.take(pa.array(range(1, 2 * PAIRS, 2)))
    )
    assert np.allclose(jaccard, similarity)

    keys = np.asarray(minhash.band_keys(texts).values).reshape(PAIRS, 2, minhash.BANDS)
    met = (keys[:, 0] == keys[:, 1]).any(axis=1).mean()
    expected = 1 - (1 - similarity**minhash.ROWS) ** minhash.BANDS
    error = np.sqrt(expected * (1 - expected) / PAIRS)
    assert abs(met - expected) <= 2 * error, f"{met:.4f}, theory {expected:.4f} +- {error:.4f}"
