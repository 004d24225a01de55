"""One split read, whatever its format: every record is one page, one reject or one skipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakeprep.ingest.archive import Frame, Gap, archive_reader
from lakeprep.ingest.codecs import codec_for
from lakeprep.ingest.jsonlines import read_json_lines
from lakeprep.ingest.judge import PAGE_KINDS, judge, judge_gap
from lakeprep.ingest.parquet import read_parquet
from lakeprep.ingest.records import Limits, Page, Reject, Seam, Skipped
from lakeprep.ingest.sources import Source, open_source
from lakeprep.ingest.splits import Split
from lakeprep.ingest.stream import DecodedStream
from lakeprep.ingest.wacz import read_wacz


def read_split(
    split: Split, limits: Limits, fields: Mapping[str, str]
) -> Iterator[Page | Reject | Skipped | Seam]:
    """What the split holds in file order, and its Seam last.

    `fields` maps url, text, html, id, fetched_at to the names they have in JSON lines and Parquet
    where those differ. Raises InputError where the file cannot be read or has changed since it
    was listed; damage inside it is no error.
    """
    source = open_source(split.path, split.etag)
    try:
        kind, _, compression = split.format.partition(".")
        if kind == "parquet":
            yield from read_parquet(source, split, limits, fields)
        elif kind == "jsonl":
            stream = DecodedStream(source, codec_for(compression, source))
            yield from read_json_lines(stream, split, limits, fields)
        else:
            yield from _archive_outcomes(source, split, limits)
    finally:
        source.close()


def _archive_outcomes(
    source: Source, split: Split, limits: Limits
) -> Iterator[Page | Reject | Skipped | Seam]:
    for item in _archive_items(source, split, limits):
        if isinstance(item, Frame):
            yield judge(item, split.path, limits)
        elif isinstance(item, Gap):
            yield judge_gap(item, split.path)
        else:
            yield item


def _archive_items(source: Source, split: Split, limits: Limits) -> Iterator[Frame | Gap | Seam]:
    if split.format == "wacz":
        yield from read_wacz(source, limits, PAGE_KINDS)
        yield Seam(start=0, stop=split.file_bytes)
    else:
        reader = archive_reader(
            source, split.format, limits, wanted=PAGE_KINDS, start=split.start, end=split.end
        )
        yield from reader.read()
