"""What breaks if this fails: executors compile for a minute in the middle of a job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lakeprep
from lakeprep import kernels
from lakeprep.errors import UsageError
from lakeprep.kernels import compiled

# A kernel of its own, so that not all of them are compiled; it prints what the cache did.
SCRIPT = """
import json
import sys
import llvmlite.binding as llvm
if sys.argv[1:]:
    llvm.get_host_cpu_name = lambda: sys.argv[1]
from lakeprep.kernels import compiled
from lakeprep.kernels.tiny import twice
hits = sum(twice.stats.cache_hits.values())
print(json.dumps([twice(21), hits, str(compiled.cache_directory())]))
"""
TINY = """
from lakeprep.kernels.compiled import kernel

@kernel("int64(int64)")
def twice(number):
    return 2 * number
"""


def package(place: Path) -> Path:
    """A copy of as much of the package as the tiny kernel needs."""
    source = Path(lakeprep.__file__).parent
    (place / "lakeprep" / "kernels").mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "kernels/__init__.py", "kernels/compiled.py"):
        shutil.copy(source / name, place / "lakeprep" / name)
    (place / "lakeprep" / "kernels" / "tiny.py").write_text(TINY)
    return place


def run(place: Path, *cpu: str, **environment: Path) -> list[Any]:
    """Result, cache hits and cache folder of the tiny kernel in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if k != "LAKEPREP_KERNELS"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *cpu],
        env=inherited | {k: str(v) for k, v in environment.items()} | {"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_shipped_cache_is_read_wherever_the_package_lies(tmp_path: Path) -> None:
    here, there = package(tmp_path / "here"), package(tmp_path / "else" / "where")
    shipped, own = tmp_path / "shipped", tmp_path / "own"

    made = run(here, NUMBA_CACHE_DIR=shipped)
    assert made[:2] == [42, 0]
    unfinished = run(there, LAKEPREP_KERNELS=shipped, NUMBA_CACHE_DIR=own)
    assert unfinished[:2] == [42, 0], "a cache that is not complete is not used"

    (Path(made[2]) / compiled.COMPLETE).touch()
    before, kept = files(shipped), files(own)
    assert run(there, LAKEPREP_KERNELS=shipped, NUMBA_CACHE_DIR=own) == [42, 1, made[2]]
    assert (files(shipped), files(own)) == (before, kept), "nothing is written"


def test_another_cpu_or_source_compiles_its_own(tmp_path: Path) -> None:
    place = package(tmp_path / "package")
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    (Path(run(place, NUMBA_CACHE_DIR=shipped)[2]) / compiled.COMPLETE).touch()
    before = files(shipped)

    other = run(place, "other-cpu", LAKEPREP_KERNELS=shipped, NUMBA_CACHE_DIR=own)
    assert other[:2] == [42, 0] and Path(other[2]).parent == own
    (place / "lakeprep" / "kernels" / "tiny.py").write_text(TINY + "# changed\n")
    changed = run(place, LAKEPREP_KERNELS=shipped, NUMBA_CACHE_DIR=own)
    assert changed[:2] == [42, 0] and changed[2] != other[2]
    assert files(shipped) == before


def test_warm_to_marks_a_folder_that_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled.cache_directory.cache_clear()
    for name in ("NUMBA_CACHE_DIR", "LAKEPREP_KERNELS"):
        monkeypatch.setenv(name, "unset")  # to be restored afterwards
    states: list[list[str]] = []
    monkeypatch.setattr(kernels, "warm", lambda: states.append(files(tmp_path)) or 0.0)
    try:
        kernels.ship(tmp_path / "kernels")
        assert states == [[]], "not before all are compiled"
        assert files(tmp_path) == [compiled.COMPLETE]

        compiled.cache_directory.cache_clear()
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match="cannot be written"):
            kernels.ship(tmp_path / "file" / "below")
    finally:
        compiled.cache_directory.cache_clear()
