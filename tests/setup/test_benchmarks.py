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


def test_planted_copies_are_what_they_are_said_to_be() -> None:
    """What the comparison of removed documents rests on: every fifth document copies the one it
    names, the less alike the more words were replaced; any stretch is the same as in the whole."""
    import near_copies
    import numpy as np
    import pyarrow as pa

    from lakeprep.kernels import minhash

    whole = pa.concat_tables(near_copies.tables(9_000, 12_000))
    part = pa.concat_tables(near_copies.tables(9_995, 10_005))
    assert part.equals(whole.slice(995, 10).combine_chunks())
    rows = next(near_copies.tables(0, near_copies.BLOCK))
    source = rows.column("source").to_numpy(zero_copy_only=False)
    copies = np.flatnonzero(~np.isnan(source))
    assert copies.tolist() == list(range(4, near_copies.BLOCK, 5))
    originals = source[copies].astype(np.int64)
    assert not np.isin(originals, copies).any()
    sets = minhash.shingle_sets(rows.column("text"))
    jaccard, _ = minhash.jaccard_containment(
        sets.take(pa.array(copies)), sets.take(pa.array(originals))
    )
    edits = rows.column("edits").to_numpy()[copies]
    means = [jaccard[edits == rate].mean() for rate in near_copies.EDITS]
    assert means[0] == 1 and sorted(means, reverse=True) == means
    assert np.allclose(means, [1, 0.95, 0.9, 0.82, 0.68], atol=0.04)
    strangers, _ = minhash.jaccard_containment(
        sets.take(pa.array(copies[1:])), sets.take(pa.array(originals[:-1]))
    )
    assert np.median(strangers) < 0.01


def test_numbers_come_back_from_identifiers() -> None:
    """The removed documents of all tools are compared by number."""
    import bench_duplicates

    numbers = [0, 1, 99_999, 10**7]
    ids = [bench_duplicates.doc_id_of(number) for number in numbers]
    assert [bench_duplicates.number_of(doc_id) for doc_id in ids] == numbers
    assert all(len(doc_id) == 32 for doc_id in ids)


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
