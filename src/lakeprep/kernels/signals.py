"""The signals of a text, by the names and definitions of RULES.md sections 2, 3, 5 and 7.

Nothing is rounded. A ratio whose denominator is zero is 0.0 (the reference fails there or drops
the document for another rule before it comes to it).

Where section 7 leaves room:

``upper_char_ratio``, ``digit_char_ratio``, ``space_char_ratio``
    code points that are str.isupper, str.isdecimal, str.isspace / L
``symbol_char_ratio``
    code points that are neither letter, number, mark nor white space / L
``han_ratio``, ``latin_ratio``
    Han letters and numerals, Latin letters / L
``parenthesis_ratio``
    ``( ) [ ]`` and their full-width and lenticular forms / L
``unique_word_ratio``, ``unigram_entropy``
    over N in lower case, code point by code point: distinct / \\|N\\|, and the entropy in nats
``url_count``
    ``http://`` and ``https://``, and ``www.`` where no word or address runs into it
``sentence_count``
    a sentence begins at the first token and at the first token after a terminal mark that is not
    itself punctuation
``line_count``, ``mean_line_length``
    lines of split("\\n") that are not blank; their mean length in code points
``lorem_ipsum``, ``curly_bracket``
    1.0 where the text has "lorem ipsum" (any case), "{"
``javascript_line_count``
    lines of splitlines() with "javascript" (any case)
``edited_line_ratio``
    lines that the line editor dropped or deleted a mark from / lines that are not blank; 0.0
    without the editor
``bad_word_count``
    entries of the language's list (`bad_words`); 0.0 where there is none
``mojibake_ratio``
    characters in sequences of UTF-8 read as Latin-1 or Windows-1252 (`mojibake`) / L

With the line editor on, section 3 is of the text before the edit, sections 5 and 7 are of the
edited one; `lorem_ipsum`, `curly_bracket` and `sentence_count` are then the editor's own, found in
the order of its tests and counted line by line, as C4 does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import line_signals as lines
from lakeprep.kernels import repetition
from lakeprep.kernels import unicode as u
from lakeprep.kernels import word_signals as words
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.bad_words import WordLists, count_bad_words
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, kernel
from lakeprep.kernels.line_editor import Edited
from lakeprep.kernels.mojibake import count_mojibake
from lakeprep.kernels.token_signals import count_tokens
from lakeprep.kernels.utf8 import ByteArray, decode

Signal = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float64]

ENGLISH_STOP_WORDS: Final = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))

#: What the line editor finds itself.
EDITOR_SIGNALS: Final = ("edited_line_ratio", "lorem_ipsum", "curly_bracket", "sentence_count")

SIGNAL_NAMES: Final[tuple[str, ...]] = (
    *repetition.SIGNAL_NAMES,
    # section 3
    "word_count",
    "mean_word_length",
    "hash_ratio",
    "ellipsis_ratio",
    "bullet_line_ratio",
    "ellipsis_line_ratio",
    "alpha_word_ratio",
    "stop_word_count",
    # section 5
    "terminal_line_ratio",
    "short_line_ratio",
    "dup_char_ratio",
    "newline_word_ratio",
    # section 7
    "upper_char_ratio",
    "digit_char_ratio",
    "symbol_char_ratio",
    "space_char_ratio",
    "unique_word_ratio",
    "unigram_entropy",
    "url_count",
    "parenthesis_ratio",
    "han_ratio",
    "latin_ratio",
    "sentence_count",
    "line_count",
    "mean_line_length",
    "replacement_char_count",
    "lorem_ipsum",
    "curly_bracket",
    "javascript_line_count",
    "edited_line_ratio",
    "bad_word_count",
    "mojibake_ratio",
)


def text_signals(
    texts: pa.Array,
    languages: pa.Array | None = None,
    stop_words: Mapping[str, frozenset[str]] | words.StopWords | None = None,
    *,
    edited: Edited | None = None,
    bad_words: WordLists | None = None,
) -> dict[str, Signal]:
    """All signals of `SIGNAL_NAMES`, in that order, one float64 a document.

    `languages` holds a code a document, as the keys of `stop_words` (such as ``en``); documents
    of other languages, or of none, have a `stop_word_count` of 0. Build `StopWords.of(...)` once
    where many batches are scored with the same lists. A null text counts as the empty one.
    `edited` is what the line editor made of these very texts, if it is on.
    """
    if not isinstance(stop_words, words.StopWords):
        stop_words = words.StopWords.of(stop_words or {})
    tables = u.tables()
    offsets, data = string_buffers(texts)
    by_word, by_gram = count_tokens(
        offsets, data, tables, languages, stop_words, repetition_too=True
    )
    by_line = lines.count_lines(offsets, data, tables)
    # Sections 5 and 7 are counted anew where the editor changed something.
    kept_word, kept_line, kept = by_word, by_line, (offsets, data)
    if edited is not None:
        kept_word, kept_line, changed = by_word.copy(), by_line.copy(), edited.changed
        anew = string_buffers(edited.texts.filter(pa.array(changed)))
        kept_word[:, changed], _ = count_tokens(
            *anew, tables, None, stop_words, repetition_too=False
        )
        kept_line[:, changed] = lines.count_lines(*anew, tables)
        kept = string_buffers(edited.texts)
    counts = _counts(by_word, kept_word, kept_line)
    if edited is not None:
        for name in EDITOR_SIGNALS:
            counts[name] = getattr(edited, name)
    if bad_words is not None:
        text_after = texts if edited is None else edited.texts
        counts["bad_word_count"] = count_bad_words(text_after, languages, bad_words)
    ratios = _ratios(by_word, by_line, kept_word, kept_line)
    ratios["mojibake_ratio"] = count_mojibake(*kept, tables), kept_line[lines.CODE_POINTS]
    divided = {name: _ratio(above, below) for name, (above, below) in ratios.items()}
    found = repetition.repetition_signals(by_gram) | counts | divided
    return {name: found[name] for name in SIGNAL_NAMES}


def _ratios(
    by_word: Rows, by_line: Rows, kept_word: Rows, kept_line: Rows
) -> dict[str, tuple[Signal, Signal]]:
    """What is divided by what, of the text before (`by_`) and after the edit (`kept_`)."""
    tokens, split_lines = by_word[words.TOKENS], by_line[lines.SPLIT_LINES]
    points, full_lines = kept_line[lines.CODE_POINTS], kept_line[lines.LINES]
    return {
        "mean_word_length": (by_word[words.WORD_CODE_POINTS], by_word[words.WORDS]),
        "hash_ratio": (by_line[lines.HASHES], tokens),
        "ellipsis_ratio": (by_line[lines.ELLIPSES], tokens),
        "bullet_line_ratio": (by_line[lines.BULLET_LINES], split_lines),
        "ellipsis_line_ratio": (by_line[lines.ELLIPSIS_LINES], split_lines),
        "alpha_word_ratio": (by_word[words.LETTER_TOKENS], tokens),
        "terminal_line_ratio": (kept_line[lines.TERMINAL_LINES], full_lines),
        "short_line_ratio": (kept_line[lines.SHORT_LINES], full_lines),
        "dup_char_ratio": (
            kept_line[lines.REPEATED_CODE_POINTS],
            points - kept_line[lines.NEWLINES],
        ),
        "newline_word_ratio": (kept_line[lines.NEWLINES], kept_word[words.TOKENS]),
        "upper_char_ratio": (kept_line[lines.UPPER], points),
        "digit_char_ratio": (kept_line[lines.DIGITS], points),
        "symbol_char_ratio": (kept_line[lines.OTHERS], points),
        "space_char_ratio": (kept_line[lines.SPACES], points),
        "unique_word_ratio": (kept_word[words.DISTINCT_WORDS], kept_word[words.WORDS]),
        "parenthesis_ratio": (kept_line[lines.BRACKETS], points),
        "han_ratio": (kept_line[lines.HAN], points),
        "latin_ratio": (kept_line[lines.LATIN], points),
        "mean_line_length": (kept_line[lines.LINE_CODE_POINTS], full_lines),
    }


def _counts(by_word: Rows, kept_word: Rows, kept_line: Rows) -> dict[str, Signal]:
    """The signals that are counted, not divided; zeros for what the editor and lists find."""
    nothing = np.zeros_like(kept_line[lines.LINES])
    return {
        "word_count": by_word[words.WORDS],
        "stop_word_count": by_word[words.STOP_WORDS],
        "unigram_entropy": kept_word[words.ENTROPY],
        "url_count": kept_line[lines.ADDRESSES],
        "sentence_count": kept_word[words.SENTENCES],
        "line_count": kept_line[lines.LINES],
        "replacement_char_count": kept_line[lines.REPLACEMENTS],
        "lorem_ipsum": kept_line[lines.LOREM_IPSUM],
        "curly_bracket": kept_line[lines.CURLY],
        "javascript_line_count": kept_line[lines.JAVASCRIPT_LINES],
        "edited_line_ratio": nothing,
        "bad_word_count": nothing,
    }


def _ratio(above: Signal, below: Signal) -> Signal:
    """above / below, 0.0 where below is 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


#: What `script_kernel` writes: an index of `unicode.SCRIPTS`, or one of the two after them.
SCRIPT_CODES: Final = (None, *u.SCRIPTS[1:], "Hans", "Hant")
LATN: Final = u.SCRIPTS.index("Latn")
HANI: Final = u.SCRIPTS.index("Hani")
KANA: Final = u.SCRIPTS.index("Kana")
HANS: Final = SCRIPT_CODES.index("Hans")
HANT: Final = SCRIPT_CODES.index("Hant")


@helper
def ascii_letters(data: ByteArray, start: int, end: int) -> int:
    """ASCII letters among the bytes."""
    count = 0
    for at in range(start, end):
        count += 0x61 <= (data[at] | 32) <= 0x7A
    return count


@kernel(f"void({OFFSETS}, {BYTES}, {U32_TABLE}, int64[::1], uint8[::1])")
def script_kernel(
    offsets: npt.NDArray[np.int64],
    data: ByteArray,
    flags: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.int64],
    out: npt.NDArray[np.uint8],
) -> None:
    """The index of the script with most letters a document; 0 where no letter has a script. Han
    is told apart further, but not in Japanese, which kana show. `counts` has a place a script."""
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        for i in range(len(counts)):
            counts[i] = 0
        counts[LATN] = ascii_letters(data, at, end)
        simplified, traditional = 0, 0
        while at < end:
            if data[at] < 0x80:
                at += 1
                continue
            point, at = decode(data, at, end)
            own = flags[point]
            counts[own >> np.uint32(u.SCRIPT_SHIFT)] += np.int64(own & np.uint32(u.LETTER))
            simplified += (own & np.uint32(u.SIMPLIFIED)) != 0
            traditional += (own & np.uint32(u.TRADITIONAL)) != 0
        best = 0
        for script in range(1, len(counts)):
            if counts[script] > (counts[best] if best else 0):
                best = script
        if best == HANI and 20 * counts[KANA] < counts[HANI]:
            if simplified > 0 and simplified >= 2 * traditional:
                best = HANS
            elif traditional > 0 and traditional >= 2 * simplified:
                best = HANT
        out[document] = best


def script(texts: pa.Array) -> pa.Array:
    """The script of most letters of each text as an ISO 15924 code (``Latn``, ``Cyrl``, ``Kana``
    for Hiragana and Katakana together, ...); null where no letter has a script. Of equals the
    first in `unicode.SCRIPTS`.

    Han is ``Hans`` or ``Hant`` where the characters that only simplified or only traditional
    Chinese uses are at least two to one for it, and else ``Hani``: no such character, both mixed,
    or Japanese (a kana for every twenty Han letters or more).
    """
    offsets, data = string_buffers(texts)
    best = np.zeros(len(offsets) - 1, dtype=np.uint8)
    counts = np.empty(len(u.SCRIPTS), dtype=np.int64)
    script_kernel(offsets, data, u.tables().flags, counts, best)
    return pa.array(SCRIPT_CODES, type=pa.string()).take(pa.array(best))
