"""Lists in the form that URLs are matched against: sorted 64-bit hashes, 8 bytes an entry.

`lakeprep lists import` writes them to a list file: an Arrow IPC file of one row, with the columns
`domains` and `urls` (large_list<uint64>), marked in the schema's metadata.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.errors import InputError
from lakeprep.ingest.s3 import S3_SCHEME
from lakeprep.ingest.sources import SourceFile, open_source
from lakeprep.kernels.urls import UrlTables, automaton_of, hash_strings
from lakeprep.lists import entries
from lakeprep.lists.files import ListFile, list_files
from lakeprep.recipe import Kind

if TYPE_CHECKING:
    from lakeprep.recipe import Url

UInt64Array = npt.NDArray[np.uint64]

#: Entries of all lists of a recipe: 256 MiB in each worker.
MAX_ENTRIES: Final = 32_000_000
#: Characters of all substrings: 30 MB of automaton in each worker.
MAX_SUBSTRING_CHARACTERS: Final = 200_000
_FILE_KINDS: Final[tuple[Kind, ...]] = ("domains", "urls")
_SCHEMA: Final = pa.schema(
    {kind: pa.large_list(pa.uint64()) for kind in _FILE_KINDS}, {"lakeprep": "url list 1"}
)
_ARROW_MAGIC: Final = b"ARROW1"
_READERS: Final[dict[Kind, Callable[[pa.StringArray], pa.StringArray]]] = {
    "domains": entries.names,
    "hosts": entries.names,
    "urls": entries.url_keys,
    "words": entries.words,
    "soft_words": entries.words,
    "substrings": entries.words,
}


@dataclass(slots=True)
class Gathered:
    """Entries of several lists, as they are read. `unusable`: lines that were left out;
    `ignored`: files of a UT1 folder that are not read."""

    hashes: dict[Kind, list[UInt64Array]] = field(default_factory=dict)
    substrings: set[str] = field(default_factory=set)
    unusable: dict[str, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    size: int = 0

    def add(self, kind: Kind, found: pa.StringArray) -> None:
        """Entries in the form that `entries` gives them."""
        self.size += len(found)
        if self.size > MAX_ENTRIES:
            raise InputError(f"more than {MAX_ENTRIES:,} entries in all")
        if kind == "substrings":
            self.substrings.update(found.to_pylist())
            if sum(map(len, self.substrings)) > MAX_SUBSTRING_CHARACTERS:
                raise InputError(f"substrings: more than {MAX_SUBSTRING_CHARACTERS:,} characters")
        else:
            self.hashes.setdefault(kind, []).append(hash_strings(found))

    def read(
        self, place: str, kind: Kind | None = None, *, categories: frozenset[str] = frozenset()
    ) -> None:
        """Everything in the list or lists of `place`. Without a kind, files of a UT1 folder are
        what their names say; elsewhere lines with a slash are URLs, and others domains.

        Raises:
            InputError: it cannot be read, is no list, or holds no entry.
        """
        if kind is None and _is_compiled(place):
            self._add_compiled(place)
            return
        before = self.size
        for file in list_files(place, self.ignored, categories=categories):
            self._read_file(file, kind)
        if self.size == before:
            raise InputError(f"{place}: an empty list")

    def _read_file(self, file: ListFile, kind: Kind | None) -> None:
        self.folders.add(Path(file.name).parent.name)
        lines = usable = 0
        for block in file.lines:
            for block_kind, part in _by_kind(block, kind, file.role):
                found = _READERS[block_kind](part)
                self.add(block_kind, found)
                lines, usable = lines + len(part), usable + len(found)
        if lines > 2 * usable:
            what = kind or ("URLs" if file.role == "urls" else "domains or URLs")
            raise InputError(f"{file.name}: {lines - usable:,} of {lines:,} lines are no {what}")
        if lines > usable:
            self.unusable[file.name] = lines - usable

    def _add_compiled(self, place: str) -> None:
        for kind, hashes in _load(place).items():
            self.size += len(hashes)
            self.hashes.setdefault(kind, []).append(hashes)
        if self.size > MAX_ENTRIES:
            raise InputError(f"more than {MAX_ENTRIES:,} entries in all")

    def table(self, kind: Kind) -> UInt64Array:
        """Hashes of all entries of a kind, sorted, each once."""
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *self.hashes.get(kind, [])])
        hashes.sort()
        return np.asarray(hashes[np.r_[True, hashes[1:] != hashes[:-1]][: len(hashes)]])

    def tables(self) -> UrlTables:
        """Everything gathered, ready for `kernels.urls.match`."""
        return UrlTables(
            domains=self.table("domains"),
            hosts=self.table("hosts"),
            urls=self.table("urls"),
            words=self.table("words"),
            soft_words=self.table("soft_words"),
            automaton=automaton_of(pa.array(sorted(self.substrings), pa.string())),
        )

    @property
    def notes(self) -> list[str]:
        """What was not used, a sentence each."""
        found = [f"{name}: {lines:,} lines left out" for name, lines in self.unusable.items()]
        if self.ignored:
            found.append(f"regular expressions are not read: {', '.join(self.ignored)}")
        return found


@dataclass(frozen=True, slots=True)
class Compiled:
    """A recipe's URL rules. `digest`: equal for equal entries, in whatever files and order they
    came. `notes`: what was not used, a sentence each."""

    tables: UrlTables
    digest: str
    notes: tuple[str, ...]


def compiled(url: Url) -> Compiled:
    """Everything that the section `url` of a recipe lists.

    Raises:
        InputError: a list cannot be read, is no list, or holds no entry.
    """
    gathered = gather(url.lists)
    for kind, section in url.by_kind().items():
        gathered.add(kind, _READERS[kind](pa.array(sorted(section.entries), pa.string())))
        for place in section.file:
            gathered.read(place, kind)
    tables = gathered.tables()
    return Compiled(tables, _digest(tables), tuple(gathered.notes))


def _digest(tables: UrlTables) -> str:
    value = hashlib.sha256()
    for name in UrlTables.__slots__:
        table = np.ascontiguousarray(getattr(tables, name))
        value.update(f"{name} {table.size} ".encode())
        value.update(table.view(np.uint8).data)
    return value.hexdigest()[:16]


def write(gathered: Gathered, path: Path) -> dict[Kind, int]:
    """Domains and URLs into one file that loads at once; entries of each.

    Raises:
        InputError: the file cannot be written.
    """
    hashes = {kind: gathered.table(kind) for kind in _FILE_KINDS}
    columns = [
        pa.LargeListArray.from_arrays(pa.array([0, len(found)], pa.int64()), pa.array(found))
        for found in hashes.values()
    ]
    table = pa.table(columns, schema=_SCHEMA)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with pa.ipc.new_file(str(partial), table.schema) as writer:
            writer.write_table(table)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    return {kind: len(found) for kind, found in hashes.items()}


def _is_compiled(place: str) -> bool:
    if not place.startswith(S3_SCHEME) and not Path(place).is_file():
        return False
    try:
        source = open_source(place)
    except InputError:  # a folder of S3; whatever else is wrong shows when it is read
        return False
    try:
        return source.read(0, len(_ARROW_MAGIC)) == _ARROW_MAGIC
    finally:
        source.close()


def _load(place: str) -> dict[Kind, UInt64Array]:
    source = open_source(place)
    try:
        with pa.PythonFile(SourceFile(source)) as file:
            table = pa.ipc.open_file(file).read_all()
        if not table.schema.equals(_SCHEMA, check_metadata=True) or table.num_rows != 1:
            raise InputError(f"{place}: an Arrow file, but none of `lakeprep lists import`")
        table.validate(full=True)
        return {kind: table.column(kind).chunk(0).flatten().to_numpy() for kind in _FILE_KINDS}
    except (pa.ArrowException, OSError) as error:
        cause = " ".join(str(error).split())[:200]
        raise InputError(f"{place}: a damaged list file ({cause})") from None
    finally:
        source.close()


def _by_kind(
    lines: pa.StringArray, kind: Kind | None, role: str
) -> Iterator[tuple[Kind, pa.StringArray]]:
    if kind is not None:
        yield kind, lines
    elif role == "urls":
        yield "urls", lines
    elif role == "domains":
        yield "domains", lines
    else:
        urls = entries.is_url(lines)
        yield "domains", lines.filter(pc.invert(urls))
        yield "urls", lines.filter(urls)


def gather(places: Iterable[str], *, categories: frozenset[str] = frozenset()) -> Gathered:
    """The lists of all `places`; of UT1 folders and archives those of `categories`, if any."""
    gathered = Gathered()
    for place in places:
        gathered.read(place, categories=categories)
    if missing := sorted(categories - gathered.folders):
        raise InputError(f"no category {', '.join(missing)}; found: {sorted(gathered.folders)}")
    return gathered
