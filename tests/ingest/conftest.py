"""Archives made in the test, and a reader of everything in a file."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Reject, Seam, Skipped
from lakeprep.ingest.splits import plan_splits

Outcome = Page | Reject | Skipped


class ArchiveMaker:
    """Records and files in the formats' own words."""

    def record(
        self,
        block: bytes,
        kind: str = "response",
        url: str | None = "http://site.example/",
        content_type: str = "application/http; msgtype=response",
        length: int | str | None = None,
        extra: str = "",
        date: str = "2024-05-06T07:08:09Z",
    ) -> bytes:
        target = "" if url is None else f"WARC-Target-URI: {url}\r\n"
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\n{target}WARC-Date: {date}\r\n"
            f"WARC-Record-ID: <urn:made:{zlib.crc32(block)}>\r\nContent-Type: {content_type}\r\n"
            f"{extra}Content-Length: {len(block) if length is None else length}\r\n\r\n"
        )
        return head.encode() + block + b"\r\n\r\n"

    def http(
        self,
        body: bytes,
        headers: str = "Content-Type: text/html\r\n",
        status: str = "HTTP/1.1 200 OK",
    ) -> bytes:
        return f"{status}\r\n{headers}\r\n".encode() + body

    def page(self, number: int, size: int = 40) -> bytes:
        """The record of page `number`: its words cannot be compressed away."""
        words = " ".join(f"w{number * 7919 + i * i:x}" for i in range(size))
        body = f"<html><body><p>Page {number}. {words}</p></body></html>".encode()
        return self.record(self.http(body), url=f"http://site.example/{number}")

    def arc(self, number: int, body: bytes | None = None) -> bytes:
        body = body or f"<html><body>Page {number}</body></html>".encode()
        block = self.http(body)
        line = f"http://site.example/{number} 10.0.0.1 20080430204825 text/html {len(block)}\n"
        return line.encode() + block + b"\n"

    def arc_head(self) -> bytes:
        block = b"1 1 Maker\nURL IP-address Archive-date Content-type Archive-length\n"
        line = f"filedesc://made.arc 0.0.0.0 20080430204825 text/plain {len(block)}\n"
        return line.encode() + block + b"\n"

    def gz(self, *records: bytes) -> bytes:
        """One member a record."""
        return b"".join(gzip.compress(record, mtime=0) for record in records)

    def zst(self, *records: bytes) -> bytes:
        """One frame a record, with checksums."""
        compressor = zstandard.ZstdCompressor(write_checksum=True)
        return b"".join(compressor.compress(record) for record in records)


@pytest.fixture
def maker() -> ArchiveMaker:
    return ArchiveMaker()


Reader = Callable[..., list[Outcome]]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Writes bytes to a file, and reads it whole: every outcome but the seam."""

    def read_bytes(
        data: bytes, name: str = "made.warc.gz", limits: Limits | None = None, **fields: str
    ) -> list[Outcome]:
        path = tmp_path / name
        path.write_bytes(data)
        return list(outcomes(path, limits or Limits(), fields))

    return read_bytes


def outcomes(path: Path, limits: Limits, fields: dict[str, str]) -> Iterator[Outcome]:
    (split,) = plan_splits(list_inputs([str(path)]), 1 << 60)
    items = list(read_split(split, limits, fields))
    assert isinstance(items[-1], Seam)
    for item in items[:-1]:
        assert not isinstance(item, Seam)
        yield item


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or a skip."""
    default = Path(__file__).parents[2] / ".." / "shared" / "data"
    folder = Path(os.environ.get("LAKEPREP_DATA", default)).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data: set LAKEPREP_DATA (looked in {folder})")
    return folder
