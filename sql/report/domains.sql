-- The domains with the most documents kept, and those with the most dropped; a withdrawn document
-- is not spoken of. {documents}: silver; {outcomes}: the data set.
WITH domains AS (
    SELECT
        LEFT(documents.domain, 255) AS domain,
        COUNT_IF(outcomes.outcome = 'kept') AS kept,
        COUNT_IF(outcomes.outcome <> 'kept') AS dropped
    FROM {outcomes} AS outcomes
    INNER JOIN {documents} AS documents ON outcomes.doc_id = documents.doc_id
    WHERE outcomes.outcome <> 'withdrawn'
    GROUP BY LEFT(documents.domain, 255)
)

(
    SELECT
        'kept' AS side,
        domain,
        kept,
        dropped
    FROM domains
    WHERE kept > 0
    ORDER BY kept DESC, dropped ASC, domain ASC
    LIMIT 15
)
UNION ALL
(
    SELECT
        'dropped' AS side,
        domain,
        kept,
        dropped
    FROM domains
    WHERE dropped > 0
    ORDER BY dropped DESC, kept ASC, domain ASC
    LIMIT 15
)
