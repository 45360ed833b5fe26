-- Creates model versions, one registered model per connection: the numbers of one model are given out one after the
-- other, and MLflow refuses when two callers meet. Options: models (comma-separated), first.

return function(options, connection)
  local models = {}
  for model in options.models:gmatch("[^,]+") do table.insert(models, model) end
  local model = models[(connection - 1) % #models + 1]
  local first = tonumber(options.first)

  return function(count)
    local body = string.format(
      '{"name":"%s","source":"s3://bench-bucket/%s/%d","tags":[{"key":"team","value":"vision"}]}',
      model, model, first + count)
    return "POST", "/api/2.0/mlflow/model-versions/create", body
  end
end
