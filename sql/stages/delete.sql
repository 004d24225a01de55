-- Delete rows from a branch. {table}: its full name; {documents}: the doc_ids.
DELETE FROM {table}
WHERE doc_id IN (SELECT doc_id FROM {documents})
