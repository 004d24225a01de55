"""The arguments of a run made a list of files: paths, globs, directories, manifests, S3.

All that is wrong with them is found here, before any work begins, and reported at once.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from lakeprep.errors import InputError
from lakeprep.ingest import s3
from lakeprep.ingest.sniff import KNOWN_NAMES, format_of
from lakeprep.ingest.sources import open_source

_MAX_ERRORS = 10
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_LOOKUPS = 16
"""Files looked at side by side: one request of S3 each, which is all waiting."""
_MANIFEST_NAMES = (".txt", ".manifest")
_FORMATS_READ = ".warc, .arc, .wet, .jsonl (each also .gz, .zst), .parquet, .wacz"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input as it is stored: absolute path without symbolic links or s3:// URL, format as
    `sniff.format_of` names it, size in bytes, and a tag that changes when the content does."""

    path: str
    format: str
    bytes: int
    etag: str


def list_inputs(arguments: Sequence[str]) -> list[InputFile]:
    """Every file that the arguments name, once, in path order.

    An argument is a path, a file:// or s3:// URL, each also as a glob (`**` for any depth) or a
    directory (all files below with a known name), or a manifest: `@FILE`, or a .txt or .manifest
    file, with one argument a line, relative to the manifest's place, and `#` comments. Names that
    begin with `_` or `.` are passed over where they were not given in full, as Hadoop does.

    Raises InputError for all arguments and files that cannot be used, at most ten of them named.
    """
    paths, errors = _gather(_expand(argument) for argument in arguments)
    files: list[InputFile] = []
    with ThreadPoolExecutor(_LOOKUPS) as pool:
        for found in pool.map(_look, sorted(paths)):
            if isinstance(found, InputFile):
                files.append(found)
            else:
                errors.append(found)
    if errors:
        raise InputError(_joined(errors))
    if not files:
        raise InputError(f"No input given; name files or directories ({_FORMATS_READ}).")
    return files


def _look(path: str) -> InputFile | str:
    """The file, or what is wrong with it."""
    try:
        source = open_source(path)
        try:
            return InputFile(path, format_of(source), source.size, source.etag)
        finally:
            source.close()
    except InputError as error:
        return str(error)


def _expand(argument: str) -> Iterator[str]:
    """Paths of the files that one argument names."""
    if argument.startswith("@"):
        yield from _manifest(_plain(argument[1:]))
    elif _plain(argument).lower().endswith(_MANIFEST_NAMES) and not _has_magic(argument):
        yield from _manifest(_plain(argument))
    else:
        yield from _files(_plain(argument))


def _files(place: str) -> Iterator[str]:
    yield from _s3_files(place) if place.startswith(s3.S3_SCHEME) else _local_files(place)


def _plain(argument: str) -> str:
    """The argument without a file:// prefix."""
    if not argument.startswith("file:"):
        return argument
    return unquote(re.sub(r"^file:(?://(?:localhost)?(?=/))?", "", argument))


def _local_files(place: str) -> Iterator[str]:
    path = Path(place).expanduser()
    if path.is_dir():
        yield from _walk(path)
    elif path.exists() or not _has_magic(place):
        yield _regular(path)
    else:
        found = [
            name
            for name in glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path has no ** pattern that may be absolute
            if Path(name).is_file() and not _hidden(name)
        ]
        if not found:
            raise InputError(f"{place}: no file matches this pattern.")
        yield from (os.path.realpath(name) for name in found)


def _walk(directory: Path) -> Iterator[str]:
    found = 0
    for folder, folders, names in os.walk(directory, onerror=_raise, followlinks=False):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        for name in names:
            if KNOWN_NAMES.search(name) and not _hidden(name):
                found += 1
                yield os.path.realpath(Path(folder, name))
    if not found:
        raise InputError(f"{directory}: a directory without input ({_FORMATS_READ}).")


def _raise(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read ({error.strerror}).") from error


def _regular(path: Path) -> str:
    if not path.exists():
        raise InputError(f"{path}: no such file or directory.")
    if not path.is_file():
        raise InputError(f"{path}: neither a file nor a directory.")
    return os.path.realpath(path)


def _s3_files(place: str) -> Iterator[str]:
    """An object, the objects that match a glob, or those below a prefix."""
    _, key = s3.split_url(place)
    if _has_magic(key):
        fixed = place[: min(place.find(char) for char in "*?[" if char in key and char in place)]
        pattern = _glob_pattern(place)
        found = [url for url in s3.list_keys(fixed) if pattern.fullmatch(url) and not _hidden(url)]
        if not found:
            raise InputError(f"{place}: no object matches this pattern.")
        yield from found
        return
    listed = list(s3.list_keys(place))
    if place in listed and not place.endswith("/"):
        yield place
        return
    folder = place if place.endswith("/") or not key else place + "/"
    below = [
        url
        for url in listed
        if url.startswith(folder) and KNOWN_NAMES.search(url) and not _hidden(url)
    ]
    if not below:
        raise InputError(f"{place}: no such object, and no input below it ({_FORMATS_READ}).")
    yield from below


def _glob_pattern(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay inside one folder, `**/` is any number of them."""
    out = ""
    for part in re.split(r"(\*\*/?|\*|\?|\[[^\]]*\])", pattern):
        if part == "**/":
            out += r"(?:[^/]+/)*"
        elif part == "**":
            out += ".*"
        elif part in ("*", "?"):
            out += "[^/]" + ("*" if part == "*" else "")
        elif part.startswith("[") and part.endswith("]"):
            out += fnmatch.translate(part).removeprefix("(?s:").rpartition(")")[0]
        else:
            out += re.escape(part)
    return re.compile(out)


def _manifest(place: str) -> Iterator[str]:
    """The files that the lines of a manifest name."""
    if not place.startswith(s3.S3_SCHEME):
        place = _regular(Path(place).expanduser())
    source = open_source(place)
    try:
        if source.size > _MAX_MANIFEST_BYTES:
            raise InputError(f"{place}: too large for a manifest ({source.size} bytes).")
        text = source.read(0, source.size).decode("utf-8-sig", "replace")
    finally:
        source.close()
    folder = place.rpartition("/")[0]
    lines = [line.strip() for line in text.splitlines()]
    entries = [line for line in lines if line and not line.startswith("#")]
    if not entries:
        raise InputError(f"{place}: a manifest that names no file.")
    paths, errors = _gather(_files(_beside(folder, _plain(entry))) for entry in entries)
    if errors:
        raise InputError("\n".join(f"{error} (named in {place})" for error in errors))
    yield from paths


def _beside(folder: str, place: str) -> str:
    absolute = place.startswith((s3.S3_SCHEME, "/", "~"))
    return place if absolute else f"{folder}/{place}"


def _gather(listings: Iterable[Iterator[str]]) -> tuple[set[str], list[str]]:
    """All paths of all listings, and what is wrong with those that fail."""
    paths: set[str] = set()
    errors: list[str] = []
    for listing in listings:
        try:
            paths.update(listing)
        except InputError as error:  # noqa: PERF203 - all of them are to be reported
            errors.append(str(error))
    return paths, errors


def _has_magic(place: str) -> bool:
    return any(char in place for char in "*?[")


def _hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(("_", "."))


def _joined(errors: Sequence[str]) -> str:
    lines = [line for error in errors for line in error.split("\n")]
    shown = lines[:_MAX_ERRORS]
    if len(lines) > _MAX_ERRORS:
        shown.append(f"... and {len(lines) - _MAX_ERRORS} more.")
    return "\n".join(shown)
