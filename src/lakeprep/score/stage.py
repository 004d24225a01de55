"""The score stage: new rows of bronze.pages in, silver.documents and silver.bands out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from lakeprep.lake.catalog import Lake
from lakeprep.lake.files import are_local
from lakeprep.lake.late import PLACE, with_column
from lakeprep.lake.runs import Run, StageResult, check_score_section
from lakeprep.lake.schema import table_schema
from lakeprep.lake.staging import Staging
from lakeprep.score.options import PageLimits, ScoreOptions

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from lakeprep.recipe import Recipe

STAGE = "score"
#: Bands first: where there is a document there are its bands.
TABLES = ("silver.bands", "silver.documents")
#: Columns of bronze.pages that the pass reads.
INPUT_COLUMNS = (
    "page_id",
    "url",
    "fetched_at",
    "content_type",
    "charset",
    "body",
    "source_path",
    "source_offset",
    "source_length",
    "record_id",
)
_BODY = "body"
#: Bytes of bronze that one task reads: pages cost milliseconds each, a task a tenth of a second.
_LEAST_SPLIT_BYTES, _MOST_SPLIT_BYTES = 4 << 20, 16 << 20
#: Tasks for each core, where there is enough to read: the last ones end at different times.
_TASKS_PER_CORE = 8
#: Bytes of bodies that a worker holds at a time, one page more apart.
_BATCH_BYTES = 8 << 20


def score(lake: Lake, run: Run, recipe: Recipe, *, everything: bool = False) -> StageResult:
    """Score the pages that came since the last score; with `everything`, all, anew (rescore).

    Raises:
        RecipeError: silver was scored by another `score` section.
    """
    if not everything:
        check_score_section(lake, run)
    head = lake.head("bronze.pages")
    since = None if everything else lake.watermark("silver.documents", "bronze.pages")
    if head is None or head == since:
        return StageResult(STAGE, changed=False)

    pages = lake.new_rows(
        "bronze.pages",
        since=since,
        until=head,
        options={"split-size": str(_split_bytes(lake, since, head))},
    )
    documents = _documents(pages, recipe, run, late=are_local(lake, "bronze.pages"))
    staging = Staging(lake, STAGE, run, TABLES)
    staging.open()
    before = lake.head("silver.documents")
    inputs = {"bronze.pages": head}
    write = staging.overwrite if everything else staging.append
    write(documents, "silver.documents", inputs)
    written = lake.new_rows(
        "silver.documents",
        since=None if everything else before,
        until=staging.head("silver.documents"),
    )
    write(written.selectExpr("POSEXPLODE(bands) AS (band, key)", "doc_id"), "silver.bands", inputs)
    rows = int(
        lake.summary("silver.documents", staging.head("silver.documents")).get("added-records", 0)
    )
    outputs = staging.commit()
    return StageResult(STAGE, rows_in=rows, rows_out=rows, inputs=inputs, outputs=outputs)


def _split_bytes(lake: Lake, since: int | None, head: int) -> int:
    """Bytes of bronze for each task, by what came after `since`."""
    before, after = (
        int(lake.summary("bronze.pages", snapshot)["total-files-size"]) if snapshot else 0
        for snapshot in (since, head)
    )
    tasks = _TASKS_PER_CORE * lake.spark.sparkContext.defaultParallelism
    return min(max((after - before) // tasks, _LEAST_SPLIT_BYTES), _MOST_SPLIT_BYTES)


def _documents(pages: DataFrame, recipe: Recipe, run: Run, *, late: bool) -> DataFrame:
    """Rows of silver.documents. late: workers read the bodies themselves."""
    places = [name for name in INPUT_COLUMNS if name != _BODY] + list(PLACE)
    return pages.select(*(places if late else INPUT_COLUMNS)).mapInArrow(
        _fused_pass(recipe, run, late=late), table_schema("silver.documents").spark()
    )


def _fused_pass(
    recipe: Recipe, run: Run, *, late: bool
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    section = recipe.score
    options = ScoreOptions(
        extractor=section.extractor,
        language_identifier=section.language_identifier,
        bands=section.bands,
        rows=section.rows,
        line_editor=section.line_editor,
        line_editor_terminal_marks=section.line_editor_terminal_marks,
        bad_words=recipe.bad_words,
        limits=PageLimits(max_html_bytes=section.max_html_bytes),
    )
    run_id = run.run_id

    def run_pass(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lakeprep.score.fused import score_batches  # kernels: the workers', not the driver's

        if late:
            batches = with_column(batches, _BODY, _BATCH_BYTES)
        return score_batches(batches, options, run_id)

    return run_pass
