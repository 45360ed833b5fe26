-- Creates runs with two tags. Options: experiment.

return function(options, connection)
  return function(count)
    local body = string.format(
      '{"experiment_id":"%s","start_time":%d,"run_name":"run-%d-%d",'
        .. '"tags":[{"key":"team","value":"vision"},{"key":"mlflow.source.name","value":"train.py"}]}',
      options.experiment, 1700000000000 + count, connection, count)
    return "POST", "/api/2.0/mlflow/runs/create", body
  end
end
