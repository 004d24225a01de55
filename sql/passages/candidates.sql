-- The documents whose passages may count, ranked by the order in which they are judged: those that
-- the run keeps, and duplicates of these, which take part if the one kept in their place is left
-- too short. A duplicate is judged after that one, and never before its own turn.
-- {outcomes}: outcomes of this run so far; {documents}: new rows of silver.documents; {site}: the
-- column that names a page's site.
WITH placed AS (
    SELECT
        outcomes.doc_id,
        outcomes.duplicate_of,
        documents.fetched_at,
        IF(documents.{site} = '', NULL, XXHASH64(documents.{site})) AS site
    FROM {outcomes} AS outcomes
    INNER JOIN {documents} AS documents ON outcomes.doc_id = documents.doc_id
    WHERE outcomes.outcome IN ('kept', 'duplicate')
),

ordered AS (
    SELECT
        own.doc_id,
        survivor.doc_id AS survivor_id,
        own.site,
        GREATEST(
            STRUCT(own.fetched_at AS fetched_at, own.doc_id AS doc_id),
            STRUCT(survivor.fetched_at AS fetched_at, survivor.doc_id AS doc_id)
        ) AS turn,
        IF(survivor.doc_id IS NULL, '', own.doc_id) AS after
    FROM placed AS own
    LEFT JOIN placed AS survivor ON own.duplicate_of = survivor.doc_id
    WHERE own.duplicate_of IS NULL OR survivor.doc_id IS NOT NULL
    ORDER BY turn, after
)

SELECT
    doc_id,
    survivor_id,
    site,
    MONOTONICALLY_INCREASING_ID() AS rank
FROM ordered
