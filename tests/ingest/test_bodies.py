"""What is a page, by header and bytes together, and bodies freed of their encodings."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.ingest import media
from lakeprep.ingest.encodings import TooLarge, Undecodable, decode_content
from lakeprep.ingest.http import dechunk, parse_head
from lakeprep.ingest.records import Limits, Page, Reason, Reject, Skipped

HTML = b"<!DOCTYPE html><html><head><title>t</title></head><body>words</body></html>"
ENCODE = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=4),
    "zstd": zstandard.compress,
}


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def one(maker, read, body: bytes, headers: str, **kw):
    (found,) = read(maker.gz(maker.record(maker.http(body, headers, **kw))))
    return found


@pytest.mark.parametrize("encoding", sorted(ENCODE))
def test_a_named_encoding_is_undone_and_a_false_one_ignored(maker, read, encoding):
    headers = f"Content-Type: text/html; charset=UTF-8\r\nContent-Encoding: {encoding}\r\n"
    page = one(maker, read, ENCODE[encoding](HTML), headers)
    assert isinstance(page, Page) and page.body == HTML
    assert (page.charset, page.content_type, page.truncated) == ("utf-8", "text/html", False)
    assert one(maker, read, HTML, headers).body == HTML


@pytest.mark.parametrize("encoding", sorted(ENCODE))
@pytest.mark.parametrize("unit", [b"<p>%d</p>", b"<p></p>", b"%x"])
def test_a_large_body_comes_out_whole(encoding, unit):
    marked = b"%" in unit
    plain = b"".join(unit % (i * i * 7919) if marked else unit for i in range(60_000))
    assert decode_content(ENCODE[encoding](b"\x01" + plain), encoding, 1 << 24) == (
        b"\x01" + plain,
        True,
    )


@pytest.mark.parametrize("encoding", sorted(ENCODE))
def test_an_encoding_that_breaks_off_gives_what_it_held(encoding):
    plain = HTML + b"".join(b"<p>%d</p>" % (i * i * 7919) for i in range(40_000))
    stored = ENCODE[encoding](plain)
    body, complete = decode_content(stored[: len(stored) * 2 // 3], encoding, 1 << 24)
    assert not complete and len(body) > 1000 and plain.startswith(body)


def test_raw_deflate_and_layers_and_unknown_names():
    assert decode_content(raw_deflate(HTML), "deflate", 9999) == (HTML, True)
    layered = brotli.compress(gzip.compress(HTML))
    assert decode_content(layered, "gzip, br", 9999) == (HTML, True)
    assert decode_content(HTML, "utf-8", 9999) == (HTML, True)
    assert decode_content(gzip.compress(HTML) * 2, "gzip", 9999) == (HTML * 2, True)
    with pytest.raises(Undecodable):
        decode_content(HTML, "gzip," * 9 + "gzip", 9999)
    with pytest.raises(Undecodable):
        decode_content(b"\x1f\x8b\x08" + b"\xff" * 40, "gzip", 9999)


@pytest.mark.parametrize("encoding", sorted(ENCODE))
def test_the_limit_is_what_comes_out(encoding):
    assert decode_content(ENCODE[encoding](HTML), encoding, len(HTML)) == (HTML, True)
    with pytest.raises(TooLarge):
        decode_content(ENCODE[encoding](HTML), encoding, len(HTML) - 1)


def chunked(parts: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=20))
def test_chunks_are_joined(parts):
    assert dechunk(chunked(parts), cut=False) == (b"".join(parts), True)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=2, max_size=9), st.data())
def test_chunks_that_break_off_give_a_beginning_of_the_body(parts, data):
    framed = chunked(parts)
    at = data.draw(st.integers(len(b"%x\r\n" % len(parts[0])) + 1, len(framed) - 1))
    body, complete = dechunk(framed[:at], cut=True)
    assert b"".join(parts).startswith(body)
    assert not complete or at >= len(framed) - 2


@given(st.binary(max_size=500))
def test_dechunking_anything_never_fails_or_grows(body):
    for cut in (False, True):
        assert len(dechunk(body, cut=cut)[0]) <= len(body)


def test_a_body_that_only_says_chunked_is_left_alone(maker, read):
    headers = "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"
    assert one(maker, read, HTML, headers).body == HTML
    assert one(maker, read, b"face\nwords <html> of a text", headers).body.startswith(b"face")
    page = one(maker, read, chunked([HTML[:20], HTML[20:]]), headers)
    assert page.body == HTML and not page.truncated
    both = headers + "Content-Encoding: gzip\r\n"
    stored = gzip.compress(HTML)
    assert one(maker, read, chunked([stored[:9], stored[9:]]), both).body == HTML


def test_a_million_tiny_chunks_are_bounded():
    body, complete = dechunk(b"1\r\nx\r\n" * 1_000_000, cut=False)
    assert not complete and len(body) <= 500_000


@pytest.mark.parametrize(
    ("declared", "body", "expected"),
    [
        ("text/html", b"plain words", "text/html"),
        ("text/html", HTML, "text/html"),
        ("", HTML, "text/html"),
        ("application/octet-stream", HTML, "text/html"),
        ("application/octet-stream", b"<div>part</div>", "text/html"),
        ("image/png", HTML, "text/html"),
        ("text/css", HTML, "text/html"),
        ("text/plain", b"plain words", "text/plain"),
        ("text/plain", HTML, "text/html"),
        ("application/xhtml+xml", b"<html xmlns='x'>", "application/xhtml+xml"),
        ("text/xml", b"<?xml version='1.0'?><html xmlns='x'>", "application/xhtml+xml"),
        ("text/html", b"\xff\xfe" + HTML.decode().encode("utf-16-le"), "text/html"),
        ("", HTML.decode().encode("utf-16-be"), "text/html"),
        ("text/html", b"\xef\xbb\xbf <!-- note --> " + HTML, "text/html"),
        ("TEXT/HTML;charset=x", b"words", "text/html"),
        ("text/html,text/html", b"words", "text/html"),
    ],
)
def test_pages(maker, read, declared, body, expected):
    headers = f"Content-Type: {declared}\r\n" if declared else "X: y\r\n"
    found = one(maker, read, body, headers)
    assert isinstance(found, Page) and found.content_type == expected


@pytest.mark.parametrize(
    ("declared", "body", "reason"),
    [
        ("text/html", b"%PDF-1.4 ...", Reason.NOT_TEXT),
        ("text/html", b"\x89PNG\r\n\x1a\n....", Reason.NOT_TEXT),
        ("text/html", b"\xff\xd8\xff\xe0", Reason.NOT_TEXT),
        ("text/plain", b"PK\x03\x04....", Reason.NOT_TEXT),
        ("text/html", gzip.compress(HTML, mtime=0), Reason.NOT_TEXT),
        ("text/html", bytes(range(32)) * 40, Reason.NOT_TEXT),
        ("text/css", b"body {}", Reason.CONTENT_TYPE),
        ("application/json", b"{}", Reason.CONTENT_TYPE),
        ("application/rss+xml", b"<?xml version='1.0'?><rss/>", Reason.CONTENT_TYPE),
        ("image/svg+xml", b"<svg/>", Reason.CONTENT_TYPE),
        ("application/pdf", b"%PDF-1.4", Reason.CONTENT_TYPE),
        ("", b"what is this", Reason.CONTENT_TYPE),
        ("text/html", b"", Reason.EMPTY_BODY),
        ("text/html", b" \r\n\t ", Reason.EMPTY_BODY),
    ],
)
def test_no_pages(maker, read, declared, body, reason):
    headers = f"Content-Type: {declared}\r\n" if declared else "X: y\r\n"
    found = one(maker, read, body, headers)
    assert isinstance(found, Reject) and found.reason is reason


def test_the_archive_s_payload_type_is_only_a_hint(maker, read):
    hint = "WARC-Identified-Payload-Type: {}\r\n"
    block = maker.http(b"unmarked words", "X: y\r\n")
    (page,) = read(maker.gz(maker.record(block, extra=hint.format("text/html"))))
    assert isinstance(page, Page)
    html = maker.http(HTML)
    (page,) = read(maker.gz(maker.record(html, extra=hint.format("application/pdf"))))
    assert isinstance(page, Page)


@pytest.mark.parametrize("status", [301, 404, 500, 199, 304])
def test_other_statuses_are_rejects_that_name_it(maker, read, status):
    found = one(maker, read, HTML, "", status=f"HTTP/1.1 {status} Whatever")
    assert (found.reason, found.detail) == (Reason.HTTP_STATUS, str(status))


@pytest.mark.parametrize(
    "status", ["HTTP/1.0 200", "HTTP/2 200 ", "HTTP/1.1 204 No", "ICY 200 OK", "HTTP/1.1  200  OK"]
)
def test_status_lines_of_every_kind(maker, read, status):
    assert isinstance(one(maker, read, HTML, "", status=status), Page)


def test_interim_responses_are_passed():
    block = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\n\r\n"
    head = parse_head(block + b"HTTP/1.1 404 No\r\n\r\nbody", 9999)
    assert head is not None and head.status == 404
    assert parse_head(b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 9999) is None


def test_a_response_without_http_header(maker, read):
    (page,) = read(maker.gz(maker.record(HTML)))
    assert isinstance(page, Page) and page.http_status is None
    (reject,) = read(maker.gz(maker.record(b"HTTPX/1.1 200 OK\r\n\r\nwords")))
    assert reject.reason is Reason.BAD_HTTP


def test_line_ends_of_every_kind_in_the_http_header(maker, read):
    for end in (b"\n", b"\r\n", b"\r\r\n"):
        block = end.join([b"HTTP/1.1 200 OK", b"Content-Type: text/html; charset=gbk", b"", HTML])
        (page,) = read(maker.gz(maker.record(block)))
        assert (page.body, page.charset) == (HTML, "gbk")


def test_an_http_header_above_the_limit(maker, read):
    block = maker.http(HTML, "X: y\r\n" * 10_000)
    (found,) = read(maker.gz(maker.record(block)), limits=Limits(max_header_bytes=8192))
    assert found.reason is Reason.BAD_HTTP


def test_resource_and_conversion_records_are_pages(maker, read):
    records = maker.gz(
        maker.record(b"words", "conversion", content_type="text/plain"),
        maker.record(HTML, "resource", content_type="text/html; charset=big5"),
        maker.record(b"log", "resource", "metadata://gnu.org/wget.log", "text/plain"),
        maker.record(b"20240101000000\nsite A 1.1.1.1", "response", "dns:site", "text/dns"),
        maker.record(b"\x89PNG\r\n\x1a\n", "resource", content_type="image/png"),
    )
    wet, resource, log, dns, image = read(records)
    assert (wet.content_type, wet.charset, wet.http_status) == ("text/plain", "utf-8", None)
    assert (resource.content_type, resource.charset) == ("text/html", "big5")
    assert isinstance(log, Skipped) and isinstance(dns, Skipped)
    assert image.reason is Reason.CONTENT_TYPE


def test_a_record_the_crawler_cut_is_marked(maker, read):
    (page,) = read(maker.gz(maker.record(maker.http(HTML), extra="WARC-Truncated: length\r\n")))
    assert page.truncated


@pytest.mark.parametrize("url", [None, "", "<>", "   ", "http://" + "x" * 9000])
def test_no_usable_url(maker, read, url):
    (found,) = read(maker.gz(maker.record(maker.http(HTML), url=url)))
    assert found.reason is Reason.NO_URL and len(found.detail) <= 200


@given(st.binary(max_size=300))
def test_sniffing_anything_never_fails(body):
    media.signature(body)
    media.is_page(body)
    media.is_markup(body)
    media.is_binary(body)
    media.looks_like_text(body)
    media.page_type("", body)


@pytest.mark.parametrize("filler", [b"<!--", b" ", b"<?xml ", b"<!-- -->", b"<!doctype "])
def test_sniffing_long_preambles_is_bounded(filler):
    assert not media.is_page(filler * 2_000_000)
