"""The ingest stage: files in, bronze out.

Two passes over each file (docs/adr/0002). The index pass reads every record and keeps only facts:
where it lies, what it is, its page_id. From them come the rejects, the books, the repeats, and the
proof that the splits meet without gap or overlap. The load pass then moves the bodies of exactly
the pages chosen. Bodies are never cached or shuffled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from lakeprep.errors import InputError
from lakeprep.ingest.inputs import InputFile, list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Reject, Seam, Skipped
from lakeprep.ingest.splits import Split, plan_splits, seams_agree, unsplit
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run, StageResult
from lakeprep.lake.schema import table_schema
from lakeprep.lake.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.recipe import Recipe

STAGE = "ingest"
TABLES = ("bronze.pages", "bronze.rejects", "bronze.files")

_SPLIT_SCHEMA = pa.schema(
    {
        "split": pa.int64(),
        "path": pa.string(),
        "format": pa.string(),
        "etag": pa.string(),
        "file_bytes": pa.int64(),
        "start": pa.int64(),
        "end": pa.int64(),
    }
)
_INDEX_SCHEMA = pa.schema(
    {
        "split": pa.int64(),
        "kind": pa.string(),
        "source_path": pa.string(),
        "source_offset": pa.int64(),
        "inner_offset": pa.int64(),
        "stop": pa.int64(),
        "record_id": pa.string(),
        "url": pa.string(),
        "reason": pa.string(),
        "detail": pa.string(),
        "page_id": pa.string(),
        "fetched_at": pa.timestamp("us", tz="UTC"),
    }
)
_INDEX_DDL = (
    "split long, kind string, source_path string, source_offset long, inner_offset long, "
    "stop long, record_id string, url string, reason string, detail string, page_id string, "
    "fetched_at timestamp"
)
#: Splits a core should get, so that the last ones even out what the first ones cost.
_SPLITS_PER_CORE = 3
_MIN_SPLIT_BYTES = 2 << 20
_MAX_SPLIT_BYTES = 128 << 20
#: Bodies in one Arrow batch, in bytes; one body may be larger.
_BATCH_BYTES = 8 << 20
_BATCH_ROWS = 256


def ingest(lake: Lake, run: Run, recipe: Recipe, inputs: Sequence[str]) -> StageResult:
    """Read the files among `inputs` that bronze does not hold yet.

    Raises:
        InputError: an input that is missing, empty or of no known format; nothing is written.
    """
    files = _unread(lake, list_inputs(inputs))
    if not files:
        return StageResult(STAGE, changed=False)
    limits = Limits(
        max_record_bytes=recipe.ingest.max_record_bytes, max_body_bytes=recipe.ingest.max_body_bytes
    )
    read = _Reader(limits, {str(name): other for name, other in recipe.ingest.fields.items()})
    splits = _plan(lake, files)
    index = _index(lake, splits, read)
    if torn := _torn_files(index, splits):
        whole = {split.path: unsplit(split) for split in splits if split.path in torn}
        splits = [*whole.values(), *(split for split in splits if split.path not in torn)]
        index = _index(lake, splits, read)
    return _write(lake, run, files, splits, index, read)


def _unread(lake: Lake, files: Sequence[InputFile]) -> list[InputFile]:
    """Those of `files` that are not in bronze.files with the same size and etag."""
    listed = lake.spark.createDataFrame(pa.Table.from_pylist([asdict(file) for file in files]))
    unread = listed.join(
        lake.frame("bronze.files").select("path", "bytes", "etag"),
        ["path", "bytes", "etag"],
        "left_anti",
    )
    paths = {row.path for row in unread.select("path").collect()}
    return [file for file in files if file.path in paths]


def _plan(lake: Lake, files: Sequence[InputFile]) -> list[Split]:
    """Splits, largest first: tasks start in that order."""
    cores = lake.spark.sparkContext.defaultParallelism
    even = sum(file.bytes for file in files) // (cores * _SPLITS_PER_CORE)
    target = min(max(even, _MIN_SPLIT_BYTES), _MAX_SPLIT_BYTES)
    splits = plan_splits(files, target)
    return sorted(splits, key=lambda s: (s.start - s.end, s.path, s.start))


class _Reader:
    """Reads splits inside Spark's Python workers."""

    def __init__(self, limits: Limits, fields: Mapping[str, str]) -> None:
        self.limits = limits
        self.fields = dict(fields)

    def index(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Facts of every record of the splits in `batches`; schema `_INDEX_SCHEMA`."""
        rows = []
        for number, split, _ in _splits_in(batches):
            for record in read_split(split, self.limits, self.fields):
                rows.append({"split": number, **_facts(split, record)})
                if len(rows) >= 4096:
                    yield pa.RecordBatch.from_pylist(rows, schema=_INDEX_SCHEMA)
                    rows = []
        yield pa.RecordBatch.from_pylist(rows, schema=_INDEX_SCHEMA)

    def load(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The pages at the places in `chosen` of each split, without the run's columns."""
        schema = pa.schema(
            [f for f in table_schema("bronze.pages").arrow() if f.name not in _RUN_COLUMNS]
        )
        rows: list[dict[str, object]] = []
        size = 0
        for _, split, places in _splits_in(batches):
            chosen = {(place["source_offset"], place["inner_offset"]) for place in places}
            for record in read_split(split, self.limits, self.fields):
                if not isinstance(record, Page):
                    continue
                if (record.source_offset, record.inner_offset) not in chosen:
                    continue
                rows.append({name: getattr(record, name) for name in schema.names})
                size += len(record.body)
                if size >= _BATCH_BYTES or len(rows) >= _BATCH_ROWS:
                    yield pa.RecordBatch.from_pylist(rows, schema=schema)
                    rows, size = [], 0
        yield pa.RecordBatch.from_pylist(rows, schema=schema)


_RUN_COLUMNS = ("ingested_on", "run_id")


def _splits_in(
    batches: Iterable[pa.RecordBatch],
) -> Iterator[tuple[int, Split, list[dict[str, int]]]]:
    for batch in batches:
        for row in batch.to_pylist():
            number, chosen = row.pop("split"), row.pop("chosen", [])
            yield number, Split(**row), chosen


def _facts(split: Split, record: Page | Reject | Skipped | Seam) -> dict[str, object]:
    if isinstance(record, Seam):
        return {
            "kind": "seam",
            "source_path": split.path,
            "source_offset": record.start,
            "stop": record.stop,
        }
    facts: dict[str, object] = {
        "source_path": split.path,
        "source_offset": record.source_offset,
        "inner_offset": record.inner_offset,
    }
    if isinstance(record, Skipped):
        return {**facts, "kind": "skipped"}
    facts |= {"record_id": record.record_id, "url": record.url}
    if isinstance(record, Reject):
        return {**facts, "kind": "reject", "reason": str(record.reason), "detail": record.detail}
    return {**facts, "kind": "page", "page_id": record.page_id, "fetched_at": record.fetched_at}


def _index(lake: Lake, splits: Sequence[Split], read: _Reader) -> DataFrame:
    """The index of `splits`, one row a record and a seam a split, kept for the steps after."""
    frame = _per_task(_split_frame(lake, splits), len(splits))
    return lake.computed(frame.mapInArrow(read.index, _INDEX_DDL))


def _split_frame(lake: Lake, splits: Sequence[Split]) -> DataFrame:
    rows = [{"split": number, **asdict(split)} for number, split in enumerate(splits)]
    return lake.spark.createDataFrame(pa.Table.from_pylist(rows, schema=_SPLIT_SCHEMA))


def _per_task(frame: DataFrame, splits: int) -> DataFrame:
    """One split a task, in order of their numbers."""
    return frame.repartitionByRange(splits, "split")


def _torn_files(index: DataFrame, splits: Sequence[Split]) -> set[str]:
    """Files in which a split does not begin where the one before it ended.

    A body may hold a whole archive, byte for byte; a split that falls into it begins with a
    record that is none. Such a file is read as one split.
    """
    seams = {
        row.split: Seam(row.source_offset, row.stop)
        for row in index.where("kind = 'seam'").select("split", "source_offset", "stop").collect()
    }
    by_file: dict[str, list[int]] = {}
    for number, split in sorted(enumerate(splits), key=lambda item: item[1].start):
        by_file.setdefault(split.path, []).append(number)
    return {
        path
        for path, numbers in by_file.items()
        if len(numbers) > 1
        and not seams_agree([splits[n] for n in numbers], [seams[n] for n in numbers])
    }


def _write(
    lake: Lake,
    run: Run,
    files: Sequence[InputFile],
    splits: Sequence[Split],
    index: DataFrame,
    read: _Reader,
) -> StageResult:
    pages, chosen, places = _choose(lake, index)
    staging = Staging(lake, STAGE, run, TABLES)
    staging.open()
    if pages:
        frame = _split_frame(lake, splits).join(places, "split")
        loaded = _per_task(frame, len(splits)).mapInArrow(read.load, _loaded_ddl())
        staging.append(_with_run(loaded, run), "bronze.pages")
        added = int(lake.summary("bronze.pages", staging.head("bronze.pages"))["added-records"])
        if added != pages:
            raise InputError(
                f"inputs changed while they were read: {pages} pages were found, {added} loaded; "
                "run again when nothing writes to them"
            )
    staging.append(_rejects(index, run), "bronze.rejects")
    books = lake.computed(_books(lake, files, index, chosen, run))
    staging.append(books, "bronze.files")
    sums = books.groupBy().sum("records", "rejects", "repeats", "skipped").first()
    assert sums is not None  # an aggregation has one row
    totals = sums.asDict()
    outputs = staging.commit()
    return StageResult(
        STAGE,
        rows_in=totals["sum(records)"],
        rows_out=pages,
        outputs=outputs,
        detail={
            "files": len(files),
            **{key: totals[f"sum({key})"] for key in ("rejects", "repeats", "skipped")},
        },
    )


def _choose(lake: Lake, index: DataFrame) -> tuple[int, DataFrame, DataFrame]:
    """Pages to load: their number; split and place of each; the places in each split.

    Of captures with one page_id the first by path and offset is chosen, none if bronze has it.
    """
    from pyspark.sql import functions as f

    spans = index.where("kind = 'page'").agg(f.min("fetched_at"), f.max("fetched_at")).first()
    assert spans is not None  # an aggregation has one row
    known = lake.frame("bronze.pages")
    if spans[0] is not None:  # the capture time is part of page_id, and Iceberg prunes by it
        known = known.where(f.col("fetched_at").between(spans[0], spans[1]))
    if lake.is_empty("bronze.pages"):
        known = known.limit(0)
    chosen = lake.computed(
        lake.sql("stages/choose_pages", index=index, known=known.select("page_id"))
    )
    place = f.struct("source_offset", "inner_offset")
    return (
        chosen.count(),
        chosen,
        chosen.groupBy("split").agg(f.collect_list(place).alias("chosen")),
    )


def _loaded_ddl() -> str:
    fields = [f for f in table_schema("bronze.pages").spark() if f.name not in _RUN_COLUMNS]
    return ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in fields)


def _with_run(frame: DataFrame, run: Run) -> DataFrame:
    from pyspark.sql import functions as f

    return frame.withColumns(
        {"ingested_on": f.lit(run.logical_date.date()), "run_id": f.lit(run.run_id)}
    )


def _rejects(index: DataFrame, run: Run) -> DataFrame:
    from pyspark.sql import functions as f

    columns = [field.name for field in table_schema("bronze.rejects").spark()]
    rejects = index.where("kind = 'reject'").withColumn("run_id", f.lit(run.run_id))
    return rejects.select(*columns).coalesce(1)


def _books(
    lake: Lake, files: Sequence[InputFile], index: DataFrame, chosen: DataFrame, run: Run
) -> DataFrame:
    listed = lake.spark.createDataFrame(pa.Table.from_pylist([asdict(file) for file in files]))
    return lake.sql(
        "stages/file_books",
        {"ingested_at": run.logical_date, "run_id": run.run_id},
        files=listed,
        index=index,
        chosen=chosen,
    ).coalesce(1)
