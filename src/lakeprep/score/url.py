"""What a URL says: a key under which its spellings are one, its host, its registered domain.

RULES.md section 8. The Public Suffix List is the snapshot shipped inside `tldextract`, its ICANN
part: `a.github.io` belongs to `github.io`, as block lists and the reference have it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa
    from tldextract import TLDExtract

# Hosts of one crawl segment fit; an entry takes some hundred bytes.
_HOSTS_REMEMBERED: Final = 65_536
_MAX_HOST_CHARS: Final = 253

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SPLIT: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.\-]*):(?=//))?(//)?([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.S
)
_AUTHORITY: Final = re.compile(r"(?:.*@)?(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::([0-9]{0,5}))?", re.S)
_HOST: Final = re.compile(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*")
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
# Browsers take these out of a URL before they read it.
_INVISIBLE: Final = re.compile(r"[\t\n\r]")

_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/]*")
_PLAIN_QUERY: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*")
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%\[\]]+")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_SESSION_IN_PATH: Final = re.compile(r";jsessionid=[^/;]*", re.I)
# Parameters that say how a reader came, or who is reading, never what is shown: those of the large
# advertising and mail platforms, and the session ids of the common application servers.
TRACKING: Final = frozenset(
    {
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "fbclid",
        "msclkid",
        "yclid",
        "twclid",
        "ttclid",
        "igshid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "_ga",
        "_gl",
        "_hsenc",
        "_hsmi",
        "vero_id",
        "jsessionid",
        "phpsessid",
        "sessionid",
        "session_id",
        "cfid",
        "cftoken",
    }
)
TRACKING_PREFIXES: Final = ("utm_", "aspsessionid")


@dataclass(frozen=True)
class UrlFeatures:
    """`url_key`: equal for URLs that are spellings of one address; never empty unless the URL is.
    `host`: lower-case, punycoded, without port, `www.` kept; None if the URL has none. `domain`:
    the registered domain of the host, an IP address as it is, the host if it is itself a suffix."""

    url_key: str
    host: str | None
    domain: str | None


def url_features(urls: pa.Array) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
    """Columns url_key, host and domain of a string array (a null counts as empty). Never raises:
    a URL that cannot be taken apart is its own key and has no host."""
    import pyarrow as pa

    found = [features_of(url or "") for url in urls.to_pylist()]
    return (
        pa.array([features.url_key for features in found], pa.string()),
        pa.array([features.host for features in found], pa.string()),
        pa.array([features.domain for features in found], pa.string()),
    )


def features_of(url: str) -> UrlFeatures:
    """Features of one URL. The key is a fixed point: the key of a key is that key."""
    key, host = key_and_host(url)
    return UrlFeatures(key, host, registered_domain(host) if host is not None else None)


def key_and_host(url: str) -> tuple[str, str | None]:
    """The features that need no list of suffixes."""
    cleaned = _INVISIBLE.sub("", url).strip()
    if not cleaned.isascii():
        cleaned = cleaned.encode("utf-8", "replace").decode("utf-8")
    parts = _SPLIT.match(cleaned)
    authority = _AUTHORITY.fullmatch(parts.group(3)) if parts else None
    host = _normal_host(authority.group(1)) if authority else None
    # Without slashes an @ is an address (mailto:) rather than a user of a host.
    no_address = parts is not None and (parts.group(2) or "@" not in parts.group(3))
    if parts is None or authority is None or host is None or not no_address:
        return cleaned, None
    scheme = (parts.group(1) or "").lower()
    key = "".join(
        (
            "" if scheme in ("", "http", "https") else f"{scheme}://",
            _without_www(host),
            _port(authority.group(2), scheme),
            _normal_path(parts.group(4)),
            _normal_query(parts.group(5)),
        )
    )
    return key, host


@lru_cache(maxsize=_HOSTS_REMEMBERED)
def registered_domain(host: str) -> str:
    """The label below the public suffix, and the suffix, of a host as `_normal_host` gives it.
    Under an unknown top level the list's prevailing rule `*` leaves the last two labels."""
    if host.startswith("[") or _IPV4.fullmatch(host):
        return host
    found = _public_suffix_list()(host)
    if found.suffix:
        return f"{found.domain}.{found.suffix}" if found.domain else host
    return ".".join(host.split(".")[-2:])


@cache
def _public_suffix_list() -> TLDExtract:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=_HOSTS_REMEMBERED)
def _normal_host(host: str) -> str | None:
    """Lower-case, punycoded, without the final dot; None if it is no host."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError:
            return None
    if not host.isascii():
        punycoded = _punycode(host)
        if punycoded is None:
            return None
        host = punycoded
    host = host.lower().removesuffix(".")
    if len(host) > _MAX_HOST_CHARS or _HOST.fullmatch(host) is None:
        return None
    return host


def _punycode(host: str) -> str | None:
    import idna

    if len(host) > _MAX_HOST_CHARS:
        return None
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def _without_www(host: str) -> str:
    """Without leading `www.` labels, as long as a host with a dot is left."""
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def _port(port: str | None, scheme: str) -> str:
    if not port or int(port) == _DEFAULT_PORTS.get(scheme):
        return ""
    return f":{int(port)}"


def _normal_path(path: str) -> str:
    """Percent-encoding normalised, dot segments resolved, session id dropped; at least `/`."""
    if _PLAIN_PATH.fullmatch(path) is None:
        path = _normal_escapes(path)
    if ";" in path:
        path = _SESSION_IN_PATH.sub("", path)
    if "/." in path:
        path = _without_dot_segments(path)
    return path or "/"


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _normal_query(query: str | None) -> str:
    """Parameters sorted, those that track dropped, with the `?` if any is left."""
    if not query:
        return ""
    if _PLAIN_QUERY.fullmatch(query) is None:
        query = _normal_escapes(query)
    kept = sorted(part for part in query.split("&") if part and not _is_tracking(part))
    return "?" + "&".join(kept) if kept else ""


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)


def _normal_escapes(part: str) -> str:
    """RFC 3986, 6.2.2: escapes of unreserved characters undone, others in capitals, and what may
    not stand in a URL escaped."""
    part = _ESCAPED.sub(_normal_escape, _STRAY_PERCENT.sub("%25", part))
    return _UNSAFE.sub(_escape, part)


def _normal_escape(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    return character if character in _UNRESERVED else f"%{found.group(1).upper()}"


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group(0).encode("utf-8"))
