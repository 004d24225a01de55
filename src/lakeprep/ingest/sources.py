"""Bytes of an input by offset: a local file or an object of S3, never whole in memory."""

from __future__ import annotations

import io
import os
from typing import Protocol

from lakeprep.errors import InputError
from lakeprep.ingest import s3

LOCAL_CHUNK = 1 << 20
S3_CHUNK = 8 << 20
"""One request each: large enough that its delay does not matter, small enough to hold."""


class Source(Protocol):
    """A readable range of bytes. `read` returns fewer bytes than asked only at the end."""

    path: str
    size: int
    etag: str
    chunk: int

    def read(self, offset: int, length: int) -> bytes: ...

    def close(self) -> None: ...


class LocalSource:
    """A file of this machine, read by position."""

    chunk = LOCAL_CHUNK

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
        status = os.fstat(self._handle)
        self.size = status.st_size
        self.etag = local_etag(status)

    def read(self, offset: int, length: int) -> bytes:
        try:
            data = os.pread(self._handle, length, offset)
            while data and len(data) < length and offset + len(data) < self.size:
                more = os.pread(self._handle, length - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror}).") from error
        return data

    def close(self) -> None:
        os.close(self._handle)


class S3Source:
    """An object of S3, read by ranges; a change of the object in between is an error."""

    chunk = S3_CHUNK

    def __init__(self, path: str) -> None:
        self.path = path
        head = s3.head(path)
        self.size, self.etag = head.size, head.etag

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        return s3.read_range(self.path, self.etag, offset, end) if offset < end else b""

    def close(self) -> None:
        """Nothing is held between two reads."""


class RangeSource:
    """A stretch of another source, with its own offsets from 0."""

    def __init__(self, inner: Source, start: int, size: int) -> None:
        self.path, self.etag, self.chunk = inner.path, inner.etag, inner.chunk
        self.size = size
        self._inner, self._start = inner, start

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        return self._inner.read(self._start + offset, length) if length > 0 else b""

    def close(self) -> None:
        """The inner source belongs to whoever opened it."""


class SourceFile(io.RawIOBase):
    """A source as a seekable Python file, for libraries that want one (Parquet, ZIP)."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source, self._position = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        self._position = max(0, origin[whence] + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._source.size - self._position)
        data = self._source.read(self._position, left if size is None or size < 0 else size)
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def open_source(path: str, etag: str | None = None) -> Source:
    """The bytes of `path`, an absolute local path or an s3:// URL.

    Raises InputError where it cannot be read, or where it is no longer what `etag` says.
    """
    source: Source = S3Source(path) if path.startswith(s3.S3_SCHEME) else LocalSource(path)
    if etag is not None and etag != source.etag:
        source.close()
        raise InputError(f"{path}: changed while it was being read; run the command again.")
    return source


def local_etag(status: os.stat_result) -> str:
    """Modification time in hexadecimal nanoseconds, a dash, and the size."""
    return f"{status.st_mtime_ns:x}-{status.st_size}"
