-- Near duplicates by their verified similarity to the survivor, in steps of a hundredth: from
-- at_least up to the next step. {outcomes}: the data set's.
SELECT
    FLOOR(ROUND(similarity * 100, 9)) / 100 AS at_least,
    COUNT(*) AS near_duplicates,
    AVG(containment) AS mean_containment
FROM {outcomes}
WHERE duplicate_kind = 'near'
GROUP BY FLOOR(ROUND(similarity * 100, 9)) / 100
