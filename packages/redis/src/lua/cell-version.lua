-- No script of its own: stands before the scripts that compare cells (see cells.ts).
-- A cell's value begins with its version, the varints term and commit number; the greater one is newer, an equal one is not.
local function varint(text, at)
  local value, scale = 0, 1
  while true do
    local byte = string.byte(text, at)
    at = at + 1
    if byte < 128 then return value + byte * scale, at end
    value = value + (byte - 128) * scale
    scale = scale * 128
  end
end

local function isNewer(value, than)
  local term, at = varint(value, 1)
  local oldTerm, oldAt = varint(than, 1)
  if term ~= oldTerm then return term > oldTerm end
  return (varint(value, at)) > (varint(than, oldAt))
end
