-- Members of the new documents' buckets that earlier runs have kept or dropped as duplicates: of
-- every bucket the first :capacity, and (without a key) those that members were dropped for.
-- Copies that share a survivor count once, as the pass counts them. `arrival`: when a document's
-- turn was; that of a duplicate is not before its survivor's.
-- {touched}: key and doc_id of documents in the new documents' buckets; {documents}: silver up to
-- this run; {outcomes}: the data set's.
WITH members AS (
    SELECT
        touched.key,
        outcomes.doc_id,
        outcomes.duplicate_of,
        outcomes.cluster_id
    FROM {outcomes} AS outcomes
    INNER JOIN {touched} AS touched ON outcomes.doc_id = touched.doc_id
    WHERE outcomes.outcome IN ('kept', 'duplicate')
),

wanted AS (
    SELECT doc_id
    FROM members
    UNION
    SELECT duplicate_of AS doc_id
    FROM members
),

facts AS (
    SELECT
        documents.doc_id,
        documents.text_digest,
        STRUCT({priority} AS priority, documents.doc_id AS doc_id) AS arrival
    FROM {documents} AS documents
    LEFT SEMI JOIN wanted ON documents.doc_id = wanted.doc_id
),

turns AS (
    SELECT
        members.*,
        facts.text_digest,
        COALESCE(GREATEST(facts.arrival, survivors.arrival), facts.arrival) AS arrival
    FROM members
    INNER JOIN facts ON members.doc_id = facts.doc_id
    LEFT JOIN facts AS survivors ON members.duplicate_of = survivors.doc_id
),

distinct_members AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY key, text_digest, COALESCE(duplicate_of, doc_id)
            ORDER BY arrival, doc_id
        ) AS copy
    FROM turns
),

ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY key ORDER BY arrival, doc_id) AS place
    FROM distinct_members
    WHERE copy = 1
),

first_members AS (
    SELECT
        key,
        doc_id,
        duplicate_of,
        cluster_id,
        arrival
    FROM ranked
    WHERE place <= :capacity
)

SELECT
    key,
    doc_id,
    duplicate_of,
    cluster_id,
    arrival
FROM first_members
UNION ALL
SELECT
    NULL AS key,
    outcomes.doc_id,
    NULL AS duplicate_of,
    outcomes.cluster_id,
    facts.arrival
FROM {outcomes} AS outcomes
INNER JOIN facts ON outcomes.doc_id = facts.doc_id
LEFT SEMI JOIN first_members ON outcomes.doc_id = first_members.duplicate_of
