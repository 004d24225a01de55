-- What goes from each document that is kept.
-- {gone}: the passages that go; {short}: ranks of the documents left too short; {candidates}:
-- sql/passages/candidates.sql.
SELECT
    candidates.doc_id,
    COLLECT_LIST(STRUCT(gone.start, gone.stop)) AS spans,
    CAST(COUNT_IF(NOT gone.is_line) AS INT) AS passages,
    CAST(COUNT_IF(gone.is_line) AS INT) AS site_lines
FROM {gone} AS gone
INNER JOIN {candidates} AS candidates ON gone.rank = candidates.rank
LEFT ANTI JOIN {short} AS short ON gone.rank = short.rank
GROUP BY candidates.doc_id
