-- Minutes that nobody can ask about any more.
DELETE FROM stream_tally WHERE minute < now() - interval '25 hours'
