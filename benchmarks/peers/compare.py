"""Our decisions and datatrove's, document by document, and the speed of both on one core.

    python benchmarks/peers/compare.py TEXTS [--language en|zh] [--documents N] [--strip]
        [--environment DIR] [--thresholds FILE]

TEXTS is a .jsonl or .jsonl.gz file with a `text` a line. English goes by datatrove's published
thresholds and the recipe `fineweb`; another language by `fineweb2`, for which FILE gives
datatrove the published thresholds (YAML, one of FineWeb-2's configs). `--strip` takes Markdown
off first. datatrove lives in an environment of its own, made in DIR at the first call (by the
package index that pip is set to). Results go to benchmarks/results/peers_LANGUAGE[_stripped].json.

The line editor is compared text by text, too, with terminal marks asked for and without.

Seconds are of processor time. Ours are those of all signals together, whichever rules are asked
for; datatrove's those of the filters alone.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import re
import subprocess
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml
from markup import without_markup

from lakeprep.kernels import signals
from lakeprep.kernels.line_editor import edit_lines
from lakeprep.kernels.word_signals import StopWords
from lakeprep.recipe import Rule, load_recipe

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "results"
REQUIREMENTS = HERE / "requirements.txt"
LANGUAGES = {"en": "eng", "zh": "cmn_Hani"}
REPEATS = 3
#: C4's: a document needs as many.
FEWEST_SENTENCES = 5

FAMILIES: dict[str, Callable[[str], bool]] = {
    "repetition": lambda name: (
        name.startswith(("dup_paragraph", "dup_line", "top_"))
        or bool(re.match(r"dup_\d+gram", name))
    ),
    "quality": lambda name: name in QUALITY,
    "c4": lambda name: name in ("sentence_count", "lorem_ipsum", "curly_bracket"),
    "fineweb": lambda name: name in FINEWEB,
}
QUALITY = (
    "word_count", "mean_word_length", "hash_ratio", "ellipsis_ratio", "bullet_line_ratio",
    "ellipsis_line_ratio", "alpha_word_ratio", "stop_word_count",
)  # fmt: skip
FINEWEB = ("terminal_line_ratio", "short_line_ratio", "dup_char_ratio", "newline_word_ratio")

Signals = dict[str, npt.NDArray[np.float64]]
Verdict = npt.NDArray[np.bool_]


def read(path: Path, limit: int | None) -> list[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return texts[:limit]


def environment(folder: Path) -> Path:
    """The Python of datatrove's environment; made, and filled, where it is not there."""
    python = folder / "bin" / "python"
    stamp = folder / "requirements.done"
    if not (stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text()):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", REQUIREMENTS], check=True)
        stamp.write_text(REQUIREMENTS.read_text())
    return python


def peer_thresholds(config: dict[str, Any]) -> dict[str, Any]:
    """datatrove's arguments for a FineWeb-2 config, as its published pipeline passes them."""
    if not config:
        return {}
    return {
        "repetition": {
            "dup_para_frac": 0, "dup_line_char_frac": 0, "dup_para_char_frac": 0,
            "dup_line_frac": config["dup_line_frac"], "top_n_grams": config["top_n_grams"],
            "dup_n_grams": config["dup_n_grams"],
        },
        "quality": {
            "min_avg_word_length": config["min_avg_word_length"],
            "max_avg_word_length": config["max_avg_word_length"],
            "max_non_alpha_words_ratio": config["max_non_alpha_words_ratio"],
            "stop_words": config["stopwords"], "min_stop_words": 2,
        },
        "fineweb": {
            "short_line_thr": 999, "char_duplicates_ratio": 0.1,
            "line_punct_thr": config["line_punct_thr"], "new_line_ratio": config["new_line_ratio"],
        },
    }  # fmt: skip


def peer(python: Path, texts: list[str], language: str, config: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "texts.json").write_text(json.dumps(texts))
        (folder / "thresholds.json").write_text(json.dumps(peer_thresholds(config)))
        subprocess.run(
            [python, HERE / "datatrove_filters.py", folder / "texts.json", LANGUAGES[language],
             folder / "thresholds.json", folder / "found.json"],
            check=True,
        )  # fmt: skip
        return dict(json.loads((folder / "found.json").read_text()))


def fails(rule: Rule, values: Signals, language: str) -> Verdict | None:
    """Which documents fail the rule; None where it is not for the language."""
    if rule.languages is not None and language not in rule.languages:
        return None
    if rule.except_languages is not None and language in rule.except_languages:
        return None
    bounds = rule.by_language.get(language, rule)
    value = values[rule.signal]
    failed = np.zeros(len(value), dtype=np.bool_)
    if bounds.min is not None:
        failed |= value < bounds.min
    if bounds.max is not None:
        failed |= value > bounds.max
    return failed


def timed(work: Callable[[], Signals]) -> tuple[Signals, float]:
    """What it returns, and the least processor time of some calls."""
    found, seconds = work(), float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        found = work()
        seconds = min(seconds, time.process_time() - began)
    return found, seconds


def ours(
    texts: pa.Array, language: str, rules: tuple[Rule, ...], stop: StopWords
) -> tuple[dict[str, dict[str, Verdict]], dict[str, float]]:
    """By family that has rules, the documents that fail each of them; seconds by pass."""
    languages = pa.array([language] * len(texts))
    plain, plain_seconds = timed(lambda: signals.text_signals(texts, languages, stop))
    edited, edited_seconds = timed(
        lambda: signals.text_signals(texts, languages, stop, edited=edit_lines(texts))
    )

    def failed(family: str, values: Signals) -> dict[str, Verdict]:
        about = [rule for rule in rules if FAMILIES[family](rule.signal)]
        found = {rule.reason: fails(rule, values, language) for rule in about}
        return {name: verdict for name, verdict in found.items() if verdict is not None}

    found = {family: failed(family, edited if family == "c4" else plain) for family in FAMILIES}
    found = {family: verdicts for family, verdicts in found.items() if verdicts}
    together = {name: v for verdicts in found.values() for name, v in verdicts.items()}
    if "c4" in found:  # then FineWeb's rules go by the edited text
        after = failed("fineweb", edited)
        together = {name: v for name, v in together.items() if name not in after}
        together |= {f"after {name}": v for name, v in after.items()}
    return found | {"all": together}, {"signals": plain_seconds, "with_editor": edited_seconds}


def editor_agreement(
    texts: pa.Array, theirs: list[tuple[str | None, str]], *, terminal_marks: bool
) -> dict[str, Any]:
    """C4's reasons and edited texts. The two reasons that datatrove tells apart by which it meets
    first are one."""
    edited = edit_lines(texts, terminal_marks=terminal_marks)
    words = {"lorem_ipsum": "words", "curly_bracket": "words", None: "kept"}
    other = [words.get(reason, reason) for reason, _ in theirs]
    mine = np.where(
        (edited.lorem_ipsum > 0) | (edited.curly_bracket > 0),
        "words",
        np.where(edited.sentence_count < FEWEST_SENTENCES, "too_few_sentences", "kept"),
    ).tolist()
    pairs = list(zip(mine, other, strict=True))
    both = [row for row, pair in enumerate(pairs) if pair == ("kept", "kept")]
    return {
        "terminal_marks": terminal_marks,
        "equal_decisions": sum((a == "kept") == (b == "kept") for a, b in pairs),
        "equal_reasons": sum(a == b for a, b in pairs),
        "kept_by_both": len(both),
        "equal_texts": sum(edited.texts[row].as_py() == theirs[row][1] for row in both),
        "documents_that_differ": [row for row, (a, b) in enumerate(pairs) if a != b][:50],
    }


def agreement(
    theirs: list[str | None], mine: dict[str, Verdict], megabytes: float, seconds: float,
    peer_seconds: float,
) -> dict[str, Any]:  # fmt: skip
    dropped = np.logical_or.reduce(list(mine.values()))
    differ = [i for i, reason in enumerate(theirs) if (reason is not None) != dropped[i]]
    kinds = Counter(
        f"datatrove: {theirs[i] or 'kept'}; ours: "
        + (" ".join(name for name, failed in mine.items() if failed[i]) or "kept")
        for i in differ
    )
    return {
        "agree_percent": round(100 * (1 - len(differ) / len(theirs)), 3),
        "datatrove_kept": sum(reason is None for reason in theirs),
        "ours_kept": int((~dropped).sum()),
        "differ": dict(kinds.most_common()),
        "documents_that_differ": differ[:50],
        "datatrove_mb_s": round(megabytes / peer_seconds, 3),
        "ours_mb_s": round(megabytes / seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("texts", type=Path)
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en")
    parser.add_argument("--documents", type=int)
    parser.add_argument("--strip", action="store_true")
    parser.add_argument("--environment", type=Path, default=Path("build/peers/datatrove"))
    parser.add_argument("--thresholds", type=Path)
    call = parser.parse_args()
    texts = read(call.texts, call.documents)
    if call.strip:
        texts = [without_markup(text) for text in texts]
    config = yaml.safe_load(call.thresholds.read_text()) if call.thresholds else {}
    recipe = "fineweb" if call.language == "en" else "fineweb2"
    stop = StopWords.of(
        {"en": signals.ENGLISH_STOP_WORDS} | ({call.language: frozenset(config["stopwords"])}
                                              if config else {})
    )  # fmt: skip
    array = pa.array(texts, pa.large_string())
    found, seconds = ours(array, call.language, load_recipe(recipe).rules, stop)
    theirs = peer(environment(call.environment), texts, call.language, config)
    if "c4" not in found:  # their filters in one pass have C4's line editor
        families = [theirs[family] for family in found if family != "all"]
        reasons = zip(*(family["reasons"] for family in families), strict=True)
        theirs["all"] = {
            "reasons": [next(filter(None, of_one), None) for of_one in reasons],
            "seconds": sum(family["seconds"] for family in families),
        }
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    result = {
        "call": {"texts": call.texts.name, "language": call.language, "stripped": call.strip},
        "documents": len(texts), "megabytes": round(megabytes, 1), "recipe": recipe,
        "peer": REQUIREMENTS.read_text().splitlines()[1], "python": platform.python_version(),
        "families": {
            family: agreement(
                theirs[family]["reasons"], verdicts, megabytes,
                seconds["with_editor" if family in ("c4", "all") else "signals"],
                theirs[family]["seconds"],
            )
            for family, verdicts in found.items()
        },
        "line_editor": [
            editor_agreement(array, edited, terminal_marks=marks)
            for marks, edited in zip((False, True), theirs["editor"], strict=True)
        ],
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"peers_{call.language}{'_stripped' if call.strip else ''}.json"
    target.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
