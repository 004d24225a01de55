"""The JVM's class archive: used where it is, done without where it is not or does not fit."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from lakeprep import class_archive, jars
from lakeprep.errors import EnvironmentMissing
from support import lakeprep


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the archive of jars in a folder of this test's own belongs."""
    folder = tmp_path / "share" / "jars"
    folder.mkdir(parents=True)
    for jar in jars.paths():
        (folder / jar.name).symlink_to(jar)
    monkeypatch.setenv("LAKEPREP_JARS", str(folder))
    path = class_archive.archive_path()
    assert path.parent == tmp_path / "share" / "classes"
    return path


def test_options_name_the_archive_once_it_is_there(archive: Path) -> None:
    assert class_archive.jvm_options() == ""
    archive.parent.mkdir()
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in class_archive.jvm_options()


def test_other_jars_have_another_archive(archive: Path) -> None:
    (jar, *_) = jars.paths()
    copy = jar.read_bytes()
    jar.unlink()
    jar.write_bytes(copy)  # the same bytes at another time: Java would refuse the old archive
    assert class_archive.archive_path() != archive


def test_a_folder_that_cannot_be_written_is_said(archive: Path) -> None:
    archive.parent.write_text("a file")
    with pytest.raises(EnvironmentMissing, match="cannot write"):
        class_archive.make()


@pytest.mark.spark
def test_a_broken_archive_costs_nothing_but_time(archive: Path, tmp_path: Path) -> None:
    """Java starts without it, and its remarks stay out of the results on stdout."""
    archive.parent.mkdir()
    archive.write_bytes(b"no archive" * 1000)
    lake = tmp_path / "lake"
    lake.mkdir()
    sqlite3.connect(lake / "catalog.db").execute("VACUUM").connection.close()
    done = lakeprep("sql", "SELECT 1 AS one", "--lake", lake, "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {"rows": [{"one": 1}]}
