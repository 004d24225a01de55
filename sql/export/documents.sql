-- The documents of a release, each with the size of its group of duplicates: itself and those that
-- were dropped in favour of it; all columns that the data set has.
-- {documents}: the release; {outcomes}: its outcomes.
WITH dropped AS (
    SELECT
        duplicate_of,
        COUNT(*) AS duplicates
    FROM {outcomes}
    WHERE outcome = 'duplicate'
    GROUP BY duplicate_of
)

SELECT
    documents.*, -- noqa: AM04
    COALESCE(dropped.duplicates, 0) + 1 AS cluster_size
FROM {documents} AS documents
LEFT JOIN dropped ON documents.doc_id = dropped.duplicate_of
