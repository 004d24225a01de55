"""Thresholds for our words that decide as the reference decides on its own.

The published thresholds for Chinese, Japanese and Thai (FineWeb-2) are given on the words of a
segmenter: jieba, Sudachi, newmm. Our tokens there are single code points, so a word count is
larger, an n-gram shorter and a ratio per word smaller. This script measures both on real text and
prints the thresholds on our signals with which each rule decides most alike, and how often all
rules together then agree. The recipes carry the numbers.

Two steps, because the reference lives in an environment of its own (datatrove 0.10 with jieba,
sudachipy and sudachidict_core, or pythainlp):

    python benchmarks/peers/calibrate_words.py reference zh OUT.parquet TEXTS.jsonl.gz…

    python benchmarks/peers/calibrate_words.py fit zh OUT.parquet
    python benchmarks/peers/calibrate_words.py check zh OUT.parquet    # the shipped fineweb2

`reference` runs under the reference's Python, the others under ours. `fit` chooses thresholds on
the documents of even number and judges them on the others too; where the reference drops nothing
there is nothing to fit, and it gives the published number times or over our tokens a word. The
rules that are the same on any words (bullets, ellipses at the ends of lines, repeated lines) and
those on stop words are not part of this.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from markup import without_markup

# FineWeb-2's configs/<language>.yml as published (huggingface/fineweb-2); the numbers of every
# language's pipeline beside them are in its fineweb-2-pipeline.py and datatrove's defaults.
PUBLISHED: dict[str, dict[str, float]] = {
    "zh": {
        "alpha_word_ratio": 0.735, "newline_word_ratio": 0.178, "mean_word_length": 5,
        "top_2gram": 0.256, "top_3gram": 0.201, "top_4gram": 0.171,
        "dup_5gram": 0.198, "dup_6gram": 0.182, "dup_7gram": 0.167,
        "dup_8gram": 0.154, "dup_9gram": 0.14, "dup_10gram": 0.127,
        "dup_line_ratio": 0.287, "terminal_line_ratio": 0.106,
    },
    "ja": {
        "alpha_word_ratio": 0.759, "newline_word_ratio": 0.13, "mean_word_length": 6,
        "top_2gram": 0.239, "top_3gram": 0.196, "top_4gram": 0.172,
        "dup_5gram": 0.243, "dup_6gram": 0.225, "dup_7gram": 0.207,
        "dup_8gram": 0.19, "dup_9gram": 0.175, "dup_10gram": 0.159,
        "dup_line_ratio": 0.328, "terminal_line_ratio": 0.096,
    },
    "th": {
        "alpha_word_ratio": 0.9, "newline_word_ratio": 0.153, "mean_word_length": 10,
        "top_2gram": 0.221, "top_3gram": 0.197, "top_4gram": 0.162,
        "dup_5gram": 0.185, "dup_6gram": 0.168, "dup_7gram": 0.152,
        "dup_8gram": 0.137, "dup_9gram": 0.124, "dup_10gram": 0.111,
        "dup_line_ratio": 0.349, "terminal_line_ratio": 0.0,
    },
}  # fmt: skip
COMMON = {"word_count": 50, "hash_ratio": 0.1, "ellipsis_ratio": 0.1}
#: The reference's measure, and the signals of ours that may stand for it. Our n-grams have n code
#: points, the reference's n words of 1.5 to 4: the one that agrees best takes the rule.
STAND_INS = {
    "word_count": ("word_count",),
    "mean_word_length": ("mean_word_length", "latin_ratio"),
    "alpha_word_ratio": ("alpha_word_ratio", "symbol_char_ratio"),
    "hash_ratio": ("hash_ratio",),
    "ellipsis_ratio": ("ellipsis_ratio",),
    "newline_word_ratio": ("newline_word_ratio",),
    **{f"top_{n}gram": tuple(f"top_{m}gram_char_ratio" for m in (2, 3, 4)) for n in (2, 3, 4)},
    **{
        f"dup_{n}gram": tuple(f"dup_{m}gram_char_ratio" for m in (5, 6, 7, 8, 9, 10, 13))
        for n in range(5, 11)
    },
}
#: Rules that are the same on any words.
SAME = ("dup_line_ratio", "terminal_line_ratio")
BELOW = ("word_count", "alpha_word_ratio", "terminal_line_ratio")
PER_WORD = ("hash_ratio", "ellipsis_ratio", "newline_word_ratio")
CODES = {"zh": "cmn_Hani", "ja": "jpn_Jpan", "th": "tha_Thai"}


def texts_of(path: Path, where: str | None) -> Iterator[str]:
    """The `text` of each JSON line whose field is as `where` (field=value) says."""
    field, _, value = (where or "").partition("=")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if not field or record[field] == value:
                yield record["text"]


def reference(asked: argparse.Namespace) -> None:
    """The reference's measures of every text, by the reference's own functions."""
    from datatrove.pipeline.filters.gopher_repetition_filter import (
        find_all_duplicate,
        find_duplicates,
        find_top_duplicate,
        get_n_grams,
    )
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION, split_into_words

    rows = []
    for text in (text for path in asked.texts for text in texts_of(path, asked.where)):
        if asked.strip:
            text = without_markup(text)
        words = split_into_words(text, CODES[asked.language])
        real = [w for w in words if any(c not in PUNCTUATION_SET for c in w)]
        lines = [line for line in text.split("\n") if line.strip()]
        if not real or not lines:
            continue
        runs = [line for line in text.replace("\n\n", "\n").split("\n") if line]
        row = {
            "text": text,
            "word_count": len(real),
            "mean_word_length": sum(map(len, real)) / len(real),
            "alpha_word_ratio": sum(any(c.isalpha() for c in w) for w in words) / len(words),
            "hash_ratio": text.count("#") / len(words),
            "ellipsis_ratio": (text.count("...") + text.count("…")) / len(words),
            "newline_word_ratio": text.count("\n") / len(words),
            "dup_line_ratio": find_duplicates(runs)[0] / len(runs),
            "terminal_line_ratio": sum(
                line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines
            ) / len(lines),
        }  # fmt: skip
        for n in (2, 3, 4):
            grams = get_n_grams(words, n)
            row[f"top_{n}gram"] = find_top_duplicate(grams) / len(text) if grams else 0.0
        for n in range(5, 11):
            row[f"dup_{n}gram"] = find_all_duplicate(words, n) / len(text)
        rows.append(row)
    pq.write_table(pa.Table.from_pylist(rows), asked.out)
    print(f"{len(rows)} documents measured")


def fails(values: np.ndarray, rule: str, threshold: float) -> np.ndarray:
    return values < threshold if rule in BELOW else values > threshold


def best_threshold(values: np.ndarray, drop: np.ndarray, low: bool) -> tuple[float, int]:
    """The threshold with the fewest disagreements, and their number: the middle of the widest
    best interval. Where nothing is dropped there is nothing to fit: infinitely far away."""
    if not drop.any():
        return (-np.inf if low else np.inf), 0
    order = np.argsort(values, kind="stable")
    ranked, dropped = values[order], drop[order]
    below = np.concatenate([[0], np.cumsum(dropped)])  # dropped among the first k
    kept_below = np.arange(len(ranked) + 1) - below
    # Below a bound the first k fail, above it all but those.
    wrong = kept_below + (drop.sum() - below) if low else below + (~drop).sum() - kept_below
    cuts = np.concatenate([[ranked[0]], (ranked[1:] + ranked[:-1]) / 2, [ranked[-1]]])
    usable = np.concatenate([[True], ranked[1:] > ranked[:-1], [True]])
    least = wrong[usable].min()
    gaps = np.diff(np.concatenate([[ranked[0]], ranked, [ranked[-1]]]))
    best = max(np.flatnonzero(usable & (wrong == least)), key=lambda k: gaps[k])
    return float(cuts[best]), int(least)


def fit(language: str, measured: Path) -> None:
    """Print, rule by rule, our signal and threshold; then the agreement of all together."""
    from lakeprep.kernels.signals import text_signals

    table = pq.read_table(measured)
    theirs = {n: table[n].to_numpy() for n in table.column_names if n != "text"}
    ours = text_signals(table["text"].combine_chunks())
    even = np.arange(len(table)) % 2 == 0
    limits = {**COMMON, **PUBLISHED[language]}
    ratio = float(np.median(ours["word_count"] / theirs["word_count"]))
    print(
        f"{language}: {len(table)} documents, {ratio:.3f} of our tokens a reference word (median)"
    )
    their_drop = np.zeros(len(table), bool)
    our_drop = np.zeros(len(table), bool)
    print("rule                   their  drops  our signal               limit   agree    held")
    for rule in SAME:
        drop = fails(theirs[rule], rule, limits[rule])
        their_drop |= drop
        our_drop |= fails(ours[rule], rule, limits[rule]) if rule in ours else drop
    for rule, names in STAND_INS.items():
        drop = fails(theirs[rule], rule, limits[rule])
        their_drop |= drop
        low = rule in BELOW
        found = []
        for name in (name for name in names if name in ours):
            down = low and name != "symbol_char_ratio"
            limit, wrong = best_threshold(ours[name][even], drop[even], down)
            found.append((wrong, name, limit, down))
        if not found:
            print(f"{rule:<20} no signal of ours yet")
            continue
        _, name, limit, down = min(found, key=lambda one: one[0])
        if not drop[even].any():
            name, limit = rule, derived(rule, limits[rule], ratio)
            if name not in ours:
                continue
        own = ours[name] < limit if down else ours[name] > limit
        our_drop |= own
        same = own == drop
        print(
            f"{rule:<20}{limits[rule]:>8g}{drop.sum():>7}  {name:<22}{limit:>8.4g}"
            f"{same.mean():>8.4f}{same[~even].mean():>8.4f}"
        )
    same = their_drop == our_drop
    print(
        f"all together: reference drops {their_drop.mean():.3f}; agreement {same.mean():.4f}, "
        f"on held-out documents {same[~even].mean():.4f}"
    )


def derived(rule: str, published: float, tokens_a_word: float) -> float:
    """The published number for our tokens, where it is a count of words or a share of them."""
    if rule == "word_count":
        return published * tokens_a_word
    return published / tokens_a_word if rule in PER_WORD else float("inf")


def check(language: str, measured: Path, recipe: str) -> None:
    """How often the recipe's rules on signals decide as the published thresholds do."""
    from lakeprep.kernels.signals import text_signals
    from lakeprep.recipe import load_recipe

    table = pq.read_table(measured)
    ours = text_signals(table["text"].combine_chunks())
    limits = {**COMMON, **PUBLISHED[language]}
    theirs = np.zeros(len(table), bool)
    for rule, limit in limits.items():
        theirs |= fails(table[rule].to_numpy(), rule, limit)
    measured_too = {*SAME, *(name for names in STAND_INS.values() for name in names)}
    dropped = np.zeros(len(table), bool)
    for rule in load_recipe(recipe).rules:
        bounds = rule.by_language.get(language, rule)
        if rule.signal not in ours or rule.signal not in measured_too:
            continue
        if language not in (rule.languages or {language}) - (rule.except_languages or set()):
            continue
        if bounds.min is not None:
            dropped |= ours[rule.signal] < bounds.min
        if bounds.max is not None:
            dropped |= ours[rule.signal] > bounds.max
    print(
        f"{language}, {len(table)} documents of {measured.name}: reference drops "
        f"{theirs.mean():.4f}, {recipe} {dropped.mean():.4f}, "
        f"agreement {(theirs == dropped).mean():.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    steps = parser.add_subparsers(dest="step", required=True)
    measure = steps.add_parser("reference")
    measure.add_argument("language", choices=sorted(CODES))
    measure.add_argument("out", type=Path)
    measure.add_argument("texts", type=Path, nargs="+")
    measure.add_argument("--where", metavar="FIELD=VALUE")
    measure.add_argument("--strip", action="store_true", help="take Markdown's markup off first")
    fitting = steps.add_parser("fit")
    fitting.add_argument("language", choices=sorted(CODES))
    fitting.add_argument("measured", type=Path)
    checking = steps.add_parser("check")
    checking.add_argument("language", choices=sorted(CODES))
    checking.add_argument("measured", type=Path)
    checking.add_argument("--recipe", default="fineweb2")
    asked = parser.parse_args()
    if asked.step == "reference":
        reference(asked)
    elif asked.step == "fit":
        fit(asked.language, asked.measured)
    else:
        check(asked.language, asked.measured, asked.recipe)


if __name__ == "__main__":
    main()
