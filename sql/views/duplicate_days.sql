-- Duplicates by the day on which the document was fetched.
-- {outcomes}: the data set's; {documents}: silver.
SELECT
    CAST(documents.fetched_at AS DATE) AS day,
    COUNT(*) AS documents,
    COUNT_IF(outcomes.outcome = 'duplicate') AS duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'url') AS url_duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'exact') AS exact_duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'near') AS near_duplicates
FROM {outcomes} AS outcomes
INNER JOIN {documents} AS documents ON outcomes.doc_id = documents.doc_id
WHERE outcomes.outcome IN ('kept', 'duplicate')
GROUP BY CAST(documents.fetched_at AS DATE)
