-- Members of the new documents' buckets that earlier runs have kept or dropped as duplicates: of
-- every bucket the first :capacity; copies that share a survivor count once, as the pass counts
-- them.
-- {touched}: key and doc_id of documents in the new documents' buckets; {documents}: silver up to
-- this run; {outcomes}: the data set's; {priority}: expression for the order of survival.
WITH members AS (
    SELECT /*+ REPARTITION(key) */
        touched.key,
        documents.doc_id,
        documents.text_digest,
        {priority} AS priority,
        outcomes.duplicate_of,
        outcomes.cluster_id
    FROM {outcomes} AS outcomes
    INNER JOIN {touched} AS touched ON outcomes.doc_id = touched.doc_id
    INNER JOIN {documents} AS documents ON outcomes.doc_id = documents.doc_id
    WHERE outcomes.outcome IN ('kept', 'duplicate')
),

copies AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY key, text_digest, COALESCE(duplicate_of, doc_id)
            ORDER BY priority, doc_id
        ) AS copy
    FROM members
),

ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY key ORDER BY priority, doc_id) AS place
    FROM copies
    WHERE copy = 1
)

SELECT
    key,
    doc_id,
    duplicate_of,
    cluster_id
FROM ranked
WHERE place <= :capacity
