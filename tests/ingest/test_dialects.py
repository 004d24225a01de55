"""Headers as real writers made them, and noise that must never stop a run."""

from __future__ import annotations

import gzip

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakeprep.ingest.records import EPOCH, Page, Reject, Skipped

RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)


def test_clueweb_headers(maker, read):
    """Version 0.18, bare line feeds, and an empty line in the middle of the header."""
    block = b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html>words</html>"
    header = (
        "WARC/0.18\nWARC-Type: response\nWARC-Target-URI: http://site.example/{}\n"
        "WARC-Date: 2009-03-65T08:44:10-0800\n\n"
        "WARC-Record-ID: <urn:uuid:1>\nContent-Type: application/http;msgtype=response\n"
        "Content-Length: {}\n\n"
    )
    records = [header.format(number, len(block)).encode() + block + b"\n" for number in range(3)]
    for data, name in (
        (b"".join(records), "c.warc"),
        (gzip.compress(b"".join(records)), "c.warc.gz"),
    ):
        found = read(data, name)
        assert [page.url[-1] for page in found] == ["0", "1", "2"]
        assert found[0].body == b"<html>words</html>" and found[0].fetched_at == EPOCH


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_line_ends_of_every_kind(maker, read, end):
    head, _, block = maker.page(1).partition(b"\r\n\r\n")
    record = head.replace(b"\r\n", end) + end + end + block
    (page,) = read(record + record, "a.warc")[:1]
    assert page.url == "http://site.example/1" and not page.truncated


def test_folded_lines_repeated_fields_and_odd_case(read):
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>x</html>"
    record = (
        b"WARC/1.1\r\nwarc-type: Response\r\nWARC-TARGET-URI:\r\n http://site.example/1\r\n"
        b"WARC-Date: 2024-05-06T07:08:09Z\r\nWARC-Date: 1999-01-01T00:00:00Z\r\nno colon here\r\n"
        b"content-length: %d\r\n\r\n" % len(block)
    )
    (page,) = read(record + block + b"\r\n\r\n", "a.warc")
    assert page.url == "http://site.example/1" and page.fetched_at.year == 2024


def test_arc_version_2_and_urls_with_blanks(read):
    block = b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html>x</html>"
    data = (
        b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 200 - - 0 x.arc 10\n2 0 Maker\n\n"
        + b"http://s.example/a b c 1.0.0.1 20080430204825 text/html; charset=x 200 - - 9 x.arc %d\n"
        % len(block)
        + block
        + b"\nhttp://s.example/v1 ::1 20080430204825 text/html; charset=y %d\n" % len(block)
        + block
        + b"\n"
    )
    first, second, third = read(data, "x.arc")
    assert isinstance(first, Skipped) and first.kind == "filedesc"
    assert second.url == "http://s.example/a%20b%20c" and third.url == "http://s.example/v1"


def test_zstd_with_the_dictionary_of_the_format(maker, read):
    records = [maker.page(number, size=60) for number in range(200)]
    dictionary = zstandard.train_dictionary(4096, records)
    compressor = zstandard.ZstdCompressor(dict_data=dictionary, write_checksum=True)
    frames = b"".join(compressor.compress(record) for record in records)
    for stored in (dictionary.as_bytes(), zstandard.compress(dictionary.as_bytes())):
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little")
        found = read(head + stored + frames, "a.warc.zst")
        assert len(found) == 200 and all(isinstance(item, Page) for item in found)


def test_one_zstd_frame_over_many_blocks(maker, read):
    records = [maker.page(number, size=4000) for number in range(60)]
    for level in (1, 9):
        found = read(zstandard.compress(b"".join(records), level), "a.warc.zst")
        assert len(found) == 60 and not any(page.truncated for page in found)


@given(data=st.data())
@RELAXED
@pytest.mark.parametrize("wrap", ["gz", "zst", "plain", "packed", "arc"])
def test_any_damage_gives_outcomes_and_never_an_error(maker, read, wrap, data):
    records = [maker.page(number, size=6) for number in range(3)]
    arcs = [maker.arc_head(), *(maker.arc(number) for number in range(3))]
    whole, name = {
        "gz": (maker.gz(*records), "a.warc.gz"),
        "zst": (maker.zst(*records), "a.warc.zst"),
        "plain": (b"".join(records), "a.warc"),
        "packed": (gzip.compress(b"".join(records)), "a.warc.gz"),
        "arc": (maker.gz(*arcs), "a.arc.gz"),
    }[wrap]
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(20, len(broken) - 1))
        cut = data.draw(st.integers(0, 40))
        broken[at : at + cut] = data.draw(st.binary(max_size=40))
        if len(broken) < 60:
            return
    first = read(bytes(broken), name)
    assert first == read(bytes(broken), name), "reading is not deterministic"
    assert len(first) <= 40
    for item in first:
        assert isinstance(item, (Page, Reject, Skipped))
        assert 0 <= item.source_offset <= len(broken)


@pytest.mark.parametrize("flood", [b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x08name"])
def test_a_flood_of_magic_numbers_behind_damage_ends(maker, read, flood):
    data = (
        maker.gz(maker.page(1)) + b"?" + flood * (300_000 // len(flood)) + maker.gz(maker.page(2))
    )
    found = read(data)
    assert [type(item) for item in found] == [Page, Reject, Page]


def test_a_flood_of_almost_headers_in_a_plain_file_ends(maker, read):
    flood = b"\nWARC/1.0\r\n" * 200_000
    found = read(maker.page(1) + b"?" + flood + maker.page(2), "a.warc")
    assert [type(item) for item in found] == [Page, Reject, Page]
    line = b"\nhttp://s.example/ 1.1.1.1 20080430204825 " + b"1 " * 2000
    data = maker.arc_head() + maker.arc(1) + b"?" + line * 300 + b"\n" + maker.arc(2)
    found = read(data, "a.arc")
    assert [item.url[-1] for item in found if isinstance(item, Page)] == ["1", "2"]
