-- What is kept of a tenant's newest events, and of each type a page of them, the newest first. A set that has other members than
-- the hash counted was evicted, or made by somebody else: then nothing is there.
-- KEYS[1]  the hash; KEYS[2…] the sorted set of each type
-- ARGV[1]  from (milliseconds), ARGV[2] before, ARGV[3] most members of each; ARGV[4…] the types
-- Returns  {'absent'}, {'loading'} or {'there', token, offsets, note, then for each type: members in all, least score of them, a page}
local state = redis.call('HMGET', KEYS[1], 'token', 'offsets', 'note')
if not state[1] then return {'absent'} end
if not state[2] then
  if tonumber(redis.call('TIME')[1]) <= tonumber(redis.call('HGET', KEYS[1], 'until')) then return {'loading'} end
  -- Whoever began is gone.
  redis.call('UNLINK', KEYS[1])
  return {'absent'}
end
local answer = {'there', state[1], state[2], state[3]}
for i = 2, #KEYS do
  local count = redis.call('ZCARD', KEYS[i])
  if count ~= tonumber(redis.call('HGET', KEYS[1], 'n:' .. ARGV[i + 2]) or '0') then
    redis.call('UNLINK', KEYS[1])
    return {'absent'}
  end
  local least = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  answer[#answer + 1] = count
  answer[#answer + 1] = least[2] or ''
  answer[#answer + 1] = redis.call('ZREVRANGEBYSCORE', KEYS[i], '(' .. ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
end
return answer
