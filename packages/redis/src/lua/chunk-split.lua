-- Turns a chunk that is being loaded into n parts, all empty. The loader reads the primary again after this: what was
-- announced before the parts existed went into the whole chunk and is gone with it.
-- KEYS[1]  the chunk; KEYS[2…] its parts
-- ARGV[1]  token of the loader
-- ARGV[2]  milliseconds to live
-- Returns  1, 0 where the chunk is not this loader's any more, or -n where it is in n parts already
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local base = redis.call('HMGET', KEYS[1], '#token', '#run', '#epoch', '#filled', '#splits')
if base[1] ~= ARGV[1] or base[2] ~= run then return 0 end
local parts = tonumber(base[5]) or 1
if parts > 1 then return -parts end
if base[4] then return 0 end
for i = 1, #KEYS do
  redis.call('DEL', KEYS[i])
  local splits = i == 1 and #KEYS - 1 or 1
  redis.call('HSET', KEYS[i], '#token', base[1], '#run', run, '#epoch', base[3], '#counter', 0, '#floor', 0, '#splits', splits)
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return 1
