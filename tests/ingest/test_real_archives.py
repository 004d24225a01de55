"""The real crawl and the archives as found, counted by an independent reader."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Reason, Reject, Seam, Skipped
from lakeprep.ingest.splits import plan_splits, seams_agree

NOT_SOUND = {
    "src__daft-warc__test__example.warc.gz": "one member; warcio refuses it",
    "src__test__resources__arc__badexample.arc.gz": "one member and wrong lengths",
    "warc-indexer__src__test__resources__IAH-20080430204825-00000-blackbook-truncated.arc": "wrong"
    " length; warcio stops there",
    "sample_archive__waczs__invalid_example_1.wacz": "a ZIP without archives",
    "sample_archive__waczs__valid_example_1.wacz": "a ZIP, which warcio does not open",
    "sample_archive__warcs__example.warc": "a wrong length leaves a stretch without a record",
    "test__data__example-bad-non-chunked.warc.gz": "one member; warcio refuses it",
    "test__data__example-trunc.warc": "a wrong length leaves a stretch without a record",
    "test__data__example-wrong-chunks.warc.gz": "a record over two members; warcio stops",
}
"""Files that warcio does not read to their end, or that hold what is no record, and why."""


def warcio_count(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in ArchiveIterator(stream))


def everything(files, target: int) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for file in files:
        splits = plan_splits([file], target)
        seams = []
        for split in splits:
            *items, seam = read_split(split, Limits(), {})
            assert isinstance(seam, Seam)
            seams.append(seam)
            found.setdefault(file.path, []).extend(items)
        assert seams_agree(splits, seams), file.path
    return found


def archives(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "archives").rglob("*") if path.is_file())


def test_every_archive_gives_outcomes_and_as_many_as_warcio_counts(real_data: Path):
    paths = archives(real_data)
    assert len(paths) >= 59
    found = everything(list_inputs([str(path) for path in paths]), 1 << 60)
    wrong = {}
    for path in paths:
        items = found[str(path.resolve())]
        assert items and all(isinstance(item, (Page, Reject, Skipped)) for item in items)
        if path.name not in NOT_SOUND:
            damage = [i for i in items if isinstance(i, Reject) and i.reason is Reason.DAMAGED]
            if len(items) != warcio_count(path) or damage:
                wrong[path.name] = (len(items), warcio_count(path), damage)
    assert not wrong


def test_in_damaged_archives_nothing_readable_is_lost(real_data: Path):
    for path in archives(real_data):
        if path.name in NOT_SOUND and path.suffix != ".wacz":
            (items,) = everything(list_inputs([str(path)]), 1 << 60).values()
            count = 0
            with contextlib.suppress(ArchiveLoadFailed):
                count = warcio_count(path)
            assert len(items) >= count, path.name
    names = {path.name: path for path in archives(real_data)}

    def kinds(name: str) -> Counter[str]:
        (items,) = everything(list_inputs([str(names[name])]), 1 << 60).values()
        return Counter(type(item).__name__ for item in items)

    assert kinds("src__daft-warc__test__example.warc.gz") == kinds(
        "src__daft-warc__test__example.warc"
    )
    assert kinds("test__data__example-wrong-chunks.warc.gz") == {"Page": 1, "Skipped": 1}
    assert kinds("test__data__example-bad-non-chunked.warc.gz") == {"Page": 1, "Skipped": 5}
    assert kinds("sample_archive__waczs__valid_example_1.wacz")["Page"] == 1
    truncated = "warc-indexer__src__test__resources__IAH-20080430204825-00000-blackbook-truncated"
    assert kinds(truncated + ".arc") == kinds(truncated + ".arc.gz")
    assert kinds(truncated + ".warc")["Page"] == kinds(truncated + ".arc")["Page"] == 3


def test_one_crawl_as_arc_and_as_warc_has_the_same_pages(real_data: Path):
    folder = real_data / "archives" / "archivesunleashed__aut"
    bodies = []
    for name in ("arc__example.arc.gz", "warc__example.warc.gz"):
        (path,) = folder.glob(f"*{name}")
        (items,) = everything(list_inputs([str(path)]), 1 << 60).values()
        bodies.append({(i.url, i.payload_digest) for i in items if isinstance(i, Page)})
    assert bodies[0] == bodies[1] and len(bodies[0]) > 100


@pytest.mark.parametrize("target", [1 << 60, 1_500_000])
def test_every_page_of_the_crawl_is_a_page(real_data: Path, target: int):
    files = list_inputs([str(real_data / "crawl")])
    found = everything(files, target)
    pages = [item for items in found.values() for item in items if isinstance(item, Page)]
    assert len(pages) == 2463 == sum(len(items) for items in found.values())
    assert len({(page.source_path, page.source_offset) for page in pages}) == 2463
    assert sum(len(page.body) for page in pages) > 280_000_000
    assert not any(page.truncated for page in pages)
