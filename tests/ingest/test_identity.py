"""Dates, URLs and the names of captures."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.ingest.dates import epoch_time, parse_time, utc_time
from lakeprep.ingest.records import EPOCH, MEANINGS, Reason, page_id, printable, scalar_text
from lakeprep.ingest.urls import MAX_URL_CHARS, clean_url


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-06T07:08:09Z", utc(2024, 5, 6, 7, 8, 9)),
        ("2024-05-06T07:08:09.123456789Z", utc(2024, 5, 6, 7, 8, 9, 123456)),
        ("2024-05-06T07:08:09.5Z", utc(2024, 5, 6, 7, 8, 9, 500000)),
        ("2019-08-15T01:02", utc(2019, 8, 15, 1, 2)),
        ("2024-05", utc(2024, 5, 1)),
        ("2024", utc(2024, 1, 1)),
        ("2024-05-06 07:08:09", utc(2024, 5, 6, 7, 8, 9)),
        ("2024-05-06T07:08:09+02:00", utc(2024, 5, 6, 5, 8, 9)),
        ("2024-05-06T07:08:09-0530", utc(2024, 5, 6, 12, 38, 9)),
        ("20080430204825", utc(2008, 4, 30, 20, 48, 25)),
        ("200804302048", utc(2008, 4, 30, 20, 48)),
        ("201404010000000000", utc(2014, 4, 1)),
        ("20080430", utc(2008, 4, 30)),
        ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59)),
        ("2024-02-30T00:00:00Z", None),
        ("20081330204825", None),
        ("1066-10-14T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
        ("²024-05-06", None),
    ],
)
def test_times_as_crawlers_write_them(text, expected):
    assert parse_time(text) == expected


@given(st.text(max_size=64))
def test_any_text_is_a_time_or_none(text):
    found = parse_time(text)
    assert found is None or 1970 <= found.year <= 2199


@given(st.floats() | st.integers(min_value=-(10**30), max_value=10**30).map(float))
def test_any_number_is_a_time_or_none(number):
    found = epoch_time(number)
    assert found is None or 1970 <= found.year <= 2199


@given(st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1973, 4, 1),
                    max_value=datetime(2199, 12, 1)))  # fmt: skip
def test_seconds_milliseconds_and_microseconds_are_told_apart(moment):
    seconds = moment.replace(microsecond=0).timestamp()
    for scale in (1, 10**3, 10**6):
        assert epoch_time(seconds * scale) == moment.replace(microsecond=0)


@given(st.datetimes(timezones=st.none() | st.just(timezone(timedelta(hours=9)))))
def test_any_datetime_is_a_utc_time_or_none(moment):
    found = utc_time(moment)
    assert found is None or (found.tzinfo == timezone.utc and 1970 <= found.year <= 2199)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("http://a.example/x", "http://a.example/x"),
        ("<http://a.example/x>", "http://a.example/x"),
        ("  http://a.example/x y\r\n", "http://a.example/x%20y"),
        ("http://a.example/\tx\ny", "http://a.example/xy"),
        ("http://a.example/\x00\x1b", "http://a.example/%00%1B"),
        ("http://a.example/\u3000é", "http://a.example/%E3%80%80é"),
        ("no-scheme.example", "no-scheme.example"),
        ("", None),
        ("<>", None),
        ("http://" + "a" * MAX_URL_CHARS, None),
    ],
)
def test_urls_are_cleaned(raw, clean):
    assert clean_url(raw) == clean


@given(st.text(alphabet=st.characters(), max_size=200))
def test_a_clean_url_is_stable_and_storable(raw):
    url = clean_url(raw)
    if url is not None:
        assert clean_url(url) == url
        url.encode("utf-8")
        assert not any(char.isspace() for char in url)


@given(st.text(alphabet=st.characters(), max_size=100))
def test_texts_for_tables_hold_no_surrogates(text):
    scalar_text(text).encode("utf-8")
    assert printable(text).isprintable() and len(printable(text)) <= 200


def test_pairs_of_surrogates_become_their_character():
    assert scalar_text("\ud83d\ude00 \ud83d x") == "😀 \ufffd x"


def test_page_ids_are_pinned():
    """A change would give every page of every lake a new name."""
    name = page_id("http://site.example/", utc(2024, 5, 6, 7, 8, 9), "sha256:00")
    assert name == "0d6f3bbf11f3ce1a88a7240cc3093f94"
    assert page_id("http://site.example/", EPOCH, "sha256:00") != name


@given(st.lists(st.text(max_size=6), min_size=2, max_size=2, unique=True))
def test_page_ids_keep_their_parts_apart(parts):
    first, second = parts
    assert page_id(first + second, EPOCH, "") != page_id(first, EPOCH, second) or second == ""


def test_every_reason_has_a_meaning():
    assert set(MEANINGS) == set(Reason)
    assert f"{Reason.DAMAGED}" == "damaged"
