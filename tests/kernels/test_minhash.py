"""Signatures equal datasketch's, bands meet where they must, verification counts real shingles."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_texts import data_directory, read_texts, texts
from reference_text import shingle_tokens, shingles

from lakeprep.kernels import minhash

WRAP = (1 << 64) - 1


def mix(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & WRAP
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & WRAP
    return value ^ (value >> 33)


def token_hash(token: str) -> int:
    value = 0xCBF29CE484222325
    for char in token:
        value = (value ^ ord(char)) * 0x100000001B3 & WRAP
    return mix(value)


def shingle_hash(tokens: tuple[str, ...]) -> int:
    """Of the docstring of kernels/shingles.py."""
    value = len(tokens)
    for token in tokens:
        value = (value << 27 | value >> 37) & WRAP
        value = (value ^ token_hash(token)) * 0x9E3779B97F4A7C15 & WRAP
    return mix(value)


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def datasketch_signature(hashes: list[int], permutations: int = 112) -> np.ndarray:
    sketch = MinHash(num_perm=permutations, seed=1, scheme="affine32", hashfunc=lambda h: h)
    if hashes:
        sketch.update_batch(hashes)
    return np.asarray(sketch.hashvalues)


@given(st.lists(texts(), max_size=4))
@example(["1,000.50 3.14 1.a 1 2 3.", "가각 가각", "é e\u0301 É", "ﬁ ß İ Σς"])
@example(["!!! ...", "1\u0301,2"])
def test_shingle_sets_equal_the_reference(batch: list[str]) -> None:
    found = minhash.shingle_sets(pa.array(batch, pa.string())).to_pylist()
    assert found == [sorted(signed(shingle_hash(s)) for s in shingles(text)) for text in batch]


@given(texts())
def test_signatures_equal_datasketch(text: str) -> None:
    found, has = minhash.signatures(pa.array([text]))
    expected = datasketch_signature([shingle_hash(s) >> 32 for s in shingles(text)])
    assert found[0].tolist() == expected.tolist()
    assert bool(has[0]) == bool(shingles(text))


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 13), (8, 8)])
def test_band_keys_meet_exactly_where_rows_agree(english: list[str], bands: int, rows: int) -> None:
    batch = english[:8]
    batch += [text.replace(" the ", " a ", 3) for text in batch]
    array = pa.array(batch)
    signature, _ = minhash.signatures(array, bands * rows)
    keys = np.array(minhash.band_keys(array, bands, rows).to_pylist())
    assert keys.shape == (16, bands)
    assert len(np.unique(keys[0])) == bands
    for i, j in itertools.combinations(range(16), 2):
        for band in range(bands):
            part = slice(band * rows, (band + 1) * rows)
            same = signature[i, part].tolist() == signature[j, part].tolist()
            assert same == (keys[i, band] == keys[j, band])


def test_band_keys_do_not_change() -> None:
    """Keys are stored: another value here is a new version of the index."""
    keys = minhash.band_keys(pa.array(["One two three four five six seven.", "漢字かな"]))
    assert [row[0] for row in keys.to_pylist()] == STORED_KEYS


STORED_KEYS = [7711287300993958672, -8448552789552700456]


def test_texts_without_shingles_have_no_keys_and_verify_nothing() -> None:
    array = pa.array(["", None, "!!! ...", "\u0301\u200b", "one"])
    assert [len(row) for row in minhash.band_keys(array).to_pylist()] == [0, 0, 0, 0, 14]
    sets = minhash.shingle_sets(array)
    assert [len(row) for row in sets.to_pylist()] == [0, 0, 0, 0, 1]
    jaccard, containment = minhash.jaccard_containment(sets, sets)
    assert jaccard.tolist() == containment.tolist() == [0, 0, 0, 0, 1]


def test_normalisation_of_shingles() -> None:
    same = [
        ("The 1,234 Cafés — open", "the 5.6 cafe\u0301s open!"),
        ("soft\u00adware \u200dx", "software x"),
        ("한글 문서", "\u1112\u1161\u11ab\u1100\u1173\u11af \u1106\u116e\u11ab\u1109\u1165"),
        ("漢字。かな", "漢字 かな"),
    ]
    for left, right in same:
        one, other = minhash.shingle_sets(pa.array([left, right])).to_pylist()
        assert one == other, (left, right)
    assert shingle_tokens("漢字ab か 12.5") == ["漢", "字", "ab", "か", "0"]


@given(st.lists(st.tuples(st.sets(st.integers(-9, 9)), st.sets(st.integers(-9, 9))), max_size=5))
def test_jaccard_and_containment_equal_sets(pairs: list[tuple[set[int], set[int]]]) -> None:
    left = pa.array([sorted(a) for a, _ in pairs], pa.list_(pa.int64()))
    right = pa.array([sorted(b) for _, b in pairs], pa.list_(pa.int64()))
    jaccard, containment = minhash.jaccard_containment(left, right)
    for i, (a, b) in enumerate(pairs):
        both = len(a & b)
        assert jaccard[i] == (both / len(a | b) if a and b else 0.0)
        assert containment[i] == (both / min(len(a), len(b)) if a and b else 0.0)


def test_jaccard_of_slices_nulls_and_taken_rows() -> None:
    sets = minhash.shingle_sets(pa.array(["a b c d e f", "a b c d e g", None, "x"]))
    left, right = sets.slice(1, 3), sets.take(pa.array([0, 0, 3]))
    assert minhash.jaccard_containment(left, right)[0].tolist() == [1 / 3, 0.0, 1.0]
    nulls = pa.array([None, None, [1]], pa.list_(pa.int64()))
    assert minhash.jaccard_containment(nulls, left)[0].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="3 left sets but 4"):
        minhash.jaccard_containment(left, sets)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_both_string_types_give_the_same(kind: pa.DataType) -> None:
    array = pa.array(["a b c d e f", None, "漢字仮名交じり文", "x"], type=kind)
    for function in (minhash.band_keys, minhash.shingle_sets):
        whole = function(array).to_pylist()
        assert function(array.slice(1, 3)).to_pylist() == whole[1:]


@pytest.mark.parametrize("unit", ["a ", "!", "漢", "1,", "\u0301", "한"])
def test_ten_megabytes_on_one_line(unit: str) -> None:
    text = unit * (10_000_000 // len(unit.encode()))
    assert len(minhash.shingle_sets(pa.array([text])).to_pylist()[0]) <= 1
    minhash.band_keys(pa.array([text]))


def test_planted_near_copies_are_candidates() -> None:
    """Of pairs with a real Jaccard of 0.9 or more, nearly all share a band (theory: 0.9996)."""
    folder = data_directory() / "near_dup/revisions"
    files = sorted(folder.rglob("*.jsonl.gz"))
    if not files:
        pytest.skip("no near_dup/revisions")
    batch = pa.array(list(itertools.chain.from_iterable(read_texts(f, 60) for f in files)))
    keys = minhash.band_keys(batch).to_pylist()
    sets = minhash.shingle_sets(batch)
    left, right = map(np.array, zip(*itertools.combinations(range(len(batch)), 2), strict=True))
    jaccard, _ = minhash.jaccard_containment(sets.take(pa.array(left)), sets.take(pa.array(right)))
    near = [(keys[left[k]], keys[right[k]]) for k in np.flatnonzero(jaccard >= 0.9)]
    met = sum(any(a == b for a, b in zip(one, two, strict=True)) for one, two in near)
    assert near and met >= 0.99 * len(near)
