-- New rows of the index: passages that no earlier run knows, of the first document kept that has
-- them; lines with the pages of this run that have them.
-- {occurrences}: passages and lines of this run; {known}: sql/passages/known.sql; {candidates}:
-- sql/passages/candidates.sql; {short}: ranks of the documents left too short.
WITH first_seen AS (
    SELECT
        occurrences.key_high,
        occurrences.key_low,
        MIN(occurrences.rank) AS rank
    FROM {occurrences} AS occurrences
    LEFT ANTI JOIN {short} AS own ON occurrences.rank = own.rank
    LEFT JOIN {short} AS survivor ON occurrences.survivor_rank = survivor.rank
    WHERE
        NOT occurrences.is_line
        AND (occurrences.survivor_rank IS NULL OR survivor.rank IS NOT NULL)
    GROUP BY occurrences.key_high, occurrences.key_low
)

SELECT
    first_seen.key_high,
    first_seen.key_low,
    candidates.doc_id,
    CAST(NULL AS INT) AS pages
FROM first_seen
LEFT ANTI JOIN {known} AS known
    ON
        first_seen.key_high = known.key_high
        AND first_seen.key_low = known.key_low
        AND known.pages IS NULL
INNER JOIN {candidates} AS candidates ON first_seen.rank = candidates.rank
UNION ALL
SELECT
    key_high,
    key_low,
    CAST(NULL AS STRING) AS doc_id,
    CAST(COUNT(*) AS INT) AS pages
FROM {occurrences}
WHERE is_line AND NOT repeated AND survivor_rank IS NULL
GROUP BY key_high, key_low
