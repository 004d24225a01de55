"""The jars that Spark needs beside its own: the one place of Maven coordinates.

They are fetched once, by the resolver that ships with Spark (no Maven), into one flat folder of
the virtual environment, and given to Spark as files: `spark.jars.packages` would ask the network
on every start. Each jar is pinned by its SHA-256, as the Python packages are in requirements/.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lakeprep.errors import EnvironmentMissing, UsageError
from lakeprep.java import find_java

RESOLVER_SECONDS: Final = 1200
"""After this long the resolver is ended: all jars are 130 MB, so a line below 1 Mbit/s."""

_SIGNS: Final = ("Server access error", "Host ", "Exception", "not found")
"""Words of the resolver's output that tell why, the most telling first."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar. `excluded` are dependencies (`group:artifact`) that Spark has already."""

    feature: str
    group: str
    artifact: str
    version: str
    sha256: str
    excluded: tuple[str, ...] = ()

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


JARS: Final = (
    # Iceberg has no runtime for Spark 4.2 or later: move both or neither (docs/adr/0006).
    Jar(
        "base",
        "org.apache.iceberg",
        "iceberg-spark-runtime-4.1_2.13",
        "1.12.0",
        "3123c3798af642dd537230923548e013ef41cc28b6626e5225808cf5670a0f82",
    ),
    Jar(
        "base",
        "org.xerial",
        "sqlite-jdbc",
        "3.53.4.0",
        "bcb1f51e36f940867e83342f9efbf5968ac44a6bef4d397bb4af7b17b45cd2fb",
        ("org.slf4j:slf4j-api",),
    ),
    Jar(
        "s3",
        "org.apache.iceberg",
        "iceberg-aws-bundle",
        "1.12.0",
        "dd7e49ffa4ac9b215bed846581991259e3aec9bb2fa08d6cec029c46cd66d957",
    ),
    Jar(
        "postgresql",
        "org.postgresql",
        "postgresql",
        "42.7.8",
        "2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7",
        ("org.checkerframework:checker-qual",),
    ),
)

FEATURES: Final = tuple(dict.fromkeys(jar.feature for jar in JARS))


def jar_directory() -> Path:
    """LAKEPREP_JARS, else `share/lakeprep/jars` of the environment that runs this Python."""
    configured = os.environ.get("LAKEPREP_JARS")
    return Path(configured) if configured else Path(sys.prefix) / "share" / "lakeprep" / "jars"


def missing(features: Iterable[str] = ("base",), directory: Path | None = None) -> list[Jar]:
    """The jars of these features that are absent from the directory, or cut short there."""
    folder = directory or jar_directory()
    return [jar for jar in _wanted(features) if not zipfile.is_zipfile(folder / jar.file_name)]


def paths(features: Iterable[str] = ("base",), directory: Path | None = None) -> list[Path]:
    """The jars of these features, for `spark.jars`; EnvironmentMissing where one is absent."""
    wanted = _wanted(features)
    folder = directory or jar_directory()
    absent = missing(features, folder)
    if absent:
        needs = " ".join(dict.fromkeys(jar.feature for jar in absent))
        names = ", ".join(jar.file_name for jar in absent)
        raise EnvironmentMissing(f"{folder} lacks {names}; fetch with `lakeprep jars {needs}`")
    return [folder / jar.file_name for jar in wanted]


def fetch(features: Iterable[str] = ("base",), directory: Path | None = None) -> list[Path]:
    """Bring what is missing into the directory and return the jars that were fetched.

    A jar appears whole and verified or not at all, so a run beside this one never sees half of
    it. Raises EnvironmentMissing where the resolver cannot get a jar or the directory cannot be
    written, naming the jars and the ways out.
    """
    folder = directory or jar_directory()
    absent = missing(features, folder)
    if not absent:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename on one file system.
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            return _fetch_into(folder, absent, Path(scratch))
    except OSError as error:
        raise EnvironmentMissing(
            f"cannot write jars to {folder} ({error.strerror or error}); "
            "make it writable or set LAKEPREP_JARS to a folder that is"
        ) from error


def _fetch_into(folder: Path, absent: list[Jar], scratch: Path) -> list[Path]:
    said = _resolve(absent, scratch)
    resolved = {jar: scratch / "jars" / f"{jar.group}_{jar.file_name}" for jar in absent}
    failed = [jar for jar, file in resolved.items() if not file.is_file()]
    if failed:
        raise _unresolved(failed, folder, said)
    for jar, file in resolved.items():
        _verify(jar, file)
    fetched = []
    for jar, file in resolved.items():
        file.replace(folder / jar.file_name)
        fetched.append(folder / jar.file_name)
    return fetched


def _resolve(absent: list[Jar], scratch: Path) -> str:
    """Run Spark's resolver with an empty program; returns what it said, for error messages.

    SparkSubmit is started directly: the `spark-submit` script looks for its home with whatever
    `python3` comes first on the PATH, which need not be ours.
    """
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise EnvironmentMissing("pyspark is not installed; install lakeprep with its dependencies")
    spark_home = Path(spec.origin).parent
    java = find_java()
    program = scratch / "nothing.py"
    program.write_text("", encoding="utf-8")
    command = [
        str(java.path / "bin" / "java"),
        "-Xmx512m",
        *("-cp", str(spark_home / "jars" / "*"), "org.apache.spark.deploy.SparkSubmit"),
        *("--master", "local[1]"),
        *("--packages", ",".join(jar.coordinate for jar in absent)),
        *("--conf", f"spark.jars.ivy={scratch}"),
        *("--conf", f"spark.pyspark.python={sys.executable}"),
    ]
    excluded = sorted({name for jar in absent for name in jar.excluded})
    if excluded:
        command += ["--exclude-packages", ",".join(excluded)]
    environment = os.environ | {
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(java.path),
    }
    try:
        answer = subprocess.run(
            [*command, str(program)],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=RESOLVER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {RESOLVER_SECONDS} s"
    return answer.stdout + answer.stderr


def _verify(jar: Jar, file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != jar.sha256:
        raise EnvironmentMissing(
            f"the repository's {jar.coordinate} is not the pinned file (sha256 {digest}, "
            f"pinned {jar.sha256}); check the artifact repository that this machine is set to use"
        )


def _unresolved(failed: list[Jar], folder: Path, said: str) -> EnvironmentMissing:
    """One message: which jars, the resolver's own reason, and what can be done."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    clue = next(
        (line for sign in _SIGNS for line in lines if sign in line),
        lines[-1] if lines else "it said nothing",
    )
    names = ", ".join(jar.coordinate for jar in failed)
    return EnvironmentMissing(
        f"Spark's resolver could not fetch {names} ({clue[:300]}). Is this machine online? "
        "Behind a mirror set DEFAULT_ARTIFACT_REPOSITORY to its address, behind a proxy "
        "JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=…; or copy "
        f"{', '.join(jar.file_name for jar in failed)} into {folder}"
    )


def _wanted(features: Iterable[str]) -> list[Jar]:
    names = set(features)
    unknown = sorted(names - set(FEATURES))
    if unknown:
        raise UsageError(
            f"no jars for {', '.join(unknown)}; the features are {', '.join(FEATURES)}"
        )
    return [jar for jar in JARS if jar.feature in names]


def main(arguments: list[str]) -> int:
    """`python -m lakeprep.jars [FEATURE…]`: fetch what is missing, for make and image builds."""
    try:
        fetched = fetch(arguments or ["base"])
    except (EnvironmentMissing, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for file in fetched:
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
