-- Pages to load: of the captures with one page_id the first by path and place, and none that
-- bronze holds already. {index}: the ingest index; {known}: page_ids in bronze.
WITH ranked AS (
    SELECT
        split,
        source_path,
        source_offset,
        inner_offset,
        page_id,
        ROW_NUMBER() OVER (
            PARTITION BY page_id
            ORDER BY source_path, source_offset, inner_offset
        ) AS position
    FROM {index}
    WHERE kind = 'page'
)

SELECT
    ranked.split,
    ranked.source_path,
    ranked.source_offset,
    ranked.inner_offset
FROM ranked
LEFT ANTI JOIN {known} AS known ON ranked.page_id = known.page_id
WHERE ranked.position = 1
