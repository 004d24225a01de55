-- How many clusters there are of each size, those of one document among them.
-- {outcomes}: the data set's.
WITH clusters AS (
    SELECT
        COUNT(*) AS size,
        COUNT_IF(outcome = 'kept') AS kept
    FROM {outcomes}
    WHERE outcome IN ('kept', 'duplicate')
    GROUP BY cluster_id
)

SELECT
    size,
    COUNT(*) AS clusters,
    SUM(kept) AS kept,
    SUM(size - kept) AS duplicates
FROM clusters
GROUP BY size
