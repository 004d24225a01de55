-- The documents of this run that are kept, as gold has them before masking.
-- {documents}: new rows of silver.documents; {outcomes}: their outcomes.
SELECT
    documents.doc_id,
    documents.url,
    documents.host,
    documents.domain,
    documents.fetched_at,
    COALESCE(documents.language, 'und') AS language,
    documents.title,
    documents.text,
    CAST(documents.signals.word_count AS BIGINT) AS word_count,
    CAST(NULL AS DOUBLE) AS quality_score,
    :run_id AS run_id
FROM {documents} AS documents
LEFT SEMI JOIN {outcomes} AS outcomes
    ON documents.doc_id = outcomes.doc_id AND outcomes.outcome = 'kept'
