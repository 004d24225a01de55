"""Duplicates among revisions of real articles and planted copies, against every pair of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix

from silver_pages import Page, Silver

pytestmark = pytest.mark.spark
_DAY = 86_400

#: Share of the pairs from that true similarity on (up to the one above) that must share a cluster.
LEAST_IN_ONE_CLUSTER = {0.9: 0.99, 0.8: 0.95}


def revisions(path: Path) -> list[Page]:
    """In the order of their times; Unix days stand for days."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Page(number, row["text"], day=int(row["time"]) / _DAY - 20_000)
        for number, row in enumerate(rows)
    ]


def similar_pairs(
    texts: list[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Every pair that shares a shingle, and its Jaccard similarity: a product of matrices."""
    from lakeprep.kernels.minhash import shingle_sets

    sets = shingle_sets(pa.array(texts))
    offsets = sets.offsets.to_numpy()
    codes = np.unique(sets.values.to_numpy(), return_inverse=True)[1]
    ones = np.ones(len(codes), dtype=np.int32)
    matrix = csr_matrix((ones, codes, offsets), (len(texts), int(codes.max()) + 1))
    common = (matrix @ matrix.T).tocoo()
    upper = common.row < common.col
    left, right = common.row[upper], common.col[upper]
    sizes = np.diff(offsets)
    shared = common.data[upper]
    return left, right, shared / (sizes[left] + sizes[right] - shared)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_similar_revisions_share_a_cluster_and_every_drop_is_verified(
    silver: Silver, data: Path, language: str
) -> None:
    """Articles change little by little: the case in which survivors of one cluster drift apart."""
    pages = revisions(data / "near_dup" / "revisions" / f"{language}.DEV.jsonl.gz")
    silver.add(pages, partitions=2)
    silver.decide()
    decided = silver.decided()
    survivor = np.array([decided[page.number][0] for page in pages])
    cluster = np.array([decided[page.number][1] for page in pages])
    left, right, similarity = similar_pairs([page.text for page in pages])

    for least, share in LEAST_IN_ONE_CLUSTER.items():
        asked = (similarity >= least) & (similarity < least + (0.1 if least < 0.9 else 1))
        assert asked.sum() > 50
        assert (cluster[left] == cluster[right])[asked].mean() >= share

    true = {(int(a), int(b)): s for a, b, s in zip(left, right, similarity, strict=True)}
    rows = silver.lake.frame("gold.web_outcomes").where("outcome = 'duplicate'").collect()
    assert len(rows) > 1000
    for row in rows:
        own, kept = silver.numbers[row.doc_id], silver.numbers[row.duplicate_of]
        assert survivor[kept] == kept
        assert row.similarity == pytest.approx(true[min(own, kept), max(own, kept)])
        assert row.similarity >= 0.8


def planted(path: Path) -> tuple[list[str], list[tuple[int, int]]]:
    """Articles, and the pairs of them of which one is a copy with some words changed."""
    with gzip.open(path.with_suffix(".train.gz"), "rt", encoding="utf-8") as lines:
        names, texts = zip(*(line.rstrip("\n").split(" ", 1) for line in lines), strict=True)
    pairs = [line.split() for line in path.with_suffix(".truth").read_text().splitlines()]
    return list(texts), [(names.index(left), names.index(right)) for left, right in pairs]


@pytest.mark.parametrize("articles", [1000, pytest.param(2500, marks=pytest.mark.slow)])
def test_planted_copies_are_found_and_nothing_else(
    silver: Silver, data: Path, articles: int
) -> None:
    texts, pairs = planted(data / "near_dup" / "planted" / "data" / f"articles_{articles}")
    silver.add([Page(number, text, day=number) for number, text in enumerate(texts)])
    silver.decide()
    dropped = {page: kept for page, kept in silver.survivors().items() if page != kept}
    assert dropped == {max(pair): min(pair) for pair in pairs}
