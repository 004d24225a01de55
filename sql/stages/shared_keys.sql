-- Documents that share a bucket: each with the smallest document of the bucket, the star by which
-- those that must be looked at together are connected. No pair is made here.
-- {keys}: node (a document, as a number) and key of new documents; {standing}: doc_id, duplicate_of
-- and key of those of earlier runs in the same buckets.
WITH members AS (
    SELECT
        node,
        key
    FROM {keys}
    UNION ALL
    SELECT
        XXHASH64(doc_id) AS node,
        key
    FROM {standing}
    WHERE key IS NOT NULL
),

counted AS (
    SELECT
        node,
        COUNT(*) OVER (PARTITION BY key) AS documents,
        MIN(node) OVER (PARTITION BY key) AS centre
    FROM members
)

SELECT DISTINCT
    node,
    centre
FROM counted
WHERE documents > 1
UNION ALL
SELECT
    XXHASH64(doc_id) AS node,
    XXHASH64(duplicate_of) AS centre
FROM {standing}
WHERE duplicate_of IS NOT NULL
