"""A file read in pieces gives what the file read whole gives, or the seams say that it does not."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from lakeprep.demo import write_demo
from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Seam
from lakeprep.ingest.splits import Split, plan_splits, seams_agree, unsplit


def pieces(whole: Split, edges: list[int]) -> list[Split]:
    ends = [*edges, whole.file_bytes]
    return [
        Split(whole.path, whole.format, whole.etag, whole.file_bytes, start, end)
        for start, end in zip([0, *edges], ends, strict=True)
    ]


def read_pieces(splits: list[Split]) -> tuple[list[object], bool]:
    """Outcomes in order and whether the seams agree."""
    found: list[object] = []
    seams: list[Seam] = []
    for split in splits:
        *items, seam = read_split(split, Limits(), {})
        assert isinstance(seam, Seam)
        found += items
        seams.append(seam)
    return found, seams_agree(splits, seams)


def whole_of(path: Path) -> Split:
    (split,) = plan_splits(list_inputs([str(path)]), 1 << 60)
    return split


def files(maker) -> dict[str, bytes]:
    records = [maker.page(number, size=4) for number in range(5)]
    arcs = [maker.arc_head(), *(maker.arc(number) for number in range(4))]
    line = '{"url": "http://site.example/%d", "text": "words \\u4e2d %d"}\n'
    return {
        "a.warc.gz": maker.gz(*records),
        "a.warc": b"".join(records),
        "a.warc.zst": maker.zst(*records),
        "a.arc.gz": maker.gz(*arcs),
        "a.arc": b"".join(arcs),
        "a.jsonl": "".join(line % (n, n) for n in range(12)).encode() + b"\n\nnot json\n",
        "damaged.warc.gz": maker.gz(*records[:2]) + b"?" * 99 + maker.gz(*records[2:]),
        "damaged.warc": b"".join(records[:2]) + b"?" * 99 + b"\r\n" + b"".join(records[2:]),
    }


@pytest.mark.parametrize(
    "name",
    ["a.warc.gz", "a.warc", "a.warc.zst", "a.arc.gz", "a.arc", "a.jsonl", "damaged.warc.gz",
     "damaged.warc"],
)  # fmt: skip
def test_every_split_point_gives_the_records_of_the_whole(maker, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(files(maker)[name])
    whole = whole_of(path)
    expected, agreed = read_pieces([whole])
    assert agreed and len(expected) >= 5
    for edge in range(1, whole.file_bytes):
        found, agreed = read_pieces(pieces(whole, [edge]))
        assert agreed and found == expected, edge


def test_many_small_splits_of_a_good_file_agree(maker, tmp_path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(files(maker)["a.warc.gz"])
    whole = whole_of(path)
    expected, _ = read_pieces([whole])
    found, agreed = read_pieces(pieces(whole, list(range(10, whole.file_bytes, 10))))
    assert agreed and found == expected


def stored_member(data: bytes) -> bytes:
    """A gzip member of stored blocks: its bytes stand in the file as they are."""
    compressor = zlib.compressobj(level=0, wbits=31)
    return compressor.compress(data) + compressor.flush()


def test_an_archive_inside_a_page_is_never_taken_for_the_file_s_own(maker, tmp_path):
    inside = maker.gz(*(maker.page(900 + number, size=8) for number in range(3)))
    body = b"<html>" + inside + b"</html>"
    carrier = maker.record(maker.http(body), url="http://evil.example/")
    data = maker.gz(maker.page(1)) + stored_member(carrier) + maker.gz(maker.page(2))
    path = tmp_path / "evil.warc.gz"
    path.write_bytes(data)
    whole = whole_of(path)
    expected, _ = read_pieces([whole])
    assert len(expected) == 3
    caught = 0
    for edge in range(1, whole.file_bytes):
        splits = pieces(whole, [edge])
        found, agreed = read_pieces(splits)
        if agreed:
            assert found == expected, edge
        else:
            caught += 1
            assert list(read_split(unsplit(splits[1]), Limits(), {}))[:-1] == expected
    assert caught > 0, "the trap was never sprung: the test tests nothing"


def test_an_archive_inside_a_page_of_a_plain_file(maker, tmp_path):
    inside = b"".join(maker.page(900 + number, size=8) for number in range(3))
    carrier = maker.record(maker.http(b"<html>\n" + inside + b"</html>"))
    path = tmp_path / "evil.warc"
    path.write_bytes(maker.page(1) + carrier + maker.page(2))
    whole = whole_of(path)
    expected, _ = read_pieces([whole])
    for edge in range(1, whole.file_bytes, 3):
        found, agreed = read_pieces(pieces(whole, [edge]))
        assert not agreed or found == expected, edge


def test_planning_splits_what_can_be_split_and_nothing_else(maker, tmp_path):
    records = [maker.page(number, size=8) for number in range(6)]
    made = {
        "split.warc.gz": maker.gz(*records),
        "packed.warc.gz": gzip.compress(b"".join(records)),
        "split.warc": b"".join(records),
        "one.jsonl.gz": gzip.compress(files(maker)["a.jsonl"]),
        "split.jsonl": files(maker)["a.jsonl"],
        "frames.warc.zst": maker.zst(*records),
        "packed.warc.zst": maker.zst(b"".join(records)),
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    splits = plan_splits(list_inputs([str(tmp_path)]), 200)
    counts = {name: sum(s.path.endswith("/" + name) for s in splits) for name in made}
    assert {name for name, count in counts.items() if count > 1} == {
        "split.warc.gz", "split.warc", "split.jsonl", "frames.warc.zst"
    }  # fmt: skip
    for name in made:
        own = [split for split in splits if split.path.endswith("/" + name)]
        assert own[0].start == 0 and own[-1].end == own[0].file_bytes
        assert all(a.end == b.start for a, b in pairwise(own))


def test_a_packed_member_that_sampling_missed_is_caught_by_the_seams_or_read_right(maker, tmp_path):
    records = [maker.page(number, size=8) for number in range(8)]
    data = maker.gz(*records[:4]) + gzip.compress(b"".join(records[4:7])) + maker.gz(records[7])
    path = tmp_path / "mixed.warc.gz"
    path.write_bytes(data)
    whole = whole_of(path)
    expected, _ = read_pieces([whole])
    assert len([item for item in expected if isinstance(item, Page)]) == 8
    for edge in range(1, whole.file_bytes, 2):
        found, agreed = read_pieces(pieces(whole, [edge]))
        assert not agreed or found == expected, edge


def test_parquet_rows_belong_to_the_split_their_group_begins_in(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    rows = 500
    table = pa.table(
        {
            "url": [f"http://site.example/{n}" for n in range(rows)],
            "text": [f"text {n} " * 5 for n in range(rows)],
        }
    )
    pq.write_table(table, path, row_group_size=50)
    whole = whole_of(path)
    expected, agreed = read_pieces([whole])
    assert agreed and len(expected) == rows
    for edge in range(1, whole.file_bytes, 331):
        found, agreed = read_pieces(pieces(whole, [edge]))
        assert agreed and found == expected
    assert len({(p.source_offset, p.inner_offset) for p in expected}) == rows


def test_what_is_said_of_damage_is_the_same_in_every_split(tmp_path: Path) -> None:
    """How much is decoded when a record is met depends on where its split begins."""
    write_demo(tmp_path, pages=120)
    for path in sorted(tmp_path.glob("*.warc.gz")):
        whole = whole_of(path)
        splits = plan_splits(list_inputs([str(path)]), 70_000)
        found, agreed = read_pieces(splits)
        assert agreed
        assert found == read_pieces([whole])[0]
