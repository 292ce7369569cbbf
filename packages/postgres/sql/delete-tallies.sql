-- What nobody can ask about any more: counts after a day, lags after a week and the hour in which it begins.
DELETE FROM stream_tally
WHERE minute < now() - interval '170 hours' OR (what IN ('type', 'copies') AND minute < now() - interval '25 hours')
