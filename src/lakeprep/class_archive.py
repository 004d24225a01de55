"""The JVM's class archive: a start of Spark takes 5 seconds instead of 9 on two cores.

Spark and Iceberg load some 20,000 classes from 300 jars. Java can keep them parsed and verified in
one file that later starts map into memory (dynamic class-data sharing, JEP 350, Java 13 and later).
`make` runs the main job over a few demo pages and lets Java write down what it loaded. Java checks
by itself that the archive fits the jars and does without where it does not; nothing but the time
of a start depends on it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from lakeprep import jars
from lakeprep.errors import EnvironmentMissing
from lakeprep.java import find_java

#: Set in the process whose JVM writes the archive: the path to write.
_WRITE_TO: Final = "LAKEPREP_ARCHIVE_CLASSES"
_MAKE_SECONDS: Final = 600
#: The JVM's remarks on an archive go to stdout, which is for results.
_QUIET: Final = "-Xlog:disable -Xlog:all=error:stderr"


def archive_path() -> Path:
    """Where the archive for this Java and these jars lies, or would lie: beside the jars."""
    import pyspark

    spark_jars = Path(pyspark.__file__).parent / "jars"
    digest = hashlib.blake2b(str(find_java()).encode(), digest_size=8)
    for jar in sorted((*spark_jars.glob("*.jar"), *jars.paths(("base",)))):
        state = jar.stat()
        digest.update(f"\0{jar}\0{state.st_size}\0{state.st_mtime_ns}".encode())
    return jars.jar_directory().parent / "classes" / f"{digest.hexdigest()}.jsa"


def jvm_options() -> str:
    """Options with which the JVM uses the archive; none where there is none."""
    if target := os.environ.get(_WRITE_TO):
        return f"-XX:ArchiveClassesAtExit={target} {_QUIET}"
    archive = archive_path()
    return f"-XX:SharedArchiveFile={archive} {_QUIET}" if archive.is_file() else ""


def make() -> Path:
    """Write the archive if it is not there, and remove those of other jars.

    Raises:
        EnvironmentMissing: the folder cannot be written, or the run came to no archive.
    """
    archive = archive_path()
    if archive.is_file():
        return archive
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".make-", dir=archive.parent) as scratch:
            made = Path(scratch) / archive.name
            said = _run_demo(Path(scratch), made)
            if not made.is_file():
                raise EnvironmentMissing(f"Java wrote no class archive: {said[-500:]}")
            for old in archive.parent.glob("*.jsa"):
                old.unlink()
            made.replace(archive)
    except OSError as error:
        raise EnvironmentMissing(
            f"cannot write {archive.parent} ({error.strerror or error}); Spark starts without"
        ) from None
    return archive


def _run_demo(scratch: Path, target: Path) -> str:
    """The main job over a small demo crawl; what it said. Ends when its JVM has ended, which
    writes the archive last and holds the output open until then."""
    from lakeprep.demo import write_demo

    write_demo(scratch / "crawl", pages=40)
    crawl = [str(path) for path in sorted((scratch / "crawl").glob("*.warc.gz"))]
    command = [sys.executable, "-m", "lakeprep.cli", "run", "web", *crawl, "--lake"]
    try:
        done = subprocess.run(
            [*command, str(scratch / "lake")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_MAKE_SECONDS,
            env={**os.environ, _WRITE_TO: str(target)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {_MAKE_SECONDS} s"
    return done.stdout
