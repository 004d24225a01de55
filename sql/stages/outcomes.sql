-- One row for each new document: kept, filtered (with reasons) or duplicate (with evidence).
-- {judged}: new documents with reasons; {duplicates}: duplicates found among them.
SELECT
    judged.doc_id,
    CASE
        WHEN SIZE(judged.reasons) > 0 THEN 'filtered'
        WHEN duplicates.doc_id IS NOT NULL THEN 'duplicate'
        ELSE 'kept'
    END AS outcome,
    judged.reasons,
    duplicates.duplicate_of,
    duplicates.duplicate_kind,
    duplicates.similarity,
    duplicates.containment,
    COALESCE(duplicates.duplicate_of, judged.doc_id) AS cluster_id,
    :run_id AS run_id
FROM {judged} AS judged
LEFT JOIN {duplicates} AS duplicates ON judged.doc_id = duplicates.doc_id
