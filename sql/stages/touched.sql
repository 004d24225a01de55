-- Documents of earlier runs in the buckets of new documents. Only the day's keys are sent around,
-- if need be by a shuffle: silver.bands is partitioned by bucket of key. The text of no document
-- is read.
-- {keys}: buckets of new documents, {fresh}; {bands}, {documents}: silver up to this run;
-- {address_keys}: expression for the buckets of a document's URL and text.
WITH addressed AS (
    SELECT
        doc_id,
        EXPLODE({address_keys}) AS key
    FROM {documents}
),

members AS (
    SELECT
        bands.key,
        bands.doc_id
    FROM {bands} AS bands
    LEFT SEMI JOIN {keys} AS keys ON bands.key = keys.key
    WHERE :use_near
    UNION ALL
    SELECT
        addressed.key,
        addressed.doc_id
    FROM addressed
    LEFT SEMI JOIN {keys} AS keys ON addressed.key = keys.key
)

SELECT
    members.key,
    members.doc_id
FROM members
LEFT ANTI JOIN {fresh} AS fresh ON members.doc_id = fresh.doc_id
