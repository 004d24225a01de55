-- The texts of the documents whose passages may count.
-- {documents}: new rows of silver.documents; {candidates}: sql/passages/candidates.sql.
SELECT
    own.rank,
    survivor.rank AS survivor_rank,
    own.site,
    documents.text
FROM {documents} AS documents
INNER JOIN {candidates} AS own ON documents.doc_id = own.doc_id
LEFT JOIN {candidates} AS survivor ON own.survivor_id = survivor.doc_id
