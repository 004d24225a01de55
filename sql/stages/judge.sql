-- Every new document with all the reasons for which it fails the recipe's rules.
-- {documents}: new rows of silver.documents; {reasons}: the rules, compiled (lakeprep rules).
SELECT
    doc_id,
    url_key,
    text_digest,
    fetched_at,
    bands,
    {reasons} AS reasons
FROM {documents}
