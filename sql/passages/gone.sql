-- The passages that go, given which documents are left too short: what these have does not count as
-- seen, and their duplicates take part in their place.
-- {suspects}: sql/passages/suspects.sql; {short}: ranks of the documents left too short.
WITH taking_part AS (
    SELECT
        suspects.rank,
        suspects.survivor_rank,
        suspects.is_line,
        suspects.key_high,
        suspects.key_low,
        suspects.start,
        suspects.stop,
        suspects.first_word,
        suspects.last_word,
        suspects.first_sentence,
        suspects.last_sentence,
        suspects.words,
        suspects.sentences,
        suspects.always
    FROM {suspects} AS suspects
    LEFT JOIN {short} AS short ON suspects.survivor_rank = short.rank
    WHERE suspects.survivor_rank IS NULL OR short.rank IS NOT NULL
),

standing AS (
    SELECT
        taking_part.key_high,
        taking_part.key_low,
        MIN(taking_part.rank) AS rank
    FROM taking_part
    LEFT ANTI JOIN {short} AS short ON taking_part.rank = short.rank
    WHERE NOT taking_part.is_line
    GROUP BY taking_part.key_high, taking_part.key_low
)

SELECT
    taking_part.rank,
    taking_part.is_line,
    taking_part.start,
    taking_part.stop,
    taking_part.first_word,
    taking_part.last_word,
    taking_part.first_sentence,
    taking_part.last_sentence,
    taking_part.words,
    taking_part.sentences
FROM taking_part
LEFT JOIN standing
    ON
        taking_part.key_high = standing.key_high
        AND taking_part.key_low = standing.key_low
        AND NOT taking_part.is_line
WHERE taking_part.always OR standing.rank < taking_part.rank
