-- Reads a chunk, or what changed in it since a reader's last look. A chunk that is not filled, or was made under another
-- server run or epoch, is absent.
-- KEYS[1]  the chunk, or one part of it
-- ARGV[1]  the epoch
-- ARGV[2]  token that the reader knows, or ''
-- ARGV[3]  counter that the reader knows, or -1
-- ARGV[4]  'changes' for the version alone where only the whole chunk would tell
-- Returns  {'absent'} | {'split', token, n} | {'same' | 'version', token, counter}
--          | {'delta' | 'full', token, counter, field, value, …}
local key = KEYS[1]
local known = redis.call('HMGET', key, '#run', '#epoch', '#filled', '#token', '#counter', '#floor', '#splits')
if not known[1] or known[2] ~= ARGV[1] or not known[3] then return {'absent'} end
if known[1] ~= string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') then return {'absent'} end
local token, counter, floor = known[4], tonumber(known[5]), tonumber(known[6]) or 0
if tonumber(known[7]) > 1 then return {'split', token, known[7]} end

local seen = ARGV[2] == token and tonumber(ARGV[3]) or -1
if seen == counter then return {'same', token, known[5]} end
if seen >= floor and seen > counter - 64 then
  local answer = {'delta', token, known[5]}
  local told = {}
  for at = seen + 1, counter do
    local names = redis.call('HGET', key, 'l' .. at)
    local from = 1
    while from <= #names do
      local length = string.byte(names, from)
      local field = string.sub(names, from + 1, from + length)
      from = from + length + 1
      if not told[field] then
        told[field] = true
        answer[#answer + 1] = field
        answer[#answer + 1] = redis.call('HGET', key, field)
      end
    end
  end
  return answer
end

if ARGV[4] == 'changes' then return {'version', token, known[5]} end
local answer = {'full', token, known[5]}
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local kind = string.byte(all[i])
  if kind == 98 or kind == 99 or kind == 115 then
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = all[i + 1]
  end
end
return answer
