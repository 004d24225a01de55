-- The books of bronze, in one row. {files}, {pages}, {rejects}: the tables.
WITH files AS (
    SELECT
        COUNT(*) AS files,
        COALESCE(SUM(records), 0) AS records,
        COALESCE(SUM(pages), 0) AS pages,
        COALESCE(SUM(rejects), 0) AS rejects,
        COALESCE(SUM(repeats), 0) AS repeats,
        COALESCE(SUM(skipped), 0) AS skipped,
        COUNT_IF(records <> pages + rejects + repeats + skipped) AS unbalanced_files
    FROM {files}
),

pages AS (
    SELECT COUNT(*) AS page_rows
    FROM {pages}
),

rejects AS (
    SELECT COUNT(*) AS reject_rows
    FROM {rejects}
)

SELECT
    files.*,
    pages.page_rows,
    rejects.reject_rows
FROM files
CROSS JOIN pages
CROSS JOIN rejects
