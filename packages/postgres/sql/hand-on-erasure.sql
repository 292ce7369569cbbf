-- Nothing of the person is left in a partition: another one that the person's keys ever had is next. $1 request, $2 partition, $3 the next.
UPDATE erasure SET partition = $3::int4, visited = array_append(visited, $2::int4)
WHERE request_id = $1::uuid AND partition = $2::int4
