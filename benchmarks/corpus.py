"""Text to measure on: documents of any folder, or of the demo, mixed anew until there is enough.

Each new document takes as many paragraphs as an old one has, drawn from all of its language in an
order given by its number alone: the corpus is the same everywhere, and no two documents are equal
(equal ones would flatter every cache).
"""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecordType

from lakeprep.demo.articles import compose
from lakeprep.demo.prng import Stream

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LAKEPREP_DATA", ROOT.parent / "shared" / "data"))


def texts(megabytes: float, folder: Path | None = None) -> Iterator[dict[str, str]]:
    """Rows of `url`, `lang` and `text` until their texts have so many megabytes (10**6 bytes)."""
    found = _source_texts(folder)
    lengths = [(lang, document.count("\n\n") + 1) for lang in found for document in found[lang]]
    pools = {lang: "\n\n".join(documents).split("\n\n") for lang, documents in found.items()}
    written = 0.0
    for number in count():
        if written >= megabytes * 1e6:
            return
        stream = Stream("benchmark", number)
        lang, paragraphs = stream.choice(lengths)
        text = "\n\n".join(stream.choice(pools[lang]) for _ in range(paragraphs))
        written += len(text.encode())
        yield {"url": f"https://bench-{number % 997}.example/{number}", "lang": lang, "text": text}


def write_json_lines(path: Path, megabytes: float, folder: Path | None = None) -> dict[str, int]:
    """Writes `texts` as JSON lines; the number of documents, and the bytes of file and text."""
    documents = text_bytes = 0
    with path.open("w", encoding="utf-8") as out:
        for row in texts(megabytes, folder):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            documents += 1
            text_bytes += len(row["text"].encode())
    return {
        "documents": documents,
        "file_bytes": path.stat().st_size,
        "text_bytes": text_bytes,
    }


def crawl(scratch: Path, folder: Path | None = None) -> list[Path]:
    """WARC files: of `folder`, else of the shared data, else of the demo crawl, which is made."""
    chosen = folder or DATA / "crawl"
    if not folder and not chosen.is_dir():
        from lakeprep.demo import write_demo

        chosen = scratch / "demo"
        write_demo(chosen)
    files = sorted(chosen.rglob("*.warc.gz"))
    if not files:
        raise SystemExit(f"{chosen}: no .warc.gz files")
    return files


def pages(files: Iterable[Path]) -> Iterator[tuple[str, str, bytes]]:
    """URL, media type and body of the responses in WARC files, read as plainly as can be.
    Encodings are told by the bytes: many recordings keep headers of what they have decoded. Where
    a file is damaged (some of the demo's are) fastwarc leaves off."""
    for path in files:
        with path.open("rb") as stream, suppress(OSError):
            for record in ArchiveIterator(stream, WarcRecordType.response, auto_decode="none"):
                kind = record.http_content_type or "text/html"
                body = record.reader.read()
                body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
                yield record.headers.get("WARC-Target-URI", ""), kind, body


def copy_crawl(files: Iterable[Path], folder: Path, copies: int) -> list[Path]:
    """Copies of WARC files whose pages have other URLs, so that no page is a repeat. A copy ends
    where its file is damaged."""
    folder.mkdir()
    made = []
    for path in files:
        for number in range(copies):
            target = folder / f"{number}-{path.name}"
            with path.open("rb") as source, target.open("wb") as out, suppress(OSError):
                for record in ArchiveIterator(source, parse_http=False):
                    if "WARC-Target-URI" in record.headers:
                        mark = "&" if "?" in record.headers["WARC-Target-URI"] else "?"
                        record.headers["WARC-Target-URI"] += f"{mark}benchmark={number}"
                    plain = BytesIO()
                    record.write(plain)
                    out.write(gzip.compress(plain.getvalue(), 6))
            made.append(target)
    return made


def _source_texts(folder: Path | None) -> dict[str, list[str]]:
    """Texts by language: of the JSON-lines files below `folder` (else the shared data), or of the
    demo's authors where there is none."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((folder or DATA / "text").rglob("*.jsonl*")):
        for row in _rows(path):
            found[str(row.get("lang") or row.get("language") or "")].append(row["text"])
    if not found and folder:
        raise SystemExit(f"{folder}: no .jsonl or .jsonl.gz files")
    for lang in () if found else ("en", "de", "zh"):
        streams = (Stream("source", lang, number) for number in range(200))
        found[lang] = [
            compose(lang, s, s.between(5, 60)).text.replace("\n", "\n\n") for s in streams
        ]
    return dict(found)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
