-- Brings announced cells into a chunk that somebody loaded: cell by cell, only where newer. Never creates a chunk: one made
-- here would hold the announced cells alone and look complete.
-- Ties: the same version twice changes nothing. A series already known stays as it is.
-- KEYS[1]  the chunk
-- ARGV[1]  fields that a chunk may grow to; beyond it is dropped, and split when it is loaded again
-- ARGV[2…] field, value, … (`s` + id → series; `c` + id + bucket + partition → varint term, commit, revision, state)
-- Returns  {0, 0} absent, {1, changed cells}, or {n, 0} where the chunk is split in n parts: update those instead
-- Needs    cell-version.lua
local key = KEYS[1]
if redis.call('EXISTS', key) == 0 then return {0, 0} end
local splits = tonumber(redis.call('HGET', key, '#splits')) or 1
if splits > 1 then return {splits, 0} end

local changed = {}
for i = 2, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if string.byte(field) == 115 then
    if redis.call('HSETNX', key, field, value) == 1 then changed[#changed + 1] = string.char(#field) .. field end
  else
    local known = redis.call('HGET', key, field)
    if not known or isNewer(value, known) then
      redis.call('HSET', key, field, value)
      changed[#changed + 1] = string.char(#field) .. field
    end
  end
end
if #changed == 0 then return {1, 0} end

local counter = redis.call('HINCRBY', key, '#counter', 1)
redis.call('HSET', key, 'l' .. counter, table.concat(changed))
redis.call('HDEL', key, 'l' .. (counter - 64))
if redis.call('HLEN', key) > tonumber(ARGV[1]) then redis.call('DEL', key) end
return {1, #changed}
