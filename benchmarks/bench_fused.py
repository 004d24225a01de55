"""The score pass in memory, one core: text, then real pages; where its time goes; its memory."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from corpus import crawl, pages, texts
from measure import resident_mib

from lakeprep import daemon
from lakeprep.score import fused
from lakeprep.score.options import ScoreOptions
from lakeprep.score.stage import INPUT_COLUMNS

if TYPE_CHECKING:
    from run import Setting

_ROWS = 512  # as spark-conf/local.conf
_STEPS = ("url_features", "score_pages", "edit_lines", "identify", "_digests", "script",
          "text_signals", "count_kinds", "counts_as_map", "band_keys")  # fmt: skip
_ROUNDS = 5


def measure(setting: Setting) -> dict[str, object]:
    daemon.warm()
    rows = texts(setting.megabytes or 20, setting.folder)
    text = [(row["url"], "text/plain", row["text"].encode()) for row in rows]
    found = list(pages(crawl(setting.scratch, setting.folder)))
    return {"text": _pass(text), "pages": _pass(found)}


def _pass(rows: list[tuple[str, str, bytes]]) -> dict[str, object]:
    """The pass over the same batches several times. `resident_mib` is the process after each: it
    has to stay where it is."""
    batches = [_batch(rows[i : i + _ROWS]) for i in range(0, len(rows), _ROWS)]
    size = sum(len(body) for _, _, body in rows) / 1e6
    lists = fused.word_lists(ScoreOptions())
    fused.score_batch(batches[0], ScoreOptions(), "run", lists)
    best, memory, shares = float("inf"), [], {}
    for _ in range(_ROUNDS):
        with _watched_steps() as steps:
            began = time.perf_counter()
            for batch in batches:
                fused.score_batch(batch, ScoreOptions(), "run", lists)
            seconds = time.perf_counter() - began
        memory.append(resident_mib())
        if seconds < best:
            best = seconds
            shares = {name: round(spent / seconds, 3) for name, spent in steps.items()}
    return {
        "documents": len(rows),
        "megabytes_of_bodies": round(size, 1),
        "mb_per_second": round(size / best, 1),
        "documents_per_second": round(len(rows) / best),
        "shares_of_time": dict(sorted(shares.items(), key=lambda item: -item[1])),
        "resident_mib": memory,
    }


def _batch(rows: list[tuple[str, str, bytes]]) -> pa.RecordBatch:
    """A batch of bronze.pages."""
    count = len(rows)
    columns = {
        "page_id": [f"{number:032x}" for number in range(count)],
        "url": [url for url, _, _ in rows],
        "fetched_at": [datetime(2026, 1, 1, tzinfo=timezone.utc)] * count,
        "content_type": [kind for _, kind, _ in rows],
        "charset": pa.nulls(count, pa.string()),
        "body": pa.array([body for _, _, body in rows], pa.binary()),
        "source_path": ["benchmark"] * count,
        "source_offset": list(range(count)),
        "source_length": [1] * count,
        "record_id": pa.nulls(count, pa.string()),
    }
    return pa.record_batch({name: columns[name] for name in INPUT_COLUMNS})


@contextmanager
def _watched_steps() -> Iterator[dict[str, float]]:
    """Seconds spent in each step of the pass, in the children's case as their parent waits."""
    spent: dict[str, float] = defaultdict(float)
    originals = {name: getattr(fused, name) for name in _STEPS}

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return step(*arguments, **named)
            finally:
                spent[name] += time.perf_counter() - began

        return call

    for name, step in originals.items():
        setattr(fused, name, timed(name, step))
    try:
        yield spent
    finally:
        for name, step in originals.items():
            setattr(fused, name, step)
