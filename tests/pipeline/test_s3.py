"""Ingest from S3: a server speaking its protocol on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Seam
from lakeprep.ingest.splits import plan_splits
from lakeprep.pipeline import Runner
from support import lakeprep, lakeprep_json

pytestmark = pytest.mark.spark


def records(file: Path) -> int:
    """Records of a local file."""
    (split,) = plan_splits(list_inputs([str(file)]), 1 << 60)
    return sum(not isinstance(item, Seam) for item in read_split(split, Limits(), {}))


def test_a_crawl_on_s3(
    small_crawl: Path, tmp_path: Path, s3_client: Any, process: Callable[..., Runner]
) -> None:
    """The same files from a bucket: every page; again: none."""
    s3_client.create_bucket(Bucket="crawls")
    files = sorted(small_crawl.glob("*.warc.gz"))[:2]
    for file in files:
        s3_client.upload_file(str(file), "crawls", f"2026/{file.name}")
    remote = lakeprep_json("ingest", "s3://crawls/2026/", "--lake", tmp_path / "s3")["books"]
    assert remote["records"] == sum(map(records, files))
    assert remote["pages"] > 50
    (again,) = process(tmp_path / "s3", ["s3://crawls/2026/"], stages=("ingest",)).results
    assert not again.changed
    missing = lakeprep("ingest", "s3://crawls/none/", "--lake", tmp_path / "s3")
    assert missing.returncode == 2, missing.stderr
    assert "s3://crawls/none/" in missing.stderr
