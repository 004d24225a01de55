"""Writes the demo crawl: WARC files, the truth beside them, and a note for the reader."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lakeprep.demo import warc
from lakeprep.demo.broken import broken
from lakeprep.demo.captures import DAYS, FIRST_DAY, Capture, capture, draft, truth_of
from lakeprep.demo.content import content
from lakeprep.demo.copies import copies
from lakeprep.demo.grammar import LANGUAGES
from lakeprep.demo.personal import personal
from lakeprep.demo.prng import Stream
from lakeprep.errors import UsageError

# Spark, and so our ingest, passes over names that begin like this: a run on the folder reads pages.
TRUTH_FILE = "_truth.jsonl"
_REPEATS = 4

_README = """\
The demo crawl of lakeprep
==========================
{files} WARC files, one for each day of a made-up crawl, with {pages} ordinary pages in
{languages} languages and planted cases: copies, near copies, blocked sites, thin pages, spam,
wrong charsets, personal data, broken records. Every text is generated, every host is a reserved
name, no value belongs to a person.

_truth.jsonl has one line for each page: url and fetched_at name it, `case` says what it is there
for, `expected` what has to become of it (kept, filtered, duplicate, reject, or repeat: the same
capture again), `also_accepted` what else would be right. Further fields, where they say
something: reason, duplicate_of, similar_to, similarity, mask (values that must be gone),
keep_values (values that must stay), snippet (a sentence that must be there).

Run the main job on it:  lakeprep run web THIS-FOLDER --lake LAKE
"""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was written. `files`: WARC paths in order of the days; `records`: request, response
    and resource records, `readable` of them undamaged (a file has a warcinfo, revisit and
    metadata record more); `pages`: lines of truth that are kept, by language; `cases`:
    lines of truth by case; `outcomes`: by expected outcome."""

    files: tuple[Path, ...]
    records: int
    readable: int
    pages: Mapping[str, int]
    cases: Mapping[str, int]
    outcomes: Mapping[str, int]


def write_demo(directory: Path, *, pages: int = 1600, seed: int = 7) -> DemoSummary:
    """Writes `crawl-00001.warc.gz` and so on, `_truth.jsonl` and `README.txt` into `directory`
    (made if missing, files of these names overwritten).

    `pages` ordinary pages come on top of the planted ones, whose number is fixed. The same
    arguments give the same records on every machine, and the same files wherever Python uses
    the classic zlib. UsageError if the directory cannot be written or `pages` is negative.
    """
    if pages < 0:
        raise UsageError(f"a demo crawl cannot have {pages} pages: give 0 or more")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        captures = sorted(
            _captures(pages, seed), key=lambda c: (c.day, c.truth.fetched_at, c.truth.url)
        )
        files = _write_files(directory, captures)
        lines = [_truth_line(c) for c in captures]
        (directory / TRUTH_FILE).write_bytes("".join(lines).encode())
        note = _README.format(files=len(files), pages=pages, languages=len(LANGUAGES))
        (directory / "README.txt").write_bytes(note.encode())
    except OSError as error:
        raise UsageError(f"cannot write the demo crawl to {directory}: {error}") from error
    return _summary(files, captures)


def _captures(pages: int, seed: int) -> Iterator[Capture]:
    yield from _ordinary(pages, seed)
    yield from copies(seed)
    yield from content(seed)
    yield from personal(seed)
    yield from broken(seed)


def _ordinary(pages: int, seed: int) -> Iterator[Capture]:
    """Good pages, a fifth of them English, and a few that are in the next day's file again."""
    for i in range(pages):
        language = "en" if i % 5 == 0 else LANGUAGES[1 + (i - i // 5) % (len(LANGUAGES) - 1)]
        page = draft(Stream(seed, "page", i), language)
        first = capture(page, truth_of(page, "page", "kept"))
        yield first
        if i < _REPEATS and first.day + 1 < DAYS:
            again = truth_of(page, "repeat", "repeat")
            yield Capture(again, first.day + 1, first.stored)


def _file_name(day: int) -> str:
    return f"crawl-{day + 1:05}.warc.gz"


def _write_files(directory: Path, captures: list[Capture]) -> tuple[Path, ...]:
    paths = []
    before: list[Capture] = []
    for day in range(DAYS):
        path = directory / _file_name(day)
        today = [c for c in captures if c.day == day]
        with path.open("wb") as file:
            file.writelines(_opening(day, before))
            file.writelines(c.stored for c in today)
        paths.append(path)
        before = today
    return tuple(paths)


def _opening(day: int, before: list[Capture]) -> list[bytes]:
    """Records that are no pages: the warcinfo of a file and, but for the first, a revisit and a
    metadata record about a page that the day before has."""
    moment = FIRST_DAY + timedelta(days=day)
    fields = b"software: lakeprep demo\r\nformat: WARC File Format 1.0\r\n"
    info = (("WARC-Filename", _file_name(day)), ("Content-Type", "application/warc-fields"))
    members = [_member("warcinfo", day, moment, info, fields)]
    for truth in [c.truth for c in before if c.truth.expected == "kept"][:1]:
        about = (
            ("WARC-Target-URI", truth.url),
            ("WARC-Refers-To", warc.record_id("response", truth.url, truth.fetched_at)),
        )
        profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
        http = ("Content-Type", "application/http; msgtype=response")
        response = warc.http_response(b"", (("Content-Type", "text/html"),))
        revisit = (*about, ("WARC-Profile", profile), http)
        members.append(_member("revisit", day, moment, revisit, response))
        metadata = (*about, ("Content-Type", "application/warc-fields"))
        members.append(_member("metadata", day, moment, metadata, b"fetchTimeMs: 120\r\n"))
    return members


def _member(kind: str, day: int, moment: datetime, headers: warc.Headers, block: bytes) -> bytes:
    identifier = warc.record_id(kind, day)
    return warc.gzip_member((warc.record(kind, identifier, moment, headers, block),))


def _truth_line(c: Capture) -> str:
    fields = {"file": _file_name(c.day), **asdict(c.truth)}
    fields["fetched_at"] = warc.warc_date(c.truth.fetched_at)
    said = {name: value for name, value in fields.items() if value}
    return json.dumps(said, ensure_ascii=False) + "\n"


def _summary(files: tuple[Path, ...], captures: list[Capture]) -> DemoSummary:
    truths = [c.truth for c in captures]
    return DemoSummary(
        files=files,
        records=sum(c.records for c in captures),
        readable=sum(c.readable for c in captures),
        pages=dict(Counter(t.language for t in truths if t.expected == "kept")),
        cases=dict(Counter(t.case for t in truths)),
        outcomes=dict(Counter(t.expected for t in truths)),
    )
