-- Adds events of one type, and forgets the oldest beyond so many. Only while the token is there and nobody moved the offsets.
-- KEYS[1]  the hash, KEYS[2] the sorted set
-- ARGV[1]  token, ARGV[2] offsets that were found (empty: it is the first fill), ARGV[3] the type, ARGV[4] members that are kept
-- ARGV[5…] score, member, …
-- Returns  1, or 0
local state = redis.call('HMGET', KEYS[1], 'token', 'offsets')
if state[1] ~= ARGV[1] or (state[2] or '') ~= ARGV[2] then return 0 end
local count = 'n:' .. ARGV[3]
-- What is left of an earlier hash is not counted by this one.
if not redis.call('HGET', KEYS[1], count) then redis.call('UNLINK', KEYS[2]) end
for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], count, redis.call('ZCARD', KEYS[2]))
-- They end together, fifteen minutes after they were begun.
redis.call('PEXPIRE', KEYS[2], math.max(1, redis.call('PTTL', KEYS[1])))
return 1
