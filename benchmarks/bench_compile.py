"""Seconds from a cold start to compiled kernels, and to loaded ones, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Setting

_WARM = """
import time
began = time.perf_counter()
import numba, numpy, pandas, pyarrow, scipy.linalg
imported = time.perf_counter() - began
from lakeprep import kernels
print(imported, kernels.warm())
"""


def measure(setting: Setting) -> dict[str, object]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(setting.scratch)}
    cold, *cached = (_seconds(environment) for _ in range(4))
    size = sum(path.stat().st_size for path in setting.scratch.rglob("*") if path.is_file())
    return {
        "cold_seconds": round(cold[1], 1),
        "imports_seconds": round(min(imports for imports, _ in cached), 2),
        "cached_seconds": round(min(seconds for _, seconds in cached), 2),
        "cache_mib": round(size / 2**20, 1),
    }


def _seconds(environment: dict[str, str]) -> tuple[float, float]:
    """Of importing the libraries, which a worker has in any case, and of the kernels."""
    call = [sys.executable, "-c", _WARM]
    done = subprocess.run(call, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    imports, kernels = map(float, done.stdout.split())
    return imports, kernels
