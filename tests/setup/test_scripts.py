"""Set-up as a newcomer meets it: what is pinned, what make offers, and what a bare machine says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = sorted((REPOSITORY / "requirements").glob("*.txt"))
TARGETS = {"help", "demo", "test", "lint", "jars", "services", "bench", "docs", "clean"}


def pins(file: Path) -> dict[str, set[str]]:
    """Package to `version ; marker` lines of one requirements file."""
    found: dict[str, set[str]] = {}
    for name, rest in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(.+?) \\$", file.read_text(), re.M):
        found.setdefault(name, set()).add(rest)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What set-up reads of a checkout, without an environment."""
    for name in ("scripts", "requirements"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    shutil.copytree(REPOSITORY / "src" / "lakeprep", tmp_path / "src" / "lakeprep")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def run(command: list[str | Path], **environ: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | environ
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def programs(folder: Path, *names: str) -> Path:
    """A PATH with these programs of the system and no others."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.stem)
def test_every_requirement_is_pinned_with_hashes_and_no_address(file: Path) -> None:
    text = file.read_text()
    assert pins(file)
    assert not re.search(r"https?:|^-|file:|@", text, re.M), "an index or a path of some machine"
    for block in re.split(r"\n(?=\S)", text):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_no_package_has_two_versions_in_different_files() -> None:
    """They are installed into one environment: the later file would undo the earlier."""
    seen: dict[str, tuple[str, set[str]]] = {}
    for file in REQUIREMENTS:
        if file.stem in {"uv", "build"}:
            continue
        for name, versions in pins(file).items():
            place, before = seen.setdefault(name, (file.name, versions))
            # A file may hold a package under fewer markers, never under other versions.
            of = {version.split(" ;")[0] for version in versions}
            known = {version.split(" ;")[0] for version in before}
            assert of <= known or known <= of, f"{name}: {place} {before}, {file.name} {versions}"


def test_requirements_cover_the_package_and_its_tests() -> None:
    run_pins = pins(REPOSITORY / "requirements" / "run.txt")
    assert run_pins["pyspark"] == {"4.1.4"}
    assert {"pyiceberg", "numba", "datasketch", "great-expectations"} <= run_pins.keys()
    assert {"pytest", "hypothesis", "moto", "warcio", "duckdb", "trafilatura"} <= pins(
        REPOSITORY / "requirements" / "test.txt"
    ).keys()


def test_bare_make_lists_every_target() -> None:
    listed = run(["make", "--no-print-directory", "-C", REPOSITORY]).stdout
    assert set(re.findall(r"^  make ([a-z-]+) ", listed, re.M)) >= TARGETS


def test_no_python_is_one_line_and_exit_2(checkout: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "bin", "bash", "dirname")
    (path / "python3").write_text("#!/bin/sh\necho Python 3.9.2; exit 1\n")
    (path / "python3").chmod(0o755)
    answer = run([path / "bash", checkout / "scripts" / "setup.sh", "package"], PATH=str(path))
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: lakeprep needs Python 3.10 to 3.14; on the PATH is")
    assert "Python 3.9.2" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_a_wrong_java_home_is_one_line_exit_2_and_nothing_installed(checkout: Path) -> None:
    java = checkout / "scripts" / "java.sh"
    answer = run([java, sys.executable], JAVA_HOME=str(checkout / "no-java"))
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "no-java holds no bin/java" in answer.stderr


def test_no_java_without_a_way_to_install_is_one_line_and_exit_2(
    checkout: Path, tmp_path: Path
) -> None:
    path = programs(tmp_path / "bin", "bash", "dirname", "id", "env")
    # Java installed by a package is found off the PATH too; hide those folders.
    source = checkout / "src" / "lakeprep" / "java.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(re.sub(r'"/(usr|Library|opt)/', '"/nowhere/', text), encoding="utf-8")
    script = checkout / "scripts" / "java.sh"
    answer = run([path / "bash", script, sys.executable], PATH=str(path))
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.startswith("error: Spark needs Java 17 or 21, but there is no Java")
    assert answer.stderr.count("\n") == 1
