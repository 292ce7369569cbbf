-- Whoever finds nothing begins: what is deleted from here on (a person is erased) takes the token, and with it what was read before.
-- KEYS[1]  the hash
-- ARGV[1]  a new random token, ARGV[2] milliseconds to live
-- Returns  1, or 0 where somebody else has begun
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'until', tonumber(redis.call('TIME')[1]) + 30)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
