"""Runs datatrove's filters, each alone and all in FineWeb's order, and its MinHash signatures.
Belongs to compare.py, which calls it in datatrove's own virtual environment.

    datatrove_filters.py TEXTS.json LANGUAGE THRESHOLDS.json OUT.json

TEXTS is a list of texts. THRESHOLDS holds keyword arguments by filter (`repetition`, `quality`,
`fineweb`). OUT: family -> {"reasons": reason or null by text, "seconds": seconds}; under
"editor" what C4's line editor leaves of each text, [without, with] terminal marks asked for; under
"signatures" the seconds that signatures of all texts take.
"""

from __future__ import annotations

import importlib.metadata  # noqa: F401 (datatrove uses it without importing it)
import json
import sys
import tempfile
import time
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)


def reason(found: object, text: str) -> str | None:
    """A filter's answer as a reason; `text` is not used but says what it was asked about."""
    if found is True:
        return None
    return str(found[1]) if isinstance(found, tuple) else "dropped"


def decide(filters: list, text: str) -> str | None:
    """The reason of the first filter that drops the text. datatrove divides by zero for texts
    without words or lines: it counts them as dropped, and so do we."""
    document = Document(text=text, id="0")
    for one in filters:
        try:
            answer = reason(one.filter(document), text)
        except ZeroDivisionError:
            answer = "error"
        if answer is not None:
            return answer
    return None


def edited(rule: C4QualityFilter, text: str) -> tuple[str | None, str]:
    """The reason of C4's filter, and the text as it leaves it."""
    document = Document(text=text, id="0")
    return reason(rule.filter(document), text), document.text


def signature_seconds(texts: list[str], language: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        step = MinhashDedupSignature(folder, language=language)
        step.get_signature(step.get_shingles("Load the tokenizer before the clock starts."))
        began = time.process_time()
        for text in texts:
            shingles = step.get_shingles(text)
            if shingles.size:
                step.get_signature(shingles)
        return time.process_time() - began


def main() -> None:
    texts = json.loads(Path(sys.argv[1]).read_text())
    language = sys.argv[2]
    thresholds = json.loads(Path(sys.argv[3]).read_text())
    repetition = GopherRepetitionFilter(language=language, **thresholds.get("repetition", {}))
    quality = GopherQualityFilter(language=language, **thresholds.get("quality", {}))
    c4 = C4QualityFilter(filter_no_terminal_punct=False, language=language)
    fineweb = FineWebQualityFilter(language=language, **thresholds.get("fineweb", {}))
    families = {
        "repetition": [repetition],
        "quality": [quality],
        "c4": [c4],
        "fineweb": [fineweb],
        "all": [repetition, quality, c4, fineweb],
    }
    decide(families["all"], "Load the word lists before the clock starts. " * 20)
    found = {}
    for family, filters in families.items():
        began = time.process_time()
        reasons = [decide(filters, text) for text in texts]
        found[family] = {"reasons": reasons, "seconds": time.process_time() - began}
    marks = [
        C4QualityFilter(filter_no_terminal_punct=asked, language=language)
        for asked in (False, True)
    ]
    found["editor"] = [[edited(rule, text) for text in texts] for rule in marks]
    found["signatures"] = signature_seconds(texts, language)
    Path(sys.argv[4]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
