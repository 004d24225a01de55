"""How kernels are compiled: ahead of their first call, once for each version of their sources.

Numba checks only the file of the function itself when it reads its disk cache, not the files of
the functions that this one calls. So the cache lies in a folder named by a digest of all kernel
sources and Numba's version; Numba adds the CPU to its own key.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

# Arrays of Arrow and of the tables are read-only; scratch and results are not.
BYTES: Final = "Array(uint8, 1, 'C', readonly=True)"
OFFSETS: Final = "Array(int64, 1, 'C', readonly=True)"
U32_TABLE: Final = "Array(uint32, 1, 'C', readonly=True)"
I32_TABLE: Final = "Array(int32, 1, 'C', readonly=True)"
I32_ROWS: Final = "Array(int32, 2, 'C', readonly=True)"
I64_TABLE: Final = "Array(int64, 1, 'C', readonly=True)"
U64_TABLE: Final = "Array(uint64, 1, 'C', readonly=True)"

# Helpers are called by kernels alone: no entry from Python or C is compiled for them.
HELPER: Final[dict[str, Any]] = {
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


@lru_cache(maxsize=1)
def cache_directory() -> Path:
    """Where compiled kernels of these very sources are kept: under NUMBA_CACHE_DIR if that is
    set, else under the user's cache folder, else (not writable) a temporary folder."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    base = os.environ.get("NUMBA_CACHE_DIR")
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
        base = str(Path(home, "lakeprep", "kernels"))
    folder = Path(base, digest.hexdigest())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        user = os.getuid() if hasattr(os, "getuid") else 0
        folder = Path(tempfile.gettempdir(), f"lakeprep-kernels-{user}", digest.hexdigest())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compiles a function for one signature when its module is imported, or loads it from the
    cache. Without fast-math: the same bits on every machine. It releases the GIL."""

    def compile_one(function: Callable[P, R]) -> Callable[P, R]:
        before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
        numba.config.CACHE_DIR = str(cache_directory())  # type: ignore[attr-defined]
        try:
            return numba.njit(signature, cache=True, nogil=True)(function)
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]

    return compile_one


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """A function that kernels call. It is compiled when a kernel is, and becomes part of the
    kernel's cached code: loading kernels from the cache loads no helper. It makes and returns no
    array, so it counts no references (`_nrt`): an atomic increment for every array it is given."""
    return cast(Callable[P, R], numba.njit(**HELPER)(function))


def hot_helper(function: Callable[P, R]) -> Callable[P, R]:
    """A helper for the innermost loops, put into its callers: a call would pass every array as
    seven arguments."""
    return cast(Callable[P, R], numba.njit(**HELPER, forceinline=True)(function))
