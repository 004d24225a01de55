"""Arguments made a list of files; wrong ones are one clear line each."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from lakeprep.errors import InputError
from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import Limits, Page, Reject
from lakeprep.ingest.splits import plan_splits


@pytest.fixture
def crawl(tmp_path: Path, maker) -> Path:
    """A folder with inputs of several kinds, and things that are none."""
    folder = tmp_path / "crawl"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(maker.gz(maker.page(1)))
    (folder / "deep" / "b.warc").write_bytes(maker.page(2))
    (folder / "deep" / "er" / "c.jsonl").write_bytes(b'{"url": "u", "text": "t"}\n')
    (folder / "deep" / "d.arc").write_bytes(maker.arc_head() + maker.arc(1))
    (folder / "notes.md").write_text("not an input")
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / ".hidden.warc").write_bytes(maker.page(3))
    return folder


def names(arguments: list[str]) -> list[str]:
    return [Path(file.path).name for file in list_inputs(arguments)]


def test_directories_globs_urls_and_repeats(crawl: Path, monkeypatch):
    assert names([str(crawl)]) == ["a.warc.gz", "b.warc", "d.arc", "c.jsonl"]
    assert names([str(crawl / "deep" / "*.warc")]) == ["b.warc"]
    assert names([str(crawl / "**" / "*.jsonl")]) == ["c.jsonl"]
    assert names([(crawl / "a.warc.gz").as_uri(), str(crawl / "a.warc.gz")]) == ["a.warc.gz"]
    monkeypatch.chdir(crawl)
    assert names(["a.warc.gz", "./deep/../a.warc.gz"]) == ["a.warc.gz"]
    (crawl / "link.warc.gz").symlink_to(crawl / "a.warc.gz")
    assert names(["link.warc.gz", "a.warc.gz"]) == ["a.warc.gz"]


def test_formats_sizes_and_tags(crawl: Path):
    first, *_ = list_inputs([str(crawl)])
    assert first.format == "warc.gz" and first.path == os.path.realpath(crawl / "a.warc.gz")
    assert first.bytes == (crawl / "a.warc.gz").stat().st_size
    assert first.etag.endswith(f"-{first.bytes}")
    os.utime(crawl / "a.warc.gz", ns=(1, 1))
    assert list_inputs([str(crawl)])[0].etag != first.etag


def test_names_do_not_decide(crawl: Path, maker):
    (crawl / "x.bin").write_bytes(maker.gz(maker.page(1)))
    (crawl / "y.warc.gz").write_bytes(maker.page(1))
    found = {Path(f.path).name: f.format for f in list_inputs([str(crawl / "x.bin"), str(crawl)])}
    assert found["x.bin"] == "warc.gz" and found["y.warc.gz"] == "warc"


def test_manifests(crawl: Path, tmp_path: Path):
    manifest = tmp_path / "list.txt"
    manifest.write_text(f"# the crawl\ncrawl/a.warc.gz\n\n{crawl}/deep/*.warc\n")
    assert names([str(manifest)]) == ["a.warc.gz", "b.warc"]
    assert names([f"@{manifest}"]) == ["a.warc.gz", "b.warc"]
    manifest.write_text("crawl/none.warc\ncrawl/nothing*\n")
    with pytest.raises(InputError, match=r"none\.warc: no such(.|\n)*nothing\*.*named in"):
        list_inputs([str(manifest)])
    manifest.write_text("# nothing\n")
    with pytest.raises(InputError, match="names no file"):
        list_inputs([str(manifest)])


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("gone.warc.gz", None, "no such file"),
        ("empty.warc.gz", b"", "empty file"),
        ("page.warc.gz", b"<!DOCTYPE html><html>x</html>", "found HTML"),
        ("page2.warc.gz", gzip.compress(b"<html>x</html>", mtime=0), "found gzip of HTML"),
        ("paper.warc", b"%PDF-1.5 ...", "found PDF"),
        ("words.warc", b"just some words here", "text that begins"),
        ("noise.jsonl", bytes(range(256)) * 9, "unknown binary data"),
        ("other.zip", b"PK\x03\x04....", "found ZIP"),
    ],
)
def test_each_wrong_input_is_one_line_that_names_it(tmp_path: Path, name, data, says):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as error:
        list_inputs([str(path)])
    message = str(error.value)
    assert says in message and name in message and "\n" not in message


def test_many_wrong_inputs_are_at_most_ten_lines(tmp_path: Path):
    for number in range(30):
        (tmp_path / f"{number:02}.warc").write_bytes(b"")
    with pytest.raises(InputError) as error:
        list_inputs([str(tmp_path), str(tmp_path / "gone")])
    lines = str(error.value).split("\n")
    assert len(lines) == 11 and lines[-1] == "... and 21 more."


def test_directories_without_input_and_patterns_without_match(tmp_path: Path):
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(InputError, match="directory without input"):
        list_inputs([str(tmp_path)])
    with pytest.raises(InputError, match="no file matches"):
        list_inputs([str(tmp_path / "*.warc")])
    with pytest.raises(InputError, match="No input given"):
        list_inputs([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(crawl: Path):
    (crawl / "a.warc.gz").chmod(0)
    with pytest.raises(InputError, match=r"a\.warc\.gz: cannot be read \(Permission denied\)"):
        list_inputs([str(crawl)])


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.warc")
    with pytest.raises(InputError, match="neither a file nor a directory"):
        list_inputs([str(tmp_path / "pipe.warc")])


def test_damaged_archives_are_inputs(tmp_path: Path, maker):
    good = maker.gz(maker.page(1), maker.page(2))
    made = {
        "first.warc.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00" + b"\xff" * 50 + good,
        "cut.warc.gz": good[:100],
        "header.warc": b"WORC/1.0\r\n" + maker.page(1) + maker.page(2),
        "part.jsonl.gz": gzip.compress(b""),
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    files = list_inputs([str(tmp_path)])
    assert [Path(file.path).name for file in files] == sorted(made)
    pages = {}
    for split in plan_splits(files, 1 << 60):
        found = list(read_split(split, Limits(), {}))
        pages[Path(split.path).name] = sum(isinstance(item, Page) for item in found)
    assert pages == {"first.warc.gz": 2, "cut.warc.gz": 0, "header.warc": 2, "part.jsonl.gz": 0}


def test_a_file_that_changed_since_it_was_listed(crawl: Path, maker):
    (split,) = plan_splits(list_inputs([str(crawl / "a.warc.gz")]), 1 << 60)
    (crawl / "a.warc.gz").write_bytes(maker.gz(maker.page(1), maker.page(2)))
    with pytest.raises(InputError, match="changed while"):
        list(read_split(split, Limits(), {}))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_wacz(tmp_path: Path, maker, method):
    path = tmp_path / "a.wacz"
    archive = maker.gz(maker.page(1), maker.page(2))
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("datapackage.json", "{}")
        file.writestr("archive/data.warc.gz", archive)
        file.writestr("archive/plain.warc", maker.page(3))
    (split,) = plan_splits(list_inputs([str(path)]), 10)
    found = list(read_split(split, Limits(), {}))[:-1]
    assert [page.url[-1] for page in found] == ["1", "2", "3"]
    if method == zipfile.ZIP_STORED:
        stored = path.read_bytes()[found[1].source_offset :][: found[1].source_length]
        assert b"Page 2." in gzip.decompress(stored)


def test_a_wacz_without_archives_or_cut_in_half_is_one_reject(tmp_path: Path):
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("datapackage.json", "{}" * 500)
    whole = path.read_bytes()
    for data in (whole, whole[:200]):
        path.write_bytes(data)
        (split,) = plan_splits(list_inputs([str(path)]), 1 << 60)
        (found,) = list(read_split(split, Limits(), {}))[:-1]
        assert isinstance(found, Reject)
