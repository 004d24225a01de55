"""The pass that decides which documents survive, against a slow reference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakeprep.kernels import survivors
from lakeprep.kernels.survivors import DUPLICATE, KEPT, KINDS, OPEN, Survivors


@dataclass
class Document:
    """What the pass is told of a document."""

    id: int
    keys: list[int]
    shingles: frozenset[int]
    component: int = 0
    url: int = -1  # none
    text: int = -1
    standing: int = OPEN
    survivor: int = -1
    cluster: int = -1


Outcome = dict[int, tuple[str, int] | None]


def decide(
    documents: list[Document],
    *,
    batch: int = 1000,
    min_jaccard: float | None = 0.8,
    min_containment: float | None = None,
    capacity: int = 16,
) -> tuple[Outcome, dict[int, int], list[list[int]]]:
    """Kind and survivor of each open document (None: it survives), clusters, and buckets that
    were full."""
    found: Outcome = {}
    clusters, full = {}, []
    state = Survivors(min_jaccard=min_jaccard, min_containment=min_containment, capacity=capacity)
    for at in range(0, len(documents), batch):
        part = documents[at : at + batch]
        halves = [
            [
                value
                for number in (
                    d.id,
                    d.text if d.text >= 0 else -2 - d.id,
                    d.url if d.url >= 0 else -2 - d.id,
                    d.survivor,
                    d.cluster,
                )
                for value in (number, ~number)
            ]
            for d in part
        ]
        facts = np.column_stack(
            [[d.component for d in part], [d.standing for d in part], np.array(halves)]
        )
        decided = state.decide(
            facts.astype(np.int64),
            pa.array([d.keys for d in part], type=pa.list_(pa.int64())),
            pa.array([sorted(d.shingles) for d in part], type=pa.list_(pa.int64())),
        )
        for i, document in enumerate(part):
            kind = int(decided.kind[i])
            if document.standing == OPEN:
                survivor = int(decided.survivor[i, 0])
                found[document.id] = (KINDS[kind - 1], survivor) if kind else None
            clusters[document.id] = int(decided.cluster[i, 0])
        full += decided.left_out.to_pylist()
    return found, clusters, full


def reference(documents: list[Document], capacity: int) -> tuple[Outcome, dict[int, int]]:
    """The same by sets and lists, for open documents of one component."""
    found: Outcome = {}
    clusters: dict[int, int] = {}
    before: dict[int, Document] = {}
    buckets: dict[int, list[int]] = defaultdict(list)

    def survivor_of(other: int) -> int:
        outcome = found[other]
        return other if outcome is None else outcome[1]

    def evidence(a: Document, b: Document) -> str | None:
        if a.url >= 0 and a.url == b.url:
            return "url"
        if a.text >= 0 and a.text == b.text:
            return "exact"
        both = len(a.shingles | b.shingles)
        return "near" if both and len(a.shingles & b.shingles) / both >= 0.8 else None

    order = {document.id: place for place, document in enumerate(documents)}
    for document in documents:
        members = {other for key in document.keys for other in buckets[key]}
        looked_at = {survivor_of(other) for other in members}
        found[document.id] = None
        for other in sorted(looked_at, key=order.__getitem__):
            if kind := evidence(document, before[other]):
                found[document.id] = (kind, other)
                clusters[document.id] = clusters[other]
                break
        else:
            linked = [
                other
                for other in sorted(members - looked_at, key=order.__getitem__)
                if evidence(document, before[other])
            ]
            clusters[document.id] = clusters[linked[0]] if linked else document.id
        before[document.id] = document
        for key in set(document.keys):
            is_copy = any(
                before[other].text == document.text >= 0
                and survivor_of(other) == survivor_of(document.id)
                for other in buckets[key]
            )
            if not is_copy and len(buckets[key]) < capacity:
                buckets[key].append(document.id)
    return found, clusters


WORDS = frozenset(range(20))


def alike(share: int) -> frozenset[int]:
    """A set with `share` of twenty shingles other than `WORDS`."""
    return frozenset(range(share, 20 + share))


def test_a_chain_does_not_swallow_its_end() -> None:
    """Each is like the one before; the last is unlike the first, and is kept, in its cluster."""
    chain = [Document(i, [i, i + 1], alike(2 * i)) for i in range(3)]
    found, clusters, _ = decide(chain)
    assert found == {0: None, 1: ("near", 0), 2: None}
    assert clusters == {0: 0, 1: 0, 2: 0}


def test_the_second_look_finds_what_shares_no_bucket() -> None:
    found, _, _ = decide(
        [Document(0, [1], WORDS), Document(1, [1, 2], WORDS), Document(2, [2], alike(1))]
    )
    assert found == {0: None, 1: ("near", 0), 2: ("near", 0)}


def test_a_bucket_alone_is_no_evidence() -> None:
    found, clusters, _ = decide([Document(i, [7], alike(100 * i)) for i in range(3)])
    assert found == dict.fromkeys(range(3))
    assert clusters == {0: 0, 1: 1, 2: 2}


def test_the_same_url_is_evidence_of_its_own() -> None:
    """A page fetched twice has changed in between; it is still the same page."""
    found, _, _ = decide([Document(0, [1], WORDS, url=5), Document(1, [1], alike(50), url=5)])
    assert found[1] == ("url", 0)


def test_a_copy_without_shingles_is_exact() -> None:
    nothing: frozenset[int] = frozenset()
    found, _, _ = decide(
        [Document(0, [1], nothing, text=3), Document(1, [1], nothing, text=3)], min_jaccard=None
    )
    assert found[1] == ("exact", 0)


def test_what_stands_is_not_decided_again() -> None:
    """Two alike that were both published stay; a third one goes to the first of them."""
    standing = [Document(i, [1], WORDS, standing=KEPT, cluster=i) for i in (8, 9)]
    found, _, _ = decide([*standing, Document(1, [1], WORDS)])
    assert found == {1: ("near", 8)}


def test_a_standing_duplicate_leads_to_its_survivor() -> None:
    """The index gave the survivor without a bucket, and its duplicate in one."""
    found, clusters, _ = decide(
        [
            Document(8, [], WORDS, standing=KEPT, cluster=77),
            Document(9, [1], alike(1), standing=DUPLICATE, survivor=8, cluster=77),
            Document(1, [1], alike(2)),
        ]
    )
    assert found == {1: ("near", 8)}
    assert clusters[1] == 77


@pytest.mark.parametrize("first", ["short", "long"])
def test_containment_drops_the_shorter_only(first: str) -> None:
    """A page inside a longer one goes; the longer one has more to say."""
    short, long = Document(0, [1], WORDS), Document(1, [1], frozenset(range(60)))
    pages = [short, long] if first == "short" else [long, short]
    found, _, _ = decide(pages, min_containment=0.9)
    assert found == ({0: None, 1: None} if first == "short" else {1: None, 0: ("near", 1)})


def test_a_full_bucket_says_whom_it_left_out() -> None:
    """Pages of one template, unlike each other: linear work, and a count."""
    pages = [Document(i, [7, 100 + i], alike(100 * i)) for i in range(10)]
    found, _, full = decide(pages, capacity=4)
    assert found == dict.fromkeys(range(10))
    assert full == [[]] * 4 + [[7]] * 6


def test_copies_do_not_fill_a_bucket() -> None:
    copies = [Document(i, [7], WORDS, text=1) for i in range(50)]
    other = [Document(50, [7], alike(90)), Document(51, [7], alike(91))]
    found, _, full = decide(copies + other, capacity=2)
    exact = dict.fromkeys(range(1, 50), ("exact", 0))
    assert found == {0: None, **exact, 50: None, 51: ("near", 50)}
    assert full == [[]] * 51 + [[7]]


def test_components_do_not_meet() -> None:
    """And what came before is forgotten: the state does not grow with the components."""
    pages = [Document(i, [7], WORDS, component=i // 2) for i in range(10_000)]
    found, _, _ = decide(pages, batch=512)
    assert found == {i: ("near", i - 1) if i % 2 else None for i in range(10_000)}


def test_shingles_beyond_the_memory_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survivors, "SHINGLES", 1 << 17)
    large = [Document(i, [7], frozenset(range(100_000 * i, 100_000 * (i + 1)))) for i in range(3)]
    found, _, full = decide(large, batch=1)
    assert found == dict.fromkeys(range(3))
    assert full == [[], [7], [7]]


@st.composite
def corpora(draw: st.DrawFn) -> list[Document]:
    size = draw(st.integers(1, 14))
    return [
        Document(
            i,
            draw(st.lists(st.integers(0, 6), max_size=4, unique=True)),
            alike(draw(st.integers(0, 8))),
            url=draw(st.sampled_from([-1, -1, 0, 1])),
            text=draw(st.sampled_from([-1, -1, 0, 1])),
        )
        for i in range(size)
    ]


@settings(max_examples=300, deadline=None)
@given(corpora(), st.integers(1, 5), st.integers(1, 4))
def test_as_the_reference_whatever_the_batches(
    documents: list[Document], batch: int, capacity: int
) -> None:
    for document in documents:  # equal texts have equal shingles
        if document.text >= 0:
            document.shingles = alike(9 + document.text)
    found, clusters, _ = decide(documents, batch=batch, capacity=capacity)
    assert (found, clusters) == reference(documents, capacity)
