-- The twenty clusters with the most documents, the URL of their first document, and from how many
-- domains their documents come. {outcomes}: the data set's; {documents}: silver.
WITH largest AS (
    SELECT
        cluster_id,
        COUNT(*) AS documents
    FROM {outcomes}
    WHERE outcome IN ('kept', 'duplicate')
    GROUP BY cluster_id
    HAVING COUNT(*) > 1
    ORDER BY documents DESC, cluster_id ASC
    LIMIT 20
)

SELECT
    largest.cluster_id,
    largest.documents,
    COUNT_IF(members.outcome = 'kept') AS kept,
    COUNT(DISTINCT documents.domain) AS domains,
    MAX(IF(members.doc_id = largest.cluster_id, documents.url, NULL)) AS url
FROM largest
INNER JOIN {outcomes} AS members
    ON largest.cluster_id = members.cluster_id AND members.outcome IN ('kept', 'duplicate')
INNER JOIN {documents} AS documents ON members.doc_id = documents.doc_id
GROUP BY largest.cluster_id, largest.documents
ORDER BY largest.documents DESC, largest.cluster_id ASC
