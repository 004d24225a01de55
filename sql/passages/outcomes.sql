-- Outcomes after passages: a document left too short is filtered, and duplicates of it stand on
-- their own.
-- {outcomes}: outcomes so far; {candidates}: sql/passages/candidates.sql; {short}: ranks of the
-- documents left too short.
WITH fallen AS (
    SELECT
        own.doc_id,
        own_short.rank IS NOT NULL AS is_short
    FROM {candidates} AS own
    LEFT JOIN {short} AS own_short ON own.rank = own_short.rank
    LEFT JOIN {candidates} AS survivor ON own.survivor_id = survivor.doc_id
    LEFT JOIN {short} AS survivor_short ON survivor.rank = survivor_short.rank
    WHERE own_short.rank IS NOT NULL OR survivor_short.rank IS NOT NULL
)

SELECT
    outcomes.doc_id,
    CASE
        WHEN fallen.is_short THEN 'filtered'
        WHEN fallen.doc_id IS NOT NULL THEN 'kept'
        ELSE outcomes.outcome
    END AS outcome,
    IF(fallen.is_short, ARRAY('passages_too_short'), outcomes.reasons) AS reasons,
    IF(fallen.doc_id IS NULL, outcomes.duplicate_of, NULL) AS duplicate_of,
    IF(fallen.doc_id IS NULL, outcomes.duplicate_kind, NULL) AS duplicate_kind,
    IF(fallen.doc_id IS NULL, outcomes.similarity, NULL) AS similarity,
    IF(fallen.doc_id IS NULL, outcomes.containment, NULL) AS containment,
    IF(fallen.doc_id IS NULL, outcomes.cluster_id, outcomes.doc_id) AS cluster_id,
    outcomes.run_id
FROM {outcomes} AS outcomes
LEFT JOIN fallen ON outcomes.doc_id = fallen.doc_id
