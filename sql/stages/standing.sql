-- Members of the new documents' buckets that earlier runs have kept or dropped as duplicates.
-- {touched}: key and doc_id of documents in the new documents' buckets; {outcomes}: the data set's.
SELECT
    touched.key,
    touched.doc_id,
    outcomes.duplicate_of,
    outcomes.cluster_id
FROM {outcomes} AS outcomes
INNER JOIN {touched} AS touched ON outcomes.doc_id = touched.doc_id
WHERE outcomes.outcome IN ('kept', 'duplicate')
