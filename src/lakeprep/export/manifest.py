"""The manifest of an export: what it is made of, and a check that it still is."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakeprep.errors import UsageError
from lakeprep.export.folder import Folder

MANIFEST = "manifest.json"
SUFFIXES = {"parquet": ".parquet", "jsonl": ".jsonl.zst"}
Format = Literal["parquet", "jsonl"]
#: Of a shard, as a regular expression; see `shard_name`.
SHARD_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*-[0-9]{5,}-of-[0-9]{5,}(?:\.parquet|\.jsonl\.zst)"
_CHUNK = 1 << 20


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShardFile(_Part):
    """One file of the export. The name is plain: a manifest can lead nowhere else."""

    name: Annotated[str, Field(pattern=rf"^{SHARD_NAME}$")]
    rows: Annotated[int, Field(ge=0)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ExportedColumn(_Part):
    """A column, its type in Spark's spelling."""

    name: str
    type: str
    nullable: bool


class Source(_Part):
    """The release that is exported, and how: the same source gives the same bytes.

    `writer` names the libraries that encode the shards; other versions may encode the same rows in
    other bytes. upweight: least cluster size -> how often its documents stand here; null for once
    each. run_id to code_version are those of the run that decided the release, null where its
    snapshot does not say.
    """

    version: Literal[1] = 1
    dataset: str
    tag: str
    snapshot_id: int
    run_id: str | None
    recipe_hash: str | None
    score_hash: str | None
    code_version: str | None
    format: Format
    compression: str
    writer: str
    rows_per_shard: int
    upweight: dict[int, int] | None = None
    columns: tuple[ExportedColumn, ...]


class Manifest(Source):
    """`manifest.json`: written last, so that an export that has one is complete."""

    rows: int
    bytes: int
    files: tuple[ShardFile, ...]


def make_manifest(source: Source, files: tuple[ShardFile, ...]) -> Manifest:
    return Manifest(
        **dict(source),
        rows=sum(file.rows for file in files),
        bytes=sum(file.bytes for file in files),
        files=files,
    )


def differences(manifest: Manifest, source: Source) -> list[str]:
    """Fields in which the source of `manifest` is not `source`."""
    return [
        name for name in Source.model_fields if getattr(manifest, name) != getattr(source, name)
    ]


def write_manifest(folder: Folder, manifest: Manifest) -> None:
    folder.put(MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")


def shard_name(dataset: str, shard: int, shards: int, format: Format) -> str:
    """`web-00003-of-00012.parquet`."""
    return f"{dataset}-{shard:05d}-of-{shards:05d}{SUFFIXES[format]}"


def read_manifest(folder: Folder, name: str = MANIFEST) -> Manifest:
    """The manifest of an export.

    Raises:
        UsageError: there is none, or it is not one of ours.
    """
    try:
        return Manifest.model_validate_json(folder.read(name))
    except OSError as error:
        raise UsageError(
            f"{folder.location}/{name}: cannot be read ({error.strerror or error})"
        ) from None
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise UsageError(
            f"{folder.location}/{name}: not a manifest of lakeprep export ({place}: {fault['msg']})"
        ) from None


def verify(manifest: str) -> tuple[str, ...]:
    """What is wrong with the export that the file `manifest` (a path or an s3:// URL) vouches for,
    a line a fault; empty where every file has its size and its sha256.

    Raises:
        UsageError: there is no manifest, or it is not one of ours.
    """
    parent, _, name = manifest.rpartition("/")
    folder = Folder.at(parent or ("/" if manifest.startswith("/") else "."))
    return faults(folder, read_manifest(folder, name))


def faults(folder: Folder, manifest: Manifest) -> tuple[str, ...]:
    """As `verify`, for a manifest that has been read."""
    return tuple(fault for file in manifest.files if (fault := _fault(folder, file)))


def _fault(folder: Folder, file: ShardFile) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        with folder.open(file.name) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return f"{file.name}: is missing"
    except OSError as error:
        return f"{file.name}: cannot be read ({error.strerror or error})"
    if size != file.bytes:
        return f"{file.name}: has {size} bytes; the manifest says {file.bytes}"
    if digest.hexdigest() != file.sha256:
        return f"{file.name}: has another sha256 than the manifest says"
    return None
