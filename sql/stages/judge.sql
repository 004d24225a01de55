-- Every new document with all the reasons for which it fails the recipe's rules.
-- {documents}: new rows of silver.documents, with `url_reasons` by the URL rules; {reasons}: the
-- other rules, compiled (lakeprep rules).
SELECT
    doc_id,
    url_key,
    text_digest,
    fetched_at,
    bands,
    ARRAY_SORT(ARRAY_UNION({reasons}, url_reasons)) AS reasons
FROM {documents}
