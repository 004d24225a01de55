"""List files: every form that users have them in gives the same entries."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakeprep.errors import InputError
from lakeprep.kernels.urls import UrlTables, hash_strings
from lakeprep.lists import compiled, entries, files
from lakeprep.score.url import features_of

DOMAINS = (
    b"# a comment\nbad.example\r\n  Worse.Example.  # why\n\n*.star.example\nm\xc3\xbcnchen.de\n"
)
NAMES = ["bad.example", "worse.example", "star.example", "xn--mnchen-3ya.de"]
URLS = b"www.site.example/a/b\nhttps://Site.example:443/c?b=2&a=1&utm_source=x#top\nhome.example/\n"
KEYS = ["site.example/a/b", "site.example/c?a=1&b=2", "home.example/"]


def hashes(*texts: str) -> list[int]:
    return np.unique(hash_strings(pa.array(texts, pa.string()))).tolist()


def read(*places: Path, categories: tuple[str, ...] = ()) -> UrlTables:
    found = compiled.gather(map(str, places), categories=frozenset(categories))
    return found.tables()


def ut1(folder: Path) -> Path:
    for category, name, content in (
        ("adult", "domains", DOMAINS),
        ("adult", "urls", URLS),
        ("adult", "expressions", b"(^|[-.])x+\n"),
        ("bank", "domains", b"bank.example\n"),
        ("bank", "usage", b"white\n"),
    ):
        (folder / category).mkdir(parents=True, exist_ok=True)
        (folder / category / name).write_bytes(content)
    return folder


def test_a_plain_list_of_both_kinds(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbf" + DOMAINS + URLS.rstrip(b"\n"))
    found = read(path)
    assert found.domains.tolist() == hashes(*NAMES)
    assert found.urls.tolist() == hashes(*KEYS)


def test_gzip_in_several_members(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(gzip.compress(DOMAINS) + gzip.compress(URLS))
    assert read(path).domains.tolist() == hashes(*NAMES)
    assert read(path).urls.tolist() == hashes(*KEYS)


def test_a_hosts_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("0.0.0.0 ads.example\n127.0.0.1\ttrack.example # x\n::1 six.example\n1.2.3.4\n")
    expected = hashes("ads.example", "track.example", "six.example", "1.2.3.4")
    assert read(path).domains.tolist() == expected


def test_ut1_folders_and_one_category(tmp_path: Path) -> None:
    folder = ut1(tmp_path / "ut1")
    both = read(folder)
    assert both.domains.tolist() == hashes(*NAMES, "bank.example")
    assert both.urls.tolist() == hashes(*KEYS)
    for found in (
        read(folder, categories=("adult",)),
        read(folder / "adult"),
        read(folder / "adult", categories=("adult",)),
    ):
        assert found.domains.tolist() == hashes(*NAMES)
        assert found.urls.tolist() == hashes(*KEYS)
    gathered = compiled.gather([str(folder)])
    assert gathered.notes == [f"regular expressions are not read: {folder}/adult/expressions"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_ut1_archive(tmp_path: Path, mode: str) -> None:
    folder, path = ut1(tmp_path / "ut1"), tmp_path / "ut1.tar"
    with tarfile.open(path, mode) as archive:
        archive.add(folder, "blacklists")
    assert read(path).domains.tolist() == hashes(*NAMES, "bank.example")
    adult = read(path, categories=("adult",))
    assert adult.domains.tolist() == hashes(*NAMES)
    assert adult.urls.tolist() == hashes(*KEYS)


def test_an_imported_list_is_the_lists_it_was_made_of(tmp_path: Path) -> None:
    folder, first, second = ut1(tmp_path / "ut1"), tmp_path / "1.list", tmp_path / "2.list"
    gathered = compiled.gather([str(folder)])
    assert compiled.write(gathered, first) == {"domains": 5, "urls": 3}
    places = [folder / "bank", folder / "adult", folder / "adult" / "urls"]
    compiled.write(compiled.gather(map(str, places)), second)
    assert first.read_bytes() == second.read_bytes(), "neither order nor repeats matter"
    assert compiled._digest(read(first)) == compiled._digest(read(folder))
    assert compiled._digest(read(first)) != compiled._digest(read(folder / "adult"))


def test_lines_are_put_together_across_pieces(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(files, "_STEP", 7)
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(DOMAINS + URLS))
    assert read(path).domains.tolist() == hashes(*NAMES)
    assert read(path).urls.tolist() == hashes(*KEYS)


def test_lines_that_are_no_entries_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"good.example\nalso.example\n!not a host!\nb\xe9.example\n")
    gathered = compiled.gather([str(path)])
    assert gathered.table("domains").tolist() == hashes("good.example", "also.example")
    assert gathered.notes == [f"{path}: 2 lines left out"]


URL_PARTS = ("http://", "HTTPS://", "www.", "WWW.", "a", "b.com", "Ex.Org", "/", "//", ".", "..",
             "?x=1", "?b&a=2", "&a", "&utm_x=1", "&GCLID", "&gclidx=", "?;",
             "%41", "%", "#f", ":80", ":443", "@", "é", " ", "~", ";jsessionid=1",
             "-", "_", "漢.jp", "[::1]", "1.2.3.4", "'", "a" * 130)  # fmt: skip


@given(st.lists(st.sampled_from(URL_PARTS), max_size=9).map("".join))
@settings(max_examples=1500, deadline=None)
def test_the_quick_way_to_a_key_is_the_slow_one(url: str) -> None:
    """A listed URL has the key that a document with this URL has."""
    features = features_of(url)
    expected = [features.url_key] if features.host else []
    assert entries.url_keys(pa.array([url])).to_pylist() == expected


@given(st.lists(st.sampled_from(URL_PARTS), max_size=6).map("".join))
@settings(max_examples=800, deadline=None)
def test_a_name_is_the_host_of_documents_there(name: str) -> None:
    line = name.strip()
    found = entries.names(pa.array([line])).to_pylist()
    host = features_of(f"http://{line.removeprefix('*.').removeprefix('.')}/").host
    if found:
        assert found == [host]
    elif not any(mark in line for mark in "/?#@"):
        assert host is None or ":" in line or ".." in line or line.startswith("*")


def test_words_are_letters_and_digits() -> None:
    given = pa.array(["Two Words", "o'clock", "x2", "é", "été", "--", "漢x"])
    assert entries.words(given).to_pylist() == ["twowords", "oclock", "x2"]


def refused(place: Path | str, *says: str, **options: object) -> None:
    with pytest.raises(InputError) as error:
        compiled.gather([str(place)], **options)
    for text in (str(place), *says):
        assert text in str(error.value)


def test_what_is_no_list_is_refused(tmp_path: Path, monkeypatch) -> None:
    refused(tmp_path / "none", "cannot be read")
    os.mkfifo(tmp_path / "pipe")  # nobody writes to it: reading would never end
    refused(tmp_path / "pipe", "neither a file nor a folder")
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "readme").write_text("x.example\n")
    (folder / "a" / "b" / "domains").write_text("too.deep.example\n")
    refused(folder, "no list in this folder", "<category>/domains")
    path = tmp_path / "list"
    for content, says in (
        (b"", "an empty list"),
        (b"# nothing\n\n", "an empty list"),
        (gzip.compress(b"", mtime=0), "an empty list"),
        (b"PK\x03\x04\x00\x00", "not text"),
        ("bad.example\n".encode("utf-16"), "not text"),
        (gzip.compress(DOMAINS * 9, mtime=0)[:-20], "damaged"),
        (gzip.compress(DOMAINS, mtime=0) + b"tail that is no gzip", "damaged"),
        (b"a" * 200_000, "a line of more than"),
        (b"<html>\n<p>Page not found.</p>\n</html>\n", "lines are no domains or URLs"),
        (b"ARROW1\0\0 and then nothing", "damaged list file"),
    ):
        path.write_bytes(content)
        refused(path, says)
    with pa.ipc.new_file(str(path), pa.schema({"x": pa.int64()})):
        pass
    refused(path, "none of `lakeprep lists import`")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1 << 21)
    path.write_bytes(gzip.compress(b"\n" * (1 << 23)))
    refused(path, "GiB unpacked")
    monkeypatch.setattr(compiled, "MAX_ENTRIES", 3)
    path.write_bytes(DOMAINS)
    with pytest.raises(InputError, match="more than 3 entries"):
        compiled.gather([str(path)])


def test_a_damaged_list_file_is_refused_or_a_list(tmp_path: Path) -> None:
    """Cut or overwritten anywhere, it never ends in another error."""
    source, path, chance = tmp_path / "list.txt", tmp_path / "list.arrow", random.Random(3)
    source.write_text("".join(f"a{n}.example\nb{n}.example/x\n" for n in range(50)))
    compiled.write(compiled.gather([str(source)]), path)
    whole, refusals = path.read_bytes(), 0
    for trial in range(400):
        broken = bytearray(whole[: chance.randrange(len(whole))] if trial % 2 else whole)
        for _ in range(3 * bool(broken)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        try:
            compiled.gather([str(path)]).tables()
        except InputError:
            refusals += 1
    assert refusals > 200


def test_archives_that_are_not_in_the_layout(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("notes.txt")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    refused(path, "no list in this archive")
    whole = path.read_bytes()
    path.write_bytes(whole[:512] + b"x" * 512 + b"garbage in place of a header" * 40)
    refused(path, "damaged tar archive")
    folder = ut1(tmp_path / "ut1")
    with tarfile.open(path, "w") as archive:
        archive.add(folder, "ut1")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"Worse.Example")])
    refused(path, "the archive ends inside ut1/adult/domains")
    with pytest.raises(InputError, match="no category nope; found"):
        compiled.gather([str(folder)], categories=frozenset({"adult", "nope"}))
    refused(folder, "no list in this folder for nope", categories=frozenset({"nope"}))
