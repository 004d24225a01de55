-- How many documents fail each set of rules: one row a set, the set as bits of one or more numbers.
-- {documents}: silver.documents; {bits}: the rules, compiled, as columns failing_0, failing_1, ...
SELECT
    {bits},
    COUNT(*) AS documents
FROM {documents}
GROUP BY ALL
