"""Lines of a list as entries that compare with a document's URL: names, URL keys, words.

Whole columns at once by pyarrow; only entries of an uncommon form (not ASCII, with escapes)
are taken apart one by one, by the code that made the documents' own keys.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.score.url import TRACKING, TRACKING_PREFIXES, key_and_host

_MAX_HOST_BYTES: Final = 253
_LABELS: Final = r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*"
#: The form of /etc/hosts: an address, then the name.
_HOSTS_FILE: Final = r"^(?:[0-9]+(?:\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:.%a-z]*)\s+"
_LEADING_DOT: Final = r"^\*?\."
_FINAL_DOT: Final = r"([^.])\.$"
#: URLs without a port, user, escape or dot segment: score/url.py takes apart what is not so plain.
_PLAIN_URL: Final = (
    r"^(?:[Hh][Tt][Tt][Pp][Ss]?://)?(?P<host>[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)"
    r"(?P<path>/[A-Za-z0-9\-._~!$&'()*+,=:@/]*)"
    r"(?:\?(?P<query>[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*))?(?:#.*)?$"
)
_NAMES: Final = "|".join(map(re.escape, sorted(TRACKING)))
_TRACKING: Final = rf"(?i)^(?:(?:{_NAMES})(?:=|$)|{'|'.join(TRACKING_PREFIXES)})"
_WWW: Final = r"^(?:www\.)+([^.]+\..*)$"


def is_url(lines: pa.StringArray) -> pa.BooleanArray:
    """Lines with a path or a scheme are URLs, others are names."""
    return pc.match_substring(lines, "/")


def names(lines: pa.StringArray) -> pa.StringArray:
    """Hosts and domains in lower case, punycoded, with neither leading `*.` or `.` nor final dot;
    the address before the name in a hosts file is dropped. What is no host name is left out."""
    lower = pc.utf8_lower(lines)
    if pc.any(pc.match_substring_regex(lower, r"\s")).as_py():
        lower = pc.replace_substring_regex(lower, _HOSTS_FILE, "")
    lower = pc.replace_substring_regex(lower, _LEADING_DOT, "")
    lower = pc.replace_substring_regex(lower, _FINAL_DOT, r"\1")
    plain = pc.and_(
        pc.match_substring_regex(lower, rf"^{_LABELS}$"),
        pc.less_equal(pc.binary_length(lower), _MAX_HOST_BYTES),
    )
    rest = [_host(line) for line in lower.filter(pc.invert(plain)).to_pylist()]
    return pa.concat_arrays([lower.filter(plain), _strings(rest)])


def url_keys(lines: pa.StringArray) -> pa.StringArray:
    """URL keys, equal for all spellings of an address (scheme and `www.` do not matter). What is
    no URL with a host is left out."""
    parts = pc.extract_regex(lines, _PLAIN_URL)
    plain = pc.and_(
        pc.and_(
            parts.is_valid(),
            pc.less_equal(pc.binary_length(parts.field("host")), _MAX_HOST_BYTES),
        ),
        pc.invert(pc.match_substring(parts.field("path"), "/.")),
    )
    plain = pc.fill_null(plain, False)
    host, path, query = (parts.field(name).filter(plain) for name in ("host", "path", "query"))
    host = pc.replace_substring_regex(pc.ascii_lower(host), _WWW, r"\1")
    keys = pc.binary_join_element_wise(host, path, _sorted_queries(query), "")
    rest = [key_and_host(line) for line in lines.filter(pc.invert(plain)).to_pylist()]
    return pa.concat_arrays([keys, _strings([key for key, host in rest if host])])


def _sorted_queries(queries: pa.StringArray) -> pa.StringArray:
    """Parameters sorted, those that track dropped, with the `?` if any is left."""
    split = pc.split_pattern(pc.fill_null(queries, ""), "&")
    parameters = pa.table({"row": pc.list_parent_indices(split), "text": pc.list_flatten(split)})
    tracks = pc.match_substring_regex(parameters["text"], _TRACKING)
    is_empty = pc.equal(parameters["text"], "")
    kept = parameters.filter(pc.invert(pc.or_(tracks, is_empty)))
    kept = kept.sort_by([("row", "ascending"), ("text", "ascending")])
    ends = np.searchsorted(kept["row"].to_numpy(), np.arange(len(queries) + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(ends), kept["text"].combine_chunks())
    joined = pc.binary_join(lists, "&")
    return pc.if_else(pc.equal(joined, ""), "", pc.binary_join_element_wise("?", joined, ""))


def words(lines: pa.StringArray) -> pa.StringArray:
    """Letters and digits of each line in lower case. What is not ASCII, or has none, is left
    out: half a word would match what was not meant."""
    found = pc.ascii_lower(lines.filter(pc.string_is_ascii(lines)))
    found = pc.replace_substring_regex(found, "[^a-z0-9]+", "")
    return found.filter(pc.greater(pc.binary_length(found), 0))


def _host(line: str) -> str | None:
    """The host of a name in an uncommon form; None if the line is not a name alone."""
    if any(mark in line for mark in "/?#@") or line.isspace():
        return None
    bare_address = line.count(":") > 1 and not line.startswith("[")
    return key_and_host(f"//[{line}]" if bare_address else f"//{line}")[1]


def _strings(found: list[str | None] | list[str]) -> pa.StringArray:
    return pa.array([text for text in found if text], pa.string())
