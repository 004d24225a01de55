-- Documents of a data set by reason; a filtered document counts under each of its reasons.
SELECT
    reason,
    COUNT(*) AS documents
FROM (
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
GROUP BY reason
ORDER BY documents DESC, reason
