-- Journal blocks whose identities lie in a closed generation and whose cells are announced.
-- $1 partition, $2 last generation, $3 last commit number.
DELETE FROM commit_journal WHERE partition = $1::int4 AND generation <= $2::int4 AND commit_no <= $3::int8
