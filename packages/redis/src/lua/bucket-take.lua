-- Takes tokens from N buckets: from all of them or from none, for one request or for several that came together. One script
-- per stage, because a refusal by one level must not have spent another's tokens, and because the clock of the gateways must
-- not matter.
--
-- KEYS[i]            bucket of level i; absent means full
-- ARGV[5i-4 .. 5i]   cost, p, q, burst, kind of level i: p/q tokens a microsecond, units are 1/q token. Kind 0 must have its
--                    cost and pays it, 1 (shadow) pays where it has it, 2 (guard) must have it and pays nothing, 3 (drain)
--                    pays what it has of it
-- ARGV[5N+1 ..]      weight of each request, in the order of their coming: it asks level i for cost × weight tokens
-- Returns            now in microseconds; of each level the microseconds by which its bucket is ahead of that; then of each
--                    request: which levels lacked its cost (sum of 2^(i-1)), and the units of each level after it
--
-- State is "units:last:q". All numbers are integers below 2^53, which Lua's doubles hold exactly (compilePolicy proves it).
-- The same arithmetic, operation by operation, is packages/core/src/limit/bucket.ts.
local time = redis.call('TIME') -- once: time is not frozen within a script
local now = time[1] * 1000000 + time[2]

-- Lua's own % divides first and is not exact near 2^53; fmod is.
local function ceil_divide(dividend, divisor)
  local rest = math.fmod(dividend, divisor)
  local quotient = (dividend - rest) / divisor
  if rest > 0 then return quotient + 1 end
  return quotient
end

local count = #KEYS
local values = redis.call('MGET', unpack(KEYS))
local unit_cost, p, q, capacity, kind, units, last, before = {}, {}, {}, {}, {}, {}, {}, {}
local answer = { now }

for i = 1, count do
  local at = 5 * i
  local burst = tonumber(ARGV[at - 1])
  p[i], q[i], kind[i] = tonumber(ARGV[at - 3]), tonumber(ARGV[at - 2]), ARGV[at]
  unit_cost[i] = ARGV[at - 4] * q[i]
  capacity[i] = burst * q[i]
  units[i], last[i] = capacity[i], now
  local kept_units, kept_last, kept_q
  if values[i] then kept_units, kept_last, kept_q = string.match(values[i], '^(%d+):(%d+):(%d+)$') end
  if kept_units then
    local left = tonumber(kept_units)
    last[i], kept_q = tonumber(kept_last), tonumber(kept_q)
    if kept_q == q[i] then
      left = math.min(left, capacity[i])
    else
      -- The policy changed: whole tokens are carried over, at most the new burst.
      left = math.min((left - math.fmod(left, kept_q)) / kept_q, burst) * q[i]
    end
    local elapsed = now - last[i]
    if elapsed < 0 then
      -- The clock went back. A little: nothing is credited until it has caught up. A lot: counting goes on from now.
      units[i] = left
      if -elapsed > math.max(5000000, ceil_divide(capacity[i], p[i])) then last[i] = now end
    elseif elapsed >= ceil_divide(capacity[i] - left, p[i]) then
      last[i] = now
    else
      units[i], last[i] = left + elapsed * p[i], now
    end
  end
  before[i] = units[i]
  answer[i + 1] = math.max(0, last[i] - now)
end

for j = 5 * count + 1, #ARGV do
  local weight = tonumber(ARGV[j])
  local lacking, bit, refused = 0, 1, false
  for i = 1, count do
    if units[i] < unit_cost[i] * weight then
      lacking = lacking + bit
      if kind[i] == '0' or kind[i] == '2' then refused = true end
    end
    bit = bit * 2
  end
  answer[#answer + 1] = lacking
  for i = 1, count do
    local needed = unit_cost[i] * weight
    if not refused and kind[i] ~= '2' then
      if units[i] >= needed then
        units[i] = math.min(capacity[i], units[i] - needed)
      elseif kind[i] == '3' then
        units[i] = 0
      end
    end
    answer[#answer + 1] = units[i]
  end
end

for i = 1, count do
  -- A bucket from which nothing was taken is left as it is: a denial writes nothing.
  if units[i] ~= before[i] then
    if units[i] == capacity[i] then
      redis.call('DEL', KEYS[i])
    else
      -- A key that expires when its bucket is full again is never missed: an absent bucket is a full one.
      local full_after = ceil_divide(capacity[i] - units[i], p[i]) + math.max(0, last[i] - now)
      local state = string.format('%.0f:%.0f:%.0f', units[i], last[i], q[i])
      redis.call('SET', KEYS[i], state, 'PX', string.format('%.0f', ceil_divide(full_after, 1000) + 1))
    end
  end
end
return answer
