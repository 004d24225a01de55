"""What breaks if this fails: pages get another fate on another machine, or one page ends a run."""

from __future__ import annotations

import os
import sys

import pyarrow as pa
import pytest

from lakeprep.errors import EnvironmentMissing, RecipeError
from lakeprep.score import extract, page
from lakeprep.score.extract import Extracted
from lakeprep.score.extract_batch import PageTexts, score_pages
from lakeprep.score.options import IsolationLimits, PageLimits, ScoreOptions

ARTICLE = (
    "<html><head><title> A  title &amp;amp; more </title></head><body>"
    "<nav><a href=/>Home</a><a href=/about>About</a></nav>"
    "<article><h1>Heading</h1>"
    + "<p>Some sentences of a real article, with words in it.</p>" * 5
    + "</article><script>var x;</script></body></html>"
)
MIB = 1 << 20


def score(
    *bodies: bytes | None, kind: str | None = "text/html", options: ScoreOptions | None = None
) -> PageTexts:
    count = len(bodies)
    return score_pages(
        pa.array(bodies, pa.binary()),
        pa.array([kind] * count, pa.string()),
        pa.array([None] * count, pa.string()),
        options or ScoreOptions(),
    )


def test_an_article_becomes_title_and_text() -> None:
    found = score(ARTICLE.encode())

    assert found.status.to_pylist() == ["ok"]
    assert found.title.to_pylist() == ["A title & more"]
    text = found.text[0].as_py()
    assert text.startswith("Heading\n\nSome sentences")
    assert "Home" not in text and "var x" not in text


def test_plain_text_is_its_own_text() -> None:
    body = "\ufeffa < b\r\n\r\n<p>not markup</p> \n"

    found = score(body.encode(), kind="Text/Plain; charset=utf-8")

    assert found.text.to_pylist() == ["a < b\n\n<p>not markup</p>"]
    assert found.title.to_pylist() == [None]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", "empty"),
        (None, "empty"),
        (b"<html><title>only a title</title></html>", "empty"),
        (b"\x00\x01\x02\x03" * 1000, "not_text"),
        (bytes(range(256)) * 100, "not_text"),
        (b"<p>padded" + b"\x00" * 100 + b" with NULs " * 50, "ok"),
        (b"<p>some words here</p>" * (50 * MIB // 22), "too_large"),
        (b"<div>" * 100_000 + b"deep", "too_large"),
        (b"<p>a" + b"<br>" * 1_000_000, "too_large"),
        ("".join(f"<p><font color={n}>x" for n in range(3_000)).encode(), "too_large"),
        (b"<p " + b" ".join(b"a%d=1" % n for n in range(30_000)) + b">", "too_large"),
        (b"<select>" + b"<option>a" * 30_000, "too_large"),
        (b"<div>" * 1_900 + b"<p>text</p>" * 30_000, "too_large"),
        (b"<div>" * 800 + b"<p>real pages are this deep</p>", "ok"),
        (b"<p>a" + b"<br>" * 46_000, "ok"),
        (b"<table>" + b"<tr><td>a cell<td>another" * 38_000, "ok"),
    ],
)
def test_fates(body: bytes | None, status: str) -> None:
    found = score(ARTICLE.encode(), body, ARTICLE.encode())

    assert found.status.to_pylist() == ["ok", status, "ok"]
    assert found.text[1].is_valid == (status == "ok")


def test_sizes_are_limits_to_the_byte() -> None:
    options = ScoreOptions(limits=PageLimits(max_html_bytes=100, max_text_bytes=50))

    html = score(b"<p>" + b"a" * 97, b"<p>" + b"a" * 98, options=options)
    plain = score(b"a" * 50, b"a" * 51, kind="text/plain", options=options)

    assert html.status.to_pylist() == plain.status.to_pylist() == ["ok", "too_large"]
    assert html.detail.to_pylist() == [None, "101 bytes, limit 100"]


def test_large_and_sliced_arrays() -> None:
    bodies = pa.array([b"<p>cut off", ARTICLE.encode(), None, b"x"], pa.large_binary()).slice(1, 2)
    nothing = pa.array([None] * 2, pa.string())

    found = score_pages(bodies, nothing, nothing, ScoreOptions())

    assert found.status.to_pylist() == ["ok", "empty"]


def test_the_same_pages_have_the_same_texts() -> None:
    bodies = [ARTICLE.encode(), b"", "schÃ¶n".encode(), b"<p>caf\xe9"]

    assert score(*bodies) == score(*bodies)


def test_native_code_that_crashes_or_hangs_costs_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(html: str, extractor: str) -> Extracted:
        if "crash" in html:
            os.abort()
        while "hang" in html:
            pass
        return extract.extract_html(html, "resiliparse")

    monkeypatch.setattr(page, "extract_html", hostile)
    options = ScoreOptions(isolation=IsolationLimits(seconds_per_item=1))

    found = score(ARTICLE.encode(), b"crash", b"hang", ARTICLE.encode(), options=options)

    assert found.status.to_pylist() == ["ok", "error", "timeout", "ok"]
    assert "signal 6" in found.detail[1].as_py()


def test_trafilatura_is_an_option() -> None:
    pytest.importorskip("trafilatura")
    found = score(ARTICLE.encode(), b"<p>", options=ScoreOptions(extractor="trafilatura"))

    assert found.status.to_pylist() == ["ok", "empty"]
    assert "real article" in found.text[0].as_py()


def test_a_missing_extractor_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    extract._trafilatura.cache_clear()

    with pytest.raises(EnvironmentMissing, match=r"lakeprep\[trafilatura\]"):
        score(b"", options=ScoreOptions(extractor="trafilatura"))


def test_unknown_names_list_the_known() -> None:
    with pytest.raises(RecipeError, match="resiliparse, trafilatura"):
        ScoreOptions(extractor="readability")  # type: ignore[arg-type]
