"""`lakeprep explain`: what a lake knows of a page, from the file that it was read from to the
releases that hold it.

What was asked for reaches Spark as a value, never as SQL. Filters go down to the files; texts are
not read unless they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import reduce
from typing import TYPE_CHECKING, Final

from lakeprep.curate.failures import Failure, failures
from lakeprep.errors import UsageError
from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.lake.runs import RELEASE
from lakeprep.recipe import Recipe, load_recipe, shipped_recipes

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

#: Captures of one URL, and documents of a cluster, that are told in full.
MOST: Final = 20
_DOC_ID: Final = re.compile(r"[0-9a-f]{32}")
#: Releases looked into by one Spark job.
_RELEASES: Final = 50
_SOURCE: Final = ("source_path", "source_offset", "source_length", "record_id")


@dataclass(frozen=True)
class Other:
    """Another document, and what became of it; the figures are those of its own outcome."""

    doc_id: str
    url: str | None
    outcome: str
    duplicate_kind: str | None
    similarity: float | None


@dataclass(frozen=True)
class Decision:
    """What a data set did with a document.

    cluster: its first documents, kept ones before the others, of `cluster_documents`; dropped_for:
    the most similar of the `dropped` documents that were dropped in favour of this one.
    """

    dataset: str
    outcome: str
    run_id: str
    failures: tuple[Failure, ...] = ()
    duplicate_of: Other | None = None
    duplicate_kind: str | None = None
    similarity: float | None = None
    containment: float | None = None
    cluster_id: str | None = None
    cluster_documents: int = 0
    cluster: tuple[Other, ...] = ()
    dropped: int = 0
    dropped_for: tuple[Other, ...] = ()
    releases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Capture:
    """One page: where it came from and what was found in it. `status` None: not scored yet."""

    doc_id: str
    url: str
    fetched_at: str
    source: Mapping[str, object]
    status: str | None = None
    language: str | None = None
    language_score: float | None = None
    script: str | None = None
    title: str | None = None
    signals: Mapping[str, float | None] = field(default_factory=dict)
    text: str | None = None
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Captures, newest first, `found` in all; or, where there is none, records that were rejected.
    `notes`: what could not be told."""

    asked: str
    found: int
    captures: tuple[Capture, ...] = ()
    rejects: tuple[Mapping[str, object], ...] = ()
    notes: tuple[str, ...] = ()


def explain(
    lake: Lake,
    asked: str,
    *,
    dataset: str | None = None,
    recipe: Recipe | None = None,
    text: int = 0,
) -> Explanation:
    """Everything about the URL, document id or record id `asked`, in one data set or in all.

    A URL means its own captures, or else those of its URL key. Thresholds come from `recipe`, or
    from a shipped one, if it is what decided the data set. `text`: characters of the text to give.

    Raises:
        UsageError: no such data set, or nothing is known by that name.
    """
    asked = asked.strip().removeprefix("<").removesuffix(">")  # as WARC files write record ids
    if dataset is not None:
        lake.require_dataset(dataset)
    rows, found = _scored(lake, asked, text)
    if not rows:
        rows, found = _newest(lake.frame("bronze.pages"), _by_name(asked, "page_id"))
        if not rows:
            return Explanation(asked, 0, rejects=_rejects(lake, asked))
        return Explanation(asked, found, tuple(_capture(row, row.page_id, row) for row in rows))
    ids = [row.doc_id for row in rows]
    pages = lake.frame("bronze.pages").where(_is_in("page_id", ids))
    read = {row.page_id: row for row in _without(pages, "body").collect()}
    decisions: dict[str, list[Decision]] = {doc_id: [] for doc_id in ids}
    notes = []
    for name in [dataset] if dataset else lake.datasets():
        decided = _recipe_of(lake, name, recipe)
        if recipe and decided is not recipe:
            notes.append(f"{name} was decided by another recipe than {recipe.name}")
        for doc_id, decision in _decisions(lake, name, rows, decided):
            decisions[doc_id].append(decision)
    captures = tuple(
        _capture(row, row.doc_id, read.get(row.doc_id), tuple(decisions[row.doc_id]))
        for row in rows
    )
    return Explanation(asked, found, captures, notes=tuple(notes))


# -- the page ------------------------------------------------------------------------------------


def _scored(lake: Lake, asked: str, text: int) -> tuple[list[Row], int]:
    """Rows of silver, newest first, and how many there are."""
    from pyspark.sql import functions as f

    from lakeprep.score.url import features_of

    documents = _documents(lake, text)
    found = _newest(documents, _by_name(asked, "doc_id"))
    if found[0] or _DOC_ID.fullmatch(asked):
        return found
    return _newest(documents, f.col("url_key") == features_of(asked).url_key)


def _documents(lake: Lake, text: int) -> DataFrame:
    """Silver, of its texts the first `text` characters."""
    from pyspark.sql import functions as f

    documents = _without(lake.frame("silver.documents"), "bands")
    return documents.withColumn("text", f.left("text", f.lit(text)) if text else f.lit(None))


def _by_name(asked: str, key: str) -> Column:
    """Rows of that id, or of that very URL or record id."""
    from pyspark.sql import functions as f

    if _DOC_ID.fullmatch(asked):
        return f.col(key) == asked
    return (f.col("url") == asked) | (f.col("record_id") == asked)


def _newest(frame: DataFrame, condition: Column) -> tuple[list[Row], int]:
    """The newest MOST rows, and how many there are."""
    from pyspark.sql import functions as f

    key = "page_id" if "page_id" in frame.columns else "doc_id"
    found = _without(frame, "body").where(condition)
    found = found.withColumn("fetched_us", f.unix_micros("fetched_at"))
    rows = found.orderBy(f.desc("fetched_at"), key).limit(MOST + 1).collect()
    return rows[:MOST], len(rows) if len(rows) <= MOST else found.count()


def _without(frame: DataFrame, column: str) -> DataFrame:
    return frame.select(*(name for name in frame.columns if name != column))


def _is_in(column: str, ids: Iterable[str]) -> Column:
    from pyspark.sql import functions as f

    return f.col(column).isin(sorted(set(ids)))


def _capture(
    row: Row, doc_id: str, page: Row | None, decisions: tuple[Decision, ...] = ()
) -> Capture:
    """`row` of silver or, of a page that is not scored, of bronze; `page`: its row of bronze."""
    known = row.asDict(recursive=True)
    source: dict[str, object] = {name: known[name] for name in _SOURCE}
    if page is not None:
        facts = ("inner_offset", "http_status", "content_type", "truncated", "run_id")
        source |= {name: page[name] for name in facts}
    fetched_at = datetime.fromtimestamp(known["fetched_us"] / 1e6, timezone.utc).isoformat()
    features = ("status", "language", "language_score", "script", "title", "text")
    return Capture(
        doc_id,
        known["url"],
        fetched_at,
        source,
        **{name: known.get(name) for name in features},
        signals=known.get("signals") or {},
        decisions=decisions,
    )


def _rejects(lake: Lake, asked: str) -> tuple[Mapping[str, object], ...]:
    from pyspark.sql import functions as f

    rejects = lake.frame("bronze.rejects")
    about = rejects.where((f.col("url") == asked) | (f.col("record_id") == asked))
    rows = about.orderBy("source_path", "source_offset", "inner_offset").limit(MOST).collect()
    if not rows:
        raise UsageError(
            f"nothing in this lake has the URL, document id or record id {asked!r}: no page, "
            "no document, no reject"
        )
    return tuple(row.asDict() for row in rows)


# -- a data set ----------------------------------------------------------------------------------


def _decisions(
    lake: Lake, dataset: str, rows: Sequence[Row], recipe: Recipe | None
) -> Iterator[tuple[str, Decision]]:
    from pyspark.sql import functions as f

    documents = {row.doc_id: row for row in rows}
    outcomes = lake.frame(dataset_tables(dataset)[0])
    own = outcomes.where(_is_in("doc_id", documents)).collect()
    if not own:
        return
    in_clusters = ("kept", "duplicate")
    clustered = [row.cluster_id for row in own if row.outcome in in_clusters]
    members = outcomes.where(f.col("outcome").isin(*in_clusters))
    clusters = _firsts(members, "cluster_id", clustered, f.desc("outcome"))  # kept come first
    kept = [row.doc_id for row in own if row.outcome == "kept"]
    dropped = _firsts(members, "duplicate_of", kept, f.desc("similarity"))
    survivors = {row.duplicate_of for row in own if row.duplicate_of}
    others = [*clusters.values(), *dropped.values()]
    urls = _urls(lake, {row.doc_id for group in others for row in group} | survivors)
    releases = _releases(lake, dataset, documents)
    for row in own:
        cluster = clusters.get(row.cluster_id, []) if row.cluster_id in clustered else []
        for_it = dropped.get(row.doc_id, [])
        survivor = Other(row.duplicate_of, urls.get(row.duplicate_of), "kept", None, None)
        yield (
            row.doc_id,
            Decision(
                dataset=dataset,
                outcome=row.outcome,
                run_id=row.run_id,
                failures=tuple(
                    one
                    for reason in row.reasons
                    for one in failures(reason, documents[row.doc_id], recipe)
                ),
                duplicate_of=survivor if row.duplicate_of else None,
                duplicate_kind=row.duplicate_kind,
                similarity=row.similarity,
                containment=row.containment,
                cluster_id=row.cluster_id,
                cluster_documents=cluster[0].group_documents if cluster else 0,
                cluster=_others(cluster, urls),
                dropped=for_it[0].group_documents if for_it else 0,
                dropped_for=_others(for_it, urls),
                releases=releases.get(row.doc_id, ()),
            ),
        )


def _firsts(
    frame: DataFrame, group: str, values: Collection[str], order: Column
) -> dict[str, list[Row]]:
    """By value of the column `group`, its first MOST rows; each knows how many there are."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    if not values:
        return {}
    all_of = Window.partitionBy(group)
    numbered = frame.where(_is_in(group, values)).select(
        "*",
        f.row_number().over(all_of.orderBy(order, "doc_id")).alias("place"),
        f.count("*").over(all_of).alias("group_documents"),
    )
    found: dict[str, list[Row]] = {}
    for row in numbered.where(f.col("place") <= MOST).orderBy(group, "place").collect():
        found.setdefault(row[group], []).append(row)
    return found


def _urls(lake: Lake, ids: Collection[str]) -> dict[str, str]:
    if not ids:
        return {}
    found = lake.frame("silver.documents").where(_is_in("doc_id", ids)).select("doc_id", "url")
    return {row.doc_id: row.url for row in found.collect()}


def _others(rows: Iterable[Row], urls: Mapping[str, str]) -> tuple[Other, ...]:
    return tuple(
        Other(row.doc_id, urls.get(row.doc_id), row.outcome, row.duplicate_kind, row.similarity)
        for row in rows
    )


def _releases(lake: Lake, dataset: str, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By document, the release tags that hold it, newest first."""
    from pyspark.sql import DataFrame
    from pyspark.sql import functions as f

    gold = dataset_tables(dataset)[1]
    refs, age = lake.refs(gold), {at: n for n, (at, _) in enumerate(lake.history(gold))}
    tags = sorted(
        (tag for tag in refs if tag.startswith(RELEASE)),
        key=lambda tag: (age.get(refs[tag], len(age)), tag),
    )
    held: set[tuple[str, str]] = set()
    for start in range(0, len(tags), _RELEASES):
        frames = [
            lake.frame(gold, tag=tag).where(_is_in("doc_id", ids)).select("doc_id", f.lit(tag))
            for tag in tags[start : start + _RELEASES]
        ]
        held |= {(doc_id, tag) for doc_id, tag in reduce(DataFrame.unionAll, frames).collect()}
    return {doc_id: tuple(tag for tag in tags if (doc_id, tag) in held) for doc_id in ids}


def _recipe_of(lake: Lake, dataset: str, given: Recipe | None) -> Recipe | None:
    """The recipe that decided the data set: the one given, or one of those shipped."""
    made_by = lake.last_written(dataset_tables(dataset)[0], "recipe-hash")
    if given and given.hash == made_by:
        return given
    shipped = (load_recipe(name) for name in shipped_recipes())
    return next((recipe for recipe in shipped if recipe.hash == made_by), None)
