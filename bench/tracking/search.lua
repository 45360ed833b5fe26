-- Sends the same search again and again. Options: body (JSON).

return function(options)
  return function()
    return "POST", "/api/2.0/mlflow/runs/search", options.body
  end
end
