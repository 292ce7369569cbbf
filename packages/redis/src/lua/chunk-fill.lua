-- Fills a chunk with what a loader read from the primary. Only while the token is the loader's. What was announced meanwhile
-- lies beside it, cell by cell, and a reader takes the newer of two. Counter 0 is what was filled and nothing else.
-- Ties: of two loaders the first one's reading stays. Both were made after the chunk was, so either is whole.
-- KEYS[1]  the chunk, or one part of it
-- ARGV[1]  token of the loader
-- ARGV[2]  milliseconds to live
-- ARGV[3]  series and packed cells
-- Returns  1, 2 where another loader has filled it, or 0 where the chunk is not this loader's any more
local key = KEYS[1]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mine = redis.call('HMGET', key, '#token', '#run', '#filled')
if mine[1] ~= ARGV[1] or mine[2] ~= run then return 0 end
if mine[3] then return 2 end
redis.call('HSET', key, 'b', ARGV[3], '#filled', '1')
redis.call('PEXPIRE', key, ARGV[2])
return 1
