"""URL rules: RULES.md section 8. One Arrow pass over the URLs of new documents.

The lists are broadcast: a worker holds them once, at 8 bytes an entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.recipe import Kind, Url

REASON_TYPE: Final = "array<string>"
#: What each reason comes from, in the order of the rules; `lists` hold domains and URLs.
_SOURCES: Final[dict[str, tuple[Kind, ...]]] = {
    "url_domain": ("domains",),
    "url_host": ("domains", "hosts"),
    "url_exact": ("urls",),
    "url_word": ("words",),
    "url_soft_words": ("soft_words",),
    "url_substring": ("substrings",),
}


def possible_reasons(url: Url) -> dict[str, str]:
    """The reasons that these URL rules can give, each with the keys of the recipe behind it."""
    listed = {kind for kind, section in url.by_kind().items() if section.entries or section.file}
    if url.lists:
        listed |= {"domains", "urls"}
    found = {
        reason: [kind for kind in kinds if kind in listed] for reason, kinds in _SOURCES.items()
    }
    return {reason: ", ".join(kinds) for reason, kinds in found.items() if kinds}


def with_url_reasons(documents: DataFrame, url: Url) -> DataFrame:
    """`documents` (url, url_key, host, domain) with the column `url_reasons`: every URL rule that
    each of them fails, in the order of the rules."""
    from pyspark.sql import functions as f
    from pyspark.sql.pandas.functions import arrow_udf

    if url.is_empty:
        return documents.withColumn("url_reasons", f.array().cast(REASON_TYPE))
    tables = documents.sparkSession.sparkContext.broadcast(url.compiled.tables)

    def reasons(urls: pa.Array, keys: pa.Array, hosts: pa.Array, domains: pa.Array) -> pa.Array:
        from lakeprep.kernels.urls import match  # the workers'

        return reason_lists(match(tables.value, urls, keys, hosts, domains))

    # Its stubs want a number that its code says not to give.
    decide = arrow_udf(reasons, REASON_TYPE)  # type: ignore[call-overload]
    return documents.withColumn("url_reasons", decide("url", "url_key", "host", "domain"))


def reason_lists(found: npt.NDArray[np.uint8]) -> pa.ListArray:
    """Names of the reasons whose bits are set."""
    from lakeprep.kernels.urls import REASONS

    sets = [
        [reason for bit, reason in enumerate(REASONS) if bits >> bit & 1]
        for bits in range(1 << len(REASONS))
    ]
    return pa.array(sets, pa.list_(pa.string())).take(pa.array(found))
