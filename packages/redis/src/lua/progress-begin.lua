-- Begins a new epoch: every chunk made before counts as absent from here on, so progress may be set to what Postgres holds.
-- KEYS[1]  the progress hash
-- ARGV[1]  the epoch that the caller saw, '' for none; another one in place means that somebody else was faster
-- ARGV[2]  the new random epoch
-- ARGV[3…] partition, JSON of its progress, …; other partitions keep theirs
-- Returns  1, or 0 where somebody else was faster
local key = KEYS[1]
if (redis.call('HGET', key, 'epoch') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', key, 'epoch', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
return 1
