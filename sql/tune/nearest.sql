-- The twenty documents nearest to a bound on either side of it.
-- {documents}: silver.documents; {signal}: what is bounded; {bound}: its bound, null where the rule
-- does not apply; {excess}: how far the signal lies on the dropped side.
WITH measured AS (
    SELECT
        doc_id,
        url,
        language,
        {signal} AS signal_value,
        {bound} AS bound,
        {excess} AS excess
    FROM {documents}
),

dropped AS (
    SELECT *
    FROM measured
    WHERE excess > 0
    ORDER BY excess ASC, doc_id ASC
    LIMIT 20
),

kept AS (
    SELECT *
    FROM measured
    WHERE excess <= 0
    ORDER BY excess DESC, doc_id ASC
    LIMIT 20
)

SELECT
    'dropped' AS side,
    LEFT(url, 500) AS url,
    language,
    signal_value,
    bound
FROM dropped
UNION ALL
SELECT
    'kept' AS side,
    LEFT(url, 500) AS url,
    language,
    signal_value,
    bound
FROM kept
