"""Point lookups give what a scan gives, and read little more than what is looked up."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakeprep.lake.catalog import Lake
from lakeprep.lake.files import are_local
from lakeprep.lake.lookup import _reader, look_up
from lakeprep.lake.runs import Run
from lakeprep.recipe import Recipe
from silver_pages import Page, Silver, sentence

IO = Path("/proc/self/io")


def bytes_read() -> int:
    """By this process so far, from files and else."""
    return int(IO.read_text().split()[1])


def places(file: Path, keys: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"doc_id": keys, "file": [f"file:{file}"] * len(keys)})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 texts of random letters, which no codec makes much smaller, where no pattern may be
    seen in the path."""
    folder = tmp_path_factory.mktemp("odd") / "a b#c[1]*?%20"
    folder.mkdir()
    draw = random.Random(0)
    keys = [f"{draw.getrandbits(128):032x}" for _ in range(20_000)]
    texts = [draw.randbytes(500).hex() for _ in keys]
    table = pa.table({"doc_id": keys, "bands": [[1, 2]] * len(keys), "text": texts})
    pq.write_table(
        table, folder / "0.parquet", use_dictionary=False, compression="zstd",
        data_page_size=65536, write_batch_size=32, write_page_index=True,
    )  # fmt: skip
    return folder / "0.parquet"


def test_only_pages_of_what_is_looked_up_are_read(file: Path) -> None:
    table = pq.read_table(file)
    wanted = random.Random(1).sample(range(len(table)), 20)
    keys = table.column("doc_id").take(wanted).to_pylist()
    read = _reader(["doc_id", "text", "bands"])
    list(read([places(file, keys[:1])]))  # what comes with the first call is not counted
    before = bytes_read() if IO.is_file() else 0
    found = pa.Table.from_batches(read([places(file, keys[:5]), places(file, keys[5:])]))
    spent = bytes_read() - before if IO.is_file() else 0
    texts = dict(zip(*(found.column(name).to_pylist() for name in ("doc_id", "text")), strict=True))
    assert texts == dict(zip(keys, table.column("text").take(wanted).to_pylist(), strict=True))
    assert found.column_names == ["doc_id", "text", "bands"]
    metadata = pq.ParquetFile(file).metadata
    sizes = {
        metadata.row_group(0).column(i).path_in_schema: sum(
            metadata.row_group(g).column(i).total_compressed_size
            for g in range(metadata.num_row_groups)
        )
        for i in range(metadata.num_columns)
    }
    allowed = sizes["doc_id"] + sizes["text"] / 4
    assert spent < allowed, sizes


@pytest.mark.spark
@pytest.mark.skipif(not IO.is_file(), reason="no count of bytes read on this system")
def test_pages_of_silver_hold_few_texts(lake: Lake, run: Run, web: Recipe) -> None:
    """In files as Iceberg writes them."""
    silver = Silver(lake, run, web)
    draw = random.Random(3)
    texts = [draw.randbytes(4000).hex() for _ in range(2000)]
    silver.add([Page(i, text) for i, text in enumerate(texts)])
    ((name,),) = lake.query("SELECT file_path FROM lake.silver.documents.files").collect()
    file = Path(name.removeprefix("file:"))
    read = _reader(["doc_id", "text"])
    keys = sorted(silver.numbers)[:2]
    list(read([places(file, keys[:1])]))
    before = bytes_read()
    list(read([places(file, keys[1:])]))
    # Of these, 512 KiB are DataFusion's first look at the end of the file.
    assert bytes_read() - before < 1_000_000 < file.stat().st_size / 4


def test_what_a_file_lacks_is_missed(file: Path) -> None:
    with pytest.raises(LookupError, match="lacks 1 of 1 documents"):
        list(_reader(["doc_id", "text"])([places(file, ["0" * 32])]))
    assert not list(_reader(["doc_id", "text"])([]))


@pytest.mark.spark
def test_a_lookup_gives_what_a_scan_gives(lake: Lake, run: Run, web: Recipe) -> None:
    """From several files, of rows that are not deleted."""
    silver = Silver(lake, run, web)
    assert are_local(lake, "silver.documents")
    draw = random.Random(2)
    for day in range(3):
        texts = [" ".join(sentence(draw, 60)) for _ in range(9)]
        pages = [Page(day * 9 + i, text, day=day) for i, text in enumerate(texts)]
        silver.add(pages, partitions=2)
    gone = min(silver.numbers)
    lake.query(f"DELETE FROM lake.silver.documents WHERE doc_id = '{gone}'")
    documents = lake.frame("silver.documents").where("SUBSTR(doc_id, 1, 1) < 'c'")
    located = documents.selectExpr("doc_id", "_file AS file")
    found = look_up(located, "silver.documents", ["text", "bands"]).collect()
    assert sorted(found) == sorted(documents.select("doc_id", "text", "bands").collect())
    assert 5 < len(found) < 26
