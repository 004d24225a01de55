"""The C4 line editor against datatrove's C4QualityFilter, document by document.

In an environment with `datatrove[processing]`, `numba` and `pyarrow`:

    PYTHONPATH=src python benchmarks/peers/c4_agreement.py DOCS.jsonl.gz...

Prints one JSON object a file and setting (terminal marks asked for or not): documents, equal
decisions, equal edited texts among those that both keep, and up to ten that differ, with what
either side says.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.filters.c4_filters import C4QualityFilter

from lakeprep.kernels.line_editor import Edited, edit_lines

FEWEST_SENTENCES = 5


def ours(edited: Edited, row: int) -> str:
    """The first test that a document fails, or `kept`."""
    if edited.lorem_ipsum[row] or edited.curly_bracket[row]:
        return "lorem_ipsum or curly_bracket"
    return "kept" if edited.sentence_count[row] >= FEWEST_SENTENCES else "too_few_sentences"


def theirs(text: str, rule: C4QualityFilter) -> tuple[str, str]:
    """datatrove's reason or `kept`, and the text that it leaves."""
    document = Document(text=text, id="")
    answer = rule.filter(document)
    if answer is True:
        return "kept", document.text
    reason = answer[1]
    document_tests = ("lorem_ipsum", "curly_bracket")
    return ("lorem_ipsum or curly_bracket" if reason in document_tests else reason), ""


def compare(path: Path, *, terminal_marks: bool) -> dict[str, object]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    edited = edit_lines(pa.array(texts, pa.large_string()), terminal_marks=terminal_marks)
    rule = C4QualityFilter(filter_no_terminal_punct=terminal_marks)
    decisions, reasons, same_texts, both, different = 0, 0, 0, 0, []
    for row, text in enumerate(texts):
        mine, (other, kept_text) = ours(edited, row), theirs(text, rule)
        decisions += (mine == "kept") == (other == "kept")
        reasons += mine == other
        if mine == other == "kept":
            both += 1
            same_texts += edited.texts[row].as_py() == kept_text
        if mine != other:
            sentences = int(edited.sentence_count[row])
            different.append({"row": row, "ours": mine, "sentences": sentences, "theirs": other})
    return {
        "file": path.name,
        "terminal_marks": terminal_marks,
        "documents": len(texts),
        "equal_decisions": decisions,
        "equal_reasons": reasons,
        "kept_by_both": both,
        "equal_texts": same_texts,
        "different": different[:10],
    }


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for terminal_marks in (False, True):
            print(json.dumps(compare(Path(name), terminal_marks=terminal_marks)), flush=True)
