"""The books: every record read ends in exactly one place, and the sums say so."""

from __future__ import annotations

from dataclasses import dataclass

from lakeprep.lake.catalog import MAIN, PROPERTY, Lake, dataset_tables


@dataclass(frozen=True, slots=True)
class Books:
    """Sums over the lake and over each data set, and every sum that does not agree."""

    lake: dict[str, int]
    datasets: dict[str, dict[str, int]]
    faults: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        return not self.faults


def balance(lake: Lake) -> Books:
    """Add up main of every table.

    A later stage answers for the snapshot it has read up to; what came after is `pending`.
    """
    row = lake.sql(
        "stages/bronze_books",
        files=lake.frame("bronze.files"),
        pages=lake.frame("bronze.pages"),
        rejects=lake.frame("bronze.rejects"),
    ).first()
    assert row is not None  # an aggregation has one row
    sums = {name: int(value or 0) for name, value in row.asDict().items()}
    faults = []

    def agree(left: str, a: int, right: str, b: int) -> None:
        if a != b:
            faults.append(f"{left} = {a:,}, but {right} = {b:,}")

    entered = sums["pages"] + sums["rejects"] + sums["repeats"] + sums["skipped"]
    agree("files.records", sums["records"], "pages + rejects + repeats + skipped", entered)
    agree("files that do not add up", sums.pop("unbalanced_files"), "none", 0)
    agree("files.pages", sums["pages"], "rows of bronze.pages", sums.pop("page_rows"))
    agree("files.rejects", sums["rejects"], "rows of bronze.rejects", sums.pop("reject_rows"))

    sums["documents"] = _count(lake, "silver.documents")
    scored = _count_at(lake, "bronze.pages", lake.watermark("silver.documents", "bronze.pages"))
    agree("pages scored", scored, "rows of silver.documents", sums["documents"])
    sums["pages_pending"] = sums["pages"] - scored

    datasets = {}
    for name in lake.datasets():
        outcomes, gold = dataset_tables(name)
        counts = {
            one.outcome: one["count"]
            for one in lake.frame(outcomes).groupBy("outcome").count().collect()
        }
        of_dataset = {k: counts.get(k, 0) for k in ("kept", "filtered", "duplicate", "withdrawn")}
        total = sum(counts.values())
        gold_rows = _count(lake, gold)
        read = _count_at(lake, "silver.documents", lake.watermark(outcomes, "silver.documents"))
        agree(f"documents decided by {name}", read, f"rows of {outcomes}", total)
        agree(f"kept by {name}", of_dataset["kept"], f"rows of {gold}", gold_rows)
        datasets[name] = {
            "outcomes": total,
            **of_dataset,
            "gold": gold_rows,
            "documents_pending": sums["documents"] - read,
        }
    return Books(sums, datasets, tuple(faults))


def unexplained_snapshots(lake: Lake) -> list[str]:
    """Snapshots of main that changed rows and do not say which run made them."""
    unexplained = []
    for table in lake.tables():
        for snapshot, summary in lake.history(table, MAIN):
            changed = summary.get("added-records") or summary.get("deleted-records")
            maintenance = summary["operation"] == "replace"
            if changed and not maintenance and f"{PROPERTY}run-id" not in summary:
                unexplained.append(f"{table}: snapshot {snapshot} names no run")
    return unexplained


def _count(lake: Lake, table: str) -> int:
    return lake.frame(table).count()


def _count_at(lake: Lake, table: str, snapshot: int | None) -> int:
    return 0 if snapshot is None else lake.new_rows(table, since=None, until=snapshot).count()
