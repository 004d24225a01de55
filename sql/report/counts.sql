-- Every count of the report in one query: (section, item, total, this_run, amount).
-- total counts the whole table, this_run the rows of run :run_id. amount is the number of survivors
-- for duplicates, the words for languages, else 0.
-- {files}, {pages}, {rejects}: bronze; {documents}: silver; {outcomes}, {gold}: the data set.
WITH facts AS (
    SELECT
        'files' AS section,
        EXPLODE(
            MAP(
                'records', records,
                'pages', pages,
                'rejects', rejects,
                'repeats', repeats,
                'skipped', skipped
            )
        ) AS (item, number),
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {files}
    UNION ALL
    SELECT
        'pages' AS section,
        'pages' AS item,
        1 AS number,
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {pages}
    UNION ALL
    SELECT
        'rejects' AS section,
        reason AS item,
        1 AS number,
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {rejects}
    UNION ALL
    SELECT
        'statuses' AS section,
        status AS item,
        1 AS number,
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {documents}
    UNION ALL
    SELECT
        'outcomes' AS section,
        outcome AS item,
        1 AS number,
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {outcomes}
    UNION ALL
    SELECT
        'reasons' AS section,
        EXPLODE(reasons) AS item,
        1 AS number,
        run_id,
        0 AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {outcomes}
    WHERE outcome = 'filtered'
    UNION ALL
    SELECT
        'duplicates' AS section,
        duplicate_kind AS item,
        1 AS number,
        run_id,
        0 AS words,
        duplicate_of AS survivor
    FROM {outcomes}
    WHERE outcome = 'duplicate'
    UNION ALL
    SELECT
        'languages' AS section,
        language AS item,
        1 AS number,
        run_id,
        word_count AS words,
        CAST(NULL AS STRING) AS survivor
    FROM {gold}
)

SELECT
    section,
    item,
    SUM(number) AS total,
    SUM(IF(run_id = :run_id, number, 0)) AS this_run,
    SUM(words) + COUNT(DISTINCT survivor) AS amount
FROM facts
GROUP BY section, item
