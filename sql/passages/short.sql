-- Ranks of the documents left with fewer than :min_words words or :min_sentences sentences.
-- Passages overlap: each counts for what it has beyond those before it.
-- {gone}: the passages that go.
WITH spans AS (
    SELECT
        rank,
        words,
        sentences,
        last_word,
        last_sentence,
        GREATEST(first_word, COALESCE(MAX(last_word) OVER earlier, 0)) AS first_word,
        GREATEST(first_sentence, COALESCE(MAX(last_sentence) OVER earlier, 0)) AS first_sentence
    FROM {gone}
    WINDOW earlier AS (
        PARTITION BY rank
        ORDER BY start
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)

SELECT rank
FROM spans
GROUP BY rank
HAVING
    ANY_VALUE(words) - SUM(GREATEST(last_word - first_word, 0)) < :min_words
    OR ANY_VALUE(sentences) - SUM(GREATEST(last_sentence - first_sentence, 0)) < :min_sentences
