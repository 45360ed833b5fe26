-- Sends the same request again and again. Options: path, and body (JSON) for a POST.

return function(options)
  return function()
    return options.body and "POST" or "GET", options.path, options.body
  end
end
