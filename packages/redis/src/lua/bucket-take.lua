-- Takes tokens from N buckets: from all of them or from none. One script per stage, because a refusal by one level must
-- not have spent another's tokens, and because the clock of the gateways must not matter.
--
-- KEYS[i]            bucket of level i; absent means full
-- ARGV[4i-3 .. 4i]   cost, p, q, burst of level i: p/q tokens a microsecond, units are 1/q token
-- Returns            allowed (0 or 1), now in microseconds, then of each level: units left, microseconds to wait,
--                    microseconds until full
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

local values = redis.call('MGET', unpack(KEYS))
local levels = {}
local allowed = true

for i = 1, #KEYS do
  local cost, p, q, burst = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local capacity = burst * q
  local units, last = capacity, now
  local kept_units, kept_last, kept_q
  if values[i] then kept_units, kept_last, kept_q = string.match(values[i], '^(%d+):(%d+):(%d+)$') end
  if kept_units then
    units, last, kept_q = tonumber(kept_units), tonumber(kept_last), tonumber(kept_q)
    if kept_q == q then
      units = math.min(units, capacity)
    else
      -- The policy changed: whole tokens are carried over, at most the new burst.
      units = math.min((units - math.fmod(units, kept_q)) / kept_q, burst) * q
    end
    local elapsed = now - last
    if elapsed < 0 then
      -- The clock went back. A little: nothing is credited until it has caught up. A lot: counting goes on from now.
      if -elapsed > math.max(5000000, ceil_divide(capacity, p)) then last = now end
    elseif elapsed >= ceil_divide(capacity - units, p) then
      units, last = capacity, now
    else
      units, last = units + elapsed * p, now
    end
  end
  local needed = cost * q
  if units < needed then allowed = false end
  levels[i] = { units = units, last = last, needed = needed, p = p, q = q, capacity = capacity }
end

local answer = { allowed and 1 or 0, now }
for i, level in ipairs(levels) do
  local ahead = math.max(0, level.last - now)
  local wait = 0
  if level.units < level.needed then wait = ceil_divide(level.needed - level.units, level.p) + ahead end
  local units = level.units
  if allowed then units = math.min(level.capacity, units - level.needed) end
  local full_after = 0
  if units < level.capacity then full_after = ceil_divide(level.capacity - units, level.p) + ahead end
  if allowed and level.needed ~= 0 then
    if units == level.capacity then
      redis.call('DEL', KEYS[i])
    else
      -- A key that expires when its bucket is full again is never missed: an absent bucket is a full one.
      local state = string.format('%.0f:%.0f:%.0f', units, level.last, level.q)
      redis.call('SET', KEYS[i], state, 'PX', string.format('%.0f', ceil_divide(full_after, 1000) + 1))
    end
  end
  answer[#answer + 1] = units
  answer[#answer + 1] = wait
  answer[#answer + 1] = full_after
end
return answer
