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
),

marked AS (
    SELECT
        FALSE AS is_line,
        key_high,
        key_low,
        is_known AS always
    FROM shared
    UNION ALL
    SELECT
        TRUE AS is_line,
        key_high,
        key_low,
        TRUE AS always
    FROM boilerplate
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
    occurrences.repeated OR marked.always AS always
FROM {occurrences} AS occurrences
INNER JOIN marked
    ON
        occurrences.is_line = marked.is_line
        AND occurrences.key_high = marked.key_high
        AND occurrences.key_low = marked.key_low
