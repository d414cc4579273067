-- Sends the tokens of a file in turn, one a line. Requests are made before the first is sent: their text costs the generator as
-- little as it can.

local requests = {}
local next_one = 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/", { Authorization = "Bearer " .. token })
  end
end

function request()
  next_one = next_one + 1
  if next_one > #requests then
    next_one = 1
  end
  return requests[next_one]
end

function done(summary, latency)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    "measured requests=%d micros=%d refused=%d lost=%d p99=%d\n",
    summary.requests, summary.duration, errors.status, lost, latency:percentile(99)
  ))
end
