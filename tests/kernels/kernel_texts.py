"""Texts that reach every corner of the kernels, and where the real ones lie."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

SAMPLES = (
    "abcXYZ059 \n\n\r\t.,;:!?-'\"#()[]{}<>/=+*~_@&%$^|\\•…–—’‘“”€،؟"
    "äößÉñçłžΣςσπАбвЖאבגقرآنदेवนา่ทีかなガーｶﾞ漢字々〇한글각ｇＡ１２٣४"
    "\u0301\u0308\u200b\u200d\u00ad\u200c\ufe0f❤😀👩🏽🇩🇪\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\x1f"
    "\x00\x7f\ufffd\ufeff\u00a0\u3000。．！？｡।ﬁǅİſKΩÅ½²Ⅷ\U0001d400\U00020000\U0010ffff"
)
FRAGMENTS = (
    "don't", "it's", "I'LL", "we’ve", "n't", "'s", "U.S. ", "J. Doe", "e.g. ", "3.14", "1,000",
    "a,b", "end.Next", "well-known", "covid-19", "1990-2000", "and/or", "12:30", "...", "--", "…",
    "http://a.b/c?d=e. ", "https://x.y,z", "www.a.b)", "awww.a", "HTTP://", "lorem ipsum",
    "Lorem IPSUM", "JavaScript", "\r\n", "\n\n", "- item\n", "• item\n", "the ", "The ", "and ",
    "of", "你好。", "こんにちは", "สวัสดี", "#tag", "#", "....", ". . .", "{", "line one\n",
)  # fmt: skip


def assigned() -> st.SearchStrategy[str]:
    """Any assigned character but surrogates."""
    return st.characters(exclude_categories=("Cs", "Cn"))


def texts() -> st.SearchStrategy[str]:
    """Texts of hand-picked characters, fragments and anything else."""
    piece = st.one_of(
        st.sampled_from(FRAGMENTS), st.text(st.sampled_from(SAMPLES), max_size=12),
        st.text(assigned(), max_size=4), st.sampled_from((" ", "\n", "a", "b", "."))
    )  # fmt: skip
    return st.lists(piece, max_size=25).map("".join)


def data_directory() -> Path:
    """The real data, or a skip that says so."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("LAKEPREP_DATA") or root.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: set LAKEPREP_DATA (looked in {folder.name})")
    return folder


def read_texts(path: Path, limit: int = sys.maxsize) -> list[str]:
    """The `text` of each line of a .jsonl.gz file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for _, line in zip(range(limit), lines, strict=False)]
