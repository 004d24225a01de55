"""Shards, written inside Spark's Python workers: the bytes of a shard depend on its rows alone.

Rows arrive sorted by shard and doc_id, cut into Arrow batches in a way that depends on Spark's
settings; each format cuts them anew by their own sizes before it encodes them. A worker holds one
batch and one row group (Parquet) or chunk (JSON lines) at a time.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.export.folder import Folder
from lakeprep.export.manifest import Format, shard_name

if TYPE_CHECKING:
    from typing_extensions import Buffer

SHARD = "shard"
#: zstd's own default: higher levels take twice the time for a few percent of web text.
ZSTD_LEVEL = 3
#: Strings in a Parquet row group, in bytes, before compression: what a reader must hold at once.
ROW_GROUP_BYTES = 32 << 20
#: Bytes of JSON handed to the compressor at a time.
_CHUNK_BYTES = 1 << 20
#: Columns whose values repeat from row to row.
_REPETITIVE = ("host", "domain", "language", "run_id")

WRITTEN_DDL = "shard int, rows long, bytes long, sha256 string, error string"
WRITTEN_SCHEMA = pa.schema(
    {
        "shard": pa.int32(),
        "rows": pa.int64(),
        "bytes": pa.int64(),
        "sha256": pa.string(),
        "error": pa.string(),
    }
)


@dataclass(frozen=True, slots=True)
class ShardWriter:
    """Writes the shards of one export. `schema`: the columns without the shard's number."""

    folder: Folder
    dataset: str
    shards: int
    format: Format
    schema: pa.Schema

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the shards found in `batches`; a row of `WRITTEN_SCHEMA` for each.

        A storage that refuses is an answer, not an exception: Spark would try it all again.
        """
        from pyspark import TaskContext

        context = TaskContext.get()
        attempt = context.taskAttemptId() if context else 0
        for shard, rows in itertools.groupby(_runs(batches), key=lambda run: run[0]):
            written = self.write(shard, (batch for _, batch in rows), attempt)
            yield pa.RecordBatch.from_pylist([written], schema=WRITTEN_SCHEMA)

    def write(
        self, shard: int, batches: Iterable[pa.RecordBatch], attempt: int
    ) -> dict[str, int | str]:
        """Write one shard under a name of this attempt's own, then give it its name."""
        name = shard_name(self.dataset, shard, self.shards, self.format)
        temporary = f".{name}.{attempt}.tmp"
        encode = encode_parquet if self.format == "parquet" else encode_jsonl
        try:
            with _Sink(self.folder, temporary) as sink:
                rows = encode(sink, batches, self.schema)
            self.folder.rename(temporary, name)
        except _StorageError as refused:
            return {"shard": shard, "error": str(refused)}
        except OSError as error:
            return {"shard": shard, "error": f"{name}: {error.strerror or error}"}
        return {"shard": shard, "rows": rows, "bytes": sink.size, "sha256": sink.sha256}


def encode_parquet(sink: io.RawIOBase, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    """One Parquet file with row groups of about ROW_GROUP_BYTES; its rows."""
    import pyarrow.parquet as pq

    rows = 0
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[name for name in schema.names if name in _REPETITIVE],
    ) as writer:
        for group in row_groups(_conform(batches, schema), schema):
            writer.write_table(group, row_group_size=group.num_rows)
            rows += group.num_rows
    return rows


def encode_jsonl(sink: io.RawIOBase, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    """One zstd frame of JSON lines, keys in the order of the columns; its rows.

    Text stays UTF-8, times are ISO 8601 in UTC, maps are objects, and a number that JSON does not
    have is null.
    """
    import zstandard

    rows = 0
    held = bytearray()
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    with compressor.stream_writer(cast(IO[bytes], sink), closefd=False) as stream:
        for batch in _conform(batches, schema):
            rows += batch.num_rows
            for line in _json_lines(batch):
                held += line
                while len(held) >= _CHUNK_BYTES:
                    stream.write(bytes(held[:_CHUNK_BYTES]))
                    del held[:_CHUNK_BYTES]
        stream.write(bytes(held))
    return rows


def row_groups(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, limit: int = ROW_GROUP_BYTES
) -> Iterator[pa.Table]:
    """The rows of `batches` cut anew: a group ends with the row that brings its strings to `limit`
    bytes, however the batches were cut."""
    held: list[pa.RecordBatch] = []
    held_bytes = 0
    for batch in batches:
        ends = np.cumsum(_string_bytes(batch))
        start, before = 0, 0
        while start < batch.num_rows:
            stop = int(np.searchsorted(ends, before + limit - held_bytes)) + 1
            if stop > batch.num_rows:
                held.append(batch.slice(start))
                held_bytes += int(ends[-1]) - before
                break
            held.append(batch.slice(start, stop - start))
            yield pa.Table.from_batches(held, schema).combine_chunks()
            held, held_bytes = [], 0
            start, before = stop, int(ends[stop - 1])
    if held:
        yield pa.Table.from_batches(held, schema).combine_chunks()


def _string_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Bytes of all strings of each row."""
    total = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_string(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return total


def _runs(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The stretches of one shard in each batch, with its number."""
    for batch in batches:
        shards = batch.column(SHARD).to_numpy()
        cuts = [0, *(np.flatnonzero(np.diff(shards)) + 1).tolist(), len(shards)]
        for start, stop in itertools.pairwise(cuts):
            if stop > start:
                yield int(shards[start]), batch.slice(start, stop - start)


def _conform(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The columns of `schema` in its types: Spark hands over times in the session's time zone."""
    for batch in batches:
        columns = [batch.column(field.name).cast(field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _json_lines(batch: pa.RecordBatch) -> Iterator[bytes]:
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_iso)
    finite = pa.RecordBatch.from_arrays(
        [_finite(column) for column in batch.columns], batch.schema.names
    )
    for row in finite.to_pylist(maps_as_pydicts="strict"):
        yield encoder.encode(row).encode() + b"\n"


def _finite(column: pa.Array) -> pa.Array:
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    raise TypeError(f"no JSON for {type(value).__name__}")


class _StorageError(Exception):
    """The storage refused a write; told apart from an OSError of Spark's own pipe."""


class _Sink(io.RawIOBase):
    """A new file of the folder that counts and hashes what is written; deleted if that fails."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        self._stream = folder.create(name)
        self._digest = hashlib.sha256()
        self.size = 0

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.close()
        if kind is not None:
            self._folder.delete(self._name)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        try:
            self._stream.write(data)
        except OSError as error:
            raise _StorageError(f"{self._name}: {error.strerror or error}") from None
        self._digest.update(data)
        size = memoryview(data).nbytes
        self.size += size
        return size

    def tell(self) -> int:
        return self.size

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
