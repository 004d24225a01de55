-- Every figure of the report in one query: (section, item, total, this_run, amount), a row for each
-- item of each section. total counts the whole table, this_run the rows of run :run_id. amount is
-- the number of survivors for duplicates, the words for languages, else null.
-- {files}, {pages}, {rejects}: bronze; {documents}: silver; {outcomes}, {gold}: the data set.
SELECT
    'files' AS section,
    item,
    SUM(records) AS total,
    SUM(IF(run_id = :run_id, records, 0)) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM (
    SELECT
        EXPLODE(
            MAP(
                'records', records,
                'pages', pages,
                'rejects', rejects,
                'repeats', repeats,
                'skipped', skipped
            )
        ) AS (item, records),
        run_id
    FROM {files}
) AS parts
GROUP BY item
UNION ALL
SELECT
    'pages' AS section,
    'pages' AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM {pages}
UNION ALL
SELECT
    'rejects' AS section,
    reason AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM {rejects}
GROUP BY reason
UNION ALL
SELECT
    'statuses' AS section,
    status AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM {documents}
GROUP BY status
UNION ALL
SELECT
    'outcomes' AS section,
    outcome AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM {outcomes}
GROUP BY outcome
UNION ALL
SELECT
    'reasons' AS section,
    reason AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    CAST(NULL AS BIGINT) AS amount
FROM (
    SELECT
        EXPLODE(reasons) AS reason,
        run_id
    FROM {outcomes}
    WHERE outcome = 'filtered'
) AS filtered
GROUP BY reason
UNION ALL
SELECT
    'duplicates' AS section,
    duplicate_kind AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    COUNT(DISTINCT duplicate_of) AS amount
FROM {outcomes}
WHERE outcome = 'duplicate'
GROUP BY duplicate_kind
UNION ALL
SELECT
    'languages' AS section,
    language AS item,
    COUNT(*) AS total,
    COUNT_IF(run_id = :run_id) AS this_run,
    SUM(word_count) AS amount
FROM {gold}
GROUP BY language
