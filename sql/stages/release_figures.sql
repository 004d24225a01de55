-- The figures of a branch that the gates check; one row. No text is read but for its being there.
-- {documents}: silver.documents; {outcomes}, {gold}: the branch of the data set.
WITH outcome_figures AS (
    SELECT
        COUNT(*) AS outcome_rows,
        COUNT(*) - COUNT(DISTINCT doc_id) AS repeated_outcomes,
        COUNT_IF(outcome = 'kept') AS kept,
        COUNT_IF(outcome = 'filtered' AND SIZE(reasons) = 0) AS unexplained_filtered,
        COUNT_IF(
            outcome = 'duplicate' AND (
                duplicate_of IS NULL
                OR similarity IS NULL
                OR (
                    duplicate_kind = 'near'
                    AND similarity < :min_jaccard
                    AND containment < :min_containment
                )
            )
        ) AS unverified_duplicates
    FROM {outcomes}
),

orphans AS (
    SELECT COUNT(*) AS orphan_duplicates
    FROM {outcomes} AS duplicates
    LEFT ANTI JOIN {outcomes} AS survivors
        ON duplicates.duplicate_of = survivors.doc_id AND survivors.outcome = 'kept'
    WHERE duplicates.outcome = 'duplicate'
),

kept AS (
    SELECT DISTINCT doc_id
    FROM {outcomes}
    WHERE outcome = 'kept'
),

gold_figures AS (
    SELECT
        COUNT(*) AS gold_rows,
        COUNT(*) - COUNT(DISTINCT gold.doc_id) AS repeated_gold,
        COUNT_IF(gold.text = '') AS empty_texts,
        COUNT_IF(kept.doc_id IS NULL) AS unkept_gold
    FROM {gold} AS gold
    LEFT JOIN kept ON gold.doc_id = kept.doc_id
),

document_figures AS (
    SELECT COUNT(*) AS document_rows
    FROM {documents}
),

unmatched AS (
    SELECT COUNT(*) AS undecided_documents
    FROM {documents} AS documents
    FULL OUTER JOIN {outcomes} AS outcomes ON documents.doc_id = outcomes.doc_id
    WHERE documents.doc_id IS NULL OR outcomes.doc_id IS NULL
)

SELECT
    document_figures.document_rows,
    outcome_figures.outcome_rows,
    outcome_figures.kept,
    gold_figures.gold_rows,
    unmatched.undecided_documents,
    outcome_figures.repeated_outcomes,
    outcome_figures.kept - gold_figures.gold_rows AS kept_minus_gold,
    gold_figures.repeated_gold,
    gold_figures.unkept_gold,
    gold_figures.empty_texts,
    outcome_figures.unexplained_filtered,
    outcome_figures.unverified_duplicates,
    orphans.orphan_duplicates
FROM document_figures
CROSS JOIN outcome_figures
CROSS JOIN gold_figures
CROSS JOIN unmatched
CROSS JOIN orphans
