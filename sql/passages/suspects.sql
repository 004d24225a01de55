-- The passages that may have to go: those that occur more than once or are known, and the lines
-- seen on :min_pages pages of their site. `always`: goes whatever becomes of this run's documents.
-- {occurrences}: passages and lines of this run; {known}: sql/passages/known.sql.
WITH repeated AS (
    SELECT
        occurrences.key_high,
        occurrences.key_low,
        COUNT(*) AS times
    FROM {occurrences} AS occurrences
    WHERE NOT occurrences.is_line
    GROUP BY occurrences.key_high, occurrences.key_low
),

shared AS (
    SELECT
        repeated.key_high,
        repeated.key_low,
        known.key_high IS NOT NULL AS is_known
    FROM repeated
    LEFT JOIN {known} AS known
        ON
            repeated.key_high = known.key_high
            AND repeated.key_low = known.key_low
            AND known.pages IS NULL
    WHERE repeated.times > 1 OR known.key_high IS NOT NULL
),

lines AS (
    SELECT
        occurrences.key_high,
        occurrences.key_low,
        COUNT(*) AS pages
    FROM {occurrences} AS occurrences
    WHERE
        occurrences.is_line
        AND NOT occurrences.repeated
        AND occurrences.survivor_rank IS NULL
    GROUP BY occurrences.key_high, occurrences.key_low
),

boilerplate AS (
    SELECT
        lines.key_high,
        lines.key_low
    FROM lines
    LEFT JOIN {known} AS known
        ON
            lines.key_high = known.key_high
            AND lines.key_low = known.key_low
            AND known.pages IS NOT NULL
    WHERE lines.pages + COALESCE(known.pages, 0) >= :min_pages
)

SELECT
    occurrences.rank,
    occurrences.survivor_rank,
    occurrences.is_line,
    occurrences.key_high,
    occurrences.key_low,
    occurrences.start,
    occurrences.stop,
    occurrences.first_word,
    occurrences.last_word,
    occurrences.first_sentence,
    occurrences.last_sentence,
    occurrences.words,
    occurrences.sentences,
    occurrences.repeated OR shared.is_known AS always
FROM {occurrences} AS occurrences
INNER JOIN shared
    ON occurrences.key_high = shared.key_high AND occurrences.key_low = shared.key_low
WHERE NOT occurrences.is_line
UNION ALL
SELECT
    occurrences.rank,
    occurrences.survivor_rank,
    occurrences.is_line,
    occurrences.key_high,
    occurrences.key_low,
    occurrences.start,
    occurrences.stop,
    occurrences.first_word,
    occurrences.last_word,
    occurrences.first_sentence,
    occurrences.last_sentence,
    occurrences.words,
    occurrences.sentences,
    TRUE AS always
FROM {occurrences} AS occurrences
LEFT SEMI JOIN boilerplate
    ON occurrences.key_high = boilerplate.key_high AND occurrences.key_low = boilerplate.key_low
WHERE occurrences.is_line
