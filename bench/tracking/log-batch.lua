-- Logs batches of 1,000 metrics, ten keys with 100 steps each, every point new. Options: runs (comma-separated),
-- connections, first (six digits: step / 100 of the first batch).

-- The text between the places where a batch's number goes. Joining 2,001 prepared pieces takes some 30 µs;
-- formatting 1,000 metrics would take a share of the machine from the server under test.
local function pieces()
  local all, current = {}, ""
  for step = 0, 99 do
    for key = 0, 9 do
      local before = string.format('%s{"key":"metric%d","value":%.6f,"timestamp":17000',
        step + key > 0 and "," or "", key, math.sin(step + key))
      table.insert(all, current .. before)
      table.insert(all, string.format('%02d,"step":', step))
      current = string.format('%02d}', step)
    end
  end
  table.insert(all, current)
  return all
end

return function(options, connection)
  local runs = {}
  for run in options.runs:gmatch("[^,]+") do table.insert(runs, run) end
  local connections, first = tonumber(options.connections), tonumber(options.first)
  local metrics = pieces()

  return function(count)
    local run = runs[(count * connections + connection - 1) % #runs + 1]
    local body = '{"run_id":"' .. run .. '","metrics":[' .. table.concat(metrics, tostring(first + count)) .. ']}'
    return "POST", "/api/2.0/mlflow/runs/log-batch", body
  end
end
