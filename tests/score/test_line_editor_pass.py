"""The fused pass with and without the line editor, and with lists of bad words. What breaks here:
a rule that looks at another text than the recipe says."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lakeprep.errors import RecipeError
from lakeprep.kernels import repetition
from lakeprep.recipe import load_recipe
from lakeprep.score.fused import score_batch, word_lists
from lakeprep.score.options import ScoreOptions

TEXT = """Menu
The first line of this page is kept. It has two sentences, and that is all.
A second line of the page[1] loses its mark
Turn on javascript for {this} page to work, and have fun.
We use cookies to make the page better for you.
Darn, the last line is to be kept with the others!"""
KEPT = """The first line of this page is kept. It has two sentences, and that is all.
A second line of the page loses its mark
Darn, the last line is to be kept with the others!"""
GOPHER = ("word_count", "mean_word_length", "hash_ratio", "bullet_line_ratio", "alpha_word_ratio",
          "stop_word_count", *repetition.SIGNAL_NAMES)  # fmt: skip


def score(*texts: str, **options: Any) -> list[dict[str, Any]]:
    count = len(texts)
    batch = pa.RecordBatch.from_pydict({
        "page_id": [f"{i:032}" for i in range(count)],
        "url": ["https://a.example/"] * count,
        "fetched_at": [datetime(2026, 1, 7, tzinfo=timezone.utc)] * count,
        "content_type": ["text/plain"] * count,
        "charset": ["utf-8"] * count,
        "body": [text.encode() for text in texts],
        "source_path": ["a.jsonl"] * count,
        "source_offset": [0] * count,
        "source_length": [0] * count,
        "record_id": [None] * count,
    })  # fmt: skip
    chosen = ScoreOptions(**options)
    rows: list[dict[str, Any]] = score_batch(batch, chosen, "run-1", word_lists(chosen)).to_pylist()
    return rows


def test_gopher_sees_the_page_and_the_rest_its_edited_text() -> None:
    (edited,) = score(TEXT, line_editor="c4")
    (whole,) = score(TEXT)
    (plain,) = score(KEPT)
    assert edited["text"] == KEPT
    for column in ("text_digest", "language", "language_score", "script", "pii", "bands"):
        assert edited[column] == plain[column]
    own = {"edited_line_ratio", "lorem_ipsum", "curly_bracket", "sentence_count"}
    for name, value in edited["signals"].items():
        if name not in own:
            other = whole if name in GOPHER else plain
            assert value == other["signals"][name], name


def test_the_editors_own_signals() -> None:
    (edited,) = score(TEXT, line_editor="c4")
    (whole,) = score(TEXT)
    assert edited["signals"]["edited_line_ratio"] == 4 / 6
    assert whole["signals"]["edited_line_ratio"] == 0
    # The bracket stands in a line that javascript has dropped already.
    assert (edited["signals"]["curly_bracket"], whole["signals"]["curly_bracket"]) == (0, 1)
    # Line by line; in the plain text the second line runs on into the third.
    assert edited["signals"]["sentence_count"] == 4


def test_terminal_marks_are_asked_for_by_an_option() -> None:
    (edited,) = score(TEXT, line_editor="c4", line_editor_terminal_marks=True)
    assert edited["text"] == "\n".join(line for line in KEPT.split("\n") if line[-1] in ".!")


def test_a_page_without_a_kept_line_is_empty_and_its_neighbours_are_not() -> None:
    found = score("Only two", TEXT, "", line_editor="c4")
    assert [row["status"] for row in found] == ["empty", "ok", "empty"]
    for row in (found[0], found[2]):
        columns = ("text", "text_digest", "language", "signals", "pii", "bands")
        assert [row[column] for column in columns] == [None] * 6


def test_bad_words_are_counted_in_the_edited_text_and_its_language() -> None:
    lists = {"en": ("darn", "javascript", "last line"), "de": ("the",)}
    (whole,) = score(TEXT, bad_words=lists)
    (edited,) = score(TEXT, bad_words=lists, line_editor="c4")
    assert whole["signals"]["bad_word_count"] == 3
    assert edited["signals"]["bad_word_count"] == 2


def recipe_with(folder: Path, content: bytes | None) -> Path:
    if content is not None:
        (folder / "words.txt").write_bytes(content)
    path = folder / "mine.yaml"
    path.write_text("score: {bad_words: {zh: words.txt}}\n")
    return path


def test_a_recipe_reads_its_lists_beside_itself(tmp_path: Path) -> None:
    path = recipe_with(tmp_path, "\ufeff坏词\r\n\n 性 \n坏  话\n".encode())
    assert load_recipe(str(path)).bad_words == {"zh": ("坏 话", "坏词")}


def test_the_hash_follows_the_list_and_not_its_place(tmp_path: Path) -> None:
    first = load_recipe(str(recipe_with(tmp_path, "一\n二\n".encode())))
    same = load_recipe(str(recipe_with(tmp_path, "二\n\n一".encode())))
    other = load_recipe(str(recipe_with(tmp_path, "一\n三\n".encode())))
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    again = load_recipe(str(recipe_with(moved, "一\n二\n".encode())))
    assert first.score_hash == same.score_hash == again.score_hash != other.score_hash
    assert first.hash == same.hash == again.hash != other.hash


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe1", "not UTF-8"),
        (b" \n\n", "no entries"),
        (b"x" * 65, "no word list"),
    ],
)
def test_lists_that_cannot_be_used(content: bytes | None, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=rf"score\.bad_words\.zh: .*words\.txt: {words}"):
        load_recipe(str(recipe_with(tmp_path, content)))


def test_terminal_marks_without_an_editor_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("score: {line_editor_terminal_marks: true}\n")
    with pytest.raises(RecipeError, match="needs line_editor: c4"):
        load_recipe(str(path))
