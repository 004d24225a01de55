-- Groups of duplicates: a row for each cluster of two or more documents. A cluster is a chain of
-- verified pairs, so several of its documents may be kept. {outcomes}: the data set's.
SELECT
    cluster_id,
    COUNT(*) AS documents,
    COUNT_IF(outcome = 'kept') AS kept,
    COUNT_IF(duplicate_kind = 'url') AS url_duplicates,
    COUNT_IF(duplicate_kind = 'exact') AS exact_duplicates,
    COUNT_IF(duplicate_kind = 'near') AS near_duplicates,
    MIN(IF(duplicate_kind = 'near', similarity, NULL)) AS least_similarity
FROM {outcomes}
WHERE outcome IN ('kept', 'duplicate')
GROUP BY cluster_id
HAVING COUNT(*) > 1
