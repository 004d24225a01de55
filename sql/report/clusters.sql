-- The documents that most others duplicate. {documents}: silver; {outcomes}: the data set.
WITH survivors AS (
    SELECT
        duplicate_of AS doc_id,
        COUNT(*) AS duplicates,
        MIN(similarity) AS least_similarity
    FROM {outcomes}
    WHERE outcome = 'duplicate'
    GROUP BY duplicate_of
    ORDER BY duplicates DESC, doc_id ASC
    LIMIT 5
)

SELECT
    survivors.doc_id,
    survivors.duplicates,
    survivors.least_similarity,
    LEFT(documents.url, 500) AS url
FROM survivors
INNER JOIN {documents} AS documents ON survivors.doc_id = documents.doc_id
