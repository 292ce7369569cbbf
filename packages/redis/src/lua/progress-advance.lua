-- Moves the materialised progress of one partition, after its cells are in the chunks, and only forwards: a commit counts
-- only if the one before it is materialised. Idle announcements carry their own number as the number before.
-- Ties: a commit that is materialised already changes nothing but how far the log is complete.
-- KEYS[1]  the progress hash (`epoch`, and per partition JSON)
-- ARGV     partition, offset of the announcement, term, commit, number before it, JSON of the new progress
-- Returns  {'advanced' | 'old' | 'hole' | 'term' | 'lost', where reading goes on}; `lost`: there is no epoch
local key = KEYS[1]
local partition, offset, term, commit, before = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('HEXISTS', key, 'epoch') == 0 then return {'lost', '0'} end
local text = redis.call('HGET', key, partition)
if not text then return {'hole', '0'} end
local known = cjson.decode(text)
local resumeAt = tostring(known.rollups_offset)
if offset < tonumber(resumeAt) then return {'old', resumeAt} end

local knownTerm, knownCommit = tonumber(known.term), tonumber(known.commit_no)
if term < knownTerm then
  if commit > knownCommit then return {'term', resumeAt} end
  return {'old', resumeAt}
end
if term == knownTerm and commit < knownCommit then return {'old', resumeAt} end
if not (term == knownTerm and commit == knownCommit) and before ~= knownCommit then
  return {before > knownCommit and 'hole' or 'term', resumeAt}
end
redis.call('HSET', key, partition, ARGV[6])
return {'advanced', tostring(offset + 1)}
