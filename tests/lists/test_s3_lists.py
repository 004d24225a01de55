"""Lists on S3, against moto's server."""

from __future__ import annotations

import gzip
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from lakeprep.errors import InputError
from lakeprep.ingest import s3
from lakeprep.lists import compiled


@pytest.fixture
def bucket(monkeypatch):
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3._client.cache_clear()
    client = boto3.client("s3")
    client.create_bucket(Bucket="lists")
    yield client
    server.stop()
    s3._client.cache_clear()


def test_objects_and_folders(bucket, tmp_path: Path) -> None:
    for key, body in {
        "plain.txt.gz": gzip.compress(b"a.example\nb.example/x\n"),
        "ut1/adult/domains": b"c.example\n",
        "ut1/adult/expressions": b"x+\n",
        "ut1/README": b"what this is\n",
        "ut1/too/deep/domains": b"d.example\n",
    }.items():
        bucket.put_object(Bucket="lists", Key=key, Body=body)
    gathered = compiled.gather(["s3://lists/plain.txt.gz", "s3://lists/ut1"])
    local = tmp_path / "list"
    local.write_text("a.example\nb.example/x\nc.example\n")
    assert compiled.write(gathered, tmp_path / "s3.list") == {"domains": 2, "urls": 1}
    compiled.write(compiled.gather([str(local)]), tmp_path / "local.list")
    assert (tmp_path / "s3.list").read_bytes() == (tmp_path / "local.list").read_bytes()

    bucket.upload_file(str(tmp_path / "s3.list"), "lists", "all.list")
    again = compiled.gather(["s3://lists/all.list"])
    assert again.table("domains").tolist() == gathered.table("domains").tolist()

    for place, says in {
        "s3://lists/none": "no such object",
        "s3://nowhere/list": "no such bucket",
        "s3://": "names no bucket",
    }.items():
        with pytest.raises(InputError, match=says):
            compiled.gather([place])
