"""What works on this machine and what to do about the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lakeprep.errors import LakeprepError


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    detail: str


def examine(lake: Path | None, conf: Path | None) -> list[Finding]:
    """Java, jars, kernels; and, where a lake or a conf is given, its catalog and storage."""
    findings = [
        _try("java", _java),
        _try("jars", _jars),
        _try("classes", _classes),
        _try("kernels", _kernels),
    ]
    if (lake or conf) and all(finding.ok for finding in findings):
        findings.append(_try("catalog", lambda: _catalog(lake, conf)))
    return findings


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=look())
    except LakeprepError as error:
        return Finding(name, ok=False, detail=str(error))
    except Exception as error:
        return Finding(name, ok=False, detail=f"{type(error).__name__}: {str(error)[:300]}")


def _java() -> str:
    from lakeprep.java import find_java

    java = find_java()
    return f"{java.version} at {java.path}"


def _jars() -> str:
    from lakeprep import jars

    found = jars.paths(("base",))
    return f"{', '.join(path.name for path in found)} in {jars.jar_directory()}"


def _classes() -> str:
    from lakeprep.class_archive import archive_path

    archive = archive_path()
    return str(archive) if archive.is_file() else "none; `lakeprep warm` makes Spark start faster"


def _kernels() -> str:
    started = time.perf_counter()
    from lakeprep import kernels

    kernels.warm()
    return f"loaded in {time.perf_counter() - started:.1f} s"


def _catalog(lake: Path | None, conf: Path | None) -> str:
    from lakeprep.pipeline import Target, open_lake

    with open_lake(Target(lake, conf), lambda stage, done: None) as opened:
        names = opened.tables()
        return f"{len(names)} tables, readable and writable"
