"""Fetch times as crawlers and data sets write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years outside are no fetch times, and trouble every time zone conversion downstream."""

_ISO = re.compile(
    r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[Tt ]\s?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?)?"
    r"\s*([Zz]|UTC|GMT|[+-]\d{2}:?\d{2})?\s*"
)
_DIGITS = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?\d{0,6}\s*")
_MICROSECONDS = 1_000_000
_FIRST = (1970, 1, 1, 0, 0, 0)


def parse_time(text: str) -> datetime | None:
    """UTC time of an ISO 8601 text at any precision from the year (WARC-Date, JSON), or of 8, 12
    or 14 digits (ARC; digits behind them are dropped). None where it is neither, or no such day."""
    digits = _DIGITS.fullmatch(text)
    if digits:
        return _utc(tuple(int(part or 0) for part in digits.groups()), 0, None)
    iso = _ISO.fullmatch(text)
    if iso is None:
        return None
    *parts, fraction, zone = iso.groups()
    numbers = tuple(int(part or missing) for part, missing in zip(parts, _FIRST, strict=True))
    micro = int((fraction or "0").ljust(6, "0")[:6])
    return _utc(numbers, micro, zone)


def epoch_time(number: float) -> datetime | None:
    """UTC time of seconds since 1970; milli-, micro- and nanoseconds are told by their size, as
    no page was fetched after the year 5138 (10^11 seconds). None where out of range."""
    if not number >= 0 or number >= 1e20:
        return None
    scaled = number
    while scaled >= 1e11:
        scaled /= 1000
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(
            microseconds=round(scaled * _MICROSECONDS)
        )
    except OverflowError:
        return None
    return moment if moment.year <= LAST_YEAR else None


def utc_time(moment: datetime) -> datetime | None:
    """The time in UTC (a naive one is taken as UTC); None where the year is out of range."""
    if not FIRST_YEAR < moment.year < LAST_YEAR and moment.year not in (FIRST_YEAR, LAST_YEAR):
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    converted = moment.astimezone(timezone.utc)
    return converted if FIRST_YEAR <= converted.year <= LAST_YEAR else None


def _utc(numbers: tuple[int, ...], micro: int, zone: str | None) -> datetime | None:
    year, month, day, hour, minute, second = numbers
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    offset = timedelta()
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if zone[0] == "-" else offset
    try:
        # A leap second is the last representable moment of its minute.
        local = datetime(year, month, day, hour, minute, min(second, 59), micro)
        return utc_time((local - offset).replace(tzinfo=timezone.utc))
    except (ValueError, OverflowError):
        return None
