"""The kernels as SQL functions: `register(spark)`, then `SELECT lp_language(text) FROM ...`.

Each is an Arrow UDF: it takes and gives whole Arrow columns. Null in, null out. They compute what
the score pass stores in silver.documents by default, so that an analyst can ask it of any other
text: a title, a masked text, a table that is not ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Columns = Callable[..., pa.Array]


def lp_language(texts: pa.Array) -> pa.Array:
    """Language code of the text by fastText; null where it has no letter."""
    from lakeprep.score.language import identify

    return _where(texts, identify(_strings(texts))[0])


def lp_language_score(texts: pa.Array) -> pa.Array:
    """The model's confidence in that language, 0 to 1."""
    from lakeprep.score.language import identify

    return _where(texts, identify(_strings(texts))[1])


def lp_script(texts: pa.Array) -> pa.Array:
    """Script of most letters, ISO 15924: Latn, Cyrl, Hans, Hant, ...; null where none has one."""
    from lakeprep.kernels.signals import script

    return _where(texts, script(_strings(texts)))


def lp_signals(texts: pa.Array, *language: pa.Array) -> pa.Array:
    """All signals of the unedited text, a struct of doubles. The language, which stop words depend
    on, is identified if it is not given."""
    from lakeprep.kernels.signals import text_signals
    from lakeprep.score.fused import word_lists
    from lakeprep.score.language import identify
    from lakeprep.score.options import ScoreOptions

    strings = _strings(texts)
    given = _strings(language[0]) if language else identify(strings)[0]
    found = text_signals(strings, given, word_lists(ScoreOptions()).stop_words)
    columns = [pa.array(values) for values in found.values()]
    return pa.StructArray.from_arrays(columns, names=list(found), mask=texts.is_null())


def lp_words(texts: pa.Array) -> pa.Array:
    """The words and symbols of the text, in order, as the signals count them."""
    from lakeprep.kernels import unicode as u
    from lakeprep.kernels.arrow import string_array, string_buffers
    from lakeprep.kernels.words import token_bounds

    strings = _strings(texts)
    offsets, data = string_buffers(strings)
    first, bounds = token_bounds(offsets, data, u.tables().flags)
    starts, ends = bounds[0::2], bounds[1::2]
    sizes = ends - starts
    cuts = np.concatenate([[0], np.cumsum(sizes)])
    # Where each byte of the words stands in the texts: the word's start, counted on.
    at = np.repeat(starts - cuts[:-1], sizes) + np.arange(cuts[-1])
    words = string_array(cuts, np.ascontiguousarray(data[at]))
    lists = pa.ListArray.from_arrays(pa.array(first.astype(np.int32)), words.cast(pa.string()))
    return _where(texts, lists)


def lp_mask(texts: pa.Array) -> pa.Array:
    """The text with every kind of personal data masked, as in a data set."""
    from lakeprep.kernels.masks import mask

    return mask(_strings(texts))[0].cast(pa.string())


def lp_pii(texts: pa.Array) -> pa.Array:
    """Kinds of personal data in the text and how often each occurs."""
    from lakeprep.kernels.maps import counts_as_map
    from lakeprep.kernels.masks import count_kinds

    strings = _strings(texts)
    return _where(texts, counts_as_map(count_kinds(strings), len(strings)))


def lp_signature(texts: pa.Array) -> pa.Array:
    """MinHash signature: 112 numbers of 32 bits; null for a text without shingles."""
    from lakeprep.kernels.minhash import signatures

    found, has_shingles = signatures(_strings(texts))
    width = found.shape[1]
    lists = pa.ListArray.from_arrays(
        pa.array(np.arange(len(texts) + 1, dtype=np.int32) * width),
        pa.array(found.astype(np.int64).ravel()),
    )
    return _where(texts, _where(pa.array(has_shingles), lists, is_mask=True))


def lp_bands(texts: pa.Array) -> pa.Array:
    """The fourteen band keys of the signature: texts with an equal one are candidates."""
    from lakeprep.kernels.minhash import band_keys

    return _where(texts, band_keys(_strings(texts)))


def lp_similarity(left: pa.Array, right: pa.Array) -> pa.Array:
    """Jaccard similarity of two texts' shingles, which decides about near duplicates."""
    from lakeprep.kernels.minhash import jaccard_containment, shingle_sets

    sets = [shingle_sets(_strings(texts)) for texts in (left, right)]
    return _where(left, _where(right, pa.array(jaccard_containment(*sets)[0])))


def lp_url_key(urls: pa.Array) -> pa.Array:
    """What is left of a URL when what does not matter is taken away; for URL duplicates."""
    return _where(urls, _url_features(urls)[0])


def lp_host(urls: pa.Array) -> pa.Array:
    """Host of a URL, lower case, punycode; null where it has none."""
    return _where(urls, _url_features(urls)[1])


def lp_domain(urls: pa.Array) -> pa.Array:
    """Registered domain of a URL by the Public Suffix List; null where it has none."""
    return _where(urls, _url_features(urls)[2])


#: Every function with the SQL type of its result; None is the struct of all signals.
FUNCTIONS: Final[tuple[tuple[Columns, str | None], ...]] = (
    (lp_language, "string"),
    (lp_language_score, "double"),
    (lp_script, "string"),
    (lp_signals, None),
    (lp_words, "array<string>"),
    (lp_mask, "string"),
    (lp_pii, "map<string,int>"),
    (lp_signature, "array<bigint>"),
    (lp_bands, "array<bigint>"),
    (lp_similarity, "double"),
    (lp_url_key, "string"),
    (lp_host, "string"),
    (lp_domain, "string"),
)


def register(spark: SparkSession) -> list[str]:
    """Make the functions known to that session's SQL; their names."""
    from pyspark.sql.pandas.functions import arrow_udf

    for function, kind in FUNCTIONS:
        declared = arrow_udf(function, kind or _signals_type())  # type: ignore[call-overload]
        spark.udf.register(function.__name__, declared)
    return [function.__name__ for function, _ in FUNCTIONS]


def _signals_type() -> str:
    from lakeprep.kernels.signals import SIGNAL_NAMES

    return f"struct<{', '.join(f'{name}: double' for name in SIGNAL_NAMES)}>"


def _url_features(urls: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    from lakeprep.score.url import url_features

    return url_features(_strings(urls))


def _strings(values: pa.Array) -> pa.Array:
    """A string column; other types as SQL would write them."""
    strings = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    return values if strings else values.cast(pa.string())


def _where(given: pa.Array, values: pa.Array, *, is_mask: bool = False) -> pa.Array:
    """`values`, null where `given` is null (or, of a mask, false)."""
    import pyarrow.compute as pc

    condition = given if is_mask else given.is_valid()
    return pc.if_else(condition, values, pa.scalar(None, values.type))
