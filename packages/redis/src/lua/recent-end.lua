-- Says through which offsets the sets are whole now. Only while the token is there and nobody moved the offsets.
-- KEYS[1]  the hash
-- ARGV[1]  token, ARGV[2] offsets that were found (empty: it is the first fill), ARGV[3] offsets, ARGV[4] note
-- Returns  1, or 0
local state = redis.call('HMGET', KEYS[1], 'token', 'offsets')
if state[1] ~= ARGV[1] or (state[2] or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'offsets', ARGV[3], 'note', ARGV[4])
return 1
