"""A mistake by the user: one clear message, the right exit code, no traceback, nothing written."""

from __future__ import annotations

import gzip
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support import lakeprep, lakeprep_json

PAGE = b"<!doctype html><html><body><p>This is a page, not an archive.</p></body></html>"


def refused(done: Any, *words: str, code: int = 2) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stdout == ""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_text('{"url": "https://a.example/", "text": "Some text."}\n')
    return path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.warc.gz", None, ("missing.warc.gz", "no such file")),
        ("empty.warc.gz", b"", ("empty.warc.gz", "empty")),
        ("page.warc.gz", PAGE, ("page.warc.gz",)),
        ("zipped-page.warc.gz", gzip.compress(PAGE, mtime=0), ("zipped-page.warc.gz",)),
        ("folder", "folder", ("folder", "without input")),
    ],
)
def test_inputs_that_cannot_be_read(
    name: str, content: bytes | str | None, words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    refused(lakeprep("run", "web", path, "--lake", tmp_path / "lake"), *words)
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("rulez: []", ("rulez", "did you mean rules")),
        ("rules: [{signal: word_cout, min: 1}]", ("word_cout", "word_count")),
        ("rules: [{signal: word_count, min: 9, max: 1}]", ("word_count", "no document could pass")),
        ("duplicates: {near: {min_jaccard: 1.5}}", ("min_jaccard", "1.5")),
        ("passages: {unit: paragraphs, window: 3}", ("passages: window needs unit: sentences",)),
        ("rules: [{signal: hash_ratio, max: -1}]", ("hash_ratio", "below 0")),
        ("rules: [{signal: hash_ratio, max: .nan}]", ("rules.0.max",)),
        (
            "score: {bad_words: {en: none.txt}}",
            ("score.bad_words.en", "none.txt", "cannot be read"),
        ),
        ("rules: [", ("not YAML",)),
        ("url: {lists: [no-such-list]}", ("no-such-list", "cannot be read")),
        ("url: {blocked_words: {file: mine.yaml}, lists: [.]}", ("no list in this folder",)),
        ("- a list", ("expected a mapping",)),
    ],
)
def test_recipes_that_cannot_be_meant(
    recipe: str, words: tuple[str, ...], good: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(recipe)
    refused(lakeprep("run", path, good, "--lake", tmp_path / "lake"), "mine.yaml", *words)
    assert not (tmp_path / "lake").exists()


def test_questions_about_rules(tmp_path: Path) -> None:
    """Before Spark starts, though the lake is there."""
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "catalog.db").touch()
    for rule, word in (
        ("dup_line_ration=0.2", "did you mean dup_line_ratio"),
        ("dup_line_ratio", "SIGNAL=VALUE"),
        ("word_count=60", "word_count<60"),
        ("newline_word_ratio=-1", "below 0"),
    ):
        refused(lakeprep("tune", "web", "--lake", lake, "--rule", rule), rule, word)
    refused(lakeprep("tune", "web", "--lake", tmp_path / "none"), "there is no lake")
    refused(lakeprep("rules", "webb"), "'webb'", "web")


def test_rules_are_listed_without_spark() -> None:
    listed = lakeprep_json("rules", "fineweb2", env={"JAVA_HOME": "/nowhere"})
    rows = {(row["signal"], *row["languages"]): row for row in listed["rules"]}
    assert rows["dup_line_ratio", "de"]["max"] == 0.263
    assert "FineWeb-2" in rows["dup_line_ratio", "de"]["source"]
    shown = lakeprep("rules", "fineweb")
    assert shown.returncode == 0 and "too_few_sentences" in shown.stdout


def test_an_unknown_recipe_lists_the_known(good: Path, tmp_path: Path) -> None:
    refused(lakeprep("run", "wep", good, "--lake", tmp_path / "lake"), "'wep'", "web")


def test_no_lake_at_all(good: Path) -> None:
    refused(lakeprep("run", "web", good), "--lake")


def test_a_lake_that_cannot_be_written(good: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file, no folder")
    refused(lakeprep("run", "web", good, "--lake", blocked / "lake"), str(blocked))


def test_a_run_id_that_cannot_be_a_branch(good: Path, tmp_path: Path) -> None:
    done = lakeprep("run", "web", good, "--lake", tmp_path / "lake", "--run-id", "a b/c")
    refused(done, "--run-id", "'a b/c'")


def test_no_java(good: Path, tmp_path: Path) -> None:
    environment = {"JAVA_HOME": str(tmp_path / "nowhere"), "PATH": os.environ["PATH"]}
    done = lakeprep("run", "web", good, "--lake", tmp_path / "lake", env=environment)
    refused(done, "Java", str(tmp_path / "nowhere"))


def test_a_locked_catalog(good: Path, tmp_path: Path) -> None:
    """Another process holds the file: exit code 1, and the cause by name."""
    lake = tmp_path / "lake"
    lake.mkdir()
    with sqlite3.connect(lake / "catalog.db", isolation_level=None) as other:
        other.execute("CREATE TABLE held (x)")
        other.execute("BEGIN EXCLUSIVE")
        done = lakeprep("run", "web", good, "--lake", lake)
        other.execute("ROLLBACK")
    refused(done, "locked by another process", code=1)


def test_a_catalog_that_is_none(good: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "catalog.db").write_bytes(PAGE * 100)
    refused(lakeprep("run", "web", good, "--lake", lake), "catalog.db", "not a catalog")


def test_questions_to_a_lake_that_is_not_there(tmp_path: Path) -> None:
    for command in (["audit"], ["tables"], ["sql", "SELECT 1"], ["explain", "x"]):
        refused(lakeprep(*command, "--lake", tmp_path / "none"), "there is no lake")
    assert not (tmp_path / "none").exists()


def test_weights_that_cannot_be_meant(tmp_path: Path) -> None:
    done = lakeprep("export", "web", "--to", tmp_path, "--lake", tmp_path, "--upweight", "2:2")
    refused(done, "--upweight '2:2'", "SIZE:TIMES")


def test_lists_that_cannot_be_imported(tmp_path: Path) -> None:
    page, list_file = tmp_path / "page.html", tmp_path / "out.list"
    page.write_bytes(PAGE)
    refused(lakeprep("lists", "import", page, "--to", list_file), "page.html", "1 of 1 lines")
    missing = tmp_path / "none"
    refused(lakeprep("lists", "import", missing, "--to", list_file), str(missing))
    assert not list_file.exists()
    page.write_text("bad.example")
    refused(lakeprep("lists", "import", page, "--to", missing / "out"), "cannot be written")


def test_help_needs_no_spark() -> None:
    """It would take seconds, and Java."""
    import subprocess
    import sys

    code = (
        "import sys, lakeprep.cli\n"
        "try: lakeprep.cli.main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pyspark', 'pyarrow', 'numba', 'pandas', 'boto3'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
