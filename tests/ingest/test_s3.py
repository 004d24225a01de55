"""Inputs on S3, against moto's server: a real HTTP service on this machine."""

from __future__ import annotations

import pytest

from lakeprep.errors import InputError
from lakeprep.ingest import s3, sources
from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Seam
from lakeprep.ingest.splits import plan_splits, seams_agree


@pytest.fixture
def bucket(s3_client, maker):
    """A bucket `crawl` with a few objects."""
    s3_client.create_bucket(Bucket="crawl")
    pages = [maker.page(number) for number in range(40)]
    for key, body in {
        "2024/a.warc.gz": maker.gz(*pages),
        "2024/05/b.warc": b"".join(pages[:3]),
        "2024/notes.md": b"notes",
        "2024/empty.warc": b"x",
    }.items():
        s3_client.put_object(Bucket="crawl", Key=key, Body=body)
    s3_client.delete_object(Bucket="crawl", Key="2024/empty.warc")
    return s3_client


def test_objects_prefixes_globs_and_manifests(bucket):
    both = ["s3://crawl/2024/05/b.warc", "s3://crawl/2024/a.warc.gz"]
    assert [file.path for file in list_inputs(["s3://crawl/2024/"])] == both
    assert [file.path for file in list_inputs(["s3://crawl"])] == both
    assert [file.path for file in list_inputs(["s3://crawl/2024/*.warc.gz"])] == both[1:]
    assert [file.path for file in list_inputs(["s3://crawl/**/*.warc"])] == both[:1]
    bucket.put_object(Bucket="crawl", Key="lists/l.txt", Body=b"../2024/x\n")
    bucket.put_object(
        Bucket="crawl", Key="l.txt", Body=b"# all\n2024/a.warc.gz\n" + both[0].encode()
    )
    assert [file.path for file in list_inputs(["@s3://crawl/l.txt"])] == both
    (file,) = list_inputs(both[1:])
    head = bucket.head_object(Bucket="crawl", Key="2024/a.warc.gz")
    assert (file.etag, file.bytes) == (head["ETag"].strip('"'), head["ContentLength"])


def test_a_large_object_is_read_in_ranges_and_splits(bucket, monkeypatch):
    monkeypatch.setattr(sources, "S3_CHUNK", 700)
    monkeypatch.setattr(sources.S3Source, "chunk", 700)
    lengths: list[int] = []
    real = s3.read_range

    def watched(url: str, etag: str, start: int, end: int) -> bytes:
        lengths.append(end - start)
        return real(url, etag, start, end)

    monkeypatch.setattr(s3, "read_range", watched)
    files = list_inputs(["s3://crawl/2024/a.warc.gz"])
    splits = plan_splits(files, 2000)
    assert len(splits) > 2
    pages: list[str] = []
    seams: list[Seam] = []
    for split in splits:
        *found, seam = read_split(split, Limits(), {})
        pages += [page.url for page in found if isinstance(page, Page)]
        assert isinstance(seam, Seam)
        seams.append(seam)
    assert seams_agree(splits, seams)
    assert pages == [f"http://site.example/{number}" for number in range(40)]
    assert max(lengths) <= 1 << 17, "no read is larger than a chunk and a probe"


def test_errors_name_the_object(bucket):
    for place, says in {
        "s3://crawl/none/": "no such object",
        "s3://crawl/2024/none.warc": "no such object",
        "s3://crawl/*.nothing": "no object matches",
        "s3://nobucket/x.warc": "no such bucket",
        "s3://crawl/2024/notes.md": "text that begins",
        "s3:///x": "names no bucket",
    }.items():
        with pytest.raises(InputError, match=says):
            list_inputs([place])


def test_an_object_replaced_while_it_is_read(bucket, maker, monkeypatch):
    (split,) = plan_splits(list_inputs(["s3://crawl/2024/a.warc.gz"]), 1 << 60)
    bucket.put_object(Bucket="crawl", Key="2024/a.warc.gz", Body=maker.gz(maker.page(1)))
    with pytest.raises(InputError, match="changed while"):
        list(read_split(split, Limits(), {}))


def test_no_service_is_a_clear_error(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3._client.cache_clear()
    with pytest.raises(InputError, match="S3 cannot be read"):
        list_inputs(["s3://crawl/x.warc"])
    s3._client.cache_clear()
