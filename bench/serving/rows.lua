-- Sends one prepared request after the other, each connection from a place of its own. Options: path, file, and type (of the
-- body's content).
--
-- The file holds requests, each after a line of "LENGTH JSON_LENGTH"; JSON_LENGTH is what the binary extension's header says, -1
-- for a body that is all JSON.

return function(options, connection)
  local requests = {}
  local file = assert(io.open(options.file, "rb"))
  for line in file:lines() do
    local length, json = line:match("^(%d+) (-?%d+)$")
    local headers = {["Content-Type"] = options.type}
    if tonumber(json) >= 0 then headers["Inference-Header-Content-Length"] = json end
    -- Formatted once: making a request should cost the load's thread next to nothing.
    table.insert(requests, wrk.format("POST", options.path, headers, file:read(tonumber(length))))
  end
  file:close()
  local first = (connection - 1) * 7919

  return function(count)
    return requests[(first + count) % #requests + 1]
  end
end
