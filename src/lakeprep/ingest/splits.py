"""Byte ranges of inputs, so that large files are read by several tasks, and the proof that it went
well.

A page can carry a whole archive in its body, stored as it is, so a reader that starts in the middle
may take the first record it recognises for one of the file's. Each reader therefore says where it
began and where it stopped; only if every one began where the one before stopped was every record
read once. Where they disagree, the file is read again as `unsplit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from lakeprep.ingest.archive import archive_reader
from lakeprep.ingest.inputs import InputFile
from lakeprep.ingest.records import Limits, Seam
from lakeprep.ingest.sources import open_source

_RECORDS_TRIED = 3


@dataclass(frozen=True, slots=True)
class Split:
    """Bytes [start, end) of a stored file: the records that begin there, or the row groups."""

    path: str
    format: str
    etag: str
    file_bytes: int
    start: int
    end: int


def plan_splits(files: Sequence[InputFile], target_bytes: int) -> list[Split]:
    """Splits of about `target_bytes` in the order of `files`; equal parts of a file, one for each
    file that is smaller or cannot be split. Reads the beginning of large compressed files.

    Split: Parquet, plain WARC, ARC and JSON lines, and compressed WARC and ARC with one record a
    gzip member or zstd frame.
    """
    splits: list[Split] = []
    for file in files:
        parts = max(1, -(-file.bytes // max(1, target_bytes)))
        if parts > 1 and not _splittable(file):
            parts = 1
        edges = [file.bytes * part // parts for part in range(parts + 1)]
        splits.extend(
            Split(file.path, file.format, file.etag, file.bytes, start, end)
            for start, end in pairwise(edges)
        )
    return splits


def unsplit(split: Split) -> Split:
    """The whole file of a split."""
    return Split(split.path, split.format, split.etag, split.file_bytes, 0, split.file_bytes)


def seams_agree(splits: Sequence[Split], seams: Sequence[Seam]) -> bool:
    """True if the splits of one file, in order, were read without a gap or an overlap."""
    expected = 0
    for index, (split, seam) in enumerate(zip(splits, seams, strict=True)):
        if seam.start is None:
            # Nothing begins in this split: right if the one before ended behind it, or in the
            # first if nothing was found at all.
            if index == 0:
                expected = seam.stop
            elif expected < split.end:
                return False
        elif index > 0 and seam.start != expected:
            return False
        else:
            expected = seam.stop
    return expected == splits[-1].file_bytes


def _splittable(file: InputFile) -> bool:
    kind, _, compression = file.format.partition(".")
    if not compression:
        return kind in ("warc", "arc", "jsonl", "parquet")
    return kind in ("warc", "arc") and _one_record_a_unit(file)


def _one_record_a_unit(file: InputFile) -> bool:
    """True if the first units each hold one record and no more.

    A sample decides only whether to try: the seams decide whether it was right.
    """
    source = open_source(file.path, file.etag)
    try:
        reader = archive_reader(
            source, file.format, Limits(), wanted=frozenset(), start=0, end=file.bytes
        )
        for _ in islice(reader.read(), _RECORDS_TRIED):
            pass
        return not reader.packed
    finally:
        source.close()
