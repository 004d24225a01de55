"""What we ask of S3: list, head and read by range, with errors that name the object.

The client is boto3's own: credentials, region and AWS_ENDPOINT_URL are found as boto3 finds them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypedDict, cast

from lakeprep.errors import InputError

S3_SCHEME = "s3://"

_CAUSES = {
    "404": "no such object",
    "NoSuchKey": "no such object",
    "NoSuchBucket": "no such bucket",
    "403": "access denied",
    "AccessDenied": "access denied",
    "412": "changed while it was being read; run the command again",
    "PreconditionFailed": "changed while it was being read; run the command again",
}


class _Body(Protocol):
    def read(self) -> bytes: ...


class _Got(TypedDict):
    Body: _Body


class _Head(TypedDict):
    ContentLength: int
    ETag: str


class _Entry(TypedDict):
    Key: str


class _ListPage(TypedDict, total=False):
    Contents: list[_Entry]


class _Paginator(Protocol):
    def paginate(self, *, Bucket: str, Prefix: str) -> Iterable[_ListPage]: ...  # noqa: N803


class _Client(Protocol):
    """The part of boto3's S3 client that is used here (boto3 ships no types)."""

    def get_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Range: str,  # noqa: N803
        IfMatch: str,  # noqa: N803
    ) -> _Got: ...

    def head_object(self, *, Bucket: str, Key: str) -> _Head: ...  # noqa: N803

    def get_paginator(self, name: str) -> _Paginator: ...


@dataclass(frozen=True, slots=True)
class S3Head:
    """Size in bytes and ETag without quotes."""

    size: int
    etag: str


def split_url(url: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URL; the key may be empty."""
    bucket, _, key = url[len(S3_SCHEME) :].partition("/")
    if not bucket:
        raise InputError(f"{url}: names no bucket; write s3://bucket/key.")
    return bucket, key


def head(url: str) -> S3Head:
    """Size and ETag of an object. Raises InputError where there is none."""
    bucket, key = split_url(url)
    with _named_errors(url):
        answer = _client(os.getpid()).head_object(Bucket=bucket, Key=key)
    return S3Head(size=answer["ContentLength"], etag=answer["ETag"].strip('"'))


def read_range(url: str, etag: str, start: int, end: int) -> bytes:
    """Bytes [start, end) of an object that is still the one with this ETag."""
    bucket, key = split_url(url)
    with _named_errors(url):
        answer = _client(os.getpid()).get_object(
            Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=f'"{etag}"'
        )
        return answer["Body"].read()


def list_keys(url: str) -> Iterator[str]:
    """URLs of the objects whose key begins with that of `url`, in key order."""
    bucket, prefix = split_url(url)
    with _named_errors(url):
        pages = _client(os.getpid()).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield f"{S3_SCHEME}{bucket}/{entry['Key']}"


@lru_cache(maxsize=4)
def _client(process: int) -> _Client:
    """One client a process id: a client made before a fork must not be used after it."""
    import boto3

    return cast(_Client, boto3.client("s3"))


@contextmanager
def _named_errors(url: str) -> Iterator[None]:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
    )

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        raise InputError(f"{url}: {_CAUSES.get(code, code)}.") from error
    except NoCredentialsError as error:
        raise InputError(
            f"{url}: no S3 credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a"
            " profile."
        ) from error
    except (BotoCoreError, OSError, ValueError) as error:
        raise InputError(f"{url}: S3 cannot be read ({error}).") from error
