"""Ingest from S3: a server speaking its protocol on 127.0.0.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Seam
from lakeprep.ingest.splits import plan_splits
from support import lakeprep, lakeprep_json

pytestmark = pytest.mark.spark


def records(file: Path) -> int:
    """Records of a local file."""
    (split,) = plan_splits(list_inputs([str(file)]), 1 << 60)
    return sum(not isinstance(item, Seam) for item in read_split(split, Limits(), {}))


def test_a_crawl_on_s3(small_crawl: Path, tmp_path: Path) -> None:
    """The same files from a bucket: every page; again: none."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="crawls")
        files = sorted(small_crawl.glob("*.warc.gz"))[:2]
        for file in files:
            client.upload_file(str(file), "crawls", f"2026/{file.name}")
        call = ("ingest", "s3://crawls/2026/", "--lake", tmp_path / "s3")
        remote = lakeprep_json(*call, env=environment)["books"]
        assert remote["records"] == sum(map(records, files))
        assert remote["pages"] > 50
        assert not lakeprep_json(*call, env=environment)["changed"]
        missing = lakeprep(
            "ingest", "s3://crawls/none/", "--lake", tmp_path / "s3", env=environment
        )
        assert missing.returncode == 2, missing.stderr
        assert "s3://crawls/none/" in missing.stderr
    finally:
        server.stop()
