-- Tags of a table with their snapshots, newest snapshot first.
-- {refs}, {snapshots}: the table's metadata tables.
SELECT
    refs.name,
    refs.snapshot_id
FROM {refs} AS refs
INNER JOIN {snapshots} AS snapshots ON refs.snapshot_id = snapshots.snapshot_id
WHERE refs.type = 'TAG'
ORDER BY snapshots.committed_at DESC, refs.name DESC
