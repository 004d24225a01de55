-- The books of each file: records = pages + rejects + repeats + skipped.
-- {files}: files read; {index}: the ingest index; {chosen}: pages loaded.
WITH counted AS (
    SELECT
        source_path,
        COUNT_IF(kind <> 'seam') AS records,
        COUNT_IF(kind = 'page') AS captures,
        COUNT_IF(kind = 'reject') AS rejects,
        COUNT_IF(kind = 'skipped') AS skipped
    FROM {index}
    GROUP BY source_path
),

loaded AS (
    SELECT
        source_path,
        COUNT(*) AS pages
    FROM {chosen}
    GROUP BY source_path
)

SELECT
    files.path,
    files.format,
    files.bytes,
    files.etag,
    COALESCE(counted.records, 0) AS records,
    COALESCE(loaded.pages, 0) AS pages,
    COALESCE(counted.rejects, 0) AS rejects,
    COALESCE(counted.captures, 0) - COALESCE(loaded.pages, 0) AS repeats,
    COALESCE(counted.skipped, 0) AS skipped,
    :ingested_at AS ingested_at,
    :run_id AS run_id
FROM {files} AS files
LEFT JOIN counted ON files.path = counted.source_path
LEFT JOIN loaded ON files.path = loaded.source_path
