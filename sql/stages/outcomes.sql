-- One row for each new document: kept, filtered (with reasons) or duplicate (with evidence).
-- {judged}: new documents with reasons; {decisions}: what became of those that share a bucket.
SELECT
    judged.doc_id,
    CASE
        WHEN SIZE(judged.reasons) > 0 THEN 'filtered'
        WHEN decisions.duplicate_of IS NOT NULL THEN 'duplicate'
        ELSE 'kept'
    END AS outcome,
    judged.reasons,
    decisions.duplicate_of,
    decisions.duplicate_kind,
    decisions.similarity,
    decisions.containment,
    COALESCE(decisions.cluster_id, judged.doc_id) AS cluster_id,
    :run_id AS run_id
FROM {judged} AS judged
LEFT JOIN {decisions} AS decisions ON judged.doc_id = decisions.doc_id
