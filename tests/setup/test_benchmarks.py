"""What breaks if this fails: figures of two days are of two corpora, or name a machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


def test_the_corpus_is_the_same_every_time_and_no_document_comes_twice(tmp_path: Path) -> None:
    import corpus

    source = tmp_path / "source"
    source.mkdir()
    rows = [
        {"lang": lang, "text": "\n\n".join(f"{lang} paragraph {i} of {number}." for i in range(5))}
        for lang in ("en", "zh")
        for number in range(20)
    ]
    (source / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = list(corpus.texts(0.05, source))

    assert made == list(corpus.texts(0.05, source))
    beginning = list(corpus.texts(0.005, source))
    assert made[: len(beginning)] == beginning
    assert 50_000 <= sum(len(row["text"].encode()) for row in made) < 51_000
    assert len({row["text"] for row in made}) == len({row["url"] for row in made}) == len(made)
    assert all(row["text"].count(f"{row['lang']} paragraph") == 5 for row in made)


def test_without_data_the_demo_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import corpus

    monkeypatch.setattr(corpus, "DATA", tmp_path)
    target = tmp_path / "text.jsonl"
    facts = corpus.write_json_lines(target, 0.1)
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]

    assert len(rows) == facts["documents"] > 10
    assert {row["lang"] for row in rows} == {"en", "de", "zh"}
    assert facts["text_bytes"] == sum(len(row["text"].encode()) for row in rows) >= 100_000


def test_copies_of_a_crawl_have_urls_of_their_own(tmp_path: Path) -> None:
    import corpus

    from lakeprep.demo import write_demo

    write_demo(tmp_path / "demo", pages=40)
    original = [tmp_path / "demo" / "crawl-00001.warc.gz"]
    copies = corpus.copy_crawl(original, tmp_path / "copies", 2)
    found = list(corpus.pages(copies))
    pages = list(corpus.pages(original))

    assert len(pages) > 5 and len(found) == 2 * len(pages)
    assert not {url for url, _, _ in found[: len(pages)]} & {
        url for url, _, _ in found[len(pages) :]
    }
    assert [body for _, _, body in found] == 2 * [body for _, _, body in pages]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "kernel"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "no benchmark kernel; there are kernels, fused" in done.stderr


def test_facts_name_no_host_and_no_path() -> None:
    import platform

    import measure

    facts = json.dumps(measure.machine())
    assert '"cores"' in facts and '"numba"' in facts
    assert "/" not in facts and platform.node() not in facts
