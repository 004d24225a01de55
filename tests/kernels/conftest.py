"""Fixtures of the kernel tests. Helper modules of this folder are imported by their own names."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from kernel_texts import data_directory, read_texts

settings.register_profile("kernels", deadline=None, derandomize=True)
settings.load_profile("kernels")


@pytest.fixture(scope="session")
def same_unicode() -> bool:
    """Whether this Python has the Unicode version of the tables."""
    from lakeprep.kernels.unicode import unicode_version

    return unicodedata.unidata_version == unicode_version()


@pytest.fixture(scope="session")
def english() -> list[str]:
    return read_texts(data_directory() / "text/en_articles/docs.DEV.jsonl.gz", 150)


@pytest.fixture(scope="session")
def chinese() -> list[str]:
    return read_texts(data_directory() / "text/zh_articles/docs.DEV.jsonl.gz", 100)
