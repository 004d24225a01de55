"""Values of another implementation of the rules of C4, Gopher and FineWeb (`gold/rule_metrics`),
where the definitions are the same."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kernel_texts import data_directory

from lakeprep.kernels.line_editor import edit_lines
from lakeprep.kernels.signals import text_signals
from lakeprep.kernels.word_signals import StopWords
from lakeprep.score.stop_words import stop_words


def expected(annotator: str) -> list[dict[str, Any]]:
    folder = data_directory() / "gold/rule_metrics/universal" / annotator
    rows: list[dict[str, Any]] = pq.read_table(
        folder / "test-data/expected/test1.parquet"
    ).to_pylist()
    return rows


def signals(rows: list[dict[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    texts = pa.array([row["text"] for row in rows])
    found = text_signals(texts, pa.array(["en"] * len(rows)), StopWords.of(stop_words()))
    return dict(found)


def test_gopher_repetition() -> None:
    """Lines and paragraphs have one definition. Its words are those of spaCy's English tokenizer;
    in seven of its ten texts ours part nothing otherwise, and all n-gram values are the same."""
    rows = expected("gopher_repetition_annotator")
    found = signals(rows)
    for theirs, ours in (("line", "line"), ("para", "paragraph")):
        for kind in ("", "_char"):
            values = [row[f"dup_{theirs}{kind}_frac"] for row in rows]
            assert found[f"dup_{ours}{kind}_ratio"].tolist() == pytest.approx(values)
    names = {f"top_{n}_grams": f"top_{n}gram_char_ratio" for n in (2, 3, 4)}
    names |= {f"dup_{n}_grams": f"dup_{n}gram_char_ratio" for n in range(5, 11)}
    same = [
        all(found[ours][i] == pytest.approx(row[theirs]) for theirs, ours in names.items())
        for i, row in enumerate(rows)
    ]
    assert sum(same) >= 7


def test_fineweb() -> None:
    """Line feeds per word (`new_line_ratio`) are left out: their words are others."""
    rows = expected("fineweb_quality_annotator")
    found = signals(rows)
    names = {
        "frac_line_punct": "terminal_line_ratio",
        "dup_line_char_frac": "dup_char_ratio",
        "short_line_frac": "short_line_ratio",
    }
    for theirs, ours in names.items():
        values = [row[theirs] for row in rows]
        assert found[ours].tolist() == pytest.approx(values, rel=1e-12), ours


def test_c4() -> None:
    """Its kept texts are ours to the character. Of the documents that it drops it stores none."""
    rows = expected("c4_annotator")
    edited = edit_lines(pa.array([row["text"] for row in rows]), terminal_marks=True)
    kept = [i for i, row in enumerate(rows) if not row["drop_reason"]]
    assert len(kept) == 5
    for i in kept:
        assert edited.texts[i].as_py() == rows[i]["clean_contents"]
    for reason, ours in (
        ("drop_lorem_ipsum", edited.lorem_ipsum),
        ("drop_curly_bracket", edited.curly_bracket),
    ):
        assert [bool(value) for value in ours] == [row["drop_reason"] == reason for row in rows]
