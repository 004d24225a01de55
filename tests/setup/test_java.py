"""The Java that Spark gets: a wrong choice here ends as a stack trace from inside the JVM."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakeprep.errors import EnvironmentMissing
from lakeprep.java import JavaHome, find_java, install_command


def installed(home: Path, version: str) -> Path:
    """A Java as packages lay it out: bin/java, lib/ and a release file."""
    executable(home / "bin" / "java", "exit 1")
    (home / "lib").mkdir()
    (home / "release").write_text(f'IMPLEMENTOR="Test"\nJAVA_VERSION="{version}"\n')
    return home


def executable(file: Path, script: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def shim(folder: Path, version: str, home: Path) -> Path:
    """A `java` that knows its home only when it is run, as jenv's and macOS's do."""
    said = f'printf "    java.home = {home}\\nopenjdk version \\"{version}\\"\\n" >&2'
    return executable(folder / "java", said)


def test_java_on_the_path_is_read_from_its_release_file_without_running_it(tmp_path: Path) -> None:
    home = installed(tmp_path / "jdk", "17.0.15")
    link = tmp_path / "bin" / "java"
    link.parent.mkdir()
    link.symlink_to(home / "bin" / "java")
    assert find_java({"PATH": str(link.parent)}, folders=()) == JavaHome(17, home)


@pytest.mark.parametrize("version", ["21", "21.0.4", "21-ea"])
def test_every_way_of_writing_a_version_is_understood(tmp_path: Path, version: str) -> None:
    home = installed(tmp_path, version)
    assert find_java({"PATH": str(home / "bin")}, folders=()).version == 21


def test_a_shim_is_asked_for_its_home(tmp_path: Path) -> None:
    shim(tmp_path / "shims", "17.0.1", tmp_path / "real")
    found = find_java({"PATH": str(tmp_path / "shims")}, folders=())
    assert found == JavaHome(17, tmp_path / "real")


def test_java_home_stands_before_the_path_because_spark_obeys_it(tmp_path: Path) -> None:
    home = installed(tmp_path / "chosen", "21.0.1")
    other = installed(tmp_path / "other", "17.0.1")
    env = {"JAVA_HOME": str(home), "PATH": str(other / "bin")}
    assert find_java(env, folders=()) == JavaHome(21, home)


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
def test_java_home_of_an_unsupported_version_is_refused(tmp_path: Path, version: str) -> None:
    bad = installed(tmp_path / "bad", version)
    good = installed(tmp_path / "good", "17.0.1")
    with pytest.raises(EnvironmentMissing, match=f"JAVA_HOME={bad} is Java") as raised:
        find_java({"JAVA_HOME": str(bad), "PATH": str(good / "bin")}, folders=())
    assert "\n" not in str(raised.value)


def test_java_home_that_points_nowhere_is_refused(tmp_path: Path) -> None:
    good = installed(tmp_path / "good", "17.0.1")
    env = {"JAVA_HOME": str(tmp_path / "gone"), "PATH": str(good / "bin")}
    with pytest.raises(EnvironmentMissing, match="gone holds no bin/java; correct or unset"):
        find_java(env, folders=())


def test_an_old_java_on_the_path_gives_way_to_a_good_one_elsewhere(tmp_path: Path) -> None:
    old = installed(tmp_path / "old", "11.0.2")
    installed(tmp_path / "jvm" / "java-11", "11.0.2")
    good = installed(tmp_path / "jvm" / "java-17", "17.0.2")
    found = find_java({"PATH": str(old / "bin")}, folders=(str(tmp_path / "jvm" / "*"),))
    assert found == JavaHome(17, good)


@pytest.mark.parametrize(("version", "feature"), [("1.8.0_402", 8), ("11.0.2", 11), ("22", 22)])
def test_only_an_unsupported_java_is_named_in_one_line(
    tmp_path: Path, version: str, feature: int
) -> None:
    home = installed(tmp_path, version)
    with pytest.raises(EnvironmentMissing, match=f"java is Java {feature}") as raised:
        find_java({"PATH": str(home / "bin")}, folders=())
    assert "\n" not in str(raised.value)


def test_no_java_says_how_to_install_one(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing, match="there is no Java on this machine; install") as it:
        find_java({"PATH": str(tmp_path)}, folders=())
    assert install_command() in str(it.value)
    assert it.value.exit_code == 2


@pytest.mark.parametrize("script", ["exit 1", "echo no version here", "kill -9 $$"])
def test_a_java_that_does_not_run_counts_as_none(tmp_path: Path, script: str) -> None:
    executable(tmp_path / "java", script)
    with pytest.raises(EnvironmentMissing, match="does not run"):
        find_java({"PATH": str(tmp_path)}, folders=())


def test_it_runs_before_anything_is_installed(tmp_path: Path) -> None:
    """scripts/java.sh calls it with a bare Python: an import outside the standard library would
    break set-up on every fresh machine."""
    home = installed(tmp_path, "17.0.1")
    source = Path(__file__).parents[2] / "src"
    answer = subprocess.run(
        [sys.executable, "-S", "-m", "lakeprep.java"],
        env=os.environ | {"JAVA_HOME": str(home), "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == f"{home}\n"
