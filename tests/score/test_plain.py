"""What breaks if this fails: plain text ends otherwise by the quick way than by the long one."""

from __future__ import annotations

import os
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lakeprep.score.extract_batch import score_pages
from lakeprep.score.isolate import Isolated
from lakeprep.score.options import PageLimits, ScoreOptions
from lakeprep.score.page import Page, PageText, read_page
from lakeprep.score.plain import untouched

OPTIONS = ScoreOptions(limits=PageLimits(max_text_bytes=200))
PIECES = (
    "word", " ", "\n", "\r\n", "\t", "é", "狐狸", "&amp;", "&", "&#x3c;", "R&D", "Ã©", "â€™", "В°",
    "\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x1c", "\x7f", "\x85", "\u00a0", "\u2028", "\u3000",
    "\u200b", "\ufeff", "\ufffd", "\ufffc", "\u206a", "~{", "{", "PÐ", "Рџ", "√©", "├¬", "ΓÇ", "😀",
)  # fmt: skip
BODIES = st.one_of(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map(
        lambda pieces: "".join(pieces).encode("utf-8", "replace")
    ),
    st.binary(max_size=20),
    st.sampled_from((None, b"x" * 201, b"a" * 150 + b"\xff", "中文".encode("utf-16-le"))),
)
KINDS = st.sampled_from(("text/plain", "Text/Markdown; charset=x", None, "text/html"))


def page_text(body: bytes | None, kind: str | None) -> PageText:
    return read_page(Page(memoryview(body or b""), kind, None), OPTIONS)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(BODIES, KINDS), max_size=8))
@example([(piece.encode(), "text/plain") for piece in PIECES])
@example([(b"good", "text/plain"), (b"<p>good", "text/html"), (b"\xff\xfe\xfd", "text/plain")])
def test_both_ways_agree(pages: list[tuple[bytes | None, str | None]]) -> None:
    bodies, kinds = [body for body, _ in pages], [kind for _, kind in pages]
    found = score_pages(
        pa.array(bodies, pa.binary()),
        pa.array(kinds, pa.string()),
        pa.nulls(len(pages), pa.string()),
        OPTIONS,
    )
    rows = zip(
        *(column.to_pylist() for column in (found.status, found.title, found.text, found.detail)),
        strict=True,
    )

    assert [PageText(*row) for row in rows] == [page_text(*page) for page in pages]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_most_text_stays_in_arrow(kind: pa.DataType) -> None:
    bodies = ["Où est l'âme ? AT&T, “R&D” & Ärger.\n", "敏捷的棕色狐狸", " ok ", "\r\n", "a&lt;b"]
    encoded = pa.array([b"sliced off", *(body.encode() for body in bodies)], kind)[1:]
    ready, texts = untouched(encoded, pa.array(["text/plain"] * 5), PageLimits())

    assert ready.tolist() == [True, True, True, False, False]
    assert texts.to_pylist() == [body.strip() for body in bodies[:3]]


def test_short_plain_text_needs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise AssertionError("a child was forked")

    monkeypatch.setattr(os, "fork", refuse)
    bodies = pa.array([b"plain", "schÃ¶n &amp; gut\r\n".encode(), b""])
    found = score_pages(bodies, pa.array(["text/plain"] * 3), pa.nulls(3, pa.string()), OPTIONS)

    assert found.text.to_pylist() == ["plain", "schön & gut", None]


def test_long_or_doubtful_plain_text_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    run = Isolated.run
    monkeypatch.setattr(
        Isolated, "run", lambda self, items: watched.append(len(items)) or run(self, items)
    )
    bodies = [b"&amp; " * 50_000, b"caf\xe9", b"\x1b$B", b"short &amp;"]
    options = replace(OPTIONS, limits=PageLimits())
    score_pages(pa.array(bodies), pa.array(["text/plain"] * 4), pa.nulls(4, pa.string()), options)

    assert watched == [3]
