"""Find a Java that Spark 4.1 runs on, before Spark starts and fails in its own words.

Standard library only and no process started where a JDK's own `release` file says its version,
so it costs milliseconds and runs before anything is installed (`python -m lakeprep.java`).
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakeprep.errors import EnvironmentMissing

SUPPORTED = (17, 21)
"""Java versions that Spark 4.1 is built and tested for (its documentation, "Downloading")."""

WELL_KNOWN_FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk@*",
    "/usr/local/opt/openjdk@*",
)
"""Where packages of Debian, Red Hat, macOS and Homebrew put a Java that is not on the PATH."""

_PROBE_SECONDS = 20
_INSTALL_COMMANDS = (
    ({"fedora", "rhel", "centos", "amzn"}, "dnf install java-21-openjdk-headless"),
    ({"suse", "opensuse"}, "zypper install java-17-openjdk-headless"),
    ({"alpine"}, "apk add openjdk17-jre-headless"),
    ({"arch"}, "pacman -S jre17-openjdk-headless"),
)


@dataclass(frozen=True)
class JavaHome:
    """A Java installation: feature version (17, 21) and its home, the folder for JAVA_HOME."""

    version: int
    path: Path


def find_java(
    environ: Mapping[str, str] | None = None,
    folders: Sequence[str] = WELL_KNOWN_FOLDERS,
) -> JavaHome:
    """The Java that Spark is to use: JAVA_HOME where set, else PATH, else a well-known folder.

    JAVA_HOME is never passed over in silence, because Spark obeys it. Raises EnvironmentMissing
    with one line when it points nowhere, or when no Java 17 or 21 is found.
    """
    env = os.environ if environ is None else environ
    configured = env.get("JAVA_HOME")
    if configured:
        return _from_java_home(Path(configured))
    on_path = shutil.which("java", path=env.get("PATH", ""))
    found = _identify(Path(on_path)) if on_path else None
    if found and found.version in SUPPORTED:
        return found
    elsewhere = _first_supported(folders)
    if elsewhere:
        return elsewhere
    if found:
        raise _missing(f"{on_path} is Java {found.version}")
    raise _missing(f"{on_path} does not run" if on_path else "there is no Java on this machine")


def install_command() -> str:
    """The command that installs a supported Java on this system, for error messages."""
    if sys.platform == "darwin":
        return "brew install openjdk@17"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ""
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if names & {"debian", "ubuntu"}:
        # Debian 13 has no openjdk-17 any more; Ubuntu has both.
        newer = release.get("ID") == "debian" and release.get("VERSION_ID", "12") != "12"
        return f"apt-get install openjdk-{21 if newer else 17}-jre-headless"
    return next((command for ids, command in _INSTALL_COMMANDS if names & ids), "")


def _from_java_home(home: Path) -> JavaHome:
    binary = home / "bin" / "java"
    if not os.access(binary, os.X_OK):
        raise _missing(f"JAVA_HOME={home} holds no bin/java", step="correct or unset JAVA_HOME")
    found = _identify(binary)
    if found is None:
        raise _missing(f"{binary} (from JAVA_HOME) does not run", step="correct or unset JAVA_HOME")
    if found.version not in SUPPORTED:
        problem = f"JAVA_HOME={home} is Java {found.version}"
        raise _missing(problem, step="point JAVA_HOME at a Java 17 or 21, or unset it")
    return JavaHome(found.version, home)


def _first_supported(folders: Sequence[str]) -> JavaHome | None:
    for pattern in folders:
        base = Path(pattern).anchor
        for home in sorted(Path(base).glob(str(Path(pattern).relative_to(base)))):
            binary = home / "bin" / "java"
            found = _identify(binary) if os.access(binary, os.X_OK) else None
            if found and found.version in SUPPORTED:
                return found
    return None


def _identify(binary: Path) -> JavaHome | None:
    """The installation behind a `java` executable; None where it does not run."""
    home = binary.resolve().parent.parent
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _ask(binary)
    version = re.search(r'^JAVA_VERSION="([^"]+)"', text, re.MULTILINE)
    # A home without lib/ is a shim's folder or a half-removed package: let the binary speak.
    if version is None or not (home / "lib").is_dir():
        return _ask(binary)
    return JavaHome(_feature(version[1]), home)


def _ask(binary: Path) -> JavaHome | None:
    """Run the binary: shims (jenv, SDKMAN, macOS) know their home only when started."""
    try:
        answer = subprocess.run(
            [str(binary), "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    output = answer.stderr + answer.stdout
    version = re.search(r'version "([^"]+)"', output)
    if answer.returncode != 0 or version is None:
        return None
    home = re.search(r"^\s*java\.home = (.+?)\s*$", output, re.MULTILINE)
    return JavaHome(_feature(version[1]), Path(home[1]) if home else binary.parent.parent)


def _feature(version: str) -> int:
    """`17.0.15` is 17, `21` is 21, `1.8.0_402` is 8, `22-ea` is 22; 0 where it is no version."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    if not numbers:
        return 0
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def _missing(problem: str, *, step: str = "") -> EnvironmentMissing:
    if not step:
        command = install_command()
        step = f"install one: {command}" if command else "install a Java 17 or 21 runtime"
    return EnvironmentMissing(f"Spark needs Java 17 or 21, but {problem}; {step}")


def main() -> int:
    """`python -m lakeprep.java`: print the home, or the one line that says what to do."""
    try:
        found = find_java()
    except EnvironmentMissing as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(found.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
