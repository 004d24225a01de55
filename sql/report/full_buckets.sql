-- Buckets of MinHash bands by key: how many documents hold it, and the URL of one of them.
-- {documents}: silver; :keys: the keys.
WITH held AS (
    SELECT
        EXPLODE(bands) AS key,
        url
    FROM {documents}
    WHERE ARRAYS_OVERLAP(bands, :keys)
)

SELECT
    key,
    LEFT(MIN(url), 500) AS url,
    COUNT(*) AS documents
FROM held
WHERE ARRAY_CONTAINS(:keys, key)
GROUP BY key
