"""Broken archives: what can be read is read, what cannot is one reject, nothing hangs or grows."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from lakeprep.ingest.records import Limits, Page, Reason, Reject, Skipped

SMALL = Limits(max_record_bytes=1 << 20, max_body_bytes=1 << 20, max_header_bytes=1 << 14)


def numbers(found) -> list[int]:
    return [int(item.url.rpartition("/")[2]) for item in found if isinstance(item, Page)]


def reasons(found) -> list[Reason]:
    return [item.reason for item in found if isinstance(item, Reject)]


@pytest.mark.parametrize("wrap", ["gz", "zst"])
def test_garbage_between_members_is_one_reject_and_the_pages_around_it_stay(maker, read, wrap):
    join = getattr(maker, wrap)
    data = join(maker.page(1)) + b"x" * 5000 + join(maker.page(2), maker.page(3))
    found = read(data, f"made.warc.{wrap}")
    assert numbers(found) == [1, 2, 3]
    assert reasons(found) == [Reason.DAMAGED]
    (gap,) = [item for item in found if isinstance(item, Reject)]
    assert gap.source_offset == len(join(maker.page(1)))


@pytest.mark.parametrize("wrap", ["gz", "zst"])
def test_a_member_that_breaks_off_keeps_what_it_holds_and_the_next_page_is_found(maker, read, wrap):
    join = getattr(maker, wrap)
    broken = join(maker.page(2, size=120_000))
    data = join(maker.page(1)) + broken[: len(broken) // 2] + join(maker.page(3))
    found = read(data, f"made.warc.{wrap}")
    assert numbers(found) == [1, 2, 3]
    assert [item.truncated for item in found] == [False, True, False]
    assert found[1].body.startswith(b"<html><body><p>Page 2.")


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_one_flipped_byte_costs_at_most_its_own_record(maker, read, at):
    members = [maker.gz(maker.page(number)) for number in range(5)]
    broken = bytearray(members[2])
    at %= len(broken)
    broken[at] ^= 0x55
    found = read(b"".join([*members[:2], bytes(broken), *members[3:]]))
    whole = [item for item in found if isinstance(item, Page) and not item.truncated]
    kept = numbers(whole)
    assert [number for number in kept if number != 2] == [0, 1, 3, 4]
    assert len(found) <= 6, "one record and at most one stretch behind it"


def test_a_wrong_checksum_marks_the_page(maker, read):
    member = bytearray(maker.gz(maker.page(1)))
    member[-6] ^= 1
    (page,) = read(bytes(member))
    assert page.truncated and page.body.endswith(b"</html>")


def test_pages_after_a_bad_header_in_each_form_are_read(maker, read):
    bad = {
        "no length": maker.page(2).replace(b"Content-Length", b"Content-Width"),
        "length in words": maker.record(b"x", length="many"),
        "negative": maker.record(b"x", length="-5"),
        "huge number": maker.record(b"x", length="9" * 300),
        "no version": maker.page(2)[10:],
    }
    for name, record in bad.items():
        for data, file in (
            (maker.gz(maker.page(1), record, maker.page(3)), "made.warc.gz"),
            (maker.page(1) + record + maker.page(3), "made.warc"),
            (gzip.compress(maker.page(1) + record + maker.page(3)), "packed.warc.gz"),
        ):
            found = read(data, file)
            assert numbers(found) == [1, 3], (name, file)
            assert len(reasons(found)) == 1, (name, file)


def test_a_header_without_end_is_bounded(maker, read):
    endless = b"WARC/1.0\r\nWARC-Type: response\r\n" + b"X-Field: y\r\n" * 400_000
    found = read(maker.gz(maker.page(1), endless, maker.page(3)), limits=SMALL)
    assert numbers(found) == [1, 3]
    assert reasons(found) == [Reason.BAD_HEADER]


def test_a_header_cut_by_the_next_record(maker, read):
    cut = maker.page(2)[:60]
    for data, file in (
        (maker.gz(maker.page(1), cut, maker.page(3)), "made.warc.gz"),
        (maker.page(1) + cut + b"\r\n" + maker.page(3), "made.warc"),
    ):
        found = read(data, file)
        assert numbers(found) == [1, 3]
        assert reasons(found) == [Reason.TRUNCATED_RECORD]


@pytest.mark.parametrize("claim", [2 << 30, 1 << 50])
def test_a_record_that_claims_gigabytes_costs_nothing_and_hides_nothing(maker, read, claim):
    liar = maker.record(
        maker.http(b"<html>short</html>"), length=claim, url="http://site.example/2"
    )
    for data, file in (
        (maker.gz(maker.page(1), liar, maker.page(3)), "made.warc.gz"),
        (maker.page(1) + liar + maker.page(3), "made.warc"),
        (maker.zst(maker.page(1), liar, maker.page(3)), "made.warc.zst"),
    ):
        tracemalloc.start()
        found = read(data, file, SMALL)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert numbers(found) == [1, 2, 3], file
        assert [item.truncated for item in found] == [False, True, False]
        assert peak < 16 << 20


def test_a_length_too_short_or_too_long_in_a_plain_file(maker, read):
    body = maker.http(b"<html>" + b"words and words " * 20 + b"</html>")
    short = maker.record(body, length=len(body) - 9, url="http://site.example/2")
    found = read(maker.page(1) + short + maker.page(3), "made.warc")
    assert numbers(found) == [1, 2, 3]
    assert reasons(found) == [Reason.DAMAGED]
    long = maker.record(body, length=len(body) + 60, url="http://site.example/2")
    found = read(maker.page(1) + long + maker.page(3), "made.warc")
    assert numbers(found) == [1, 2, 3]
    assert found[1].truncated


def test_a_bomb_in_the_archive_is_one_reject_in_bounded_memory(maker, read):
    bomb = maker.record(maker.http(b"<html>" + b" " * (80 << 20)), url="http://site.example/2")
    data = maker.gz(maker.page(1), bomb, maker.page(3))
    del bomb
    tracemalloc.start()
    found = read(data, limits=SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert numbers(found) == [1, 3]
    assert reasons(found) == [Reason.TOO_LARGE]
    assert peak < 24 << 20


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_in_a_body_is_one_reject_in_bounded_memory(maker, read, encoding):
    import brotli
    import zstandard

    plain = b"<html>" + b"a" * (60 << 20)
    encoded = {
        "gzip": lambda: gzip.compress(plain),
        "deflate": lambda: zlib.compress(plain),
        "br": lambda: brotli.compress(plain, quality=3),
        "zstd": lambda: zstandard.compress(plain),
    }[encoding]()
    block = maker.http(encoded, f"Content-Type: text/html\r\nContent-Encoding: {encoding}\r\n")
    data = maker.gz(maker.page(1), maker.record(block), maker.page(3))
    tracemalloc.start()
    found = read(data, limits=SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert numbers(found) == [1, 3]
    assert reasons(found) == [Reason.TOO_LARGE]
    assert peak < 24 << 20


def test_a_record_above_the_limit_in_a_plain_file_is_stepped_over(maker, read):
    big = maker.record(maker.http(b"<html>" + b"z" * (3 << 20)), url="http://site.example/2")
    found = read(maker.page(1) + big + maker.page(3), "made.warc", SMALL)
    assert numbers(found) == [1, 3]
    assert reasons(found) == [Reason.TOO_LARGE]


def test_a_page_that_carries_archive_headers_is_one_page(maker, read):
    inner = maker.page(99)
    carrier = maker.record(maker.http(b"<html><pre>\n" + inner * 3 + b"</pre></html>"))
    for data, file in (
        (maker.gz(maker.page(1), carrier, maker.page(3)), "made.warc.gz"),
        (maker.page(1) + carrier + maker.page(3), "made.warc"),
        (gzip.compress(maker.page(1) + carrier + maker.page(3)), "packed.warc.gz"),
    ):
        found = read(data, file)
        assert [item.url for item in found] == [
            "http://site.example/1", "http://site.example/", "http://site.example/3"
        ]  # fmt: skip


def test_zero_padding_behind_the_last_member_is_nothing(maker, read):
    assert numbers(read(maker.gz(maker.page(1)) + b"\0" * 100_000)) == [1]


def test_thousands_of_empty_members_cost_no_memory(maker, read):
    data = maker.gz(maker.page(1)) + gzip.compress(b"", mtime=0) * 20_000 + maker.gz(maker.page(2))
    tracemalloc.start()
    found = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert numbers(found) == [1, 2]
    assert peak < 3 << 20


def test_a_record_spread_over_two_members_is_one_record(maker, read):
    record = maker.page(1)
    data = maker.gz(record[:300], record[300:]) + maker.gz(maker.page(2))
    found = read(data)
    assert numbers(found) == [1, 2]
    assert not found[0].truncated


def test_records_side_by_side_in_one_member_have_places_of_their_own(maker, read):
    found = read(gzip.compress(maker.page(1) + maker.page(2) + maker.page(3)))
    places = [(item.source_offset, item.inner_offset) for item in found]
    lengths = [len(maker.page(number)) for number in (1, 2, 3)]
    assert places == [(0, 0), (0, lengths[0]), (0, lengths[0] + lengths[1])]


def test_offsets_and_lengths_cut_a_readable_file_out_of_the_archive(maker, read):
    data = maker.gz(*(maker.page(number) for number in range(4)))
    for page in read(data):
        end = page.source_offset + page.source_length
        (again,) = read(data[page.source_offset : end], "cut.warc.gz")
        assert again.page_id == page.page_id


@pytest.mark.parametrize(
    "kind", ["warcinfo", "request", "revisit", "metadata", "continuation", "x"]
)
def test_other_records_are_skipped_by_kind(maker, read, kind):
    found = read(maker.gz(maker.record(b"a: b\r\n", kind=kind), maker.page(1)))
    assert [type(item) for item in found] == [Skipped, Page]
    assert found[0].kind == kind


def test_arc_with_every_kind_of_damage(maker, read):
    head, one, two, three = maker.arc_head(), maker.arc(1), maker.arc(2), maker.arc(3)
    broken = {
        "length -1": two.replace(b"text/html ", b"text/html -1 ", 1).replace(b" 6", b"", 1),
        "garbage": b"\x00\x01garbage\n" * 50,
        "no length": b"http://site.example/2 10.0.0.1 20080430204825 text/html abc\nbody\n",
        "cut": two[: len(two) // 2] + b"\n",
    }
    for name, record in broken.items():
        for data, file in (
            (maker.gz(head, one, record, three), "made.arc.gz"),
            (head + one + record + three, "made.arc"),
        ):
            found = read(data, file)
            kept = [number for number in numbers(found) if number != 2]
            assert kept == [1, 3], (name, file)
            assert len(found) <= 5, (name, file)
