-- Marks as they are now; one of another server run is none.
-- KEYS[i]    the mark of a name
-- Returns    the marks, '' where there is none
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local marks = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  if not marks[i] or string.sub(marks[i], 1, #run) ~= run then marks[i] = '' end
end
return marks
