-- New outcomes of documents that an earlier run decided otherwise, because of new documents that
-- the policy prefers. {decisions}: what became of documents that share a bucket; {judged}: new
-- documents; {outcomes}: the data set's.
SELECT
    decisions.doc_id,
    IF(decisions.duplicate_of IS NULL, 'kept', 'duplicate') AS outcome,
    outcomes.reasons,
    decisions.duplicate_of,
    decisions.duplicate_kind,
    decisions.similarity,
    decisions.containment,
    decisions.cluster_id,
    :run_id AS run_id
FROM {decisions} AS decisions
INNER JOIN {outcomes} AS outcomes ON decisions.doc_id = outcomes.doc_id
LEFT ANTI JOIN {judged} AS judged ON decisions.doc_id = judged.doc_id
WHERE
    NOT (
        decisions.duplicate_of <=> outcomes.duplicate_of
        AND decisions.duplicate_kind <=> outcomes.duplicate_kind
        AND decisions.cluster_id <=> outcomes.cluster_id
    )
