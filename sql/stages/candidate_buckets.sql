-- Members of every bucket that holds a new document and at least one other: documents that share a
-- URL (band -2), a text (band -1) or a MinHash band key. No pair is made here.
-- {fresh}: new documents that passed the rules; {documents}: silver.documents; {bands}:
-- silver.bands; {published}: doc_ids kept by earlier runs. Only the day's keys are shuffled:
-- silver.bands is partitioned by bucket of key.
WITH fresh_keys AS (
    SELECT
        -2 AS band,
        XXHASH64(url_key) AS key,
        doc_id,
        TRUE AS is_fresh
    FROM {fresh}
    WHERE :use_url
    UNION ALL
    SELECT
        -1 AS band,
        XXHASH64(text_digest) AS key,
        doc_id,
        TRUE AS is_fresh
    FROM {fresh}
    WHERE :use_exact
    UNION ALL
    SELECT
        POSEXPLODE(bands) AS (band, key),
        doc_id,
        TRUE AS is_fresh
    FROM {fresh}
    WHERE :use_near
),

matched AS (
    SELECT
        -2 AS band,
        XXHASH64(documents.url_key) AS key,
        documents.doc_id
    FROM {documents} AS documents
    LEFT SEMI JOIN {fresh} AS fresh ON documents.url_key = fresh.url_key
    WHERE :use_url
    UNION ALL
    SELECT
        -1 AS band,
        XXHASH64(documents.text_digest) AS key,
        documents.doc_id
    FROM {documents} AS documents
    LEFT SEMI JOIN {fresh} AS fresh ON documents.text_digest = fresh.text_digest
    WHERE :use_exact
    UNION ALL
    SELECT
        bands.band,
        bands.key,
        bands.doc_id
    FROM {bands} AS bands
    LEFT SEMI JOIN fresh_keys ON bands.key = fresh_keys.key AND bands.band = fresh_keys.band
    WHERE :use_near
),

keys AS (
    SELECT
        band,
        key,
        doc_id,
        is_fresh
    FROM fresh_keys
    UNION ALL
    SELECT
        matched.band,
        matched.key,
        matched.doc_id,
        FALSE AS is_fresh
    FROM matched
    LEFT SEMI JOIN {published} AS published ON matched.doc_id = published.doc_id
),

shared AS (
    SELECT
        band,
        key
    FROM keys
    GROUP BY band, key
    HAVING COUNT(*) > 1 AND BOOL_OR(is_fresh)
)

SELECT
    keys.band,
    keys.key,
    keys.doc_id,
    keys.is_fresh
FROM keys
INNER JOIN shared ON keys.band = shared.band AND keys.key = shared.key
