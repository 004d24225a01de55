-- Members of the new documents' buckets that earlier runs have kept or dropped as duplicates.
-- {touched}: key and doc_id of documents in the new documents' buckets; {outcomes}: the data set's,
-- brought down to touched documents before they are joined.
WITH decided AS (
    SELECT
        outcomes.doc_id,
        outcomes.duplicate_of,
        outcomes.cluster_id
    FROM {outcomes} AS outcomes
    LEFT SEMI JOIN {touched} AS touched ON outcomes.doc_id = touched.doc_id
    WHERE outcomes.outcome IN ('kept', 'duplicate')
)

SELECT
    touched.key,
    touched.doc_id,
    decided.duplicate_of,
    decided.cluster_id
FROM {touched} AS touched
INNER JOIN decided ON touched.doc_id = decided.doc_id
