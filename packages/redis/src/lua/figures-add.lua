-- Counts what became of kept answers in one hour, each batch once: an instance that does not know whether one arrived sends it
-- again. Beyond so many names the least busy are forgotten.
-- KEYS[1]  busy: sorted set of names by look-ups
-- KEYS[2]  hits: hash of names
-- KEYS[3]  that the batch was counted
-- KEYS[4]  classes: hash, field "class what"
-- KEYS[5]  the hour: hash of the same fields
-- ARGV[1]  names that are kept
-- ARGV[2]  milliseconds for which an hour is kept
-- ARGV[3]  number of names n
-- ARGV[4…] name, look-ups, hits, … of n names, then field, count, …
-- Returns  1, or 0 where the batch was counted before
if not redis.call('SET', KEYS[3], '1', 'NX', 'PX', 3600000) then return 0 end
local at = 4
for _ = 1, tonumber(ARGV[3]) do
  redis.call('ZINCRBY', KEYS[1], ARGV[at + 1], ARGV[at])
  if ARGV[at + 2] ~= '0' then redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 2]) end
  at = at + 3
end
while at < #ARGV do
  redis.call('HINCRBY', KEYS[4], ARGV[at], ARGV[at + 1])
  redis.call('HINCRBY', KEYS[5], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[5], ARGV[2])
local more = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[1])
if more > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[1], math.min(more, 1000))
  for i = 1, #gone, 2 do redis.call('HDEL', KEYS[2], gone[i]) end
end
return 1
