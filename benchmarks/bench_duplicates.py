"""The duplicate step on synthetic documents with planted near copies (`near_copies`), from texts
in Parquet files to what became of each; the same step by datatrove and by a datasketch script on
the same files in the same run; and adding one per cent to the index that is there then, twice.

    make bench ARGS="duplicates --documents 100000 --environment build/datatrove"

datatrove runs where the folder of its virtual environment is given, which is made where it is not
there. Peers get at most `PEER_DOCUMENTS`, the first ones: they take minutes for 100,000.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import near_copies
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measure import resident_mib
from pyspark import cloudpickle

from lakeprep.curate.duplicates import find_duplicates
from lakeprep.kernels import minhash
from lakeprep.lake.catalog import FIXED_TABLES, Lake
from lakeprep.lake.maintenance import compact, data_bytes
from lakeprep.lake.schema import table_schema
from lakeprep.recipe import load_recipe
from lakeprep.session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from run import Setting

# Workers do not find this folder: what they run is sent to them whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

OUTCOMES = "gold.copies_outcomes"
DOCUMENTS = 100_000
PEER_DOCUMENTS = 1_000_000
#: Days of one per cent: the first one in a session also makes the JVM compile what only a large
#: lake runs often.
DAYS = 2
#: Documents of the run that stands for start-up.
TINY = 200
PEERS = Path(__file__).with_name("peers")
#: Makes 128 bits without a pattern of a document's number, and the number of them again.
_SCRAMBLE = 0xD6E8FEB86659FD93A5A3564B1F8AA3F7
_UNSCRAMBLE = pow(_SCRAMBLE, -1, 1 << 128)
_FIRST_FETCH = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp() * 1e6)


def measure(setting: Setting) -> dict[str, object]:
    documents = setting.documents or DOCUMENTS
    new = max(1, documents // 100)
    first = setting.scratch / "first"
    text_bytes = near_copies.write(first, 0, documents)
    days = [setting.scratch / f"day{day}" for day in range(DAYS)]
    for day, texts in enumerate(days):
        near_copies.write(texts, documents + day * new, documents + (day + 1) * new)
    ours, removed = _lakeprep(setting.scratch / "lake", first, days, documents)
    result: dict[str, object] = {
        "corpus": {"documents": documents, "new": new, "text_bytes": text_bytes},
        "lakeprep": ours,
    }
    if setting.alone:
        return result
    compared = min(documents, PEER_DOCUMENTS)
    folder = first
    if compared < documents:
        folder = setting.scratch / "compared"
        near_copies.write(folder, 0, compared)
        ours, removed = _lakeprep(setting.scratch / "small_lake", folder, [], compared)
        result["lakeprep_of_compared"] = ours
    truth = _Truth(folder)
    sets = {"lakeprep": removed}
    for name, run in PEER_RUNS.items():
        if name == "datatrove" and setting.environment is None:
            continue
        peer, sets[name] = run(setting, folder)
        result[name] = peer
        spent = peer["seconds"] - peer["start_seconds"]
        result[f"times_faster_than_{name}"] = round(spent / ours["seconds"], 1)
    result["compared_documents"] = compared
    result["removed"] = {name: truth.judge(found, removed) for name, found in sets.items()}
    return result


# -- lakeprep ------------------------------------------------------------------------------------


def _lakeprep(
    folder: Path, first: Path, days: list[Path], documents: int
) -> tuple[dict[str, Any], set[int]]:
    """Seconds of each step and bytes of each table; the numbers of the documents removed.

    A tiny lake goes first in the same session: starting Spark, loading kernels and compiling
    plans are fixed costs, given apart as `start_seconds`. What adding to the tiny lake takes then
    is the fixed part of every step: `fixed_seconds`.
    """
    began = time.perf_counter()
    tiny = [folder.with_name(f"{folder.name}_start{part}") for part in range(3)]
    for part, texts in enumerate(tiny):
        near_copies.write(texts, part * TINY, (part + 1) * TINY)
    with session(lake=folder, conf=None) as spark:
        lake = Lake(spark)
        lake.ensure(*FIXED_TABLES)
        *_, (last, _) = [_step(lake, texts, run_id="start") for texts in tiny]
        for table in ("silver.bands", "silver.documents", OUTCOMES):
            lake.overwrite(lake.frame(table).limit(0), table, branch=None, properties={})
        start = time.perf_counter() - began
        result, removed = _step(lake, first, run_id="first")
        result["start_seconds"] = round(start, 1)
        result["fixed_seconds"] = fixed = last["seconds"]
        result["driver_resident_mib"] = resident_mib()
        for table in ("silver.bands", "silver.documents"):
            size = data_bytes(lake, table)
            result[f"{table}_bytes_a_document"] = round(size / documents, 1)
        if days:
            added = [_step(lake, texts, run_id=texts.name)[0] for texts in days]
            result["adding"] = added
            result["adding_relative_to_building"] = [
                round((day["seconds"] - fixed) / (result["seconds"] - fixed), 4) for day in added
            ]
            began = time.perf_counter()
            compact(lake, "silver.bands")
            result["compact_seconds"] = round(time.perf_counter() - began, 1)
            size = data_bytes(lake, "silver.bands")
            documents += sum(day["documents"] for day in added)
            result["silver.bands_bytes_a_document_compacted"] = round(size / documents, 1)
    return result, removed


def _step(lake: Lake, folder: Path, *, run_id: str) -> tuple[dict[str, Any], set[int]]:
    """Signatures, the two tables of silver, duplicates, outcomes: of the documents in `folder`,
    after those that are in silver already."""
    seconds: dict[str, float] = {}
    head = lake.head("silver.documents")
    lake.ensure(OUTCOMES)
    before = None if lake.is_empty(OUTCOMES) else lake.frame(OUTCOMES)
    rows = lake.spark.read.parquet(str(folder)).select("number", "url", "text")
    scored = rows.mapInArrow(_sign(run_id), table_schema("silver.documents").spark())
    with _Clock(seconds, "signatures_and_documents"):
        lake.append(scored, "silver.documents", branch=None, properties={})
    fresh = _new_rows(lake, "silver.documents", head)
    with _Clock(seconds, "bands"):
        bands = fresh.selectExpr("POSEXPLODE(bands) AS (band, key)", "doc_id")
        lake.append(bands, "silver.bands", branch=None, properties={})
    with _Clock(seconds, "duplicates"):
        judged = fresh.selectExpr("*", "CAST(ARRAY() AS ARRAY<STRING>) AS reasons")
        policy = load_recipe("web").duplicates
        found = find_duplicates(lake, judged, lake.frame("silver.documents"), before, policy)
        names = {"judged": judged, "decisions": found.decisions}
        outcomes = lake.sql("stages/outcomes", {"run_id": run_id}, **names)
        lake.append(outcomes, OUTCOMES, branch=None, properties={})
    dropped = lake.frame(OUTCOMES).where(f"outcome = 'duplicate' AND run_id = '{run_id}'")
    removed = {number_of(doc_id) for doc_id in dropped.toArrow().column("doc_id").to_pylist()}
    result = {
        "documents": fresh.count(),
        "removed": len(removed),
        "seconds": round(sum(seconds.values()), 1),
        "steps": {name: round(spent, 2) for name, spent in seconds.items()},
        "candidates": found.candidates,
        "left_out_of_full_buckets": found.left_out,
    }
    return result, removed


def doc_id_of(number: int) -> str:
    """32 hex digits that compress as badly as a hash."""
    return f"{(number + 1) * _SCRAMBLE % (1 << 128):032x}"


def number_of(doc_id: str) -> int:
    return int(doc_id, 16) * _UNSCRAMBLE % (1 << 128) - 1


def _new_rows(lake: Lake, table: str, since: int | None) -> DataFrame:
    head = lake.head(table)
    assert head is not None  # it was just written
    return lake.new_rows(table, since=since, until=head)


def _sign(run_id: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Rows of silver.documents from number, url and text: what the duplicate step needs of the
    score pass, and nothing else of it."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lakeprep.kernels.minhash import band_keys
        from lakeprep.score.fused import _digests

        schema = table_schema("silver.documents").arrow()
        for batch in batches:
            number, texts = batch.column("number"), batch.column("text")
            ids = pa.array([doc_id_of(value) for value in number.to_pylist()])
            fetched = pa.array(_FIRST_FETCH + number.to_numpy() * 1_000_000, pa.timestamp("us"))
            size = len(batch)
            columns = {
                "doc_id": ids,
                "url": batch.column("url"),
                "url_key": batch.column("url"),
                "host": pa.repeat("copies.example", size),
                "domain": pa.repeat("copies.example", size),
                "fetched_at": fetched,
                "status": pa.repeat("ok", size),
                "text": texts,
                "text_digest": _digests(texts),
                "bands": band_keys(texts),
                "source_path": pa.repeat("", size),
                "source_offset": number,
                "source_length": pc.binary_length(texts),
                "run_id": pa.repeat(run_id, size),
            }
            arrays = [
                columns[field.name].cast(field.type)
                if field.name in columns
                else pa.nulls(size, field.type)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return run


class _Clock:
    """Adds the seconds of its block to `seconds[name]`."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._began


# -- peers ---------------------------------------------------------------------------------------


def _datatrove(setting: Setting, folder: Path) -> tuple[dict[str, Any], set[int]]:
    sys.path.insert(0, str(PEERS))
    from compare import environment

    assert setting.environment is not None  # asked in `measure`
    python = environment(setting.environment)
    return _peer(setting, [python, PEERS / "datatrove_minhash.py"], folder)


def _datasketch(setting: Setting, folder: Path) -> tuple[dict[str, Any], set[int]]:
    return _peer(setting, [Path(sys.executable), PEERS / "datasketch_lsh.py"], folder)


def _peer(setting: Setting, command: list[Path], folder: Path) -> tuple[dict[str, Any], set[int]]:
    """A script that is given the texts and a scratch folder, and leaves `found.json` there:
    seconds by step, and places (file, row) of the documents removed. What it takes for
    `TINY` documents is start-up, as with lakeprep."""
    tiny = setting.scratch / f"{command[-1].stem}_start"
    near_copies.write(tiny, 0, TINY)
    start = sum(_call(setting, command, tiny)["seconds"].values())
    found = _call(setting, command, folder)
    numbers = [pq.read_table(path, columns=["number"])["number"].to_numpy()
               for path in sorted(folder.glob("*.parquet"))]  # fmt: skip
    removed = {int(numbers[file][row]) for file, row in found["removed"]}
    steps = {name: round(spent, 2) for name, spent in found["seconds"].items()}
    seconds = round(sum(steps.values()), 1)
    return {"seconds": seconds, "start_seconds": round(start, 1), "steps": steps}, removed


def _call(setting: Setting, command: list[Path], folder: Path) -> dict[str, Any]:
    scratch = setting.scratch / command[-1].stem
    scratch.mkdir()
    call = [*command, folder, scratch, str(os.cpu_count() or 1)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[-1].name} failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads((scratch / "found.json").read_text())
    shutil.rmtree(scratch)
    return found


PEER_RUNS = {"datatrove": _datatrove, "datasketch": _datasketch}


# -- what was removed ----------------------------------------------------------------------------


class _Truth:
    """Planted copies of a folder, each with the real Jaccard similarity to what it copies."""

    def __init__(self, folder: Path) -> None:
        rows = pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet")))
        self.copies: dict[int, tuple[int, float]] = {}
        source = rows.column("source").to_pylist()
        place = {number: i for i, number in enumerate(rows.column("number").to_pylist())}
        self.planted = {number for number, i in place.items() if source[i] is not None}
        texts = rows.column("text")
        pairs = [(number, source[i]) for number, i in place.items() if source[i] in place]
        for at in range(0, len(pairs), 4096):
            some = pairs[at : at + 4096]
            left, right = (
                minhash.shingle_sets(texts.take(pa.array([place[pair[side]] for pair in some])))
                for side in (0, 1)
            )
            jaccard, _ = minhash.jaccard_containment(left, right)
            for (number, origin), similarity in zip(some, jaccard, strict=True):
                self.copies[number] = (origin, float(similarity))

    def judge(self, removed: set[int], ours: set[int]) -> dict[str, object]:
        """Of the planted copies by similarity, the share removed; documents removed that copy
        nothing; and what differs from ours, one of a pair counting as the other: tools keep
        different ones of a cluster."""
        origins = {origin for origin, _ in self.copies.values()}
        similarity = np.array([s for _, s in self.copies.values()])
        gone = np.array(
            [number in removed or origin in removed for number, (origin, _) in self.copies.items()]
        )
        our = np.array(
            [number in ours or origin in ours for number, (origin, _) in self.copies.items()]
        )
        bounds = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01))
        shares = {}
        for low, high in bounds:
            here = (similarity >= low) & (similarity < high)
            if here.any():
                shares[f"{low} to {min(high, 1.0)}"] = {
                    "pairs": int(here.sum()),
                    "removed": round(float(gone[here].mean()), 4),
                    "only_here": int((gone & ~our & here).sum()),
                    "only_lakeprep": int((our & ~gone & here).sum()),
                }
        return {
            "documents": len(removed),
            "neither_copy_nor_copied": len(removed - self.planted - origins),
            "planted_pairs_by_similarity": shares,
        }
