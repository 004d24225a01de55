"""Pages made to break a run, through the whole job: a reject or a status, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from lakeprep.demo import warc
from lakeprep.lake.books import balance
from lakeprep.pipeline import Runner
from support import iceberg

pytestmark = pytest.mark.spark
Process = Callable[[Path, Sequence[str | Path]], Runner]
MOMENT = datetime(2026, 1, 7, tzinfo=timezone.utc)
ARTICLE = """<html><title>{name}</title><body><article><h1>{name}</h1>
<p>The river rose in the night, and by the morning the lower streets of the town stood under water.
People carried what they could to the school on the hill, where teachers had opened the doors.</p>
<p>Nobody had expected it so early in the year. The snow on the mountains usually melts in May, but
a warm wind came from the south and did the work of a month within three days.</p>
<p>The mayor said that the new wall had held, though not for long enough. It will have to be built
higher, and that will take money which the town does not have. She asked the county for help.</p>
<p>In the afternoon the rain stopped. Children sailed boats made of paper along the market, while
the baker sold bread from a window on the first floor and wrote the prices on a sheet.</p>
</article></body></html>"""


def capture(name: str, body: bytes) -> bytes:
    message = warc.http_response(body, [("Content-Type", "text/html; charset=utf-8")])
    url = f"https://{name}.example/page"
    headers = [("WARC-Target-URI", url), ("Content-Type", "application/http; msgtype=response")]
    return warc.gzip_member(
        [warc.record("response", warc.record_id(name), MOMENT, headers, message)]
    )


def article(name: str) -> bytes:
    return ARTICLE.format(name=name).encode()


def test_hostile_pages_end_one_by_one(process: Process, tmp_path: Path) -> None:
    """50 MB of markup, 20 MB on one line, 100,000 nested tags, 30,000 attributes: each between
    good pages, which are kept."""
    hostile = {
        "fifty-megabytes": b"<p>" + b"many words of one page " * (50_000_000 // 23),
        "one-line": b"<p>" + b"x" * 20_000_000,
        "nested": b"<div>" * 100_000 + b"deep",
        "attributes": b"<p " + b" ".join(b"a%d=1" % i for i in range(30_000)) + b">text</p>",
    }
    records = [capture("first", article("first"))]
    for name, body in hostile.items():
        records += [capture(name, body), capture(f"after-{name}", article(f"after {name}"))]
    file = tmp_path / "hostile.warc.gz"
    file.write_bytes(b"".join(records))

    runner = process(tmp_path / "lake", [file])
    assert balance(runner.lake).balanced
    lake = iceberg(tmp_path / "lake")

    def column(table: str, *names: str) -> list[tuple[str, ...]]:
        rows = lake.load_table(table).scan(selected_fields=names).to_arrow()
        return sorted(zip(*(rows.column(name).to_pylist() for name in names), strict=True))

    (rejected,) = column("bronze.rejects", "url", "reason")
    assert rejected == ("https://fifty-megabytes.example/page", "too_large")
    statuses = dict(column("silver.documents", "host", "status"))
    assert statuses["one-line.example"] == "too_large"
    assert statuses["nested.example"] == "too_large"
    assert statuses["attributes.example"] == "too_large"
    good = {"first.example", *(f"after-{name}.example" for name in hostile)}
    assert {host for host, status in statuses.items() if status == "ok"} == good
    # Five times one article: the first is kept, the others name it.
    outcomes = [outcome for outcome, _ in column("gold.web_outcomes", "outcome", "doc_id")]
    assert outcomes == ["duplicate"] * 4 + ["filtered"] * 3 + ["kept"]
