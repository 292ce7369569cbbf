-- A run of the archive came to its end: every day that was due was archived, or left for the next run.
INSERT INTO archive_run (ended_at) VALUES (now()) ON CONFLICT (one) DO UPDATE SET ended_at = now()
