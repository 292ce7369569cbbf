-- Counts what became of kept answers in one hour, each batch once: an instance that does not know whether one arrived sends it
-- again. Beyond so many names the least busy are forgotten, with all that was counted of them.
-- KEYS[1]  busy: sorted set of names by look-ups
-- KEYS[2]  hits: hash of names
-- KEYS[3]  that the batch was counted
-- KEYS[4]  classes: hash, field "class what"
-- KEYS[5]  the hour: hash of the same fields
-- KEYS[6]  more: hash of names, "errors writes changed evicted" of those that have any
-- ARGV[1]  names that are kept
-- ARGV[2]  milliseconds for which an hour is kept
-- ARGV[3]  number of names n
-- ARGV[4…] name, look-ups, hits, errors, writes, changed, evicted, … of n names, then field, count, …
-- Returns  1, or 0 where the batch was counted before
if not redis.call('SET', KEYS[3], '1', 'NX', 'PX', 3600000) then return 0 end
local at = 4
for _ = 1, tonumber(ARGV[3]) do
  local name = ARGV[at]
  redis.call('ZINCRBY', KEYS[1], ARGV[at + 1], name)
  if ARGV[at + 2] ~= '0' then redis.call('HINCRBY', KEYS[2], name, ARGV[at + 2]) end
  local own = { tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]) }
  if own[1] + own[2] + own[3] + own[4] > 0 then
    local i = 0
    for count in string.gmatch(redis.call('HGET', KEYS[6], name) or '', '%d+') do
      i = i + 1
      own[i] = own[i] + tonumber(count)
    end
    redis.call('HSET', KEYS[6], name, string.format('%d %d %d %d', own[1], own[2], own[3], own[4]))
  end
  at = at + 7
end
while at < #ARGV do
  redis.call('HINCRBY', KEYS[4], ARGV[at], ARGV[at + 1])
  redis.call('HINCRBY', KEYS[5], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[5], ARGV[2])
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[1])
if over > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[1], math.min(over, 1000))
  for i = 1, #gone, 2 do
    redis.call('HDEL', KEYS[2], gone[i])
    redis.call('HDEL', KEYS[6], gone[i])
  end
end
return 1
