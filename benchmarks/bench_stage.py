"""The score stage, Spark and all, on JSON lines of text and on WARC files.

The bare loop beside WARC is what anyone would write first: processes, each with its share of the
files, that read records with fastwarc and extract them with resiliparse; nothing is kept. It runs
before and after the stages, and the mean counts: a machine that others share is not as fast in one
minute as in the next.

Beside JSON lines, where the folder of its virtual environment is given, stand datatrove's steps
for the same signals: its four filters, each on every document, and its MinHash signatures. It would
take hours, so it gets English documents of the corpus up to `_PEER_MEGABYTES`, on one core, and is
taken to be as many times faster on all cores as there are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import copy_crawl, crawl, pages, write_json_lines
from measure import run_command

if TYPE_CHECKING:
    from run import Setting

_MEGABYTES = 500
_PEER_MEGABYTES = 2
_COPIES = 24  # of the crawl, under other URLs: 59,000 pages, as many as two files of Common Crawl


def measure(setting: Setting) -> dict[str, object]:
    return {"json_lines": _json_lines(setting), "warc": _warc(setting)}


def _json_lines(setting: Setting) -> dict[str, object]:
    path = setting.scratch / "text.jsonl"
    corpus = write_json_lines(path, setting.megabytes or _MEGABYTES, setting.folder)
    run = _ingest_and_score([path], setting.scratch / "text_lake")
    size = corpus["text_bytes"] / 1e6
    speed = size / run["score_seconds"]
    return {
        "corpus": corpus,
        **run,
        "score_mb_per_second": round(speed, 1),
        **({} if setting.environment is None else _datatrove(setting.environment, path, speed)),
        "ingest_and_score_mb_per_second": round(
            size / (run["score_seconds"] + run["ingest_seconds"]), 1
        ),
    }


def _datatrove(folder: Path, lines: Path, speed: float) -> dict[str, object]:
    sys.path.insert(0, str(Path(__file__).with_name("peers")))
    from compare import environment, peer

    texts: list[str] = []
    size = 0
    with lines.open(encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            if size >= _PEER_MEGABYTES * 1e6:
                break
            if row["lang"] == "en":
                texts.append(row["text"])
                size += len(row["text"].encode())
    found = peer(environment(folder), texts, "en", {})
    filters = ("repetition", "quality", "c4", "fineweb")
    seconds = {name: found[name]["seconds"] for name in filters}
    seconds["signatures"] = found["signatures"]
    cores = os.cpu_count() or 1
    their_speed = size / 1e6 / sum(seconds.values()) * cores
    return {
        "datatrove": {
            "documents": len(texts),
            "text_bytes": size,
            "seconds_on_one_core": {name: round(spent, 1) for name, spent in seconds.items()},
            "mb_per_second_on_all_cores": round(their_speed, 3),
        },
        "times_faster_than_datatrove": round(speed / their_speed, 1),
    }


def _warc(setting: Setting) -> dict[str, object]:
    files = copy_crawl(crawl(setting.scratch, setting.folder), setting.scratch / "crawl", _COPIES)
    extracted, before = _bare_loops(files)
    run = _ingest_and_score(files, setting.scratch / "warc_lake")
    _, after = _bare_loops(files)
    bare = extracted / ((before + after) / 2)
    return {
        "corpus": {"files": len(files), "bytes": sum(path.stat().st_size for path in files)},
        "bare_loop": {
            "processes": os.cpu_count(),
            "pages": extracted,
            "seconds": [round(before, 1), round(after, 1)],
            "pages_per_second": round(bare, 1),
        },
        **run,
        "score_pages_per_second": round(run["documents"] / run["score_seconds"], 1),
        "score_relative_to_bare_loop": round(run["documents"] / run["score_seconds"] / bare, 2),
        "ingest_and_score_relative_to_bare_loop": round(
            run["documents"] / (run["ingest_seconds"] + run["score_seconds"]) / bare, 2
        ),
    }


def _bare_loops(files: list[Path]) -> tuple[int, float]:
    """Pages and seconds, by as many processes as there are cores."""
    began = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        extracted = sum(pool.map(bare_loop, files))
    return extracted, time.perf_counter() - began


def bare_loop(path: Path) -> int:
    """Pages of one file from which the default extractor's plain call made text."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    count = 0
    for _, _, body in pages([path]):
        html = bytes_to_str(body, detect_encoding(body))
        extract_plain_text(html, main_content=True)
        count += 1
    return count


def _ingest_and_score(files: list[Path], lake: Path) -> dict[str, float]:
    """Seconds of both stages, from the first Spark job to the commit, and the score command's
    whole time and memory."""
    ingest = run_command("ingest", "web", *map(str, files), "--lake", str(lake))
    score = run_command("score", "web", "--lake", str(lake))
    return {
        "ingest_seconds": ingest["stages"]["ingest"],
        "score_seconds": score["stages"]["score"],
        "score_command_seconds": score["seconds"],
        "score_peak_mib": score["peak_mib"],
        "documents": score["summary"]["stages"]["score"]["rows_out"],
    }
