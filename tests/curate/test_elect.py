"""Elect, verify, recurse, against a slow reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lakeprep.curate.elect import Candidates, elect


def run(
    buckets: list[list[int]],
    similar: dict[tuple[int, int], float],
    size: int,
    published: frozenset[int] = frozenset(),
    url: list[int] | None = None,
) -> dict[int, int]:
    """Duplicates and their survivors at a threshold of 0.8."""
    pairs = [(bucket, member) for bucket, members in enumerate(buckets) for member in members]
    candidates = Candidates(
        published=np.array([i in published for i in range(size)], dtype=bool),
        url=np.array(url or range(size), dtype=np.int64),
        text=np.arange(size, dtype=np.int64),
        buckets=np.array([b for b, _ in pairs], dtype=np.int64),
        members=np.array([m for _, m in pairs], dtype=np.int64),
    )

    def measure(left, right):  # type: ignore[no-untyped-def]
        values = [
            similar.get((min(a, b), max(a, b)), 0.0) for a, b in zip(left, right, strict=True)
        ]
        return np.array(values), np.array(values)

    election = elect(candidates, measure, min_jaccard=0.8, use_url=True, use_exact=True)
    assert election.undecided == 0
    return {i: int(s) for i, s in enumerate(election.survivor) if s >= 0}


def test_a_chain_does_not_swallow_its_end() -> None:
    """0~1 and 1~2, but 2 is unlike 0: dropping 2 for 0 would be unverified."""
    assert run([[0, 1], [1, 2]], {(0, 1): 0.9, (1, 2): 0.9}, 3) == {1: 0}


def test_the_rest_forms_a_new_group() -> None:
    """1 and 2 are not like 0, but like each other, and met only in the bucket of 0."""
    assert run([[0, 1, 2]], {(1, 2): 0.9}, 3) == {2: 1}


def test_the_second_look_finds_what_shares_no_bucket() -> None:
    """2 and 0 share no bucket, but are connected through 1, and alike."""
    assert run([[0, 1], [1, 2]], {(0, 1): 0.9, (0, 2): 0.85}, 3) == {1: 0, 2: 0}


def test_published_members_stay() -> None:
    """A release would lose a page that it has."""
    assert run([[0, 1, 2]], {(0, 1): 1.0, (1, 2): 1.0}, 3, published=frozenset({0, 1})) == {2: 1}


def test_the_same_url_is_evidence_of_its_own() -> None:
    """A page fetched twice has changed in between; it is still the same page."""
    assert run([[0, 1]], {}, 2, url=[5, 5]) == {1: 0}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_drop_is_verified_and_every_kept_pair_was_looked_at(data: st.DataObject) -> None:
    """The ledger's promise: a drop names a survivor that is really alike; and no two kept
    documents of one bucket are alike."""
    size = data.draw(st.integers(2, 12))
    members = st.lists(st.integers(0, size - 1), min_size=2, max_size=5, unique=True)
    buckets = data.draw(st.lists(members, max_size=8))
    similar = {
        (a, b): data.draw(st.sampled_from([0.0, 0.5, 0.8, 1.0]))
        for a in range(size)
        for b in range(a + 1, size)
    }
    dropped = run(buckets, similar, size)
    for left, survivor in dropped.items():
        assert survivor not in dropped
        assert similar[(survivor, left)] >= 0.8
        assert survivor < left
    for bucket in buckets:
        kept = sorted(set(bucket) - dropped.keys())
        assert all(similar[(a, b)] < 0.8 for a in kept for b in kept if a < b)


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(6)))
def test_the_order_of_hits_does_not_matter(order: list[int]) -> None:
    """Spark hands rows over in any order."""
    buckets = [[0, 1], [1, 2], [2, 3, 4], [4, 5], [0, 5], [3, 1]]
    similar = {(0, 1): 0.9, (2, 3): 0.9, (3, 4): 0.9, (2, 4): 0.1, (0, 5): 0.9}
    assert run([buckets[i] for i in order], similar, 6) == run(buckets, similar, 6)
