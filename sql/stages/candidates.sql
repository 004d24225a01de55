-- Documents that share a bucket, with what the pass over them needs, and their turn in it: what
-- was kept before, what was dropped before, the new ones, each by the order of the policy.
-- {documents}: silver up to this run; {members}: node and component; {standing}: documents that
-- earlier runs have decided; {keys}, {priority}: expressions for a document's buckets and for its
-- place in the order of the policy.
WITH standing AS (
    SELECT DISTINCT
        doc_id,
        duplicate_of,
        cluster_id
    FROM {standing}
)

SELECT
    members.component,
    {keys} AS keys,
    documents.text,
    CASE
        WHEN standing.doc_id IS NULL THEN 0
        WHEN standing.duplicate_of IS NULL THEN 1
        ELSE 2
    END AS standing,
    STRUCT(
        standing.doc_id IS NULL,
        standing.duplicate_of IS NOT NULL,
        {priority},
        documents.doc_id
    ) AS turn,
    CONCAT(
        UNHEX(documents.doc_id),
        UNHEX(IF(:use_exact, documents.text_digest, documents.doc_id)),
        IF(:use_url, SUBSTR(UNHEX(SHA2(documents.url_key, 256)), 1, 16), UNHEX(documents.doc_id)),
        UNHEX(COALESCE(standing.duplicate_of, documents.doc_id)),
        UNHEX(COALESCE(standing.cluster_id, documents.doc_id))
    ) AS facts
FROM {documents} AS documents
INNER JOIN {members} AS members ON XXHASH64(documents.doc_id) = members.node
LEFT JOIN standing ON documents.doc_id = standing.doc_id
