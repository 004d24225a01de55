-- What earlier runs know of the passages and lines of this one: passages of documents that are
-- still kept (`pages` is null), and lines with the pages that have them.
-- {matched}: sql/passages/matched.sql; {published}: doc_ids kept by earlier runs.
SELECT
    matched.key_high,
    matched.key_low,
    CAST(NULL AS BIGINT) AS pages
FROM {matched} AS matched
LEFT SEMI JOIN {published} AS published ON matched.doc_id = published.doc_id
GROUP BY matched.key_high, matched.key_low
UNION ALL
SELECT
    key_high,
    key_low,
    SUM(pages) AS pages
FROM {matched}
WHERE pages IS NOT NULL
GROUP BY key_high, key_low
