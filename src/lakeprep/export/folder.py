"""The folder that an export is written to: local, or on S3 through Arrow's own client.

A folder is named by a string, so that Spark's Python workers can open it for themselves.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakeprep.errors import UsageError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem
    from pyarrow.lib import NativeFile

S3_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Folder:
    """A flat folder. `location`: an absolute local path, or s3://bucket/prefix.

    Every method raises OSError where the storage does.
    """

    location: str

    @staticmethod
    def at(location: str) -> Folder:
        """The folder that a user named; relative paths are those of the calling process.

        Raises:
            UsageError: another scheme, or no bucket.
        """
        if location.startswith(S3_SCHEME):
            if not location.removeprefix(S3_SCHEME).strip("/"):
                raise UsageError(f"{location}: names no bucket; write s3://bucket/folder")
            return Folder(location.rstrip("/"))
        if "://" in location:
            raise UsageError(f"{location}: an export goes to a local folder or to s3://")
        return Folder(str(Path(location).expanduser().absolute()))

    def make(self) -> None:
        """Make the folder and those above it; nothing to do on S3, which has none."""
        if not self.location.startswith(S3_SCHEME):
            self._files().create_dir(self._path(), recursive=True)

    def names(self) -> list[str]:
        """Names of everything in it, sorted; none where it does not exist."""
        from pyarrow.fs import FileSelector

        selector = FileSelector(self._path(), allow_not_found=True)
        return sorted(str(entry.base_name) for entry in self._files().get_file_info(selector))

    def create(self, name: str) -> NativeFile:
        """A new file, opened for writing bytes as they are, whatever its name ends in."""
        return self._files().open_output_stream(self._path(name), compression=None)

    def open(self, name: str) -> NativeFile:
        """A file, opened for reading its bytes as they are, not decompressed."""
        return self._files().open_input_stream(self._path(name), compression=None)

    def read(self, name: str) -> bytes:
        with self.open(name) as stream:
            return bytes(stream.read())

    def put(self, name: str, content: bytes) -> None:
        """Write a whole file so that it is there as a whole or not at all."""
        temporary = f".{name}.tmp"
        with self.create(temporary) as stream:
            stream.write(content)
        self.rename(temporary, name)

    def rename(self, old: str, new: str) -> None:
        """Move a file over whatever has the new name."""
        self._files().move(self._path(old), self._path(new))

    def delete(self, name: str) -> None:
        self._files().delete_file(self._path(name))

    def _path(self, name: str = "") -> str:
        path = self.location.removeprefix(S3_SCHEME)
        return f"{path}/{name}" if name else path

    def _files(self) -> FileSystem:
        return _files(self.location.startswith(S3_SCHEME), os.getpid())


@functools.lru_cache(maxsize=4)
def _files(on_s3: bool, process: int) -> FileSystem:
    """One client a process id: a client made before a fork must not be used after it."""
    from pyarrow import fs

    if not on_s3:
        return fs.LocalFileSystem()
    # Arrow finds credentials and region as boto3 does, but not the endpoint.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return fs.S3FileSystem()
    scheme, _, host = endpoint.rpartition("://")
    return fs.S3FileSystem(endpoint_override=host.rstrip("/"), scheme=scheme or "https")
