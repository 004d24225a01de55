-- Of members of buckets, in every bucket the first :capacity; copies that share a survivor count
-- once, as the pass over candidates counts them.
-- {members}: key, doc_id, duplicate_of and cluster_id; {documents}: silver up to this run;
-- {priority}: expression for the order of survival.
WITH described AS (
    SELECT /*+ REPARTITION(key) */
        members.*,
        documents.text_digest,
        {priority} AS priority
    FROM {documents} AS documents
    INNER JOIN {members} AS members ON documents.doc_id = members.doc_id
),

copies AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY key, text_digest, COALESCE(duplicate_of, doc_id)
            ORDER BY priority, doc_id
        ) AS copy
    FROM described
),

ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY key ORDER BY priority, doc_id) AS place
    FROM copies
    WHERE copy = 1
)

SELECT
    key,
    doc_id,
    duplicate_of,
    cluster_id
FROM ranked
WHERE place <= :capacity
