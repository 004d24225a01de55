"""The jars: pinned in one place, whole or absent, and asked of the network only once."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from lakeprep import jars
from lakeprep.errors import EnvironmentMissing, UsageError

REPOSITORY = Path(__file__).parents[2]
ICEBERG = jars.JARS[0]


def fill(folder: Path, *wanted: jars.Jar) -> None:
    for jar in wanted:
        with zipfile.ZipFile(folder / jar.file_name, "w") as archive:
            archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")


def test_the_pinned_iceberg_runtime_is_for_the_pinned_spark() -> None:
    """Iceberg's runtime is built for one Spark minor version and Scala 2.13; another one fails
    deep inside a query."""
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    spark = re.search(r'"pyspark==(\d+\.\d+)\.\d+"', text)
    assert spark is not None
    assert ICEBERG.artifact == f"iceberg-spark-runtime-{spark[1]}_2.13"
    assert {jar.version for jar in jars.JARS if jar.group == ICEBERG.group} == {ICEBERG.version}


def test_every_jar_is_pinned_by_a_digest_of_its_own() -> None:
    digests = [jar.sha256 for jar in jars.JARS]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert len(set(digests)) == len(digests)


def test_coordinates_stand_in_one_place_only() -> None:
    """A second copy of a version would be forgotten at the next upgrade."""
    places = {
        file.relative_to(REPOSITORY).as_posix()
        for folder in ("src", "scripts", "spark-conf", "jobs")
        for file in (REPOSITORY / folder).rglob("*")
        if file.is_file() and file.suffix in {".py", ".sh", ".conf", ".yaml"}
        if re.search(r"(iceberg-|sqlite-jdbc|postgresql)[\w.:-]*\d+\.\d+\.\d", file.read_text())
    }
    assert places <= {"src/lakeprep/jars.py"}


def test_directory_belongs_to_the_environment_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKEPREP_JARS", raising=False)
    assert jars.jar_directory().parts[-3:] == ("share", "lakeprep", "jars")
    monkeypatch.setenv("LAKEPREP_JARS", "elsewhere")
    assert jars.jar_directory() == Path("elsewhere")


def test_a_jar_cut_short_counts_as_missing(tmp_path: Path) -> None:
    base = [jar for jar in jars.JARS if jar.feature == "base"]
    fill(tmp_path, *base)
    assert jars.missing(["base"], tmp_path) == []
    whole = tmp_path / base[1].file_name
    whole.write_bytes(whole.read_bytes()[:-30])
    assert jars.missing(["base"], tmp_path) == [base[1]]


def test_paths_of_absent_jars_name_the_files_and_the_command(tmp_path: Path) -> None:
    fill(tmp_path, *[jar for jar in jars.JARS if jar.feature == "base"])
    with pytest.raises(EnvironmentMissing, match=r"iceberg-aws-bundle-.*`lakeprep jars s3`"):
        jars.paths(["base", "s3"], tmp_path)
    assert [path.parent for path in jars.paths(["base"], tmp_path)] == [tmp_path, tmp_path]


def test_an_unknown_feature_lists_the_known() -> None:
    with pytest.raises(UsageError, match="no jars for gcs; the features are base, s3, postgresql"):
        jars.missing(["gcs"])


def test_nothing_missing_asks_neither_java_nor_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second `make` must be instant and work offline."""
    fill(tmp_path, *jars.JARS)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    assert jars.fetch(jars.FEATURES, tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(EnvironmentMissing, match=r"cannot write jars to .*LAKEPREP_JARS"):
        jars.fetch(["base"], taken / "jars")


def test_an_unreachable_repository_names_the_jar_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark's real resolver, pointed at a closed port of this machine."""
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", "http://127.0.0.1:9/")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Duser.home={tmp_path}")
    target = tmp_path / "jars"
    with pytest.raises(EnvironmentMissing) as raised:
        jars.fetch(["postgresql"], target)
    assert "org.postgresql:postgresql:" in str(raised.value)
    assert "online" in str(raised.value)
    assert list(target.iterdir()) == []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven repository in a folder, which Spark's real resolver is told to use."""
    jar = next(jar for jar in jars.JARS if jar.feature == "postgresql")
    home = tmp_path / "maven" / jar.group.replace(".", "/") / jar.artifact / jar.version
    home.mkdir(parents=True)
    fill(home, jar)
    (home / f"{jar.artifact}-{jar.version}.pom").write_text(
        f"<project><modelVersion>4.0.0</modelVersion><groupId>{jar.group}</groupId>"
        f"<artifactId>{jar.artifact}</artifactId><version>{jar.version}</version></project>"
    )
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", (tmp_path / "maven").as_uri() + "/")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Duser.home={tmp_path}")
    return home / jar.file_name


def test_a_jar_that_is_not_the_pinned_one_is_refused(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "jars"
    digest = hashlib.sha256(repository.read_bytes()).hexdigest()
    with pytest.raises(EnvironmentMissing, match=f"is not the pinned file .sha256 {digest}"):
        jars.fetch(["postgresql"], target)
    assert list(target.iterdir()) == []


def test_a_fetched_jar_stands_in_the_folder_under_its_name(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = hashlib.sha256(repository.read_bytes()).hexdigest()
    pinned = jars.Jar("postgresql", "org.postgresql", "postgresql", "42.7.8", served)
    assert pinned.file_name == repository.name
    monkeypatch.setattr(jars, "JARS", (pinned,))
    target = tmp_path / "jars"
    assert jars.fetch(["postgresql"], target) == [target / repository.name]
    assert [file.name for file in target.iterdir()] == [repository.name]
    repository.unlink()
    assert jars.fetch(["postgresql"], target) == []
