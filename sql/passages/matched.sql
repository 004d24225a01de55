-- Rows of the index for the passages and lines of this run. The index is partitioned by bucket of
-- key: only the run's keys are shuffled.
-- {index}: gold.<dataset>_passages; {occurrences}: passages and lines of this run.
SELECT
    passages.key_high,
    passages.key_low,
    passages.doc_id,
    passages.pages
FROM {index} AS passages
LEFT SEMI JOIN {occurrences} AS occurrences
    ON passages.key_high = occurrences.key_high AND passages.key_low = occurrences.key_low
