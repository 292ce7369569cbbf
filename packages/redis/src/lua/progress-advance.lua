-- Moves the materialised progress of partitions, after their cells are in the chunks, and only forwards: a commit counts only
-- if the one before it is materialised. The marks of what they changed fall in the same step, so whoever sees a commit in
-- progress finds them gone. Idle announcements carry their own number as the number before.
-- Ties: a commit that is materialised already changes nothing but how far the log is complete.
-- KEYS[1]  the progress hash (`epoch`, and per partition JSON); KEYS[2…] marks (at most a thousand), at the end those that stay
--          if they end as they should
-- ARGV[1]  how many these are; then what each has to end with
-- ARGV     behind it for each announcement, in order: partition, its offset, term, commit, number before it, JSON of the new progress
-- Returns  for each: 'advanced' | 'old' | 'hole' | 'term' | 'lost', then where reading goes on; `lost`: there is no epoch
local key = KEYS[1]
local staying = tonumber(ARGV[1])
local firstStaying = #KEYS - staying + 1
if firstStaying > 2 then redis.call('UNLINK', unpack(KEYS, 2, firstStaying - 1)) end
for i = 1, staying do
  local ending, name = ARGV[1 + i], KEYS[firstStaying + i - 1]
  local mark = redis.call('GET', name)
  if mark and string.sub(mark, -#ending) ~= ending then redis.call('UNLINK', name) end
end
local hasEpoch = redis.call('HEXISTS', key, 'epoch') == 1

local function advance(partition, offset, term, commit, before, progress)
  if not hasEpoch then return 'lost', '0' end
  local text = redis.call('HGET', key, partition)
  if not text then return 'hole', '0' end
  local known = cjson.decode(text)
  local resumeAt = tostring(known.rollups_offset)
  if offset < tonumber(resumeAt) then return 'old', resumeAt end

  local knownTerm, knownCommit = tonumber(known.term), tonumber(known.commit_no)
  if term < knownTerm then return commit > knownCommit and 'term' or 'old', resumeAt end
  if term == knownTerm and commit < knownCommit then return 'old', resumeAt end
  if not (term == knownTerm and commit == knownCommit) and before ~= knownCommit then
    return before > knownCommit and 'hole' or 'term', resumeAt
  end
  redis.call('HSET', key, partition, progress)
  return 'advanced', tostring(offset + 1)
end

local answer = {}
for i = 2 + staying, #ARGV, 6 do
  local outcome, resumeAt =
    advance(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), ARGV[i + 5])
  answer[#answer + 1] = outcome
  answer[#answer + 1] = resumeAt
end
return answer
