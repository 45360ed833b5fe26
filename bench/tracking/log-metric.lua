-- Logs single metrics: ten keys a run, the step counting up. Options: runs (comma-separated), connections, first
-- (the number of the first step).

return function(options, connection)
  local runs = {}
  for run in options.runs:gmatch("[^,]+") do table.insert(runs, run) end
  local connections, first = tonumber(options.connections), tonumber(options.first)

  return function(count)
    local run = runs[(count * connections + connection - 1) % #runs + 1]
    local step = first + math.floor(count / 10)
    local body = string.format(
      '{"run_id":"%s","key":"metric%d","value":%.6f,"timestamp":%d,"step":%d}',
      run, count % 10, 1 / (1 + count), 1700000000000 + step, step)
    return "POST", "/api/2.0/mlflow/runs/log-metric", body
  end
end
