-- Marks of what an answer is about to be made of: those that are there, and new ones. A mark carries the run id of the server:
-- one that came with a snapshot, or from a server that failed, may have outlived what should have removed it.
-- KEYS[i]    the mark of a name
-- ARGV[1]    milliseconds that each is to live at least
-- ARGV[2]    a new random text; with the number of its name it is the mark of a name that has none
-- ARGV[3]    what a new mark ends with
-- Returns    the marks
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local answer = {}
for i = 1, #KEYS do
  local mark = redis.call('GET', KEYS[i])
  if not mark or string.sub(mark, 1, #run) ~= run then
    mark = run .. ARGV[2] .. i .. ARGV[3]
    redis.call('SET', KEYS[i], mark, 'PX', ARGV[1])
  elseif redis.call('PTTL', KEYS[i]) < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[1])
  end
  answer[i] = mark
end
return answer
