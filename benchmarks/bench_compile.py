"""Seconds from a cold start to compiled kernels, and to loaded ones, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Setting

_WARM = "from lakeprep import kernels; print(kernels.warm())"


def measure(setting: Setting) -> dict[str, object]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(setting.scratch)}
    cold, first, second = (_seconds(environment) for _ in range(3))
    size = sum(path.stat().st_size for path in setting.scratch.rglob("*") if path.is_file())
    return {
        "cold_seconds": round(cold, 1),
        "cached_seconds": round(min(first, second), 2),
        "cache_mib": round(size / 2**20, 1),
    }


def _seconds(environment: dict[str, str]) -> float:
    """Imports of NumPy, PyArrow and Numba are part of it, as in a worker."""
    call = [sys.executable, "-c", _WARM]
    done = subprocess.run(call, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)
