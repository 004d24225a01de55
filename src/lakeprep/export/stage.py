"""The export stage: a release in, shards and a manifest out.

The shard of a row is a hash of its doc_id, and the number of shards follows from the number of
rows, so a release exports to the same files wherever and however often that is done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeprep.errors import LakeprepError, UsageError
from lakeprep.export.folder import Folder
from lakeprep.export.manifest import (
    MANIFEST,
    SHARD_NAME,
    ExportedColumn,
    Format,
    Manifest,
    ShardFile,
    Source,
    differences,
    faults,
    make_manifest,
    read_manifest,
    shard_name,
    write_manifest,
)
from lakeprep.export.upweight import Weights, times
from lakeprep.lake.catalog import PROPERTY, Lake, dataset_tables
from lakeprep.lake.runs import RELEASE
from lakeprep.resources import resource

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, Row

STAGE = "export"
#: Marks a folder whose export has begun and has no manifest yet.
MARKER = ".lakeprep-export"
#: About 200 MB of web text: few enough files for a large release, enough for a small one to be
#: read in parallel.
ROWS_PER_SHARD = 50_000
#: Number of a row among the copies of its document.
COPY = "copy"
#: A shard, or one half-written by some attempt of a task.
_SHARD = re.compile(rf"{SHARD_NAME}|\.{SHARD_NAME}\.[0-9]+\.tmp")


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export holds; `changed` is false where it was there already."""

    dataset: str
    tag: str
    snapshot: int
    folder: str
    format: Format
    rows: int
    bytes: int
    files: tuple[ShardFile, ...]
    changed: bool


def export(
    lake: Lake,
    dataset: str,
    *,
    tag: str | None,
    to: str,
    format: Format,
    upweight: Weights | None = None,
    rows_per_shard: int = ROWS_PER_SHARD,
) -> ExportSummary:
    """Write the data set at `tag` (None: its newest release) to the folder `to`: a local path,
    which every executor must see, or an s3:// URL. With `upweight` a document stands in it as often
    as its cluster's size asks for.

    An export that was killed is taken up by the next one to the same folder.

    Raises:
        UsageError: no such data set or tag; `to` holds something else, or cannot be written.
    """
    tag, snapshot = _release(lake, dataset, tag)
    documents = _documents(lake, dataset, tag, snapshot)
    source = _source(lake, dataset, tag, snapshot, documents, format, upweight, rows_per_shard)
    folder = Folder.at(to)
    try:
        manifest = _existing(folder, source)
        changed = manifest is None
        if manifest is None:
            _clear(folder)
            manifest = make_manifest(source, _write(lake, documents, source, folder))
            write_manifest(folder, manifest)
        if MARKER in folder.names():
            folder.delete(MARKER)
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from None
    return ExportSummary(
        dataset=dataset,
        tag=tag,
        snapshot=snapshot,
        folder=folder.location,
        format=format,
        rows=manifest.rows,
        bytes=manifest.bytes,
        files=manifest.files,
        changed=changed,
    )


def _release(lake: Lake, dataset: str, tag: str | None) -> tuple[str, int]:
    """The tag and its snapshot."""
    table = f"gold.{dataset}"
    lake.require_dataset(dataset)
    tags = _tags(lake, table)
    if tag is None:
        releases = [row for row in tags if row.name.startswith(RELEASE)]
        if not releases:
            raise UsageError(
                f"data set {dataset} has no release yet; `lakeprep publish` or `lakeprep run` "
                "makes one"
            )
        return str(releases[0].name), int(releases[0].snapshot_id)
    for row in tags:
        if row.name == tag:
            return tag, int(row.snapshot_id)
    listed = ", ".join(row.name for row in tags) or "none yet; `lakeprep publish` makes one"
    raise UsageError(f"data set {dataset} has no tag {tag!r}; tags, newest first: {listed}")


def _documents(lake: Lake, dataset: str, tag: str, snapshot: int) -> DataFrame:
    """The rows to export, `cluster_size` the last column."""
    outcomes, gold = dataset_tables(dataset)
    decided = lake.head(outcomes, tag)
    if decided is None:
        raise UsageError(
            f"{outcomes} has no tag {tag!r}: how many copies a document had is not known; tag its "
            f"snapshot as {gold}'s"
        )
    # By snapshot, as versionAsOf also takes it: a tag may be moved meanwhile.
    return lake.sql(
        "export/documents",
        documents=lake.frame(gold, tag=str(snapshot)),
        outcomes=lake.frame(outcomes, tag=str(decided)),
    )


def _tags(lake: Lake, table: str) -> Sequence[Row]:
    """name and snapshot_id of all tags, newest snapshot first."""
    full_name = lake.full_name(table)
    return lake.spark.sql(
        resource("sql", "export", "tags.sql").read_text(encoding="utf-8"),
        refs=lake.spark.table(f"{full_name}.refs"),
        snapshots=lake.spark.table(f"{full_name}.snapshots"),
    ).collect()


def _source(
    lake: Lake,
    dataset: str,
    tag: str,
    snapshot: int,
    documents: DataFrame,
    format: Format,
    upweight: Weights | None,
    rows_per_shard: int,
) -> Source:
    written: dict[str, str] = {}
    for _, summary in lake.history(f"gold.{dataset}", tag):
        written = summary
        if f"{PROPERTY}recipe-hash" in summary:
            break
    return Source(
        dataset=dataset,
        tag=tag,
        snapshot_id=snapshot,
        run_id=written.get(f"{PROPERTY}run-id"),
        recipe_hash=written.get(f"{PROPERTY}recipe-hash"),
        score_hash=written.get(f"{PROPERTY}score-hash"),
        code_version=written.get(f"{PROPERTY}code-version"),
        format=format,
        compression="zstd",
        writer=_writer(format),
        rows_per_shard=rows_per_shard,
        upweight=None if upweight is None else dict(upweight),
        columns=tuple(
            ExportedColumn(
                name=field.name, type=field.dataType.simpleString(), nullable=field.nullable
            )
            for field in documents.schema
        ),
    )


def _writer(format: Format) -> str:
    if format == "parquet":
        import pyarrow

        return f"pyarrow {pyarrow.__version__}"
    import zstandard

    return f"zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}"


def _existing(folder: Folder, source: Source) -> Manifest | None:
    """The manifest of the same export if it is there and sound; None if there is work to do.

    Raises:
        UsageError: the folder holds something that is not ours to replace.
    """
    folder.make()
    names = folder.names()
    if MANIFEST in names:
        manifest = read_manifest(folder)
        if other := differences(manifest, source):
            raise UsageError(
                f"{folder.location} holds another export: {manifest.dataset} at {manifest.tag} "
                f"as {manifest.format} (other {', '.join(other)}); give --to another folder, or "
                "delete this one first"
            )
        return None if faults(folder, manifest) else manifest
    if names and MARKER not in names:
        raise UsageError(
            f"{folder.location} is not empty ({names[0]}) and holds no export; give --to another "
            "folder"
        )
    return None


def _clear(folder: Folder) -> None:
    """Mark the folder as being written, then drop what an earlier export left."""
    folder.put(MARKER, b"")
    for name in folder.names():
        if name == MANIFEST or _SHARD.fullmatch(name):
            folder.delete(name)


def _write(
    lake: Lake, documents: DataFrame, source: Source, folder: Folder
) -> tuple[ShardFile, ...]:
    from pyspark.sql import functions as f
    from pyspark.sql.pandas.types import to_arrow_schema

    from lakeprep.export.shards import SHARD, WRITTEN_DDL, ShardWriter

    schema: pa.Schema = to_arrow_schema(documents.schema)
    copies = f.sequence(f.lit(0), times(source.upweight or {}) - 1)
    repeated = documents.withColumn(COPY, f.explode(copies) if source.upweight else f.lit(0))
    rows = repeated.count()
    shards = max(1, -(-rows // source.rows_per_shard))
    write = ShardWriter(folder, source.dataset, shards, source.format, schema)
    # Copies of a document lie as far apart as there are shards.
    shard_of = f.pmod(f.pmod(f.xxhash64("doc_id"), f.lit(shards)) + f.col(COPY), f.lit(shards))
    numbered = repeated.withColumns({**_sorted_maps(documents), SHARD: shard_of.cast("int")})
    # Each shard is one task's, so that no two tasks write one file.
    answers = (
        numbered.drop(COPY)
        .repartitionById(shards, SHARD)
        .sortWithinPartitions(SHARD, "doc_id")
        .mapInArrow(write, WRITTEN_DDL)
        .collect()
    )
    written = {row.shard: row.asDict() for row in answers}
    for shard in range(shards):
        if shard not in written:  # no row hashes to it
            written[shard] = write.write(shard, (), attempt=0)
    for answer in written.values():
        if answer.get("error"):
            raise _unwritable(folder, str(answer["error"]))
    files = tuple(
        ShardFile(
            name=shard_name(source.dataset, shard, shards, source.format),
            rows=written[shard]["rows"],
            bytes=written[shard]["bytes"],
            sha256=written[shard]["sha256"],
        )
        for shard in range(shards)
    )
    _check(folder, files, rows)
    return files


def _sorted_maps(documents: DataFrame) -> dict[str, Column]:
    """Maps with their keys in order: the order in which they were filled is nobody's business."""
    from pyspark.sql import functions as f
    from pyspark.sql.types import MapType

    return {
        field.name: f.map_from_entries(f.array_sort(f.map_entries(field.name)))
        for field in documents.schema
        if isinstance(field.dataType, MapType)
    }


def _check(folder: Folder, files: Sequence[ShardFile], rows: int) -> None:
    """All rows are in the shards, and the shards are where this process sees them."""
    exported = sum(file.rows for file in files)
    if exported != rows:
        raise LakeprepError(
            f"{folder.location}: {exported} rows were written of {rows}; the export is not "
            "complete, run it again"
        )
    if missing := {file.name for file in files} - set(folder.names()):
        raise UsageError(
            f"{folder.location}: {min(missing)} was written, but not here; --to must name a folder "
            "that every executor shares with the driver, or an s3:// URL"
        )


def _unwritable(folder: Folder, cause: str) -> UsageError:
    return UsageError(
        f"{folder.location}: cannot be written ({cause}); give --to another folder, or make room "
        "in this one and run again"
    )
