-- Fills a chunk with what a loader read from the primary. Only while the token is the loader's. What was announced meanwhile
-- lies beside it, cell by cell, and a reader takes the newer of two. Counter 0 is what was filled and nothing else.
-- Ties: of two loaders the first one's reading stays. Both were made after the chunk was, so either is whole.
-- KEYS[1]  the chunk, or one part of it
-- ARGV[1]  token of the loader
-- ARGV[2]  milliseconds to live
-- ARGV[3]  series and packed cells
-- ARGV[4]  'parts_filled' where all of its parts are: the chunk itself comes last
-- Returns  1, 2 where another loader has filled it, 0 where the chunk is not this loader's any more, or -n where it is in n parts
local key = KEYS[1]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mine = redis.call('HMGET', key, '#token', '#run', '#filled', '#splits')
if mine[1] ~= ARGV[1] or mine[2] ~= run then return 0 end
if mine[3] then return 2 end
local parts = tonumber(mine[4]) or 1
if parts > 1 and ARGV[4] ~= 'parts_filled' then return -parts end
redis.call('HSET', key, 'b', ARGV[3], '#filled', '1')
redis.call('PEXPIRE', key, ARGV[2])
return 1
