"""URL rules in a recipe: what may be written, what it does to documents, and its hash."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from lakeprep.curate.rules import reasons_expression
from lakeprep.curate.urls import with_url_reasons
from lakeprep.errors import RecipeError
from lakeprep.lake.catalog import Lake
from lakeprep.recipe import Recipe, Url, load_recipe
from lakeprep.score.url import url_features

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

URLS = [
    "https://www.bad.example/a",
    "https://deep.blog.example/",
    "https://blog.example/",
    "http://pages.example/one/?utm_source=x",
    "http://pages.example/two",
    "http://x.example/nasty-thing",
    "http://x.example/mild/odd",
    "http://x.example/so-me-thing",
    "http://bad.example/nasty?mild=odd",
    "mailto:somebody",
]
RECIPE = """
url:
  lists: [lists/ut1, lists/more.txt]
  blocked_hosts: [www.bad.example]
  blocked_words: {entries: [nasty], file: lists/words.txt}
  soft_words: [mild, odd]
  substrings: [something]
"""


def reasons_of(frame: DataFrame) -> list[list[str]]:
    return [row.url_reasons for row in frame.collect()]


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    adult = tmp_path / "lists" / "ut1" / "adult"
    adult.mkdir(parents=True)
    (adult / "domains").write_text("bad.example\n")
    (tmp_path / "lists" / "more.txt").write_text("deep.blog.example\nhttp://pages.example/one/\n")
    (tmp_path / "lists" / "words.txt").write_text("un-known\n")
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    return path


def documents(lake: Lake) -> DataFrame:
    column = pa.array(URLS)
    names = ["url", "url_key", "host", "domain"]
    return lake.spark.createDataFrame(pa.table([column, *url_features(column)], names)).coalesce(1)


@pytest.mark.spark
def test_every_kind_of_list_gives_its_reason(recipe_file: Path, lake: Lake) -> None:
    recipe = load_recipe(str(recipe_file))
    assert reasons_of(with_url_reasons(documents(lake), recipe.url)) == [
        ["url_domain", "url_host"],
        ["url_host"],
        [],
        ["url_exact"],
        [],
        ["url_word"],
        ["url_soft_words"],
        ["url_substring"],
        ["url_domain", "url_word", "url_soft_words"],
        [],
    ]
    nothing = Recipe(name="x").url
    assert reasons_of(with_url_reasons(documents(lake), nothing)) == [[]] * len(URLS)


@pytest.mark.spark
def test_url_reasons_stand_among_the_others_in_order(recipe_file: Path, lake: Lake) -> None:
    recipe = load_recipe(str(recipe_file))
    judged = lake.sql(
        "stages/judge",
        text={"reasons": reasons_expression(recipe)},
        documents=with_url_reasons(documents(lake), recipe.url).selectExpr(
            "url AS doc_id",
            "url_key",
            "'' AS text_digest",
            "NULL AS fetched_at",
            "ARRAY(1L) AS bands",
            "'ok' AS status",
            "'en' AS language",
            "NULL AS language_score",
            "IF(host IS NULL, ARRAY('zz', 'url_word'), url_reasons) AS url_reasons",
        ),
    ).collect()
    assert judged[0].reasons == ["url_domain", "url_host"]
    assert judged[9].reasons == ["url_word", "zz"]


def test_the_hash_is_that_of_the_entries(recipe_file: Path) -> None:
    """A changed list is a changed recipe; a list that moved, or says the same, is not."""
    lists = recipe_file.parent / "lists"
    before = load_recipe(str(recipe_file)).hash
    (lists / "more.txt").write_text("# moved\nHTTP://www.pages.example/one/\ndeep.blog.example.\n")
    assert load_recipe(str(recipe_file)).hash == before
    moved = recipe_file.parent / "other" / "mine.yaml"
    moved.parent.mkdir()
    moved.write_text(RECIPE.replace("lists/", "../lists/"))
    assert load_recipe(str(moved)).hash == before
    (lists / "ut1" / "adult" / "domains").write_text("bad.example\nworse.example\n")
    changed = load_recipe(str(recipe_file)).hash
    assert changed != before
    (lists / "words.txt").write_text("other\n")
    assert load_recipe(str(recipe_file)).hash not in (before, changed)
    assert load_recipe(str(recipe_file)).score_hash == load_recipe("web").score_hash


def test_the_kinds_are_told_apart_in_the_hash(tmp_path: Path) -> None:
    hashes = set()
    for key in ("blocked_words", "soft_words", "substrings", "blocked_domains", "blocked_hosts"):
        path = tmp_path / "mine.yaml"
        path.write_text(f"url: {{{key}: [abc]}}")
        hashes.add(load_recipe(str(path)).hash)
        path.write_text(f"url: {{{key}: {{file: abc.txt}}}}")
        (tmp_path / "abc.txt").write_text("abc\n")
        hashes.add(load_recipe(str(path)).hash)
    assert len(hashes) == 10


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("blocked_domains: ['https://bad.example/']", "did you mean bad.example?"),
        ("blocked_hosts: ['a b']", "'a b' is no host name"),
        ("blocked_urls: ['no url at all']", "is no URL"),
        ("blocked_words: ['two words']", "other characters"),
        ("substrings: [UPPER]", "other characters"),
        ("soft_words: {files: x}", "did you mean file?"),
        ("soft_word: [x]", "did you mean soft_words?"),
        ("lists: [hdfs://place/list]", "a local path or an s3:// URL"),
        ("lists: missing.txt", "url.lists"),
        ("lists: [missing.txt]", "missing.txt: cannot be read"),
        ("blocked_words: {file: [missing.txt]}", "missing.txt: cannot be read"),
        ("lists: [empty]", "empty: no list in this folder"),
        ("lists: [zeros]", "zeros: not text"),
        ("blocked_words: {file: chinese}", "2 of 2 lines are no words"),
        ("blocked_domains: {file: urls}", "2 of 2 lines are no domains"),
    ],
)
def test_sections_that_cannot_be_meant(section: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "zeros").write_bytes(b"\0" * 100)
    (tmp_path / "chinese").write_text("词\n语\n", encoding="utf-8")
    (tmp_path / "urls").write_text("a.example/b\nb.example/c\n")
    path = tmp_path / "mine.yaml"
    path.write_text(f"url: {{{section}}}")
    with pytest.raises(RecipeError) as error:
        load_recipe(str(path))
    assert "mine.yaml" in str(error.value)
    assert says in str(error.value), str(error.value)
    assert "\n" not in str(error.value)


def python_children() -> dict[int, int]:
    """Peak resident bytes of the Python processes below this one (Linux)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        children.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    found, todo = {}, children.get(os.getpid(), [])
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "python" in fields["Name"] and "VmHWM" in fields:
            found[pid] = int(fields["VmHWM"].split()[0]) << 10
    return found


@pytest.mark.spark
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_million_entries_load_in_seconds_and_leave_workers_small(
    tmp_path: Path, lake: Lake
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{n:x}.site-{n % 1000}.example\n" for n in range(1_000_000)))
    began = time.process_time()
    url = Url(lists=(str(path),))
    assert len(url.compiled.tables.domains) == 1_000_000
    assert time.process_time() - began < 20, "two seconds where nothing else runs"
    pages = lake.spark.range(40_000, numPartitions=2).selectExpr(
        "CONCAT('http://', LOWER(HEX(id)), '.site-', id % 1000, '.example/') AS url",
        "url AS url_key",
        "SUBSTR(url, 8, LENGTH(url) - 8) AS host",
        "'example' AS domain",
    )
    found = with_url_reasons(pages, url).where("url_reasons = ARRAY('url_host')").count()
    assert found == 40_000
    assert max(python_children().values()) < 1 << 30
