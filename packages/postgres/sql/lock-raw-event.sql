-- Sent before a transaction takes its snapshot: the days that are there then stay until its end, so that what the snapshot says of
-- days is true of their rows too.
LOCK TABLE raw_event IN ACCESS SHARE MODE
