-- The load generator's script for wrk: one connection per thread, each sending its next request as soon as the
-- last one is answered.
--
--   wrk -t 8 -c 8 -d 15s --timeout 60s -s load.lua URL -- .../create-run.lua experiment=1 ...
--
-- The first argument is the file that makes the requests: method, path and body of each, or all of it as one text. The
-- others are its options.
--
-- wrk's own percentiles are not used: it adds samples that nobody measured ("correction" for coordinated omission),
-- does not see a request that is still open when the run ends, and does not count one whose connection the server
-- closed without an answer. With one connection per thread, request() is called exactly when the previous request
-- of that connection has ended, so that the clock here gives the plain latencies.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]
local CLOCK_MONOTONIC = 1
local STALLED_MICROS = 1000000

local time = ffi.new("bench_time")
local function micros()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanoseconds) / 1e3
end

-- In the main thread ---------------------------------------------------------------------------------------------

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("connection", #threads)
end

-- In each connection's thread; globals, because done() can only fetch globals -------------------------------------

latencies = {}
began = 0
sent = 0
local next_request
local verified = false

function init(arguments)
  local options = {}
  for i = 2, #arguments do
    local key, value = arguments[i]:match("^(.-)=(.*)$")
    options[key] = value
  end
  next_request = dofile(arguments[1])(options, connection)
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local ended = micros()
  -- wrk calls this once on the first thread, before the start, only to look at the request.
  if connection == 1 and not verified then
    verified = true
    return wrk.format("GET", "/health")
  end
  if sent > 0 then
    latencies[sent] = ended - began
  end
  local method, path, body = next_request(sent)
  local text = path and wrk.format(method, path, nil, body) or method
  sent = sent + 1
  began = micros()
  return text
end

-- In the main thread again ------------------------------------------------------------------------------------------

local function percentile(sorted, share)
  if #sorted == 0 then return 0 end
  return sorted[math.max(1, math.ceil(#sorted * share))]
end

function done(summary, _, _)
  local now = micros()
  local all, asked, stalled = {}, 0, 0
  for _, thread in ipairs(threads) do
    for _, latency in ipairs(thread:get("latencies")) do
      table.insert(all, latency)
    end
    asked = asked + thread:get("sent")
    -- A request that has hung for long counts with its age so far, which is less than it would have taken.
    local age = now - thread:get("began")
    if thread:get("sent") > 0 and age > STALLED_MICROS then
      stalled = stalled + 1
      table.insert(all, age)
    end
  end
  table.sort(all)
  local errors = summary.errors
  local dropped = asked - summary.requests - #threads - errors.read - errors.write
  io.write(string.format(
    '\n{"requests": %d, "duration_us": %d, "bytes": %d, "stalled_at_end": %d, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d, "dropped": %d}, '
      .. '"latency_us": {"p50": %.0f, "p99": %.0f, "max": %.0f}}\n',
    summary.requests, summary.duration, summary.bytes, stalled,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status, math.max(0, dropped),
    percentile(all, 0.5), percentile(all, 0.99), all[#all] or 0))
end
