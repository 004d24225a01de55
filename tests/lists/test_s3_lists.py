"""Lists on S3, against moto's server."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lakeprep.errors import InputError, RecipeError
from lakeprep.lists import compiled
from lakeprep.recipe import load_recipe


@pytest.fixture
def bucket(s3_client):
    s3_client.create_bucket(Bucket="lists")
    return s3_client


def test_objects_and_folders(bucket, tmp_path: Path) -> None:
    for key, body in {
        "plain.txt.gz": gzip.compress(b"a.example\nb.example/x\n"),
        "ut1/adult/domains": b"c.example\n",
        "ut1/adult/expressions": b"x+\n",
        "ut1/README": b"what this is\n",
        "ut1/too/deep/domains": b"d.example\n",
    }.items():
        bucket.put_object(Bucket="lists", Key=key, Body=body)
    gathered = compiled.gather(["s3://lists/plain.txt.gz", "s3://lists/ut1"])
    local = tmp_path / "list"
    local.write_text("a.example\nb.example/x\nc.example\n")
    assert compiled.write(gathered, tmp_path / "s3.list") == {"domains": 2, "urls": 1}
    compiled.write(compiled.gather([str(local)]), tmp_path / "local.list")
    assert (tmp_path / "s3.list").read_bytes() == (tmp_path / "local.list").read_bytes()

    bucket.upload_file(str(tmp_path / "s3.list"), "lists", "all.list")
    again = compiled.gather(["s3://lists/all.list"])
    assert again.table("domains").tolist() == gathered.table("domains").tolist()

    for place, says in {
        "s3://lists/none": "no such object",
        "s3://nowhere/list": "no such bucket",
        "s3://": "names no bucket",
    }.items():
        with pytest.raises(InputError, match=says):
            compiled.gather([place])


def test_a_recipe_s_bad_words(bucket, tmp_path: Path) -> None:
    """They are named as lists of URLs are."""
    path = tmp_path / "mine.yaml"
    path.write_text("score: {bad_words: {en: s3://lists/bad/en.txt}}\n")
    with pytest.raises(RecipeError, match=r"score\.bad_words\.en: s3://lists/bad/en\.txt: no such"):
        load_recipe(str(path))
    bucket.put_object(Bucket="lists", Key="bad/en.txt", Body=b"two words\none\n")
    assert load_recipe(str(path)).bad_words == {"en": ("one", "two words")}
