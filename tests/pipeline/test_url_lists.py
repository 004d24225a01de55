"""A recipe with a list of URLs, from its file to the outcomes, and after the list has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from lakeprep.errors import RecipeError
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.pipeline import Job, Runner, Target
from lakeprep.recipe import load_recipe

pytestmark = pytest.mark.spark


@pytest.mark.slow
def test_a_changed_list_is_a_changed_recipe(
    open_lake: Callable[[Path], Lake], tmp_path: Path
) -> None:
    recipe, listed, pages = (tmp_path / name for name in ("mine.yaml", "list.txt", "in.jsonl"))
    recipe.write_text("url: {lists: [list.txt], soft_words: [odd, mild]}")
    listed.write_text("bad.example\n")
    urls = (
        "https://a.bad.example/x",
        "https://fine.example/",
        "https://fine.example/odd/mild",
        "https://other.example/",
    )
    pages.write_text("".join(json.dumps({"url": url, "text": f"{url} a"}) + "\n" for url in urls))
    folder = tmp_path / "lake"
    folder.mkdir()
    lake = open_lake(folder)

    def runner(number: int) -> Runner:
        loaded = load_recipe(str(recipe))
        date = datetime(2026, 1, 7, tzinfo=timezone.utc)
        run = Run(f"20260107-{number}", date, "mine", loaded.hash, loaded.score_hash)
        job = Job(Target(folder, None), loaded, inputs=[str(pages)])
        return Runner(lake, job, run, lambda stage, done: None)

    def outcomes() -> dict[str, list[str]]:
        found = lake.frame("gold.mine_outcomes").join(lake.frame("silver.documents"), "doc_id")
        return {row.url: row.reasons for row in found.select("url", "reasons").collect()}

    first = runner(1)
    first.ingest()
    first.score()
    first.curate()
    first.publish()
    assert outcomes() == dict(zip(urls, (["url_domain"], [], ["url_soft_words"], []), strict=True))

    listed.write_text("bad.example\nfine.example\n")
    with pytest.raises(RecipeError, match=r"decided by another recipe.*curate --full.*--dataset"):
        runner(2).curate()

    again = runner(3)
    again.curate(full=True)
    again.publish()
    both = ["url_domain", "url_soft_words"]
    assert outcomes() == dict(zip(urls, (["url_domain"], ["url_domain"], both, []), strict=True))
