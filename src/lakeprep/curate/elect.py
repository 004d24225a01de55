"""Elect, verify, recurse: which document of a group of candidates survives (DESIGN.md, section 6).

Pure: works on ranks, buckets and a function that measures similarity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: (left, right) ranks of pairs -> Jaccard similarity and containment of each pair.
Measure = Callable[[Ints, Ints], tuple[Floats, Floats]]

#: Rounds after which the rest is kept and counted: a bucket of n documents that resemble each other
#: in one band only would take n rounds.
MAX_ROUNDS = 256


@dataclass(frozen=True, slots=True)
class Candidates:
    """Members by rank: rank 0 survives before rank 1, and so on.

    `url` and `text` number equal URL keys and equal texts; `buckets` and `members` are the
    buckets' members, one entry each.
    """

    published: Bools
    url: Ints
    text: Ints
    buckets: Ints
    members: Ints


@dataclass(frozen=True, slots=True)
class Election:
    """For each member, by rank: the survivor it duplicates (-1: none), and how."""

    survivor: Ints
    kind: npt.NDArray[np.object_]
    similarity: Floats
    containment: Floats
    rounds: int
    undecided: int


def elect(
    candidates: Candidates, measure: Measure, *, min_jaccard: float, use_url: bool, use_exact: bool
) -> Election:
    """In each connected group the first member survives; every other is compared with it, and is
    its duplicate if the evidence holds. The rest forms new groups and goes round again, so that
    no document is dropped for one it was not compared with, however buckets chain.

    Published members survive; they are compared with nobody.
    """
    size = len(candidates.published)
    survivor = np.full(size, -1, dtype=np.int64)
    kind = np.full(size, None, dtype=object)
    similarity, containment = np.full(size, np.nan), np.full(size, np.nan)
    open_ = np.ones(size, dtype=bool)
    rounds = 0
    while rounds < MAX_ROUNDS:
        left, right = _pairs(candidates, open_)
        if not len(left):
            break
        rounds += 1
        jaccard, contained = measure(left, right)
        same_url = (candidates.url[left] == candidates.url[right]) & use_url
        same_text = (candidates.text[left] == candidates.text[right]) & use_exact
        is_duplicate = same_url | same_text | (jaccard >= min_jaccard)
        found = left[is_duplicate]
        survivor[found] = right[is_duplicate]
        kind[found] = np.where(same_url, "url", np.where(same_text, "exact", "near"))[is_duplicate]
        similarity[found], containment[found] = jaccard[is_duplicate], contained[is_duplicate]
        open_[found] = False
        open_[right] = False
    undecided = len(_pairs(candidates, open_)[0])
    return Election(survivor, kind, similarity, containment, rounds, undecided)


def _pairs(candidates: Candidates, open_: Bools) -> tuple[Ints, Ints]:
    """Each open member and the first of its group, published members left out.

    Groups are connected through a star in each bucket: its first member with every other.
    """
    is_open = open_[candidates.members]
    buckets, members = candidates.buckets[is_open], candidates.members[is_open]
    order = np.lexsort((members, buckets))
    buckets, members = buckets[order], members[order]
    starts = np.flatnonzero(np.r_[True, buckets[1:] != buckets[:-1]]) if len(buckets) else buckets
    firsts = np.repeat(members[starts], np.diff(np.r_[starts, len(buckets)]))
    size = len(open_)
    graph = coo_array((np.ones(len(members), dtype=np.int8), (firsts, members)), (size, size))
    _, group = connected_components(graph.tocsr(), directed=False)
    first_of_group = np.full(group.max(initial=-1) + 1, size, dtype=np.int64)
    np.minimum.at(first_of_group, group, np.arange(size))
    left = np.unique(members[~candidates.published[members]])
    right = first_of_group[group[left]]
    return left[right != left], right[right != left]
