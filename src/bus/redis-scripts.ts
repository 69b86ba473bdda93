/**
 * What has to happen in Redis in one piece. Every key of a stream has the same hash tag. Positions are made by
 * `publish` itself, so that they are one order over all partitions: `<ms>-<n>`, the ms never going back.
 *
 * A lease is a key that expires, with `CONSUMER:TOKEN` in it; `free` stands in one that was given back, so that one
 * that is gone tells of a consumer that died. All read under one consumer's name of Redis: who may handle what is
 * said by the leases alone, and what a group has pending passes with its partition.
 */

/** Characters that one question for what comes next is answered with, give or take a few events. */
const mostText = 4_000_000;

/** `position(key)` is the next one, behind the one that stands at the key and behind everything by the clock. */
const position = `
local time = redis.call('TIME')
local ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function position(key)
  local n = 0
  local lastMs, lastN = string.match(redis.call('GET', key) or '', '^(%d+)-(%d+)$')
  if lastMs and tonumber(lastMs) >= ms then
    ms = tonumber(lastMs)
    n = tonumber(lastN) + 1
  end
  local id = string.format('%.0f-%.0f', ms, n)
  redis.call('SET', key, id)
  return id
end`;

/**
 * The last position, the partitions' streams; the only group that they are for or '', and for each event its partition
 * and its body.
 */
const publish = `${position}
for i = 2, #ARGV, 2 do
  local stream = KEYS[2 + tonumber(ARGV[i])]
  if ARGV[1] == '' then
    redis.call('XADD', stream, position(KEYS[1]), 'event', ARGV[i + 1])
  else
    redis.call('XADD', stream, position(KEYS[1]), 'event', ARGV[i + 1], 'for', ARGV[1])
  end
end
return 1`;

/** The last position, the partitions' streams, the dead letters; group, id. How many there were. */
const revive = `${position}
local letters = redis.call('XRANGE', KEYS[#KEYS], ARGV[2], ARGV[2])
if #letters == 0 then return 0 end
local letter = {}
for i = 1, #letters[1][2], 2 do letter[letters[1][2][i]] = letters[1][2][i + 1] end
local stream = KEYS[2 + tonumber(letter['partition'])]
redis.call('XADD', stream, position(KEYS[1]), 'event', letter['event'], 'for', ARGV[1])
redis.call('XDEL', KEYS[#KEYS], ARGV[2])
return 1`;

/** Who is alive, the leases; consumer, ms. Returns who is alive, and what stands in each lease. */
const renew = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local leases = {}
for i = 2, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ':' then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
  leases[i - 1] = value or ''
end
return { redis.call('ZRANGE', KEYS[1], 0, -1), leases }`;

/**
 * The lease, the stream; lease's value, ms, group, Redis' consumer. Returns -1 where somebody has it, else how often
 * the first event that is pending has failed: one more where whoever had it has died. Its count in Redis is one more
 * than its failures.
 */
const take = `
local value = redis.call('GET', KEYS[1])
if value and value ~= 'free' then return -1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local pending = redis.call('XPENDING', KEYS[2], ARGV[3], '-', '+', 1)
if #pending == 0 then return 0 end
local count = pending[1][4]
if not value then
  count = count + 1
  redis.call('XCLAIM', KEYS[2], ARGV[3], ARGV[4], 0, pending[1][1], 'RETRYCOUNT', count, 'JUSTID')
end
return count - 1`;

/**
 * For each partition its lease and its stream; group, Redis' consumer, how many of each, and for each partition the
 * lease's value and behind which pending id, or '' once those are done. Returns for each nothing where the lease is
 * lost, else entries, the last id that pending ones were looked for at ('' when there are no more), and the id that
 * what is new will be behind. Where the first partitions have enough text the others wait for the next question: an
 * answer that takes longer than a command may would be asked for again, and never come.
 */
const next = `
local group, reader, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local room = ${mostText}
local function weigh(entries)
  for _, entry in ipairs(entries) do
    for _, text in ipairs(entry[2]) do room = room - #text end
  end
end
local function pendingOf(stream, behind)
  while true do
    local pending = redis.call('XPENDING', stream, group, '(' .. behind, '+', most)
    if #pending == 0 then return nil end
    local entries = {}
    for _, each in ipairs(pending) do
      behind = each[1]
      local entry = redis.call('XRANGE', stream, behind, behind)
      if #entry == 0 then
        redis.call('XACK', stream, group, behind)
      else
        entries[#entries + 1] = entry[1]
        weigh(entry)
        if room <= 0 then break end
      end
    end
    if #entries > 0 then return entries, behind end
  end
end
local function newOf(stream)
  local entries = {}
  local step = 4
  while room > 0 and #entries < most do
    local count = math.min(step, most - #entries)
    local read = redis.call('XREADGROUP', 'GROUP', group, reader, 'COUNT', count, 'STREAMS', stream, '>')
    local found = read and read[1][2] or {}
    for _, entry in ipairs(found) do entries[#entries + 1] = entry end
    if #found < count then break end
    weigh(found)
    step = step * 2
  end
  return entries
end
local function nextOf(lease, stream, value, behind)
  if redis.call('GET', lease) ~= value then return {} end
  if room <= 0 then return { {}, behind, '' } end
  if behind ~= '' then
    local entries, last = pendingOf(stream, behind)
    if entries then return { entries, last, '' } end
  end
  local entries = newOf(stream)
  if #entries > 0 then return { entries, '', '' } end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return { {}, '', info[i + 1] } end
  end
  return { {}, '', '0-0' }
end
local told = {}
for i = 1, #KEYS / 2 do
  told[i] = nextOf(KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i + 2], ARGV[2 * i + 3])
end
return told`;

/** The lease, the stream; lease's value, group, Redis' consumer, id, failures. */
const failed = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('XCLAIM', KEYS[2], ARGV[2], ARGV[3], 0, ARGV[4], 'RETRYCOUNT', tonumber(ARGV[5]) + 1, 'JUSTID')
return 1`;

/** The lease, the stream, the dead letters; lease's value, group, id, and the letter's fields. */
const bury = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('XACK', KEYS[2], ARGV[2], ARGV[3])
redis.call('XADD', KEYS[3], '*', 'event', ARGV[4], 'attempts', ARGV[5], 'error', ARGV[6], 'at', ARGV[7], 'partition', ARGV[8])
return 1`;

/** The leases; consumer, or the whole of one value. */
const release = `
for i = 1, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value and (value == ARGV[1] or string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ':') then
    redis.call('SET', KEYS[i], 'free')
  end
end
return 1`;

/** The stream; first id, group. How many there are for this group. */
const count = `
local from = ARGV[1]
local count = 0
while true do
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1000)
  for _, entry in ipairs(entries) do
    if entry[2][3] ~= 'for' or entry[2][4] == ARGV[2] then count = count + 1 end
  end
  if #entries < 1000 then return count end
  from = '(' .. entries[#entries][1]
end`;

/**
 * The streams; how many. Lets so many of the oldest go at most, whoever has had them, and no more text than Redis reads
 * in a moment. Returns how many went, and the groups that had not had some, each followed by how many that is.
 */
const trimOldest = `
local function parts(id)
  local ms, n = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(n)
end
local function isBefore(a, b)
  local ams, an = parts(a)
  local bms, bn = parts(b)
  if ams ~= bms then return ams < bms end
  return an < bn
end
local goal, room = tonumber(ARGV[1]), ${mostText}
local first, gone = {}, {}
local function look(i, from)
  first[i] = redis.call('XRANGE', KEYS[i], from, '+', 'COUNT', 1)[1]
end
for i = 1, #KEYS do
  gone[i] = {}
  look(i, '-')
end
local count, last = 0, nil
while count < goal and room > 0 do
  local oldest
  for i = 1, #KEYS do
    if first[i] and (not oldest or isBefore(first[i][1], first[oldest][1])) then oldest = i end
  end
  if not oldest then break end
  local fields = first[oldest][2]
  last = first[oldest][1]
  count = count + 1
  room = room - #(fields[2] or '')
  table.insert(gone[oldest], { id = last, onlyFor = fields[3] == 'for' and fields[4] or nil })
  look(oldest, '(' .. last)
end
local lost = {}
for i = 1, #KEYS do
  if #gone[i] > 0 then
    local groups = redis.call('XINFO', 'GROUPS', KEYS[i])
    for _, info in ipairs(groups) do
      local group = {}
      for f = 1, #info, 2 do group[info[f]] = info[f + 1] end
      local missed = #redis.call('XPENDING', KEYS[i], group['name'], '-', last, 1000000)
      for _, entry in ipairs(gone[i]) do
        local isTheirs = not entry.onlyFor or entry.onlyFor == group['name']
        if isTheirs and isBefore(group['last-delivered-id'], entry.id) then missed = missed + 1 end
      end
      lost[group['name']] = (lost[group['name']] or 0) + missed
    end
    local ms, n = parts(last)
    redis.call('XTRIM', KEYS[i], 'MINID', string.format('%.0f-%.0f', ms, n + 1))
  end
end
local told = { count }
for name, missed in pairs(lost) do
  if missed > 0 then
    told[#told + 1] = name
    told[#told + 1] = missed
  end
end
return told`;

export const redisScripts = { publish, renew, take, next, failed, bury, release, revive, count, trimOldest };

export type RedisScript = keyof typeof redisScripts;
