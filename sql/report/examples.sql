-- Up to four documents that run :run_id dropped, for each reason and kind of duplicate.
-- {documents}: silver; {outcomes}: the data set.
WITH dropped AS (
    SELECT
        doc_id,
        EXPLODE(
            IF(outcome = 'filtered', reasons, ARRAY(CONCAT('duplicate_', duplicate_kind)))
        ) AS reason
    FROM {outcomes}
    WHERE run_id = :run_id AND outcome IN ('filtered', 'duplicate')
),

ranked AS (
    SELECT
        doc_id,
        reason,
        ROW_NUMBER() OVER (
            PARTITION BY reason
            ORDER BY doc_id
        ) AS position
    FROM dropped
)

SELECT
    ranked.reason,
    ranked.doc_id,
    LEFT(documents.url, 500) AS url
FROM ranked
INNER JOIN {documents} AS documents ON ranked.doc_id = documents.doc_id
WHERE ranked.position <= 4
