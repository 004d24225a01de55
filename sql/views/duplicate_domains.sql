-- Duplicates by the registered domain of the document dropped; same_domain: those of them whose
-- survivor has that domain, too. {outcomes}: the data set's; {documents}: silver.
SELECT
    documents.domain,
    COUNT(*) AS documents,
    COUNT_IF(outcomes.outcome = 'duplicate') AS duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'url') AS url_duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'exact') AS exact_duplicates,
    COUNT_IF(outcomes.duplicate_kind = 'near') AS near_duplicates,
    COUNT_IF(documents.domain = survivors.domain) AS same_domain
FROM {outcomes} AS outcomes
INNER JOIN {documents} AS documents ON outcomes.doc_id = documents.doc_id
LEFT JOIN {documents} AS survivors ON outcomes.duplicate_of = survivors.doc_id
WHERE outcomes.outcome IN ('kept', 'duplicate')
GROUP BY documents.domain
HAVING COUNT_IF(outcomes.outcome = 'duplicate') > 0
