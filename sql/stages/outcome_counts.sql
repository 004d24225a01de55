-- Documents of a data set by reason; a filtered document counts under each of its reasons.
-- {outcomes}: the data set's outcomes.
WITH explained AS (
    SELECT
        EXPLODE(
            CASE outcome
                WHEN 'filtered' THEN reasons
                WHEN 'duplicate' THEN ARRAY(CONCAT('duplicate_', duplicate_kind))
                ELSE ARRAY(outcome)
            END
        ) AS reason
    FROM {outcomes}
)

SELECT
    reason,
    COUNT(*) AS documents
FROM explained
GROUP BY reason
ORDER BY documents DESC, reason ASC
