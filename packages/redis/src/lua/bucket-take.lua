-- Takes tokens from N buckets: from all of them or from none, for one request or for several that came together. One script
-- per stage, because a refusal by one level must not have spent another's tokens, and because the clock of the gateways must
-- not matter.
--
-- KEYS[i]   bucket of level i; absent means full
-- ARGV[1]   of each level eight doubles, little endian: cost, p, q, burst, kind, and three of 0, which leave room for what is
--           worked out. p/q tokens a microsecond, units are 1/q token. Kind 0 must have its cost and pays it, 1 (shadow) pays
--           where it has it, 2 (guard) must have it and pays nothing, 3 (drain) pays what it has of it
-- ARGV[2]   a double of each request, in the order of their coming, its weight: it asks level i for cost × weight tokens
-- Returns   now in microseconds; of each level the microseconds by which its bucket is ahead of that; then of each request:
--           which levels lacked its cost (sum of 2^(i-1)), and the units of each level after it
--
-- State is three doubles: units, last, q. All numbers are integers below 2^53, which doubles hold exactly (compilePolicy
-- proves it). The same arithmetic, operation by operation, is packages/core/src/limit/bucket.ts. Numbers are packed, and the
-- levels lie in one table in which nothing grows, because text, small tables and their growth were half of the time; what is
-- done for each level calls nothing that comparing can do, which was a tenth of the rest (docs/adr/0037-a-lean-gateway.md).
local struct_pack, struct_unpack, fmod, min, call = struct.pack, struct.unpack, math.fmod, math.min, redis.call
local time = call('TIME') -- once: time is not frozen within a script
local now = time[1] * 1000000 + time[2]

-- Lua's own % divides first and is not exact near 2^53; fmod is.
local function ceil_divide(dividend, divisor)
  local rest = fmod(dividend, divisor)
  local quotient = (dividend - rest) / divisor
  if rest > 0 then return quotient + 1 end
  return quotient
end

-- Places within a level. Cost and burst become units, and what is worked out takes the room of the zeros.
local COST, P, Q, BURST, KIND, UNITS, LAST, BEFORE, WIDTH = 1, 2, 3, 4, 5, 6, 7, 8, 8
local count = #KEYS
local values = call('MGET', unpack(KEYS))
local levels = { struct_unpack('<' .. string.rep('d', WIDTH * count), ARGV[1]) }
local final = WIDTH * (count - 1)
-- With room for one request of seven levels.
local answer = { now, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil }

for i = 1, count do
  local at = WIDTH * (i - 1)
  local p, q, burst = levels[at + P], levels[at + Q], levels[at + BURST]
  local capacity = burst * q
  local units, last, kept_units, kept_last, kept_q = capacity, now, nil, nil, nil
  local state = values[i]
  if state and #state == 24 then kept_units, kept_last, kept_q = struct_unpack('<ddd', state) end
  -- What cannot be a state of ours (three numbers below 2^53) is as good as absent.
  if kept_units and kept_units >= 0 and kept_last >= 0 and kept_q >= 1 and kept_units + kept_last + kept_q < 3 * 2^53 then
    last = kept_last
    if kept_q == q then
      units = kept_units < capacity and kept_units or capacity
    else
      -- The policy changed: whole tokens are carried over, at most the new burst.
      units = min((kept_units - fmod(kept_units, kept_q)) / kept_q, burst) * q
    end
    local elapsed = now - last
    if elapsed < 0 then
      -- The clock went back. A little: nothing is credited until it has caught up. A lot: counting goes on from now.
      if -elapsed > 5000000 and -elapsed > ceil_divide(capacity, p) then last = now end
    -- A product beyond 2^53 is rounded, but never to less than 2^53, and so is still more than any capacity.
    elseif elapsed * p >= capacity - units then
      units, last = capacity, now
    else
      units, last = units + elapsed * p, now
    end
  end
  levels[at + COST], levels[at + BURST] = levels[at + COST] * q, capacity
  levels[at + UNITS], levels[at + LAST], levels[at + BEFORE] = units, last, units
  answer[i + 1] = last > now and last - now or 0
end

local told, next_weight = count + 1, 1
while next_weight <= #ARGV[2] do
  local weight
  weight, next_weight = struct_unpack('<d', ARGV[2], next_weight)
  local lacking, bit, refused = 0, 1, false
  for at = 0, final, WIDTH do
    if levels[at + UNITS] < levels[at + COST] * weight then
      lacking = lacking + bit
      local kind = levels[at + KIND]
      if kind == 0 or kind == 2 then refused = true end
    end
    bit = bit * 2
  end
  told = told + 1
  answer[told] = lacking
  for at = 0, final, WIDTH do
    local units, kind = levels[at + UNITS], levels[at + KIND]
    if not refused and kind ~= 2 then
      local needed = levels[at + COST] * weight
      if units >= needed then
        units = units - needed
        if units > levels[at + BURST] then units = levels[at + BURST] end
      elseif kind == 3 then
        units = 0
      end
      levels[at + UNITS] = units
    end
    told = told + 1
    answer[told] = units
  end
end

for i = 1, count do
  local at = WIDTH * (i - 1)
  local units, last, capacity = levels[at + UNITS], levels[at + LAST], levels[at + BURST]
  -- A bucket from which nothing was taken is left as it is: a denial writes nothing.
  if units ~= levels[at + BEFORE] then
    if units == capacity then
      call('DEL', KEYS[i])
    else
      -- A key that expires when its bucket is full again is never missed: an absent bucket is a full one. Rounded up, and a
      -- millisecond more for what `now` is past its own.
      local full_ms = ((capacity - units) / levels[at + P] + answer[i + 1]) / 1000
      call('PSETEX', KEYS[i], full_ms + -full_ms % 1 + 1, struct_pack('<ddd', units, last, levels[at + Q]))
    end
  end
end
return answer
