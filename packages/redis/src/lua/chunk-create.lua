-- Makes an empty chunk for a loader, before it reads the primary: from here on announced cells reach the chunk, so what
-- commits after the loader's reading is not missed. A chunk of another server run or epoch counts as absent.
-- Ties: the second loader of a chunk that is being loaded gets the first one's token and may fill it as well.
-- KEYS[1]  the chunk
-- ARGV[1]  a new random token
-- ARGV[2]  the epoch
-- ARGV[3]  milliseconds to live
-- ARGV[4]  token of a chunk that was found broken (a part of it was evicted), or ''
-- Returns  {'created' | 'loading' | 'filled', token}
local key = KEYS[1]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local known = redis.call('HMGET', key, '#run', '#epoch', '#token', '#filled')
if known[1] == run and known[2] == ARGV[2] and known[3] ~= ARGV[4] then
  return {known[4] and 'filled' or 'loading', known[3]}
end
redis.call('DEL', key)
redis.call('HSET', key, '#token', ARGV[1], '#run', run, '#epoch', ARGV[2], '#counter', 0, '#floor', 0, '#splits', 1)
redis.call('PEXPIRE', key, ARGV[3])
return {'created', ARGV[1]}
