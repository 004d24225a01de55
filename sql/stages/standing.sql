-- Members of the new documents' buckets that earlier runs have kept or dropped as duplicates: of
-- every bucket the first :capacity; copies that share a survivor count once, as the pass counts
-- them.
-- {touched}: key and doc_id of documents in the new documents' buckets; {documents}: silver up to
-- this run; {outcomes}: the data set's; {priority}: expression for the order of survival. Both
-- tables are brought down to touched documents before they are joined.
WITH described AS (
    SELECT
        documents.doc_id,
        documents.text_digest,
        {priority} AS priority
    FROM {documents} AS documents
    LEFT SEMI JOIN {touched} AS touched ON documents.doc_id = touched.doc_id
),

decided AS (
    SELECT
        outcomes.doc_id,
        outcomes.duplicate_of,
        outcomes.cluster_id
    FROM {outcomes} AS outcomes
    LEFT SEMI JOIN {touched} AS touched ON outcomes.doc_id = touched.doc_id
    WHERE outcomes.outcome IN ('kept', 'duplicate')
),

members AS (
    SELECT /*+ REPARTITION(key) */
        touched.key,
        described.doc_id,
        described.text_digest,
        described.priority,
        decided.duplicate_of,
        decided.cluster_id
    FROM {touched} AS touched
    INNER JOIN described ON touched.doc_id = described.doc_id
    INNER JOIN decided ON touched.doc_id = decided.doc_id
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
