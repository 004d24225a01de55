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
ARTICLE = (
    "<html><title>{name}</title><body><article>"
    + "".join(
        f"<p>Paragraph {i} of {{name}} tells that the river rose to {i} metres, and that "
        "the people had to leave the houses by the water with all that they could carry.</p>"
        for i in range(12)
    )
    + "</article></body></html>"
)


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
    outcomes = [outcome for outcome, _ in column("gold.web_outcomes", "outcome", "doc_id")]
    assert outcomes == ["filtered"] * 3 + ["kept"] * 5
