-- Documents that earlier runs decided and that are decided again with the new ones, because the
-- policy may prefer a later document: those in the buckets of new documents, and whatever was
-- dropped for the same survivors. {touched}: doc_ids in those buckets; {outcomes}: the data set's.
WITH decided AS (
    SELECT
        doc_id,
        COALESCE(duplicate_of, doc_id) AS survivor
    FROM {outcomes}
    WHERE outcome IN ('kept', 'duplicate')
),

survivors AS (
    SELECT DISTINCT decided.survivor
    FROM decided
    LEFT SEMI JOIN {touched} AS touched ON decided.doc_id = touched.doc_id
)

SELECT decided.doc_id
FROM decided
LEFT SEMI JOIN survivors ON decided.survivor = survivors.survivor
