-- Adds what a loader read from the primary, only where newer than what was announced meanwhile, and marks the chunk filled
-- with the last portion. Only while the token is the loader's.
-- KEYS[1]  the chunk, or one part of it
-- ARGV[1]  token of the loader
-- ARGV[2]  '1' with the last portion, else '0'
-- ARGV[3]  milliseconds to live
-- ARGV[4…] field, value, … as in chunk-update
-- Returns  1, or 0 where the chunk is not this loader's any more
-- Needs    cell-version.lua
local key = KEYS[1]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mine = redis.call('HMGET', key, '#token', '#run')
if mine[1] ~= ARGV[1] or mine[2] ~= run then return 0 end

for i = 4, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', key, field)
  if not known or (string.byte(field) == 99 and isNewer(value, known)) then redis.call('HSET', key, field, value) end
end
-- What a fill adds is in no list of changes: a reader that knows an earlier counter takes the chunk whole.
local counter = redis.call('HINCRBY', key, '#counter', 1)
redis.call('HSET', key, '#floor', counter)
if ARGV[2] == '1' then
  redis.call('HSET', key, '#filled', '1')
  redis.call('PEXPIRE', key, ARGV[3])
end
return 1
