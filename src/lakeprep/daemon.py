"""Spark's Python daemon, made ready before workers are forked (`spark.python.daemon.module`).

Compiled kernels and models are loaded once, here, and shared by the workers. What was loaded is
then frozen: a worker collects garbage after every task, and would walk the 176,000 objects of the
compiler's modules each time (0.08 s of an idle core, more than a small task's work), touching, and
so copying, every page of memory that it shares.

Spark puts archives before all else on the path: PySpark and py4j as zips, and a jar of 5,000
classes. At the start of every task a worker forgets what it knows of the path
(`importlib.invalidate_caches`), and Python then reads the directories of all archives again, once
for each package found inside: 0.2 s of a core, by a clock around that call in a worker. So PySpark
is taken from where Python has it installed, if that is the same version.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
import zipfile
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path

_ARCHIVE = re.compile(r"pyspark\.zip|py4j-.*\.zip|spark-core_.*\.jar")
_VERSION = "version.py"


def without_archives(path: list[str]) -> list[str]:
    """`path` without Spark's archives; `path` itself where they are needed: Python has not both
    PySpark and py4j besides, or PySpark of another version."""
    rest = [entry for entry in path if not _ARCHIVE.fullmatch(Path(entry).name)]
    found = PathFinder.find_spec("pyspark", rest)
    if found is None or found.origin is None or PathFinder.find_spec("py4j", rest) is None:
        return path
    installed = Path(found.origin).with_name(_VERSION).read_bytes()
    for archive in map(Path, path):
        if archive.name == "pyspark.zip" and archive.exists():
            with zipfile.ZipFile(archive) as packed:
                if packed.read(f"pyspark/{_VERSION}") != installed:
                    return path
    return rest


def warm() -> None:
    """Load what the score pass needs by default; other options load theirs in the worker."""
    from lakeprep import kernels
    from lakeprep.score import extract_batch, language
    from lakeprep.score.options import ScoreOptions

    kernels.warm()
    extract_batch.prepare(ScoreOptions())
    language.prepare("fasttext")


def give_back() -> None:
    """Return memory that loading has left over: a worker would write there, and for each page that
    it shares the system copies what nobody needs."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with suppress(AttributeError):  # glibc's
        ctypes.CDLL(None).malloc_trim(0)


if __name__ == "__main__":
    # Arrow's allocator (mimalloc) gives memory back after 10 ms: between two batches, all of it.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "-1")
    sys.path[:] = without_archives(sys.path)
    sys.path_importer_cache.clear()  # it holds the archives that were looked into for this module
    from pyspark import daemon

    warm()
    give_back()
    gc.freeze()
    daemon.manager()  # type: ignore[no-untyped-call]
