"""The folder of an export, on disk and on S3: the same answers from both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakeprep.errors import UsageError
from lakeprep.export.folder import Folder
from lakeprep.export.manifest import (
    MANIFEST,
    ShardFile,
    Source,
    make_manifest,
    read_manifest,
    shard_name,
    verify,
    write_manifest,
)
from lakeprep.export.shards import ShardWriter
from lakeprep.lake.schema import table_schema

SCHEMA = table_schema("gold.dataset").arrow()


def export_by_hand(folder: Folder, rows: list[dict[str, object]]) -> None:
    """What the stage does, without Spark: a marker, a shard, the manifest."""
    import pyarrow as pa

    folder.make()
    folder.put(".lakeprep-export", b"")
    write = ShardWriter(folder, "web", 1, "jsonl", SCHEMA)
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    answer = write.write(0, [batch], attempt=3)
    assert "error" not in answer
    source = Source(
        dataset="web",
        tag="release_x",
        snapshot_id=1,
        run_id=None,
        recipe_hash=None,
        score_hash=None,
        code_version=None,
        format="jsonl",
        compression="zstd",
        writer="zstd",
        rows_per_shard=50,
        columns=(),
    )
    facts = {key: value for key, value in answer.items() if key != "shard"}
    file = ShardFile.model_validate({"name": shard_name("web", 0, 1, "jsonl"), **facts})
    write_manifest(folder, make_manifest(source, (file,)))
    folder.delete(".lakeprep-export")


def check_folder(location: str, rows: list[dict[str, object]]) -> None:
    """Nothing there at first; then the files and no others, and a manifest that vouches for them
    byte by byte, though their names end in .zst."""
    folder = Folder.at(location)
    assert folder.names() == []
    export_by_hand(folder, rows)
    assert folder.names() == [MANIFEST, "web-00000-of-00001.jsonl.zst"]
    assert read_manifest(folder).rows == len(rows)
    assert verify(f"{location}/{MANIFEST}") == ()
    folder.put("web-00000-of-00001.jsonl.zst", b"other")
    assert len(verify(f"{location}/{MANIFEST}")) == 1
    folder.delete("web-00000-of-00001.jsonl.zst")
    assert verify(f"{location}/{MANIFEST}") == ("web-00000-of-00001.jsonl.zst: is missing",)


def test_on_disk(tmp_path: Path, gold_rows: Callable[[int], list[dict[str, object]]]) -> None:
    check_folder(str(tmp_path / "a" / "b"), gold_rows(30))


def test_on_s3(s3_client: Any, gold_rows: Callable[[int], list[dict[str, object]]]) -> None:
    s3_client.create_bucket(Bucket="exports")
    check_folder("s3://exports/a/b", gold_rows(30))
    with pytest.raises(OSError, match="bucket"):
        Folder.at("s3://nowhere/a").put("x", b"x")


def test_where_an_export_cannot_go() -> None:
    """A scheme that we do not write must not become a local folder with a colon in its name."""
    with pytest.raises(UsageError, match="local folder or to s3://"):
        Folder.at("gs://bucket/x")
    with pytest.raises(UsageError, match="names no bucket"):
        Folder.at("s3:///")
