-- Documents of the index in the buckets of new documents. Only the day's keys are sent around, if
-- need be by a shuffle: silver.bands is partitioned by bucket of key. The text of no document is
-- read.
-- {keys}: buckets of new documents; {bands}, {documents}: silver up to this run; {address_keys}:
-- expression for the buckets of a document's URL and text.
WITH addressed AS (
    SELECT
        doc_id,
        EXPLODE({address_keys}) AS key
    FROM {documents}
)

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
